"""Tests the engine at random for a given time: kills at every boundary of every walk (crash_boundaries.py, crash_keys.py), and
random worlds under random faults (engine_seeds.py), in an order that depends on the seed.

    campaign.py [--minutes N] [--seed S]       for N minutes, and at least one of each
    campaign.py --walk WALK --boundary N       one kill
    campaign.py --walk WALK                    a kill at every boundary of one walk, and repeated kills
    engine_seeds.py --seed S                   one random world

Each failure prints the command that repeats it, and is tried twice more: only one that repeats makes the campaign fail. The seed is
CAMPAIGN_SEED, or the commit.
"""
import argparse
import concurrent.futures
import os
import random
import sys
import threading
import time

import crash_boundaries
import crash_keys
import engine_runs
import engine_seeds

WALKS = {walk.__name__: walk for walk in (crash_boundaries.Enable, crash_boundaries.Fix, crash_boundaries.Teardown,
                                          crash_keys.Delete, crash_keys.MoveAlias, crash_keys.Recall)}
AGAIN = (1, 2, 3, 5)  # killed at every boundary of that number, repeatedly


def walk(name):
    """A walk with its uninterrupted run, to which every kill is compared."""
    WALKS[name].setUpClass()
    return WALKS[name]("test_every_class_of_boundary")


def kill(name, made, boundary):
    return f"campaign.py --walk {name} --boundary {boundary}", lambda: made.crash(boundary)


def kill_after_kill(name, made, every):
    return f"campaign.py --walk {name}", lambda: made.crash_again_and_again(every)


def world(seed):
    return f"engine_seeds.py --seed {seed}", lambda: engine_seeds.live(engine_seeds.Schedule(seed))


def whole(name):
    """All kills of one walk."""
    made = walk(name)
    return ([kill(name, made, boundary) for boundary in range(1, made.count + made.slack + 1)]
            + [kill_after_kill(name, made, every) for every in AGAIN])


def endless(seed):
    """All kills in random order with as many random worlds between them, then only worlds."""
    rng = random.Random(seed)
    kills = [job for name in WALKS for job in whole(name)]
    rng.shuffle(kills)
    number = seed
    for job in kills:
        number += 1
        yield job
        yield world(number)
    while True:
        number += 1
        yield world(number)


def repeats(told, do, first):
    """Whether a failure happens again in two more tries, after printing it."""
    print(f"FAILED, repeat it with {told}: {type(first).__name__}: {first}\n", flush=True)
    for _ in range(2):
        try:
            do()
        except Exception as problem:  # pylint: disable=broad-except
            print(f"failed again: {told}: {type(problem).__name__}: {problem}\n", flush=True)
            return True
    print(f"not repeated: {told}\n", flush=True)
    return False


def run(jobs, workers, until):
    """Runs jobs until that time and returns (number that ended, failures that repeat, failures that do not)."""
    lock, problems, once, ended = threading.Lock(), [], [], 0

    def work():
        nonlocal ended
        while True:
            with lock:
                job = next(jobs, None) if ended == 0 or until is None or time.monotonic() < until else None
            if job is None:
                return
            told, do = job
            try:
                do()
            except Exception as problem:  # pylint: disable=broad-except
                (problems if repeats(told, do, problem) else once).append(told)
            with lock:
                ended += 1

    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        for worker in [pool.submit(work) for _ in range(workers)]:
            worker.result()
    return ended, problems, once


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=engine_runs.seed())
    parser.add_argument("--walk", choices=WALKS)
    parser.add_argument("--boundary", type=int)
    parser.add_argument("--workers", type=int, default=2 * (os.cpu_count() or 1))
    given = parser.parse_args()
    print(f"seed {given.seed}", flush=True)
    until = None if given.walk else time.monotonic() + 60 * given.minutes
    if given.boundary:
        jobs = iter([kill(given.walk, walk(given.walk), given.boundary)])
    elif given.walk:
        jobs = iter(whole(given.walk))
    else:
        engine_seeds.landing_zone_arn()
        jobs = endless(given.seed)
    ended, problems, once = run(jobs, given.workers, until)
    print(f"{ended} runs, {len(problems)} failed, {len(once)} failed once and not again")
    return 1 if problems or ended == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
