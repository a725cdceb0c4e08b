"""The options of towerkeep-sim: what it prints, and what it refuses with one clear message."""
import os
import re
import subprocess
import unittest

SIMULATOR = os.environ["TOWERKEEP_SIM"]


def run(*arguments):
    return subprocess.run([SIMULATOR, *arguments], capture_output=True, text=True, check=False, timeout=60)


class Options(unittest.TestCase):
    def test_version(self):
        for option in ("--version", "-V"):
            done = run(option)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertRegex(done.stdout, r"\Atowerkeep-sim [0-9]+\.[0-9]+\.[0-9]+\n\Z")

    def test_help_lists_every_option(self):
        done = run("--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for option in ("world", "generate", "listen", "port-file", "tls", "latency", "time-scale", "throttle", "faults",
                       "record", "effects-file", "strict-scope", "help", "version"):
            self.assertIn(f"--{option}", done.stdout)

    def refused(self, message, *arguments):
        done = run(*arguments)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertTrue(done.stderr.startswith(f"towerkeep-sim: {message}"), done.stderr)

    def test_wrong_options_say_what_is_expected(self):
        self.refused("specify one of --world FILE, --generate SPEC and --replay FILE")
        self.refused("specify one of --world FILE, --generate SPEC and --replay FILE", "--world", "w.yaml", "--generate", "accounts=1")
        self.refused('unexpected argument "extra"', "extra")
        for value in ("soon", "-1", "1.5", "nan", "600001"):
            self.refused(f'--latency: invalid value "{value}": expected a whole number from 0 to 600000', "--latency", value)
        self.refused('--time-scale: invalid value "fast": expected a number from 0 to 10000000', "--time-scale=fast")
        self.refused('--throttle: invalid value "awss": expected aws or off; did you mean "aws"?', "--throttle", "awss")
        self.refused("--tls needs two files: CERT KEY", "--world", "w.yaml", "--tls", "cert.pem")
        self.refused("unknown option --wrold: did you mean --world? (towerkeep-sim --help lists them)", "--wrold", "w.yaml")
        self.refused("unknown option --bogus (towerkeep-sim --help lists them)", "--bogus")
        self.refused("unknown option -x (towerkeep-sim --help lists them)", "-x")
        self.refused("ambiguous option --t", "--t", "1")
        self.refused("--world needs a value: FILE", "--world")
        self.refused("--world needs a value: FILE", "--world=")
        self.refused("--strict-scope takes no value", "--strict-scope=1")
        self.refused("cannot read /nonexistent", "--world", "/nonexistent")

    def test_the_manual_has_every_option_of_the_help(self):
        names = re.findall(r"^ +(?:-\S, )?--([a-z-]+)", run("--help").stdout, re.M)
        manual = run("--manual").stdout
        self.assertEqual(re.findall(r"^\.It .*Fl -([a-z-]+)", manual, re.M), names)
        self.assertEqual([line for line in run("--help").stdout.splitlines() if len(line) > 80], [])


if __name__ == "__main__":
    unittest.main()
