"""What was fetched, from where and when: jobs, their pages, and the folder's sources.toml."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import tomlkit

from model.sources.spec import SourceSpec
from model.store import write_atomic
from model.toml_table import Table, read_toml

RECORD = "sources.toml"


@dataclass(frozen=True)
class Job:
    """One vendor's download: where, in which windows, and the source it becomes.

    `paging`: ``single``, ``snapshot`` (a new file per day), ``symbol`` (through a library), the name of
    a window format of `WINDOWS`, or of dated files of `DATED`. `also` are further sources read from the same
    files, on other clocks. A `heavy` job runs only when it is named.
    """

    name: str
    url: str
    paging: str
    days: float
    suffix: str
    params: dict[str, Any]
    source: dict[str, Any]
    spec: SourceSpec
    also: tuple[dict[str, Any], ...] = ()
    heavy: bool = False


@dataclass(frozen=True)
class Page:
    """One file to get, at `url` where that is not the job's. `final`: its window has passed."""

    path: str
    params: dict[str, Any]
    final: bool
    url: str = ""


@dataclass
class Record:
    """The folder's sources.toml: what was fetched, from where, when, with which sha256."""

    out: Path
    head: dict[str, Any]
    since: date
    sources: dict[str, dict[str, Any]] = field(default_factory=dict)
    order: list[str] = field(
        default_factory=list
    )  # of the list, not of arrival: the first source of a column wins

    @classmethod
    def load(cls, out: Path, head: dict[str, Any], since: date) -> Record:
        record = cls(out, head, since)
        path = out / RECORD
        if path.exists():
            record.sources = {t.text("name"): _recorded(t) for t in read_toml(path).tables("source", [])}
        return record

    def _files(self, job: Job) -> list[dict[str, Any]]:
        return self.sources.get(job.name, {}).get("file", [])

    def has(self, job: Job, page: Page, now: datetime, max_age_hours: float) -> bool:
        """Whether the page is on disk, as recorded, and final or young."""
        for f in self._files(job):
            path = self.out / page.path
            if f["path"] != page.path or f.get("asked") != _asked(job, page) or not path.exists():
                continue
            young = now - f["fetched_at"] < timedelta(hours=max_age_hours)
            return (f["final"] or young) and hashlib.sha256(path.read_bytes()).hexdigest() == f["sha256"]
        return False

    def add(self, job: Job, page: Page, blob: bytes, url: str, at: datetime) -> None:
        """Record a page and write sources.toml."""
        files = [f for f in self._files(job) if f["path"] != page.path]
        files.append(
            {
                "path": page.path,
                "url": url,
                "asked": _asked(job, page),
                "fetched_at": at,
                "sha256": hashlib.sha256(blob).hexdigest(),
                "final": page.final,
            }
        )
        source = {"name": job.name, **{k: v for k, v in job.source.items() if k != "series"}}
        files = sorted(files, key=lambda f: f["path"])
        self.sources[job.name] = {**source, "series": job.source["series"], "file": files}
        for more in job.also:
            name = f"{job.name}.{more['name']}"
            self.sources[name] = {**source, **more, "name": name, "file": files}
        panel = {**self.head["panel"], "start": self.since}
        rank = {n: i for i, n in enumerate(self.order)}
        self.sources = dict(
            sorted(self.sources.items(), key=lambda kv: rank.get(kv[0].partition(".")[0], len(rank)))
        )
        body: dict[str, Any] = {"panel": panel, "source": list(self.sources.values()), **self._tail()}
        write_atomic(self.out / RECORD, tomlkit.dumps(body).encode())

    def _tail(self) -> dict[str, Any]:
        """Masks and derived columns whose columns the fetched sources (or the calendar) supply."""
        derived = self.head.get("derive", [])
        have = {s.get("column") for source in self.sources.values() for s in source["series"]} | {
            d["column"] for d in derived
        }
        masks = [m for m in self.head.get("mask", []) if m["when"] in have and set(m["columns"]) <= have]
        return {k: v for k, v in (("derive", derived), ("mask", masks)) if v}


def _recorded(t: Table) -> dict[str, Any]:
    """A source as recorded; what a later run relies on is checked."""
    t.tables("series")
    for f in t.tables("file", []):
        f.text("path"), f.text("sha256"), f.text("asked", None), f.flag("final"), f.instant("fetched_at")
    return t.data


def _asked(job: Job, page: Page) -> str:
    """What was asked, for resuming: address and parameters, the end of an open window left out."""
    params = {
        k: v
        for k, v in sorted(page.params.items())
        if page.final or k not in ("end", "endTime", "end_timestamp")
    }
    return f"{page.url or job.url} {json.dumps(params)}"
