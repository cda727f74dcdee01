"""Give every claim of an event card a verdict: supported, contradicted, not identified, or not testable.

Example: uv run scripts/audit_claims.py 2026-02-05
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    """Command line."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("fit", metavar="FIT", help="fit id or folder")
    p.add_argument("--panel", type=Path, metavar="PATH", help="the panel of the fit, if it was given one")
    return p.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Audit, print, write."""
    args = parse(argv)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from rich.console import Console

    from model.errors import AttributionError

    try:
        from model.claims.audit import audit, counts, scene_of, write_audit
        from model.reopen import reopen

        opened = reopen(args.fit, args.panel)
        table = audit(opened.subject.card.claims, scene_of(opened))
        written = write_audit(table, opened.fit.folder)
    except AttributionError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    console = Console(highlight=False)
    _show(table, console)
    found = ", ".join(f"{n} {v}" for v, n in counts(table).items())
    console.print(f"{len(table)} claims: {found}.", markup=False)
    for path in written:
        console.print(f"Wrote {path}", markup=False)
    return 0


def _show(table, console) -> None:
    from rich.markup import escape
    from rich.table import Table

    for verdict, rows in table.groupby("verdict", sort=False):
        out = Table("claim", "number", "why", title=str(verdict).capitalize(), show_lines=True)
        for _, r in rows.iterrows():
            out.add_row(
                escape(r["claim"]), escape(r["number"]), escape(f"{r['reason']} {r['comment']}".strip())
            )
        console.print(out)


if __name__ == "__main__":
    sys.exit(main())
