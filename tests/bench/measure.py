"""What both measurements share: a simulator, programs pinned apart from it, what they cost."""
import argparse
import contextlib
import os
import pathlib
import platform
import re
import signal
import subprocess
import time

ACCESS_KEY, SECRET = "AKIAMGMT00000000DEMO", "demo-secret-management"
HOME = "eu-central-1"
SCAN_ENDS = (0, 3, 4)  # reached its end, whatever it found


def cores():
    """(core of the simulator, core of the clients); (None, None) on a machine with one."""
    known = sorted(os.sched_getaffinity(0))
    return (known[1], known[0]) if len(known) > 1 else (None, None)


def pin(core):
    return None if core is None else lambda: os.sched_setaffinity(0, {core})


def arguments(description, accounts):
    """A parser with what every measurement takes."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("--towerkeep", required=True)
    parser.add_argument("--sim", required=True)
    parser.add_argument("--accounts", type=int, default=accounts)
    return parser


def machine():
    """One line that says what the figures were taken on."""
    info = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
    model = re.search(r"model name\s*:\s*(.+)", info)
    memory = re.search(r"MemTotal:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text("utf-8"))
    return (f"{os.cpu_count()} cores {model[1] if model else platform.machine()}, "
            f"{int(memory[1]) // 1048576} GiB, Linux {platform.release()}")


def clean_environment():
    """Ours without what would steer an AWS client or towerkeep."""
    return {name: value for name, value in os.environ.items()
            if not name.startswith(("AWS_", "TOWERKEEP_"))} | {
                "AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET,
                "AWS_REGION": HOME, "AWS_CONFIG_FILE": "/dev/null",
                "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_EC2_METADATA_DISABLED": "true"}


def cpu_of(pid):
    """CPU seconds a live process has used."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def simulator(program, spec, folder, *more):
    """Yields (url, pid) of a simulator that serves a generated world on its own core."""
    port_file = pathlib.Path(folder) / "port"
    port_file.unlink(missing_ok=True)
    with open(pathlib.Path(folder) / "sim.log", "wb") as log:
        process = subprocess.Popen(
            [program, "--generate", spec, "--port-file", port_file, "--throttle", "off", *more],
            stderr=log, preexec_fn=pin(cores()[0]))
        try:
            while not port_file.exists():
                if process.poll() is not None:
                    raise SystemExit(f"{program} ended at once; see {folder}/sim.log")
                time.sleep(0.02)
            yield f"http://127.0.0.1:{port_file.read_text('utf-8').strip()}", process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def high_water_kib(pid):
    """VmHWM: the largest resident set so far; 0 when the process is gone."""
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text("utf-8")
    except OSError:
        return 0
    found = re.search(r"VmHWM:\s+(\d+)", status)
    return int(found[1]) if found else 0


def run(command, log):
    """Runs a program on the clients' core: {cpu, user, system, wall, rss_mib, code}."""
    with open(log, "wb") as out:
        began = time.monotonic()
        process = subprocess.Popen(command, stdout=out, stderr=out, env=clean_environment(),
                                   preexec_fn=pin(cores()[1]))
        high = 0
        while True:
            # ru_maxrss would count the moment between fork and exec, which is Python's.
            high = max(high, high_water_kib(process.pid))
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            time.sleep(0.01)
        process.returncode = os.waitstatus_to_exitcode(status)
    return {"cpu": usage.ru_utime + usage.ru_stime, "user": usage.ru_utime,
            "system": usage.ru_stime, "wall": time.monotonic() - began,
            "rss_mib": high / 1024, "code": process.returncode}


def scan(program, url, output, *more, formats="json"):
    """A scan without pacing; ends the program when the scan did not reach its end."""
    log = f"{output}.log"
    result = run([program, "scan", "--endpoint-url", url, "--unpaced", "--progress", "none",
                  "-M", formats, "-o", output, *more], log)
    if result["code"] not in SCAN_ENDS:
        raise SystemExit(f"towerkeep scan ended with {result['code']}; see {log}")
    return result
