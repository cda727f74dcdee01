"""From sources.toml to a panel: priorities, second vendors, masks, as-of, and a leak test that can fail."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sources_support import write_sources

from model.errors import DataError
from model.sources.build import build_panel, days_to_last_friday
from model.sources.clocks import CLOCKS, Context, moments
from model.sources.load import load_sources
from model.sources.output import read_table, write_table
from model.sources.raw import RawSeries
from tests.proofs.sources.samples import CONTEXT, Sample, as_sample, days, samples

CUTS = (date(2026, 2, 6), date(2026, 1, 13), date(2026, 3, 10), date(2026, 1, 16))


def test_columns_and_second_vendors(sources_path: Path) -> None:
    built = build_panel(sources_path)
    assert {
        "flow_aa",
        "flow_bb",
        "flow_cc",
        "flow_total",
        "flow_aa__flow_single",
        "etf_close",
        "etf_volume",
        "stress",
        "short",
        "long",
        "spread",
        "open_interest",
        "implied_vol",
        "price",
        "price__hourly",
        "funding",
    } == set(built.panel.columns)
    assert built.panel.index.equals(days())
    assert built.panel["short"].notna().sum() == 15
    assert built.report.supplied == ["funding"]
    assert "short_interest" in built.report.absent
    assert [str(d) for d in built.report.half_days] == ["2025-12-24"]


def test_first_source_of_a_column_wins_and_the_other_is_compared(tmp_path: Path) -> None:
    path = write_sources(tmp_path, ("hourly", "coinbase"))
    built = build_panel(path)
    assert {"price", "price__coinbase"} == set(built.panel.columns)
    assert len(built.report.conflicts) == 0 or (built.report.conflicts["column"] == "price").all()
    [pair] = built.report.pairs
    assert pair.second == "coinbase"


def test_conflicts_are_listed_not_repaired(tmp_path: Path) -> None:
    path = write_sources(tmp_path, ("flow_records", "flow_single"))
    blob = (tmp_path / "flow_single.csv").read_text().splitlines()
    stamp, ticker, value = blob[10].split(",")
    blob[10] = f"{stamp},{ticker},{float(value) + 5e7}"
    (tmp_path / "flow_single.csv").write_text("\n".join(blob) + "\n")
    conflicts = build_panel(path).report.conflicts
    assert conflicts["date"].dt.date.astype(str).tolist() == [stamp]
    assert conflicts["difference"].tolist() == pytest.approx([50.0])


def test_masks_and_derived_columns(tmp_path: Path) -> None:
    extra = '[[derive]]\ncolumn = "dte"\nrule = "days_to_last_friday"\n\n'
    extra += '[[mask]]\ncolumns = ["stress"]\nwhen = "dte"\nbelow = 5\nreason = "x"\n'
    panel = build_panel(write_sources(tmp_path, ("cboe",), extra)).panel
    near = panel["dte"] < 5
    assert panel.loc[near, "stress"].isna().all()
    assert panel.loc[~near, "stress"].notna().all()
    assert 3 < near.sum() < 20


def test_days_to_the_last_friday() -> None:
    got = days_to_last_friday(
        pd.DatetimeIndex(["2026-02-26", "2026-02-27", "2026-02-28", "2026-01-30", "2026-01-31"])
    )
    assert got.tolist() == [1, 0, 27, 0, 27]


def test_as_of_knows_what_was_public(sources_path: Path) -> None:
    friday = build_panel(sources_path, date(2026, 2, 6)).panel
    assert friday.index[-1] == pd.Timestamp("2026-02-06")
    assert friday["etf_close"].notna().iloc[-1]
    assert np.isnan(friday["flow_aa"].iloc[-1])  # published on Monday morning
    assert friday["flow_aa"].notna().iloc[-2]
    assert friday.loc["2026-02-03", "short"] > 0  # Friday's table
    thursday = build_panel(sources_path, date(2026, 2, 5)).panel
    assert np.isnan(thursday.loc["2026-02-03", "short"])
    late = build_panel(sources_path, date(2026, 1, 12)).panel
    assert np.isnan(late.loc["2025-12-30", "short"])  # that report came on the 13th


def scramble(sample: Sample, cut: pd.Timestamp, rng: np.random.Generator, too_early: pd.Timedelta) -> bytes:
    """Every number whose row was published after `cut` (less `too_early`) replaced by noise."""
    spec = sample.spec
    interval = spec.interval_minutes if spec.stamp == "start" else 0.0
    rows = [list(r) for r in sample.rows]
    raw = RawSeries(
        spec.series[0],
        "",
        pd.DatetimeIndex([as_sample(r[0], spec.stamp) for r in rows]),
        np.zeros(len(rows)),
        [""] * len(rows),
    )
    public = moments(raw, CLOCKS[spec.clock], interval, Context(CONTEXT.calendar, universe_delays()))
    for row, when in zip(rows, public, strict=True):
        if when < cut - too_early:
            continue
        for j in range(1, len(row)):
            if row[j].replace(".", "").replace("-", "").isdigit() and not sample.head[j].endswith("code"):
                row[j] = str(int(rng.integers(1, 10**9)))
        keep_shape(sample, row)
    return sample.render(list(sample.head), rows)


def keep_shape(sample: Sample, row: list[str]) -> None:
    """Noise that the file's own consistency checks (made while reading) let pass, with values free."""
    names = sample.head
    for high, low in (("high", "low"), ("High", "Low"), ("HIGH", "LOW")):
        if high in names:
            row[names.index(high)], row[names.index(low)] = str(10**10), "0.5"
    if sample.name == "cftc":
        for j in range(3, 17):
            row[j] = "1000000"
        row[2] = str(5 * 10**6 + 4 * 10**6)


def universe_delays() -> dict:
    from model.panel.universe import load_universe

    return dict(load_universe("us-spot-btc").positions.delayed)


def panel_bytes(path: Path, as_of: date, out: Path) -> bytes:
    write_table(build_panel(path, as_of).panel, out, as_of)
    return out.read_bytes()


LEAK = tuple(n for n in ("flow_records", "yahoo", "cboe", "cftc", "hourly", "binance", "flow_single"))


@pytest.mark.parametrize("cut", CUTS[:3])
def test_nothing_published_later_leaks(tmp_path: Path, cut: date) -> None:
    path = write_sources(tmp_path, LEAK)
    before = panel_bytes(path, cut, tmp_path / "a.parquet")
    moment = (pd.Timestamp(cut) + pd.Timedelta(days=1)).tz_localize("America/New_York")
    changed = 0
    for s in samples():
        if s.name in LEAK:
            blob = scramble(s, moment, np.random.default_rng(1), pd.Timedelta(0))
            changed += blob != (tmp_path / s.file).read_bytes()
            (tmp_path / s.file).write_bytes(blob)
    assert changed >= len(LEAK) - 1  # there was something to leak
    assert panel_bytes(path, cut, tmp_path / "b.parquet") == before


def test_the_leak_test_can_fail(tmp_path: Path) -> None:
    """Scramble one day too much: now the panel must change (or be refused)."""
    path = write_sources(tmp_path, LEAK)
    cut = CUTS[0]
    before = panel_bytes(path, cut, tmp_path / "a.parquet")
    moment = (pd.Timestamp(cut) + pd.Timedelta(days=1)).tz_localize("America/New_York")
    for s in samples():
        if s.name == "flow_single":
            (tmp_path / s.file).write_bytes(
                scramble(s, moment, np.random.default_rng(1), pd.Timedelta(days=1))
            )
    assert panel_bytes(path, cut, tmp_path / "b.parquet") != before


def test_the_whole_panel_differs_from_the_scrambled_one(tmp_path: Path) -> None:
    path = write_sources(tmp_path, ("flow_single",))
    clean = build_panel(path).panel
    moment = pd.Timestamp("2026-02-07").tz_localize("America/New_York")
    sample = next(s for s in samples() if s.name == "flow_single")
    (tmp_path / sample.file).write_bytes(scramble(sample, moment, np.random.default_rng(1), pd.Timedelta(0)))
    assert not build_panel(path).panel.equals(clean)


def test_recorded_sha256_is_checked(tmp_path: Path) -> None:
    path = write_sources(tmp_path, ("price",))
    path.write_text(
        path.read_text().replace('clock = "session_close"', f'clock = "session_close"\nsha256 = "{"0" * 64}"')
    )
    with pytest.raises(DataError, match="sha256"):
        build_panel(path)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('reader = "table"', 'reader = "excel"', "Unknown reader"),
        ('clock = "session_close"', 'clock = "noon"', "not a clock"),
        ('role = "price"', 'role = "prize"', "not a role"),
        ('unit = "USD"', 'unit = "EUR"', "can't become"),
        ("plausible = [20000, 250000]\n", "", "plausible"),
        ('path = "price.csv"', 'path = "none.csv"', "cannot read"),
        ('path = "price.csv"', 'path = "*.none"', "no file matches"),
        ('name = "price"', 'name = "price"\ncolour = "red"', "colour"),
        ('format = "csv"', "format = inf", "format"),
        ('format = "csv"', 'format = "cvs"', "Use one of csv, json, parquet"),
        (
            'format = "csv"',
            'format = "csv", mised = ["venue"]',
            "mised: unknown key. Remedy: Did you mean mixed",
        ),
        ('format = "csv"', 'format = "csv", where = { ticker = 1979-05-27 }', "ticker"),
        ('format = "csv"', 'format = "csv", where = { ticker = nan }', "ticker"),
        ('format = "csv"', 'format = "csv", prints = 0', "prints must be above 0|prints: must be above 0"),
        ('format = "csv"', 'format = "csv", time_unit = "fortnights"', "time_unit"),
        ('format = "csv"', 'format = "csv", thinned = "yes"', "thinned"),
        ('format = "csv"', 'format = "csv", symbol = 1', "symbol"),
        ('format = "csv"', 'format = "csv", price = [2, 1]', "price"),
    ],
)
def test_sources_toml_is_strict(tmp_path: Path, old: str, new: str, says: str) -> None:
    path = write_sources(tmp_path, ("price",))
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(DataError, match=says):
        build_panel(path)


def test_optional_roles_when_supplied(tmp_path: Path) -> None:
    path = write_sources(tmp_path, ("cboe",))
    frame = pd.DataFrame(
        {
            "date": days().strftime("%Y-%m-%d"),
            "oi": 20_000.0,
            "b30": 0.05,
            "b90": 0.06,
            "long": 2e7,
            "short": 3e7,
            "calls": 5e5,
            "puts": 4e5,
            "pc": 0.8,
            "prem": 0.001,
            "shares": 1e9,
            "nav": 45.0,
            "perp": 5e9,
        }
    )
    frame["shares"] += 40_000 * np.arange(len(frame))
    frame.to_csv(tmp_path / "more.csv", index=False)
    blocks = [
        ("future_open_interest", "contracts", 'field = "oi"', 1e3, 1e6),
        ("tenor_basis", "fraction", 'fields = { 30 = "b30", 90 = "b90" }', -50, 100),
        ("liquidations", "USD", 'fields = { long = "long", short = "short" }', 0, 1e5),
        ("option_volume", "contracts", 'fields = { call = "calls", put = "puts" }', 0, 1e8),
        ("put_call", "ratio", 'field = "pc"', 0, 50),
        ("premium", "fraction", 'fields = { aa = "prem" }', -10, 10),
        ("shares", "shares", 'fields = { aa = "shares" }', 1e6, 1e11),
        ("nav", "USD", 'fields = { aa = "nav" }', 1, 1e4),
        ("perpetual_open_interest", "USD", 'field = "perp"', 1e8, 1e11),
    ]
    text = '\n[[source]]\nname = "more"\nreader = "table"\npath = "more.csv"\nclock = "session_close"\n'
    text += "".join(
        f'\n[[source.series]]\nrole = "{r}"\nunit = "{u}"\nplausible = [{a}, {b}]\n{f}\n'
        for r, u, f, a, b in blocks
    )
    interest = pd.DataFrame({"date": ["2026-01-15", "2026-01-30"], "si": [2e7, 2.5e7]})
    interest.to_csv(tmp_path / "si.csv", index=False)
    text += '\n[[source]]\nname = "si"\nreader = "table"\npath = "si.csv"\nclock = "settlement"\n'
    text += '\n[[source.series]]\nrole = "short_interest"\nunit = "shares"\n'
    text += 'plausible = [1e5, 1e10]\nfields = { aa = "si" }\n'
    path.write_text(path.read_text().replace("universe =", "basket_shares = 40000\nuniverse =") + text)
    built = build_panel(path)
    assert {
        "basis_30d",
        "basis_90d",
        "liquidations_long",
        "option_volume_put",
        "put_call",
        "premium_aa",
        "shares_aa",
        "flow_aa__shares",
        "short_interest_aa",
        "future_open_interest",
        "perpetual_open_interest",
    } <= set(built.panel.columns)
    assert built.panel["basis_30d"].iloc[0] == pytest.approx(5.0)
    assert built.panel["liquidations_long"].iloc[0] == pytest.approx(20.0)
    assert built.report.baskets.loc["aa", "share_whole"] == 1.0
    assert built.panel["flow_aa__shares"].iloc[1] == pytest.approx(1.8)
    early = build_panel(path, date(2026, 1, 20)).panel
    assert early["short_interest_aa"].isna().all()  # settled, not published


def test_panels_are_written_whole_and_read_back(tmp_path: Path, sources_path: Path) -> None:
    panel = build_panel(sources_path).panel
    for name in ("p.parquet", "p.csv"):
        write_table(panel, tmp_path / name)
        pd.testing.assert_frame_equal(
            read_table(tmp_path / name), panel, check_freq=False, check_index_type=False, check_dtype=False
        )
    assert not list(tmp_path.glob(".p.*"))
    with pytest.raises(DataError):
        write_table(panel, tmp_path / "p.xlsx")
    (tmp_path / "bad.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError):
        read_table(tmp_path / "bad.parquet")


def test_paths_may_be_patterns(tmp_path: Path) -> None:
    path = write_sources(tmp_path, ("dvol",))
    sample = next(s for s in samples() if s.name == "dvol")
    rows = [list(r) for r in sample.rows]
    (tmp_path / sample.file).unlink()
    for k, part in enumerate((rows[:200], rows[190:])):  # pages overlap
        (tmp_path / f"dvol{k}.json").write_bytes(sample.render(list(sample.head), part))
    path.write_text(path.read_text().replace('path = "dvol.json"', 'path = "dvol*.json"'))
    assert len(load_sources(path).sources[0].paths) == 2
    assert build_panel(path).panel["implied_vol"].notna().sum() == 11
    assert json.loads((tmp_path / "dvol0.json").read_text())["result"]["continuation"] is None
