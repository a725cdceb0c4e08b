#!/usr/bin/python3
"""Validates what `towerkeep-sim --record FILE` wrote against the official service models.

  validate_recording.py [--allow-refused] FILE...

Prints every violation once with its count, and fails; else prints what was checked. A recording of
nothing fails too. --allow-refused: a wrong request is no violation when it was answered with 4xx.
"""
import argparse
import collections
import json
import sys

import exchange


def read(path):
    """Yields (line number, exchange); ends the program on a line that is none."""
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                one = json.loads(line)
                one["request"]["headers"], one["response"]["headers"]  # must be there
            except (ValueError, KeyError, TypeError) as error:
                sys.exit(f"{path}:{number}: not an exchange: {error!r}")
            yield number, one


def validate(files, allow_refused=False):
    """(Counter of violation texts, number of exchanges, set of operations)."""
    violations, operations, total = collections.Counter(), set(), 0
    for path in files:
        for _, one in read(path):
            total += 1
            name = f"{one.get('service')}.{one.get('operation')}"
            operations.add(name)
            asked, answered = exchange.check(one)
            if not (allow_refused and 400 <= one["response"]["status"] < 500):
                violations.update(f"{name} request {problem}" for problem in asked)
            violations.update(f"{name} response {problem}" for problem in answered)
    return violations, total, operations


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--allow-refused", action="store_true",
                        help="wrong requests are no violation when answered with 4xx")
    parser.add_argument("files", nargs="+", metavar="FILE")
    options = parser.parse_args(arguments)
    violations, total, operations = validate(options.files, options.allow_refused)
    for text, count in sorted(violations.items()):
        print(f"{text} ({count})")
    if total == 0:
        print("no exchange was recorded")
    if violations or total == 0:
        return 1
    print(f"{total} exchanges of {len(operations)} operations agree with the official models")
    return 0


if __name__ == "__main__":
    sys.exit(main())
