"""Files are whole or not there, and as readable as any other file of the user."""

import contextlib
import errno
import os
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.figure import Figure

from model.errors import DataError, UsageError
from model.store import (
    read_json,
    require_free,
    together,
    write_atomic,
    write_csv,
    write_figure,
    write_new,
    written,
)


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


# --- what commands write --------------------------------------------------------------------------------------
def test_a_table_is_the_old_one_or_the_new_one(tmp_path, monkeypatch):
    path = tmp_path / "table.csv"
    write_csv(pd.DataFrame({"a": [1]}), path)

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_csv(pd.DataFrame({"a": [2]}), path)
    assert path.read_text() == "a\n1\n"


def test_a_picture_is_named_by_its_ending_and_whole(tmp_path):
    figure = Figure(figsize=(1, 1))
    write_figure(figure, tmp_path / "one.png", metadata={"Software": None})
    assert (tmp_path / "one.png").read_bytes()[:4] == b"\x89PNG"
    assert [p.name for p in tmp_path.iterdir()] == ["one.png"]


def test_what_must_be_new_is_never_replaced(tmp_path):
    write_new("first", tmp_path / "entry")
    with pytest.raises(FileExistsError):
        write_new("second", tmp_path / "entry")
    assert (tmp_path / "entry").read_text() == "first"
    assert len(list(tmp_path.iterdir())) == 1


def test_what_must_be_new_is_written_where_there_are_no_hard_links(tmp_path, monkeypatch):
    def none(*_):
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", none)
    write_new("first", tmp_path / "entry")
    with pytest.raises(FileExistsError):
        write_new("second", tmp_path / "entry")
    assert (tmp_path / "entry").read_text() == "first"


def test_files_are_written_over_only_when_asked(tmp_path):
    there, link = tmp_path / "a", tmp_path / "b"
    require_free(False, there)
    there.write_text("mine")
    link.symlink_to(tmp_path / "nowhere")
    for path in (there, link):
        with pytest.raises(UsageError, match=f"{path.name} exists"):
            require_free(False, tmp_path / "c", path)
    require_free(True, there, link)


@pytest.mark.parametrize("moved", range(5))
def test_files_of_two_runs_never_stand_together(tmp_path, monkeypatch, moved):
    """Interrupted at each of its steps: the main file is whole, and the others are of its run or absent."""
    main, others = tmp_path / "main", [tmp_path / n for n in ("a", "b", "gone")]
    for path in (main, *others):
        path.write_text("old")
    steps = iter(range(10))

    def counted(step):
        def work(*arguments, **named):
            if next(steps) == moved:
                raise KeyboardInterrupt
            return step(*arguments, **named)

        return work

    with contextlib.suppress(KeyboardInterrupt), together(main, *others) as beside:
        for path in (main, *others[:2]):
            beside(path).write_text("new")
        monkeypatch.setattr(os, "replace", counted(os.replace))
        monkeypatch.setattr(Path, "unlink", counted(Path.unlink))
    monkeypatch.undo()
    said = {p.read_text() for p in (main, *others) if p.exists()}
    assert said == ({"old"} if moved <= 3 else {"new"})
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]
    with together(main, *others) as beside:
        for path in (main, *others[:2]):
            beside(path).write_text("newest")
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == dict.fromkeys(("main", "a", "b"), "newest")
