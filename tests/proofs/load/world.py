"""Twelve funds over any number of sessions: a universe, a panel and a card, made of the embedded event's own rows.

Each day's changes are those of a day of the embedded panel, drawn in blocks, so that every column keeps its unit, its
habits and its company. What the numbers say means nothing; how many there are is what is measured.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import tomlkit

from model.calendar import position_date, sessions
from model.events.card import load_event
from model.store import PROJECT

EVENT = "2026-02-05"
FIRST_DAY = "2019-01-02"
LAST_DAY = "2026-02-27"
CLOSES = ("btc16", "igv", "mstr", "gld", "qqq")
LEVELS = ("vix", "vix_open", "dvol16", "dvol_09", "vol_m", "perp_kbtc", "spot_kbtc")
RATIOS = {
    "ibit": "btc16", "fut": "btc16", "perp_16": "btc16", "perp_09": "btc16", "igv_open": "igv", "qqq_open": "qqq",
    "gld_open": "gld",
}  # fmt: skip
"""Columns that stand in a day's own ratio to another."""
WEEKLY = ("levsh", "levlg", "levsp", "oi")
BLOCK = 5
PULL = 0.98
"""Of yesterday's distance from the start: over years, nothing leaves the range that its universe allows."""


def write_world(folder: Path, days: int, seed: int = 1) -> tuple[Path, Path]:
    """Write universe, panel and card.

    Parameters
    ----------
    folder : Path
    days : int
        Sessions of the panel.
    seed : int

    Returns
    -------
    card, panel : Path
    """
    folder.mkdir(parents=True)
    shares = _universe(folder / "universe.toml")
    panel = folder / "panel.csv"
    _panel(shares, days, np.random.default_rng(seed)).to_csv(panel)
    card = {
        "id": "load", "title": "Twelve funds", "universe": str(folder / "universe.toml"), "priors": "literature",
        "days": [tomlkit.date("2026-02-05")],
        "window": {"start": tomlkit.date("2026-01-12"), "end": tomlkit.date("2026-02-13")},
        "gate": {"accept_inconclusive": "Numbers without a meaning: memory is what is measured."},
    }  # fmt: skip
    (folder / "event.toml").write_text(tomlkit.dumps(card), encoding="utf-8")
    return folder / "event.toml", panel


def _universe(path: Path) -> dict[str, float]:
    """The shipped universe with the members of its last fund as funds; its funds' columns and their shares of flow."""
    shipped = PROJECT / "data" / "universes" / "us-spot-btc.toml"
    told = tomllib.loads(shipped.read_text(encoding="utf-8"))
    members = told["funds"].pop()
    each = members["base_share"] / len(members["members"])
    told["funds"] += [
        m | {"title": m["key"], "base_share": each, "options": False} for m in members["members"]
    ]
    for fund in told["funds"]:
        fund["first_day"] = tomlkit.date(FIRST_DAY)
        fund.pop("vendors", None)
    path.write_text(tomlkit.dumps(told), encoding="utf-8")
    return {f["columns"][-1]: f["base_share"] for f in told["funds"]}


def _panel(shares: dict[str, float], days: int, rng: np.random.Generator) -> pd.DataFrame:
    card = load_event(EVENT)
    assert card.panel_path is not None
    own = pd.read_csv(card.panel_path, index_col="date", parse_dates=True)
    dates = sessions(FIRST_DAY, LAST_DAY)[-days:]
    starts = rng.integers(1, len(own) - BLOCK, size=-(-days // BLOCK))
    at = (starts[:, None] + np.arange(BLOCK)).ravel()[:days]
    out = pd.DataFrame(index=pd.DatetimeIndex(dates, name="date"))
    small = [c for c in shares if c not in own]
    parts = rng.dirichlet(np.ones(len(small)), size=days)
    for name in shares:
        values = own[name] if name in own else own["other"]
        out[name] = values.to_numpy()[at] * (parts[:, small.index(name)] if name in small else 1.0)
    out = out.round(1)
    out["total"] = out.sum(axis=1).round(1)
    for name in CLOSES:
        out[name] = _walk(own[name], at).round(2)
    for name in LEVELS:
        out[name] = own[name].to_numpy()[at]
    for name, other in RATIOS.items():
        out[name] = (out[other] * (own[name] / own[other]).to_numpy()[at]).round(2)
    out["dte"] = [_to_expiry(d) for d in out.index]
    weeks = own[list(WEEKLY)].dropna().to_numpy()
    rows = out.index[[position_date(d) == d for d in out.index]]
    drawn = weeks[rng.integers(len(weeks), size=len(rows))]
    return out.join(pd.DataFrame(drawn, index=rows, columns=list(WEEKLY)).astype(int).astype("Int64"))


def _walk(own: pd.Series, at: np.ndarray) -> np.ndarray:
    """A level that changes as the column does, held near its start."""
    changes = np.log(own).diff().to_numpy()
    steps, level = changes[at] - np.nanmean(changes), 0.0
    path = np.empty(len(at))
    for k, step in enumerate(steps):
        path[k] = level = PULL * level + step
    return float(own.iloc[0]) * np.exp(path)


def _to_expiry(day: pd.Timestamp) -> int:
    """Days to the last Friday of the month, or of the next when that is over."""
    ends = [day + pd.offsets.MonthEnd(0), day + pd.offsets.MonthEnd(0) + pd.offsets.MonthEnd(1)]
    fridays = [e - pd.Timedelta(days=(e.day_of_week - 4) % 7) for e in ends]
    return next(int((f - day).days) for f in fridays if f >= day)
