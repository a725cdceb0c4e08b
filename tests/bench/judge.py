"""How fast a million resources are judged: a stored run is grown to that many and judged again with every rule.

    judge.py [--resources 1000000] [--build DIR]

Prints, for a tenth of the resources and for all of them: seconds of CPU, resource verdicts a CPU second, peak memory.
"""
import argparse
import multiprocessing
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile

TREE = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TREE / "tests" / "end_to_end"))


def scanned(build, folder):
    os.environ["TOWERKEEP_BUILD_DIR"] = str(build)
    import simulator
    with simulator.Simulator("generate:accounts=10,regions=3,resources=20", name="bench-judge", record=False) as sim:
        subprocess.run([str(build / "towerkeep"), "scan", "--unpaced", "-M", "csv", "-o", str(folder / "run")],
                       env={**sim.environment(), "TOWERKEEP_PROGRESS": "none"}, capture_output=True, check=False)
    return folder / "run"


def grow(run, wanted):
    """Repeats every resource, under other names, until there are so many; how many there are."""
    store = sqlite3.connect(run / "run.db")
    store.executescript("PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000;")
    have, last = store.execute("SELECT count(*) FILTER (WHERE kind = 'resource'), max(id) FROM entities").fetchone()
    for copy in range(1, -(-wanted // have)):
        store.execute("INSERT INTO entities(kind, account, region, key, json, fact) "
                      "SELECT kind, account, region, key || ?1, replace(json, '\"' || key || '\"', '\"' || key || ?1 || '\"'), fact "
                      "FROM entities WHERE kind IN ('resource', 'tagged') AND id <= ?2", (f"-{copy}", last))
    store.commit()
    store.close()
    return have * max(1, -(-wanted // have))


def judged(build, run):
    """(seconds of CPU, verdicts on resources, peak KiB, exit status)"""
    with open(os.devnull, "wb") as nowhere:
        process = subprocess.Popen([str(build / "towerkeep"), "check", str(run), "-M", "csv"], stdout=nowhere, stderr=nowhere)
        _, status, used = os.wait4(process.pid, 0)
    with sqlite3.connect(run / "run.db") as store:
        verdicts = store.execute("SELECT count(*) FROM findings WHERE scope = 'resource'").fetchone()[0]
    return used.ru_utime + used.ru_stime, verdicts, used.ru_maxrss, os.waitstatus_to_exitcode(status)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--resources", type=int, default=1_000_000)
    parser.add_argument("--build", type=pathlib.Path, default=TREE / "build")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        small = scanned(options.build.resolve(), pathlib.Path(folder))
        for wanted in (options.resources // 10, options.resources):
            run = pathlib.Path(folder) / str(wanted)
            shutil.copytree(small, run)
            # In a process of its own: what is forked from a large one is taken to have been as large.
            with multiprocessing.Pool(1) as other:
                count = other.apply(grow, (run, wanted))
            seconds, verdicts, peak, code = judged(options.build.resolve(), run)
            print(f"{count} resources, {verdicts} verdicts, {seconds:.1f} s of CPU: {verdicts / seconds:,.0f} verdicts and "
                  f"{count / seconds:,.0f} resources a CPU second with storing and reporting them, peak {peak / 1024:.0f} MiB, exit {code}")
            shutil.rmtree(run)


if __name__ == "__main__":
    main()
