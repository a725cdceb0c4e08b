"""Resource types whose lists are called only where the type is required: the calls, what is evaluated, and what AWS Backup
does not take."""
import collections
import unittest

import engine_runs
import scans
from simulator import HOME, X_PROD

OTHER = engine_runs.GOVERNED[1]
LISTS = ("fsx:DescribeFileSystems", "fsx:DescribeVolumes", "eks:ListClusters", "redshift:DescribeClusters",
         "redshift-serverless:ListNamespaces", "dsql:ListClusters", "storagegateway:ListVolumes", "cloudformation:ListStacks")
TYPES = "Aurora DSQL, CloudFormation, EKS, FSx, Redshift, Redshift Serverless, Storage Gateway"
DAILY = {"aws-control-tower-backupdaily": "true"}
PARENT = f"arn:aws:cloudformation:{HOME}:{X_PROD}:stack/app/1b2c"
# Nobody tagged them, and AWS Backup takes them.
UNTAGGED = (("fsx", "share", {}), ("fsx-volume", "data", {}), ("eks", "web", {}), ("redshift", "warehouse", {}),
            ("redshift-serverless", "adhoc", {}), ("dsql", "ledger", {}), ("storage-gateway", "cache", {}), ("cloudformation", "app", {}))
# AWS Backup takes none of these by itself.
NOT_TAKEN = (("fsx", "filer", {"engine": "ONTAP"}), ("fsx-volume", "mirror", {"volume_type": "DP"}),
             ("fsx-volume", "zfs", {"engine": "OPENZFS"}), ("cloudformation", "nested", {"parent": PARENT}),
             ("cloudformation", "gone", {"status": "DELETE_COMPLETE"}))
TAGGED = (("fsx", "windows", {"tags": DAILY}), ("fsx-volume", "ontap", {"tags": DAILY}), ("eks", "api", {"tags": DAILY}),
          ("storage-gateway", "disk", {"tags": DAILY}))


def world(*lists):
    made = engine_runs.healthy()
    made["resources"] += [{"account": X_PROD, "region": HOME, "type": kind, "name": name, **more}
                          for one in lists for kind, name, more in one]
    return made


def configured(name, text):
    path = scans.directory(f"wanted-{name}").with_suffix(".yaml")
    path.write_text(text, encoding="utf-8")
    return path


def asked(sim):
    """{operation: places}"""
    found = collections.defaultdict(set)
    for one in scans.calls(sim):
        operation, _, place = one.partition(" ")
        if operation in LISTS:
            found[operation].add(place)
    return found


def statuses(done, check):
    return {f["resource_name"]: f["status"] for f in done.findings if f["check_id"] == check and f["resource_arn"]}


class Wanted(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.config = configured("all", f"resource_types: [EBS, DynamoDB, EFS, {TYPES}]\n")

    def test_nobody_is_asked_by_default(self):
        with scans.Simulator(world(UNTAGGED, NOT_TAKEN, TAGGED), name="wanted-default") as sim:
            done = scans.scan(sim)
            self.assertEqual(asked(sim), {})
        # What is tagged is evaluated as before, from the Tagging API: no FAIL of a healthy organization is false.
        self.assertEqual((done.code, done.failing()), (0, set()), done.out + done.err)
        for name in ("windows", "ontap", "api", "disk"):
            taken = [f for f in done.findings if f["check_id"] == "TAG-07" and f["resource_name"].endswith(name)]
            self.assertIn({f["status"] for f in taken}, ({"PASS"}, set()), name)
        self.assertIn("PASS", {f["status"] for f in done.findings if f["check_id"] == "TAG-07" and ":fsx:" in f["resource_arn"]})

    def test_every_place_is_asked_and_what_has_no_tag_fails(self):
        with scans.Simulator(world(UNTAGGED, NOT_TAKEN, TAGGED), name="wanted-all") as sim:
            done = scans.scan(sim, "-C", self.config)
            places = asked(sim)
        accounts = {f["subject"] for f in done.findings if f["check_id"] == "COV-02"}
        self.assertEqual({operation: len(where) for operation, where in places.items()}, dict.fromkeys(LISTS, len(accounts)))
        self.assertEqual((done.code, done.report["gaps"], done.report["coverage"]["percent"]), (3, [], 100), done.err)
        judged = statuses(done, "TAG-01")
        failing = {f["resource_arn"].split(":")[2] for f in done.findings if f["check_id"] == "TAG-01" and f["status"] == "FAIL"}
        self.assertEqual(failing, {"fsx", "eks", "redshift", "redshift-serverless", "dsql", "storagegateway", "cloudformation"})
        self.assertEqual(len([f for f in done.findings if f["check_id"] == "TAG-01" and f["status"] == "FAIL"]), len(UNTAGGED))
        self.assertEqual(judged["mirror"], "NOT_APPLICABLE")
        self.assertNotIn("nested", judged)
        self.assertNotIn("gone", judged)

    def test_a_tag_on_what_aws_backup_does_not_take_fails(self):
        wrong = tuple((kind, name, {**more, "tags": DAILY}) for kind, name, more in NOT_TAKEN[:3])
        with scans.Simulator(world(wrong), name="wanted-wrong") as sim:
            done = scans.scan(sim, "-C", self.config)
        self.assertEqual({check for check, subject in done.failing() if ":fsx:" in subject}, {"TAG-05"})
        self.assertEqual(len([one for one in done.failing() if ":fsx:" in one[1]]), 3)

    def test_a_region_without_the_service_is_not_asked(self):
        config = configured("region", "resource_types: [EBS, Aurora DSQL, VirtualMachine]\nbackup_support: {rows: ["
                            f"{{kind: Aurora DSQL cluster, available: {{in: [{OTHER}]}}}}, "
                            "{kind: virtual machine, available: false}]}\n")
        with scans.Simulator(world(UNTAGGED), name="wanted-region") as sim:
            done = scans.scan(sim, "-C", config)
            self.assertEqual({place.split()[1] for place in asked(sim)["dsql:ListClusters"]}, {OTHER})
        self.assertEqual((done.report["gaps"], done.report["selection"]), ([], None))
        self.assertIn(done.code, (0, 3))

    def test_a_refused_list_is_an_error(self):
        faults = {"faults": [{"match": {"operation": "eks:ListClusters"},
                              "error": {"code": "AccessDeniedException", "status": 403, "message": "denied"}}]}
        with scans.Simulator(world(UNTAGGED), name="wanted-refused", faults=faults) as sim:
            done = scans.scan(sim, "-C", self.config)
        self.assertEqual((done.code, done.report["verdict"]), (4, "INCOMPLETE"))
        unlisted = [f for f in done.findings if f["check_id"] == "TAG-01" and f["status"] == "ERROR"]
        self.assertTrue(unlisted)
        self.assertIn("eks:ListClusters", unlisted[0]["observed"])
        self.assertIn("Allow eks:ListClusters", unlisted[0]["remediation"])

    def test_a_type_that_is_opted_in_and_not_declined_is_asked(self):
        config = configured("opted-in", "resource_types: [EBS, DynamoDB, EFS, EC2, RDS, Aurora, S3]\nresource_types_declined: [Aurora DSQL, "
                            "CloudFormation, DocumentDB, FSx, Neptune, Redshift, Redshift Serverless, SAP HANA on Amazon EC2, "
                            "Storage Gateway, Timestream, VirtualMachine]\n")
        with scans.Simulator(world(UNTAGGED), name="wanted-opted-in") as sim:
            done = scans.scan(sim, "-C", config)
            self.assertEqual(set(asked(sim)), {"eks:ListClusters"})
        self.assertEqual(done.report["gaps"], [])


if __name__ == "__main__":
    unittest.main()
