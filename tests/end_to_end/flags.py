"""Every option of every command with an invalid value: one line that names the option, exit status 2, and no effect.

The options are those of each command's --help: a new option fails this test until it has a row in BAD.
"""
import concurrent.futures
import contextlib
import pathlib
import re
import shutil
import sqlite3
import subprocess
import tempfile
import unittest

import scans

# Invalid values of options that take one; by name, for every command. {here} is an empty directory.
BAD = {
    "account": ["1234"], "accounts": ["1234", "", ",", "111122221111,x"], "assume": ["no role", "arn:aws:iam::1:role/x"],
    "checks": ["NOSUCH-1"], "compliance": ["no-such-framework"], "config-file": ["{here}/none.yaml"], "confirm-organization": ["x"],
    "delete-recovery-points": ["no vault!"], "emit": ["punch-cards"], "endpoint-url": ["htp://x", "example.test"],
    "excluded-accounts": ["1234"], "excluded-checks": ["NOSUCH-1"], "excluded-region": ["Mars!"], "external-id": ["a b", "x"],
    "fail-on": ["hihg"], "format": ["punch-cards"], "home-region": ["Mars!"], "keep": ["-1", "many"], "log-file": ["{here}/no/such/dir"],
    "log-level": ["loud"], "max-changes": ["0", "-1", "1e3"], "max-rate": ["0", "-1", "fast", "nan"], "max-workers": ["0", "1025", "x"],
    "mutelist-file": ["{here}/none.yaml"], "older-than": ["-1", "soon"], "only": ["9", "two words"], "ou": [""],
    "output": [""], "output-directory": [""], "output-filename": ["a/b", "", ".x"],
    "output-formats": ["punch-cards", ""], "partition": ["mars", "aws/x"], "previous": [""], "profile": [""],
    "progress": ["sometimes"], "public-key": [""], "record": [""], "region": ["Mars!", ""], "resume": [""],
    "role": ["no role!", ""], "rules": ["{here}/none"], "session-duration": ["1", "43201", "x"], "severity": ["hihg"],
    "sign-key": ["{here}/none.pem"], "status": ["BAD", "", "PASS,"],
}
COMMANDS = ["scan", "init", "plan", "apply", "enable", "teardown", "rehearse", "check", "report", "diff", "runs", "verify", "iam-policy"]
# Arguments that a command needs in addition to its options; {run} is a run.
ARGUMENTS = {"apply": ["{here}/plan.json"], "rehearse": ["fix", "{run}"], "check": ["{run}"], "report": ["{run}"],
             "diff": ["{run}", "{run}"], "runs": ["{run}"], "verify": ["{run}"], "iam-policy": ["scan"], "plan": ["{run}"],
             "init": ["{run}"]}


def run(*arguments):
    return subprocess.run([scans.SCANNER, *arguments], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
                          env=scans.environment(), timeout=60)


def flags_of(command):
    """{long name: whether it takes a value} of the options in --help."""
    text = run(command, "--help").stdout
    found = dict(re.findall(r"^ +(?:-\S, )?--([a-z0-9-]+)(=?)", text, re.M))
    return {name: bool(value) for name, value in found.items() if name not in ("help", "usage")}


class Flags(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        with scans.Simulator("seed-healthy", name="flags") as sim:
            cls.done = scans.scan(sim, "--evidence", "--no-ungoverned")

    def test_a_value_that_a_flag_cannot_have_is_refused_in_one_line(self):
        with tempfile.TemporaryDirectory() as here, concurrent.futures.ThreadPoolExecutor(4) as pool:
            cases = []
            for command in COMMANDS:
                flags = flags_of(command)
                self.assertGreater(len(flags), 0, command)
                missing = {name for name, takes in flags.items() if takes} - BAD.keys()
                self.assertEqual(missing, set(), f"{command}: no bad value known; add a row to BAD")
                more = [a.format(here=here, run=self.done.directory) for a in ARGUMENTS.get(command, [])]
                for name, takes in flags.items():
                    # Commands share options: every value with the first command, one value with the others.
                    for value in (BAD[name] if command in ("scan", "iam-policy", "runs") else BAD[name][:1]) if takes else ["x"]:
                        cases.append((command, name, value, [command, f"--{name}={value.format(here=here)}", *more]))
            self.assertGreater(len(cases), 230)
            wrong = [line for line in pool.map(self.judge, cases) if line]
            self.assertEqual(wrong, [])
            self.assertEqual([p.name for p in pathlib.Path(here).iterdir()], [])
        self.assertEqual(run("verify", str(self.done.directory)).returncode, 0)

    def test_a_selection_that_leaves_nothing_to_judge_is_refused(self):
        for command, more in (("scan", []), ("check", [str(self.done.directory)])):
            done = run(command, "-c", "KMS-01", "-e", "KMS-*", *more)
            self.assertEqual((done.returncode, len(done.stderr.splitlines()), done.stdout), (2, 1, ""), done.stderr)
            self.assertIn("leave no check", done.stderr)

    def test_options_that_would_be_ignored_are_refused_together(self):
        here = str(self.done.directory)
        for words, told in ((("scan", "--resume", here, "--fix"), "exclude each other"),
                            (("scan", "--resume", here, "-o", "elsewhere"), "exclude each other"),
                            (("scan", "--list-checks", "--fix"), "exclude each other"),
                            (("plan", here, "--only", "6,KMS-04"), "expected one step (1 to 6) or the IDs of checks")):
            done = run(*words)
            self.assertEqual((done.returncode, len(done.stderr.splitlines()), done.stdout), (2, 1, ""), done.stderr)
            self.assertIn(told, done.stderr)

    def test_a_variable_excludes_what_its_option_excludes(self):
        for more in (["--fix"], ["-o", "elsewhere"]):
            done = subprocess.run([scans.SCANNER, "scan", *more], capture_output=True, text=True, check=False, timeout=60,
                                  env={**scans.environment(), "TOWERKEEP_RESUME": str(self.done.directory)})
            self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
            self.assertIn("exclude each other", done.stderr)

    def test_a_switch_in_the_environment_is_true_or_false(self):
        with tempfile.TemporaryDirectory() as here:
            for value, code in (("false", 0), ("NO", 0), ("1", 0), ("on", 0), ("maybe", 2), ("2", 2)):
                done = subprocess.run([scans.SCANNER, "report", str(self.done.directory), "-o", here], capture_output=True, text=True,
                                      check=False, env={**scans.environment(), "TOWERKEEP_IGNORE_EXIT_CODE_3": value})
                self.assertEqual(done.returncode, code, f"{value}: {done.stderr}")
                if code == 2:
                    self.assertIn("expected true or false", done.stderr)

    def test_output_that_cannot_be_written_is_an_error(self):
        here = str(self.done.directory)
        for words in (("plan", here), ("runs", here), ("rules", "list"), ("help",), ("version",), ("scan", "--list-checks"), ("scan", "--help"),
                      ("iam-policy", "scan"), ("verify", here)):
            with open("/dev/full", "w", encoding="utf-8") as full:
                done = subprocess.run([scans.SCANNER, *words], stdout=full, stderr=subprocess.PIPE, text=True, check=False,
                                      stdin=subprocess.DEVNULL, env=scans.environment(), timeout=60)
            self.assertEqual((words, done.returncode), (words, 1), done.stderr)
            self.assertIn("cannot write to standard output: No space left on device", done.stderr)

    def test_an_interrupted_run_gives_no_plan(self):
        with tempfile.TemporaryDirectory() as here:
            partial = pathlib.Path(here, "run.partial.db")
            shutil.copy(self.done.directory / "run.db", partial)
            with contextlib.closing(sqlite3.connect(partial)) as database, database:
                database.execute("DELETE FROM meta WHERE key = 'rules'")
            done = run("plan", here)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn("--resume", done.stderr)

    @staticmethod
    def judge(case):
        command, name, value, arguments = case
        done = run(*arguments)
        said = done.stderr
        names_it = f"--{name}" in said or (value and value.removeprefix("{here}") in said)
        if done.returncode == 2 and len(said.splitlines()) == 1 and said.startswith("towerkeep: ") and names_it and not done.stdout:
            return None
        return f"{command} --{name}={value!r}: {done.returncode} {said!r} {done.stdout[:80]!r}"


if __name__ == "__main__":
    unittest.main()
