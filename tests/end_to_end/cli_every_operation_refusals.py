"""Invalid input and unauthorized callers get the error that AWS gives, from each service."""
import json
import re
import unittest
import urllib.error
import urllib.request

import simulator
from simulator import ADMIN, HOME, MANAGEMENT, SANDBOX, X_PROD, X_TEST, Y_PROD, unit

NO_KEY = "00000000-0000-0000-0000-000000000000"
NO_ACCOUNT = "999999999999"


def ask(sim, service, method, target, headers, body, identity=None, region=HOME):
    """(status, error code, body) of a request that is built and signed here, because no client sends it."""
    import awslib  # noqa: F401 (makes botocore importable)
    from botocore.auth import S3SigV4Auth, SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
    request = AWSRequest(method, sim.endpoint + target, {**headers, "host": f"127.0.0.1:{sim.port}"}, body.encode())
    signer = S3SigV4Auth if service == "s3" else SigV4Auth
    signer(Credentials(*(identity or (sim.access_key, sim.secret))), service, region).add_auth(request)
    plain = urllib.request.Request(sim.endpoint + target, body.encode() or None, dict(request.headers), method=method)
    try:
        with urllib.request.urlopen(plain, timeout=60) as answer:
            return answer.status, None, answer.read().decode()
    except urllib.error.HTTPError as answer:
        text, typed = answer.read().decode(), answer.headers.get("x-amzn-errortype")
        xml = re.search("<Code>([^<]+)</Code>", text)
        code = xml[1] if xml else typed or json.loads(text)["__type"]
        return answer.code, code.partition(":")[0].rpartition("#")[2], text


def ask_json(prefix, service, version="1.1"):
    def make(sim, operation, members):
        return ask(sim, service, "POST", "/", {"x-amz-target": f"{prefix}.{operation}",
                                               "content-type": f"application/x-amz-json-{version}"},
                   members if isinstance(members, str) else json.dumps(members))
    return make


def ask_form(service, version):
    def make(sim, operation, form):
        return ask(sim, service, "POST", "/", {"content-type": "application/x-www-form-urlencoded; charset=utf-8"},
                   f"Action={operation}&Version={version}{form}")
    return make


def ask_rest(service):
    def make(sim, line, members):
        method, target = line.split()
        body = members if isinstance(members, str) else json.dumps(members)
        return ask(sim, service, method, target, {"content-type": "application/json"} if body else {}, body)
    return make


ORGANIZATIONS = ask_json("AWSOrganizationsV20161128", "organizations")
KMS, DYNAMODB = ask_json("TrentService", "kms"), ask_json("DynamoDB_20120810", "dynamodb", "1.0")
CATALOG = ask_json("AWS242ServiceCatalogService", "servicecatalog")
TAGGING = ask_json("ResourceGroupsTaggingAPI_20170126", "tagging")
STS, RDS = ask_form("sts", "2011-06-15"), ask_form("rds", "2014-10-31")
IAM, EC2 = ask_form("iam", "2010-05-08"), ask_form("ec2", "2016-11-15")
TOWER, BACKUP, ACCOUNT = ask_rest("controltower"), ask_rest("backup"), ask_rest("account")
EFS, S3 = ask_rest("elasticfilesystem"), ask_rest("s3")

# What is invalid, how it is sent, operation or request line, members, AWS's code.
WRONG_INPUT = [
    ("missing", ORGANIZATIONS, "DescribeAccount", {}, "InvalidInputException"),
    ("missing", KMS, "DescribeKey", {}, "ValidationException"),
    ("missing", DYNAMODB, "DescribeTable", {}, "ValidationException"),
    ("missing", TAGGING, "TagResources", {"Tags": {"a": "b"}}, "InvalidParameterException"),
    ("missing", STS, "AssumeRole", "&RoleSessionName=x", "ValidationError"),
    ("missing", IAM, "GetRole", "", "ValidationError"),
    ("missing", RDS, "ListTagsForResource", "", "MissingParameter"),
    ("missing", EC2, "CreateTags", "", "MissingParameter"),
    ("missing", TOWER, "POST /enable-baseline", {}, "ValidationException"),
    ("missing", BACKUP, "PUT /backup/plans/", {}, "MissingParameterValueException"),
    ("missing", BACKUP, "PUT /account-settings", {}, "MissingParameterValueException"),
    ("missing", ACCOUNT, "POST /getRegionOptStatus", {}, "ValidationException"),
    ("missing", EFS, "POST /2015-02-01/resource-tags/fs-00000000", {}, "BadRequest"),
    ("unknown", ORGANIZATIONS, "ListRoots", {"Colour": "red"}, "InvalidInputException"),
    ("unknown", KMS, "ListKeys", {"Colour": "red"}, "ValidationException"),
    ("unknown", TAGGING, "GetTagKeys", {"Colour": "red"}, "InvalidParameterException"),
    ("unknown", CATALOG, "SearchProvisionedProducts", {"Colour": "red"}, "InvalidParametersException"),
    ("unknown", CATALOG, "SearchProvisionedProducts",
     {"Filters": {"SearchQuery": ["colour:red"]}, "AccessLevelFilter": {"Key": "Account", "Value": "self"}},
     "InvalidParametersException"),
    ("unknown", TOWER, "POST /list-landingzones", {"colour": "red"}, "ValidationException"),
    ("unknown", BACKUP, "PUT /account-settings", {"Colour": {"EBS": True}}, "InvalidParameterValueException"),
    ("unknown", STS, "GetCallerIdentity", "&Colour=red", "ValidationError"),
    ("unknown", EC2, "DescribeVolumes", "&Colour=red", "UnknownParameter"),
    ("enum", ORGANIZATIONS, "ListPolicies", {"Filter": "WISHES"}, "InvalidInputException"),
    ("enum", KMS, "CreateKey", {"KeyUsage": "DOORS"}, "ValidationException"),
    ("enum", TOWER, "POST /list-enabled-baselines", {"filter": {"statuses": ["HAPPY"]}}, "ValidationException"),
    ("enum", BACKUP, "GET /backup-jobs/?state=LOST", "", "InvalidParameterValueException"),
    ("enum", ACCOUNT, "POST /listRegions", {"RegionOptStatusContains": ["MAYBE"]}, "ValidationException"),
    ("pattern", ORGANIZATIONS, "DescribeAccount", {"AccountId": "12"}, "InvalidInputException"),
    ("pattern", ORGANIZATIONS, "CreatePolicy", {"Name": "x", "Description": "", "Content": "", "Type": "TAG_POLICY"},
     "InvalidInputException"),
    ("pattern", KMS, "ReplicateKey", {"KeyId": "x", "ReplicaRegion": "Atlantis"}, "ValidationException"),
    ("pattern", TOWER, "POST /get-baseline", {"baselineIdentifier": "none"}, "ValidationException"),
    ("pattern", BACKUP, "PUT /backup-vaults/no%20spaces", {}, "InvalidParameterValueException"),
    ("pattern", STS, "AssumeRole", "&RoleArn=arn:aws:iam::1:role/x&RoleSessionName=no%20spaces", "ValidationError"),
    ("range", ORGANIZATIONS, "ListAccounts", {"MaxResults": 21}, "InvalidInputException"),
    ("range", KMS, "ListKeys", {"Limit": 1001}, "ValidationException"),
    ("range", RDS, "DescribeDBInstances", "&MaxRecords=5", "InvalidParameterValue"),
    ("range", EC2, "DescribeVolumes", "&MaxResults=2", "InvalidParameterValue"),
    ("range", BACKUP, "GET /backup-vaults/?maxResults=0", "", "InvalidParameterValueException"),
    ("type", KMS, "ListKeys", {"Limit": "many"}, "SerializationException"),
    ("type", ORGANIZATIONS, "DescribeAccount", {"AccountId": 5}, "SerializationException"),
    ("type", KMS, "ListKeys", "[1]", "SerializationException"),
    ("type", S3, "PUT /example-y-documents?tagging", "<Tagging><TagSet>", "MalformedXML"),
    ("token", ORGANIZATIONS, "ListAccounts", {"NextToken": "bm9uZQ=="}, "InvalidInputException"),
    ("token", KMS, "ListKeys", {"Marker": "bm9uZQ=="}, "InvalidMarkerException"),
    ("token", TAGGING, "GetResources", {"PaginationToken": "bm9uZQ=="}, "PaginationTokenExpiredException"),
    ("token", CATALOG, "SearchProvisionedProducts", {"PageToken": "bm9uZQ=="}, "InvalidParametersException"),
    ("operation", KMS, "MakeCoffee", {}, "UnknownOperationException"),
    ("operation", STS, "MakeCoffee", "", "InvalidAction"),
    ("operation", TOWER, "POST /make-coffee", {}, "UnknownOperationException"),
]

# Through the CLI: command, members, AWS's code.
NOT_FOUND = [
    ("organizations describe-account", {"account_id": NO_ACCOUNT}, "AccountNotFoundException"),
    ("organizations describe-organizational-unit", {"organizational_unit_id": unit("none0001")},
     "OrganizationalUnitNotFoundException"),
    ("organizations list-accounts-for-parent", {"parent_id": unit("none0001")}, "ParentNotFoundException"),
    ("organizations list-parents", {"child_id": NO_ACCOUNT}, "ChildNotFoundException"),
    ("organizations describe-policy", {"policy_id": "p-none0001"}, "PolicyNotFoundException"),
    ("organizations attach-policy", {"policy_id": "p-FullAWSAccess", "target_id": NO_ACCOUNT},
     "TargetNotFoundException"),
    ("organizations describe-create-account-status", {"create_account_request_id": "car-00000000"},
     "CreateAccountStatusNotFoundException"),
    ("controltower get-enabled-baseline",
     {"enabled_baseline_identifier": f"arn:aws:controltower:{HOME}:{MANAGEMENT}:enabledbaseline/XAAAAAAAAAAAAAAAA"},
     "ResourceNotFoundException"),
    ("controltower get-landing-zone",
     {"landing_zone_identifier": f"arn:aws:controltower:{HOME}:{MANAGEMENT}:landingzone/AAAAAAAAAAAAAAAA"},
     "ResourceNotFoundException"),
    ("controltower get-baseline-operation", {"operation_identifier": NO_KEY}, "ResourceNotFoundException"),
    ("kms describe-key", {"key_id": NO_KEY}, "NotFoundException"),
    ("kms get-key-policy", {"key_id": "alias/none"}, "NotFoundException"),
    ("backup describe-backup-vault", {"backup_vault_name": "none"}, "ResourceNotFoundException"),
    ("backup get-backup-plan", {"backup_plan_id": NO_KEY}, "ResourceNotFoundException"),
    ("backup describe-report-plan", {"report_plan_name": "none"}, "ResourceNotFoundException"),
    ("iam get-role", {"role_name": "none"}, "NoSuchEntity"),
    ("ec2 describe-volumes", {"volume_ids": ["vol-00000000000000000"]}, "InvalidVolume.NotFound"),
    ("ec2 describe-instances", {"instance_ids": ["i-00000000000000000"]}, "InvalidInstanceID.NotFound"),
    ("rds describe-db-instances", {"db_instance_identifier": "none"}, "DBInstanceNotFound"),
    ("rds describe-db-clusters", {"db_cluster_identifier": "none"}, "DBClusterNotFoundFault"),
    ("dynamodb describe-table", {"table_name": "none"}, "ResourceNotFoundException"),
    ("efs describe-file-systems", {"file_system_id": "fs-00000000"}, "FileSystemNotFound"),
    ("s3api get-bucket-location", {"bucket": "none-of-ours"}, "NoSuchBucket"),
    ("account get-region-opt-status", {"region_name": "mars-north-1"}, "ValidationException"),
]

# One command of each protocol, and the answer to a caller whose credentials AWS rejects.
CALLERS = [
    ("kms list-keys", "InvalidSignatureException", "UnrecognizedClientException"),
    ("dynamodb list-tables", "InvalidSignatureException", "UnrecognizedClientException"),
    ("backup list-backup-vaults", "InvalidSignatureException", "UnrecognizedClientException"),
    ("sts get-caller-identity", "SignatureDoesNotMatch", "InvalidClientTokenId"),
    ("ec2 describe-volumes", "AuthFailure", "AuthFailure"),
    ("s3api list-buckets", "SignatureDoesNotMatch", "InvalidAccessKeyId"),
]
# The same commands when a policy denies them.
DENIED = dict(zip((command for command, *_ in CALLERS), (
    "AccessDeniedException", "AccessDeniedException", "AccessDeniedException", None, "UnauthorizedOperation",
    "AccessDenied")))
EXPIRED = dict(zip((command for command, *_ in CALLERS), (
    "ExpiredTokenException", "ExpiredTokenException", "ExpiredTokenException", "ExpiredToken", "RequestExpired",
    "ExpiredToken")))


def document(effect, *actions, **more):
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": effect, "Action": list(actions), "Resource": "*", **more}]})


class Refusals(simulator.Story):
    faults = {"faults": [{"match": {"operation": "account:ListRegions", "account": X_TEST}, "expire": True}]}

    def test_of_wrong_input_name_what_is_wrong(self):
        for wrong, how, operation, members, code in WRONG_INPUT:
            with self.subTest(wrong, operation=operation, members=members):
                status, got, text = how(self.sim, operation, members)
                self.assertEqual(got, code, text)
                self.assertIn(status, (400, 404) if wrong == "operation" else (400,))

    def test_of_unknown_things_say_that_they_are_not_there(self):
        for command, members, code in NOT_FOUND:
            with self.subTest(command):
                self.aws.refused(command, code, **members)

    def test_of_conflicts_are_aws_own(self):
        enabled = self.aws.ok("controltower list-enabled-baselines",
                              filter={"targetIdentifiers": [simulator.unit_arn("sand0001")]})["enabledBaselines"]
        backup, = [one for one in enabled if one["baselineIdentifier"].endswith("APO9ATVPBKFRRGLK")]
        self.aws.refused("controltower enable-baseline", "ConflictException", baseline_version="1.0",
                         baseline_identifier=backup["baselineIdentifier"], target_identifier=backup["targetIdentifier"])
        self.aws.refused("organizations move-account", "DuplicateAccountException", account_id=X_PROD,
                         source_parent_id=unit("workx001"), destination_parent_id=unit("workx001"))
        self.aws.refused("kms create-alias", "AlreadyExistsException", alias_name="alias/control-tower-backup",
                         target_key_id="mrk-0123456789abcdef0123456789abcdef")
        self.aws.refused("organizations close-account", "ConstraintViolationException", account_id=MANAGEMENT)

    def test_of_members_keep_the_organization_to_its_management_account(self):
        member = self.aws.assumed(SANDBOX)
        for command, members in (("organizations list-accounts", {}), ("organizations list-roots", {}),
                                 ("organizations close-account", {"account_id": X_PROD}),
                                 ("controltower list-landing-zones", {})):
            with self.subTest(command):
                member.refused(command, "AccessDeniedException", **members)
        member.ok("organizations describe-organization")
        # The delegated administrator can read and cannot write.
        administrator = self.aws.assumed(ADMIN)
        administrator.ok("organizations list-accounts")
        administrator.refused("organizations enable-aws-service-access", "AccessDeniedException",
                              service_principal="ram.amazonaws.com")

    def test_of_a_wrong_secret_or_key_come_in_every_protocol(self):
        wrong = simulator.Aws(self.sim, secret="wrong")
        unknown = simulator.Aws(self.sim, access_key="AKIANOBODY0000000000")
        for command, signature, key in CALLERS:
            with self.subTest(command):
                wrong.refused(command, signature)
                unknown.refused(command, key)

    def test_of_a_wrong_token_or_none_are_told_apart_from_wrong_keys(self):
        key, secret, token = self.aws.assumed(X_PROD).identity
        for changed in (None, token[:-4] + "AAAA"):
            simulator.Aws(self.sim, key, secret, changed).refused("kms list-keys", "UnrecognizedClientException")

    def test_of_an_expired_session_say_so(self):
        member = self.aws.assumed(X_TEST)
        member.ok("kms list-keys")
        # The fault ends the session with this call; later calls find it expired.
        member.refused("account list-regions", "ExpiredTokenException")
        for command, code in EXPIRED.items():
            with self.subTest(command):
                member.refused(command, code)
        self.aws.assumed(X_TEST, name="another").ok("kms list-keys")

    def test_of_a_session_policy_come_in_every_protocol(self):
        member = self.aws.assumed(X_PROD, name="reader", policy=document("Allow", "rds:Describe*"))
        member.ok("rds describe-db-instances")
        for command, code in DENIED.items():
            with self.subTest(command):
                member.refused(command, code) if code else member.ok(command)
        member.refused("rds add-tags-to-resource", "AccessDenied", tags=[{"Key": "a", "Value": "b"}],
                       resource_name=f"arn:aws:rds:{HOME}:{X_PROD}:cluster:x-orders")

    def test_of_a_service_control_policy_hold_below_its_target_but_not_for_the_management_account(self):
        content = document("Deny", *(command.split()[0].replace("s3api", "s3") + ":*" for command, *_ in CALLERS
                                     if not command.startswith("sts")),
                           Condition={"StringEquals": {"aws:RequestedRegion": HOME}})
        policy = self.aws.ok("organizations create-policy", name="Deny", description="", content=content,
                             type="SERVICE_CONTROL_POLICY")["Policy"]["PolicySummary"]["Id"]
        self.aws.ok("organizations attach-policy", policy_id=policy, target_id=unit("worky001"))
        member = self.aws.assumed(Y_PROD, name="denied")
        for command, code in DENIED.items():
            with self.subTest(command):
                self.aws.ok(command)
                member.refused(command, code) if code else member.ok(command)
        member.ok("kms list-keys", "us-east-1")
        self.aws.assumed(X_PROD).ok("kms list-keys")
        self.aws.ok("organizations detach-policy", policy_id=policy, target_id=unit("worky001"))
        member.ok("kms list-keys")

    def test_of_roles_that_do_not_trust_the_caller(self):
        for role in ("nobody-at-all", "aws-controltower-BackupRole"):
            self.aws.refused("sts assume-role", "AccessDenied", role_session_name="tester",
                             role_arn=f"arn:aws:iam::{X_PROD}:role/{role}")
        self.aws.assumed(X_PROD).refused("sts assume-role", "AccessDenied", role_session_name="tester",
                                         role_arn=f"arn:aws:iam::{Y_PROD}:role/AWSControlTowerExecution")
        self.aws.refused("sts assume-role", "MalformedPolicyDocument", policy="{", role_session_name="tester",
                         role_arn=f"arn:aws:iam::{X_PROD}:role/AWSControlTowerExecution")

    def test_of_an_unsigned_request_ask_for_a_signature(self):
        for service, headers, code in (("kms", {"x-amz-target": "TrentService.ListKeys"}, "MissingAuthentication"),
                                       ("s3", {}, "MissingAuthentication")):
            with self.subTest(service):
                request = urllib.request.Request(self.sim.endpoint + "/", b"{}", headers)
                with self.assertRaises(urllib.error.HTTPError) as refused:
                    urllib.request.urlopen(request, timeout=60)
                self.assertIn(code, refused.exception.headers["x-amzn-errortype"])
                refused.exception.close()

    def test_leave_everything_as_it_was(self):
        before = self.sim.effects()["total_writes"]
        for wrong, how, operation, members, _ in WRONG_INPUT:
            with self.subTest(wrong, operation=operation):
                how(self.sim, operation, members)
        self.assertEqual(self.sim.effects()["total_writes"], before)


if __name__ == "__main__":
    unittest.main()
