#!/usr/bin/env node
// The AWS SDK for JavaScript v3 speaks every protocol with the simulator that AWS_ENDPOINT_URL names: its signatures are
// accepted, and it understands the answers. Run by simulator.py; exits 1 when a call failed.
import assert from "node:assert/strict";
import { AccountClient, paginateListRegions } from "@aws-sdk/client-account";
import { BackupClient, DescribeRegionSettingsCommand, ListBackupVaultsCommand, UpdateRegionSettingsCommand } from "@aws-sdk/client-backup";
import { ControlTowerClient, ListEnabledControlsCommand } from "@aws-sdk/client-controltower";
import { DescribeTableCommand, DynamoDBClient, ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { DescribeInstancesCommand, DescribeRegionsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { DescribeFileSystemsCommand, EFSClient } from "@aws-sdk/client-efs";
import { GetRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { CreateKeyCommand, DescribeKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { OrganizationsClient, paginateListAccounts } from "@aws-sdk/client-organizations";
import { DescribeDBClustersCommand, RDSClient } from "@aws-sdk/client-rds";
import { GetResourcesCommand, ResourceGroupsTaggingAPIClient } from "@aws-sdk/client-resource-groups-tagging-api";
import { GetBucketTaggingCommand, ListBucketsCommand, PutBucketTaggingCommand, S3Client } from "@aws-sdk/client-s3";
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";

const MANAGEMENT = "111122221111";
const SHARED = "222233330001";
const X_PROD = "222233330011";
const Y_PROD = "222233330021";
const SEED_KEY = "mrk-0123456789abcdef0123456789abcdef";
const settings = { region: "eu-central-1", endpoint: process.env.AWS_ENDPOINT_URL, maxAttempts: 1 };

/** A client of the management account, or of another one by its role there. */
async function client(Client, account, more = {}) {
  if (!account) return new Client({ ...settings, ...more });
  const { Credentials: given } = await new STSClient(settings).send(
    new AssumeRoleCommand({ RoleArn: `arn:aws:iam::${account}:role/AWSControlTowerExecution`, RoleSessionName: "javascript" }),
  );
  assert.ok(given.Expiration > new Date(), "the session has expired already");
  const credentials = { accessKeyId: given.AccessKeyId, secretAccessKey: given.SecretAccessKey, sessionToken: given.SessionToken };
  return new Client({ ...settings, ...more, credentials });
}

async function collect(pages, list) {
  const all = [];
  for await (const page of pages) all.push(...(page[list] ?? []));
  return all;
}

const CALLS = {
  "json 1.0: DynamoDB describes a table": async () => {
    const dynamodb = await client(DynamoDBClient, X_PROD);
    const { TableNames } = await dynamodb.send(new ListTablesCommand({}));
    assert.deepEqual(TableNames, ["x-sessions"]);
    const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName: "x-sessions" }));
    assert.equal(Table.TableStatus, "ACTIVE");
    assert.ok(Table.CreationDateTime instanceof Date && Table.CreationDateTime < new Date());
    await assert.rejects(dynamodb.send(new DescribeTableCommand({ TableName: "none" })), { name: "ResourceNotFoundException" });
  },
  "json 1.1: KMS describes what it created": async () => {
    const kms = await client(KMSClient);
    const { KeyMetadata: made } = await kms.send(new CreateKeyCommand({ Description: "schl\u00fcssel", MultiRegion: true }));
    const { KeyMetadata: read } = await kms.send(new DescribeKeyCommand({ KeyId: made.Arn }));
    assert.deepEqual([read.Description, read.MultiRegion, read.KeyId], ["schl\u00fcssel", true, made.KeyId]);
    const { KeyMetadata: seed } = await kms.send(new DescribeKeyCommand({ KeyId: SEED_KEY }));
    assert.equal(seed.MultiRegionConfiguration.ReplicaKeys.length, 2);
    await assert.rejects(kms.send(new DescribeKeyCommand({ KeyId: "alias/none" })), { name: "NotFoundException" });
  },
  "json 1.1: Organizations lists every account": async () => {
    const accounts = await collect(paginateListAccounts({ client: await client(OrganizationsClient), pageSize: 3 }, {}), "Accounts");
    assert.equal(new Set(accounts.map((one) => one.Id)).size, 10);
    assert.ok(accounts.every((one) => one.JoinedTimestamp instanceof Date));
  },
  "json 1.1: the Tagging API finds by tag": async () => {
    const tagging = await client(ResourceGroupsTaggingAPIClient, X_PROD);
    const filter = { TagFilters: [{ Key: "aws-control-tower-backupweekly", Values: ["true"] }],
      ResourceTypeFilters: ["ec2:instance", "ec2:volume"] };
    const { ResourceTagMappingList: found } = await tagging.send(new GetResourcesCommand(filter));
    assert.equal(found.length, 2);
  },
  "query: STS says who asks": async () => {
    const me = await (await client(STSClient, X_PROD)).send(new GetCallerIdentityCommand({}));
    assert.deepEqual([me.Account, me.Arn], [X_PROD, `arn:aws:sts::${X_PROD}:assumed-role/AWSControlTowerExecution/javascript`]);
    const stranger = new STSClient({ ...settings, credentials: { accessKeyId: "AKIAMGMT00000000DEMO", secretAccessKey: "wrong" } });
    await assert.rejects(stranger.send(new GetCallerIdentityCommand({})), { name: "SignatureDoesNotMatch" });
  },
  "query: RDS describes a cluster with its members": async () => {
    const rds = await client(RDSClient, X_PROD);
    const { DBClusters } = await rds.send(new DescribeDBClustersCommand({ Filters: [{ Name: "engine", Values: ["aurora-postgresql"] }] }));
    assert.deepEqual([DBClusters[0].DBClusterIdentifier, DBClusters[0].DBClusterMembers.length], ["x-orders", 2]);
    await assert.rejects(rds.send(new DescribeDBClustersCommand({ DBClusterIdentifier: "none" })), { name: "DBClusterNotFoundFault" });
  },
  "query: IAM reads a role": async () => {
    const iam = await client(IAMClient, X_PROD);
    const { Role } = await iam.send(new GetRoleCommand({ RoleName: "aws-controltower-BackupRole" }));
    assert.match(decodeURIComponent(Role.AssumeRolePolicyDocument), /backup\.amazonaws\.com/);
  },
  "ec2: EC2 describes Regions and instances": async () => {
    const ec2 = await client(EC2Client, X_PROD);
    const { Regions } = await ec2.send(new DescribeRegionsCommand({ AllRegions: true }));
    assert.ok(Regions.some((one) => one.RegionName === "eu-west-1"));
    const { Reservations } = await ec2.send(new DescribeInstancesCommand({ Filters: [{ Name: "instance-state-name", Values: ["running"] }] }));
    assert.equal(Reservations[0].Instances[0].State.Code, 16);
  },
  "rest-json: Backup reads the settings it wrote": async () => {
    const backup = await client(BackupClient, X_PROD);
    await backup.send(new UpdateRegionSettingsCommand({ ResourceTypeOptInPreference: { EFS: false } }));
    const { ResourceTypeOptInPreference: read } = await backup.send(new DescribeRegionSettingsCommand({}));
    assert.deepEqual([read.EFS, read.EBS], [false, true]);
    const { BackupVaultList } = await backup.send(new ListBackupVaultsCommand({ MaxResults: 10 }));
    assert.ok(BackupVaultList.every((one) => one.EncryptionKeyArn.startsWith("arn:aws:kms:eu-central-1:") && one.CreationDate instanceof Date));
  },
  "rest-json: Control Tower lists controls": async () => {
    const tower = await client(ControlTowerClient);
    const targetIdentifier = `arn:aws:organizations::${MANAGEMENT}:ou/o-exampleorg1/ou-ab12-workx001`;
    const { enabledControls } = await tower.send(new ListEnabledControlsCommand({ targetIdentifier, maxResults: 50 }));
    assert.ok(enabledControls.length > 0 && enabledControls.every((one) => one.controlIdentifier.includes(":control/")));
    await assert.rejects(tower.send(new ListEnabledControlsCommand({ targetIdentifier: "none" })), { name: "ValidationException" });
  },
  "rest-json: Account lists Regions": async () => {
    const regions = await collect(paginateListRegions({ client: await client(AccountClient), pageSize: 5 }, {}), "Regions");
    assert.ok(regions.length > 17 && regions.some((one) => one.RegionName === "eu-central-1"));
  },
  "rest-json: EFS describes file systems": async () => {
    const { FileSystems } = await (await client(EFSClient, SHARED)).send(new DescribeFileSystemsCommand({ MaxItems: 5 }));
    assert.equal(FileSystems[0].Name, "shared-home");
  },
  "rest-xml: S3 reads the tags it wrote": async () => {
    const s3 = await client(S3Client, Y_PROD, { region: "eu-west-1", forcePathStyle: true });
    const { Buckets } = await s3.send(new ListBucketsCommand({}));
    const Bucket = "example-y-documents";
    assert.ok(Buckets.some((one) => one.Name === Bucket && one.CreationDate instanceof Date));
    const TagSet = [{ Key: "a & <b>", Value: "\u00fc" }, { Key: "c", Value: "" }];
    await s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet } }));
    const read = await s3.send(new GetBucketTaggingCommand({ Bucket }));
    assert.deepEqual(read.TagSet.sort((a, b) => (a.Key < b.Key ? -1 : 1)), TagSet);
    await assert.rejects(s3.send(new GetBucketTaggingCommand({ Bucket: "none-of-ours" })), { name: "NoSuchBucket" });
  },
};

for (const [what, call] of Object.entries(CALLS)) {
  try {
    await call();
    console.log(`ok    ${what}`);
  } catch (error) {
    process.exitCode = 1;
    console.log(`FAIL  ${what}: ${error.stack}`);
  }
}
