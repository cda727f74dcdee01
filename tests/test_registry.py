"""A component and a measurement are registered in a fresh process, and everything runs over them."""

from __future__ import annotations

import os
import subprocess
import sys

from model.store import PROJECT as ROOT


def test_a_registered_toy_is_known_everywhere():
    """The tests of tests/toy, in a process in which the toys were registered before anything was imported."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests" / "support")])
    command = [sys.executable, "-m", "pytest", "-q", "-p", "toy_registry", "-p", "no:xdist", "tests/toy"]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert " passed" in done.stdout
