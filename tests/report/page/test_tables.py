"""Tables: exact sums, stated quantiles, shares, probabilities, refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from model.errors import DataError
from model.mechanisms.components import COMPONENTS
from model.report.tables import (
    additivity,
    daily_table,
    event_table,
    identification_table,
    largest_table,
    lines_of,
    tidy_tables,
    title_of,
)
from model.report.tables.lines import block, quantiles, thinned
from model.report.tables.tables import printed

DAYS = ["2026-02-05", "2026-02-06"]
SUM = "multi_asset+directional"


@pytest.fixture(scope="module")
def table(decomposition: xr.DataTree) -> pd.DataFrame:
    return event_table(decomposition, DAYS)


def pick(table: pd.DataFrame, **wanted) -> pd.Series:
    rows = table
    for name, value in wanted.items():
        rows = rows[rows[name] == value]
    assert len(rows) == 1
    return rows.iloc[0]


def draws(decomposition: xr.DataTree, name: str, part: str, day: str = DAYS[0]) -> np.ndarray:
    array = decomposition["vendor"][name].sel(date=day)
    return array.sel({array.dims[-1]: part}).to_numpy()


def test_order_unattributed_first_then_sum_then_split(table: pd.DataFrame) -> None:
    rows = table[
        (table["reading"] == "vendor") & (table["quantity"] == "flow") & (table["view"] == "channel")
    ]
    rows = rows[rows["date"] == DAYS[0]]
    assert list(rows["part"]) == [
        "unattributed", "basis", "dealer", SUM, "multi_asset", "directional", "pre_sample", "observed", "expected"
    ]  # fmt: skip
    assert list(rows["kind"])[3:6] == ["sum", "split", "split"]
    assert set(rows.loc[rows["kind"] == "split", "note"]) == {"split is prior-driven"}


def test_what_began_before_is_left_out_only_where_it_prints_as_zero(table: pd.DataFrame) -> None:
    day = table[(table["quantity"] == "flow") & (table["view"] == "channel") & (table["date"] == DAYS[0])]
    before = day["part"] == "pre_sample"
    numbers = ["low", "median", "high"]
    assert before.sum() > 1
    tiny = day.assign(**{n: day[n].where(~before, 0.4) for n in numbers})
    assert set(day["part"]) - set(printed(tiny)["part"]) == {"pre_sample"}
    one_reading = tiny.copy()
    one_reading.loc[before.idxmax(), "high"] = 0.6
    assert len(printed(one_reading)) == len(day)
    nothing = day.assign(**dict.fromkeys(numbers, 0.0))
    assert set(nothing["part"]) - set(printed(nothing)["part"]) == {"pre_sample"}


def test_quantiles_are_equal_tailed_89_percent(table: pd.DataFrame, decomposition: xr.DataTree) -> None:
    row = pick(
        table,
        reading="vendor",
        date=pd.Timestamp(DAYS[0]),
        quantity="flow",
        view="channel",
        part="basis",
    )
    x = draws(decomposition, "flow_channel", "basis")
    assert [row["low"], row["median"], row["high"]] == pytest.approx(
        np.quantile(x, [0.055, 0.5, 0.945]), abs=1e-5
    )
    assert row["p_negative"] == pytest.approx((x < 0).mean(), abs=1e-5)


def test_lines_add_up_in_every_draw(decomposition: xr.DataTree) -> None:
    b = block(decomposition["vendor"].to_dataset(), "return", "trigger")
    total = b.values[..., [line.additive for line in b.lines]].sum(axis=-1)
    np.testing.assert_allclose(total, np.broadcast_to(b.observed, total.shape), atol=1e-9)
    gaps = additivity(decomposition)
    assert len(gaps) == 12
    assert gaps["largest_gap"].max() < 1e-9


def test_shares_are_of_absolute_lines_with_the_sum_counted_once(
    table: pd.DataFrame, decomposition: xr.DataTree
) -> None:
    names = ["unattributed", "basis", "dealer", "pre_sample"]
    parts = [np.abs(draws(decomposition, "flow_channel", n)) for n in names]
    both = np.abs(
        draws(decomposition, "flow_channel", "multi_asset")
        + draws(decomposition, "flow_channel", "directional")
    )
    share = both / (sum(parts) + both)
    row = pick(table, reading="vendor", date=pd.Timestamp(DAYS[0]), quantity="flow", view="channel", part=SUM)
    assert row["share_median"] == pytest.approx(np.median(share), abs=1e-5)
    assert row["share_low"] < row["share_median"] < row["share_high"]
    assert table.loc[table["kind"] == "split", "share_median"].isna().all()
    assert table["share_high"].max() <= 1


def test_probabilities_of_being_largest_sum_to_one(table: pd.DataFrame, decomposition: xr.DataTree) -> None:
    keys = ["reading", "date", "quantity", "view"]
    for column in ("p_largest", "p_largest_component"):
        assert table.groupby(keys)[column].sum().to_numpy() == pytest.approx(1.0, abs=1e-4)
        assert largest_table(decomposition).groupby(keys)[column].sum().to_numpy() == pytest.approx(
            1.0, abs=1e-3
        )
    assert table.loc[table["part"] == "unattributed", "p_largest_component"].isna().all()


def test_observed_and_expected_stand_in_the_table(table: pd.DataFrame, decomposition: xr.DataTree) -> None:
    keys = {"reading": "next_day", "date": pd.Timestamp(DAYS[1]), "quantity": "flow", "view": "channel"}
    assert pick(table, **keys, part="observed")["median"] == pytest.approx(371.1)
    x = decomposition["next_day"]["expected_flow"].sel(date=DAYS[1])
    assert pick(table, **keys, part="expected")["high"] == pytest.approx(
        float(np.quantile(x, 0.945)), abs=1e-5
    )


def test_parts_that_do_not_add_up_are_refused(decomposition: xr.DataTree) -> None:
    broken = decomposition["vendor"].to_dataset().copy(deep=True)
    broken["flow_channel"][0, 3, 1] += 1e-3
    with pytest.raises(DataError, match="miss the observed"):
        block(broken, "flow", "channel")


def test_a_day_without_a_complete_observation_is_left_to_the_model(decomposition: xr.DataTree) -> None:
    gappy = decomposition["vendor"].to_dataset().copy(deep=True)
    gappy["observed_flow"][3] = np.nan
    assert np.isnan(block(gappy, "flow", "channel").observed[3])


def test_an_unknown_day_is_refused(decomposition: xr.DataTree) -> None:
    with pytest.raises(DataError, match="2026-02-07"):
        event_table(decomposition, ["2026-02-07"])


def test_the_daily_table_agrees_with_the_event_table(table: pd.DataFrame, decomposition: xr.DataTree) -> None:
    daily = daily_table(decomposition)
    keys = {
        "reading": "vendor",
        "date": pd.Timestamp(DAYS[0]),
        "quantity": "return",
        "view": "trigger",
        "part": SUM,
    }
    for column in ("low", "median", "high"):
        assert pick(daily, **keys)[column] == pytest.approx(pick(table, **keys)[column], abs=1e-3)


def test_quantiles_match_numpy() -> None:
    x = np.random.default_rng(0).standard_normal((101, 7, 3))
    np.testing.assert_allclose(quantiles(x), np.quantile(x, [0.055, 0.5, 0.945], axis=0))


def test_thinning_keeps_small_samples(decomposition: xr.DataTree) -> None:
    data = decomposition["vendor"].to_dataset()
    assert thinned(data) is data
    assert thinned(data, 50).sizes["sample"] == 50


def test_a_new_part_gets_a_line_of_its_own() -> None:
    lines = lines_of(["dealer", "somebody_else", "unattributed"])
    assert [line.key for line in lines] == ["unattributed", "dealer", "somebody_else"]
    assert title_of("somebody_else") == "Somebody else"
    assert {c.title for c in COMPONENTS} >= {title_of("dealer")}


def test_tidy_tables_are_tidy(decomposition: xr.DataTree) -> None:
    rows = [
        {
            "parameter": "impact",
            "reading": "vendor",
            "prior_sd": 2.0,
            "posterior_sd": 1.0,
            "verdict": "identified",
        }
    ]
    tables = tidy_tables(decomposition, DAYS, rows)
    assert set(tables) == {"event", "daily", "largest", "expected_flow", "additivity", "identification"}
    assert "prior_share" in tables["identification"]
    assert not tables["event"].duplicated(["reading", "date", "quantity", "view", "part"]).any()
    assert set(tables["daily"]["unit"]) == {"USD m", "log-%"}
    assert identification_table([]).empty


def test_a_mapping_of_datasets_works_like_a_tree(decomposition: xr.DataTree, table: pd.DataFrame) -> None:
    mapping = {k: decomposition[k].to_dataset() for k in decomposition}
    pd.testing.assert_frame_equal(event_table(mapping, DAYS), table)
