"""A fit's place: one writer, the whole moved in at once, nothing lost that is not a fit."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from model.errors import DataError, UsageError
from model.store import PROJECT, place
from model.store.place import changing, is_complete, partial, recover, writing
from model.store.seal import damage, open_for, seal, strangers, unfinished

GOOD = {"diagnostics": {"vendor": {"passed": True}}}
BAD = {"diagnostics": {"vendor": {"passed": False}}}


def say(_: str) -> None: ...


def fill(folder: Path, word: str, manifest=None) -> Path:
    """A small fit that says one word everywhere."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manifest.json").write_text(json.dumps((manifest or GOOD) | {"word": word}))
    (folder / "gate.json").write_text(word)
    (folder / "tables").mkdir(exist_ok=True)
    (folder / "tables" / "event.csv").write_text(word)
    seal(folder)
    return folder


def said(folder: Path) -> set[str]:
    """Every word in a fit's files; more than one is a mix."""
    words = {p.read_text() for p in (folder / "gate.json", folder / "tables" / "event.csv")}
    return words | {json.loads((folder / "manifest.json").read_text())["word"]}


def broken_off(out: Path, work, resume: bool = False) -> None:
    """Begin a fit, do some of it, and be interrupted."""
    with contextlib.suppress(KeyboardInterrupt), writing(out, say, resume) as here:
        work(here.folder)
        raise KeyboardInterrupt


@pytest.mark.parametrize("exchange", [True, False])
@pytest.mark.parametrize("before", ["nothing", "empty", "a fit"])
def test_what_was_written_stands_in_its_place_at_the_end(tmp_path, monkeypatch, exchange, before):
    if not exchange:
        monkeypatch.setattr(place, "_swapped", lambda *_: False)
    out = tmp_path / "fit"
    if before == "empty":
        out.mkdir()
    if before == "a fit":
        fill(out, "old")
    with writing(out, say) as here:
        fill(here.folder, "new")
        assert before != "a fit" or said(out) == {"old"}
        assert here.move_in() == out
    assert said(out) == {"new"}
    assert not damage(out)
    assert sorted(p.name for p in tmp_path.iterdir()) == [".fit.lock", "fit"]


def test_what_was_refused_leaves_a_complete_fit_alone(tmp_path):
    out = fill(tmp_path / "fit", "old")
    for word in ("first", "second"):
        with writing(out, say) as here:
            fill(here.folder, word, BAD)
            assert here.set_aside() == tmp_path / "fit.refused"
        assert said(tmp_path / "fit.refused") == {word}
    assert said(out) == {"old"}


def test_what_was_refused_takes_the_place_of_what_was_refused(tmp_path):
    out = fill(tmp_path / "fit", "old", BAD)
    assert not is_complete(out)
    with writing(out, say) as here:
        fill(here.folder, "new", BAD)
        assert here.set_aside() == out
    assert said(out) == {"new"}


def test_a_failure_leaves_the_old_fit_and_no_litter(tmp_path):
    out = fill(tmp_path / "fit", "old")
    broken_off(out, lambda folder: fill(folder, "new"))
    assert said(out) == {"old"}
    assert not partial(out).exists()


def test_finished_readings_of_an_interrupted_run_are_kept_for_resume_and_told_otherwise(tmp_path):
    out = tmp_path / "fit"

    def sample(folder: Path) -> None:
        (folder / "checkpoint").mkdir()
        (folder / "checkpoint" / "vendor.nc").write_text("draws")

    found: list[str] = []
    broken_off(out, sample)
    broken_off(out, lambda f: found.append((f / "checkpoint" / "vendor.nc").read_text()), resume=True)
    assert found == ["draws"]
    told: list[str] = []
    with writing(out, told.append) as here:
        assert list(here.folder.iterdir()) == []
    assert len(told) == 1
    assert "interrupted run" in told[0]


def _file(out: Path) -> None:
    out.write_text("mine")


def _notes(out: Path) -> None:
    fill(out, "old")
    (out / "notes.txt").write_text("mine")


def _folder(out: Path) -> None:
    (out / "thesis").mkdir(parents=True)


def _link(out: Path) -> None:
    fill(out.parent / "elsewhere", "mine")
    out.symlink_to(out.parent / "elsewhere")


def _inner_link(out: Path) -> None:
    fill(out, "old")
    (out.parent / "mine").write_text("mine")
    (out / "tables" / "link.csv").symlink_to(out.parent / "mine")


@pytest.mark.parametrize("make", [_file, _notes, _folder, _link, _inner_link])
def test_what_is_no_fit_is_neither_written_to_nor_removed(tmp_path, make):
    out = tmp_path / "fit"
    make(out)
    before = sorted((p, p.is_symlink() or p.is_dir() or p.read_text()) for p in tmp_path.rglob("*"))
    with pytest.raises(UsageError) as error, writing(out, say):
        raise AssertionError("never entered")
    assert error.value.remedy
    assert sorted((p, p.is_symlink() or p.is_dir() or p.read_text()) for p in tmp_path.rglob("*")) == before


@pytest.mark.parametrize("name", ["/", ".hidden", "/proc"])
def test_places_that_cannot_be_a_fits(tmp_path, name):
    with pytest.raises(UsageError), writing(tmp_path / name, say):
        raise AssertionError("never entered")


def test_a_files_added_later_is_covered_and_may_be_in_the_way_of_nothing(tmp_path):
    out = fill(tmp_path / "fit", "old")
    (out / "more.json").write_text("later")
    with changing(out, out / "more.json"):
        (out / "more.json").write_text("later still")
    assert not damage(out)
    assert strangers(out) == []
    with writing(out, say) as here:
        fill(here.folder, "new")
        here.move_in()
    assert not (out / "more.json").exists()


def test_a_follow_up_cut_short_leaves_a_fit_that_opens_and_a_file_that_does_not_count(tmp_path):
    out = fill(tmp_path / "fit", "old")
    page = out / "tables" / "event.csv"
    open_for(out, [page])
    page.write_text("half of wh")
    assert damage(out) == []
    assert unfinished(out) == ["tables/event.csv"]
    with changing(out, page):
        page.write_text("whole")
    assert unfinished(out) == []
    page.write_text("changed")
    assert damage(out) == ["tables/event.csv was changed after the fit"]


def test_a_follow_up_writes_no_file_of_the_fit_itself(tmp_path):
    out = fill(tmp_path / "fit", "old")
    with pytest.raises(DataError, match="belongs to the fit alone"), changing(out, out / "gate.json"):
        raise AssertionError("never entered")
    assert damage(out) == []


HOLD = "import sys, time\nfrom pathlib import Path\nfrom model.store.place import writing\n" \
       "with writing(Path(sys.argv[1]), print) as here:\n    print('held', flush=True)\n    time.sleep(60)\n"  # fmt: skip


def test_a_second_writer_is_refused_and_a_dead_ones_lock_is_told_and_taken(tmp_path):
    out = tmp_path / "fit"
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(out)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(PROJECT)},
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "held\n"
    with pytest.raises(UsageError, match=f"written by process {other.pid} on "), writing(out, say):
        raise AssertionError("never entered")
    other.send_signal(signal.SIGKILL)
    other.wait()
    told: list[str] = []
    with writing(out, told.append):
        pass
    assert f"from process {other.pid} on " in told[0]
    told.clear()
    with writing(out, told.append):
        pass
    assert told == []


def test_a_swap_cut_short_between_two_renames_is_put_back(tmp_path):
    out = fill(tmp_path / "fit", "old")
    out.rename(tmp_path / ".fit.old")
    fill(partial(out), "new")
    recover(out)
    assert said(out) == {"old"}
    fill(tmp_path / ".fit.old", "older")
    recover(out)
    assert said(out) == {"old"}
    assert not (tmp_path / ".fit.old").exists()


def _swaps(out: str) -> None:
    k = 0
    while True:
        k += 1
        with writing(Path(out), say) as here:
            fill(here.folder, f"new {k}")
            here.move_in()


@pytest.mark.parametrize("wait", [0.3, 0.5, 0.7, 0.9, 1.1])
def test_killed_at_any_moment_a_place_holds_one_whole_fit(tmp_path, wait):
    out = fill(tmp_path / "fit", "old")
    process = multiprocessing.get_context("spawn").Process(target=_swaps, args=(str(out),))
    process.start()
    deadline = time.monotonic() + 60.0
    while said_or_nothing(out) == {"old"} and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(wait)
    process.kill()
    process.join()
    recover(out)
    assert not damage(out)
    assert len(said(out)) == 1
    with writing(out, say) as here:
        fill(here.folder, "last")
        here.move_in()
    assert said(out) == {"last"}
    assert sorted(p.name for p in tmp_path.iterdir()) == [".fit.lock", "fit"]


def said_or_nothing(folder: Path) -> set[str]:
    """Words, or nothing while a swap is under way."""
    try:
        return said(folder)
    except FileNotFoundError:
        return set()
