"""Every reader on a file written by hand in the documented shape, and on the synthetic samples."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from model.errors import DataError
from model.sources import READERS, reader
from model.sources.deribit_book import book
from model.sources.spec import SourceSpec
from model.sources.tidy import COLUMNS, tidy
from tests.proofs.sources.mutations import as_number, day_of, values
from tests.proofs.sources.samples import CONTEXT, START, Sample, days, nav_stamp, samples

BY_NAME = {s.name: s for s in samples()}


ONE_DAY_A_FILE = {
    "deribit_book",
    "binance_metrics",
    "binance_liquidations",
    "finra_short_volume",
    "sec_fails",
    "cme_volume",
}
"""Readers of files of a day or a half month, which no mutation of days fits; test_sources_venues.py has their faults."""


def test_every_reader_has_a_sample() -> None:
    assert set(READERS) == {s.spec.reader for s in samples()} | ONE_DAY_A_FILE
    with pytest.raises(DataError, match="Use one of"):
        reader("excel")


@pytest.mark.parametrize("sample", [s for s in samples() if s.daily], ids=lambda s: s.name)
def test_daily_values_come_back_on_their_days(sample: Sample) -> None:
    got = values(sample.blob(), sample)
    factor = 1e-6 if sample.spec.series[0].unit == "USD" and sample.spec.series[0].role == "flow" else 1.0
    expected = {}
    for row in sample.rows:
        for (series, fund, _), j in zip(sample.spec.fields, sample.mapped, strict=True):
            expected[series.output(fund), day_of(row[0])] = as_number(row[j]) * factor
    assert got.keys() == expected.keys()
    assert all(abs(got[k] - expected[k]) < 1e-9 * max(1, abs(expected[k])) for k in got)


@pytest.mark.parametrize("name", ["dvol", "coinbase", "klines", "hourly"])
def test_hourly_closes_are_those_of_16_new_york(name: str) -> None:
    sample = BY_NAME[name]
    j = sample.mapped[0]
    by_start = {
        pd.Timestamp(r[0])
        if not r[0].isdigit()
        else pd.Timestamp(int(r[0]), unit="ms" if len(r[0]) > 10 else "s", tz="UTC"): as_number(r[j])
        for r in sample.rows
    }
    got = values(sample.blob(), sample)
    assert len(got) == 11
    for (_, day), value in got.items():
        assert value == pytest.approx(by_start[nav_stamp(day) - pd.Timedelta(hours=1)])


def test_tidy_has_the_documented_columns_and_publication_everywhere() -> None:
    for s in samples():
        frame = tidy({s.file: s.blob()}, s.spec, CONTEXT, START).frame
        assert list(frame.columns) == COLUMNS
        assert frame["published_at"].notna().all()
        late = frame["published_at"].dt.tz_convert("America/New_York").dt.tz_localize(None) - frame["date"]
        assert (late > pd.Timedelta(hours=12)).all()


FARSIDE = b"""<html><body><table class="etf"><thead>
<tr><th></th><th>AAAA</th><th>BBBB</th><th>CCCC</th><th>%s</th></tr></thead><tbody>
<tr><td>Fee</td><td>0.25%%</td><td>0.25%%</td><td>0.2%%</td><td></td></tr>
<tr><td>05 Feb 2026</td><td><span>(175.3)</span></td><td>(109.5)</td><td>-</td><td>(284.8)</td></tr>
<tr><td>06 Feb 2026</td><td>1,231.6</td><td>24.5</td><td>0.0</td><td>1,256.1</td></tr>
<tr><td>Total</td><td>1,056.3</td><td>(85.0)</td><td>0.0</td><td>971.3</td></tr>
<tr><td>Average</td><td>1.0</td><td>2.0</td><td>3.0</td><td>6.0</td></tr>
</tbody></table></body></html>
"""


@pytest.mark.parametrize("head", [b"Total", b""])
def test_farside_page(head: bytes) -> None:
    got = values(FARSIDE % head, BY_NAME["farside"])
    a, b = pd.Timestamp("2026-02-05"), pd.Timestamp("2026-02-06")
    assert got == {
        ("flow_aa", a): -175.3,
        ("flow_aa", b): 1231.6,
        ("flow_bb", a): -109.5,
        ("flow_bb", b): 24.5,
        ("flow_cc", b): 0.0,
        ("flow_total", a): -284.8,
        ("flow_total", b): 1256.1,
    }


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (b"1,056.3", b"1,156.3", "rows sum to"),  # the page's own column total
        (b"24.5", b"94.5", "rows sum to"),
        (b"AAAA", b"ZZZZ", "no column 'AAAA'"),
        (b"</table>", b"", "cut off"),
        (b"06 Feb 2026", b"07 Feb 2026", "not a trading day"),
        (b"<table", b"<div", "no table"),
    ],
)
def test_farside_page_refused(old: bytes, new: bytes, says: str) -> None:
    with pytest.raises(DataError, match=says):
        values((FARSIDE % b"Total").replace(old, new), BY_NAME["farside"])


def test_a_dash_in_the_newest_rows_holds_the_total_back() -> None:
    sample = BY_NAME["farside"]
    rows = [list(r) for r in sample.rows]
    rows[-1][3] = "-"
    rows[-1][4] = f"{as_number(rows[-1][1]) + as_number(rows[-1][2]):,.1f}".replace("-", "(") + (
        ")" if as_number(rows[-1][1]) + as_number(rows[-1][2]) < 0 else ""
    )
    got = values(sample.render(list(sample.head), rows), sample)
    last = days()[-1]
    assert ("flow_cc", last) not in got
    assert ("flow_total", last) not in got
    assert ("flow_aa", last) in got


def test_zero_in_the_vendors_unfinished_row_is_missing() -> None:
    sample = BY_NAME["flow_records"]
    rows = [list(r) for r in sample.rows]
    rows[-1][1:] = ["0.0", "0.0", "0.0", "0.0"]
    last = days()[-1]
    for fetched, found in (("2026-03-14T02:00Z", False), ("2026-03-20T02:00Z", True), (None, False)):
        spec = replace(sample.spec, fetched_at=None if fetched is None else pd.Timestamp(fetched))
        got = values(sample.render(list(sample.head), rows), replace(sample, spec=spec))
        assert (("flow_aa", last) in got) is found
        assert (("flow_total", last) in got) is found


def test_holiday_zeros_are_dropped_and_holiday_flows_refused() -> None:
    sample = BY_NAME["flow_records"]
    zeros = [*sample.rows, ("2026-01-19", "0.0", "0.0", "0.0", "0.0")]
    assert values(sample.render(list(sample.head), [list(r) for r in zeros]), sample) == values(
        sample.blob(), sample
    )
    flows = [*sample.rows, ("2026-01-19", "1.0", "0.0", "0.0", "1.0")]
    blob = sample.render(list(sample.head), [list(r) for r in flows])
    with pytest.raises(DataError, match="2026-01-19"):
        values(blob, sample)
    tolerant = replace(sample, spec=replace(sample.spec, off_days="drop"))
    assert values(blob, tolerant) == values(sample.blob(), sample)


def test_a_shifted_file_is_refused_even_when_off_days_may_be_dropped() -> None:
    sample = BY_NAME["price"]
    spec = replace(sample.spec, off_days="drop")
    rows = [[str((pd.Timestamp(r[0]) + pd.Timedelta(days=1)).date()), r[1]] for r in sample.rows]
    with pytest.raises(DataError, match="not a trading day"):
        values(sample.render(list(sample.head), rows), replace(sample, spec=spec))


def test_revisions_are_vintages() -> None:
    spec = replace(BY_NAME["price"].spec, options={"format": "csv", "published": "known"})
    blob = b"date,px,known\n2026-02-05,63000,2026-02-06T00:00Z\n2026-02-05,63620,2026-02-09T00:00Z\n"
    blob += b"2026-02-06,69964,2026-02-07T00:00Z\n"
    now = tidy({"a.csv": blob}, spec, CONTEXT, START).frame
    then = tidy({"a.csv": blob}, spec, CONTEXT, START, pd.Timestamp("2026-02-07").date()).frame
    assert now["value"].tolist() == [63620, 69964]
    assert then["value"].tolist() == [63000, 69964]


OPTION = {
    "instrument_name": "BTC-27MAR26-80000-C",
    "open_interest": 12.5,
    "volume": 2.0,
    "mark_iv": 55.1,
    "underlying_price": 70010.5,
    "creation_timestamp": 1770325200000,
    "bid_price": None,
}


def test_deribit_book_by_option_and_as_sums() -> None:
    rows = [OPTION, {**OPTION, "instrument_name": "BTC-27MAR26-60000-P", "volume": 3.0}]
    blob = json.dumps({"jsonrpc": "2.0", "result": rows}).encode()
    table = book(blob, "b.json")
    assert table[["kind", "strike"]].to_numpy().tolist() == [["C", 80000.0], ["P", 60000.0]]
    assert table["expiry"].iloc[0] == pd.Timestamp("2026-03-27")
    series = replace(
        BY_NAME["dvol"].spec.series[0],
        role="put_call",
        unit="ratio",
        column="put_call",
        fields={"": "put_call"},
        plausible=(0.01, 100),
        typical=None,
    )
    frame = tidy(
        {"b.json": blob}, SourceSpec("b", "deribit_book", (), "utc_24", (series,)), CONTEXT, START
    ).frame
    assert frame["value"].tolist() == [1.5]
    assert str(frame["date"].iloc[0].date()) == "2026-02-05"


@pytest.mark.parametrize(
    "change",
    [
        {"instrument_name": "BTC-PERPETUAL"},
        {"open_interest": -1},
        {"mark_iv": "abc"},
        {"creation_timestamp": 1},
    ],
)
def test_deribit_book_refused(change: dict) -> None:
    with pytest.raises(DataError):
        book(json.dumps({"result": [{**OPTION, **change}]}).encode(), "b.json")
    with pytest.raises(DataError, match="too_many"):
        book(b'{"error": {"code": 10028, "message": "too_many_requests"}}', "b.json")


def test_scale_of_a_whole_file_is_checked_without_a_range() -> None:
    sample = BY_NAME["flow_records"]
    rows = [[r[0], *(f"{as_number(c) / 1000:.6f}" for c in r[1:])] for r in sample.rows]
    with pytest.raises(DataError, match="Check the file's unit"):
        values(sample.render(list(sample.head), rows), sample)


def test_parts_of_a_total_must_sum() -> None:
    sample = BY_NAME["flow_records"]
    rows = [list(r) for r in sample.rows]
    rows[5][1] = f"{as_number(rows[5][1]) + 2:.1f}"
    with pytest.raises(DataError, match=f"{days()[5].date()}.*funds sum"):
        values(sample.render(list(sample.head), rows), sample)


def test_unfinished_bars_are_dropped() -> None:
    sample = BY_NAME["price"]
    during = replace(sample, spec=replace(sample.spec, fetched_at=pd.Timestamp("2026-03-13T18:00Z")))
    lost = values(sample.blob(), sample).keys() - values(sample.blob(), during).keys()
    assert {d for _, d in lost} == {days()[-1]}


def test_ohlc_and_open_close_order() -> None:
    dvol = BY_NAME["dvol"]
    good = values(dvol.blob(), dvol)
    assert np.all(np.isfinite(list(good.values())))
    for a, b in ((2, 3), (1, 4)):
        rows = [list(r) for r in dvol.rows]
        for r in rows:
            r[a], r[b] = r[b], r[a]
        with pytest.raises(DataError, match="swapped"):
            values(dvol.render(list(dvol.head), rows), dvol)
