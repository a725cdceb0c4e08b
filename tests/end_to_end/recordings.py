"""What the simulator recorded is held against AWS's models or an independent signer.

usage: recordings.py models|signatures [WORD...]
It reads every BUILD/end_to_end/*.jsonl that a test left whose name begins with one of the words (default: all).
"""
import json
import subprocess
import sys

import simulator

TOOLS = simulator.TREE / "tests" / "tools"


def known_secrets(paths):
    """Access keys of the shipped worlds, and those that AssumeRole returned."""
    secrets = {simulator.Simulator.access_key: simulator.Simulator.secret}
    for path in paths:
        with open(path, encoding="utf-8") as lines:
            for one in map(json.loads, lines):
                if one.get("operation") == "AssumeRole" and one["response"]["status"] == 200:
                    body = one["response"]["body"]
                    key, secret = (body.partition(f"<{name}>")[2].partition("<")[0]
                                   for name in ("AccessKeyId", "SecretAccessKey"))
                    secrets[key] = secret
    return secrets


def main(judge, *words):
    paths = [path for path in sorted(simulator.SCRATCH.glob("*.jsonl")) if path.name.startswith(words or ("",))]
    if not paths:
        sys.exit("no recordings: the tests that make them come first")
    if judge == "models":
        command = ["/usr/bin/python3", TOOLS / "validate_recording.py", "--allow-refused"]
    else:
        file = simulator.SCRATCH / "secrets.json"
        file.write_text(json.dumps(known_secrets(paths)), encoding="utf-8")
        command = ["node", TOOLS / "resign.mjs", "--secrets", file, "--allow-refused"]
    return subprocess.run([*command, *paths], check=False).returncode


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in ("models", "signatures"):
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
