#!/usr/bin/env python3
"""Writes docs/images/terminal.png and docs/images/report.png: a scan of a simulated organization with failures.

usage: scripts/docs_images.py [BUILD-DIRECTORY]     needs chromium; the directory is build by default
"""

import fcntl
import html
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

TREE = Path(__file__).resolve().parent.parent
COLUMNS = 100
LINES = 35
COLORS = {"31": "#f28b82", "32": "#81c995", "33": "#fdd663", "34": "#8ab4f8", "36": "#78d9ec"}
PAGE = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; background: #1e2126; }}
pre {{ margin: 0; padding: 18px 22px; color: #dadce0; font: 14px/19px "DejaVu Sans Mono", "Liberation Mono", monospace; }}
.prompt {{ color: #9aa0a6; }}
</style><pre>{}</pre>"""


def in_terminal(command, environment, directory):
    """What a command prints on a terminal, bytes."""
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir(directory)
        os.execve(command[0], command, environment)
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
    output = b""
    while True:
        try:
            piece = os.read(fd, 65536)
        except OSError:
            break
        if not piece:
            break
        output += piece
    os.waitpid(pid, 0)
    return output


def as_html(output):
    """The last state of each line, with its colors as HTML."""
    lines = [line.split("\r")[-1] for line in output.decode().replace("\r\n", "\n").split("\n")]
    text = "\n".join(re.sub(r"\x1b\[[0-9]*K", "", line) for line in lines).strip("\n")
    text = "\n".join(text.split("\n")[:LINES])
    result, opened = "", 0
    for piece in re.split(r"(\x1b\[[0-9;]*m)", text):
        code = re.fullmatch(r"\x1b\[([0-9;]*)m", piece)
        if code is None:
            result += html.escape(piece)
        elif code[1] in ("", "0"):
            result += "</span>" * opened
            opened = 0
        else:
            style = "font-weight: bold" if code[1] == "1" else f"color: {COLORS.get(code[1], 'inherit')}"
            result += f'<span style="{style}">'
            opened += 1
    return result + "</span>" * opened


def picture(page, out, width, height):
    subprocess.run(
        ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--window-size={width},{height}",
         f"--screenshot={out}", page.as_uri()],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    if out.stat().st_size >= 200_000:
        sys.exit(f"docs_images: {out} has {out.stat().st_size} bytes; the limit is 200000")


def main():
    build = (TREE / (sys.argv[1] if len(sys.argv) > 1 else "build")).resolve()
    images = TREE / "docs" / "images"
    images.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        simulator = subprocess.Popen(
            [build / "towerkeep-sim", "--world", TREE / "fixtures/worlds/seed-broken.yaml", "--listen", "127.0.0.1:0",
             "--port-file", work / "port"]
        )
        try:
            while not ((work / "port").exists() and (work / "port").read_text().strip()):
                if simulator.poll() is not None:
                    sys.exit("docs_images: the simulator did not start")
                time.sleep(0.05)
            environment = dict(
                os.environ, TERM="xterm-256color", XDG_CONFIG_HOME=folder, AWS_ACCESS_KEY_ID="AKIAMGMT00000000DEMO",
                AWS_SECRET_ACCESS_KEY="demo-secret-management", AWS_REGION="eu-central-1",
                AWS_ENDPOINT_URL=f"http://127.0.0.1:{(work / 'port').read_text().strip()}",
            )
            words = ["scan", "-o", "audit", "-M", "json,xlsx,html"]
            output = in_terminal([str(build / "towerkeep"), *words], environment, folder)
        finally:
            simulator.terminate()
            simulator.wait()
        page = work / "terminal.html"
        page.write_text(
            PAGE.format(f'<span class="prompt">$</span> towerkeep {" ".join(words)}\n' + as_html(output)), encoding="utf-8"
        )
        picture(page, images / "terminal.png", 900, 19 * (LINES + 1) + 36)
        picture(work / "audit" / "report.html", images / "report.png", 1280, 1000)


main()
