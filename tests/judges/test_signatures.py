"""The independent signer agrees with botocore on every protocol, and tells a changed request."""
import json
import pathlib
import subprocess
import tempfile
import unittest

import samples

RESIGN = pathlib.Path(__file__).resolve().parent.parent / "tools" / "resign.mjs"


class Resign(unittest.TestCase):
    def run_on(self, *exchanges, secrets=None):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            (folder / "secrets.json").write_text(
                json.dumps(secrets or {samples.ACCESS_KEY: samples.SECRET}))
            (folder / "rec").write_text("".join(json.dumps(one) + "\n" for one in exchanges))
            return subprocess.run(
                ["node", RESIGN, "--secrets", folder / "secrets.json", folder / "rec"],
                capture_output=True, text=True, check=False)

    def refuses(self, one, words):
        done = self.run_on(one)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn(words, done.stdout)

    def test_signatures_of_every_protocol_are_equal(self):
        session = samples.capture("kms", "list_keys", {}, samples.json_answer({"Keys": []}),
                                  token="a/session+token==")
        done = self.run_on(session, *(sample() for sample in samples.ALL))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertTrue(done.stdout.startswith(f"{len(samples.ALL) + 1} signatures"), done.stdout)

    def test_s3_keys_with_odd_characters_are_signed_as_s3_does(self):
        one = samples.capture("s3", "get_object_tagging", {
            "Bucket": "bucket", "Key": "a b/\u00e4+%2F:~.txt", "VersionId": "x/y=z&"},
            samples.xml_answer(f'<Tagging xmlns="{samples.S3}"><TagSet/></Tagging>',
                               **samples.S3_HEADERS))
        done = self.run_on(one)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_changed_body_path_query_and_header_are_told(self):
        one = samples.kms_list_keys()
        one["request"]["body"] = '{"Limit": 6}'
        self.refuses(one, "kms.ListKeys: signature is")
        one = samples.backup_list_vaults()
        one["request"]["target"] = one["request"]["target"].replace("=3", "=4")
        self.refuses(one, "signature is")
        one = samples.s3_put_tags()
        one["request"]["body"] += " "
        self.refuses(one, "x-amz-content-sha256")
        one = samples.kms_list_keys()
        one["request"]["headers"]["x-amz-security-token"] = "added"
        self.refuses(one, "x-amz-security-token is not signed")

    def test_wrong_and_unknown_secrets_are_told(self):
        done = self.run_on(samples.kms_list_keys(), secrets={samples.ACCESS_KEY: "other"})
        self.assertEqual(done.returncode, 1)
        done = self.run_on(samples.kms_list_keys(), secrets={"AKIAOTHER": "other"})
        self.assertIn("no secret known", done.stdout)

    def test_nothing_checked_fails(self):
        self.assertEqual(self.run_on().returncode, 1)
        one = samples.kms_list_keys()
        del one["request"]["headers"]["authorization"]
        self.refuses(one, "no signed exchange")


if __name__ == "__main__":
    unittest.main()
