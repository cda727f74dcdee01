"""Build the canonical panel from the files named in sources.toml; print what was dropped or conflicts."""

from __future__ import annotations

from pathlib import Path

import _checkout  # noqa: F401

from model.studies.command import AsOf, Overwrite, script
from model.terminal import note, say


@script
def main(
    *, sources: Path, out: Path, as_of: AsOf = None, tidy: Path | None = None, overwrite: Overwrite = False
) -> None:
    """Build the canonical panel from the files named in sources.toml.

    Every role's path, reader, unit and clock stand in sources.toml
    (docs/sources/README.md describes it). What was dropped or conflicts is printed.
    With --as-of only numbers that were public by the end of that day in New York are used.

    Examples
    --------
    uv run scripts/build_panel.py --sources raw/sources.toml --out panel.parquet

    Parameters
    ----------
    sources
        The sources.toml.
    out
        Panel to write (.parquet or .csv).
    tidy
        Also write the tidy table (source, variable, ..., published_at).
    """
    from model.sources.build import build_panel  # here: --help answers at once
    from model.sources.output import print_report, write_accepted, write_table
    from model.store import require_free

    require_free(overwrite, out, *([tidy] if tidy else []))
    built = build_panel(sources, as_of, lambda name: note(f"reading {name}"))
    write_table(built.panel, out, as_of)
    beside = write_accepted(built, out)
    if tidy:
        write_table(built.tidy, tidy, as_of)
    print_report(built)
    until = f" as of {as_of}" if as_of else ""
    if beside:
        say(f"Wrote {beside}: what sources.toml accepts, for reading the panel.")
    say(f"Wrote {out}: {len(built.panel)} trading days, {built.panel.shape[1]} columns{until}.")


if __name__ == "__main__":
    main.exit()
