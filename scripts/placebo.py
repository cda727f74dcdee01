"""Where the event stands among all falls of a panel, part by part: the same statistic on every day, from one fit."""

from __future__ import annotations

from typing import Annotated

import _checkout  # noqa: F401
from cyclopts import Parameter

from model.studies.command import Count, FitName, FitPanel, Real, Screen, Seed, require, script


@script
def main(
    fit: FitName,
    /,
    *,
    panel: FitPanel = None,
    below: Annotated[Real, Parameter(help="Falls below this return, log-%.")] = -5.0,
    draws: Count = 400,
    seed: Seed = 0,
    console: Screen,
) -> None:
    """Where the event stands among all falls of a panel, part by part.

    The same statistic on every day, from one fit; and on as many quiet days. Writes placebo.csv, placebo-days.csv
    and placebo.png into the folder placebo of the fit.

    Examples
    --------
    uv run scripts/fit.py --panel PANEL --out fits/panel
    uv run scripts/placebo.py fits/panel

    Parameters
    ----------
    draws
        Posterior draws to use.
    """
    require(below < 0.0, f"--below {below:g} is no fall.", "Give a negative number.")
    from model.report.figures.placebo import draw_placebo  # here: --help answers at once
    from model.report.tables.tables import rounded
    from model.store import changing, write_csv
    from model.studies.placebo import choose, standing, statistics
    from model.studies.reopen import reopen

    opened = reopen(fit, panel)
    reading = opened.readings[opened.main]
    days = choose(reading.design, reading.design.event_days, below)
    table = statistics(opened.draws(reading.name, draws), reading.design, days, reading.use_positions, seed)
    found = standing(table)
    folder = opened.fit.folder / "placebo"
    folder.mkdir(exist_ok=True)
    first, second, picture = (folder / n for n in ("placebo.csv", "placebo-days.csv", "placebo.png"))
    with changing(opened.fit.folder, first, second, picture):
        write_csv(rounded(found, 4), first)
        write_csv(rounded(table, 4), second)
        draw_placebo(table, opened.subject.card.title, picture)
    console.print(
        f"{len(days.falls)} other days below {below:g} %, {len(days.quiet)} quiet days of like volatility."
    )
    for day, rows in found.groupby("date"):
        console.print(f"{day.date()}:")
        for r in rows.to_dict("records"):
            calm = f"{r['quiet_low']:.3g} to {r['quiet_high']:.3g}"
            console.print(f"  {r['sentence']} ({r['value']:.3g}; quiet days {calm})", markup=False)
    console.print(f"Wrote {folder}", markup=False)


if __name__ == "__main__":
    main.exit()
