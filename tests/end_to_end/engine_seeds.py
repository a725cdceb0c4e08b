"""Random worlds under random faults: the same command, repeated, succeeds or names the reason why it cannot; no change takes
effect twice; no run hangs.

    python3 engine_seeds.py [--seeds N] [--first K] [--seed S]

A seed makes one world, one goal and one schedule of faults. With temporary faults (all except a disabled Region), the command
must succeed within RUNS runs, and the next run must send no write.
"""
import argparse
import random
import re
import signal
import sys

import engine_runs
import simulator
from engine_runs import Cloud, engine, expect

RUNS = 10
STOP = "stop"  # the name of the held answer
VERSIONS = ("4.0", "4.0", "3.3", "3.2", "3.1")
# Reads lag at most 30 s: that must be longer than a call takes, and shorter than what a client waits out.
LATE_SCALE, LATE_WAIT_SCALE = 3000, 800
STARTS = {"enable": ["controltower:UpdateLandingZone", "controltower:EnableBaseline"],
          "fix": ["controltower:EnableBaseline", "controltower:ResetEnabledBaseline", "controltower:ResetLandingZone",
                  "controltower:UpdateEnabledBaseline"],
          "teardown": ["controltower:DisableBaseline", "controltower:UpdateLandingZone"]}
OTHERS = {"enable": ["organizations:CreateAccount", "kms:CreateKey", "kms:ReplicateKey", "kms:CreateAlias",
                     "kms:EnableKeyRotation", "backup:Update*", "tagging:Tag*", "organizations:*Delegated*"],
          "fix": ["kms:PutKeyPolicy", "kms:EnableKey*", "kms:CancelKeyDeletion", "kms:ReplicateKey", "backup:Update*",
                  "backup:Put*", "organizations:Register*"],
          "teardown": ["organizations:Deregister*", "organizations:DisableAWSServiceAccess"]}


def throttling(rng, _):
    return [{"match": {"operation": rng.choice(["*", "organizations:*", "controltower:*", "kms:*", "backup:*"]),
                       "probability": rng.choice([0.02, 0.1]), "last": 300},
             "error": {"code": "ThrottlingException", "status": 400, "message": "Rate exceeded"}}]


def outages(rng, _):
    what = rng.choice([{"http": {"status": 503}}, {"error": {"code": "InternalFailure", "status": 500, "message": ""}},
                       {"http": {"status": 502}}])
    return [{"match": {"operation": "*", "probability": 0.03, "last": 400}, **what}]


def lost_requests(rng, _):
    return [{"match": {"operation": "*", "probability": rng.choice([0.01, 0.04]), "last": 400}, "drop": "before"}]


def lost_answers(rng, goal):
    # Mostly writes: the engine must find out whether they took effect.
    return [{"match": {"operation": pattern, "nth": rng.randint(1, 3)}, "drop": "after"}
            for pattern in rng.sample(STARTS[goal] + OTHERS[goal], rng.randint(1, 4))]


def failures(rng, goal):
    out = [{"match": {"operation": rng.choice(STARTS[goal]), "nth": rng.randint(1, 2)},
            "fail_operation": {"message": "AWS Control Tower could not complete the operation."}}]
    if goal == "enable" and rng.random() < 0.5:
        out.append({"match": {"operation": "organizations:CreateAccount", "nth": rng.randint(1, 2)},
                    "fail_operation": {"message": "INTERNAL_FAILURE"}})
    return out


def intruders(rng, goal):
    reset = {"call": "controltower:ResetLandingZone", "input": {"landingZoneIdentifier": landing_zone_arn()}}
    return [{"match": {"operation": rng.choice(STARTS[goal]), "nth": rng.randint(1, 2)}, "intruder": reset}]


def expiry(rng, _):
    return [{"match": {"operation": rng.choice(["*", "backup:*", "tagging:*"]), "nth": rng.randint(5, 250)}, "expire": True}]


def region_off(rng, _):
    return [{"match": {"operation": rng.choice(["kms:*", "backup:*", "controltower:*"]), "nth": rng.randint(1, 60)},
             "disable_region": {"region": engine_runs.GOVERNED[1],
                                **rng.choice([{}, {"account": simulator.X_PROD}, {"account": simulator.MANAGEMENT}])}}]


KINDS = (throttling, outages, lost_requests, lost_answers, failures, intruders, expiry, region_off)
_known = {}


def landing_zone_arn():
    """The same in all worlds of one seed."""
    if "arn" not in _known:
        with Cloud(engine_runs.healthy(), "arn") as cloud:
            state = cloud.state()
            _known["arn"] = next(part["landing_zone"]["arn"] for name, part in state.items()
                                 if name.startswith("controltower/") and "landing_zone" in part)
    return _known["arn"]


class Schedule:
    """Everything that a seed determines."""

    def __init__(self, seed):
        rng = random.Random(seed)
        self.seed, self.goal, version = seed, rng.choice(["enable", "fix", "fix", "teardown"]), rng.choice(VERSIONS)
        self.damage = []
        if self.goal == "enable" and rng.random() < 0.7:
            self.world = engine_runs.bare(version)
        else:
            most = {"teardown": 1, "enable": 4, "fix": 6}[self.goal]
            unfit = {"tower baseline old"} if version != "4.0" else set()
            fitting = [name for name in engine_runs.DAMAGE if name not in unfit]
            self.damage = rng.sample(fitting, rng.randint(self.goal == "fix", most))
            self.world = engine_runs.damaged(*self.damage, version=version)
        kinds = rng.sample(KINDS[:-1], rng.randint(1, 3)) + ([region_off] if rng.random() < 0.12 else [])
        self.kinds = [kind.__name__ for kind in kinds]
        self.faults = {"seed": seed, "faults": [fault for kind in kinds for fault in kind(rng, self.goal)]}
        self.late = rng.random() < 0.35
        if self.late:
            self.faults["consistency"] = {"seconds": [0, rng.choice([5, 15, 30])], "seed": seed}
            self.kinds.append("late")
        self.crash_at = rng.randint(1, 60) if rng.random() < 0.4 else 0
        # Somewhere in the second run, or in the first, or never.
        self.stop_at = rng.randint(60, 700) if rng.random() < 0.4 else None
        if self.stop_at:
            self.faults["faults"].insert(0, {"match": {"nth": self.stop_at}, "hold": STOP})
        self.stop_with = rng.choice([signal.SIGKILL, signal.SIGINT])
        self.passes = region_off.__name__ not in self.kinds
        self.text = (f"seed {seed}: {self.goal} of {'damaged ' + str(self.damage) if self.damage else 'world'} {version}, "
                     f"{', '.join(self.kinds)}, crash at {self.crash_at}, "
                     f"{self.stop_with.name} at {f'call {self.stop_at}' if self.stop_at else 'no call'}")

    def __str__(self):
        return self.text


def judge_end(schedule, done):
    """A run that does not succeed has an honest exit status and a sentence about the cause."""
    expect(done.killed or done.interrupted or done.code in (0, 2, 3, 4, 5), f"an exit code nobody knows: {done.told()}")
    if done.code in (2, 4, 5):
        expect(done.err.strip(), f"exit {done.code} without a word")
    if done.code == 128 + signal.SIGINT:
        # How to continue, if there is anything to continue.
        expect(re.search("continue|again|interrupted while reading", done.err), f"no way on: {done.told()}")
    if done.code in (2, 4, 5) and not schedule.passes:
        # The Region, the refused operation, or the step that AWS reports as failed.
        expect(re.search(rf"{engine_runs.GOVERNED[1]}|[a-z0-9]+:[A-Z][A-Za-z]+|\] failed +\w.* AWS reports", done.err + done.out),
               f"what failed is not named: {done.told()}")
    if done.code == 5:
        expect("failed" in done.err or "not attempted" in done.err, f"exit 5 that names nothing: {done.told()}")


def live(schedule):
    scales = {"scale": LATE_SCALE} if schedule.late else {}
    wait = {"scale": LATE_WAIT_SCALE} if schedule.late else {}
    told = []
    with Cloud(schedule.world, f"seed-{schedule.seed}", faults=schedule.faults, **scales) as cloud:
        engine_runs.fresh(cloud)
        calm = None
        for turn in range(RUNS):
            effects = cloud.effects()
            before, before_calls = effects["total_writes"], effects["total_calls"]
            crash_at = schedule.crash_at if turn == 0 else 0
            if schedule.stop_at and before_calls < schedule.stop_at:
                done = engine_runs.engine_stopped(cloud, STOP, schedule.stop_with, schedule.goal, "--fail-on", "medium", **wait,
                                                  crash_at=crash_at)
            else:
                done = engine(cloud, schedule.goal, "--fail-on", "medium", **wait, crash_at=crash_at)
            sent = cloud.effects()["total_writes"] - before
            judge_end(schedule, done)
            told.append(f"run {turn + 1}: exit {done.code}, {sent} writes")
            # Twice without changes: the second of two equal runs sent nothing.
            if calm == done.code and sent == 0:
                break
            calm = None if done.killed or done.interrupted else done.code
        effects = cloud.effects()
        twice = engine_runs.repeated(effects)
        keys = effects["objects"].get("kms:CreateKey", {})
        history = "; ".join(told)
        expect(not twice and len(keys) <= 1, f"took effect twice: {twice or keys}\n{history}\n{done.told()}")
        if schedule.passes:
            wanted = (0, 3) if schedule.goal == "teardown" else (0,)
            expect(done.code in wanted, f"ended otherwise than well: {history}\n{done.told()}")
        # Also if a Region stays disabled: the steps that depend on it are deferred and not repeated.
        expect(sent == 0, f"still writing after {RUNS} runs: {history}\n{done.told()}")
        return history


def run(seeds, loud=False):
    landing_zone_arn()

    def one(schedule):
        history = live(schedule)
        if loud:
            print(f"{schedule}: {history}", flush=True)
    return engine_runs.side_by_side(one, [Schedule(seed) for seed in seeds])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3000)
    parser.add_argument("--first", type=int, default=10001)
    parser.add_argument("--seed", type=int, help="only this one, with everything it did")
    parser.add_argument("--loud", action="store_true", help="tell every seed's runs")
    given = parser.parse_args()
    seeds = [given.seed] if given.seed else range(given.first, given.first + given.seeds)
    problems = run(seeds, loud=given.loud or given.seed is not None)
    print("\n\n".join(problems) + ("\n" if problems else "") + f"{len(seeds)} seeds, {len(problems)} failed")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
