"""A fit of an evening knows what that evening knew, and samples no reading twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from model.design.subject import Request, known_by, load_subject, not_read, readings
from model.errors import DataError
from model.events.card import load_event


def request(as_of: str | None, window: str | None = None) -> Request:
    known = date.fromisoformat(as_of) if as_of else None
    return Request(event="2026-02-05", out=Path("x"), as_of=known, window=window)


def test_the_question_of_the_events_first_evening():
    subject = load_subject(request("2026-02-05"))
    assert subject.card.days == (date(2026, 2, 5),)
    assert subject.design.dates[-1].date() == date(2026, 2, 5)
    assert np.isnan(subject.design.flows[-1]).all()
    assert subject.book is not None
    assert {r.name for r in readings(subject, "both")} == {"vendor", "next_day", "no_positions"}


def test_facts_that_were_not_published_are_not_told():
    card = load_event("2026-02-05")
    assert any(f.at.date() == date(2026, 2, 13) for f in card.facts)
    for day in (date(2026, 2, 5), date(2026, 2, 9), date(2026, 2, 12)):
        assert all(f.at.date() <= day for f in known_by(card, day).facts)
    assert known_by(card, date(2026, 2, 13)).facts == card.facts


def test_statements_about_later_days_wait():
    card = load_event("2026-02-05")
    late = replace(card, evidence=tuple(replace(s, strength=1.0) for s in card.evidence))
    assert known_by(late, date(2026, 2, 5)).evidence == late.evidence
    assert known_by(card, date(2026, 2, 5)).window[1] == date(2026, 2, 5)


def test_before_the_event_there_is_no_question():
    with pytest.raises(DataError, match="had not begun"):
        load_subject(request("2026-02-04"))


def test_a_reading_that_would_repeat_another_is_not_sampled():
    subject = load_subject(request(None))
    assert not not_read(subject, "both")
    design = replace(
        subject.design, positions=np.zeros(0), position_days=(), position_expiry=np.zeros(0), event_days=()
    )
    bare = replace(subject, design=design)
    assert [r.name for r in readings(bare, "both")] == ["vendor"]
    said = " ".join(not_read(bare, "both"))
    assert "next-day reading moves no trade" in said
    assert "weekly positions" in said


def test_what_the_window_lacks_is_not_supplied(event_panel):
    frame = event_panel.frame
    assert "short" in event_panel.supplied
    between = event_panel.window("2026-02-04", "2026-02-06")  # no position date among these days
    assert frame["short"].notna().any()
    assert "short" not in between.supplied
    assert "implied_vol" in between.supplied
