"""Give every claim of an event card a verdict: supported, contradicted, not identified, or not testable.

Example: uv run scripts/audit_claims.py 2026-02-05
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from model.studies.command import add_page, fit_parser, run_on_fit  # noqa: E402


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    """Command line."""
    p = fit_parser(__doc__)
    add_page(p)
    return p.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Audit, print, write."""
    args = parse(argv)
    given = sys.argv[1:] if argv is None else argv
    return run_on_fit(args, lambda opened, console: _audit(opened, console, args.page, given))


def _audit(opened, console, to: Path | None, argv: list[str]) -> None:
    from model.report.markdown import command_of, write_page
    from model.report.page.again import report_again
    from model.studies.audit import audit, counts, page, scene_of, write_audit

    table = audit(opened.subject.card.claims, scene_of(opened))
    written = write_audit(table, opened.fit)
    _show(table, console)
    found = ", ".join(f"{n} {v}" for v, n in counts(table).items())
    console.print(f"{len(table)} claims: {found}.", markup=False)
    if to:
        title = f"{opened.subject.card.title}: the commentary's claims and their verdicts"
        written.append(write_page(to, title, command_of("audit_claims", argv), page(table)))
    for path in [*written, *report_again(opened.fit.folder)]:
        console.print(f"Wrote {path}", markup=False)


def _show(table, console) -> None:
    from rich.table import Table

    for verdict, rows in table.groupby("verdict", sort=False):
        out = Table("claim", "number", "why", title=str(verdict).capitalize(), show_lines=True)
        for _, r in rows.iterrows():
            out.add_row(r["claim"], r["number"], f"{r['reason']} {r['comment']}".strip())
        console.print(out)


if __name__ == "__main__":
    sys.exit(main())
