"""Makes the reports of a run made by hand, once per kind, and reads them back."""

import atexit
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import openpyxl

PROGRAM = os.environ["REPORT_SAMPLE"]
HEADER_ROW = 3

SHEETS = [
    "Cover", "Summary", "Coverage", "Control Matrix", "Findings", "Landing Zone", "OU Baselines",
    "KMS Matrix", "Opt-in Matrix", "Tags", "Changes", "Diff", "Waivers", "POA&M", "Errors", "Evidence Index",
    "Method & Glossary",
]

_made = {}
_root = tempfile.mkdtemp(prefix="towerkeep-report-")
atexit.register(shutil.rmtree, _root, ignore_errors=True)


def fresh(name):
    folder = Path(_root) / name
    folder.mkdir()
    return folder


def make(kind, *arguments):
    """The folder that holds run.db, report.json and report.xlsx of this kind of run."""
    key = (kind, *arguments)
    if key not in _made:
        folder = fresh("-".join(map(str, key)))
        subprocess.run([PROGRAM, kind, folder, *map(str, arguments)], check=True)
        _made[key] = folder
    return _made[key]


def written(kind, name, extension=None, count=0):
    """The bytes of one more format of the same run."""
    folder = make(kind, *([count] if count else []))
    path = folder / f"report.{extension or name}"
    if not path.exists():
        subprocess.run([PROGRAM, kind, folder, str(count), "1048576", name], check=True)
    return path.read_bytes()


def report(kind, *arguments):
    return json.loads((make(kind, *arguments) / "report.json").read_text(encoding="utf-8"))


def workbook(kind, *arguments):
    return openpyxl.load_workbook(make(kind, *arguments) / "report.xlsx")


def rows(sheet):
    """The data rows as dictionaries by header; a header that occurs again gets a number."""
    header = []
    for cell in sheet[HEADER_ROW]:
        name = cell.value
        while name in header:
            name += "'"
        header.append(name)
    found = []
    for row in sheet.iter_rows(min_row=HEADER_ROW + 1, values_only=True):
        if any(value is not None for value in row):
            found.append(dict(zip(header, row)))
    return found
