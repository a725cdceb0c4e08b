"""The HTML report, judged by html-validate and read by Python's own parser."""

import json
import os
import re
import sqlite3
import subprocess
import unittest
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

from sample import PROGRAM, fresh, make, report, written

TESTS = Path(__file__).resolve().parent.parent
KINDS = ["bare", "none", "small", "hostile"]
ORDER = ["FAIL", "ERROR", "MANUAL", "MUTED", "FIXED", "PASS", "NOT_APPLICABLE"]
VOID = {"meta", "input", "br"}


class Page(HTMLParser):
    """Elements in use, every attribute, the rows of findings, scripts, and the cells of the total."""

    def __init__(self, data):
        super().__init__(convert_charrefs=True)
        self.names, self.attributes, self.findings, self.scripts, self.open = Counter(), [], [], [], []
        self.cells, self.terms, self.in_total, self.total = [], [], False, []
        self.feed(data.decode("utf-8"))
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        self.names[tag] += 1
        self.attributes += [(tag, *a) for a in attrs]
        if tag not in VOID:
            self.open.append(tag)
        found = dict(attrs)
        if tag == "tr":
            self.in_total = found.get("id") == "all-steps"
        if tag == "tbody" and "data-status" in found:
            self.findings.append({"status": found["data-status"], "severity": found["data-severity"],
                                  "step": int(found["data-step"]), "words": {}})
        if tag in ("dt", "dd", "td", "script"):
            self.text = ""

    def handle_data(self, data):
        self.text = getattr(self, "text", "") + data

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, (tag, self.open[-3:])
        self.open.pop()
        if tag == "dt":
            self.term = self.text
        elif tag == "dd" and self.findings:
            self.findings[-1]["words"].setdefault(self.term, self.text)
        elif tag == "td" and self.in_total:
            self.total.append(int(self.text.replace(",", "")))
            assert self.text == f"{self.total[-1]:,}", self.text
        elif tag == "script":
            self.scripts.append(self.text)


def page(kind, count=0):
    return Page(written(kind, "html", count=count))


def shown(text):
    def one(c):
        code = ord(c)
        bad = (code < 0x20 and c not in "\n\t") or 0x7F <= code <= 0x9F or code in (0xFFFE, 0xFFFF)
        return "\ufffd" if bad or 0x202A <= code <= 0x202E or 0x2066 <= code <= 0x2069 else c

    return "".join(map(one, (text or "").replace("\r\n", "\n").replace("\r", "\n")))


class Html(unittest.TestCase):
    def test_html_validate_accepts_it(self):
        folder = fresh("html-validate")
        (folder / "rules.json").write_text(json.dumps({"root": True, "extends": ["html-validate:recommended"]}))
        paths = []
        for kind in KINDS:
            written(kind, "html")
            paths.append(make(kind) / "report.html")
        done = subprocess.run([TESTS / "node_modules/.bin/html-validate", "--config", folder / "rules.json", *paths],
                              capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout.strip()[:2000], done.stderr.strip()[:2000]), (0, "", ""))

    def test_counts_equal_the_json(self):
        for kind in KINDS:
            told = report(kind)["summary"]
            self.assertEqual(page(kind).total, [told["by_status"][s] for s in ORDER] + [told["findings"]], kind)

    def test_findings_equal_the_json(self):
        for kind in KINDS:
            read = page(kind).findings
            self.assertEqual([(r["words"]["Finding"], r["status"], r["severity"], r["step"], r["words"]["Expected"], r["words"]["Observed"])
                              for r in read],
                             [(f["finding_id"], f["status"], f["severity"], f["step"], shown(f["expected"]), shown(f["observed"]))
                              for f in report(kind)["findings"]], kind)

    def test_nothing_runs_but_our_script(self):
        scripts = {text for kind in KINDS for text in page(kind).scripts}
        self.assertEqual(len(scripts), 2)
        self.assertIn((TESTS.parent / "templates/report.js").read_text(encoding="utf-8"), scripts)
        for kind in KINDS:
            read = page(kind)
            self.assertEqual((read.names["script"], read.names["style"]), (2, 1))
            self.assertEqual(read.names.keys() & {"img", "iframe", "object", "embed", "form", "link", "base", "c", "f"}, set())
            self.assertEqual([a for a in read.attributes if a[1].startswith("on") or a[1] in ("style", "src")], [])

    def test_nothing_is_fetched(self):
        for kind in KINDS:
            links = {value for _, name, value in page(kind).attributes if name in ("href", "src", "action", "xlink:href")}
            self.assertEqual([link for link in links if not re.fullmatch("#[a-z-]+[0-9]*", link)], [])
            self.assertNotRegex(written("none", "html").decode("utf-8"), r"url\(|@import|https?://")
            policy = [v for t, n, v in page(kind).attributes if t == "meta" and n == "content" and "default-src 'none'" in v]
            self.assertEqual(len(policy), 1)

    def test_script_is_one(self):
        folder = fresh("script")
        for text in page("small").scripts:
            (folder / "page.js").write_text(text, encoding="utf-8")
            subprocess.run(["node", "--check", folder / "page.js"], check=True)

    def test_more_than_it_lists_is_said(self):
        read = page("many", 20_100)
        self.assertEqual(len(read.findings), 20_000)
        self.assertEqual(read.total[-1], 20_100)
        data = written("many", "html", count=20_100)
        self.assertIn(b"first 20,000 of 20,100 findings are listed here", data)
        self.assertLess(len(data), 40_000_000)


class Templates(unittest.TestCase):
    def test_a_template_of_ones_own(self):
        for text, code, word in [
            ('<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:output method="html"/>'
             '<xsl:template match="/report"><p><xsl:value-of select="summary/@verdict"/></p><!-- none --></xsl:template></xsl:stylesheet>', 0, b"<p>INCOMPLETE</p>"),
            ('<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:template match="/', 1, "template of the HTML report"),
            ('<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:template match="/">'
             "<xsl:value-of select=\"document('/etc/passwd')\"/></xsl:template></xsl:stylesheet>", 1, "template of the HTML report"),
        ]:
            folder = fresh(f"template-{len(text)}")
            (folder / "report.xslt").write_text(text)
            done = subprocess.run([PROGRAM, "small", folder, "0", "1048576", "html"], capture_output=True, text=True,
                                  env=dict(os.environ, TEMPLATES=str(folder)))
            self.assertEqual(done.returncode, code, done.stderr)
            if code == 0:
                self.assertIn(word, (folder / "report.html").read_bytes())
            else:
                self.assertIn(word, done.stderr)
                self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
                self.assertFalse((folder / "report.html").exists())
            self.assertNotIn("root:", done.stderr)

    def test_colours_of_ones_own(self):
        folder = fresh("colours")
        (folder / "report.css").write_text("body{color:teal}")
        subprocess.run([PROGRAM, "small", folder, "0", "1048576", "html"], check=True, env=dict(os.environ, TEMPLATES=str(folder)))
        data = (folder / "report.html").read_text(encoding="utf-8")
        self.assertIn("<style>body{color:teal}</style>", data)
        self.assertEqual(len(Page(data.encode()).findings), report("small")["summary"]["findings"])

    def test_a_style_sheet_that_is_no_text(self):
        folder = fresh("latin")
        (folder / "report.css").write_bytes(b"body::after{content:'\xe4'}")
        done = subprocess.run([PROGRAM, "small", folder, "0", "1048576", "html"], capture_output=True, text=True,
                              env=dict(os.environ, TEMPLATES=str(folder)))
        self.assertEqual((done.returncode, len(done.stderr.splitlines())), (1, 1), done.stderr)
        self.assertIn("report.css: not UTF-8", done.stderr)
        self.assertFalse((folder / "report.html").exists())


class Parts(unittest.TestCase):
    """What the page has beside findings, against the JSON report of the same run."""

    def text(self, kind, section):
        data = written(kind, "html").decode("utf-8")
        start = data.index(f'<section id="{section}"')
        return re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", data[start:data.index("</section>", start)]))

    def test_every_requirement_of_every_framework_is_there(self):
        told = report("small")["compliance"]
        shown_words = self.text("small", "frameworks")
        self.assertGreater(len(told), 3)
        for row in told:
            self.assertIn(f"{row['requirement']} {row['title']} {row['result']}", shown_words)

    def test_every_waiver_is_there(self):
        told = report("small")["waivers"]
        shown_words = self.text("small", "waivers")
        self.assertEqual(len(told), 5)
        for row in told:
            self.assertIn(row["name"], shown_words)
            self.assertIn(row["state"], shown_words)

    def test_before_and_after_of_every_change_is_there(self):
        shown_words = self.text("small", "changes")
        for row in report("small")["changes"]:
            self.assertIn(row["title"], shown_words)
            self.assertIn(row["state"], shown_words)
        self.assertIn("{&quot;EBS&quot;:false} on".replace("&quot;", '"'), shown_words)

    def test_an_incomplete_run_says_so_first(self):
        data = written("small", "html").decode("utf-8")
        self.assertEqual(report("small")["verdict"], "INCOMPLETE")
        self.assertLess(data.index("<strong>INCOMPLETE</strong>"), data.index("<nav"))
        self.assertLess(data.index('id="gaps"'), data.index('id="checks"'))
        self.assertRegex(data, "could not be evaluated")

    def test_cited_facts_are_listed_with_their_call(self):
        folder = make("small")
        written("small", "html")
        with sqlite3.connect(f"file:{folder / 'run.db'}?mode=ro", uri=True) as run:
            facts = {str(row[0]): row[1:] for row in run.execute("SELECT id, operation, request_id FROM facts")}
        cited = {i for f in report("small")["findings"] if f["status"] not in ("PASS", "NOT_APPLICABLE")
                 for i in map(str, f["evidence"]) if i in facts}
        rows = dict(re.findall(r'<tr id="fact-(\d+)">(.*?)</tr>', (folder / "report.html").read_text(encoding="utf-8"), re.S))
        self.assertEqual(rows.keys(), cited)
        for fact, row in rows.items():
            for word in facts[fact]:
                self.assertIn(word, row)


if __name__ == "__main__":
    unittest.main()
