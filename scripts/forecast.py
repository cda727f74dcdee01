"""Predict flows and returns of a panel's days from a finished fit, which is not sampled again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import _checkout  # noqa: F401
from cyclopts import Parameter
from rich.table import Table

from model.studies.command import Count, Day, FitName, Overwrite, Reading, Screen, Seed, script

SHOWN = ("centre", "low_50", "high_50", "low_89", "high_89", "observed")


@script
def main(
    fit: FitName,
    /,
    *,
    panel: Annotated[Path, Parameter(help="Days to predict, and those before them.")],
    given: Literal["past", "factors", "return"] = "return",
    start: Day | None = None,
    reading: Reading = None,
    draws: Count = 400,
    last: Count = 20,
    out: Path | None = None,
    overwrite: Overwrite = False,
    seed: Seed = 0,
    console: Screen,
) -> None:
    """Predict flows and returns of a panel's days from a finished fit: table and fan chart.

    Nothing is sampled again. Given the past, the trading day after the panel's last one is predicted too.

    Examples
    --------
    uv run scripts/forecast.py 2026-02-05 --panel PANEL --given return
    uv run scripts/forecast.py 2026-02-05 --panel PANEL --given past \\
        --start 2026-03-02

    Parameters
    ----------
    given
        What is known of a day: nothing, its risk factors and stress, or all its close shows but the flows.
    start
        First day (default: the first after the fit's own).
    draws
        Draws of the parameters; each gives one predictive draw.
    last
        Days to print.
    out
        Folder for table and figure (default: forecast, in the fit's folder).
    """
    from model.report.figures.forecast import draw_forecast  # here: --help answers at once
    from model.report.tables.tables import rounded
    from model.store import changing, load_fit, require_free, together, write_csv

    if out:
        require_free(overwrite, out / f"{given}.csv", out / f"{given}.png")
    opened = load_fit(fit)
    found = opened.predict(panel, given=given, reading=reading, start=start, draws=draws, seed=seed)
    folder = out or opened.folder / "forecast"
    folder.mkdir(parents=True, exist_ok=True)
    table = found.table
    csv, png = folder / f"{given}.csv", folder / f"{given}.png"
    with changing(opened.folder, csv, png), together(csv, png) as beside:
        write_csv(rounded(table, 4), beside(csv))
        draw_forecast(found.data, given, opened.manifest["title"], beside(png))
    for quantity, rows in table.groupby("quantity"):
        show(str(quantity), rows.tail(last), console)
    seen = table[(table["quantity"] == "flow") & table["observed"].notna()]
    if len(seen):
        inside = seen["observed"].between(seen["low_89"], seen["high_89"]).mean()
        console.print(
            f"{len(seen)} days with a published flow: mean log density {seen['log_density'].mean():.3f} per USD m, "
            f"89 % intervals hold {inside:.0%}."
        )
    for path in (csv, png):
        console.print(f"Wrote {path}", markup=False)


def show(quantity: str, rows, console: Screen) -> None:
    """Print the table of one quantity."""
    from model.report.tables.text import day, number  # here: --help answers at once

    title = f"{quantity.capitalize()}, {rows['unit'].iloc[0]}: predictive distribution"
    out = Table("day", "centre", "50 %", "89 %", "observed", "percentile", "log density", title=title)
    decimals = 0 if quantity == "flow" else 1
    for r in rows.to_dict("records"):
        centre, low, high, lower, upper, seen = (number(r[k], decimals) for k in SHOWN)
        out.add_row(
            day(r["date"]), centre, f"{low} to {high}", f"{lower} to {upper}", seen, number(r["percentile"]),
            number(r["log_density"], 2),
        )  # fmt: skip
    console.print(out)


if __name__ == "__main__":
    main.exit()
