"""The AWS CLI that the npm package @aws-cdk/asset-awscli-v1 carries, unpacked once per machine tree.

root() is the folder to put on sys.path: it holds awscli (with botocore as awscli.botocore).
Run as a program it is the CLI: awsbundle.py sts get-caller-identity ...
"""
import os
import pathlib
import runpy
import shutil
import sys
import tempfile
import zipfile

TESTS = pathlib.Path(__file__).resolve().parent.parent
ASSET = TESTS / "node_modules" / "@aws-cdk" / "asset-awscli-v1"
LAYER = ASSET / "lib" / "layer.zip"


def cache_dir():
    """Where unpacked judges live: under a build tree, so that git never sees it."""
    named = os.environ.get("TOWERKEEP_JUDGE_CACHE")
    return pathlib.Path(named) if named else TESTS.parent / "build" / "judges"


def keep_bytecode():
    """Compiled modules are kept under the build tree: to compile the CLI's takes longer than most of its commands."""
    sys.pycache_prefix = str(cache_dir() / "pycache")
    sys.dont_write_bytecode = False


def root():
    """Unpacks the CLI if it is not there yet, and returns the folder that holds its modules."""
    keep_bytecode()
    if not LAYER.exists():
        raise SystemExit(f"awscli: {LAYER} is missing; run scripts/setup.sh tests")
    stat = LAYER.stat()
    folder = cache_dir() / f"awscli-{stat.st_size}-{int(stat.st_mtime)}"
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        aside = tempfile.mkdtemp(prefix=".awscli-", dir=folder.parent)
        try:
            with zipfile.ZipFile(LAYER) as layer:
                layer.extractall(aside)
            os.chmod(aside, 0o755)
            # Two tests may unpack at once: the first rename wins, the other's copy is dropped.
            os.rename(aside, folder)
        except OSError:
            if not folder.exists():
                raise
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    return folder / "awscli"


def file_or_skip(find):
    """The file that find() names; ends a test as skipped (77) where this machine does not have it."""
    try:
        path = find()
    except SystemExit as missing:
        print(f"skipped: {missing}")
        raise SystemExit(77) from missing
    if not path.is_file():
        print(f"skipped: no {path}")
        raise SystemExit(77)
    return path


def data_dir():
    """botocore's folder of official service models."""
    return root() / "awscli" / "botocore" / "data"


def main():
    sys.path.insert(0, str(root()))
    sys.argv[0] = "aws"
    runpy.run_module("awscli", run_name="__main__")


if __name__ == "__main__":
    main()
