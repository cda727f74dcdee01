"""Funds begin and end; a print that is missing follows from the total, or the total stands for the day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from model.design.make import make_design
from model.errors import DataError
from model.events.card import load_event
from model.panel import load_panel
from model.panel.universe import FOLDER, OPEN_END, Universe, load_universe
from model.panel.vendors import sight
from model.units import bn_to_usd_m

DAY = pd.Timestamp("2026-02-05")


@pytest.fixture
def table(event_panel_path) -> pd.DataFrame:
    return pd.read_csv(event_panel_path, dtype=str, keep_default_na=False).set_index("date", drop=False)


@pytest.fixture
def load(tmp_path):
    def run(table: pd.DataFrame, universe: Universe):
        table.to_csv(tmp_path / "p.csv", index=False)
        return load_panel(tmp_path / "p.csv", universe)

    return run


def closing(universe: Universe, key: str, last: date) -> Universe:
    funds = tuple(replace(f, last_day=last) if f.key == key else f for f in universe.funds)
    return replace(universe, funds=funds)


@pytest.mark.parametrize("rest", ["", "0.0"])
def test_after_a_funds_last_day_it_is_not_listed(rest, table, load, universe) -> None:
    after = table.index > "2026-02-10"
    for day in table.index[after]:
        table.loc[day, "total"] = f"{float(table.loc[day, 'total']) - float(table.loc[day, 'BITB']):.1f}"
    table.loc[after, "BITB"] = rest
    panel = load(table, closing(universe, "bitb", date(2026, 2, 10)))
    assert panel.listed["bitb"].sum() == (~after).sum()
    assert panel.frame.loc["2026-02-11":, "flow_bitb"].isna().all()
    assert not panel.describe()["missing_flows"]
    assert not sight(panel).gaps


def test_a_flow_after_the_last_day_is_a_contradiction(table, load, universe) -> None:
    with pytest.raises(DataError, match="after the fund's last day 2026-02-10") as caught:
        load(table, closing(universe, "bitb", date(2026, 2, 10)))
    assert "last_day" in caught.value.remedy


@pytest.mark.parametrize("key", ["ibit", "other", "ezbc", "msbt"])
def test_a_fund_or_member_that_begins_before_there_were_any_is_refused(tmp_path, key) -> None:
    """Zeros before a launch are missing, so a slip of the year would make flows of them."""
    text = (FOLDER / "us-spot-btc.toml").read_text()
    head, _, rest = text.partition(f'key = "{key}"\n')
    before, _, after = rest.partition("first_day = ")
    path = tmp_path / "u.toml"
    path.write_text(f'{head}key = "{key}"\n{before}first_day = 1979-05-27{after[10:]}')
    with pytest.raises(DataError, match=f"first_day.*'{key}' begins on 1979-05-27") as caught:
        load_universe(path)
    assert "Correct the date" in caught.value.remedy


def test_a_member_ends_too(tmp_path) -> None:
    text = (FOLDER / "us-spot-btc.toml").read_text()
    path = tmp_path / "u.toml"
    path.write_text(text.replace('key = "hodl"\n', 'key = "hodl"\nlast_day = 2025-06-30\n'))
    members = {m.key: m.last_day for f in load_universe(path).funds for m in f.members}
    assert members["hodl"] == date(2025, 6, 30)
    assert members["btcw"] == OPEN_END
    path.write_text(text.replace('key = "hodl"\n', 'key = "hodl"\nlast_day = 2023-06-30\n'))
    with pytest.raises(DataError, match="closes before its first day"):
        load_universe(path)


@pytest.mark.parametrize("fund", ["ARKB", "IBIT", "GBTC"])
def test_one_missing_print_is_the_total_less_the_others(fund, table, load, universe) -> None:
    true = float(table.loc["2026-02-05", fund])
    table.loc["2026-02-05", fund] = ""
    panel = load(table, universe)
    seen = sight(panel)
    key = universe.fund_keys.index(fund.lower())
    assert panel.frame.loc[DAY, f"flow_{fund.lower()}"] != panel.frame.loc[DAY, f"flow_{fund.lower()}"]
    assert seen.flows[panel.dates.get_loc(DAY), key] == pytest.approx(true, abs=0.2)
    assert seen.gaps == (
        f"2026-02-05: no print of {fund.lower()}: taken as {seen.flows[panel.dates.get_loc(DAY), key]:.1f} USD m, "
        f"the total of -434.1 less the others.",
    )
    design = make_design(panel, load_event("2026-02-05"))
    at = design.dates.get_loc(DAY)
    assert bn_to_usd_m(design.observed_flow[at]) == pytest.approx(-434.1, abs=1e-6)
    assert not len(design.total)


def test_two_missing_prints_leave_the_total(table, load, universe) -> None:
    table.loc["2026-02-05", ["ARKB", "FBTC"]] = ""
    panel = load(table, universe)
    [said] = sight(panel).gaps
    assert "fbtc, arkb" in said
    assert "-434.1" in said
    design = make_design(panel, load_event("2026-02-05"))
    at = design.dates.get_loc(DAY)
    assert np.isnan(design.flows[at]).sum() == 2
    assert bn_to_usd_m(design.observed_flow[at]) == pytest.approx(-434.1)


def test_a_total_that_is_the_others_sum_proves_nothing(table, load, universe) -> None:
    rest = float(table.loc["2026-02-05", "total"]) - float(table.loc["2026-02-05", "ARKB"])
    table.loc["2026-02-05", ["ARKB", "total"]] = ["", f"{rest:.1f}"]
    panel = load(table, universe)
    [said] = sight(panel).gaps
    assert "may leave the fund out" in said
    assert np.isnan(sight(panel).flows[panel.dates.get_loc(DAY)]).sum() == 1


def test_without_print_and_total_the_day_is_not_observed(table, load, universe) -> None:
    table.loc["2026-02-05", ["ARKB", "total"]] = ""
    panel = load(table, universe)
    assert "not observed" in sight(panel).gaps[0]
    design = make_design(panel, load_event("2026-02-05"))
    assert np.isnan(design.observed_flow[design.dates.get_loc(DAY)])
