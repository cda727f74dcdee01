"""The lock around the compiler: whoever waits long is told for what."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from model.inference.likelihood import compiled as native
from model.inference.likelihood import entry, forward_entry, jit

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
    with native.one_compiler(path):
        assert holder.returncode == 0
    monkeypatch.undo()
    native._waited_for(path)
    assert str(path) in capsys.readouterr().err


def test_a_free_lock_is_taken_in_silence(tmp_path, capsys):
    with native.one_compiler(tmp_path / "system.lock"):
        pass
    assert capsys.readouterr().err == ""


def test_users_and_copies_of_the_sources_do_not_share_a_lock(monkeypatch):
    """Nobody can open what another user left in the temporary folder; another copy's cache is not read."""
    paths = set()
    for user in (0, 1000):
        for folder in ("here", "there"):
            monkeypatch.setattr("os.getuid", lambda user=user: user)
            monkeypatch.setattr(jit, "FOLDER", Path(folder))
            monkeypatch.setattr(jit.config, "CACHE_DIR", "")
            monkeypatch.setattr(jit, "version", lambda: 1)
            paths.add(native.lock_path("system"))
    assert len(paths) == 4


@pytest.mark.parametrize("module", [entry, forward_entry])
@pytest.mark.parametrize("other", ["entry._other-1.py313.nbi", ""])
def test_what_is_not_in_the_cache_is_compiled_in_a_process_of_its_own(module, other, tmp_path, monkeypatch):
    """Also when only the other entry point is there: what compiles keeps other last digits than what loads."""
    function = next(f for f in (getattr(module, n, None) for n in ("_system", "_forward")) if f)
    ran = []
    monkeypatch.setattr(native, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr(native, "run_tied", lambda source, _: ran.append(source))
    monkeypatch.setattr(native, "entry", lambda _: lambda f: f)
    if other:
        (tmp_path / other).write_bytes(b"")
    assert native.compiled(module.SIGNATURE, function) is function
    assert ran == [f"from {module.__name__} import compile_here; compile_here()"]
    (tmp_path / f"{module.__name__.split('.')[-1]}.{function.__name__}-1.py313.nbi").write_bytes(b"")
    native.compiled(module.SIGNATURE, function)
    assert len(ran) == 1
