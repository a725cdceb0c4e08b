"""The AWS CLI performs every operation of the table; usage: cli_every_operation.py OPS_DUMP

The tests are in cli_every_operation_*.py. The last one reads their recordings: the CLI must have called every operation
of the table with success at least once.
"""
import importlib
import json
import pathlib
import subprocess
import sys
import unittest

import simulator

STORIES = sorted(path.stem for path in pathlib.Path(__file__).parent.glob("cli_every_operation_*.py"))
OPS_DUMP = sys.argv.pop(1) if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else None


def recordings():
    return sorted(simulator.SCRATCH.glob("cli_every_operation_*.jsonl"))


class TheTable(unittest.TestCase):
    def test_was_performed_whole_by_the_aws_cli(self):
        table = json.loads(subprocess.run([OPS_DUMP], check=True, capture_output=True).stdout)["ops"]
        performed = set()
        for path in recordings():
            with open(path, encoding="utf-8") as lines:
                for one in map(json.loads, lines):
                    agent = one["request"]["headers"].get("user-agent", "")
                    if one["response"]["status"] < 300 and agent.startswith("aws-cli/"):
                        performed.add((one["service"], one["operation"]))
        rows = {(row["service"], row["name"]) for row in table}
        self.assertEqual(rows - performed, set(), "these were never performed with success")
        self.assertGreater(len(rows), 100)


def load_tests(loader, tests, pattern):
    del tests, pattern
    suite = unittest.TestSuite(loader.loadTestsFromModule(importlib.import_module(name)) for name in STORIES)
    suite.addTest(loader.loadTestsFromTestCase(TheTable))
    return suite


if __name__ == "__main__":
    if OPS_DUMP is None:
        sys.exit(__doc__)
    for stale in recordings():
        stale.unlink()
    unittest.main()
