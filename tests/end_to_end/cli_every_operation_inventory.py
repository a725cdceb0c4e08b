"""Resources and their tags through the AWS CLI: EC2, RDS, DynamoDB, EFS, S3 and the Tagging API."""
import unittest

import simulator
from simulator import HOME, SHARED, X_PROD, Y_PROD

DAILY, WEEKLY, MONTHLY = (f"aws-control-tower-backup{tier}" for tier in ("daily", "weekly", "monthly"))


def as_map(tags, key="Key", value="Value"):
    return {one[key]: one[value] for one in tags}


class AnInventory(simulator.Story):
    def setUp(self):
        self.member = self.aws.assumed(X_PROD)

    def check_tagging(self, arn, read, tag, untag, aws=None, region=HOME):
        """Tags set through a service are returned by that service and by the Tagging API until they are removed."""
        def everywhere():
            listed, = (aws or self.member).ok("resourcegroupstaggingapi get-resources", region,
                                              resource_arn_list=[arn])["ResourceTagMappingList"]
            self.assertEqual(as_map(listed["Tags"]), read())
            return read()

        tag("watched", "yes")
        self.assertEqual(everywhere()["watched"], "yes")
        tag("watched", "no")
        self.assertEqual(everywhere()["watched"], "no")
        untag("watched")
        self.assertNotIn("watched", everywhere())

    def test_knows_regions(self):
        names = {one["RegionName"]: one["OptInStatus"]
                 for one in self.aws.ok("ec2 describe-regions", all_regions=True)["Regions"]}
        self.assertEqual(names["eu-central-1"], "opt-in-not-required")
        one, = self.aws.ok("ec2 describe-regions", region_names=["us-east-1"])["Regions"]
        self.assertEqual(one["Endpoint"], "ec2.us-east-1.amazonaws.com")

    def test_has_instances_and_volumes(self):
        reservations = self.member.ok("ec2 describe-instances")["Reservations"]
        web, = [one for each in reservations for one in each["Instances"]]
        self.assertEqual((web["State"]["Name"], as_map(web["Tags"])[WEEKLY]), ("running", "true"))
        named = self.member.ok("ec2 describe-instances", instance_ids=[web["InstanceId"]])["Reservations"]
        self.assertEqual(named[0]["Instances"], [web])
        weekly = [{"Name": f"tag:{WEEKLY}", "Values": ["true"]}]
        data, = self.member.ok("ec2 describe-volumes", filters=weekly)["Volumes"]
        arn = f"arn:aws:ec2:{HOME}:{X_PROD}:volume/{data['VolumeId']}"
        where = {"resources": [data["VolumeId"]]}

        def read():
            listed = self.member.ok("ec2 describe-tags", filters=[
                {"Name": "resource-id", "Values": [data["VolumeId"]]}])["Tags"]
            self.assertTrue(all(one["ResourceType"] == "volume" for one in listed))
            return as_map(listed)

        self.check_tagging(arn, read,
                           lambda key, value: self.member.ok("ec2 create-tags", **where,
                                                             tags=[{"Key": key, "Value": value}]),
                           lambda key: self.member.ok("ec2 delete-tags", **where, tags=[{"Key": key}]))

    def test_has_databases(self):
        clusters = self.member.ok("rds describe-db-clusters")["DBClusters"]
        self.assertEqual([(one["DBClusterIdentifier"], one["Engine"]) for one in clusters],
                         [("x-orders", "aurora-postgresql")])
        member = {one["DBInstanceIdentifier"] for one in clusters[0]["DBClusterMembers"]}
        instances = {one["DBInstanceIdentifier"] for one in self.member.ok("rds describe-db-instances")["DBInstances"]}
        self.assertTrue(member <= instances, (member, instances))
        arn = clusters[0]["DBClusterArn"]
        self.check_tagging(
            arn, lambda: as_map(self.member.ok("rds list-tags-for-resource", resource_name=arn)["TagList"]),
            lambda key, value: self.member.ok("rds add-tags-to-resource", resource_name=arn,
                                              tags=[{"Key": key, "Value": value}]),
            lambda key: self.member.ok("rds remove-tags-from-resource", resource_name=arn, tag_keys=[key]))

    def test_has_tables(self):
        self.assertEqual(self.member.ok("dynamodb list-tables")["TableNames"], ["x-sessions"])
        table = self.member.ok("dynamodb describe-table", table_name="x-sessions")["Table"]
        self.assertEqual((table["TableName"], table["TableStatus"]), ("x-sessions", "ACTIVE"))
        where = {"resource_arn": table["TableArn"]}
        self.check_tagging(
            table["TableArn"], lambda: as_map(self.member.ok("dynamodb list-tags-of-resource", **where)["Tags"]),
            lambda key, value: self.member.ok("dynamodb tag-resource", tags=[{"Key": key, "Value": value}], **where),
            lambda key: self.member.ok("dynamodb untag-resource", tag_keys=[key], **where))

    def test_has_file_systems(self):
        shared = self.aws.assumed(SHARED)
        system, = shared.ok("efs describe-file-systems")["FileSystems"]
        self.assertEqual((system["Name"], system["LifeCycleState"]), ("shared-home", "available"))
        where = {"resource_id": system["FileSystemId"]}
        self.check_tagging(
            system["FileSystemArn"], lambda: as_map(shared.ok("efs list-tags-for-resource", **where)["Tags"]),
            lambda key, value: shared.ok("efs tag-resource", tags=[{"Key": key, "Value": value}], **where),
            lambda key: shared.ok("efs untag-resource", tag_keys=[key], **where), aws=shared)

    def test_has_buckets(self):
        region, bucket = "eu-west-1", {"bucket": "example-y-documents"}
        member = self.aws.assumed(Y_PROD)
        self.assertIn("example-y-documents", {one["Name"] for one in member.ok("s3api list-buckets")["Buckets"]})
        self.assertEqual(member.ok("s3api get-bucket-location", region, **bucket)["LocationConstraint"], region)

        def read():
            return as_map(member.ok("s3api get-bucket-tagging", region, **bucket)["TagSet"])

        def write(tags):
            member.ok("s3api put-bucket-tagging", region, **bucket,
                      tagging={"TagSet": [{"Key": key, "Value": value} for key, value in tags.items()]})

        self.assertEqual(read()[MONTHLY], "true")
        self.check_tagging("arn:aws:s3:::example-y-documents", read,
                           lambda key, value: write({**read(), key: value}),
                           lambda key: write({k: v for k, v in read().items() if k != key}), member, region)

    def test_finds_by_tag_and_tags_many_at_once(self):
        api = "resourcegroupstaggingapi "
        found = self.member.ok(api + "get-resources", tag_filters=[{"Key": WEEKLY, "Values": ["true"]}])
        own = "aws:backup:source-resource"
        backups = [one for one in found["ResourceTagMappingList"] if own in {tag["Key"] for tag in one["Tags"]}]
        self.assertTrue(backups)
        arns = sorted(one["ResourceARN"] for one in found["ResourceTagMappingList"] if one not in backups)
        self.assertEqual([arn.split(":")[2] for arn in arns], ["ec2", "ec2"])
        volumes = self.member.ok(api + "get-resources", resource_type_filters=["ec2:volume"])
        self.assertTrue(all(":volume/" in one["ResourceARN"] for one in volumes["ResourceTagMappingList"]))
        done = self.member.ok(api + "tag-resources", resource_arn_list=arns, tags={"owner": "team-x"})
        self.assertEqual(done["FailedResourcesMap"], {})
        self.assertIn("owner", self.member.ok(api + "get-tag-keys")["TagKeys"])
        self.assertEqual(self.member.ok(api + "get-tag-values", key="owner")["TagValues"], ["team-x"])
        tagged = self.member.ok("ec2 describe-tags", filters=[{"Name": "key", "Values": ["owner"]}])["Tags"]
        self.assertEqual(sorted(one["ResourceType"] for one in tagged), ["instance", "volume"])
        done = self.member.ok(api + "untag-resources", resource_arn_list=arns, tag_keys=["owner"])
        self.assertEqual(done["FailedResourcesMap"], {})
        self.assertNotIn("owner", self.member.ok(api + "get-tag-keys")["TagKeys"])
        nobody = f"arn:aws:ec2:{HOME}:{X_PROD}:volume/vol-00000000000000000"
        failed = self.member.ok(api + "tag-resources", resource_arn_list=[nobody], tags={"a": "1"})
        self.assertEqual(list(failed["FailedResourcesMap"]), [nobody])


class ListsOfWantedTypes(simulator.Story):
    world = {"base": f"{simulator.WORLDS}/seed-healthy.yaml", "resources": [
        {"account": X_PROD, "region": HOME, "type": kind, "name": name, **more} for kind, name, more in (
            ("fsx", "share", {"engine": "ONTAP", "tags": {"owner": "x"}}), ("fsx-volume", "vol1", {}),
            ("fsx-volume", "vol2", {"engine": "OPENZFS"}), ("eks", "web", {}), ("redshift", "warehouse", {"tags": {"owner": "x"}}),
            ("redshift-serverless", "adhoc", {}), ("dsql", "ledger", {}), ("storage-gateway", "cache", {}), ("cloudformation", "web", {}))]}

    def test_are_read_by_the_cli(self):
        member = self.aws.assumed(X_PROD)
        system, = member.ok("fsx describe-file-systems")["FileSystems"]
        self.assertEqual((system["FileSystemType"], as_map(system["Tags"])), ("ONTAP", {"owner": "x"}))
        named, = member.ok("fsx describe-file-systems", file_system_ids=[system["FileSystemId"]])["FileSystems"]
        self.assertEqual(named, system)
        volumes = member.ok("fsx describe-volumes")["Volumes"]
        self.assertEqual([(one["Name"], one["VolumeType"]) for one in volumes], [("vol1", "ONTAP"), ("vol2", "OPENZFS")])
        self.assertEqual(member.ok("eks list-clusters")["clusters"], ["web"])
        cluster, = member.ok("redshift describe-clusters")["Clusters"]
        self.assertEqual((cluster["ClusterIdentifier"], as_map(cluster["Tags"])), ("warehouse", {"owner": "x"}))
        namespace, = member.ok("redshift-serverless list-namespaces")["namespaces"]
        self.assertEqual(namespace["namespaceName"], "adhoc")
        self.assertEqual(len(member.ok("dsql list-clusters")["clusters"]), 1)
        volume, = member.ok("storagegateway list-volumes")["VolumeInfos"]
        self.assertIn("/volume/vol-", volume["VolumeARN"])
        stack, = member.ok("cloudformation list-stacks")["StackSummaries"]
        self.assertEqual((stack["StackName"], stack["StackStatus"]), ("web", "CREATE_COMPLETE"))


if __name__ == "__main__":
    unittest.main()
