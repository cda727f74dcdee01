"""Any table on disk: CSV, JSON (records or columns) or parquet, with its columns named in sources.toml.

Options
-------
format : ``csv``, ``json`` or ``parquet`` (default: from the file's ending)
records : dotted path to the list of records in JSON; without it, JSON may be a list or an object of columns
date : column of the stamp (default ``date``)
date_formats : of ``iso``, ``us``, ``day month year``, ``month day year``, ``day.month.year``, ``compact``
time_unit : ``iso`` text, or a number in ``s``, ``ms``, ``us``, ``ns``; ``epoch`` where the unit changes within the file
where : table of column = value; other rows are another instrument's and are skipped
mixed : columns such as ``exchange`` in which one series may hold several values (otherwise refused)
thinned : true where only some candles were kept (otherwise rows further apart than interval_minutes are refused)
bounds : list of [part, whole] columns with part <= whole on every row
missing : further texts that mean "not given"
published : column with the moment each row was published (vintages); else the clock's rule
"""

from __future__ import annotations

import csv
import io
from typing import Any

import pyarrow
import pyarrow.parquet as pq

from model.errors import DataError
from model.sources.raw import Blobs, Collector, RawSeries, Seen, check_one, lookup, require_columns, stamp_of
from model.sources.spec import SourceSpec, way_out
from model.sources.text import MISSING, decode, instant, number, parse_json, where

type Records = list[tuple[str, dict[str, Any]]]  # (place, record)


def read(blobs: Blobs, spec: SourceSpec) -> list[RawSeries]:
    """Read the mapped columns of all files.

    Raises
    ------
    DataError
        If a column is absent, a row is ragged, or a cell is not a number or date.
    """
    out = Collector(spec)
    options = spec.options
    missing = MISSING | frozenset(options.get("missing", ()))
    stamp_column, published = options.get("date", "date"), options.get("published")
    only = options.get("where", {})
    seen: Seen = {}
    mapped = [f for _, _, f in spec.fields] + [c for pair in options.get("bounds", ()) for c in pair]
    for name, blob in blobs.items():
        records = _records(blob, name, spec)
        _present(records, [*mapped, *only])
        for place, record in records:
            if any(str(_found(record, k)) != str(v) for k, v in only.items()):
                continue
            if not only_date(record, stamp_column, place, spec):
                check_one(seen, {k: v for k, v in record.items() if k not in {*mapped, *only}}, place, spec)
            stamp = stamp_of(spec, lookup(record, stamp_column, place), f"{place}, column {stamp_column!r}")
            known = instant(lookup(record, published, place), place) if published else None
            if not spec.keeps(stamp, known):
                continue
            for series, fund, column in spec.fields:
                at = f"{place}, column {column!r}"
                out.add(series, fund, stamp, number(_found(record, column), at, missing), at, known)
            for part, whole in options.get("bounds", ()):
                a, b = (number(_found(record, c), f"{place}, column {c!r}", missing) for c in (part, whole))
                if a > b and not spec.accepts("bound", stamp):
                    raise DataError(
                        f"{place}: {part} {a:g} exceeds {whole} {b:g}.",
                        f"Columns may be swapped; correct the file. {way_out('bound', stamp)}",
                    )
    return out.done()


def _found(record: dict[str, Any], path: str) -> Any:
    """A value by dotted path; None where the record leaves it out."""
    value: Any = record
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _present(records: Records, columns: list[str]) -> None:
    """Vendors leave out of a record what they do not know, but each column must stand in some record.

    Raises
    ------
    DataError
    """
    for column in dict.fromkeys(columns):
        if all(_found(record, column) is None for _, record in records):
            lookup(records[0][1], column, records[0][0])


def only_date(record: dict[str, Any], column: str, place: str, spec: SourceSpec) -> bool:
    """Whether nothing but the date of a row is filled: a day announced, not reported."""
    if [k for k, v in record.items() if _filled(v)] != [column]:
        return False
    spec.say(f"{place}: holds only its date", 0, "not reported yet")
    return True


def _filled(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_filled(v) for v in value.values())
    if isinstance(value, str):
        return value.strip() not in MISSING
    return value is not None and value == value  # noqa: PLR0124  (a missing number of a parquet file is not itself)


def _records(blob: bytes, name: str, spec: SourceSpec) -> Records:
    kind = spec.options.get("format", name.rsplit(".", 1)[-1].lower())
    if kind == "csv":
        return csv_records(blob, name)
    if kind == "json":
        return _json_records(blob, name, spec.options.get("records"))
    if kind == "parquet":
        return _parquet_records(blob, name, spec)
    raise DataError(f"{name}: format {kind!r} can't be read.", "Set options.format to csv, json or parquet.")


def csv_records(blob: bytes, name: str) -> Records:
    """CSV with a header. A last line without its newline is refused: the file may be cut inside a number."""
    text = decode(blob, name)
    if text.lstrip()[:1] in "<{[":
        raise DataError(f"{name} is not CSV.", "The vendor answered with another format; download it again.")
    if not text.endswith("\n"):
        raise DataError(
            f"{name} does not end with a newline, so it may be cut off.",
            "Download it again, or add the newline.",
        )
    try:
        rows = list(csv.reader(io.StringIO(text), strict=True))
    except csv.Error as error:
        raise DataError(f"{name} is not valid CSV: {error}.", "Download it again.") from None
    header = [h.strip() for h in rows[0]]
    require_columns(header, header, name)
    out: Records = []
    filled = [i for i, row in enumerate(rows, start=1) if row]
    edges = (filled[1:2] + filled[-1:]) if len(filled) > 2 else []
    for i, row in enumerate(rows[1:], start=2):
        if not row:
            continue
        if i in edges and row[0].strip() and not any(cell.strip() for cell in row[1:]):
            row = [row[0], *[""] * (len(header) - 1)]  # a newest row of which only the first cell is filled
        if len(row) != len(header):
            raise DataError(
                f"{where(name, i)}: {len(row)} cells, the header has {len(header)}.",
                "Download it again; the row is broken. If the vendor itself broke it, delete that line.",
            )
        out.append((where(name, i), dict(zip(header, row, strict=True))))
    if not out:
        raise DataError(f"{name} has a header but no rows.", "Download it again.")
    return out


def _json_records(blob: bytes, name: str, path: str | None) -> Records:
    data = parse_json(blob, name)
    if path:
        data = lookup(data, path, name)
    if isinstance(data, dict):
        data = _columns(data, name)
    if not isinstance(data, list) or not data or not all(isinstance(r, dict) for r in data):
        raise DataError(
            f"{name} holds no list of records.", "Check options.records, or download the file again."
        )
    return [(where(name, i), r) for i, r in enumerate(data, start=1)]


def _columns(data: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """An object of equally long lists as records."""
    lists = {k: v for k, v in data.items() if isinstance(v, list)}
    if not lists or len({len(v) for v in lists.values()}) != 1:
        raise DataError(
            f"{name}: its columns have different lengths.", "It may be cut off; download it again."
        )
    return [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]


def _parquet_records(blob: bytes, name: str, spec: SourceSpec) -> Records:
    try:
        frame = pq.read_table(io.BytesIO(blob)).to_pandas()
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise DataError(
            f"{name} is not a readable parquet file: {str(error)[:80]}.",
            "It may be cut off; download it again.",
        ) from None
    frame = frame.reset_index() if frame.index.name else frame
    options = spec.options
    wanted = [options.get("date", "date"), *(f for _, _, f in spec.fields), *options.get("where", {})]
    require_columns([str(c) for c in frame.columns], [c for c in wanted if c], name)
    if frame.empty:
        raise DataError(f"{name} has no rows.", "Download it again.")
    return [(where(name, i), r) for i, r in enumerate(frame.to_dict("records"), start=1)]
