"""Files are whole or not there, and as readable as any other file of the user."""

import os
from pathlib import Path

import pytest

from model.errors import DataError
from model.store import read_json, write_atomic, written


def test_a_written_file_has_the_permissions_of_an_ordinary_new_file(tmp_path):
    ordinary = tmp_path / "ordinary"
    ordinary.write_text("x")
    write_atomic(tmp_path / "folder" / "atomic", b"x")
    assert (tmp_path / "folder" / "atomic").stat().st_mode == ordinary.stat().st_mode


def test_an_interruption_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "manifest.json"
    write_atomic(path, b"old")

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda p: p.write_text("a file"), "a part of the path is a file|it is a file"),
        (lambda p: p.mkdir(), ""),
    ],
)
def test_what_the_system_says_of_a_write_is_a_named_error(tmp_path, make, why):
    make(tmp_path / "here")
    target = tmp_path / "here" / "inside" / "file"
    if not why:
        with written(target):
            write_atomic(target, b"x")
        assert target.read_bytes() == b"x"
        return
    with pytest.raises(DataError, match=why) as error, written(target):
        write_atomic(target, b"x")
    assert error.value.remedy


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_a_full_disk_is_named():
    with pytest.raises(DataError, match="no space is left"), written(Path("/dev/full")):
        Path("/dev/full").write_bytes(b"x" * 10)


def test_errors_that_are_no_write_pass():
    with pytest.raises(RuntimeError, match="other"), written(Path("x")):
        raise RuntimeError("other")


@pytest.mark.parametrize("content", [b"{", b"[1]", b"\xff\xfe", b"[" * 100_000, b""])
def test_damaged_json_is_named(tmp_path, content):
    path = tmp_path / "manifest.json"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"manifest\.json is damaged"):
        read_json(path)
