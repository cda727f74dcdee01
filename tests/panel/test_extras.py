"""When further inputs were published, and what an earlier day may know of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from model.errors import DataError
from model.panel import load_panel
from model.panel.extras import published
from model.panel.universe import load_universe


@pytest.mark.parametrize(
    ("known", "day", "moment"),
    [
        ("same_day", "2026-02-05", "2026-02-05 16:00"),
        ("same_evening", "2026-02-05", "2026-02-05 18:00"),
        ("next_session", "2026-02-06", "2026-02-09 08:00"),
        # FINRA's schedule for 2026: settlement 13 February, due 18 February, published seven business days after
        # settlement; Presidents' Day (16 February) is none.
        ("short_interest", "2026-02-13", "2026-02-25 18:00"),
        ("half_month", "2026-02-05", "2026-02-27 18:00"),  # 28 February is a Saturday
        ("half_month", "2026-01-15", "2026-01-30 18:00"),
        ("half_month", "2026-01-16", "2026-02-17 18:00"),  # 15 February a Sunday, then a holiday
        ("half_month", "2025-12-31", "2026-01-15 18:00"),
    ],
)
def test_publication(known, day, moment):
    assert published(known, day, "XNYS") == pd.Timestamp(moment)


@pytest.fixture
def supplied(event_panel_path, tmp_path, universe):
    """The embedded panel with a number a day in every further input that it lacks."""
    table = pd.read_csv(event_panel_path)
    for e in universe.extras:
        if not set(e.inputs) & set(table):
            table[e.columns[0]] = np.linspace(e.range[0], e.range[1], len(table) + 2)[1:-1]
    table = table.drop(columns=["ibit_shares_outstanding"])  # a flow of its own, with limits of its own
    table.to_csv(tmp_path / "panel.csv", index=False)
    return load_panel(tmp_path / "panel.csv", universe)


@pytest.mark.parametrize(
    ("column", "last"),
    [
        ("extra_taker_perp", "2026-02-13"),
        ("extra_liquidations_long", "2026-02-13"),
        ("extra_short_volume", "2026-02-13"),
        ("extra_futures_open_interest", "2026-02-12"),
        ("extra_etf_premium", "2026-02-12"),
        ("extra_put_open_interest", "2026-02-12"),
        ("extra_short_interest", "2026-02-04"),
        ("extra_fails_to_deliver", "2026-01-15"),
    ],
)
def test_as_of_hides_what_was_not_published(supplied, column, last):
    known = supplied.as_of_date("2026-02-13").frame[column]
    assert known.last_valid_index() == pd.Timestamp(last)
    whole = supplied.frame[column]
    shown = known.notna()
    assert known[shown].equals(whole[: len(known)][shown])


def test_every_further_input_reaches_the_panel(supplied, universe):
    absent = {e.column for e in universe.extras} - set(supplied.supplied)
    assert absent == {"extra_shares_outstanding"}


def test_opening_prices_are_known_in_the_morning(event_panel):
    day = pd.Timestamp("2026-02-05")
    assert event_panel.published("price_open", day) == pd.Timestamp("2026-02-05 09:30")
    assert event_panel.published("flow_ibit", day) == pd.Timestamp("2026-02-06 08:00")
    assert event_panel.published("short", pd.Timestamp("2026-02-10")) == pd.Timestamp("2026-02-13 15:30")
    assert not np.isnan(event_panel.as_of_date("2026-02-05").frame.loc["2026-02-05", "price_open"])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('known = "half_month"', 'known = "monthly"', "unknown known 'monthly'"),
        ('days = "calendar"\nknown', 'days = "lunar"\nknown', "unknown days 'lunar'"),
        ('volume = ["quote_volume_m"]\n', "", "bought and volume belong together"),
        ('close = ["perp_16", "price_close"]', "", "open and close belong together"),
        ('columns = ["ibit_nav", "nav_ibit"]', 'columns = ["perp_kbtc"]', "claimed by two roles"),
    ],
)
def test_a_faulty_entry_is_refused(tmp_path, old, new, message):
    from model.panel.universe import FOLDER

    text = (FOLDER / "us-spot-btc.toml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "universe.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DataError, match=message):
        load_universe(path)
