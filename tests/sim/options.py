"""The options of towerkeep-sim: what it prints, and what it refuses with one clear message."""
import os
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
        self.assertIn(message, done.stderr.splitlines()[0])

    def test_wrong_options_say_what_is_expected(self):
        self.refused("specify either --world FILE or --generate SPEC")
        self.refused('unexpected argument "extra"', "extra")
        self.refused('invalid value "soon" for --latency: expected a number from 0 to 600000', "--latency", "soon")
        self.refused('invalid value "on" for --throttle: expected aws or off', "--throttle", "on")
        self.refused("--tls requires two files: CERT KEY", "--world", "w.yaml", "--tls", "cert.pem")
        self.refused("unrecognized option", "--bogus")


if __name__ == "__main__":
    unittest.main()
