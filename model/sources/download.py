"""Fetch public data in the vendors' own formats, page by page, and record what came from where.

Every file is written whole or not at all, and recorded at once; a run that was interrupted goes on where it
stopped. A page whose window has passed is final and never asked for again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from model.errors import DataError
from model.names import inside, safe_name
from model.sources import reader
from model.sources.dated import DATED
from model.sources.fetch import Fetcher, NotThere, Transient
from model.sources.load import _derived, _mask, _series
from model.sources.options import read_options
from model.sources.record import Job, Page, Record
from model.sources.spec import SourceSpec
from model.store import write_atomic
from model.toml_table import Table, read_toml

type History = Callable[[str, date, date], pd.DataFrame]


@dataclass
class Outcome:
    """What happened to a job; `absent` of its dated files are not at the vendor's."""

    name: str
    fetched: int = 0
    skipped: int = 0
    error: str = ""
    absent: int = 0


# vendor's way to ask for a span: (first moment, last moment, both included) -> parameters
WINDOWS: dict[str, Callable[[datetime, datetime], dict[str, Any]]] = {
    "deribit": lambda a, b: {"start_timestamp": _ms(a), "end_timestamp": _ms(b)},
    "coinbase": lambda a, b: {
        "start": a.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "end": b.strftime("%Y-%m-%dT%H:%M:%SZ"),
    },
    "binance": lambda a, b: {"startTime": _ms(a), "endTime": _ms(b)},
}


def _ms(t: datetime) -> int:
    return int(t.timestamp()) * 1000


def load_jobs(path: Path, endpoints: dict[str, str] | None = None) -> tuple[dict[str, Any], list[Job]]:
    """The download list: the ``[panel]`` block for sources.toml, and the jobs.

    Parameters
    ----------
    endpoints : dict of str to str, optional
        Other addresses by job name (a mirror, a test server).
    """
    t = read_toml(path)
    panel = t.table("panel")
    panel.text("universe", None), panel.text("calendar", None), panel.integer("basket_shares", None)
    panel.done()
    jobs: list[Job] = []
    for d in t.tables("download"):
        job = Job(
            safe_name(d.text("name"), d.place("name")),
            d.text("url"),
            d.text("paging", choices=("single", "snapshot", "symbol", *WINDOWS, *DATED)),
            d.number("days", 1.0),
            safe_name(d.text("suffix"), d.place("suffix")),
            dict(d.table("params").data),
            dict(d.table("source").data),
            _spec(d.text("name"), d.table("source", required=True)),
            tuple(_also(d.table("source"), a) for a in d.tables("also", [])),
            d.flag("heavy", False),
        )
        d.done()
        if job.name in {j.name for j in jobs}:
            d.refuse("name", f"{job.name!r} is listed twice", "Give each entry its own name.")
        jobs.append(replace(job, url=(endpoints or {}).get(job.name, job.url)))
    for m in t.tables("mask", []):
        _mask(m)
    for d in t.tables("derive", []):
        _derived(d)
    extra = {k: t.data.get(k, []) for k in ("mask", "derive")}
    t.done()
    unknown = set(endpoints or {}) - {j.name for j in jobs}
    if unknown:
        raise DataError(
            f"No download is called {sorted(unknown)[0]!r}.", f"Use one of {', '.join(j.name for j in jobs)}."
        )
    return {"panel": panel.data, **extra}, jobs


def download(
    jobs: list[Job],
    head: dict[str, Any],
    out: Path,
    since: date,
    fetcher: Fetcher,
    history: History | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    max_age_hours: float = 6.0,
    order: list[str] | None = None,
    progress: Callable[[str, int, int], None] = lambda *_: None,
) -> list[Outcome]:
    """Run all jobs; a vendor that fails does not stop the others.

    Parameters
    ----------
    out : Path
        Folder; files go to ``<out>/<job>/``, the record to ``<out>/sources.toml``.
    since : date
        First day asked for where the vendor allows a span.
    history : callable, optional
        (symbol, first day, day after the last) to a frame of daily bars; yfinance when left out.
    max_age_hours : float
        Pages younger than this are not asked for again even when not final.
    order : list of str, optional
        Order of sources in the record: the whole list's, when only some jobs run.

    Returns
    -------
    list of Outcome
        One per job, with the error's text where one failed.
    """
    record = Record.load(out, head, since)
    record.order = order or [j.name for j in jobs]
    outcomes = []
    for job in jobs:
        outcome = Outcome(job.name)
        outcomes.append(outcome)
        try:
            pages = list(_pages(job, since, now()))
            for i, page in enumerate(pages):
                progress(job.name, i, len(pages))
                if record.has(job, page, now(), max_age_hours):
                    outcome.skipped += 1
                    continue
                try:
                    blob, url = _get(job, page, fetcher, history or yfinance_history, since, now())
                except NotThere:
                    if job.paging not in DATED:
                        raise
                    outcome.absent += 1
                    continue
                at = now().replace(microsecond=0)
                inside(out / page.path, out, what=f"{job.name}: {page.path}")
                write_atomic(out / page.path, blob)
                record.add(job, page, blob, url, at)
                outcome.fetched += 1
            progress(job.name, len(pages), len(pages))
            if pages and outcome.absent == len(pages):
                raise DataError(
                    f"{job.name}: none of {len(pages)} files is there.", "The vendor may have moved them."
                )
        except DataError as error:
            outcome.error = str(error)
    return outcomes


def _pages(job: Job, since: date, now: datetime) -> Iterator[Page]:
    if job.paging in ("single", "symbol"):
        yield Page(f"{job.name}/{job.name}.{job.suffix}", _fill(job.params, since), final=False)
    elif job.paging == "snapshot":
        yield Page(f"{job.name}/{now:%Y-%m-%d}.{job.suffix}", dict(job.params), final=False)
    elif job.paging in DATED:
        for d in DATED[job.paging](since, now):
            url = job.url.format(day=d.day, half=d.half)
            yield Page(f"{job.name}/{d.name}.{job.suffix}", dict(job.params), True, url)
    else:
        first = datetime(since.year, since.month, since.day, tzinfo=UTC)
        hour = now.replace(minute=0, second=0, microsecond=0)
        span = timedelta(days=job.days)
        while first < hour:
            # windows are cut at whole hours that have passed: a candle still open is never asked for
            last = min(first + span, hour) - timedelta(hours=1)
            final = first + span <= hour
            yield Page(
                f"{job.name}/{first:%Y-%m-%dT%H}.{job.suffix}",
                {**job.params, **WINDOWS[job.paging](first, last)},
                final,
            )
            first += span


def _fill(params: dict[str, Any], since: date) -> dict[str, Any]:
    return {
        k: v.replace("{since}", since.isoformat()) if isinstance(v, str) else v for k, v in params.items()
    }


def _get(
    job: Job, page: Page, fetcher: Fetcher, history: History, since: date, now: datetime
) -> tuple[bytes, str]:
    check = _checker(job, page)
    if job.paging != "symbol":
        return fetcher.get(page.url or job.url, page.params, check)
    symbol = job.params["symbol"]

    def attempt() -> bytes:
        try:
            blob = bars_csv(history(symbol, since, now.date() + timedelta(days=1)), symbol)
            check(blob)
        except DataError as error:
            raise Transient(error.message, remedy=error.remedy) from error
        return blob

    return fetcher.retry(attempt, f"{job.name} ({symbol})"), f"{job.url}{symbol}"


def _checker(job: Job, page: Page) -> Callable[[bytes], None]:
    """Read the page with the adapter that will read it later; what it refuses is not stored."""
    spec = job.spec

    def check(blob: bytes) -> None:
        reader(spec.reader)({Path(page.path).name: blob}, spec)
        if job.paging == "deribit" and (more := json.loads(blob)["result"].get("continuation")) is not None:
            raise DataError(
                f"{job.name}: the window holds more candles than one answer (continuation {more}).",
                "Use smaller windows.",
            )

    return check


def _spec(name: str, t: Table) -> SourceSpec:
    """The source that a download becomes, as far as its pages' reader needs it."""
    spec = SourceSpec(
        name,
        t.text("reader"),
        (),
        t.text("clock"),
        tuple(_series(s) for s in t.tables("series")),
        t.text("stamp", "date"),
        t.number("interval_minutes", 0.0),
        options=read_options(t.table("options")),
    )
    t.flag("funds_complete", False)
    for later in ("label", "off_days", "terms", "note"):
        t.text(later, None)
    for later in ("accept", "drop"):
        t.tables(later, [])
    t.done()
    return spec


def _also(source: Table, more: Table) -> dict[str, Any]:
    """A further source of the same files: what it says beside the first one's keys, checked like it."""
    name = more.text("name")
    own = {k: v for k, v in more.data.items() if k != "name"}
    _spec(name, Table({**source.data, **own}, more.source, more.path))
    return dict(more.data)


def yfinance_history(symbol: str, first: date, after: date) -> pd.DataFrame:
    """Daily bars through yfinance, which does its own HTTP."""
    import yfinance  # one source of many needs it

    try:
        return yfinance.Ticker(symbol).history(
            start=first.isoformat(), end=after.isoformat(), auto_adjust=False
        )
    except Exception as error:  # noqa: BLE001  (it raises whatever its own dependencies raise)
        raise DataError(f"yfinance: {type(error).__name__}: {error}", "Try again later.") from error


def bars_csv(frame: pd.DataFrame, symbol: str) -> bytes:
    """Bars as CSV with a ``Symbol`` column; what is no frame of bars is refused."""
    if not isinstance(frame, pd.DataFrame) or frame.empty or "Close" not in frame:
        raise DataError(
            f"{symbol}: no bars came back.", "The service may be limiting requests; try again later."
        )
    out = frame.copy()
    out.index = pd.DatetimeIndex(out.index).tz_localize(None).strftime("%Y-%m-%d")
    out.index.name = "Date"
    out.insert(0, "Symbol", symbol)
    return out.to_csv().encode()
