"""The output of the program: hostile text stays text in every format and on every stream, secrets are not written, terminals of
any width are supported, and a core dump contains no secret.
"""
import csv
import fcntl
import html.parser
import io
import json
import os
import pathlib
import pty
import re
import resource
import signal
import struct
import subprocess
import termios
import unicodedata
import unittest
import zipfile
from xml.etree import ElementTree

import openpyxl

import scans
import simulator

EVIL = [
    "=HYPERLINK(\"http://example.test/\",\"click\")", "+1+1", "-2+3", "@SUM(A1)", "\t=1+1", "a]]>b", "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>", "\"><svg onload=alert(1)>", "{{7*7}} ${7*7} %s %n", "&lt;b&gt; &amp;",
    "\x1b[31mred\x1b]0;title\x07\x1b[2J", "two\nlines\r\nthree\rfour", "\u202egnp.exe\u202c \u2066x\u2069", "\x9b31m \x85 \u2028",
    "\ufffe\uffff", "\x01\x08\x0b\x7f", "\U0001f5c4" * 256, "| a | b |\n# head [x](javascript:alert(1)) @here", "'; DROP TABLE findings; --",
]
# Environment whose values must not appear again; the test adds the AWS variables.
CANARIES = {"HTTPS_PROXY": "http://canary-user:canary-of-the-proxy@127.0.0.1:9", "TOWERKEEP_CANARY": "canary-of-the-environment"}
EXTERNAL_ID = "canary-external-id-7731"
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
NO_XML = re.compile("[\ufffe\uffff]")  # JSON can contain them, and programs get the text that AWS returned


def formats():
    """Every format of the program, from its help."""
    done = subprocess.run([scans.SCANNER, "scan", "-M", "?"], capture_output=True, text=True, env=scans.environment(), check=False)
    return done.stderr.partition("expected one of ")[2].strip().split(", ")


def hostile_world():
    """seed-healthy with names and tags that are chosen to break readers."""
    names = {f"accounts.{account}.Name": EVIL[i][:50] for i, account in enumerate(
        [simulator.X_PROD, simulator.X_TEST, simulator.Y_PROD, simulator.SANDBOX, simulator.SHARED])}
    names |= {f"ous.{simulator.unit(unit)}.Name": EVIL[i + 6][:100] for i, unit in enumerate(["workx001", "worky001", "sand0001"])}
    things = [{"account": [simulator.X_PROD, simulator.X_TEST, simulator.Y_PROD][i % 3], "region": simulator.REGIONS[i % 2], "type": kind,
               "name": f"thing-{kind}-{i}", "tags": {"Name": evil, EVIL[(i + 3) % len(EVIL)][:120]: "x", "aws-control-tower-backupdaily": "True"}}
              for i, evil in enumerate(EVIL) for kind in ("ebs", "dynamodb")]
    world = {"base": str(simulator.WORLDS / "seed-healthy.yaml"), "resources": things, "changes": [renamed(*one) for one in names.items()]}
    # A world is read as YAML, which has no surrogates.
    text = re.sub(r"\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})", lambda pair: json.loads(f'"{pair[0]}"'), json.dumps(world))
    path = simulator.SCRATCH / "hostile.yaml"
    simulator.SCRATCH.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def renamed(path, name):
    return {"set": {"service": "organizations", "account": "management", "path": path, "value": name}}


FAULTS = {"faults": [  # a file of faults is read as YAML, which has no surrogates
    {"match": {"operation": "backup:ListBackupPlans", "region": "eu-west-1"},
     "error": {"code": "AccessDeniedException", "message": " ".join(e for e in EVIL if e.isascii())}},
    {"match": {"operation": "backup:ListBackupVaults", "region": "us-east-1"},
     "garbage": '{"BackupVaultList": [{"BackupVaultName": "nul\\u0000in a name", "BackupVaultArn": "\\ud800"}]}'}]}


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.scripts, self.harm = 0, []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.scripts += tag == "script"
        self.harm += [(tag, name) for name, value in attrs if name.startswith("on") or (value or "").lower().startswith("javascript")]
        self.harm += [tag] if tag in ("img", "iframe", "object", "embed", "svg/onload", "base", "link") else []


def judge_csv(test, data):
    for row in csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")):
        for cell in row:
            test.assertNotRegex(cell, r"^[=+@\t\r]|^-(?!\d+(\.\d+)?$)")


def judge_xlsx(test, data):
    book = openpyxl.load_workbook(io.BytesIO(data))
    written = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    test.assertGreater(len(written), 1000)
    test.assertEqual([cell.value for cell in written if cell.data_type == "f"], [])
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        for name in package.namelist():
            ElementTree.fromstring(package.read(name))
            test.assertNotRegex(package.read(name).decode(), r'TargetMode="External"|<f>')


def judge_html(test, data):
    page = Page(data.decode("utf-8"))
    test.assertEqual((page.scripts, page.harm), (2, []))


def judge_md(test, data):
    done = subprocess.run(["cmark-gfm", "--unsafe", "-e", "table", "-e", "autolink"], input=data, capture_output=True, check=True)
    page = Page(done.stdout.decode("utf-8"))
    test.assertEqual((page.scripts, page.harm), (0, []))


def judge_prom(test, data):
    from prometheus_client.parser import text_string_to_metric_families
    test.assertGreater(len(list(text_string_to_metric_families(data.decode("utf-8")))), 3)


def judge_json(test, data):
    json.loads(data.decode("utf-8"))


def judge_lines(test, data):
    test.assertGreater(len([json.loads(line) for line in data.decode("utf-8").split("\n") if line]), 0)


def judge_xml(test, data):
    ElementTree.fromstring(data)


# By the end of the file name; a format without a row here fails the test.
JUDGES = {".csv": judge_csv, ".xlsx": judge_xlsx, ".html": judge_html, ".md": judge_md, ".prom": judge_prom, ".ndjson": judge_lines,
          ".sarif": judge_json, ".json": judge_json, ".xml": judge_xml}


def run(*arguments, env=None, **options):
    return subprocess.run([str(scans.SCANNER), *map(str, arguments)], capture_output=True, env=env or scans.environment(), check=False,
                          **options)


class Hostile(unittest.TestCase):
    """One scan of a world with hostile text, with every kind of secret."""
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.log = simulator.SCRATCH / "hostile.log"
        cls.log.unlink(missing_ok=True)
        with scans.Simulator(hostile_world(), name="hostile", faults=FAULTS) as cls.sim:
            env = scans.environment(cls.sim, **CANARIES)
            cls.done = scans.scan(cls.sim, "--evidence", "--external-id", EXTERNAL_ID, "--log-level", "debug", "--log-file", cls.log,
                                  "--status", "FAIL,ERROR,PASS,NOT_APPLICABLE", env=env, formats=",".join(formats()))

    def inert(self, text, what):
        found = CONTROL.search(text)
        self.assertIsNone(found, f"{what}: {text[max(0, found.start() - 60):found.end() + 20]!r}" if found else "")

    def test_every_format_is_well_formed_and_inert(self):
        self.assertEqual(self.done.code, 4, self.done.err)
        files = [path for path in self.done.directory.iterdir() if path.name.startswith("report.")]
        self.assertEqual(len(files), len(formats()))
        self.assertGreater(len(files), 11)
        for path in files:
            with self.subTest(path.name):
                judge = JUDGES.get(path.suffix)
                self.assertIsNotNone(judge, f"no judge for {path.name}: add a row to JUDGES")
                judge(self, path.read_bytes())
                if path.suffix != ".xlsx":
                    text = path.read_text(encoding="utf-8").replace("\r\n", "\n")
                    self.inert(text, path.name)
                    self.assertTrue("json" in path.name or path.suffix == ".sarif" or not NO_XML.search(text))

    def test_the_words_are_all_there(self):
        """Hostile text is shown, not dropped."""
        tags = json.dumps([f["observed"] or "" for f in self.done.findings] + [f["resource_name"] or "" for f in self.done.findings]
                          + [f["account_name"] or "" for f in self.done.findings])
        for word in ("<script>alert(1)", "HYPERLINK", "a]]>b"):
            self.assertIn(json.dumps(word)[1:-1], tags)

    def test_an_answer_with_a_nul_or_half_a_character_is_a_gap_or_is_mended(self):
        gaps = {g["operation"] for g in self.done.report["gaps"]}
        self.assertIn("backup:ListBackupPlans", gaps)
        self.assertIn("backup:ListBackupVaults", gaps)

    def test_streams_and_log_hold_no_control_characters(self):
        self.inert(self.done.out, "standard output")
        self.inert(self.done.err, "standard error")
        log = self.log.read_text(encoding="utf-8")
        self.assertGreater(len(log), 1_000)
        self.inert(log, "log")

    def test_what_other_commands_say_of_that_run_is_inert(self):
        again = scans.directory("hostile-again")
        for arguments in (["plan", self.done.directory], ["plan", self.done.directory, "--emit", "aws-cli", "-o", "/dev/stdout"],
                          ["report", self.done.directory, "-M", "json", "-o", again], ["diff", "--all", self.done.directory, self.done.directory],
                          ["runs", self.done.directory.parent], ["init", self.done.directory, "-o", "/dev/stdout"],
                          ["check", self.done.directory, "-M", "json", "-o", again]):
            with self.subTest(command=arguments[0]):
                done = run(*arguments)
                self.assertIn(done.returncode, (0, 2, 3, 4), done.stderr)
                self.assertGreater(len(done.stdout + done.stderr), 40)
                self.inert(done.stdout.decode("utf-8"), arguments)
                self.inert(done.stderr.decode("utf-8"), arguments)

    def test_no_secret_is_in_anything_written(self):
        secrets = scans.secrets_of([self.sim.recording], {self.sim.access_key: self.sim.secret})
        self.assertGreater(len(secrets), 3)
        planted = [*secrets.values(), EXTERNAL_ID, "canary-of-the-proxy", CANARIES["TOWERKEEP_CANARY"]]
        planted += re.findall(r"<SessionToken>\s*([^<\s]+)", "".join(
            one["response"]["body"] for one in scans.exchanges(self.sim) if one.get("operation") == "AssumeRole"))
        everything = {path: path.read_bytes() for path in self.done.directory.rglob("*") if path.is_file()}
        with zipfile.ZipFile(self.done.directory / "report.xlsx") as package:
            everything |= {f"xlsx/{name}": package.read(name) for name in package.namelist()}
        everything |= {"log": self.log.read_bytes(), "out": self.done.out.encode(), "err": self.done.err.encode()}
        self.assertGreater(len(everything), 20)
        self.assertEqual([(str(name), secret) for name, data in everything.items() for secret in planted if secret.encode() in data], [])


def columns(text):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def on_a_terminal(width, *arguments, env, stream="stdout"):
    """The output of the program on a terminal of this width; its other stream is separate."""
    main, side = pty.openpty()
    fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, stream: side}
    process = subprocess.Popen([str(scans.SCANNER), *map(str, arguments)], stdin=subprocess.DEVNULL, env=env, **streams)
    os.close(side)
    data = b""
    while True:
        try:
            data += os.read(main, 65536)
        except OSError:  # the other side is closed
            break
    os.close(main)
    return process.wait(), data.decode("utf-8").replace("\r\n", "\n")


class Terminal(unittest.TestCase):
    """The summary of a scan at several widths."""

    @classmethod
    def setUpClass(cls):
        world = {"base": str(simulator.WORLDS / "seed-broken.yaml"),
                 "changes": [renamed(f"accounts.{account}.Name", "\u4e2d\u6587\u5377" * 16)
                             for account in (simulator.ADMIN, simulator.CENTRAL, simulator.MANAGEMENT)]}
        cls.sim = cls.enterClassContext(scans.Simulator(world, name="terminal"))

    def said(self, width, *flags, **env):
        to = scans.directory(f"terminal-{width}-{len(flags)}-{len(env)}")
        environment = {k: v for k, v in scans.environment(self.sim, TERM="xterm", **env).items() if k != "NO_COLOR" or k in env}
        code, text = on_a_terminal(width, "scan", "--unpaced", "--no-ungoverned", "-M", "json", "-o", to, *flags, env=environment)
        self.assertEqual(code, 3, text)
        return text

    def test_lines_fit_at_every_width_and_commands_stay_whole(self):
        for width in (60, 80, 200):
            with self.subTest(width=width):
                text = re.sub("\x1b\\[[0-9;]*m", "", self.said(width))
                for line in text.splitlines():
                    if columns(line) > width and not line.startswith("Written:") and not line.startswith("         /"):
                        self.assertLessEqual(len(line.split()), 2, line)  # a word of a command that is longer than a line
                self.assertRegex(text, r"NON-COMPLIANT\s+organization o-exampleorg1")
                self.assertRegex(text, r"(?m)^\d+ findings fail: \d+ critical")
                self.assertRegex(text, r"(?m)^  5 Baselines on OUs +\d+ ")
                self.assertRegex(text, r"key/mrk-0123456789abcdef0123456789abcdef")

    def test_lines_of_diff_and_runs_fit_and_stay_single_for_programs(self):
        healthy = scans.directory("terminal-healthy")
        with scans.Simulator("seed-healthy", name="terminal-healthy") as sim:
            self.assertEqual(scans.scan(sim, "--no-ungoverned", to=healthy).code, 0)
        broken = scans.scan(self.sim, "--no-ungoverned").directory
        environment = {k: v for k, v in scans.environment(TERM="xterm").items() if k != "NO_COLOR"}
        listed = run("diff", healthy, broken).stdout.decode()
        changes = [line for line in listed.splitlines() if re.match("[A-Z]", line)]
        self.assertGreater(len(changes), 50)
        for width in (60, 80, 120, 200):
            code, text = on_a_terminal(width, "diff", healthy, broken, env=environment)
            self.assertEqual(code, 3)
            text = re.sub("\x1b\\[[0-9;]*m", "", text)
            self.assertEqual([line for line in text.splitlines() if columns(line) > width], [])
            self.assertTrue("".join(text.split()) == "".join(listed.split()), "the same words in other lines")
            self.assertEqual([line[:15] for line in text.splitlines() if re.match("[A-Z]", line)][:len(changes)],
                             [line[:15] for line in changes])
            _, text = on_a_terminal(width, "runs", healthy.parent, env=environment)
            self.assertEqual([line for line in text.splitlines() if columns(line) > width and "/" not in line.split()[-1]], [])
        self.assertIn("\x1b[31m", on_a_terminal(80, "diff", healthy, broken, env=environment)[1])
        self.assertNotIn("\x1b", on_a_terminal(80, "diff", healthy, broken, env=environment | {"NO_COLOR": "1"})[1])

    def test_progress_stays_on_one_line_however_narrow(self):
        for width in (60, 200):
            to = scans.directory(f"terminal-progress-{width}")
            code, text = on_a_terminal(width, "scan", "--unpaced", "--no-ungoverned", "-M", "json", "-o", to, stream="stderr",
                                       env=scans.environment(self.sim, TERM="xterm", TOWERKEEP_PROGRESS="auto"))
            self.assertEqual(code, 3)
            drawn = [one for one in text.split("\r\x1b[K") if one.startswith("collecting ")]
            self.assertTrue(drawn, text)
            self.assertEqual([one for one in drawn if columns(one.split("\n")[0]) >= width], [])
            self.assertTrue(text.endswith("\r\x1b[K") or "\n" in text.rpartition("\r\x1b[K")[2], "the line is taken away")

    def test_columns_is_minded_where_there_is_no_terminal(self):
        for told, width in (("60", 60), ("180", 180), ("words", 100), ("3", 100), ("999999999999999999999", 100)):
            done = scans.scan(self.sim, "--no-ungoverned", env=scans.environment(self.sim, COLUMNS=told))
            lines = [columns(line) for line in done.out.splitlines() if len(line.split()) > 2 and "/" not in line.split()[-1]]
            self.assertLessEqual(max(lines), width)
            self.assertGreater(max(lines), width * 0.6)

    def test_colour_is_for_terminals_that_want_it(self):
        self.assertIn("\x1b[31m", self.said(100))
        for flags, env in ((["--no-color"], {}), ([], {"NO_COLOR": "1"})):
            self.assertNotIn("\x1b", self.said(100, *flags, **env))

    def test_status_chooses_what_there_are_examples_of(self):
        text = self.said(100, "--status", "PASS")
        self.assertRegex(text, "PASS")
        self.assertNotRegex(re.sub("\x1b\\[[0-9;]*m", "", text), r"(?m)^  FAIL ")


class Killed(unittest.TestCase):
    """While the reports of a larger run are written."""

    @classmethod
    def setUpClass(cls):
        with scans.Simulator("generate:accounts=60,ous=6,regions=4,resources=10", name="killed") as sim:
            cls.scanned = scans.scan(sim, "--no-ungoverned").directory

    def stopped(self, name):
        """A process that is stopped while part of a report is written, and its directory; None if it ended before."""
        to = scans.directory(name)
        to.mkdir()
        (to / "report.json").write_text("yesterday's", encoding="utf-8")
        process = subprocess.Popen([scans.SCANNER, "report", self.scanned, "-M", "json,html,csv", "-o", to], env=scans.environment(),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        parts = lambda: [path for path in to.glob("..report.*") if path.exists() and path.stat().st_size > 0]
        simulator.wait_until(lambda: parts() or process.poll() is not None, "a part of a report is written")
        if process.returncode is not None:
            return None
        os.kill(process.pid, signal.SIGSTOP)
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        if os.WIFSTOPPED(status) and parts():
            return process, to
        if os.WIFSTOPPED(status):
            process.kill()
            process.wait()
        else:
            process.returncode = os.waitstatus_to_exitcode(status)
        return None

    def killed(self, number):
        """Sends the signal while a report is written and returns the content of the directory."""
        process, to = simulator.wait_until(lambda: self.stopped(f"killed-by-{number}"), "a process is stopped while it writes")
        process.send_signal(number)
        process.send_signal(signal.SIGCONT)
        self.assertEqual(process.wait(), -number)
        self.assertEqual((to / "report.json").read_text(encoding="utf-8"), "yesterday's")
        self.assertEqual([path.name for path in to.iterdir() if not path.name.startswith(".")], ["report.json"])
        return to

    def test_a_signal_leaves_the_old_report_and_no_part_of_a_new_one(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            to = self.killed(number)
            self.assertEqual([path.name for path in to.iterdir() if ".tmp-" in path.name], [])

    def test_what_a_killed_process_left_is_taken_away_by_the_next(self):
        to = self.killed(signal.SIGKILL)
        self.assertNotEqual(list(to.glob("..report.*")), [])
        done = run("report", self.scanned, "-M", "json,html,csv", "-o", to)
        self.assertEqual((done.returncode, done.stderr), (3, b""))
        self.assertEqual(sorted(path.name for path in to.iterdir()), ["report.csv", "report.html", "report.json"])


class Cores(unittest.TestCase):
    def test_an_abort_in_the_middle_of_a_scan_leaves_no_core(self):
        def core_please():
            resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

        stuck = {"faults": [{"match": {"operation": "kms:DescribeKey"}, "hold": "keys"}]}
        with scans.Simulator("seed-healthy", name="cores", faults=stuck) as sim:
            process = scans.start(sim, preexec_fn=core_please)
            sim.held("keys", process)
            limits = pathlib.Path(f"/proc/{process.pid}/limits").read_text(encoding="utf-8")
            process.send_signal(signal.SIGABRT)
            _, status = os.waitpid(process.pid, 0)
            process.returncode = -signal.SIGABRT
            process.stdout.close()
            process.stderr.close()
        self.assertEqual((os.WTERMSIG(status), os.WCOREDUMP(status)), (signal.SIGABRT, False))
        self.assertRegex(limits, r"Max core file size +0 ")


def tearDownModule():
    scans.judge_recordings(broken=["hostile"])


if __name__ == "__main__":
    unittest.main()
