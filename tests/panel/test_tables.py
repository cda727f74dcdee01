"""A panel of several files: joined on date, summed over calendar days, contradictions named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from model.errors import DataError
from model.panel import load_panel
from model.panel.tables import panel_files, panel_name

SESSIONS = ["perp_09", "perp_16", "igv_open"]


@pytest.fixture
def two_files(event_panel_path, tmp_path):
    """The embedded panel split in two: session prices in a file of their own. Gives the files' writer."""
    whole = pd.read_csv(event_panel_path)

    def write(first=lambda t: t, second=lambda t: t, date="date") -> str:
        a, b = tmp_path / "a.csv", tmp_path / "b.csv"
        first(whole.drop(columns=SESSIONS)).to_csv(a, index=False)
        second(whole[["date", *SESSIONS]]).rename(columns={"date": date}).to_csv(b, index=False)
        return f"{a},{b}"

    return write


def test_two_files_are_the_panel_of_one(two_files, universe, event_panel):
    panel = load_panel(two_files(), universe)
    pd.testing.assert_frame_equal(panel.frame[list(event_panel.frame)], event_panel.frame)
    assert {i.column: i.file for i in panel.inputs}["perp_09"] == "b.csv"


def test_the_first_file_gives_the_days(two_files, universe):
    panel = load_panel(two_files(first=lambda t: t.iloc[:-3], second=lambda t: t.iloc[2:]), universe)
    assert len(panel) == 58
    assert np.isnan(panel.frame["price_open"].iloc[:2]).all()
    assert panel.frame["price_open"].iloc[2:].notna().all()
    assert "b.csv: 3 rows after the panel's last day, not used." in panel.notes


def test_a_cell_of_a_further_file_is_named_with_its_file_and_line(two_files, universe):
    def break_it(t):
        t = t.astype({"perp_09": object})
        t.loc[t["date"] == "2026-02-05", "perp_09"] = 6.97
        return t.iloc[5:]

    with pytest.raises(DataError, match=r"b\.csv, 2026-02-05, line 42, column 'perp_09': 6\.97 is outside"):
        load_panel(two_files(second=break_it), universe)


def test_the_same_column_twice_must_say_the_same(two_files, universe, event_panel_path):
    igv = pd.read_csv(event_panel_path)["igv"]
    same = two_files(second=lambda t: t.assign(igv=igv * 1.00005))
    assert load_panel(same, universe).frame["factor_igv"].iloc[0] == pytest.approx(104.07)  # the first file's
    with pytest.raises(DataError, match=r"column 'igv': 104\.07 here, 105\.07 in b\.csv"):
        load_panel(two_files(second=lambda t: t.assign(igv=igv + 1)), universe)


def test_columns_that_nobody_reads_need_not_agree(two_files, universe):
    path = two_files(first=lambda t: t.assign(remark="x"), second=lambda t: t.assign(remark="y"))
    assert [i.column for i in load_panel(path, universe).inputs if not i.known] == ["remark"]


def test_a_text_in_a_further_file_is_named_with_its_file(two_files, universe):
    with pytest.raises(
        DataError, match=r"b\.csv, 2025-12-01, line 2, column 'igv_open': 'x' is not a number"
    ):
        load_panel(two_files(second=lambda t: t.assign(igv_open="x")), universe)


@pytest.mark.parametrize(
    ("second", "message"),
    [
        (lambda t: t.iloc[::-1], "b.csv: 60 problems"),
        (lambda t: t.assign(date=t["date"].str.replace("-", "/")), "is not a date"),
        (
            lambda t: t.assign(date=(pd.to_datetime(t["date"]) - pd.Timedelta(days=700)).dt.date),
            "no day in common",
        ),
    ],
)
def test_a_further_file_that_cannot_be_placed_is_refused(two_files, universe, second, message):
    with pytest.raises(DataError, match=message):
        load_panel(two_files(second=second), universe)


def test_a_file_named_twice_is_refused(event_panel_path, universe):
    with pytest.raises(DataError, match="names a file twice"):
        load_panel(f"{event_panel_path},{event_panel_path}", universe)


def test_names_of_a_panel():
    assert panel_files("x/a.csv, y/b.parquet") == (Path("x/a.csv"), Path("y/b.parquet"))
    assert panel_name("x/a.csv,y/b.csv") == "a.csv,b.csv"


def test_a_file_with_a_comma_in_its_name_is_one_file(event_panel_path, universe, event_panel, tmp_path):
    path = tmp_path / "a,b.csv"
    path.write_bytes(event_panel_path.read_bytes())
    assert load_panel(path, universe).sha256 == event_panel.sha256


@pytest.fixture
def utc_days(event_panel_path, tmp_path, universe):
    """The embedded panel with taker flow of UTC days, 7 USD m net on each of them, weekends too."""

    def load(edit=lambda t: t):
        days = pd.date_range("2025-11-20", "2026-02-27")
        table = pd.DataFrame({"date_utc": days.date, "quote_volume_m": 1000.0, "taker_buy_quote_m": 503.5})
        edit(table).to_csv(tmp_path / "utc.csv", index=False)
        return load_panel(f"{event_panel_path},{tmp_path / 'utc.csv'}", universe).frame[
            "extra_taker_spot_utc"
        ]

    return load


def test_flows_of_utc_days_are_summed_since_the_trading_day_before(utc_days):
    net = utc_days()
    assert np.isnan(net["2025-12-01"])  # the days before it are not in the panel
    assert net["2025-12-02"] == pytest.approx(7.0)
    assert net["2025-12-08"] == pytest.approx(21.0)  # a Monday
    assert net["2026-01-20"] == pytest.approx(28.0)  # after a holiday on Monday


def test_a_utc_day_without_a_number_makes_its_sum_unknown(utc_days):
    net = utc_days(lambda t: t[pd.to_datetime(t["date_utc"]) != "2025-12-07"])  # a Sunday
    assert np.isnan(net["2025-12-08"])
    assert net["2025-12-09"] == pytest.approx(7.0)


def test_rows_of_holidays_do_not_split_a_sum(event_panel_path, universe, tmp_path, utc_days):
    """Vendors print holidays as rows of zeros; they are dropped, and the flow of that day is not."""
    whole = utc_days()
    table = pd.read_csv(event_panel_path)
    holiday = dict.fromkeys([*table.columns[1:9]], 0.0) | {"date": "2026-01-19"}
    prices = table[table["date"] == "2026-01-16"].iloc[0].drop(list(holiday))
    again = pd.concat([table, pd.DataFrame([holiday | prices.to_dict()])]).sort_values("date")
    again.to_csv(tmp_path / "again.csv", index=False)
    net = load_panel(f"{tmp_path / 'again.csv'},{tmp_path / 'utc.csv'}", universe).frame[
        "extra_taker_spot_utc"
    ]
    pd.testing.assert_series_equal(net, whole)


def test_the_shared_files_are_one_panel(shared_panel_path, universe):
    folder = shared_panel_path.parent
    files = [shared_panel_path, folder / "sessions.csv", folder / "taker.csv"]
    panel = load_panel(",".join(map(str, files)), universe)
    raw = pd.read_csv(folder / "sessions.csv", index_col="date")
    overnight = np.log(panel.frame["price_open"] / panel.frame["price_close"].shift())
    assert 100 * overnight["2024-08-05"] == pytest.approx(-22.93, abs=0.01)
    np.testing.assert_array_equal(panel.frame["implied_vol_open"], raw["dvol_09"])
    assert panel.frame.loc["2026-02-05", "extra_taker_spot_utc"] == pytest.approx(-547.3)
    assert panel.frame["extra_taker_spot_utc"].notna().sum() == 555
