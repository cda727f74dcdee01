"""Claims that wait for a column: what they need without it, and their verdict with it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from model.errors import DataError
from model.events.card import load_event
from model.events.claims.column_tests import Led, Outgrew, Total
from model.events.claims.figure_tests import ANY_NUMBER, Figure
from model.events.claims.finding import CONTRADICTED, NOT_IDENTIFIED, NOT_TESTABLE, SUPPORTED, Finding, Scene
from model.panel import load_panel
from model.studies.audit import audit

DAYS = pd.bdate_range("2026-02-02", periods=6)
DAY, NEXT = date(2026, 2, 5), date(2026, 2, 6)


def scene(**columns) -> Scene:
    return Scene(pd.DataFrame(columns, index=DAYS[: len(next(iter(columns.values())))]))


TOTAL = Total(("a", "b"), (DAY, NEXT), 2.6, ANY_NUMBER[1], "USD bn", 1e-3, True, "liquidations")


def test_the_largest_day_is_compared():
    s = scene(a=[0, 0, 0, 1000.0, 1500.0], b=[0, 0, 0, 100.0, 1200.0])
    found = TOTAL.run(s)
    assert found.verdict == SUPPORTED
    assert "2.7 USD bn (claimed at least 2.6)" in found.number
    assert "on 2026-02-06" in found.reason


def test_a_part_of_the_venues_contradicts_nothing_by_being_small():
    s = scene(a=[0, 0, 0, 10.0, 15.0], b=[0, 0, 0, 1.0, 2.0])
    assert TOTAL.run(s).verdict == NOT_IDENTIFIED
    assert replace(TOTAL, partial=False).run(s).verdict == CONTRADICTED
    assert (
        replace(TOTAL, low=0.0, high=0.01).run(s).verdict == CONTRADICTED
    )  # a part that is already too large


@pytest.mark.parametrize(
    "columns", [{"a": [1.0] * 6}, {"a": [np.nan] * 6, "b": [1.0] * 6}, {"a": [1.0], "b": [1.0]}]
)
def test_without_its_columns_a_total_says_what_it_needs(columns):
    assert TOTAL.run(scene(**columns)) == Finding(NOT_TESTABLE, "", "Needs liquidations.")


def test_growth_of_two_columns_is_compared_by_share():
    test = Outgrew("a", "b", NEXT, "both")
    s = scene(a=[1.0, 1.0, 1.0, 100.0, 110.0], b=[1.0, 1.0, 1.0, 1000.0, 1050.0])
    assert test.run(s).verdict == SUPPORTED
    assert "+10.0 % against +5.0 %" in test.run(s).number
    assert replace(test, one="b", two="a").run(s).verdict == CONTRADICTED
    assert test.run(scene(a=[1.0] * 5)).reason == "Needs both."
    assert test.run(scene(a=[1.0, 1.0, 1.0, np.nan, 1.0], b=[1.0] * 5)).verdict == NOT_TESTABLE


def test_a_record_led_by_one_part():
    test = Led("puts", "calls", DAY, "volume")
    led = scene(puts=[1.0, 2.0, 2.0, 6.0], calls=[1.0, 1.0, 2.0, 5.0])
    assert test.run(led).verdict == SUPPORTED
    assert "55 % of the sum, 2.75 times the largest of 3 days before" in test.run(led).number
    assert test.run(scene(puts=[1.0, 2.0, 2.0, 5.0], calls=[1.0, 1.0, 2.0, 6.0])).verdict == CONTRADICTED
    assert test.run(scene(puts=[1.0, 20.0, 2.0, 6.0], calls=[1.0, 1.0, 2.0, 5.0])).verdict == CONTRADICTED
    assert test.run(scene(puts=[1.0, 2.0, 2.0, 6.0])).reason == "Needs volume."
    alone = scene(puts=[np.nan] * 3 + [6.0], calls=[np.nan] * 3 + [5.0])
    assert "days before too" in test.run(alone).reason


def test_a_better_column_stands_for_a_noisy_one():
    noisy = Figure("level", "near", (DAY,), 8.0, 10.0, "% a year", error=4.0, instead="tenor")
    assert noisy.run(scene(near=[4.5] * 4)).verdict == NOT_IDENTIFIED
    assert noisy.run(scene(near=[4.5] * 4, tenor=[4.5] * 4)).verdict == CONTRADICTED
    found = noisy.run(scene(near=[4.5] * 4, tenor=[9.1] * 4))
    assert (found.verdict, "tenor" in found.reason) == (SUPPORTED, True)
    assert noisy.run(scene(near=[4.5] * 4, tenor=[np.nan] * 4)).verdict == NOT_IDENTIFIED


def test_a_figure_says_what_it_needs():
    assert Figure("level", "low", (DAY,), 0.0, 1.0, "USD", needs="hourly lows").run(
        scene(a=[1.0])
    ).reason == ("Needs hourly lows.")


# --- the shipped card -------------------------------------------------------------------------------------
WAITING = ("futures_open_interest", "venues", "offshore_open_interest", "liquidations", "option_volume")


def test_the_low_of_the_night_is_answered_by_the_embedded_figures(event_panel):
    table = audit(load_event("2026-02-05").claims, Scene(event_panel.frame)).set_index("key")
    assert table.loc["low_60k", "verdict"] == SUPPORTED
    assert "59,800 USD (claimed 59,000 to 61,000)" in table.loc["low_60k", "number"]
    for key in WAITING:
        assert table.loc[key, "verdict"] == NOT_TESTABLE
        assert table.loc[key, "reason"].startswith("Needs "), key


def test_supplied_columns_turn_waiting_claims_into_verdicts(event_panel_path, tmp_path):
    """Every claim that waits for a column runs on a panel that has it, whichever way the figures speak."""
    table = pd.read_csv(event_panel_path).set_index("date")
    before, day, after = "2026-02-04", "2026-02-05", "2026-02-06"
    supplied = {
        "cme_open_interest": {before: 26_000.0, day: 23_000.0, after: 25_000.0},
        "binance_oi_kbtc_16et": {before: 100.0, day: 88.0, after: 90.0},
        "liquidations_long": {day: 1_900.0, after: 800.0},
        "liquidations_short": {day: 200.0, after: 100.0},
        "ibit_put_volume": dict.fromkeys(table.index, 1e6) | {day: 2.9e6},
        "ibit_call_volume": dict.fromkeys(table.index, 1e6) | {day: 2.0e6},
        "cme_basis_30d_ann_pct": {before: 3.3, day: 9.0},
    }
    for column, numbers in supplied.items():
        table[column] = pd.Series(numbers).reindex(table.index)
    table.reset_index().to_csv(tmp_path / "panel.csv", index=False)
    card = load_event("2026-02-05")
    panel = load_panel(tmp_path / "panel.csv", card.universe)
    verdicts = audit(card.claims, Scene(panel.frame)).set_index("key")["verdict"]
    expected = {
        "futures_open_interest": SUPPORTED, "offshore_open_interest": SUPPORTED, "venues": SUPPORTED,
        "option_volume": SUPPORTED, "premium_nine": SUPPORTED, "premium_from": SUPPORTED,
        "liquidations": NOT_IDENTIFIED,
    }  # fmt: skip
    assert {k: verdicts[k] for k in expected} == expected


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('columns = ["extra_liquidations_long", ', 'columns = ["extra_liquidation_long", ', "has no column"),
        ("scale = 0.001", "scale = -1.0", "must be positive"),
        ('leader = "extra_put_volume"', 'leader = "puts"', "has no column 'puts'"),
        ('instead = "extra_basis_30d"', 'instead = "basis"', "has no column 'basis'"),
        ('one = "extra_futures_open_interest"\n', "", "one: is missing"),
    ],
)
def test_a_faulty_test_is_refused(tmp_path, old, new, message):
    from model.events.card import FOLDER

    text = (FOLDER / "2026-02-05" / "event.toml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "event.toml"
    text = text.replace('panel = "panel.csv"\n', "")
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DataError, match=message):
        load_event(path)
