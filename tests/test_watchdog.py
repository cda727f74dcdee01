"""Workers end with the process that started them, also one that is killed while they are deep in compiled code."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from model.store import PROJECT
from model.watchdog import run_tied

PROGRAM = """
import multiprocessing, os, sys, time
from concurrent.futures import ProcessPoolExecutor
from model.watchdog import end_with_parent

def busy(path, held):
    with open(path, "w") as f:
        f.write(str(os.getpid()))
    sum(range(10**11)) if held else time.sleep(600)  # the sum never lets another thread of its process run

if __name__ == "__main__":
    pool = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"), initializer=end_with_parent)
    pool.submit(busy, sys.argv[1], sys.argv[2] == "held").result()
"""


STARTED = """
import sys
from model.watchdog import run_tied

work = "sum(range(10**11))" if sys.argv[2] == "held" else "time.sleep(600)"
run_tied(f"import os, time; open({sys.argv[1]!r}, 'w').write(str(os.getpid())); {work}", sys.argv[3])
"""


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.mark.skipif(
    sys.platform != "linux", reason="reads /proc; only Linux ends what never gives up its turn"
)
@pytest.mark.parametrize("how", ["held", "waiting"])
@pytest.mark.parametrize("text", [PROGRAM, STARTED])
def test_a_worker_ends_with_its_killed_parent(tmp_path, text, how):
    program, said = tmp_path / "program.py", tmp_path / "pid"
    program.write_text(text)
    parent = subprocess.Popen(
        [sys.executable, str(program), str(said), how, str(PROJECT)], env={"PYTHONPATH": str(PROJECT)}
    )
    deadline = time.monotonic() + 60
    while not (said.is_file() and said.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    worker = int(said.read_text())
    try:
        assert alive(worker)
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        deadline = time.monotonic() + 10
        while alive(worker) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not alive(worker)
    finally:
        if alive(worker):
            os.kill(worker, signal.SIGKILL)


def test_a_tied_process_says_how_it_ended():
    assert [run_tied(f"import sys; sys.exit({code})", str(PROJECT)) for code in (0, 3)] == [0, 3]
