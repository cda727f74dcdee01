"""No column of the input vanishes in silence."""

from __future__ import annotations

import pandas as pd
import pytest

from model.errors import DataError
from model.panel import load_panel
from model.panel.columns import CARRIED, SPARE, UNKNOWN, USED, column_sentences, column_table, known_columns
from model.sources.roles import ROLES
from model.store import PROJECT


@pytest.fixture
def load(event_panel_path, tmp_path, universe):
    def edited(edit):
        path = tmp_path / "panel.csv"
        edit(pd.read_csv(event_panel_path)).to_csv(path, index=False)
        return load_panel(path, universe)

    return edited


def test_every_column_of_the_input_is_listed_once(event_panel, event_panel_path):
    header = list(pd.read_csv(event_panel_path, nrows=1).columns)
    table = column_table(event_panel.inputs, {"price"})
    assert sorted(c for names in table.values() for c in names) == sorted(set(header) - {"date"})
    assert table[USED] == ["btc16"]
    assert table[UNKNOWN] == []


def test_a_misspelt_column_is_named_with_the_nearest_known_one(load):
    panel = load(lambda t: t.rename(columns={"dvol16": "dvoll16"}).assign(banana=1.0))
    assert column_table(panel.inputs, ())[UNKNOWN] == ["dvoll16 (nearest known name: dvol16)", "banana"]
    assert any("dvoll16 (nearest known name: dvol16), banana" in n for n in panel.notes)
    assert "implied_vol" not in panel.supplied


def test_a_second_column_of_one_role_is_spare(load):
    panel = load(lambda t: t.assign(vix_close=t["vix"]))
    assert column_table(panel.inputs, ())[SPARE] == ["vix_close"]


def test_a_column_that_nothing_uses_is_carried(load):
    panel = load(lambda t: t.assign(ibit_premium_pct=0.1))
    table = column_table(panel.inputs, {"price"})
    assert "ibit_premium_pct" in table[CARRIED]
    assert "ibit_premium_pct" in column_table(panel.inputs, {"extra_etf_premium"})[USED]
    assert any(
        s.startswith("Columns carried, used by nothing in this fit: ") and "ibit_premium_pct" in s
        for s in column_sentences(panel.inputs, {"price"})
    )


def test_a_close_without_its_opening_price_is_no_pair(load):
    panel = load(lambda t: t.drop(columns=["igv_open", "perp_09"]))
    assert "factor_igv_close" not in panel.frame
    assert "price_close" not in panel.frame
    assert "factor_qqq_close" in panel.frame
    assert "perp_16" in column_table(panel.inputs, ())[SPARE]


def test_an_opening_price_without_its_close_is_carried(load):
    panel = load(lambda t: t.drop(columns=["perp_16"]))
    assert "price_open" in panel.supplied
    assert "price_close" not in panel.supplied


def test_what_build_panel_writes_is_known(universe):
    """Every default column of a source's role, so that a built panel loses none in silence."""
    names = {
        "tenor_basis": ("30", "60", "90", "120"),
        "liquidations": ("long", "short"),
        "option_volume": ("put", "call"),
        "option_open_interest": ("put", "call"),
        "factor_open": ("igv", "qqq", "gld"),
        "factor_close": ("igv", "qqq", "gld"),
        "low": ("overnight", "session"),
        "taker_flow": ("perp", "spot"),
        "taker_flow_utc": ("spot",),
        "venue_open_interest": ("binance",),
        "venue_open_interest_units": ("binance",),
    }
    written = [
        role.column.replace("{fund}", fund)
        for key, role in ROLES.items()
        if role.optional and key != "option_chain"
        for fund in (names.get(key, ("ibit",)) if role.per_fund else ("",))
    ]
    assert set(written) <= set(known_columns(universe))


def test_units_of_new_columns_are_checked(load):
    with pytest.raises(DataError, match=r"'perp_kbtc': -4056 is outside -150 to 150 \(thousand BTC\)"):
        load(lambda t: t.assign(perp_kbtc=1000 * t["perp_kbtc"]))


def test_a_session_price_of_another_day_is_refused(load):
    def shifted(t):
        return t.assign(perp_16=t["perp_16"].shift(-1), perp_09=t["perp_09"].shift(-1))

    with pytest.raises(DataError, match="the session's close is .* off the price"):
        load(shifted)


def test_shares_outstanding_and_net_asset_value_are_a_second_vendor(load, event_panel):
    shares, nav = 1.3e9 + 4e4 * pd.Series(range(61)) ** 2, 50.0
    panel = load(lambda t: t.assign(ibit_shares_outstanding=shares, ibit_nav=nav))
    flow = panel.frame["flow_ibit__shares"]
    assert flow.iloc[3] == pytest.approx(4e4 * 5 * 50.0 / 1e6)
    assert flow.isna().sum() == 1
    assert "flow_ibit__shares" not in event_panel.frame
    used = {i.column: i.roles for i in panel.inputs}
    assert used["ibit_nav"] == ("flow_ibit__shares", "extra_nav")


def test_liquidations_in_usd_are_converted(load):
    panel = load(lambda t: t.assign(liquidations_long_usd=2.6e9))
    assert (panel.frame["extra_liquidations_long"] == 2600.0).all()


def test_the_page_of_columns_lists_every_further_input(universe):
    page = (PROJECT / "docs" / "sources" / "columns.md").read_text(encoding="utf-8")
    for e in universe.extras:
        row = next(line for line in page.splitlines() if line.startswith(f"| `{e.column}` |"))
        assert f"| {e.title} | {e.unit}," in row
        assert all(f"`{name}`" in row for name in e.inputs)
