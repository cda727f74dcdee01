"""What a panel file must not contain: each fault is refused with its row, its column and a remedy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from model.errors import DataError
from model.panel import load_panel

type Edit = Callable[[pd.DataFrame], pd.DataFrame | None]


@pytest.fixture
def table(event_panel_path) -> pd.DataFrame:
    """The embedded file as texts."""
    return pd.read_csv(event_panel_path, dtype=str, keep_default_na=False).set_index("date", drop=False)


@pytest.fixture
def load(table, universe, tmp_path):
    """Write the table, edited, and load it."""

    def run(edit: Edit, **options):
        edited = edit(table)
        path = tmp_path / "panel.csv"
        (table if edited is None else edited).to_csv(path, index=False)
        return load_panel(path, universe, **options)

    return run


@pytest.fixture
def refused(load):
    """The message with which an edited table is refused."""

    def run(edit: Edit) -> str:
        with pytest.raises(DataError) as caught:
            load(edit)
        assert caught.value.remedy
        assert caught.value.exit_code == 3
        return caught.value.message

    return run


def put(day: str, column: str, value: str) -> Edit:
    """Set one cell."""

    def edit(t: pd.DataFrame) -> None:
        assert day in t.index
        t.loc[day, column] = value

    return edit


def scale(columns: list[str], factor: float, rows: slice = slice(None)) -> Edit:
    """Multiply columns, on some rows."""

    def edit(t: pd.DataFrame) -> None:
        for c in columns:
            t.loc[rows, c] = [str(float(x) * factor) if x else x for x in t.loc[rows, c]]

    return edit


def swap(a: str, b: str) -> Edit:
    """Swap the contents of two columns."""

    def edit(t: pd.DataFrame) -> None:
        t[[a, b]] = t[[b, a]].to_numpy()

    return edit


FLOWS = ["IBIT", "FBTC", "ARKB", "BITB", "GBTC", "BTC", "other", "total"]


def test_the_unedited_table_is_accepted(load, event_panel):
    assert load(lambda _: None).sha256 == event_panel.sha256


# --- single cells: (edit, line of the file, column, words) -----------------------------------------

CELLS = {
    "text": (put("2026-02-05", "IBIT", "(175.3)"), "line 47", "'IBIT'", "'\\(175.3\\)' is not a number"),
    "thousands separator": (put("2026-02-05", "btc16", "63,620"), "line 47", "'btc16'", "is not a number"),
    "infinite": (put("2026-02-05", "gld", "inf"), "line 47", "'gld'", "is infinite"),
    "overflow": (put("2026-02-05", "gld", "1e400"), "line 47", "'gld'", "is infinite"),
    "missing price": (put("2026-02-05", "btc16", ""), "line 47", "'btc16'", "is missing"),
    "missing factor": (put("2026-02-05", "igv", "NaN"), "line 47", "'igv'", "is missing"),
    "missing stress": (put("2026-02-05", "vix", "n/a"), "line 47", "'vix'", "is missing"),
    "negative price": (put("2026-02-05", "btc16", "-63620"), "line 47", "'btc16'", "outside"),
    "zero price": (put("2026-02-05", "qqq", "0"), "line 47", "'qqq'", "outside"),
    "price in thousands": (put("2026-02-05", "btc16", "63.62"), "line 47", "'btc16'", "outside"),
    "etf price x 1000": (put("2026-02-05", "ibit", "36100"), "line 47", "'ibit'", "outside"),
    "split": (put("2026-02-05", "mstr", "10.70"), "line 47", "'mstr'", "moves -92 %"),
    "etf of another day": (put("2026-02-05", "ibit", "41.57"), "line 47", "'ibit', 'btc16'", r"\+14.6 % off"),
    "future of another day": (put("2026-02-05", "fut", "73570"), "line 47", "'fut', 'btc16'", "premium of"),
    "negative volume": (put("2026-02-05", "vol_m", "-284.4"), "line 47", "'vol_m'", "outside"),
    "volume in shares": (put("2026-02-05", "vol_m", "284400000"), "line 47", "'vol_m'", "outside"),
    "flow in thousands": (put("2026-02-05", "IBIT", "-175300"), "line 47", "'IBIT'", r"outside .*USD m"),
    "fund off": (put("2026-02-05", "FBTC", "-119.5"), "line 47", "'total'", "funds sum to -444.1, .* -434.1"),
    "sign lost": (put("2026-02-05", "total", "434.1"), "line 47", "'total'", "funds sum to -434.1"),
    "wrong expiry": (put("2026-02-05", "dte", "21"), "line 47", "'dte'", "2026-02-26, which is not the last"),
    "positions on Friday": (
        put("2026-02-06", "levsh", "15875"),
        "line 48",
        "'levsh'",
        "positions on a Friday",
    ),
    "short above interest": (
        put("2026-02-03", "levsh", "25875"),
        "line 45",
        "'levsh', 'oi'",
        "exceed the open",
    ),
    "negative positions": (put("2026-02-03", "levlg", "-4450"), "line 45", "'levlg'", "outside"),
    "half a contract": (put("2026-02-03", "levsp", "79.8"), "line 45", "'levsp'", "not a whole number"),
    "other digits": (put("2026-02-05", "vix", "\u0661\u0662"), "line 47", "'vix'", "is not a number"),
    "date with a time": (put("2026-02-05", "date", "2026-02-05 16:00"), "line 47", "'date'", "is not a date"),
    "date the other way": (put("2026-02-05", "date", "05/02/2026"), "line 47", "'date'", "is not a date"),
    "date far away": (put("2026-02-27", "date", "2062-02-27"), "line 62", "", "so far away"),
}


@pytest.mark.parametrize("name", CELLS)
def test_one_bad_cell_is_refused_with_its_place(refused, name):
    edit, line, column, words = CELLS[name]
    message = refused(edit)
    first = [s for s in message.splitlines() if line in s and column in s]
    assert first, message
    assert any(pd.Series(first).str.contains(words)), message


# --- rows ------------------------------------------------------------------------------------------


def drop(day: str) -> Edit:
    return lambda t: t.drop(index=day)


def test_a_missing_trading_day_is_named(refused):
    message = refused(drop("2026-02-05"))
    assert "2026-02-04, line 46: the next trading day, 2026-02-05, is missing" in message


def test_a_duplicated_day_names_both_lines(refused):
    message = refused(lambda t: pd.concat([t.iloc[:47], t.iloc[46:]]))
    assert "2026-02-06, line 49: this date is also on line 48" in message


def test_unsorted_rows(refused):
    message = refused(lambda t: t.iloc[[*range(45), 46, 45, *range(47, 61)]])
    assert "2026-02-05, line 48: comes after 2026-02-06" in message


def test_newest_first_is_unsorted(refused):
    assert "unsorted" in refused(lambda t: t.iloc[::-1])


def test_all_dates_shifted_by_a_day(refused):
    def edit(t):
        t["date"] = (pd.to_datetime(t["date"]) + pd.Timedelta(days=1)).dt.strftime("%Y-%m-%d")

    message = refused(edit)
    assert "not a trading day of XNYS" in message
    assert "last Friday" not in message or "line" in message


def _holiday(t: pd.DataFrame, flow: str) -> pd.DataFrame:
    row = t.loc[["2025-12-24"]].copy()
    row["date"] = "2025-12-25"
    row[FLOWS] = flow
    row["dte"] = "1"
    return pd.concat([t.loc[:"2025-12-24"], row, t.loc["2025-12-26":]])


def test_a_holiday_of_zeros_is_dropped_and_noted(load, event_panel):
    panel = load(lambda t: _holiday(t, "0.0"))
    assert panel.sha256 == event_panel.sha256
    assert any("2025-12-25" in note for note in panel.notes)


def test_a_flow_on_a_holiday_is_refused(refused):
    message = refused(lambda t: _holiday(t, "1.0"))
    assert "2025-12-25, line 20, column 'IBIT', 'FBTC', 'ARKB': flows on a day" in message


# --- whole columns and files -----------------------------------------------------------------------

WHOLE = {
    "flows in USD": (scale(FLOWS, 1e6), "outside -3000 to 3000"),
    "flows in USD thousand": (scale(FLOWS, 1e3), "outside -3000 to 3000"),
    "flows in USD bn": (scale(FLOWS, 1e-3), "median absolute total"),
    "one fund in USD bn": (scale(["IBIT"], 1e-3), "funds sum to"),
    "one row in USD bn": (scale(FLOWS, 1e-3, slice("2026-02-05", "2026-02-05")), "more decimals"),
    "prices in USD thousand": (scale(["btc16"], 1e-3), "'btc16'"),
    "etf in cents": (scale(["ibit"], 100), "'ibit'"),
    "volume in shares": (scale(["vol_m"], 1e6), "'vol_m'"),
    "positions in BTC": (scale(["levsh", "levlg", "levsp", "oi"], 5), "'oi'"),
    "half of the history in another unit": (scale(["igv"], 10, slice(None, "2026-01-15")), "'igv'"),
    "price and ETF swapped": (swap("btc16", "ibit"), "'btc16'"),
    "fund and total swapped": (swap("IBIT", "total"), "funds sum to"),
    "short and open interest swapped": (swap("levsh", "oi"), "exceed the open interest"),
    "price a day late": (
        lambda t: t.assign(btc16=t["btc16"].shift(1, fill_value="85511")),
        "% off what a share",
    ),
    "no total": (lambda t: t.drop(columns="total"), "no column for 'flow_total'"),
    "no fund": (lambda t: t.drop(columns="ARKB"), "no column for 'flow_arkb'"),
    "no small funds": (lambda t: t.drop(columns="other"), "Add one of|no column for 'flow_btco'"),
    "no stress": (lambda t: t.drop(columns="vix"), "no column for 'stress'"),
    "no date": (lambda t: t.rename(columns={"date": "day"}), "no column 'date'"),
    "no rows": (lambda t: t.iloc[:0], "no rows"),
    "empty flows": (lambda t: t.assign(**dict.fromkeys(FLOWS, "")), "has no value at all"),
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_bad_column_is_refused(refused, name):
    edit, words = WHOLE[name]
    assert pd.Series([refused(edit)]).str.contains(words).all()


def test_optional_columns_may_be_absent(load):
    optional = ["vol_m", "dvol16", "fut", "dte", "levsh", "levlg", "levsp", "oi", "mstr"]
    optional += ["perp_09", "perp_16", "dvol_09", "igv_open", "qqq_open", "gld_open", "vix_open"]
    optional += ["perp_kbtc", "spot_kbtc", "perp_low_overnight"]
    panel = load(lambda t: t.drop(columns=optional))
    assert panel.supplied == ()
    assert panel.frame["short"].isna().all()
    assert panel.frame["positions_published"].isna().all()


def test_missing_stays_missing(load):
    def edit(t):
        t.loc["2026-02-05", ["IBIT", "total", "dvol16", "fut"]] = ""

    row = load(edit).frame.loc["2026-02-05"]
    assert row[["flow_ibit", "flow_total", "implied_vol", "future"]].isna().all()
    assert row["flow_fbtc"] == -109.5


def test_rounding_of_the_vendor_is_allowed(load):
    assert load(put("2026-02-05", "total", "-434.9")).frame.loc["2026-02-05", "flow_total"] == -434.9


def test_a_flow_before_the_first_day_is_refused(shared_panel_path, universe, tmp_path):
    raw = pd.read_csv(shared_panel_path)
    raw.loc[raw["date"] == "2024-07-30", "flow_btc"] = 5.0
    raw.to_csv(tmp_path / "panel.csv", index=False)
    with pytest.raises(
        DataError, match=r"2024-07-30.*'flow_btc': a flow before the fund's first day 2024-07-31"
    ):
        load_panel(tmp_path / "panel.csv", universe)


def test_everything_wrong_is_reported_at_once(refused):
    def edit(t):
        t.loc["2026-02-05", ["IBIT", "gld", "vix"]] = ["text", "inf", ""]
        t.loc["2026-02-03", "dte"] = "7"

    message = refused(edit)
    for words in ("'IBIT'", "'gld'", "'vix'", "'dte'"):
        assert words in message
    values = refused(lambda t: t.assign(gld="-1", qqq="0", dte="3", vix=""))
    for words in ("'gld'", "'qqq'", "'dte'", "'vix'"):
        assert words in values, values
    assert sum(s.lstrip()[:1].isdigit() for s in values.splitlines()) == 20
    assert "more of the same kinds" in values


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no column 'date'"),
        (b"<!DOCTYPE html>\n<html><body>Too many requests</body></html>\n", "no column 'date'"),
        (b"date,IBIT\n2026-02-05,\xff\xfe1\n", "line 2: not UTF-8"),
        (b"date,IBIT\n2026-02-05,1\x00\n", "line 2: a zero byte"),
        (b"date,IBIT\n2026-02-05\n", "line 2: 1 fields, the header has 2"),
        (b"date,IBIT,IBIT\n2026-02-05,1,1\n", "'IBIT' appears twice"),
        (b'date,IBIT\n"2026-02-05,1\n', "broken CSV"),
        (b"date,IBIT\n2026-02-05,1\n", "no column for 'flow_total'"),
    ],
)
def test_broken_files(universe, tmp_path, content, words):
    path = tmp_path / "panel.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=words):
        load_panel(path, universe)


def test_a_file_cut_off_anywhere_is_refused_or_shorter(event_panel, event_panel_path, universe, tmp_path):
    whole = event_panel_path.read_bytes()
    path = tmp_path / "panel.csv"
    frame = event_panel.frame
    for end in np.linspace(200, len(whole) - 5, 25).astype(int):
        path.write_bytes(whole[:end])
        try:
            cut = load_panel(path, universe).frame
        except DataError:
            continue
        assert len(cut) < len(frame) or end > len(whole) - 30
        pd.testing.assert_frame_equal(cut.iloc[:-1], frame.iloc[: len(cut) - 1], check_freq=False)


def test_unreadable_paths(universe, tmp_path):
    (tmp_path / "panel.parquet").write_bytes(b"PAR1 not parquet")
    with pytest.raises(DataError, match="not a readable parquet file"):
        load_panel(tmp_path / "panel.parquet", universe)
    with pytest.raises(DataError, match="Cannot read"):
        load_panel(tmp_path / "absent.csv", universe)
    with pytest.raises(DataError, match="of type '.xlsx'"):
        load_panel(tmp_path / "panel.xlsx", universe)
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(DataError, match="Cannot read"):
        load_panel(tmp_path / "folder.csv", universe)
