"""The AWS CLI runs as a program and, many times, inside one process."""
import http.server
import pathlib
import subprocess
import threading
import unittest

import samples  # noqa: F401 (puts tests/tools on the path)
import awslib

TOOLS = pathlib.Path(__file__).resolve().parent.parent / "tools"


class Answer(http.server.BaseHTTPRequestHandler):
    """Answers every call with an empty list of keys, and remembers the call."""

    def do_POST(self):  # noqa: N802
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        self.server.calls.append((self.headers["x-amz-target"], self.headers["authorization"], body))
        self.send_response(200)
        self.send_header("content-type", "application/x-amz-json-1.1")
        self.send_header("content-length", "11")
        self.end_headers()
        self.wfile.write(b'{"Keys":[]}')

    def log_message(self, *_):
        pass


class Cli(unittest.TestCase):
    def setUp(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.server.calls = []
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.endpoint = f"http://127.0.0.1:{self.server.server_address[1]}"

    def test_program_tells_its_version(self):
        done = subprocess.run([TOOLS / "aws", "--version"], capture_output=True, text=True, check=True)
        self.assertRegex(done.stdout, r"^aws-cli/1\.\d+\.\d+ Python/3")

    def test_driver_runs_many_times_with_its_own_identity(self):
        one = awslib.Cli("AKIAONE", "s", region="eu-west-1", endpoint=self.endpoint)
        two = awslib.Cli("AKIATWO", "s", "token", region="eu-west-2", endpoint=self.endpoint)
        for cli in (one, two, one):
            done = cli.run("kms", "list-keys", "--limit", "7")
            self.assertEqual((done.code, done.json, done.err), (0, {"Keys": []}, ""))
        self.assertEqual([call[0] for call in self.server.calls], ["TrentService.ListKeys"] * 3)
        scopes = [call[1].split("Credential=")[1].split("/")[::2][:2] for call in self.server.calls]
        self.assertEqual(scopes, [["AKIAONE", "eu-west-1"], ["AKIATWO", "eu-west-2"],
                                  ["AKIAONE", "eu-west-1"]])

    def test_driver_reports_failure_without_raising(self):
        cli = awslib.Cli("AKIAONE", "s", region="eu-west-1", endpoint="http://127.0.0.1:1")
        done = cli.run("kms", "list-keys")
        self.assertNotEqual(done.code, 0)
        self.assertIn("Could not connect", done.err)
        self.assertNotEqual(cli.run("kms", "no-such-operation").code, 0)

    def test_client_sends_wrong_input_as_it_is(self):
        client = awslib.client("kms", "eu-west-1", "AKIAONE", "s", endpoint=self.endpoint)
        client.list_keys(Limit="many")
        self.assertEqual(self.server.calls[-1][2], '{"Limit": "many"}')


if __name__ == "__main__":
    unittest.main()
