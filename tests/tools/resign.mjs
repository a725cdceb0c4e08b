#!/usr/bin/env node
// Recomputes the signature of every recorded exchange with @smithy/signature-v4 and compares it with
// the Authorization header that was sent.
//   resign.mjs --secrets SECRETS.json [--allow-refused] FILE...
// SECRETS.json maps access key ids to secret keys. Requests without a signature are counted apart;
// --allow-refused: so are those answered 4xx. Exits 1 on a mismatch, on an unknown key, and when
// nothing was checked.
import { createReadStream, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { Sha256 } from "@aws-crypto/sha256-js";
import { SignatureV4 } from "@smithy/signature-v4";

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/;

/** The query as the signer wants it: decoded, repeated keys as arrays. */
function queryOf(text) {
  const query = Object.create(null);
  for (const part of text.split("&").filter(Boolean)) {
    const at = part.indexOf("=");
    const [key, value] = (at < 0 ? [part, ""] : [part.slice(0, at), part.slice(at + 1)]).map(decodeURIComponent);
    query[key] = key in query ? [query[key], value].flat() : value;
  }
  return { ...query };
}

/** Why a recorded request's signature is not what it should be, or undefined. */
export async function judge(request, secrets) {
  const match = AUTHORIZATION.exec(request.headers.authorization);
  if (!match) return "Authorization header is malformed";
  const [, accessKeyId, date, region, service, signed, signature] = match;
  const secretAccessKey = secrets[accessKeyId];
  if (!secretAccessKey) return `no secret known for ${accessKeyId}`;
  const names = signed.split(";");
  if (names.join(";") !== [...names].sort().join(";")) return "SignedHeaders are not sorted";
  for (const needed of ["host", ...Object.keys(request.headers).filter((name) => name.startsWith("x-amz-"))])
    if (!names.includes(needed)) return `header ${needed} is not signed`;
  const absent = names.find((name) => !(name in request.headers));
  if (absent) return `signed header ${absent} was not sent`;
  const stamp = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(request.headers["x-amz-date"] ?? "");
  if (!stamp) return "x-amz-date is malformed";
  if (!request.headers["x-amz-date"].startsWith(date)) return "x-amz-date and the scope name different days";
  const isS3 = service === "s3";
  const body = request.body ?? "";
  const hash = request.headers["x-amz-content-sha256"];
  if (isS3 && !hash) return "S3 needs x-amz-content-sha256";
  if (hash && hash !== "UNSIGNED-PAYLOAD") {
    const sha256 = new Sha256();
    sha256.update(body);
    const actual = Buffer.from(await sha256.digest()).toString("hex");
    if (actual !== hash) return "x-amz-content-sha256 is not the body's";
  }

  const [path, ...query] = request.target.split("?");
  const headers = Object.fromEntries(names.map((name) => [name, request.headers[name]]));
  // The payload hash is part of what is signed even where its header is not among the signed ones.
  if (hash) headers["x-amz-content-sha256"] = hash;
  const signer = new SignatureV4({
    service,
    region,
    credentials: { accessKeyId, secretAccessKey },
    sha256: Sha256,
    uriEscapePath: !isS3,
    applyChecksum: false,
  });
  const [year, month, day, hour, minute, second] = stamp.slice(1).map(Number);
  const result = await signer.sign(
    { method: request.method, protocol: "http:", hostname: "signed", path, query: queryOf(query.join("?")), headers, body },
    {
      signingDate: new Date(Date.UTC(year, month - 1, day, hour, minute, second)),
      signableHeaders: new Set(names),
    },
  );
  const recomputed = AUTHORIZATION.exec(result.headers.authorization);
  if (recomputed[5] !== signed) return `the signer would sign ${recomputed[5]} instead of ${signed}`;
  if (recomputed[6] !== signature) return `signature is ${signature}, should be ${recomputed[6]}`;
  return undefined;
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { secrets: { type: "string" }, "allow-refused": { type: "boolean", default: false } },
  });
  if (!values.secrets || positionals.length === 0) {
    console.error("usage: resign.mjs --secrets SECRETS.json [--allow-refused] FILE...");
    return 2;
  }
  const secrets = JSON.parse(readFileSync(values.secrets, "utf8"));
  let checked = 0;
  let unsigned = 0;
  const wrong = new Map();
  for (const file of positionals) {
    for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
      const { service, operation, request, response } = JSON.parse(line);
      if (!request.headers.authorization) {
        unsigned += 1;
        continue;
      }
      const refused = response.status >= 400 && response.status < 500;
      if (refused && values["allow-refused"]) continue;
      checked += 1;
      const why = await judge(request, secrets);
      if (why) {
        const text = `${service}.${operation}: ${why}`;
        wrong.set(text, (wrong.get(text) ?? 0) + 1);
      }
    }
  }
  for (const [text, count] of wrong) console.log(`${text} (${count})`);
  if (checked === 0) console.log("no signed exchange was recorded");
  if (wrong.size > 0 || checked === 0) return 1;
  console.log(`${checked} signatures recomputed and equal, ${unsigned} requests unsigned`);
  return 0;
}

if (import.meta.url === `file://${process.argv[1]}`) process.exitCode = await main();
