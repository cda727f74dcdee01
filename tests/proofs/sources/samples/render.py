"""Cells to bytes, in the vendors' formats."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from typing import Any

import pandas as pd

from tests.proofs.sources.samples.sample import Grid

_PLAIN = re.compile(r"-?\d+(\.\d+)?|NaN|-?inf", re.ASCII)


def csv_bytes(head: list[str], rows: Grid) -> bytes:
    """CSV with a final newline."""
    return "".join(",".join(f'"{c}"' if "," in c else c for c in r) + "\n" for r in [head, *rows]).encode()


def json_value(cell: str) -> Any:
    try:
        return json.loads(cell)
    except ValueError:
        return float("nan") if cell == "NaN" else cell


def json_records(wrap: Callable[[list], Any], text: bool = False) -> Callable[[list[str], Grid], bytes]:
    """JSON list of objects; numbers as texts where the vendor writes them so."""

    def render(head: list[str], rows: Grid) -> bytes:
        records = [
            {
                h: c if text or i == 0 and not c.isdigit() else json_value(c)
                for i, (h, c) in enumerate(zip(head, r, strict=True))
            }
            for r in rows
        ]
        return json.dumps(wrap(records)).encode()

    return render


def json_arrays(wrap: Callable[[list], Any]) -> Callable[[list[str], Grid], bytes]:
    """JSON list of lists."""
    return lambda head, rows: json.dumps(wrap([[json_value(c) for c in r] for r in rows])).encode()  # noqa: ARG005


def farside_html(head: list[str], rows: Grid) -> bytes:
    """A page with a header, a fee row, the days, and the summary rows."""

    def row(cells: list[str], tag: str = "td") -> str:
        return "<tr>" + "".join(f"<{tag}>{c}</{tag}>" for c in cells) + "</tr>\n"

    fees = row(["Fee", *["0.25%" for _ in head[2:]], ""])
    body = "".join(row(r) for r in rows)
    tail = "".join(row([k, *["0.0" for _ in head[1:]]]) for k in ("Average", "Maximum", "Minimum"))
    return (
        f"<html><head><title>All data</title></head><body><table class='nav'><tr><td>menu</td></tr></table>\n"
        f"<table class='etf'>{row(['', *head[1:]], 'th')}{fees}{body}{tail}</table></body></html>\n"
    ).encode()


def parquet_bytes(head: list[str], rows: Grid) -> bytes:
    """Parquet; a column with anything but numbers becomes texts."""
    columns: dict[str, Any] = {}
    for i, h in enumerate(head):
        cells = [r[i] for r in rows]
        try:
            columns[h] = (
                pd.to_datetime(cells, utc=True)
                if i == 0
                else [float(c if _PLAIN.fullmatch(c) else "x") for c in cells]
            )
        except ValueError:
            columns[h] = cells
    sink = io.BytesIO()
    pd.DataFrame(columns).to_parquet(sink)
    return sink.getvalue()


def money(v: float) -> str:
    return f"({abs(v):,.1f})" if v < 0 else f"{v:,.1f}"
