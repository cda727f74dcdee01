"""The lock around the compiler: whoever waits long is told for what."""

from __future__ import annotations

import subprocess
import sys

from model.inference.likelihood import entry as native
from model.inference.likelihood import jit

HOLDER = """
import sys, time
from filelock import FileLock
with FileLock(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.readline()
"""


def test_a_process_that_waits_for_the_compiler_says_so(tmp_path, monkeypatch, capsys):
    path = tmp_path / "system.lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    monkeypatch.setattr(native, "PATIENCE", 0.05)
    monkeypatch.setattr(native, "_waited_for", lambda _: holder.communicate("go\n", timeout=20))
    with native._one_compiler(path):
        assert holder.returncode == 0
    monkeypatch.undo()
    native._waited_for(path)
    assert str(path) in capsys.readouterr().err


def test_a_free_lock_is_taken_in_silence(tmp_path, capsys):
    with native._one_compiler(tmp_path / "system.lock"):
        pass
    assert capsys.readouterr().err == ""


def test_users_do_not_share_a_lock(monkeypatch):
    """Two users of one machine: the second can neither open nor remove what the first left in the temporary folder."""
    paths = set()
    for user in (0, 1000, 1001):
        monkeypatch.setattr("os.getuid", lambda user=user: user)
        paths.add(jit.lock_path("system"))
    assert len(paths) == 3
