"""botocore clients and the AWS CLI inside this process: a CLI process of its own costs about a second
of CPU per call, here only the first call does.

client("kms", "eu-central-1", key, secret, token, endpoint) is a botocore client that does not retry.
Cli(key, secret, token, region, endpoint).run("kms", "list-keys") is the CLI's own driver; it returns
CliResult(code, out, err), whose .json parses what it printed.
"""
import collections
import contextlib
import io
import json
import os
import sys

import awsbundle

sys.path.insert(0, str(awsbundle.root()))

for _name in [n for n in os.environ if n.startswith("AWS_")]:
    del os.environ[_name]
os.environ.update(AWS_CONFIG_FILE="/dev/null", AWS_SHARED_CREDENTIALS_FILE="/dev/null",
                  AWS_EC2_METADATA_DISABLED="true", AWS_PAGER="", LC_ALL="C.UTF-8")

import awscli.clidriver  # noqa: E402
# The CLI answers to the name botocore for the copy it carries; by another name it would be a second
# copy, whose exceptions nobody catches.
from botocore.config import Config  # noqa: E402
from botocore.exceptions import ClientError  # noqa: E402,F401 (for those who catch it)
from botocore.session import Session  # noqa: E402

_session = None


def client(service, region, access_key, secret, token=None, endpoint=None, **config):
    """A client for one service, Region and identity. Parameters are sent as given, unvalidated, so
    that it is the server that refuses wrong input; pass parameter_validation=True to change that."""
    global _session
    if _session is None:
        _session = Session()
    settings = {"retries": {"total_max_attempts": 1}, "parameter_validation": False,
                "connect_timeout": 10, "read_timeout": 60, "s3": {"addressing_style": "path"}}
    settings.update(config)
    return _session.create_client(
        service, region_name=region, aws_access_key_id=access_key, aws_secret_access_key=secret,
        aws_session_token=token, endpoint_url=endpoint, config=Config(**settings))


class CliResult(collections.namedtuple("CliResult", "code out err")):
    @property
    def json(self):
        return json.loads(self.out)


class Cli:
    """The AWS CLI for one identity, Region and endpoint; keep it and call run() many times."""

    def __init__(self, access_key, secret, token=None, region="us-east-1", endpoint=None):
        self._environment = {
            "AWS_ACCESS_KEY_ID": access_key, "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_DEFAULT_REGION": region, "AWS_REGION": region, "AWS_MAX_ATTEMPTS": "1",
            "AWS_RETRY_MODE": "standard", "AWS_DEFAULT_OUTPUT": "json",
        }
        if token:
            self._environment["AWS_SESSION_TOKEN"] = token
        if endpoint:
            self._environment["AWS_ENDPOINT_URL"] = endpoint
        self._driver = None

    def run(self, *args):
        """Runs `aws args...`; never raises for a failing command."""
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
                    for _ in range(2))
        kept = os.environ.copy()
        os.environ.update(self._environment)
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                try:
                    if self._driver is None:
                        self._driver = awscli.clidriver.create_clidriver()
                    code = self._driver.main([str(arg) for arg in args])
                except SystemExit as stop:
                    code = stop.code
        finally:
            os.environ.clear()
            os.environ.update(kept)
        text = [stream.buffer.getvalue().decode("utf-8") for stream in (out, err)]
        return CliResult(code or 0, *text)
