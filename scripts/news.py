"""What newly arrived prints changed in the decomposition of the last ten days, as a table and a figure."""

from __future__ import annotations

from pathlib import Path

import _checkout  # noqa: F401

from model.studies.command import Count, Day, FitName, FitPanel, Overwrite, Reading, Screen, script


@script
def main(
    fit: FitName,
    /,
    *,
    panel: FitPanel = None,
    before: Day,
    after: Day | None = None,
    reading: Reading = None,
    rows: Count = 20,
    out: Path | None = None,
    overwrite: Overwrite = False,
    chains: Count | None = None,
    draws: Count | None = None,
    tune: Count | None = None,
    console: Screen,
) -> None:
    """What newly arrived prints changed in the decomposition of the last ten days.

    As a table and a figure. The model is sampled on what was published by --before; the
    fit itself is the later vintage, unless --after names another day. Priors, card and
    settings are the fit's.

    Examples
    --------
    uv run scripts/news.py 2026-02-05 --before 2026-02-12 --after 2026-02-13

    Parameters
    ----------
    before
        The earlier vintage.
    after
        The later vintage (default: the fit's own).
    rows
        Changes to print.
    out
        Folder (default: tables/ and figures/ of the fit).
    chains
        (default: the fit's)
    draws
        Draws per chain (default: the fit's).
    tune
        Tuning steps per chain (default: the fit's).
    """
    from model.inference.sample import DRAWS, Settings  # here: --help answers at once
    from model.store import require_free
    from model.studies.news.news import news
    from model.studies.news.show import print_news, write_news
    from model.studies.reopen import reopen

    if out:
        require_free(overwrite, out / "news.csv", out / "news_arrived.csv")
    opened = reopen(fit, panel)
    own = opened.request
    settings = Settings(chains or own.chains, draws or own.draws or DRAWS, tune or own.tune, own.seed)
    found = news(opened, before, after, reading, settings, lambda text: console.print(text, markup=False))
    print_news(found, rows, console)
    for path in write_news(found, opened.fit.folder, out):
        console.print(f"Wrote {path}", markup=False)


if __name__ == "__main__":
    main.exit()
