"""The real third-party files: reproduction, known defects, a leak test. Skips where they are absent."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from model.panel import load_panel
from model.sources.build import Built, build_panel
from model.sources.output import write_table

RENAMED = {"flow_ibit__etfcom": "flow_ibit_etfcom"}  # the shared file's name; the universe accepts both


@pytest.fixture(scope="session")
def shared_panel(raw_path: Path) -> pd.DataFrame:
    path = raw_path.parent / "../../../shared/data/panel.csv"
    if not path.is_file():
        pytest.skip("the shared panel is not on this machine")
    return pd.read_csv(path, parse_dates=["date"]).set_index("date")


def test_reproduces_the_shared_panel_to_rounding(raw_built: Built, shared_panel: pd.DataFrame) -> None:
    mine = raw_built.panel.rename(columns=RENAMED)
    assert mine.index.equals(shared_panel.index)
    same = []
    for column in shared_panel.columns.intersection(mine.columns):
        a, b = mine[column], shared_panel[column]
        if (a.isna() == b.isna()).all() and np.allclose(a, b, rtol=1e-12, atol=6e-7, equal_nan=True):
            same.append(column)
    assert len(same) >= 37, sorted(set(shared_panel) - set(same))


def test_expiry_week_basis_is_masked_and_only_that(raw_built: Built, shared_panel: pd.DataFrame) -> None:
    column = "cme_near_basis_ann_pct"
    near = shared_panel["cme_near_dte"] < 5
    assert raw_built.panel.loc[near, column].isna().all()
    np.testing.assert_allclose(
        raw_built.panel.loc[~near, column], shared_panel.loc[~near, column], rtol=1e-12
    )
    assert (
        next(n.rows for n in raw_built.report.notes if n.source == "mask")
        == int((near & shared_panel[column].notna()).sum())
        > 0
    )


def test_one_day_shift_between_two_vendors(raw_built: Built) -> None:
    pair = next(p for p in raw_built.report.pairs if p.second == "etfcom")
    assert pair.lag == 1
    assert pair.table.loc[1, "match"] > 0.95
    assert pair.table["match"].drop(1).max() < 0.05
    assert set(pair.differences.index.year) == {2026}
    others = [p.lag for p in raw_built.report.pairs if p.second == "dashboard" and p.column != "flow_msbt"]
    assert others == [0] * 12


def test_vix_conflict_is_flagged_and_the_first_source_kept(raw_built: Built) -> None:
    conflicts = raw_built.report.conflicts
    [row] = conflicts[conflicts["column"] == "vix"].to_dict("records")
    assert (str(row["date"].date()), row["vendor"], row["kept"]) == ("2026-02-06", "yahoo", 17.76)
    assert row["other"] == pytest.approx(20.37)
    assert raw_built.panel.loc["2026-02-06", "vix"] == 17.76


def test_holiday_zeros_are_dropped(raw_built: Built) -> None:
    dropped = {n.what: n.rows for n in raw_built.report.notes if n.source == "farside"}
    assert set(dropped.values()) == {16}
    assert len(dropped) == 13
    assert pd.Timestamp("2025-11-27") not in raw_built.panel.index


def test_hourly_prices_sampled_at_nav_agree_with_the_exchange(raw_built: Built) -> None:
    panel = raw_built.panel
    gap = (panel["btc_16et__binance_perp"] / panel["btc_16et"] - 1).abs()
    assert gap.median() < 0.001
    assert gap.max() < 0.005  # an hour off would show as several per cent


def test_the_model_reads_what_was_built(raw_built: Built, tmp_path: Path) -> None:
    write_table(raw_built.panel, tmp_path / "panel.parquet")
    panel = load_panel(tmp_path / "panel.parquet", "us-spot-btc")
    assert len(panel.frame) == 556
    assert panel.frame.loc["2026-02-05", "flow_total"] == -434.1


@pytest.mark.slow
def test_as_of_on_real_files(raw_path: Path, raw_built: Built) -> None:
    known = build_panel(raw_path, date(2026, 1, 12)).panel
    assert np.isnan(known.loc["2026-01-12", "flow_ibit"])
    assert known.loc["2026-01-09", "flow_ibit"] == -252.0
    assert known["cot_lev_short"].last_valid_index() == pd.Timestamp("2025-12-23")  # the catch-up schedule
    assert raw_built.panel["cot_lev_short"].last_valid_index() == pd.Timestamp("2026-03-31")


@pytest.mark.slow
@pytest.mark.parametrize("cut", [date(2026, 2, 6), date(2025, 3, 28)])
def test_nothing_published_later_leaks_from_real_files(raw_path: Path, tmp_path: Path, cut: date) -> None:
    root = (raw_path.parent / "../../../shared/data/raw").resolve()
    text = raw_path.read_text().replace('root = "../../../shared/data/raw"', 'root = "raw"')
    (tmp_path / "sources.toml").write_text(text)
    _noise(root, tmp_path / "raw", cut)
    clean = build_panel(raw_path, cut).panel
    noisy = build_panel(tmp_path / "sources.toml", cut).panel
    write_table(clean, tmp_path / "a.parquet")
    write_table(noisy, tmp_path / "b.parquet")
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


def _noise(root: Path, out: Path, cut: date) -> None:
    """A copy with every number dated after `cut` (flows: on it or later) replaced by noise."""
    rng = np.random.default_rng(0)
    for path in root.rglob("*"):
        if path.suffix not in (".csv", ".json", ".parquet"):
            continue
        target = out / path.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        late = str(cut) if "flow" in path.name else str((pd.Timestamp(cut) + pd.Timedelta(days=1)).date())
        if path.suffix == ".csv":
            frame = pd.read_csv(path, dtype=str, keep_default_na=False)
            rows = frame.iloc[:, 0].str[:10] >= late
            numeric = [
                c
                for c in frame.columns[1:]
                if pd.to_numeric(frame[c].replace("", "0"), errors="coerce").notna().all()
            ]
            frame.loc[rows, numeric] = rng.integers(1, 9, (int(rows.sum()), len(numeric))).astype(str)
            if "open_interest" in frame:
                frame.loc[rows, "open_interest"] = "99"
            frame.to_csv(target, index=False)
        elif path.suffix == ".parquet":
            frame = pd.read_parquet(path)
            if not frame.index.name and "timestamp" not in frame:
                continue  # a file of the folder that no source here reads
            stamps = (
                frame.index
                if frame.index.name
                else pd.to_datetime(
                    frame["timestamp"], utc=True, unit="ms" if frame["timestamp"].dtype == "int64" else None
                )
            )
            rows = np.asarray(
                pd.DatetimeIndex(stamps) >= pd.Timestamp(late, tz="UTC") + pd.Timedelta(hours=6)
            )
            for c in frame.select_dtypes("float64"):
                frame.loc[rows, c] = rng.uniform(0, 1, int(rows.sum()))
            frame.to_parquet(target)
        else:
            target.write_text(json.dumps(_noisy_json(json.loads(path.read_text()), late, rng)))


def _noisy_json(data: object, late: str, rng: np.random.Generator) -> object:
    if isinstance(data, dict) and isinstance(data.get("dates"), list):
        rows = [d >= late for d in data["dates"]]
        return {
            k: v
            if k == "dates" or not isinstance(v, list)
            else [float(rng.uniform()) if r else x for r, x in zip(rows, v, strict=True)]
            for k, v in data.items()
        }
    if isinstance(data, dict):
        fresh = str(data.get("date", "")) >= late
        return {
            k: _all_noise(v, rng) if fresh and k != "date" else _noisy_json(v, late, rng)
            for k, v in data.items()
        }
    return [_noisy_json(x, late, rng) for x in data] if isinstance(data, list) else data


def _all_noise(value: object, rng: np.random.Generator) -> object:
    if isinstance(value, dict):
        return {k: _all_noise(v, rng) for k, v in value.items()}
    return float(rng.uniform()) if isinstance(value, int | float) else value
