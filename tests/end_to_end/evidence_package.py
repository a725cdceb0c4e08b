"""The evidence package of a scan: complete, deterministic, tamper-evident, signed, and free of secrets."""
import datetime
import hashlib
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import unittest

import scans
import simulator

EXTERNAL_ID = "external-id-planted-7c1f"
CANARIES = {"UNRELATED_TOKEN": "canary-of-the-environment-91b2", "AWS_SESSION_TOKEN": None,
            "HTTPS_PROXY_PASSWORD": "canary-proxy-4410"}
CONFIG = "# canary-of-the-config-55e0: a comment is nobody's business\nscan: {ungoverned_regions: false}\n"


def run(*arguments, env=None, program=scans.SCANNER):
    return subprocess.run([str(program), *map(str, arguments)], capture_output=True, text=True, check=False,
                          env=env or scans.environment())


def openssl(*arguments):
    return subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, check=True)


def keys(kind):
    """(private, public) PEM files of a new key."""
    private = simulator.SCRATCH / f"evidence-{kind}.pem"
    public = private.with_suffix(".pub")
    private.unlink(missing_ok=True)
    extra = ["-pkeyopt", "ec_paramgen_curve:P-256"] if kind == "ec" else ["-pkeyopt", "rsa_keygen_bits:2048"] if kind == "rsa" else []
    openssl("genpkey", "-algorithm", kind, *extra, "-out", private)
    openssl("pkey", "-in", private, "-pubout", "-out", public)
    return private, public


def tree(directory):
    """{relative name: bytes} of all files that a package covers, and of the package."""
    return {str(path.relative_to(directory)): path.read_bytes() for path in sorted(directory.rglob("*"))
            if path.is_file() and path.name != ".lock"}


def setUpModule():
    global DONE, SIM, KEYS, CONFIG_FILE
    simulator.SCRATCH.mkdir(parents=True, exist_ok=True)
    KEYS = {kind: keys(kind) for kind in ("ed25519", "ec", "rsa")}
    CONFIG_FILE = simulator.SCRATCH / "evidence.yaml"
    CONFIG_FILE.write_text(CONFIG, encoding="utf-8")
    with scans.Simulator("seed-broken", name="evidence") as SIM:
        env = scans.environment(SIM, **CANARIES)
        DONE = scans.scan(SIM, "--evidence", "--sign-key", KEYS["ed25519"][0], "--external-id", EXTERNAL_ID, "--config-file",
                          CONFIG_FILE, "--log-level", "debug", env=env, formats="json,xlsx,world")


class Package(unittest.TestCase):
    maxDiff = None

    def copy(self):
        to = scans.directory(f"evidence-copy-{self.id().rsplit('.', 1)[1]}")
        shutil.copytree(DONE.directory, to)
        return to

    def test_digest_names_every_file_and_sha256sum_agrees(self):
        self.assertEqual(DONE.code, 3, DONE.err)
        lines = (DONE.directory / "evidence/digest.txt").read_text(encoding="utf-8").splitlines()
        told = {line[66:]: line[:64] for line in lines}
        there = {name: hashlib.sha256(data).hexdigest() for name, data in tree(DONE.directory).items()
                 if not name.startswith("evidence/digest.txt")}
        self.assertEqual(told, there)
        for name in ("run.db", "report.json", "report.xlsx", "report.world.json", "SHA256SUMS", "evidence/README.txt", "evidence/gaps.json"):
            self.assertIn(name, told)
        subprocess.run(["sha256sum", "--quiet", "-c", "evidence/digest.txt"], cwd=DONE.directory, check=True)

    def test_every_finding_stands_once_in_its_place_with_its_facts(self):
        database = sqlite3.connect(DONE.directory / "run.db")
        facts = {row[0]: row[1:] for row in database.execute(
            "SELECT id, operation, account, region, target, request_id, wall_ms, digest, bytes FROM facts")}
        kept = {}
        for fact, kind, account, region, key, body in database.execute("SELECT fact, kind, account, region, key, json FROM entities"):
            kept.setdefault(fact, []).append((kind, account, region, key, json.loads(body)))
        database.close()
        seen, documents = {}, 0
        for path in sorted((DONE.directory / "evidence").glob("*/*/*.json")):
            check, account, region = path.parts[-3], path.parts[-2], path.stem
            place = json.loads(path.read_text(encoding="utf-8"))
            self.assertEqual(place["schema"], "towerkeep-evidence/1")
            self.assertEqual((place["check_id"], place["account_id"] or "organization", place["region"] or "global"),
                             (check, account, region))
            rests = {one for finding in place["findings"] for one in finding["facts"]}
            self.assertEqual([fact["id"] for fact in place["facts"]], sorted(rests))
            for finding in place["findings"]:
                self.assertNotIn(finding["finding_id"], seen)
                seen[finding["finding_id"]] = (check, place["account_id"], place["region"], finding["status"],
                                               finding["observed"], finding["facts"])
            for fact in place["facts"]:
                operation, account, region, target, request, wall_ms, digest, size = facts[fact["id"]]
                self.assertEqual((fact["operation"], fact["account_id"] or "", fact["region"] or "", fact["target"] or "",
                                  fact["request_id"] or "", fact["digest"], fact["bytes"]),
                                 (operation, account, region, target, request, digest, size))
                told = datetime.datetime.fromisoformat(fact["time"].replace("Z", "+00:00"))
                self.assertEqual(int(told.timestamp()), wall_ms // 1000)
                self.assertEqual([(one["kind"], one["account_id"] or "", one["region"] or "", one["key"], one["document"])
                                  for one in fact["documents"]], sorted(kept.get(fact["id"], []), key=lambda row: row[:4]))
                documents += len(fact["documents"])
        self.assertEqual(seen, {f["finding_id"]: (f["check_id"], f["account_id"], f["region"], f["status"], f["observed"], f["evidence"])
                                for f in DONE.findings})
        self.assertGreater(documents, 100)

    def test_the_same_run_gives_the_same_bytes(self):
        copy = self.copy()
        before = tree(copy)
        again = run("report", copy, "-M", "json,xlsx,world", "--evidence", "--sign-key", KEYS["ed25519"][0])
        self.assertEqual(again.returncode, 3, again.stderr)
        self.assertEqual({n for n, data in tree(copy).items() if before.get(n) != data} | (set(before) - set(tree(copy))), set())
        self.assertIn("valid signature", run("verify", copy, "--public-key", KEYS["ed25519"][1]).stdout)
        refused = run("check", copy, "-c", "KMS-01")
        self.assertEqual((refused.returncode, refused.stdout), (2, ""))
        self.assertIn("signed", refused.stderr)

    def test_any_flipped_byte_is_named(self):
        copy = self.copy()
        public = KEYS["ed25519"][1]
        names = [n for n in tree(copy) if not n.startswith("evidence/")] + [
            "evidence/README.txt", "evidence/gaps.json", *sorted(n for n in tree(copy) if n.count("/") == 3)[::40]]
        whole = {name: (copy / name).read_bytes() for name in names}

        def verified(damaged):
            """The output of verify for these files, each damaged in its own way; they are restored afterwards."""
            for name, data in damaged.items():
                (copy / name).write_bytes(data)
            done = run("verify", copy, "--public-key", public)
            for name in damaged:
                (copy / name).write_bytes(whole[name])
            return done.returncode, done.stdout.splitlines()[:-1]

        def flipped(name, at):
            data = whole[name]
            return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]

        self.assertGreater(len(names), 20)
        for place in (lambda data: 0, lambda data: len(data) // 2, lambda data: len(data) - 1):
            damaged = {name: flipped(name, place(data)) for name, data in whole.items()}
            self.assertEqual(verified(damaged), (3, sorted(f"changed  {name}" for name in names)))
        self.assertEqual(verified({name: data + b"\n" for name, data in whole.items()}),
                         (3, sorted(f"changed  {name}" for name in names)))
        for name in ("run.db", "report.xlsx", "evidence/gaps.json", names[-1]):
            self.assertEqual(verified({name: flipped(name, len(whole[name]) // 3)}), (3, [f"changed  {name}"]))
        self.assertEqual(verified({}), (0, []))

    def test_any_byte_of_the_digest_is_minded_without_a_signature_too(self):
        copy = self.copy()
        (copy / "evidence/digest.txt.sig").unlink()
        path = copy / "evidence/digest.txt"
        data = path.read_bytes()
        first, last = data.index(b"\n") + 1, data.rindex(b"\n", 0, -1) + 1
        spots = [*range(first), *range(last, len(data))]
        for at in spots[::9] + [64, 65, 66, first - 1, len(data) - 1]:
            path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1:])
            self.assertEqual(run("verify", copy, program=scans.SHIPPED).returncode, 3, f"byte {at}")
        for damaged in (data + b"\n", data[:-1], data + data[:first], data[first:] + data[:first], data[first:]):
            path.write_bytes(damaged)
            self.assertEqual(run("verify", copy).returncode, 3)
        path.write_bytes(data)
        self.assertEqual(run("verify", copy).returncode, 0)

    def test_added_missing_and_replaced_files_are_named(self):
        copy = self.copy()
        (copy / "evidence/ORG-01/planted.json").write_text("{}", encoding="utf-8")
        (copy / "notes.txt").write_text("", encoding="utf-8")
        (copy / "report.xlsx").unlink()
        (copy / "report.json").rename(simulator.SCRATCH / "moved.json")
        os.symlink(simulator.SCRATCH / "moved.json", copy / "report.json")
        done = run("verify", copy, "--public-key", KEYS["ed25519"][1])
        self.assertEqual(done.returncode, 3)
        self.assertEqual(sorted(done.stdout.splitlines()[:-1]), ["added    evidence/ORG-01/planted.json", "added    notes.txt",
                                                                  "changed  report.json", "missing  report.xlsx"])

    def test_signatures_are_those_of_openssl(self):
        copy = self.copy()
        digest, signature = copy / "evidence/digest.txt", copy / "evidence/digest.txt.sig"
        openssl("pkeyutl", "-verify", "-pubin", "-inkey", KEYS["ed25519"][1], "-rawin", "-in", digest, "-sigfile", signature)
        self.assertEqual(run("report", copy, "-M", "json", "--evidence", "--sign-key", KEYS["ec"][0]).returncode, 3)
        openssl("dgst", "-sha256", "-verify", KEYS["ec"][1], "-signature", signature, digest)
        self.assertIn("valid signature", run("verify", copy, "--public-key", KEYS["ec"][1]).stdout)
        openssl("dgst", "-sha256", "-sign", KEYS["ec"][0], "-out", signature, digest)
        self.assertIn("valid signature", run("verify", copy, "--public-key", KEYS["ec"][1]).stdout)
        wrong = run("verify", copy, "--public-key", KEYS["ed25519"][1])
        self.assertEqual((wrong.returncode, wrong.stdout.splitlines()[0]), (3, "forged   evidence/digest.txt.sig"))
        signature.unlink()
        self.assertEqual(run("verify", copy, "--public-key", KEYS["ec"][1]).returncode, 3)

    def test_useless_keys_are_refused_in_one_line_before_anything_is_asked(self):
        locked = simulator.SCRATCH / "evidence-locked.pem"
        openssl("pkey", "-in", KEYS["ed25519"][0], "-aes256", "-passout", "pass:secret12", "-out", locked)
        before = sum(1 for _ in scans.exchanges(SIM))
        for key in (KEYS["rsa"][0], KEYS["ed25519"][1], CONFIG_FILE, locked, "/nonexistent"):
            done = run("scan", "--evidence", "--sign-key", key, "-o", scans.directory("never"), env=scans.environment(SIM))
            self.assertEqual((done.returncode, len(done.stderr.splitlines())), (2, 1), done.stderr)
            self.assertIn(str(key), done.stderr)
        done = run("scan", "--sign-key", KEYS["ec"][0], "-o", scans.directory("never"))
        self.assertEqual((done.returncode, len(done.stderr.splitlines())), (2, 1), done.stderr)
        self.assertEqual(sum(1 for _ in scans.exchanges(SIM)), before)
        for arguments in (["verify", scans.directory("nothing")], ["verify"], ["verify", DONE.directory, "--public-key", KEYS["rsa"][1]],
                          ["report", DONE.directory, "--evidence", "-o", scans.directory("elsewhere")]):
            done = run(*arguments)
            self.assertEqual(done.returncode, 2, done.stdout + done.stderr)

    def test_no_secret_is_in_any_output(self):
        secrets = scans.secrets_of([SIM.recording], {simulator.Simulator.access_key: simulator.Simulator.secret})
        self.assertGreater(len(secrets), 3)
        planted = [*secrets.values(), EXTERNAL_ID, *(v for v in CANARIES.values() if v), "canary-of-the-config-55e0"]
        planted += [line for line in KEYS["ed25519"][0].read_text(encoding="utf-8").splitlines() if not line.startswith("-")]
        for line in SIM.recording.read_text(encoding="utf-8").splitlines():
            if '"AssumeRole"' in line:
                body = json.loads(line)["response"]["body"]
                if "<SessionToken>" in body:
                    planted.append(body.split("<SessionToken>")[1].split("<")[0].strip())
        everything = {**tree(DONE.directory), "stdout": DONE.out.encode(), "stderr": DONE.err.encode()}
        unzipped = simulator.SCRATCH / "evidence-unzipped"
        shutil.rmtree(unzipped, ignore_errors=True)
        shutil.unpack_archive(DONE.directory / "report.xlsx", unzipped, "zip")
        everything |= {f"xlsx/{name}": data for name, data in tree(unzipped).items()}
        found = {(name, secret) for name, data in everything.items() for secret in planted if secret.encode() in data}
        self.assertEqual(found, set())
        self.assertIn(b"canary-of-the-config-55e0", CONFIG_FILE.read_bytes())

    def test_a_scan_without_evidence_leaves_none_of_the_run_before(self):
        copy = self.copy()
        with scans.Simulator("seed-broken", name="evidence-again") as sim:
            done = scans.scan(sim, "--no-ungoverned", to=copy)
        self.assertEqual(done.code, 3, done.err)
        self.assertFalse((copy / "evidence").exists())
        self.assertIn("it was the evidence of the previous run", done.err)
        for flags in ([], ["--all"], ["-M", "json"]):
            compared = run("diff", DONE.directory, copy, *flags)
            self.assertIn(compared.returncode, (0, 3), compared.stderr)
            self.assertEqual(compared.stderr, "")


if __name__ == "__main__":
    unittest.main()
