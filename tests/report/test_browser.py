"""The HTML report in a browser: nothing asked of a network, nothing of AWS's text run, usable by keyboard and on paper."""

import json
import subprocess
import unittest
from pathlib import Path

from sample import fresh, make, report, written

KINDS = ["none", "small", "hostile"]


class Browser(unittest.TestCase):
    def test_it_is_usable_accessible_and_inert(self):
        pages = []
        for kind in KINDS:
            written(kind, "html")
            told = report(kind)["summary"]
            pages.append({"kind": kind, "path": str(make(kind) / "report.html"), "listed": told["findings"],
                          "failing": told["by_status"]["FAIL"]})
        path = fresh("browser") / "pages.json"
        path.write_text(json.dumps(pages))
        done = subprocess.run(["node", Path(__file__).parent / "browser.mjs", path], capture_output=True, text=True, timeout=300)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
