"""Exchanges made for the validator's own tests: the requests are botocore's, serialized for real and
caught before they are sent; the answers are written out here, one for each protocol."""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tools"))

import awslib  # noqa: E402
from botocore.awsrequest import AWSResponse  # noqa: E402

ACCESS_KEY, SECRET = "AKIAJUDGE00000000001", "secret-of-the-judge"


class _Raw:
    def __init__(self, body):
        self.body = body

    def stream(self, **_):
        yield self.body


def capture(service, method, parameters, response, endpoint_service=None, token=None):
    """The exchange of one botocore call answered with `response` (status, headers, body text).
    botocore parses the answer too, so an answer that it cannot read does not get this far."""
    status, headers, body = response
    caught = {}

    def send(request, **_):
        text = request.body or b""
        text = text if isinstance(text, str) else text.decode("utf-8")
        caught.update(
            method=request.method, target=request.url.split("127.0.0.1:1", 1)[1],
            headers={k.lower(): v if isinstance(v, str) else v.decode("ascii")
                     for k, v in request.headers.items()}, body=text)
        caught["headers"].setdefault("host", "127.0.0.1:1")
        return AWSResponse(request.url, status, headers, _Raw(body.encode("utf-8")))

    client = awslib.client(service, "eu-central-1", ACCESS_KEY, SECRET, token, "http://127.0.0.1:1")
    client.meta.events.register("before-send", send)
    try:
        getattr(client, method)(**parameters)
    except awslib.ClientError:
        pass
    operation = client.meta.method_to_api_mapping[method]
    return {"service": endpoint_service or service, "operation": operation,
            "account": "111122223333", "region": "eu-central-1", "request": caught,
            "response": {"status": status, "headers": headers, "body": body}}


def json_answer(body, version="1.1", status=200):
    return status, {"content-type": f"application/x-amz-json-{version}", "x-amzn-requestid": "r-1"}, \
        json.dumps(body)


def rest_answer(body, status=200, **headers):
    return status, {"content-type": "application/json", "x-amzn-requestid": "r-1", **headers}, \
        json.dumps(body)


def xml_answer(body, status=200, **headers):
    return status, {"content-type": "text/xml", "x-amzn-requestid": "r-1", **headers}, body


KEY_ARN = "arn:aws:kms:eu-central-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab"


def kms_list_keys():
    return capture("kms", "list_keys", {"Limit": 5}, json_answer(
        {"Keys": [{"KeyId": KEY_ARN.rsplit("/", 1)[1], "KeyArn": KEY_ARN}], "Truncated": False}))


def kms_describe_key():
    return capture("kms", "describe_key", {"KeyId": KEY_ARN}, json_answer({"KeyMetadata": {
        "KeyId": KEY_ARN.rsplit("/", 1)[1], "Arn": KEY_ARN, "KeyState": "Enabled",
        "CreationDate": 1700000000.25, "Enabled": True, "MultiRegion": True}}))


def kms_denied():
    return capture("kms", "describe_key", {"KeyId": KEY_ARN}, json_answer(
        {"__type": "AccessDeniedException", "Message": "no"}, status=400))


def backup_list_vaults():
    return capture("backup", "list_backup_vaults", {"MaxResults": 3, "ByShared": True}, rest_answer(
        {"BackupVaultList": [{"BackupVaultName": "v", "CreationDate": 1700000000.0,
                              "NumberOfRecoveryPoints": 0, "VaultType": "BACKUP_VAULT"}]}))


def backup_update_settings():
    return capture("backup", "update_region_settings",
                   {"ResourceTypeOptInPreference": {"EBS": True}},
                   (200, {"x-amzn-requestid": "r-1"}, ""))


def backup_tag_resource():
    return capture("backup", "tag_resource",
                   {"ResourceArn": "arn:aws:backup:eu-central-1:111122223333:backup-vault:v",
                    "Tags": {"a": "b"}}, (200, {"x-amzn-requestid": "r-1"}, ""))


def backup_vault_missing():
    return capture("backup", "describe_backup_vault", {"BackupVaultName": "nope"}, rest_answer(
        {"Code": "ERROR", "Message": "no such vault"}, 400,
        **{"x-amzn-errortype": "ResourceNotFoundException"}))


def controltower_manifest():
    return capture("controltower", "get_landing_zone", {
        "landingZoneIdentifier": "arn:aws:controltower:eu-central-1:111122223333:landingzone/1A2B3C"},
        rest_answer({"landingZone": {"version": "3.3", "manifest": {"anything": [1, {"goes": None}]}}}))


STS = "https://sts.amazonaws.com/doc/2011-06-15/"


def sts_assume_role():
    return capture("sts", "assume_role", {
        "RoleArn": "arn:aws:iam::111122223333:role/R", "RoleSessionName": "session",
        "PolicyArns": [{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}],
        "Tags": [{"Key": "k", "Value": "\u00e4"}, {"Key": "l", "Value": ""}]}, xml_answer(
        f'<AssumeRoleResponse xmlns="{STS}"><AssumeRoleResult><Credentials>'
        "<AccessKeyId>ASIA000000000000TEST</AccessKeyId><SecretAccessKey>x</SecretAccessKey>"
        "<SessionToken>t</SessionToken><Expiration>2030-01-01T00:00:00Z</Expiration></Credentials>"
        "</AssumeRoleResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>"
        "</AssumeRoleResponse>"))


def sts_denied():
    return capture("sts", "assume_role", {"RoleArn": "arn:aws:iam::111122223333:role/R",
                                          "RoleSessionName": "session"}, xml_answer(
        f'<ErrorResponse xmlns="{STS}"><Error><Type>Sender</Type><Code>AccessDenied</Code>'
        "<Message>no</Message></Error><RequestId>r</RequestId></ErrorResponse>", 403))


def rds_list():
    return capture("rds", "describe_db_instances", {
        "Filters": [{"Name": "engine", "Values": ["mysql", "postgres"]}]}, xml_answer(
        '<DescribeDBInstancesResponse xmlns="http://rds.amazonaws.com/doc/2014-10-31/">'
        "<DescribeDBInstancesResult><DBInstances><DBInstance><DBInstanceIdentifier>d"
        "</DBInstanceIdentifier><AllocatedStorage>20</AllocatedStorage><MultiAZ>false</MultiAZ>"
        "<TagList><Tag><Key>k</Key><Value>v</Value></Tag></TagList></DBInstance></DBInstances>"
        "</DescribeDBInstancesResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>"
        "</DescribeDBInstancesResponse>"))


EC2 = "http://ec2.amazonaws.com/doc/2016-11-15/"


def ec2_volumes():
    return capture("ec2", "describe_volumes", {
        "Filters": [{"Name": "tag:k", "Values": ["a", "b"]}], "MaxResults": 50}, xml_answer(
        f'<DescribeVolumesResponse xmlns="{EC2}"><requestId>r</requestId><volumeSet><item>'
        "<volumeId>vol-1</volumeId><size>8</size><status>in-use</status><encrypted>true</encrypted>"
        "<createTime>2024-01-01T00:00:00.000Z</createTime><tagSet><item><key>k</key><value>v</value>"
        "</item></tagSet></item></volumeSet></DescribeVolumesResponse>"))


def ec2_denied():
    return capture("ec2", "describe_volumes", {}, xml_answer(
        "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>no</Message></Error>"
        "</Errors><RequestID>r</RequestID></Response>", 403))


S3 = "http://s3.amazonaws.com/doc/2006-03-01/"
S3_HEADERS = {"x-amz-request-id": "r-1", "content-type": "application/xml"}


def s3_list():
    return capture("s3", "list_buckets", {}, xml_answer(
        f'<ListAllMyBucketsResult xmlns="{S3}"><Buckets><Bucket><Name>b</Name><CreationDate>'
        "2024-01-01T00:00:00.000Z</CreationDate></Bucket></Buckets><Owner><ID>i</ID></Owner>"
        "</ListAllMyBucketsResult>", **S3_HEADERS))


def s3_put_tags():
    return capture("s3", "put_bucket_tagging", {
        "Bucket": "bucket", "Tagging": {"TagSet": [{"Key": "k", "Value": "v"}]}},
        (204, {"x-amz-request-id": "r-1"}, ""))


def s3_location():
    return capture("s3", "get_bucket_location", {"Bucket": "bucket"}, xml_answer(
        f'<LocationConstraint xmlns="{S3}">eu-central-1</LocationConstraint>', **S3_HEADERS))


def s3_no_tags():
    return capture("s3", "get_bucket_tagging", {"Bucket": "bucket"}, xml_answer(
        "<Error><Code>NoSuchTagSet</Code><Message>none</Message><BucketName>bucket</BucketName>"
        "<RequestId>r</RequestId></Error>", 404, **S3_HEADERS))


ALL = (kms_list_keys, kms_describe_key, kms_denied, backup_list_vaults, backup_update_settings,
       backup_tag_resource, backup_vault_missing, controltower_manifest, sts_assume_role, sts_denied,
       rds_list, ec2_volumes, ec2_denied, s3_list, s3_put_tags, s3_location, s3_no_tags)
