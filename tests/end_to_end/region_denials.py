"""A call is denied by Region only where the account may make it in a governed one, and an enabled Region may refuse a token."""
import json
import unittest

import scans
import simulator
from simulator import MANAGEMENT, REGIONS, X_PROD

ENABLED = "eu-south-1"
REFUSED = {"AuthFailure": (401, "AWS was not able to validate the provided access credentials"),
           "InvalidClientTokenId": (403, "The security token included in the request is invalid."),
           "UnrecognizedClientException": (400, "The security token included in the request is invalid.")}


def world(statement=None):
    out = {"base": str(simulator.WORLDS / "seed-healthy.yaml"), "regions": {"opted_in": [ENABLED]}}
    if statement:
        content = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Resource": "*", **statement}]})
        out["changes"] = [{"set": {"service": "organizations", "account": "management", "path": "policies.p-denied001", "value": {
            "Id": "p-denied001", "Arn": f"arn:aws:organizations::{MANAGEMENT}:policy/o-exampleorg1/service_control_policy/p-denied001",
            "Name": "Denied", "Description": "", "Type": "SERVICE_CONTROL_POLICY", "AwsManaged": False,
            "targets": {X_PROD: True}, "Content": content}}}]
    return out


def gaps(name, world_of, faults=(), flags=()):
    with scans.Simulator(world_of, name=name, faults={"faults": list(faults)}) as sim:
        return scans.scan(sim, *flags).report["gaps"]


class ByRegion(unittest.TestCase):
    def test_a_denial_everywhere_is_not_by_region(self):
        found = [g for g in gaps("denied-everywhere", world({"Action": "tag:GetResources"}))
                 if g["operation"] == "tagging:GetResources"]
        self.assertLess(len(REGIONS), len({g["region"] for g in found}))
        self.assertEqual({g["class"] for g in found}, {"denied"})

    def test_a_denial_outside_the_governed_regions_is(self):
        other = {"StringNotEquals": {"aws:RequestedRegion": REGIONS}}
        found = [g for g in gaps("denied-by-region", world({"Action": "tag:GetResources", "Condition": other}))
                 if g["operation"] == "tagging:GetResources"]
        self.assertTrue(found)
        self.assertEqual({g["class"] for g in found}, {"region-deny"})
        self.assertFalse({g["region"] for g in found} & set(REGIONS))


class TokenOfTheGlobalEndpoint(unittest.TestCase):
    def test_it_is_told_where_the_region_is_enabled(self):
        for code, (status, message) in REFUSED.items():
            fault = {"match": {"account": MANAGEMENT, "region": ENABLED}, "error": {"code": code, "status": status, "message": message}}
            found = [g for g in gaps(f"token-{code}", world(), [fault]) if g["region"] == ENABLED and g["account_id"] == MANAGEMENT]
            self.assertTrue(found, code)
            self.assertEqual({g["class"] for g in found}, {"bad-credentials"}, code)
            for gap in found:
                self.assertIn("global STS endpoint", gap["message"], code)


if __name__ == "__main__":
    unittest.main()
