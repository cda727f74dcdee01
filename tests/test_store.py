"""Files are whole or not there, and as readable as any other file of the user."""

import os

import pytest

from model.store import write_atomic


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
