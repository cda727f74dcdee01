"""Runs of verbs: numbered, never overwritten, only for the draws they were made from."""

from __future__ import annotations

from pathlib import Path

import pytest

from model.errors import UsageError
from model.report.entries import MOST_ROWS, Entry, command, entries, record

MANIFEST = {"files": {"posterior.nc": "a" * 64}}


def entry(sentence: str, verb: str = "what_if") -> Entry:
    return Entry(verb, sentence, "USD m", [{"label": "a", "mid": 1.0, "low": 0.0, "high": 2.0}], ["a note"])


def test_a_second_run_does_not_overwrite_the_first(tmp_path: Path) -> None:
    paths = [record(entry(s), tmp_path, MANIFEST)[0] for s in ("first", "second")]
    assert [p.name for p in paths] == ["what_if-1.json", "what_if-2.json"]
    found = entries(tmp_path, MANIFEST)
    assert [(r.entry.sentence, r.number) for r in found] == [("second", 2), ("first", 1)]
    assert found[0].entry == entry("second")


def test_a_run_on_other_draws_is_not_read(tmp_path: Path) -> None:
    record(entry("old"), tmp_path, MANIFEST)
    assert entries(tmp_path, {"files": {"posterior.nc": "b" * 64}}) == []


def test_verbs_come_in_their_order_and_strangers_are_refused(tmp_path: Path) -> None:
    for verb in ("news", "rivals", "organic"):
        record(entry("x", verb), tmp_path, MANIFEST)
    (tmp_path / "entries" / "evil-1.json").write_text("{}")
    assert [r.entry.verb for r in entries(tmp_path, MANIFEST)] == ["rivals", "organic", "news"]
    with pytest.raises(UsageError):
        record(entry("x", "../evil"), tmp_path, MANIFEST)


def test_a_picture_has_a_bounded_number_of_rows(tmp_path: Path) -> None:
    rows = [{"label": str(i), "mid": float(i)} for i in range(MOST_ROWS + 5)]
    record(Entry("organic", "x", "USD m", rows), tmp_path, MANIFEST)
    assert len(entries(tmp_path, MANIFEST)[0].entry.rows) == MOST_ROWS


def test_the_command_is_the_scripts_own() -> None:
    assert (
        command(["/a/b/scripts/what_if.py", "fit", "--set", "gamma=0 x"])
        == "uv run scripts/what_if.py fit --set 'gamma=0 x'"
    )
    assert command(["pytest"]) == ""
