"""Numbers for people, and the table in the terminal."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from rich.console import Console
from synthetic_fit import REASON, gate

from model.attribution.identification import unmoved
from model.events.switches import PRIOR_SENTENCE
from model.report.figures.fit_view import FitView, open_fit
from model.report.figures.waterfall import book_note
from model.report.page.content import dealers
from model.report.tables import event_table, terminal_table
from model.report.tables.text import amount, day, interval, number, percent, probability

DAYS = ["2026-02-05", "2026-02-06"]
MINUS = "\N{MINUS SIGN}"


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (-434.1, 0, f"{MINUS}434"),
        (0.4, 0, "0"),
        (-0.04, 1, "0.0"),
        (1234.5, 1, "1,234.5"),
        (float("nan"), 0, "–"),
    ],
)
def test_numbers(value: float, decimals: int, text: str) -> None:
    assert number(value, decimals) == text


def test_other_forms() -> None:
    assert amount(-14.24, "return") == f"{MINUS}14.2"
    assert interval(-1.0, 2.0, "flow") == f"[{MINUS}1,\N{NO-BREAK SPACE}2]"
    assert number(3.2, 1, sign=True) == "+3.2"
    assert [probability(p) for p in (0.0, 0.004, 0.5, 0.996, 1.0)] == [
        "<0.01",
        "<0.01",
        "0.50",
        ">0.99",
        ">0.99",
    ]
    assert percent(0.144) == "14\N{NO-BREAK SPACE}%"
    assert day("2026-02-05") == "5 Feb 2026"


def printed(table, width: int) -> list[str]:
    console = Console(width=width, record=True, file=None, force_terminal=False)
    with console.capture() as capture:
        console.print(table)
    return capture.get().splitlines()


def test_the_terminal_table_shows_both_readings_unattributed_first(decomposition: xr.DataTree) -> None:
    lines = printed(terminal_table(decomposition, DAYS, gate("inconclusive", REASON), width=130), 130)
    text = "\n".join(lines)
    assert "inconclusive" in text
    assert REASON in text.replace("\n", " ")
    rows = [line.strip("│ ").split("│")[0].strip() for line in lines if line.startswith("│")]
    assert rows.count("Vendor's dates") == rows.count("Next-day reading") == 1
    for reading in ("Vendor's dates", "Next-day reading"):
        assert rows[rows.index(reading) + 1] == "Unattributed"
    assert "Without weekly positions" not in rows


def test_the_terminal_table_agrees_with_the_event_table(decomposition: xr.DataTree) -> None:
    table = event_table(decomposition, DAYS)
    row = table[(table["reading"] == "vendor") & (table["part"] == "basis") & (table["view"] == "channel")]
    row = row[(row["quantity"] == "flow") & (row["date"] == pd.Timestamp(DAYS[0]))].iloc[0]
    want = f"{amount(row['median'], 'flow')} {interval(row['low'], row['high'], 'flow')}"
    assert want in "\n".join(printed(terminal_table(decomposition, DAYS, width=130), 130))


def test_a_narrow_terminal_cuts_nothing(decomposition: xr.DataTree) -> None:
    lines = printed(terminal_table(decomposition, DAYS, width=80), 80)
    assert "…" not in "\n".join(lines)
    body = [line for line in lines if line.startswith("│")]
    assert all(line.rstrip().endswith("│") for line in body)


def with_book(view, book, hedge: tuple[float, float] = (0.2, 0.2)):
    """A view whose booked share has these prior and posterior means."""
    rng = np.random.default_rng(0)
    draws = {
        f"{view.main}/{group}/booked_hedge": rng.normal(mean, 0.1, (4, 500))
        for group, mean in zip(("prior", "posterior"), hedge, strict=True)
    }
    return FitView(view.folder, {**view.manifest, "dealer_book": book}, view.gate, _scalars=draws)


BOOK = {
    "books": [
        {
            "title": "Test book",
            "as_of": "2026-02-04T16:00:00-05:00",
            "day": "2026-02-05",
            "spot": 73338,
            "vol": 52.9,
        }
    ],
    "days": ["2026-02-05"],
}


def test_the_page_says_which_days_used_the_book_and_that_shorting_is_the_prior(reported_fit: Path) -> None:
    view = open_fit(reported_fit)
    none, shorting = dealers(with_book(view, None))
    assert "No dealer book" in none
    assert "the posterior is the prior" in shorting
    some, moved = dealers(with_book(view, BOOK, (0.2, 0.3)))
    assert "Test book" in some
    assert (
        "on 5 Feb 2026 (Test book, as of 2026-02-04T16:00:00-05:00; from 73,338 USD and volatility 52.9)"
        in some
    )
    assert "gamma proxy" in some
    assert "the posterior is the prior" not in moved
    assert "daily flows alone moved" in moved
    assert book_note(with_book(view, None)) == ""
    assert "by the dealer book on 5 Feb 2026" in book_note(with_book(view, BOOK))


def test_the_page_says_what_late_creation_rests_on_whenever_it_is_on(reported_fit: Path) -> None:
    view = with_book(open_fit(reported_fit), None)
    switched = {**view.manifest, "mechanisms": {"hedge_settlement": False, "late_creation": True}}
    draws = {
        f"{view.main}/{group}/late_creation": np.full((4, 500), value)
        for group, value in (("prior", 0.3), ("posterior", 0.5))
    }
    on = FitView(view.folder, switched, view.gate, _scalars=view._scalars | draws)
    _, settled, late = dealers(on)
    assert "switched off, so no hedge reaches a flow" in settled
    assert PRIOR_SENTENCE in late
    assert "Prior 0.30 [0.30, 0.30], posterior 0.50 [0.50, 0.50]" in late
    _, both = dealers(view)
    assert "the next-day reading is close" in both
    assert PRIOR_SENTENCE not in both


def test_the_page_shows_these_sentences(reported_fit: Path) -> None:
    page = (reported_fit / "report.html").read_text(encoding="utf-8")
    assert "No dealer book was used" in page
    assert "its short interest, its short volume and its fails to deliver are not supplied" in page


def test_unmoved_means_the_same_distribution_and_not_the_same_spread() -> None:
    rng = np.random.default_rng(0)
    prior = rng.normal(0.0, 1.0, 4000)
    assert unmoved(prior, rng.normal(0.0, 1.0, (4, 1000)))
    assert not unmoved(prior, rng.normal(0.5, 1.0, 4000))
    assert not unmoved(prior, rng.normal(0.0, 1.6, 4000))
