"""Two fits side by side: what was asked, priors and posteriors, the event's split, day by day."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from model.errors import DataError
from model.report.browse.shelf import Shelved
from model.report.figures.fit_view import FitView, open_fit
from model.report.figures.plots.base import AXIS, frame
from model.report.page.learned import learned
from model.report.page.rows import scale_over
from model.report.tables.lines import UNITS, title_of
from model.report.tables.text import DECIMALS, amount, interval, number

COLOURS = ("#0072b2", "#d55e00")
"""Of the first and the second fit."""
STATED = ("event", "priors", "seed", "dates", "supplied", "mechanisms")
"""Lines of the manifest that are compared, beside arguments and hashes."""


class Compared(NamedTuple):
    """What the page shows."""

    differences: list[dict[str, str]]
    split: list[dict[str, Any]]
    parameters: list[dict[str, Any]]
    figures: dict[str, go.Figure]


def compare(first: Shelved, second: Shelved) -> Compared:
    """Hold two fits against each other.

    Raises
    ------
    DataError
        If one of them has no decomposition or no tables.
    """
    views = [_open(f) for f in (first, second)]
    try:
        daily = [_table(v, "daily") for v in views]
        return Compared(
            _differences(*(v.manifest for v in views)),
            _split([_table(v, "event") for v in views], [v.main for v in views]),
            _parameters(*views),
            {f"daily-{q}": _daily(daily, [v.main for v in views], (first.id, second.id), q) for q in UNITS},
        )
    finally:
        for v in views:
            v.close()


def _open(f: Shelved) -> FitView:
    if f.state != "fitted":
        raise DataError(f"The fit {f.id} has no decomposition: {f.state}.", "Compare fits that have one.")
    return open_fit(f.folder)


def _table(view: FitView, name: str) -> pd.DataFrame:
    path = view.folder / "tables" / f"{name}.csv"
    if not path.is_file():
        raise DataError(f"The fit {view.folder.name} has no table {path.name}.", "Fit again.")
    table = pd.read_csv(path, parse_dates=["date"])
    return table[table["view"] == "channel"]


def _differences(a: Any, b: Any) -> list[dict[str, str]]:
    """Only what the two fits do not share."""
    lines = [(k, a.get(k), b.get(k)) for k in STATED]
    for group in ("arguments", "hashes"):
        x, y = a.get(group, {}), b.get(group, {})
        lines += [(f"{group[:-1]} {k}", x.get(k), y.get(k)) for k in dict.fromkeys([*x, *y])]
    return [{"name": k, "first": _plain(x), "second": _plain(y)} for k, x, y in lines if x != y]


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    text = "" if value is None else str(value)
    return text[:12] if len(text) == 64 else text


def _split(tables: list[pd.DataFrame], readings: list[str]) -> list[dict[str, Any]]:
    """Rows of the event's days that both fits have, or else of each fit's own days, by quantity and part."""
    mine = [t[t["reading"] == r] for t, r in zip(tables, readings, strict=True)]
    days = sorted(set(mine[0]["date"]) & set(mine[1]["date"]))
    out = []
    for d in days:
        for q in UNITS:
            cells = [
                {r["part"]: r for r in m[(m["date"] == d) & (m["quantity"] == q)].to_dict("records")}
                for m in mine
            ]
            for part in dict.fromkeys([*cells[0], *cells[1]]):
                pair = [c.get(part) for c in cells]
                medians = [r["median"] for r in pair if r is not None]
                out.append(
                    {
                        "day": d,
                        "quantity": q,
                        "part": part,
                        "title": next(r["title"] for r in pair if r is not None),
                        "first": _cell(pair[0], q),
                        "second": _cell(pair[1], q),
                        "change": amount(medians[1] - medians[0], q, sign=True) if len(medians) == 2 else "",
                    }
                )
    return out


def _cell(r: Any, quantity: str) -> str:
    if r is None:
        return ""
    if r["kind"] == "observed":
        return amount(r["median"], quantity)
    return f"{amount(r['median'], quantity)} {interval(r['low'], r['high'], quantity)}"


def _parameters(a: FitView, b: FitView) -> list[dict[str, Any]]:
    """Every parameter of either fit, on a scale that holds both priors and posteriors."""
    rows = [{x.name: x for x in learned(v)} for v in (a, b)]
    out = []
    for name in dict.fromkeys([*rows[0], *rows[1]]):
        pair = [r.get(name) for r in rows]
        known = [x for x in pair if x is not None]
        spreads = [s for x in known for s in (x.prior, x.posterior) if s is not None]
        out.append(
            {
                "name": name,
                "title": known[0].title,
                "unit": known[0].unit,
                "pair": pair,
                "scale": scale_over([v for s in spreads for v in (s.low, s.high)]),
                "said": [
                    f"{number(x.posterior.mean, 3)} [{number(x.posterior.low, 3)}, {number(x.posterior.high, 3)}]"
                    if x
                    else ""
                    for x in pair
                ],
            }
        )
    return out


def _daily(
    tables: list[pd.DataFrame], readings: list[str], names: tuple[str, str], quantity: str
) -> go.Figure:
    """Medians with 89 % bands of one part at a time; a menu changes the part."""
    fig = go.Figure()
    mine = [
        t[(t["reading"] == r) & (t["quantity"] == quantity)] for t, r in zip(tables, readings, strict=True)
    ]
    parts = list(dict.fromkeys([*mine[0]["part"], *mine[1]["part"]]))
    for part in parts:
        for t, name, paint in zip(mine, names, COLOURS, strict=True):
            rows = t[t["part"] == part].sort_values("date")
            dates = rows["date"].dt.strftime("%Y-%m-%d").to_numpy(dtype=str)
            low, mid, high = (
                rows[k].to_numpy(np.float32).round(DECIMALS[quantity] + 1) for k in ("low", "median", "high")
            )
            shown, band = part == parts[0], {"mode": "lines", "hoverinfo": "skip", "showlegend": False}
            fig.add_scatter(x=dates, y=low, line={"width": 0}, visible=shown, **band)
            fig.add_scatter(
                x=dates,
                y=high,
                fill="tonexty",
                fillcolor=_faded(paint),
                line={"width": 0},
                visible=shown,
                **band,
            )
            fig.add_scatter(x=dates, y=mid, name=name, line={"color": paint, "width": 1.6}, visible=shown)
    buttons = [
        {
            "label": _title(p),
            "method": "update",
            "args": [{"visible": [q == p for q in parts for _ in range(6)]}],
        }
        for p in parts
    ]
    frame(
        fig,
        340,
        hovermode="x unified",
        updatemenus=[{"buttons": buttons, "x": 1.0, "xanchor": "right", "y": 1.2, "yanchor": "bottom"}],
    )
    fig.update_layout(margin={"l": 8, "r": 12, "t": 70, "b": 36})
    fig.update_yaxes(title=AXIS[quantity])
    return fig


def _title(part: str) -> str:
    return " + ".join(title_of(p) for p in part.split("+"))


def _faded(paint: str) -> str:
    return f"rgba({int(paint[1:3], 16)},{int(paint[3:5], 16)},{int(paint[5:7], 16)},0.18)"
