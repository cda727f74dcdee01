"""Compare two fits of the same days: what the columns (or priors) of one bought over the other."""

from __future__ import annotations

from pathlib import Path

import _checkout  # noqa: F401

from model.studies.command import CommandLine, Count, FitName, PageFile, Screen, Seed, require, script

FEWEST = 50
"""Draws below which no tail of importance weights can be fitted."""


@script
def main(
    fit: FitName,
    other: FitName,
    /,
    *,
    panel: Path | None = None,
    other_panel: Path | None = None,
    draws: Count = 2000,
    seed: Seed = 0,
    page: PageFile = None,
    console: Screen,
    argv: CommandLine,
) -> None:
    """Compare two fits of the same days: what the columns (or priors) of one bought over the other.

    Leave-one-out log scores of return and flow with paired standard errors, and the share of the return that
    stays unattributed: on all days, on falls, on the event.

    Examples
    --------
    uv run scripts/fit.py --event EVENT --panel panel.csv --out fits/without
    uv run scripts/fit.py --event EVENT --panel panel.csv,sessions.csv --out fits/with
    uv run scripts/compare_fits.py fits/with fits/without

    Parameters
    ----------
    other
        The fit it is compared with.
    panel
        Where the first fit's panel is, if it was moved.
    other_panel
        Where the other's is.
    draws
        Posterior draws to use of each.
    """
    require(draws >= FEWEST, f"{draws} draws carry no weights.", f"Give at least {FEWEST} with --draws.")
    from model.report.markdown import command_of, write_page  # here: --help answers at once
    from model.report.tables.tables import rounded
    from model.studies.reopen import event_rows, reopen
    from model.studies.two_fits import compare, score
    from model.terminal import say_table

    first, second = reopen(fit, panel), reopen(other, other_panel)
    found = []
    for opened in (first, second):
        console.print(f"Scoring {opened.fit.folder} ...")
        found.append(score(opened, draws, seed))
    dates = first.subject.design.dates[event_rows(first)]
    scores, shares = (rounded(t, 3) for t in compare(*found, dates))
    say_table(scores)
    say_table(shares)
    if page:
        title = f"{first.subject.card.title}: two fits of the same days"
        path = write_page(
            page, title, command_of("compare_fits", argv), _blocks(first, second, scores, shares)
        )
        console.print(f"Wrote {path}")


def _blocks(first, second, scores, shares) -> list:
    both = [f"{', '.join(sorted(o.subject.design.measured)) or 'none'}" for o in (first, second)]
    said = [
        f"{o.fit.manifest['diagnostics'][o.main]['r_hat_max']:.3f} and "
        f"{o.fit.manifest['diagnostics'][o.main]['divergences']}"
        for o in (first, second)
    ]
    return [
        f"*Here*: measurements beside flow and price: {both[0]} (R-hat and divergences {said[0]}). *There*: {both[1]} "
        f"({said[1]}). Same priors: {'yes' if first.subject.priors.sha256 == second.subject.priors.sha256 else 'no'}.",
        "Leave-one-out log scores, nats a day, by Pareto-smoothed importance sampling: a day's return and flow are left "
        "out, the days before are known, and so is what else was measured on the day (implied volatility; taker flow where "
        "it is supplied). The gain is *here* less *there*, paired by day.",
        scores,
        "Share of the absolute return that stays unattributed, per cent, posterior median:",
        shares,
    ]


if __name__ == "__main__":
    main.exit()
