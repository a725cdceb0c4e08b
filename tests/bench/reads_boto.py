#!/usr/bin/python3
"""Performs a list of reads through botocore (what boto3 is made of), as a sane program would: one
client per account, Region and service, kept while the account is being read; threads;
credentials of each account assumed once.

  reads_boto.py CALLS ENDPOINT THREADS   (CALLS: JSON lines, see bench.py)

Prints one JSON line: what the reads cost from the first call on, without start and imports.
"""
import collections
import concurrent.futures
import json
import os
import pathlib
import sys
import threading
import time

OWN = (os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"], None)
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tools"))

import awslib  # noqa: E402 (it empties the environment of AWS_*)

NAMES = {"tagging": "resourcegroupstaggingapi"}


class Reader:
    def __init__(self, path, endpoint, threads):
        lines = [json.loads(line) for line in pathlib.Path(path).read_text("utf-8").splitlines()]
        self.roles = {one["assume"]: one for one in lines if "assume" in one}
        self.calls = [one for one in lines if "assume" not in one]
        self.endpoint, self.threads = endpoint, threads
        self.left = collections.Counter(one["account"] for one in self.calls)
        self.clients = collections.defaultdict(dict)
        self.sessions = {}
        self.told = collections.Counter(calls=0, refused=0, skipped=0)
        self.lock = threading.RLock()  # a session makes one client at a time

    def client(self, service, region, account, credentials):
        with self.lock:
            held = self.clients[account]
            if (service, region) not in held:
                held[service, region] = awslib.client(
                    NAMES.get(service, service), region, *credentials, endpoint=self.endpoint,
                    retries={"mode": "standard"}, max_pool_connections=self.threads)
            return held[service, region]

    def credentials(self, account):
        if account not in self.roles:
            return OWN
        with self.lock:
            if account not in self.sessions:
                role = self.roles[account]
                self.told["calls"] += 1
                answer = self.client("sts", role["region"], role["account"], OWN).assume_role(
                    **role["input"])["Credentials"]
                self.sessions[account] = (answer["AccessKeyId"], answer["SecretAccessKey"],
                                          answer["SessionToken"])
            return self.sessions[account]

    def perform(self, one):
        account, refused = one["account"], 0
        client = self.client(one["service"], one["region"], account, self.credentials(account))
        try:
            # What client.list_keys(...) and its kin call.
            client._make_api_call(one["operation"], one["input"])
        except awslib.ClientError:
            refused = 1
        with self.lock:
            self.told["calls"] += 1
            self.told["refused"] += refused
            self.left[account] -= 1
            if self.left[account] == 0:
                self.clients.pop(account, None)

    def run(self):
        began, before = time.monotonic(), os.times()
        with concurrent.futures.ThreadPoolExecutor(self.threads) as pool:
            for _ in pool.map(self.perform, self.calls):
                pass
        after = os.times()
        cpu = after.user + after.system - before.user - before.system
        return {**self.told, "cpu": cpu, "wall": time.monotonic() - began}


def main():
    path, endpoint, threads = sys.argv[1:]
    print(json.dumps(Reader(path, endpoint, int(threads)).run()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
