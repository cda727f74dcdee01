"""What stands still, or is on another scale or sign than it should be, is told; what is alive is not."""

from __future__ import annotations

import pandas as pd
import pytest

from model.panel import load_panel

FLOWS = ["IBIT", "FBTC", "ARKB", "BITB", "GBTC", "BTC", "other", "total"]


@pytest.fixture
def notes(event_panel_path, tmp_path, universe):
    """Notes of the event's panel after an edit."""

    def run(edit) -> str:
        table = pd.read_csv(event_panel_path)
        edit(table)
        table.to_csv(tmp_path / "p.csv", index=False)
        return "\n".join(load_panel(tmp_path / "p.csv", universe).findings)

    return run


def times(factor: float):
    def edit(t: pd.DataFrame) -> None:
        t[FLOWS] = (t[FLOWS] * factor).round(4)

    return edit


def test_true_panels_are_told_nothing(event_panel, shared_panel) -> None:
    assert not event_panel.findings
    assert not shared_panel.findings


@pytest.mark.parametrize("column", ["vix", "gld", "dvol16", "fut", "ibit"])
@pytest.mark.parametrize(("length", "seen"), [(2, False), (3, True)])
def test_a_column_that_stands_still_is_told(notes, column, length, seen) -> None:
    def freeze(t: pd.DataFrame) -> None:
        t.loc[20 : 20 + length - 1, column] = t.loc[20, column]

    assert (f"on {length} days in a row" in notes(freeze)) == seen


def test_flows_that_are_zero_throughout_are_told(notes) -> None:
    assert "flow_total is zero on every day" in notes(times(0.0))

    def one(t: pd.DataFrame) -> None:
        t["total"] -= t["BTC"]
        t["BTC"] = 0.0

    said = notes(one)
    assert "flow_btc is zero on every day" in said
    assert "flow_total" not in said


def test_a_repeated_row_of_flows_is_told(notes) -> None:
    def again(t: pd.DataFrame) -> None:
        t.loc[31, FLOWS] = t.loc[30, FLOWS]

    assert "every fund's flow is that of the row before" in notes(again)


@pytest.mark.parametrize(
    ("factor", "seen"), [(1.0, ""), (0.1, "of the option fund's turnover"), (-1.0, "a sign turned round?")]
)
def test_another_scale_or_sign_is_told(notes, factor, seen) -> None:
    said = notes(times(factor))
    assert seen in said if seen else said == ""


@pytest.mark.parametrize("factor", [0.1, 3.0, -1.0])
def test_a_second_vendor_tells_another_scale_or_sign(notes, factor) -> None:
    def add(t: pd.DataFrame) -> None:
        t["flow_ibit_etfcom"] = (t["IBIT"] * factor).shift(1).round(3)

    assert f"flow_ibit against etfcom: the other vendor's values are {factor:.3g} times" in notes(add)


def test_a_universe_that_says_nothing_of_turnover_asks_nothing(universe) -> None:
    low, high = type(universe.flow_total).turnover_range
    assert low == 0
    assert high == float("inf")
