"""Generated backup policies on root, OU and account: the scan must compute what DescribeEffectivePolicy answers.

    inheritance.py EFFECTIVE_RUNS
"""
import json
import random
import subprocess
import sys

import simulator
import awslib  # isort: skip (simulator makes it importable)

ACCOUNT = "222233330001"
TARGETS = ("r-ab12", "ou-ab12-work0001", ACCOUNT)
ROUNDS = 120
LIMIT = "@@operators_allowed_for_child_policies"
SETTERS = ("@@assign", "@@append", "@@remove")
REGIONS = ("eu-central-1", "eu-west-1", "us-east-1", "ap-south-1")


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def limited(self, node):
        if self.random.random() < 0.25:
            node[LIMIT] = self.random.sample(("@@none", "@@all") + SETTERS, self.random.randint(1, 2))
        return node

    def setting(self):
        value = self.random.choices(REGIONS, k=self.random.randint(1, 3))
        return self.limited({self.random.choice(SETTERS): value if self.random.random() < 0.75 else value[0]})

    def plan(self):
        plan = {}
        if self.random.random() < 0.7:
            plan["regions"] = self.setting()
        if self.random.random() < 0.7:
            rule = self.limited({"target_backup_vault_name": self.setting()})
            plan["rules"] = self.limited({self.random.choice("RS"): rule})
        return self.limited(plan)

    def policy(self):
        return {"plans": self.limited({self.random.choice("PQ"): self.plan() for _ in range(self.random.randint(1, 2))})}

    def levels(self):
        return [[self.policy() for _ in range(self.random.randint(0, 2))] for _ in TARGETS]


def answered(client, levels, number):
    attached = []
    for target, policies in zip(TARGETS, levels):
        for position, policy in enumerate(policies):
            made = client.create_policy(Name=f"p{number}-{target}-{position}", Description="", Type="BACKUP_POLICY",
                                        Content=json.dumps(policy))
            identity = made["Policy"]["PolicySummary"]["Id"]
            client.attach_policy(PolicyId=identity, TargetId=target)
            attached.append((identity, target))
    effective = client.describe_effective_policy(PolicyType="BACKUP_POLICY", TargetId=ACCOUNT)["EffectivePolicy"]
    for identity, target in attached:
        client.detach_policy(PolicyId=identity, TargetId=target)
        client.delete_policy(PolicyId=identity)
    return json.loads(effective["PolicyContent"])


def main():
    generator = Generator(20261130)
    rounds = [levels for levels in (generator.levels() for _ in range(ROUNDS)) if any(levels)]
    computed = subprocess.run(sys.argv[1:2], input="".join(json.dumps(levels) + "\n" for levels in rounds), check=True,
                              capture_output=True, text=True).stdout.splitlines()
    wrong = 0
    with simulator.Simulator("seed-healthy", name="inheritance", record=False) as sim:
        client = awslib.client("organizations", simulator.HOME, sim.access_key, sim.secret, None, endpoint=sim.endpoint,
                               parameter_validation=True)
        for number, (levels, mine) in enumerate(zip(rounds, computed, strict=True)):
            theirs = answered(client, levels, number)
            if json.loads(mine) != theirs:
                print(json.dumps(levels), "\n  computed", mine, "\n  answered", json.dumps(theirs))
                wrong += 1
    print(f"{len(rounds)} organizations, {wrong} differences")
    return 1 if wrong or len(rounds) < ROUNDS / 2 else 0


if __name__ == "__main__":
    sys.exit(main())
