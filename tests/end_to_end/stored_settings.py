"""check and report read configuration, rules and environment as scan does; what cannot apply is refused with the reason."""
import shutil
import subprocess
import unittest

import scans


def run(*words, env=None):
    return subprocess.run([str(scans.SCANNER), *map(str, words)], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
                          env=env or scans.environment(), timeout=scans.SCAN_SECONDS)


class StoredSettings(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.config = scans.directory("stored-settings").with_suffix(".yaml")
        cls.config.write_text("rules: {disable: [KMS-01]}\n", encoding="utf-8")
        with scans.Simulator("seed-broken", name="stored-settings") as sim:
            cls.done = scans.scan(sim, "--no-ungoverned", "-C", cls.config)

    def copy(self, name):
        where = scans.directory(f"stored-settings-{name}")
        shutil.copytree(self.done.directory, where)
        return where

    def test_each_prints_what_a_scan_prints(self):
        expected = self.done.out.partition("\nWritten:")[0]
        self.assertIn("FAIL", expected)
        # The comparison of a check ends at the same run; only the files differ.
        for command, more in (("report", []), ("check", ["-C", self.config])):
            done = run(command, self.copy(command), "-M", "json", *more)
            self.assertEqual((done.returncode, done.stderr), (self.done.code, ""))
            self.assertEqual(done.stdout.partition("\nWritten:")[0], expected, command)

    def test_each_says_which_configuration_is_in_force(self):
        self.assertIn(f"Configuration: {self.config}\n", self.done.out)
        where = self.copy("configuration")
        self.assertIn(f"Configuration: {self.config}\n", run("report", where, "-M", "json").stdout)
        self.assertIn("Configuration: defaults (no configuration file)\n", run("check", where, "-M", "json").stdout)
        self.assertIn("Configuration: defaults (no configuration file)\n", run("report", where, "-M", "json").stdout)
        variable = scans.environment(TOWERKEEP_CONFIG_FILE=str(self.config))
        self.assertIn(f"Configuration: {self.config}\n", run("check", where, "-M", "json", env=variable).stdout)
        # A configuration in the working directory is found by check as by scan.
        home = scans.directory("stored-settings-home")
        home.mkdir()
        (home / "towerkeep.yaml").write_text("{}\n", encoding="utf-8")
        done = subprocess.run([str(scans.SCANNER), "check", str(where), "-M", "json"], capture_output=True, text=True, check=False,
                              cwd=home, env=scans.environment(), stdin=subprocess.DEVNULL, timeout=scans.SCAN_SECONDS)
        self.assertIn("Configuration: towerkeep.yaml\n", done.stdout)

    def test_each_reads_the_variables_of_a_scan(self):
        for command in ("report", "check"):
            where, log = self.copy(f"variables-{command}"), scans.directory(f"stored-settings-{command}").with_suffix(".log")
            log.unlink(missing_ok=True)
            done = run(command, where, env=scans.environment(
                TOWERKEEP_OUTPUT_FORMATS="csv", TOWERKEEP_OUTPUT_FILENAME="named", TOWERKEEP_LOG_FILE=str(log), TOWERKEEP_LOG_LEVEL="debug",
                TOWERKEEP_STATUS="PASS", TOWERKEEP_FAIL_ON="critical", TOWERKEEP_IGNORE_EXIT_CODE_3="1", TOWERKEEP_EVIDENCE="1"))
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertTrue((where / "named.csv").exists() and (where / "evidence/digest.txt").exists() and log.exists())
            plain = run(command, where, "-M", "csv").stdout
            self.assertNotEqual(done.stdout.partition("Written")[0], plain.partition("Written")[0])
            none = scans.environment(TOWERKEEP_TEMPLATES="/nonexistent")
            done = run(command, where, "-M", "html", env=none)
            self.assertEqual((done.returncode, done.stderr), (2, "towerkeep: TOWERKEEP_TEMPLATES: /nonexistent is not a directory\n"))
            none = scans.environment(TOWERKEEP_DATA="/nonexistent")
            done = run(command, where, "-M", "html", env=none)
            self.assertEqual(done.returncode, 2)
            self.assertIn("TOWERKEEP_DATA", done.stderr)

    def test_report_refuses_what_changes_results_and_says_why(self):
        for option in ("--rules", "--config-file", "--mutelist-file", "--checks", "--excluded-checks", "--severity", "--compliance"):
            done = run("report", self.done.directory, f"{option}=high")
            self.assertEqual((done.returncode, done.stdout, len(done.stderr.splitlines())), (2, "", 1))
            self.assertIn(f"report does not take {option}; these commands do: scan, ", done.stderr)
            self.assertIn("report writes the results that the run holds; to evaluate it again, use towerkeep check", done.stderr)
        # A variable of another command is ignored.
        ignored = scans.environment(TOWERKEEP_CHECKS="KMS-01", TOWERKEEP_RULES="/nonexistent")
        done = run("report", self.copy("ignored"), "-M", "json", env=ignored)
        self.assertEqual((done.returncode, done.stderr), (self.done.code, ""))

    def test_the_listed_checks_are_those_that_would_be_evaluated(self):
        listed = run("scan", "-l", "-c", "KMS-*", "-e", "KMS-02", "--severity", "critical", "-C", self.config).stdout
        names = [line.split()[0] for line in listed.splitlines()]
        self.assertIn("KMS-04", names)
        self.assertEqual([n for n in names if not n.startswith("KMS-") or n in ("KMS-01", "KMS-02", "KMS-03")], [])


if __name__ == "__main__":
    unittest.main()
