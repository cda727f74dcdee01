"""The panel object: what two files of different vendors become, and what was known when."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from model.errors import DataError
from model.panel import Panel, load_panel

RNG_SEED = 20260205


def test_the_embedded_panel(event_panel):
    frame = event_panel.frame
    assert len(frame) == 61
    assert list(frame.loc["2026-02-05", ["flow_ibit", "flow_total"]]) == [-175.3, -434.1]
    assert list(frame.loc["2026-02-06", ["flow_ibit", "flow_total"]]) == [231.6, 371.1]
    assert frame.loc["2026-02-05", "etf_volume"] == pytest.approx(284.4e6)  # million shares in the file
    assert frame.loc["2026-02-10", "short"] - frame.loc["2026-02-03", "short"] == -2004
    assert frame["short"].notna().sum() == 13
    assert event_panel.listed.to_numpy().all()


def test_the_shared_panel(shared_panel):
    frame, listed = shared_panel.frame, shared_panel.listed
    assert len(frame) == 556
    assert frame["positions_published"].notna().sum() == 116
    assert not listed.loc[:"2024-07-30", "btc"].any()
    assert listed.loc["2024-07-31":, "btc"].all()
    assert frame.loc[:"2024-07-30", "flow_btc"].isna().all()
    assert frame.loc["2024-07-31":, "flow_btc"].notna().all()
    funds = frame[[f"flow_{k}" for k in shared_panel.universe.fund_keys]]
    np.testing.assert_allclose(funds.sum(axis=1), frame["flow_total"], atol=1e-9)


def test_both_files_tell_the_same_event(event_panel, shared_panel):
    same = [
        "flow_ibit",
        "flow_other",
        "flow_total",
        "stress",
        "future",
        "future_days",
        "short",
        "open_interest",
    ]
    long = shared_panel.window("2025-12-01", "2026-02-27").frame
    pd.testing.assert_frame_equal(event_panel.frame[same], long[same], check_freq=False)
    np.testing.assert_allclose(event_panel.frame["price"], long["price"], atol=0.51)  # printed without cents
    np.testing.assert_allclose(event_panel.frame["etf_volume"], long["etf_volume"], atol=5.1e4)


def test_dividend_adjusted_closes_are_preferred(shared_panel, shared_panel_path):
    raw = pd.read_csv(shared_panel_path)
    np.testing.assert_array_equal(shared_panel.frame["factor_qqq"], raw["qqq_close_adj"])


def test_supplied_optional_roles(event_panel, shared_panel):
    assert "extra_funding" not in event_panel.supplied
    assert "extra_funding" in shared_panel.supplied
    assert "extra_funding" not in event_panel.frame
    assert "short" in event_panel.supplied


def test_the_premium_is_void_near_expiry(event_panel):
    premium, days = event_panel.premium(), event_panel.frame["future_days"]
    assert premium[days < 5].isna().all()
    assert premium[days >= 5].notna().all()
    assert premium["2026-02-05"] == pytest.approx(100 * (63795 / 63620 - 1))


def test_changing_a_returned_frame_does_not_change_the_panel(event_panel):
    before = event_panel.sha256
    frame = event_panel.frame
    frame["price"] = 0.0
    frame.loc[:, "flow_ibit"] = 1.0
    event_panel.listed.loc[:, "ibit"] = False
    assert event_panel.frame["price"].min() > 0
    assert event_panel.window("2025-12-01", "2026-02-27").sha256 == before


def test_a_panel_does_not_follow_the_frame_it_was_made_of(event_panel):
    frame = event_panel.frame
    panel = Panel(frame, event_panel.listed, event_panel.universe)
    frame.loc[:, "price"] = 1.0
    assert panel.sha256 == event_panel.sha256


def test_negative_zero_is_zero(event_panel):
    frame = event_panel.frame
    frame["flow_gbtc"] = frame["flow_gbtc"].where(frame["flow_gbtc"] != 0, -0.0)
    assert Panel(frame, event_panel.listed, event_panel.universe).sha256 == event_panel.sha256


def test_window_and_describe(event_panel):
    days = event_panel.window("2026-02-05", "2026-02-08")
    assert len(days) == 2
    told = event_panel.describe()
    assert (told["rows"], told["first"], told["last"]) == (61, "2025-12-01", "2026-02-27")
    assert told["position_reports"] == 13
    with pytest.raises(DataError, match="No rows from 2027"):
        event_panel.window("2027-01-01", "2027-02-01")


def test_the_hash_is_of_content_not_of_bytes(event_panel, event_panel_path, universe, tmp_path):
    table = pd.read_csv(event_panel_path)
    spaced = tmp_path / "spaced.csv"
    spaced.write_text(event_panel_path.read_text().replace(",", ", ").replace("\n", "\r\n"))
    assert load_panel(spaced, universe).sha256 == event_panel.sha256
    reordered = tmp_path / "reordered.csv"
    table[["date", *table.columns[:0:-1]]].to_csv(reordered, index=False)
    assert load_panel(reordered, universe).sha256 == event_panel.sha256
    other = tmp_path / "other.csv"
    other.write_text(event_panel_path.read_text().replace("17.24", "17.25"))
    assert load_panel(other, universe).sha256 != event_panel.sha256


def test_parquet_reads_like_csv(event_panel, event_panel_path, universe, tmp_path):
    table = pd.read_csv(event_panel_path, parse_dates=["date"])
    table.to_parquet(tmp_path / "column.parquet")
    table.set_index("date").to_parquet(tmp_path / "index.parquet")
    assert load_panel(tmp_path / "column.parquet", universe).sha256 == event_panel.sha256
    assert load_panel(tmp_path / "index.parquet", universe).sha256 == event_panel.sha256


# --- what was known when ---------------------------------------------------------------------------


def test_flows_are_known_on_the_next_trading_morning(event_panel):
    friday = event_panel.as_of_date("2026-02-06").frame
    assert friday.index[-1] == pd.Timestamp("2026-02-06")
    assert friday.loc["2026-02-06", ["flow_ibit", "flow_total"]].isna().all()
    assert friday.loc["2026-02-06", "price"] == 69964
    assert friday.loc["2026-02-05", "flow_ibit"] == -175.3
    sunday = event_panel.as_of_date("2026-02-08").frame
    assert sunday.loc["2026-02-06", "flow_total"] != sunday.loc["2026-02-06", "flow_total"]
    assert event_panel.as_of_date("2026-02-09").frame.loc["2026-02-06", "flow_total"] == 371.1


def test_positions_are_known_on_their_friday(event_panel):
    def known(day):
        return event_panel.as_of_date(day).frame["short"].dropna().index[-1].strftime("%Y-%m-%d")

    assert known("2026-02-05") == "2026-01-27"
    assert known("2026-02-06") == "2026-02-03"
    assert known("2026-02-12") == "2026-02-03"
    assert known("2026-02-13") == "2026-02-10"


def test_late_reports_arrive_late(event_panel):
    early = event_panel.as_of_date("2025-12-22").frame
    assert early["short"].isna().all()
    assert early["positions_published"].isna().all()
    assert event_panel.as_of_date("2026-01-20").frame["short"].dropna().index[-1] == pd.Timestamp(
        "2026-01-13"
    )


def test_as_of_cannot_bring_anything_back(event_panel):
    early = event_panel.as_of_date("2026-02-05")
    assert early.as_of_date("2026-02-27").sha256 == early.sha256
    assert early.as_of_date("2026-02-04").sha256 == event_panel.as_of_date("2026-02-04").sha256


def test_as_of_the_far_end_hides_nothing(event_panel):
    assert event_panel.as_of_date("2026-03-06").sha256 == event_panel.sha256


def test_as_of_before_the_first_row_is_refused(event_panel):
    with pytest.raises(DataError, match="Nothing in the panel was known by 2025-11-28"):
        event_panel.as_of_date("2025-11-28")


def _scramble_unpublished(raw: pd.DataFrame, panel, day: str, columns: dict[str, list[str]]) -> pd.DataFrame:
    """Replace by other valid numbers everything published after `day`; clocks stated here independently."""
    rng = np.random.default_rng(RNG_SEED)
    out, dates = raw.copy(), pd.to_datetime(raw["date"])
    numbers = [c for c in raw if c != "date"]
    out[numbers] = raw[numbers].astype(float)
    end = pd.Timestamp(day)
    morning_after = dates.shift(-1).fillna(pd.Timestamp("2030-01-01"))
    late = {
        "flow": morning_after > end,
        "market": dates > end,
        "positions": (panel.frame["positions_published"].to_numpy() > end + pd.Timedelta(days=1)),
    }
    decimals = {"flow": 1, "market": 3, "positions": 0}
    for clock, names in columns.items():
        rows = np.asarray(late[clock]) & raw[names].notna().all(axis=1).to_numpy()
        factor = rng.uniform(0.97, 0.99, rows.sum())
        for name in names:
            out.loc[rows, name] = (raw.loc[rows, name] * factor).round(decimals[clock])
    flows = columns["flow"]
    out["total"] = out[flows].sum(axis=1).round(1)
    return out


@pytest.mark.parametrize("day", ["2025-12-23", "2026-01-16", "2026-02-06", "2026-02-13"])
def test_no_look_ahead(event_panel, event_panel_path, universe, tmp_path, day):
    raw = pd.read_csv(event_panel_path)
    columns = {  # fmt: skip
        "flow": [f.columns[-1] for f in universe.funds],
        "market": [
            "btc16",
            "ibit",
            "fut",
            "vol_m",
            "igv",
            "mstr",
            "qqq",
            "gld",
            "vix",
            "dvol16",
            "perp_09",
            "perp_16",
            "dvol_09",
            "igv_open",
            "qqq_open",
            "gld_open",
            "vix_open",
            "perp_kbtc",
            "spot_kbtc",
        ],
        "positions": ["levsh", "levlg", "levsp", "oi"],
    }
    changed = tmp_path / "changed.csv"
    _scramble_unpublished(raw, event_panel, day, columns).to_csv(changed, index=False)
    scrambled = load_panel(changed, universe)
    assert scrambled.sha256 != event_panel.sha256
    assert scrambled.as_of_date(day).sha256 == event_panel.as_of_date(day).sha256
    later = str((pd.Timestamp(day) + pd.Timedelta(days=7)).date())  # and the check can fail:
    assert scrambled.as_of_date(later).sha256 != event_panel.as_of_date(later).sha256


def test_loading_as_of_is_the_same_as_asking_later(event_panel, event_panel_path, universe):
    assert (
        load_panel(event_panel_path, universe, "2026-02-06").sha256
        == event_panel.as_of_date("2026-02-06").sha256
    )


def test_a_second_vendors_flow_is_hidden_like_a_flow(shared_panel):
    frame = shared_panel.as_of_date("2026-02-06").frame
    assert np.isnan(frame.loc["2026-02-06", "flow_ibit__etfcom"])
    assert not np.isnan(frame.loc["2026-02-05", "flow_ibit__etfcom"])


def test_a_second_vendor_has_one_name(shared_panel, event_panel):
    """Whatever the file calls it, the panel's column is the one that build_panel.py writes."""
    assert "flow_ibit__etfcom" in shared_panel.supplied
    assert "flow_ibit__etfcom" not in event_panel.frame


def test_the_newest_rows_zeros_are_missing_only_on_request(event_panel, event_panel_path, universe):
    partial = load_panel(event_panel_path, universe, newest_row_partial=True)
    last = partial.frame.iloc[-1]
    assert last[["flow_fbtc", "flow_gbtc", "flow_total"]].isna().all()
    assert (last["flow_ibit"], last["flow_other"]) == (-32.7, 5.2)
    assert partial.frame.iloc[-2].equals(event_panel.frame.iloc[-2])
    assert event_panel.frame.iloc[-1]["flow_fbtc"] == 0
    assert "not reported yet" in partial.notes[-1]


# --- before a fund's first day, with the embedded file alone ---------------------------------------


def _first_listed(universe, key: str, day: date):
    funds = tuple(replace(f, first_day=day) if f.key == key else f for f in universe.funds)
    return replace(universe, funds=funds)


def test_a_zero_before_the_first_day_is_missing(event_panel_path, universe):
    panel = load_panel(event_panel_path, _first_listed(universe, "btc", date(2025, 12, 3)))
    assert panel.frame["flow_btc"].iloc[:2].isna().all()
    assert panel.frame["flow_btc"].iloc[2:].notna().all()
    assert list(panel.listed["btc"].iloc[:4]) == [False, False, True, True]
    assert panel.describe()["missing_flows"] == {}


def test_a_flow_before_the_first_day_is_refused(event_panel_path, universe):
    with pytest.raises(
        DataError, match=r"2025-12-03, line 4, column 'BTC': a flow before the fund's first day"
    ):
        load_panel(event_panel_path, _first_listed(universe, "btc", date(2025, 12, 4)))


def test_members_are_summed_from_their_own_first_days(event_panel, event_panel_path, universe, tmp_path):
    raw = pd.read_csv(event_panel_path)
    members = universe.fund("other").members
    for m in members:
        raw[m.columns[0]] = 0.0
    raw[members[0].columns[0]] = raw["other"] - 1.5
    raw[members[1].columns[0]] = 1.5
    raw.loc[5, members[2].columns[0]] = np.nan
    raw.drop(columns="other").to_csv(tmp_path / "panel.csv", index=False)
    flow = load_panel(tmp_path / "panel.csv", universe).frame["flow_other"]
    assert np.isnan(flow.iloc[5])  # one listed member missing: so is the sum
    rest = flow.drop(flow.index[5])
    np.testing.assert_allclose(rest, event_panel.frame["flow_other"].drop(flow.index[5]), atol=1e-12)
