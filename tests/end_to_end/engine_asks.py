"""Confirmation and deletion by name: words typed on a terminal, recovery points of a named vault, locked vaults, accounts."""
import os
import pty
import select
import subprocess
import time
import unittest

import engine_runs
import scans
import simulator
from engine_runs import GOVERNED, Cloud, engine
from simulator import ADMIN, CENTRAL, HOME, ORGANIZATION, X_PROD

LOCAL, SHARED = (f"aws-controltower-{kind}-backupvault-{ORGANIZATION[2:]}" for kind in ("local", "central"))
SECONDS = 30
END_OF_FILE, INTERRUPT = "\x04", "\x03"


class Terminal:
    """A command whose standard streams are a terminal."""

    def __init__(self, cloud, *words):
        self.main, side = pty.openpty()
        folder = engine_runs.fresh(cloud)
        arguments = [str(scans.SCANNER), *words, "-o", str(folder / "run"), "--endpoint-url", cloud.endpoint, "--time-scale",
                     str(engine_runs.WAIT_SCALE), "--unpaced", "-M", "json", "--progress", "none"]
        self.process = subprocess.Popen(arguments, stdin=side, stdout=side, stderr=side, env=scans.environment(cloud, TERM="dumb"),
                                        start_new_session=True, preexec_fn=lambda: _take_terminal(side))
        os.close(side)
        self.text = ""

    def until(self, words):
        end = time.monotonic() + SECONDS
        while words not in self.text and self._read(end):
            pass
        if words not in self.text:
            raise AssertionError(f"\"{words}\" was not said: {self.text[-3000:]}")

    def _read(self, end):
        ready, _, _ = select.select([self.main], [], [], max(0, end - time.monotonic()))
        try:
            data = os.read(self.main, 65536) if ready else b""
        except OSError:  # the other side is closed
            data = b""
        self.text += data.decode("utf-8", "replace").replace("\r\n", "\n")
        return bool(data)

    def type(self, words):
        os.write(self.main, words.encode())

    def ended(self):
        end = time.monotonic() + SECONDS
        while self._read(end):
            pass
        os.close(self.main)
        return self.process.wait(SECONDS)


def _take_terminal(side):
    import fcntl
    import termios
    fcntl.ioctl(side, termios.TIOCSCTTY, 0)


class Asked(unittest.TestCase):
    """Nothing is sent unless the answer is typed exactly."""

    def begin(self, world):
        self.cloud = self.enterContext(Cloud(world, f"asks.{self._testMethodName}"))
        return self.cloud

    def answer(self, words, question, typed, code, said):
        cloud = self.cloud
        before = cloud.effects()["total_writes"]
        terminal = Terminal(cloud, *words)
        terminal.until(question)
        self.assertEqual(cloud.effects()["total_writes"], before)
        terminal.type(typed)
        self.assertEqual(terminal.ended(), code, terminal.text[-3000:])
        self.assertIn(said, terminal.text)
        return cloud.effects()["total_writes"] - before

    def test_a_fix_wants_yes_and_takes_nothing_else(self):
        self.begin(engine_runs.damaged("rotation off"))
        question, refused = "Type yes to apply this step: ", "towerkeep: nothing was changed: not confirmed"
        for typed in ("y\n", "yes please\n", END_OF_FILE):
            with self.subTest(typed):
                self.assertEqual(self.answer(("scan", "--fix"), question, typed, 2, refused), 0)
        with self.subTest("interrupt"):
            self.assertEqual(self.answer(("scan", "--fix"), question, INTERRUPT, 130, "nothing was changed"), 0)
        self.assertEqual(self.answer(("scan", "--fix"), question, "yes\n", 0, "Rotate the backup key every year"), 1)

    def test_a_teardown_wants_the_organizations_id(self):
        self.begin(engine_runs.healthy())
        question, refused = "Type the organization ID to continue: ", "towerkeep: nothing was changed: not confirmed"
        for typed in ("yes\n", f"{ORGANIZATION} \n"):
            with self.subTest(typed):
                self.assertEqual(self.answer(("teardown",), question, typed, 2, refused), 0)
        self.assertEqual(self.answer(("teardown", "--max-changes", "1"), question, f"{ORGANIZATION}\n", 5, "apply again"), 1)


class Named(unittest.TestCase):
    """Deletions that need a name."""

    def begin(self, world, days):
        cloud = self.enterContext(Cloud(world, f"named.{self._testMethodName}"))
        engine_runs.fresh(cloud)
        if days:
            cloud.advance(days=days)
        return cloud

    def teardown(self, cloud, *flags, code=0):
        done = engine(cloud, "teardown", *flags)
        self.assertEqual(done.code, code, done.told())
        return done, cloud.effects()["writes"]

    def points(self, cloud, account, vault):
        aws = simulator.Aws(cloud).assumed(account)
        return [len(aws.ok("backup list-recovery-points-by-backup-vault", region=region, backup_vault_name=vault)["RecoveryPoints"])
                for region in GOVERNED]

    def test_recovery_points_go_from_the_named_vault_and_stay_in_others(self):
        cloud = self.begin(engine_runs.healthy(), 3)
        self.assertGreater(min(self.points(cloud, X_PROD, LOCAL)), 0)
        _, sent = self.teardown(cloud, "--delete-recovery-points", LOCAL)
        self.assertEqual(self.points(cloud, X_PROD, LOCAL), [0, 0])
        self.assertGreater(sum(self.points(cloud, CENTRAL, SHARED)), 0)
        self.assertGreater(sent["backup:DeleteRecoveryPoint"], 1)
        self.assertNotIn("kms:ScheduleKeyDeletion", sent)

    def test_nothing_in_a_locked_vault_is_touched(self):
        world = engine_runs.healthy()
        world["changes"].append({"set": {"service": "backup", "account": X_PROD, "region": HOME, "path": f"vaults.{LOCAL}.wire.Locked",
                                         "value": True}})
        cloud = self.begin(world, 3)
        before = self.points(cloud, X_PROD, LOCAL)
        done, _ = self.teardown(cloud, "--delete-recovery-points", LOCAL)
        after = self.points(cloud, X_PROD, LOCAL)
        self.assertEqual((after[0], after[1]), (before[0], 0))
        told = " ".join(done.out.split())
        self.assertIn(f"the vault in {X_PROD}, {HOME} is locked: its recovery points are not deleted", told)

    def test_a_vault_that_is_locked_after_the_plan_was_made_is_not_touched(self):
        lock = {"match": {"operation": "backup:DescribeBackupVault", "account": X_PROD, "region": HOME, "nth": 1},
                "intruder": {"set": {"service": "backup", "account": X_PROD, "region": HOME, "path": f"vaults.{LOCAL}.wire.Locked",
                                     "value": True}}}
        cloud = self.enterContext(Cloud(engine_runs.healthy(), "named.locked_meanwhile", faults={"faults": [lock]}))
        engine_runs.fresh(cloud)
        cloud.advance(days=3)
        before = self.points(cloud, X_PROD, LOCAL)[0]
        done, _ = self.teardown(cloud, "--delete-recovery-points", LOCAL, code=5)
        self.assertIn("precondition not met: the vault is locked now", done.err)
        self.assertEqual(self.points(cloud, X_PROD, LOCAL)[0], before)

    def test_a_vault_that_nobody_has_is_refused(self):
        cloud = self.begin(engine_runs.healthy(), 0)
        done, sent = self.teardown(cloud, "--delete-recovery-points", "no-such-vault", code=2)
        self.assertIn("no-such-vault", done.err)
        self.assertEqual(sent, {})

    def test_the_two_accounts_are_closed_once_nothing_is_left_in_them(self):
        cloud = self.begin({**engine_runs.healthy(), "resources": []}, 0)
        _, sent = self.teardown(cloud, "--close-accounts")
        self.assertEqual(sent["organizations:CloseAccount"], 2)
        states = {row["Id"]: row["State"] for row in simulator.Aws(cloud).ok("organizations list-accounts")["Accounts"]}
        for account in (ADMIN, CENTRAL):
            self.assertIn(states.get(account, "CLOSED"), ("PENDING_CLOSURE", "SUSPENDED", "CLOSED"))

    def test_an_account_with_recovery_points_stays_open(self):
        cloud = self.begin(engine_runs.healthy(), 3)
        self.assertGreater(sum(self.points(cloud, CENTRAL, SHARED)), 0)
        _, sent = self.teardown(cloud, "--close-accounts")
        closed = cloud.effects()["objects"].get("organizations:CloseAccount", {})
        self.assertNotIn(CENTRAL, " ".join(closed))
        self.assertEqual(sent.get("organizations:CloseAccount"), 1)


if __name__ == "__main__":
    unittest.main()
