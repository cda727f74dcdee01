"""Inputs changed at random: each is refused by a named error, or read with the change in what was read.

What is accepted is judged by a second reading (:mod:`tests.proofs.faults.oracles`): every value that changed must be one
that a file may hold, and must be in what was read; nothing else may have changed. Some of what is accepted is used as
well, as a command would: that may be refused by name, and must not end in any other error.
"""

from __future__ import annotations

import random
import shutil
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from model.dealer_book import load_book
from model.errors import AttributionError
from model.events.card import load_event
from model.panel import load_panel
from model.panel.universe import load_universe
from model.priors.prior_set import LINEAGE, load_priors
from model.sources.load import load_sources
from model.store import PROJECT, load_fit
from tests.proofs.faults.changes import changed, changed_rows, pieces
from tests.proofs.faults.oracles import judge, judge_panel

EVENT = "2026-02-05"
USED = 4
"""Of the accepted files, one in so many is used."""
MOST = 20
"""Examples that are kept of each kind."""
UNITS = {"vol_m": 1e6}
"""Columns of the embedded panel in another unit than the program's."""
CONVERTED = frozenset({
    "iv_pct", "gamma", "contracts", "strike", "strikes", "weights", "barrier", "at_spot", "rate_pct", "carry_pct",
    "expiry", "issued", "dates", "units_per_share", "oi", "dealer", "kind", "as_of", "shares_per_contract",
})  # fmt: skip
"""Of a book, kept in other units, or as what follows from them."""


@dataclass
class Mutated:
    """What became of one kind of input."""

    name: str
    tried: int = 0
    refused: int = 0
    accepted: int = 0
    used: int = 0
    wrong: int = 0
    crashed: int = 0
    examples: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Named errors only, and nothing read that the file does not say."""
        return self.refused > 0 and not (self.wrong or self.crashed)

    def told(self, what: str) -> None:
        """Keep an example."""
        if len(self.examples) < MOST:
            self.examples.append(what)


@dataclass(frozen=True)
class Kind:
    """A file that can be changed, how it is read and used, and which of its keys are kept as something else."""

    name: str
    path: Path
    read: Callable[[Path], Any]
    use: Callable[[Path], Any]
    derived: frozenset[str] = frozenset()


def run(
    count: int,
    seed: int,
    scratch: Path,
    fit: Path,
    say: Callable[[str], None],
    among: str = "",
    keep: Callable[[list[Mutated]], object] = list,
) -> list[Mutated]:
    """Change inputs ``count`` times, spread over all kinds; try only those whose name holds ``among``.

    ``keep`` is told after each kind of everything so far, so that an interrupted proof is not lost.
    """
    chosen = kinds(scratch)
    each = -(-count // (len(chosen) + 2))
    work: dict[str, Callable[[random.Random], Mutated]] = {k.name: partial(tables, k, each) for k in chosen}
    work |= {"panel": partial(panels, scratch, each), "stored fit": partial(fits, fit, scratch, each)}
    out = []
    for name in (n for n in work if among in n):
        say(f"{name}: {each} changes")
        out.append(work[name](random.Random(f"{seed} {name}")))
        keep(out)
        say(f"{name}: {'passed' if out[-1].passed else 'FAILED: ' + '; '.join(out[-1].examples[:3])}")
    return out


def kinds(scratch: Path) -> list[Kind]:
    """Copies of the files that the program ships, and a list of sources with its files."""
    from sources_support import write_sources

    data = PROJECT / "data"
    card = scratch / "card"
    shutil.copytree(data / "events" / EVENT, card)
    sources = scratch / "sources"
    sources.mkdir()
    listed = write_sources(sources)
    priors = Path(shutil.copy(data / "priors" / "literature.toml", scratch / "priors.toml"))
    learned = Path(shutil.copy(data / "priors" / "baseline-2024-2025.toml", scratch / "learned.toml"))
    universe = Path(shutil.copy(data / "universes" / "us-spot-btc.toml", scratch / "universe.toml"))
    own = load_event(EVENT).dealer_books[0]
    book = Path(shutil.copytree(own.parent, scratch / "books")) / own.name
    lineage = frozenset({*LINEAGE, "merged_from"})
    return [
        Kind("event card", card / "event.toml", load_event, _use_card),
        Kind("prior set", priors, load_priors, _use_priors, lineage),
        Kind("learned prior set", learned, load_priors, _use_priors, lineage),
        Kind("universe", universe, load_universe, _use_universe),
        Kind("dealer book", book, load_book, _use_book, CONVERTED),
        Kind(
            "list of sources", listed, load_sources, _use_sources, frozenset({"path", "url", "terms", "note"})
        ),
    ]


# --- what commands do with what they read -------------------------------------------------------------------------
def _use_card(path: Path) -> None:
    from model.design.subject import Request, load_subject
    from model.report.page.headline import headline  # noqa: F401  (its texts are the card's)

    load_subject(Request(event=str(path), out=path.parent / "fit"))


def _use_priors(path: Path) -> None:
    from model.design.make import background_design
    from model.inference.draws import prior_draws

    panel = load_event(EVENT)
    days = load_panel(panel.panel_path, panel.universe)
    shares = np.array([f.base_share for f in days.universe.funds])
    prior_draws(load_priors(path), background_design(days), shares, 3, 1)


def _use_universe(path: Path) -> None:
    from model.design.make import background_design

    background_design(load_panel(load_event(EVENT).panel_path, load_universe(path)))


def _use_book(path: Path) -> None:
    from model.dealer_book.demand import demand
    from model.dealer_book.path import from_moves

    book = load_book(path)
    move = from_moves([book.spot, 0.9 * book.spot], [book.vol], book.day)
    found = demand(book.case("mid"), move).table()
    assert np.isfinite(found.to_numpy(float)).all(), "the demand is not finite"


def _use_sources(path: Path) -> None:
    from model.sources.build import build_panel

    build_panel(path)


# --- kinds of files -----------------------------------------------------------------------------------------------
def tables(kind: Kind, count: int, rng: random.Random) -> Mutated:
    """Change a TOML file."""
    tally, text = Mutated(kind.name), kind.path.read_text(encoding="utf-8")
    was, known = tomllib.loads(text), kind.read(kind.path)
    for _ in range(count):
        blob = changed(text, rng)
        kind.path.write_bytes(blob)
        what = _difference(text, blob)
        found = _tried(tally, partial(kind.read, kind.path), what)
        if found is None:
            continue
        wrong = judge(tomllib.loads(blob.decode("utf-8-sig")), was, found, known, kind.derived)
        if wrong:
            tally.wrong += 1
            tally.told(f"{wrong}; {what}")
        if tally.accepted % USED == 0:
            _used(tally, partial(kind.use, kind.path), what)
    kind.path.write_text(text, encoding="utf-8")
    return tally


def _tried(tally: Mutated, read: Callable[[], Any], what: str) -> Any:
    """What was read; None where it was refused, or worse."""
    tally.tried += 1
    try:
        found = read()
    except AttributionError:
        tally.refused += 1
        return None
    except Exception as error:  # noqa: BLE001  (any other exception is what is looked for)
        tally.crashed += 1
        tally.told(f"{what}: {type(error).__name__}: {error}")
        return None
    tally.accepted += 1
    return found


def _used(tally: Mutated, use: Callable[[], Any], what: str) -> None:
    """Use what was accepted: refused by name, or not at all."""
    tally.used += 1
    try:
        use()
    except AttributionError:
        return
    except Exception as error:  # noqa: BLE001  (any other exception is what is looked for)
        tally.crashed += 1
        tally.told(f"{what}, used: {type(error).__name__}: {error}")


def _difference(text: str, blob: bytes) -> str:
    """The first line that differs, shortened."""
    other = blob.decode("utf-8", "replace").splitlines()
    pairs = zip(text.splitlines(), other, strict=False)
    return next((repr(b[:80]) for a, b in pairs if a != b), f"{len(blob)} bytes")


def panels(scratch: Path, count: int, rng: random.Random) -> Mutated:
    """Change cells and rows of the embedded panel; what is accepted must show these numbers and no others."""
    card = load_event(EVENT)
    assert card.panel_path is not None
    tally, text = Mutated("panel"), card.panel_path.read_text(encoding="utf-8")
    columns = _columns(text, load_panel(card.panel_path, card.universe).frame)
    path = scratch / "panel.csv"
    for _ in range(count):
        blob, kind = changed_rows(text, rng)
        path.write_bytes(blob)
        what = f"{kind}: {_difference(text, blob)}"
        found = _tried(tally, partial(load_panel, path, card.universe), what)
        if found is None:
            continue
        wrong = judge_panel(blob, found.frame, " ".join(found.notes), columns)
        if wrong:
            tally.wrong += 1
            tally.told(f"{wrong}; {what}")
    return tally


def _columns(text: str, known: pd.DataFrame) -> dict[str, tuple[str, float]]:
    """The program's column for each of the file's, by equal numbers; the panel as it is shipped is taken as read rightly."""
    head, *rows = (line.split(",") for line in text.splitlines())
    out = {}
    for j, name in enumerate(head[1:], start=1):
        unit = UNITS.get(name, 1.0)
        values = np.array([unit * float(r[j]) if r[j] else np.nan for r in rows])
        same = [
            c for c in known if known[c].dtype.kind == "f" and np.allclose(known[c], values, equal_nan=True)
        ]
        if same:
            out[name] = (str(same[0]), unit)
    assert len(out) == len(head) - 1, "every column of the shipped panel is read"
    return out


def fits(fit: Path, scratch: Path, count: int, rng: random.Random) -> Mutated:
    """Change the files of a stored fit by whole pieces; a byte at a time is counted elsewhere."""
    tally, folder = Mutated("stored fit"), Path(shutil.copytree(fit, scratch / "stored"))
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    for k in range(count):
        path = files[k % len(files)]
        before = path.read_bytes()
        path.write_bytes(after := b"".join(pieces(before, rng)))
        found = _tried(tally, partial(load_fit, folder), path.name)
        if found is not None and after != before:
            tally.wrong += 1
            tally.told(f"{path.name} was opened")
        path.write_bytes(before)
    return tally
