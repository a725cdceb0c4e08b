"""kill -9 at the boundaries of the journal, for enable, scan --fix and teardown: the same command, run again, ends in the same
state as an uninterrupted run, and no call takes effect twice.

A boundary has a class: the kind of its step, and its event (sending, received, answered, polling, done). The test kills at
two events of every kind of step and at every event at least once. The seed (the commit, see engine_runs.seed()) selects the
events of a kind, so that over time all classes are tested. campaign.py kills at every boundary.
"""
import collections
import random
import sqlite3
import unittest

import engine_runs
import simulator
from engine_runs import Cloud, bare, damaged, engine, healthy

EVENTS = ("sending", "received", "answered", "polling", "done")
CALLS_MEANWHILE = 8  # of a run that continues, before time runs again
FAULTS = ("replica off", "replica gone", "rotation off", "no delegated administrator", "cross-account off", "zone drift",
          "management opt-in", "member opt-in", "baseline gone", "tower baseline old", "vault policy")
# Changes that a reset of the landing zone also makes if it comes first: sent once or not at all.
EITHER = ("backup:UpdateGlobalSettings", "backup:PutBackupVaultAccessPolicy", "organizations:RegisterDelegatedAdministrator")


def sent(effects):
    return {operation: count for operation, count in effects["writes"].items() if operation not in EITHER or count > 1}


def boundaries(done):
    """[(kind of step, event)] of the longest apply of a finished run, in order; the first one is boundary 1."""
    longest = []
    for journal in done.directory.glob("apply-*.db"):
        with sqlite3.connect(journal) as database:
            rows = database.execute("SELECT step, event FROM journal ORDER BY id").fetchall()
        # "answered" means two: received, and written to the journal.
        told = [(step.partition("/")[0], each) for step, event in rows
                for each in (("received", "answered") if event == "answered" else (event,)) if each in EVENTS]
        longest = max(longest, told, key=len)
    return longest


def sample(classes, seed):
    """Boundaries, as numbers from 1: two events of every kind of step, and every event at least once."""
    places = collections.defaultdict(lambda: collections.defaultdict(list))
    for number, (kind, event) in enumerate(classes, 1):
        places[kind][event].append(number)
    chosen, rng = set(), random.Random(seed)
    for turn, kind in enumerate(sorted(places), seed):
        events = sorted(places[kind], key=EVENTS.index)
        chosen |= {rng.choice(places[kind][events[(turn + step) % len(events)]]) for step in (0, 2)}
    for event in {event for _, event in classes} - {classes[number - 1][1] for number in chosen}:
        chosen.add(rng.choice([number for number, (_, each) in enumerate(classes, 1) if each == event]))
    return sorted(chosen)


class Crashes:
    command = world = config = None
    flags = ()
    repeated = (5,)  # killed at every boundary whose number is a multiple of this
    least = 15  # minimum number of boundaries of a run
    slack = 12  # additional boundaries that a run can have: polls depend on the machine

    @classmethod
    def setUpClass(cls):
        with cls.cloud("reference") as cloud:
            engine_runs.fresh(cloud)
            cls.done = cls.engine(cloud)
            cls.picture, cls.effects = cloud.picture(), cloud.effects()
            cls.classes = boundaries(cls.done)
            cls.count = len(cls.classes)
            cls.killed = {}

    @classmethod
    def cloud(cls, name):
        return Cloud(cls.world(), f"{cls.__name__}-{name}")

    @classmethod
    def engine(cls, cloud, **options):
        return engine(cloud, cls.command, *cls.flags, config=cls.config, **options)

    def look(self, cloud):
        """Conditions that hold at every moment of a run."""

    def judge(self, cloud, done, how):
        effects, told = cloud.effects(), f"{how}: {done.told()}"
        for what, have, wanted in (
                ("exit", done.code, self.done.code), ("twice", engine_runs.repeated(effects), []),
                ("writes", sent(effects), sent(self.effects)),
                ("world", engine_runs.differences(self.picture, cloud.picture()), [])):
            engine_runs.expect(have == wanted, f"{what}: {have} instead of {wanted}\n{told}")
        engine_runs.expect(done.failing() == self.done.failing(), told)

    def go_on(self, cloud):
        """The next run begins while the operations of the killed run are still running: simulated time stops until it has made
        some calls.
        """
        if cloud.pace(0)["pending_jobs"] == 0:
            cloud.pace(engine_runs.SIM_SCALE)
            return self.engine(cloud)
        until = cloud.effects()["total_calls"] + CALLS_MEANWHILE
        running = engine_runs.start(cloud, self.command, *self.flags, config=self.config)
        simulator.wait_until(lambda: running.poll() is not None or cloud.effects()["total_calls"] >= until, "the run goes on")
        cloud.pace(engine_runs.SIM_SCALE)
        done = engine_runs.finish(running)
        # On a busy machine, time can stop for longer than the program waits for AWS.
        gave_up = done.code == 5 and "apply again to go on waiting" in done.err
        return self.engine(cloud) if gave_up else done

    def crash(self, boundary):
        with self.cloud(boundary) as cloud:
            engine_runs.fresh(cloud)
            done = self.engine(cloud, crash_at=boundary)
            self.killed[boundary] = done.killed
            if done.killed:
                self.look(cloud)
                done = self.go_on(cloud)
            self.judge(cloud, done, f"killed at boundary {boundary}")

    def test_every_class_of_boundary(self):
        self.assertGreater(self.count, self.least)
        numbers = sample(self.classes, engine_runs.seed())
        tried = [self.classes[number - 1] for number in numbers]
        self.assertEqual({event for _, event in tried}, {event for _, event in self.classes})
        self.assertEqual({kind for kind, _ in tried}, {kind for kind, _ in self.classes})
        beyond = self.count + self.slack
        problems = engine_runs.side_by_side(self.crash, [*numbers, beyond])
        self.assertFalse(problems, f"seed {engine_runs.seed()}, {len(problems)} of {len(numbers)}: " + "\n\n".join(problems[:5]))
        self.assertGreaterEqual(sum(self.killed.values()), len(numbers) - self.slack)
        self.assertFalse(self.killed[beyond], "there are more boundaries than were counted")

    def crash_again_and_again(self, every):
        with self.cloud(f"every-{every}") as cloud:
            engine_runs.fresh(cloud)
            boundary, before = every, cloud.effects()["writes"]
            for _ in range(2 * self.count):
                done = self.engine(cloud, crash_at=boundary)
                if not done.killed:
                    break
                # Steps that run at the same time all reach "sending" before the first call leaves: a run killed
                # among those boundaries changes nothing, and neither would the next one.
                after = cloud.effects()["writes"]
                boundary = every if after != before else boundary + 1
                before = after
            self.judge(cloud, done, f"killed at every boundary number {every}")

    def test_crash_after_crash(self):
        problems = engine_runs.side_by_side(self.crash_again_and_again, self.repeated)
        self.assertFalse(problems, "\n\n".join(problems))


class Enable(Crashes, unittest.TestCase):
    command, world = "enable", staticmethod(bare)


class Fix(Crashes, unittest.TestCase):
    command, world = "fix", staticmethod(lambda: damaged(*FAULTS))


class Teardown(Crashes, unittest.TestCase):
    command, world = "teardown", staticmethod(healthy)


if __name__ == "__main__":
    unittest.main()
