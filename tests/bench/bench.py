#!/usr/bin/python3
"""Reads per CPU second: a whole scan beside the same reads through two AWS SDKs.

  bench.py --towerkeep build/towerkeep --sim build/towerkeep-sim [--accounts N] [--rounds N] ...

One run, interleaved rounds, one simulator; prints medians and ratios. Not a test: nothing here
fails because a figure is low.
"""
import collections
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

import measure

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tools"))

import models  # noqa: E402
import wire  # noqa: E402


def decode(exchange):
    """The input of a recorded request as an SDK takes it."""
    model, operation = models.load(exchange["service"]), exchange["operation"]
    request, shape = exchange["request"], models.load(exchange["service"]).shape_name(
        exchange["operation"], "input")
    if model.protocol == "json":
        return json.loads(request["body"])
    if model.protocol in ("query", "ec2"):
        return wire.FormDecoder(model).decode(shape, request["body"])[2]
    labels, pairs = wire.match_uri(model.operations[operation]["http"]["requestUri"],
                                   request["target"])
    tree = wire.located(model, shape, {}, labels, pairs)
    return tree | (json.loads(request["body"]) if request["body"] else {})


def read_recording(path):
    """The calls of a recorded scan, account after account: what the SDK programs are to repeat."""
    calls, roles = collections.defaultdict(list), {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            exchange = json.loads(line)
            one = {name: exchange[name] for name in ("service", "operation", "account", "region")}
            one["input"] = decode(exchange)
            if one["operation"] != "AssumeRole":
                calls[one["account"]].append(one)
            elif exchange["response"]["status"] == 200:
                account = one["input"]["RoleArn"].split(":")[4]
                roles[account] = one | {"assume": account}
    return calls, roles


def draw(calls, wanted):
    """`wanted` accounts, evenly drawn, whole: clients are then reused as in the full list."""
    names = sorted(calls)
    step = max(1, len(names) / wanted)
    return [names[int(i * step)] for i in range(min(wanted, len(names)))]


def write_calls(path, calls, roles, accounts):
    with open(path, "w", encoding="utf-8") as out:
        for account in accounts:
            for one in ([roles[account]] if account in roles else []) + calls[account]:
                out.write(json.dumps(one) + "\n")


def run_reader(command, folder, name):
    """What an SDK program tells of itself, with its peak memory."""
    log = folder / f"{name}.out"
    spent = measure.run(command, log)
    text = log.read_text("utf-8").strip()
    if spent["code"] != 0 or not text:
        raise SystemExit(f"{name} ended with {spent['code']}: {text[-500:]}")
    return json.loads(text.splitlines()[-1]) | {"rss_mib": spent["rss_mib"]}


def run_scan(options, url, folder, name, *more):
    with tempfile.TemporaryDirectory(dir=folder) as output:
        spent = measure.scan(options.towerkeep, url, output, *more)
        counters = json.loads(pathlib.Path(output, "report.json").read_text("utf-8"))["run"]["calls"]
    return spent | {"calls": counters["calls"], "bytes": counters["bytes"], "refused": 0,
                    "skipped": 0}


def row(name, rounds, base):
    rate = statistics.median(one["calls"] / one["cpu"] for one in rounds)
    per_wall = statistics.median(one["calls"] / one["wall"] for one in rounds)
    rss = max(one["rss_mib"] for one in rounds)
    low, high = (f(one["calls"] / one["cpu"] for one in rounds) for f in (min, max))
    print(f"{name:42} {rounds[0]['calls']:8} {rate:9,.0f} {low:8,.0f}..{high:<8,.0f}"
          f"{per_wall:8,.0f} {rss:7.0f}   {base / rate:6.1f} x")


def parse_arguments():
    parser = measure.arguments(__doc__, accounts=60)
    parser.add_argument("--regions", type=int, default=17)
    parser.add_argument("--resources", type=int, default=20, help="per account and Region")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--javascript-accounts", type=int, default=20, help="drawn for the SDK")
    parser.add_argument("--boto-accounts", type=int, default=6, help="drawn for botocore")
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--threads", type=int, default=16)
    return parser.parse_args()


def main():
    options = parse_arguments()
    spec = f"accounts={options.accounts},regions={options.regions},resources={options.resources}"
    with tempfile.TemporaryDirectory(prefix="towerkeep-bench-") as name:
        folder = pathlib.Path(name)
        recording = folder / "recording"
        with measure.simulator(options.sim, spec, folder, "--record", recording) as (url, _):
            run_scan(options, url, folder, "recorded")
        calls, roles = read_recording(recording)
        recording.unlink()
        javascript, boto = folder / "javascript.calls", folder / "boto.calls"
        write_calls(javascript, calls, roles, draw(calls, options.javascript_accounts))
        write_calls(boto, calls, roles, draw(calls, options.boto_accounts))
        rounds = collections.defaultdict(list)
        with measure.simulator(options.sim, spec, folder) as (url, _):
            run_scan(options, url, folder, "warm")  # the simulator makes its resources when asked
            for number in range(options.rounds):
                print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
                rounds["scan"].append(run_scan(options, url, folder, "scan"))
                rounds["javascript"].append(run_reader(
                    ["node", HERE / "reads.mjs", javascript, url, str(options.concurrency)],
                    folder, "javascript"))
                rounds["reads"].append(run_scan(options, url, folder, "reads", "-c", "ORG-01"))
                rounds["boto"].append(run_reader(
                    ["/usr/bin/python3", "-B", HERE / "reads_boto.py", boto, url,
                     str(options.threads)], folder, "boto"))
    whole = rounds["scan"][0]
    base = statistics.median(one["calls"] / one["cpu"] for one in rounds["scan"])
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
    print(f"{measure.machine()}; node {node.stdout.strip()}, "
          f"python {sys.version.split()[0]}; simulator and clients on "
          f"{'a core each' if measure.cores()[0] is not None else 'the same core'}")
    print(f"world: {spec}; a scan makes {whole['calls']} calls and reads "
          f"{whole['bytes'] / 1e6:.0f} MB, {whole['bytes'] / whole['calls'] / 1000:.1f} KB a call; "
          f"medians of {options.rounds} interleaved rounds")
    print(f"{'':42} {'calls':>8} {'per CPU s':>9} {'lowest..highest':>18}{'per s':>8} "
          f"{'RSS MiB':>8}   scan is")
    row("towerkeep, whole scan with JSON report", rounds["scan"], base)
    row("towerkeep, reads and store, one check", rounds["reads"], base)
    row(f"AWS SDK for JavaScript v3, {options.concurrency} in flight", rounds["javascript"], base)
    row(f"botocore, {options.threads} threads", rounds["boto"], base)
    for name in ("javascript", "boto"):
        odd = rounds[name][0]
        if odd["refused"] or odd["skipped"]:
            print(f"{name}: {odd['refused']} calls refused, {odd['skipped']} unknown to this SDK")
    return 0


if __name__ == "__main__":
    sys.exit(main())
