"""What each report of a run of very many findings takes: CPU, wall time, memory and size; and the workbook beside
libxlsxwriter that writes the same cells alone, interleaved."""
import argparse
import os
import statistics
import subprocess
import tempfile
from pathlib import Path

FORMATS = ["json", "ndjson", "csv", "html", "markdown", "prometheus", "junit", "sarif", "ocsf", "asff", "oscal-ar", "oscal-poam"]


def measured(*command):
    """(CPU seconds, wall seconds, peak MiB) of a process."""
    process = subprocess.Popen([str(part) for part in command])
    clock = os.times().elapsed
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{command[0]} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime, os.times().elapsed - clock, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", required=True, help="the program report_sample")
    parser.add_argument("--cells", required=True, help="the program xlsx_cells")
    parser.add_argument("--findings", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3, help="of the workbook and its library")
    parser.add_argument("--directory", help="where the files go (default: a temporary one)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="towerkeep-reports-", dir=options.directory) as folder:
        folder = Path(folder)
        make = [options.sample, "many", folder, options.findings, 1048576]
        measured(*make, "prometheus")
        print(f"run.db of {options.findings:,} findings: {(folder / 'run.db').stat().st_size / 1e6:,.0f} MB\n")
        print("| format | CPU s | wall s | peak MiB | MB | MB per CPU s |\n| --- | --- | --- | --- | --- | --- |")
        for name in FORMATS:
            before = set(folder.iterdir())
            cpu, wall, peak = measured(*make, name)
            (made,) = set(folder.iterdir()) - before or {folder / "report.prom"}
            size = made.stat().st_size / 1e6
            print(f"| {name} | {cpu:.2f} | {wall:.1f} | {peak:.0f} | {size:,.1f} | {size / cpu:,.0f} |", flush=True)
            made.unlink()
        cells = folder / "cells"
        measured(options.cells, "record", folder / "run.db", folder / "recorded.xlsx", cells)
        (folder / "recorded.xlsx").unlink()
        ours, alone = [], []
        for _ in range(options.rounds):
            ours.append(measured(*make, "xlsx"))
            alone.append(measured(options.cells, "replay", cells, folder / "alone.xlsx"))
        for name, file, rows in (("xlsx", "report.xlsx", ours), ("the same cells, library alone", "alone.xlsx", alone)):
            cpu, wall, peak = (statistics.median(row[i] for row in rows) for i in range(3))
            size = (folder / file).stat().st_size / 1e6
            print(f"| {name} | {cpu:.2f} | {wall:.1f} | {peak:.0f} | {size:,.1f} | {size / cpu:,.1f} |")
        ratios = [a[0] / b[0] for a, b in zip(ours, alone)]
        print(f"\nworkbook / library alone, CPU: {', '.join(f'{r:.2f}' for r in ratios)}; median {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
