#!/usr/bin/python3
"""A scan of a large organization: peak memory, CPU and wall time of towerkeep.

  large.py --towerkeep build/towerkeep --sim build/towerkeep-sim [--accounts 1000] ...
"""
import json
import pathlib
import sqlite3
import sys
import tempfile

import measure


def main():
    parser = measure.arguments(__doc__, accounts=1000)
    parser.add_argument("--ous", type=int, default=40)
    parser.add_argument("--regions", type=int, default=17)
    parser.add_argument("--resources", type=int, default=5, help="per account and Region")
    parser.add_argument("--formats", default="json", help="reports to write, as scan -M takes them")
    options = parser.parse_args()
    spec = (f"accounts={options.accounts},ous={options.ous},regions={options.regions},"
            f"resources={options.resources}")
    with tempfile.TemporaryDirectory(prefix="towerkeep-bench-") as folder:
        output = pathlib.Path(folder) / "run"
        with measure.simulator(options.sim, spec, folder) as (url, pid):
            spent = measure.scan(options.towerkeep, url, output, formats=options.formats)
            simulated = measure.cpu_of(pid)
        with sqlite3.connect(f"file:{output / 'run.db'}?mode=ro", uri=True) as run:
            (told,) = run.execute("SELECT value FROM meta WHERE key = 'calls'").fetchone()
            (found,) = run.execute("SELECT count(*) FROM findings").fetchone()
            (gaps,) = run.execute("SELECT count(*) FROM gaps").fetchone()
        sizes = {path.name: path.stat().st_size for path in output.iterdir()}
    calls = json.loads(told)["calls"]
    print(measure.machine())
    print(f"world: {spec}")
    print(f"calls {calls:,}, findings {found:,}, gaps {gaps:,}; "
          + ", ".join(f"{name} {size / 1e6:,.0f} MB" for name, size in sorted(sizes.items())
                      if size > 1e6))
    print(f"peak RSS (VmHWM) {spent['rss_mib']:.1f} MiB; CPU {spent['cpu']:.1f} s "
          f"(user {spent['user']:.1f}, system {spent['system']:.1f}); wall {spent['wall']:.1f} s; "
          f"{calls / spent['cpu']:,.0f} calls per CPU second; simulator {simulated:.1f} CPU s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
