// Performs a list of reads through the AWS SDK for JavaScript v3, as a sane program would: one
// client per account, Region and service, kept while the account is being read; one HTTP handler
// with keep-alive for all of them; credentials of each account assumed once.
//   node reads.mjs CALLS ENDPOINT CONCURRENCY   (CALLS: JSON lines, see bench.py)
// Prints one JSON line: what the reads cost from the first call on, without start and imports.
import { readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { NodeHttpHandler } from '@smithy/node-http-handler';

const PACKAGES = {
  organizations: ['organizations', 'Organizations'], controltower: ['controltower', 'ControlTower'],
  kms: ['kms', 'KMS'], backup: ['backup', 'Backup'], sts: ['sts', 'STS'],
  account: ['account', 'Account'], ec2: ['ec2', 'EC2'], rds: ['rds', 'RDS'],
  dynamodb: ['dynamodb', 'DynamoDB'], efs: ['efs', 'EFS'], s3: ['s3', 'S3'], iam: ['iam', 'IAM'],
  tagging: ['resource-groups-tagging-api', 'ResourceGroupsTaggingAPI'],
};

const [file, endpoint, concurrency] = process.argv.slice(2);
const lines = readFileSync(file, 'utf8').trim().split('\n').map((line) => JSON.parse(line));
const roles = new Map(lines.filter((one) => one.assume).map((one) => [one.assume, one]));
const calls = lines.filter((one) => !one.assume);
const sdk = {};
for (const [service, [name, noun]] of Object.entries(PACKAGES)) {
  const module = await import(`@aws-sdk/client-${name}`);
  sdk[service] = { Client: module[`${noun}Client`], module };
}

const own = {
  accessKeyId: process.env.AWS_ACCESS_KEY_ID, secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY,
};
const requestHandler = new NodeHttpHandler({
  httpAgent: new Agent({ keepAlive: true, maxSockets: Number(concurrency) }),
});
const left = new Map(); // account -> calls not yet done
const clients = new Map(); // account -> "service/region" -> client
const sessions = new Map(); // account -> promise of credentials
const told = { calls: 0, refused: 0, skipped: 0 };
for (const call of calls) left.set(call.account, (left.get(call.account) ?? 0) + 1);

function client(service, region, account, credentials) {
  if (!clients.has(account)) clients.set(account, new Map());
  const held = clients.get(account);
  const key = `${service}/${region}`;
  if (!held.has(key)) {
    const more = service === 's3' ? { forcePathStyle: true } : {};
    held.set(key, new sdk[service].Client({ region, endpoint, credentials, requestHandler, ...more }));
  }
  return held.get(key);
}

async function perform(service, operation, region, account, input, credentials) {
  const Command = sdk[service].module[`${operation}Command`];
  if (!Command) {
    told.skipped++;
    return null;
  }
  told.calls++;
  return client(service, region, account, credentials).send(new Command(input));
}

async function assume({ account, region, input }) {
  const answer = await perform('sts', 'AssumeRole', region, account, input, own);
  const c = answer.Credentials;
  return {
    accessKeyId: c.AccessKeyId, secretAccessKey: c.SecretAccessKey, sessionToken: c.SessionToken,
  };
}

function credentialsOf(account) {
  if (!roles.has(account)) return own;
  if (!sessions.has(account)) sessions.set(account, assume(roles.get(account)));
  return sessions.get(account);
}

let next = 0;
async function worker() {
  while (next < calls.length) {
    const { service, operation, account, region, input } = calls[next++];
    try {
      await perform(service, operation, region, account, input, await credentialsOf(account));
    } catch (error) {
      if (!error.$metadata?.httpStatusCode) throw error;
      told.refused++;
    }
    const open = left.get(account) - 1;
    left.set(account, open);
    if (open === 0) clients.delete(account);
  }
}

const began = performance.now();
const before = process.cpuUsage();
await Promise.all(Array.from({ length: Number(concurrency) }, worker));
const spent = process.cpuUsage(before);
console.log(JSON.stringify({
  ...told, cpu: (spent.user + spent.system) / 1e6, wall: (performance.now() - began) / 1e3,
}));
process.exit(0);
