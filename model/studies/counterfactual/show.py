"""Tables of counterfactuals and scenarios for the terminal and the fit folder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from model.errors import UsageError
from model.report.entries import Entry
from model.report.runs import leave, of_scenario, of_what_if
from model.store import changing, write_csv
from model.studies.counterfactual.interventions import NAMES, read_setting
from model.studies.counterfactual.scenario import Scenario, scenario
from model.studies.counterfactual.what_if import WhatIf, what_if
from model.studies.reopen import Opened

LEVELS = (0.055, 0.5, 0.945)
QUANTITIES = (("flow", "USD m"), ("return", "log-%"))
WHOLE = "all days"


def run_what_if(
    opened: Opened,
    asked: Sequence[str],
    reading: str | None,
    draws: int,
    seed: int,
    console: Console,
    *,
    state: bool = True,
) -> pd.DataFrame:
    """Work out the settings ``NAME=VALUE`` of a command line, print and write their table."""
    name = _reading(opened, reading)
    settings = tuple(read_setting(s) for s in asked)
    universe = opened.subject.panel.universe if state else None
    result = what_if(
        opened.draws(name, draws), opened.readings[name].design, settings, seed,
        opened.readings[name].use_positions, universe,
    )  # fmt: skip
    table = tidy(result)
    label = ", ".join(str(s) for s in settings)
    meant = "; ".join(f"{s.name}: {NAMES[s.name][0]}" for s in settings if s.name in NAMES)
    _print(table, f"{label} ({name.replace('_', '-')}, {len(result.counterfactual)} draws)", console)
    console.print(
        f"{meant}. Effects are Shapley values: they add up to the counterfactual minus the observed."
    )
    notes = [meant] if meant else []
    entry = of_what_if(table, label, [f"{name.replace('_', '-')} reading.", *notes])
    _write(table, opened, "what_if", entry, console)
    return table


def tidy(result: WhatIf) -> pd.DataFrame:
    """One row per day, quantity and line, with 89 % intervals."""
    rows: list[dict[str, Any]] = []
    lines: list[tuple[str, np.ndarray]] = [("counterfactual", result.counterfactual)]
    lines += [(f"effect of {s}", result.shapley[k]) for k, s in enumerate(result.settings)]
    if result.state_effect is not None:
        lines.append(("state effect, on top", result.state_effect))
    for q, (quantity, unit) in enumerate(QUANTITIES):
        for d, day in enumerate([*result.dates, WHOLE]):
            seen = result.observed[:, q].sum() if day == WHOLE else result.observed[d, q]
            rows.append(_row(day, quantity, unit, "observed", np.full(2, seen)))
            for line, x in lines:
                draws = x[..., q].sum(axis=1) if day == WHOLE else x[:, d, q]
                rows.append(_row(day, quantity, unit, line, draws))
    return pd.DataFrame(rows)


def _row(day: str, quantity: str, unit: str, line: str, draws: np.ndarray) -> dict[str, Any]:
    low, mid, high = np.quantile(draws, LEVELS)
    return {"day": day, "quantity": quantity, "unit": unit, "line": line, "low": low, "median": mid, "high": high,
            "mean": draws.mean(), "p_negative": float(np.mean(draws < 0.0))}  # fmt: skip


def run_scenario(
    opened: Opened, shock: float, days: int, reading: str | None, draws: int, console: Console
) -> pd.DataFrame:
    """Work out a forward scenario from a price shock, %; print and write its table."""
    name = _reading(opened, reading)
    calendar = opened.subject.panel.universe.calendar
    result = scenario(opened.draws(name, draws), opened.readings[name].design, shock, days, calendar)
    table = tidy_scenario(result)
    _print(table, f"A price shock of {shock:+g} % on {result.dates[0]}", console)
    console.print("Parameter uncertainty only: no other news on these days.")
    _write(table, opened, "scenario", of_scenario(table, shock), console)
    return table


def tidy_scenario(result: Scenario) -> pd.DataFrame:
    """One row per day, quantity and book, with 89 % intervals."""
    quantities = (*QUANTITIES, ("dealers' trades", "USD m"))
    rows = [
        _row(day, quantity, unit, book, x[:, d, q])
        for q, (quantity, unit) in enumerate(quantities)
        for d, day in enumerate(result.dates)
        for book, x in result.paths.items()
    ]
    return pd.DataFrame(rows)


def _print(table: pd.DataFrame, title: str, console: Console) -> None:
    out = Table("day", "quantity", "line", "median", "89 % interval", "P(<0)", title=title)
    for r in table.to_dict("records"):
        fixed = r["low"] == r["high"]
        digits = 1 if r["unit"] == "USD m" else 2
        interval = "" if fixed else f"{r['low']:.{digits}f} .. {r['high']:.{digits}f}"
        odds = "" if fixed else f"{r['p_negative']:.2f}"
        quantity = f"{r['quantity']}, {r['unit']}"
        out.add_row(r["day"], quantity, r["line"], f"{r['median']:.{digits}f}", interval, odds)
    console.print(out)


def _write(table: pd.DataFrame, opened: Opened, name: str, entry: Entry, console: Console) -> None:
    path = opened.fit.folder / "tables" / f"{name}.csv"
    path.parent.mkdir(exist_ok=True)
    with changing(opened.fit.folder, path):
        write_csv(table, path)
    for written in [path, *leave(entry, opened.fit.folder, opened.fit.manifest, table)]:
        console.print(f"Wrote {written}", markup=False)


def _reading(opened: Opened, name: str | None) -> str:
    chosen = name or opened.main
    if chosen not in opened.readings:
        raise UsageError(f"The fit has no reading {chosen!r}.", f"Use one of {', '.join(opened.readings)}.")
    return chosen
