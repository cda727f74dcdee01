"""Give every claim of an event card a verdict: supported, contradicted, not identified, or not testable."""

from __future__ import annotations

import _checkout  # noqa: F401
from rich.table import Table

from model.studies.command import CommandLine, FitName, FitPanel, PageFile, Screen, script


@script
def main(
    fit: FitName, /, *, panel: FitPanel = None, page: PageFile = None, console: Screen, argv: CommandLine
) -> None:
    """Give every claim of an event card a verdict.

    Supported, contradicted, not identified, or not testable with the data supplied.

    Examples
    --------
    uv run scripts/audit_claims.py 2026-02-05
    """
    from model.report.markdown import command_of, write_page  # here: --help answers at once
    from model.studies import audit
    from model.studies.reopen import reopen

    opened = reopen(fit, panel)
    table = audit.audit(opened.subject.card.claims, audit.scene_of(opened))
    written = audit.write_audit(table, opened.fit)
    show(table, console)
    found = ", ".join(f"{n} {v}" for v, n in audit.counts(table).items())
    console.print(f"{len(table)} claims: {found}.", markup=False)
    if page:
        title = f"{opened.subject.card.title}: the commentary's claims and their verdicts"
        written.append(write_page(page, title, command_of("audit_claims", argv), audit.page(table)))
    for path in written:
        console.print(f"Wrote {path}", markup=False)


def show(table, console: Screen) -> None:
    """Print a table of claims for each verdict."""
    for verdict, rows in table.groupby("verdict", sort=False):
        out = Table("claim", "number", "why", title=str(verdict).capitalize(), show_lines=True)
        for _, r in rows.iterrows():
            out.add_row(r["claim"], r["number"], f"{r['reason']} {r['comment']}".strip())
        console.print(out)


if __name__ == "__main__":
    main.exit()
