"""`runs` lists the runs of a directory and deletes only the selected ones: never the newest, never a signed one."""
import json
import os
import shutil
import sqlite3
import subprocess
import unittest

import scans
import simulator

DAYS = {"a": 400, "b": 300, "c": 200, "d": 100, "e": 0}


def runs(*arguments):
    done = subprocess.run([str(scans.SCANNER), "runs", *map(str, arguments)], capture_output=True, text=True, check=False,
                          env=scans.environment())
    if "Sanitizer" in done.stderr:
        raise AssertionError(done.stderr)
    return done


def setUpModule():
    global DONE, KEY
    simulator.SCRATCH.mkdir(parents=True, exist_ok=True)
    KEY = simulator.SCRATCH / "runs.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", KEY], check=True, capture_output=True)
    with scans.Simulator("seed-broken", name="runs") as sim:
        DONE = scans.scan(sim, "--no-ungoverned")


class Runs(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        """Five runs, a the oldest; b is signed; and a directory without a run."""
        self.root = scans.directory(self.id().rsplit(".", 1)[1])
        for name, days in DAYS.items():
            shutil.copytree(DONE.directory, self.root / name)
            database = sqlite3.connect(self.root / name / "run.db")
            database.execute("UPDATE meta SET value = strftime('%Y-%m-%dT%H:%M:%SZ', 'now', ?) WHERE key = 'ended'", (f"-{days} days",))
            database.execute("UPDATE meta SET value = ? WHERE key = 'run_id'", (name,))
            database.commit()
            database.close()
        signed = subprocess.run([str(scans.SCANNER), "report", str(self.root / "b"), "--evidence", "--sign-key", str(KEY)],
                                capture_output=True, text=True, check=False, env=scans.environment())
        self.assertEqual(signed.returncode, 3, signed.stderr)
        (self.root / "notes").mkdir()
        (self.root / "notes" / "kept.txt").write_text("mine", encoding="utf-8")

    def left(self):
        return "".join(sorted(path.name for path in self.root.iterdir() if (path / "run.db").exists()))

    def test_the_list_says_what_the_reports_say_newest_first(self):
        rows = json.loads(runs(self.root, "-M", "json").stdout)
        self.assertEqual([row["run_id"] for row in rows], list("edcba"))
        for row in rows:
            self.assertEqual(row["by_status"], DONE.report["summary"]["by_status"])
            self.assertEqual(row["verdict"], DONE.report["verdict"])
            self.assertEqual(row["coverage"], {k: DONE.report["coverage"][k] for k in ("expected", "reached", "gaps")})
            self.assertEqual((row["signed"], row["fate"]), (row["run_id"] == "b", "stays"))
        lines = runs(self.root).stdout.splitlines()
        self.assertEqual([line.split()[0] for line in lines], list("edcba"))
        self.assertIn("signed", lines[3])

    def test_without_delete_nothing_goes(self):
        done = runs(self.root, "--keep", "1")
        self.assertEqual([line.split()[0] for line in done.stdout.splitlines() if line.endswith("(selected)")], ["d", "c", "a"])
        self.assertEqual(self.left(), "abcde")

    def test_by_count_by_age_and_by_both(self):
        runs(self.root, "--keep", "3", "--older-than", "350", "--delete")
        self.assertEqual(self.left(), "bcde")
        runs(self.root, "--older-than", "150", "--delete")
        self.assertEqual(self.left(), "bde")
        runs(self.root, "--keep", "1", "--delete")
        self.assertEqual(self.left(), "be")
        self.assertTrue((self.root / "notes" / "kept.txt").exists())

    def test_the_newest_stays_however_old(self):
        for name in "abcd":
            shutil.rmtree(self.root / name)
        database = sqlite3.connect(self.root / "e" / "run.db")
        database.execute("UPDATE meta SET value = '2001-01-01T00:00:00Z' WHERE key = 'ended'")
        database.commit()
        database.close()
        self.assertEqual(runs(self.root, "--older-than", "0", "--delete").returncode, 0)
        self.assertEqual(self.left(), "e")

    def test_links_and_directories_that_hold_more_are_left_alone(self):
        outside = scans.directory("outside")
        shutil.move(self.root / "a", outside)
        os.symlink(outside, self.root / "a")
        shutil.copytree(DONE.directory, self.root / "c" / "nested")
        (self.root / "d" / "run.db").write_bytes(b"no run")
        done = runs(self.root, "--keep", "1", "--delete")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("skipped", done.stderr)
        self.assertEqual(self.left(), "abcde")
        self.assertTrue((outside / "run.db").exists())

    def test_bad_input_is_one_line(self):
        for arguments in ([], [self.root, "--keep", "0"], [self.root, "--older-than", "x"], [self.root, "--delete"], ["/nonexistent"],
                          [self.root, self.root]):
            done = runs(*arguments)
            self.assertEqual((done.returncode, len(done.stderr.splitlines())), (2, 1), done.stderr)


if __name__ == "__main__":
    unittest.main()
