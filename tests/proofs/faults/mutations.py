"""Inputs changed at random: each is refused by a named error, or read with the change in what was read.

The oracle of what is accepted: if the file still says the same (tomllib), the same must be read; if it says something
else, something else must be read. A change that is silently ignored, and a value that appears from nowhere, break it.
"""

from __future__ import annotations

import dataclasses
import random
import re
import shutil
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from model.dealer_book import load_book
from model.errors import AttributionError
from model.events.card import load_event
from model.panel import load_panel
from model.panel.universe import load_universe
from model.priors.prior_set import load_priors
from model.sources.load import load_sources
from model.store import PROJECT, load_fit

VALUES = (
    '""', '"x"', "1", "-1", "0", "nan", "inf", "-inf", "true", "[]", "{}", "1979-05-27", '"../../etc/passwd"', "1e400",
    "[1, 2]", "[[1]]", "{ a = 1 }", '"\\u001b[2J"', '"$5 m and $6 m"', '"[/x]"', f'"{"y" * 5000}"', "[2026-02-05]",
    "1e-320", "-0.0", "9223372036854775808", '"2026-02-05"', "2026-02-05T00:00:00",
)  # fmt: skip
CELLS = (
    "",
    "x",
    "-1",
    "0",
    "nan",
    "inf",
    "1e9",
    "1e400",
    "1,5",
    "'",
    "2026-02-05",
    "12.5.1",
    "-",
    "1e-400",
    "٣",
)
IGNORED = re.compile("sha256|hash|place|source_line|path|file")
"""Fields that say where something stands, or hash it."""


@dataclass
class Mutated:
    """What became of one kind of input."""

    name: str
    tried: int = 0
    refused: int = 0
    accepted: int = 0
    wrong: int = 0
    crashed: int = 0
    examples: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Named errors only, and nothing read that the file does not say."""
        return not (self.wrong or self.crashed)


def run(count: int, seed: int, scratch: Path, fit: Path, say: Callable[[str], None]) -> list[Mutated]:
    """Change inputs ``count`` times, spread over all kinds."""
    rng = random.Random(seed)
    kinds = _kinds(scratch)
    each = -(-count // (len(kinds) + 2))
    out = []
    for name, path, read in kinds:
        say(f"{name}: {each} changes")
        out.append(_tables(name, path, read, each, rng))
    say(f"panel: {each} changes")
    out.append(_panel(scratch, each, rng))
    say(f"stored fit: {each} changes")
    return [*out, _fit(fit, scratch, each, rng)]


def _kinds(scratch: Path) -> list[tuple[str, Path, Callable[[Path], Any]]]:
    from sources_support import write_sources

    data = PROJECT / "data"
    card = scratch / "card"
    shutil.copytree(data / "events" / "2026-02-05", card)
    sources = scratch / "sources"
    sources.mkdir()
    listed = write_sources(sources)
    priors = Path(shutil.copy(data / "priors" / "literature.toml", scratch / "priors.toml"))
    learned = Path(shutil.copy(data / "priors" / "baseline-2024-2025.toml", scratch / "learned.toml"))
    universe = Path(shutil.copy(data / "universes" / "us-spot-btc.toml", scratch / "universe.toml"))
    own = load_event("2026-02-05").dealer_books[0]
    book = Path(shutil.copytree(own.parent, scratch / "books")) / own.name
    return [
        ("event card", card / "event.toml", load_event),
        ("prior set", priors, load_priors),
        ("learned prior set", learned, load_priors),
        ("universe", universe, load_universe),
        ("dealer book", book, load_book),
        ("list of sources", listed, load_sources),
    ]


def _tables(name: str, path: Path, read: Callable[[Path], Any], count: int, rng: random.Random) -> Mutated:
    """Change a TOML file."""
    tally, text = Mutated(name), path.read_text(encoding="utf-8")
    said, known = tomllib.loads(text), plainly(read(path))
    for _ in range(count):
        blob = changed(text, rng)
        path.write_bytes(blob)
        tally.tried += 1
        try:
            found = plainly(read(path))
        except AttributionError:
            tally.refused += 1
            continue
        except Exception as error:  # noqa: BLE001  (any other exception is what is looked for)
            tally.crashed += 1
            tally.examples.append(f"{_difference(text, blob)}: {type(error).__name__}: {error}")
            continue
        tally.accepted += 1
        same = _same_words(tomllib.loads(blob.decode("utf-8-sig")), said)
        if same != (found == known):
            tally.wrong += 1
            what = "another reading of the same words" if same else "the change is ignored"
            tally.examples.append(f"{_difference(text, blob)}: {what}")
    path.write_text(text, encoding="utf-8")
    return tally


def changed(text: str, rng: random.Random) -> bytes:
    """One random change of a TOML text."""
    lines = text.splitlines(keepends=True)
    k = rng.randrange(len(lines))
    kind = rng.choice(("value",) * 6 + ("key", "drop", "twice", "cut", "byte", "bom", "deep", "swap"))
    if kind == "value":
        at = [i for i, line in enumerate(lines) if re.match(r"\s*[\w\"-]+\s*=", line)]
        k = rng.choice(at)
        key, _, rest = lines[k].partition("=")
        inner = list(re.finditer(r"-?\d[\d.eE+-]*|\"[^\"]*\"", rest))
        if inner and rng.random() < 0.5:
            m = rng.choice(inner)
            lines[k] = f"{key}={rest[: m.start()]}{rng.choice(VALUES)}{rest[m.end() :]}"
        else:
            lines[k] = f"{key}= {rng.choice(VALUES)}\n"
    elif kind == "key":
        lines[k] = re.sub(r"^(\s*)(\w+)", lambda m: f"{m[1]}{m[2]}{rng.choice(('s', '_', '2'))}", lines[k])
    elif kind == "drop":
        del lines[k]
    elif kind == "twice":
        lines.insert(k, lines[k])
    elif kind == "cut":
        return text.encode()[: rng.randrange(len(text))]
    elif kind == "byte":
        blob = bytearray(text.encode())
        blob[rng.randrange(len(blob))] = rng.randrange(256)
        return bytes(blob)
    elif kind == "bom":
        return b"\xef\xbb\xbf" + text.encode()
    elif kind == "deep":
        lines.insert(k, f"deep = {'[' * 3000}{']' * 3000}\n")
    else:
        j = rng.randrange(len(lines))
        lines[k], lines[j] = lines[j], lines[k]
    return "".join(lines).encode()


def plainly(value: Any) -> str:
    """Everything that was read, as text: equal texts for equal readings."""
    return repr(_plain(value))


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        own = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
        return [type(value).__name__, {k: _plain(v) for k, v in own.items() if not IGNORED.search(k)}]
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, pd.DataFrame | pd.Series):
        return value.to_json()
    if hasattr(value, "__dict__") and not isinstance(value, Path | type) and not callable(value):
        return [type(value).__name__, {k: _plain(v) for k, v in vars(value).items() if not IGNORED.search(k)}]
    return value


def _same_words(a: Any, b: Any) -> bool:
    return repr(a) == repr(b) or _numbers(a) == _numbers(b)


def _numbers(x: Any) -> Any:
    """The same with whole numbers as decimals: 1 and 1.0 are one number to every reader."""
    if isinstance(x, dict):
        return {k: _numbers(v) for k, v in sorted(x.items())}
    if isinstance(x, list):
        return [_numbers(v) for v in x]
    return float(x) + 0.0 if isinstance(x, int | float) and not isinstance(x, bool) else x


def _difference(text: str, blob: bytes) -> str:
    """The first line that differs, shortened."""
    other = blob.decode("utf-8", "replace").splitlines()
    pairs = zip(text.splitlines(), other, strict=False)
    return next((repr(b[:80]) for a, b in pairs if a != b), f"{len(blob)} bytes")


def _panel(scratch: Path, count: int, rng: random.Random) -> Mutated:
    """Change cells and rows of the embedded panel; what is accepted must show just these changes."""
    card = load_event("2026-02-05")
    assert card.panel_path is not None
    tally, text = Mutated("panel"), card.panel_path.read_text(encoding="utf-8")
    known = load_panel(card.panel_path, card.universe).frame
    path = scratch / "panel.csv"
    rows = [line.split(",") for line in text.splitlines()]
    for _ in range(count):
        new, touched = _row_change([list(r) for r in rows], rng)
        path.write_text("\n".join(",".join(r) for r in new) + "\n", encoding="utf-8")
        tally.tried += 1
        try:
            found = load_panel(path, card.universe).frame
        except AttributionError:
            tally.refused += 1
            continue
        except Exception as error:  # noqa: BLE001  (any other exception is what is looked for)
            tally.crashed += 1
            tally.examples.append(f"{touched}: {type(error).__name__}: {error}")
            continue
        tally.accepted += 1
        wrong = _unexplained(known, found, touched)
        tally.wrong += bool(wrong)
        tally.examples += [f"{touched}: {wrong}"] if wrong else []
    return tally


def _row_change(rows: list[list[str]], rng: random.Random) -> tuple[list[list[str]], tuple[str, str, str]]:
    """One change: the new rows, and (kind, date, new text) of it."""
    i = rng.randrange(1, len(rows))
    kind = rng.choice(("cell",) * 5 + ("drop", "twice", "swap", "column", "scale"))
    day = rows[i][0]
    if kind == "cell":
        j = rng.randrange(len(rows[i]))
        rows[i][j] = rng.choice(CELLS)
        return rows, ("cell", day, rows[i][j])
    if kind == "drop":
        del rows[i]
    elif kind == "twice":
        rows.insert(i, list(rows[i]))
    elif kind == "swap":
        j = rng.randrange(1, len(rows))
        rows[i], rows[j] = rows[j], rows[i]
    elif kind == "column":
        j = rng.randrange(len(rows[0]))
        rows[0][j] += "_x"
        day = ""
    else:
        j = rng.randrange(1, len(rows[i]))
        rows[i][j] += "000"
    return rows, (kind, day, "")


def _unexplained(known: pd.DataFrame, found: pd.DataFrame, touched: tuple[str, str, str]) -> str:
    """What differs between two panels and is not the change that was made."""
    kind, day, _ = touched
    if kind == "column":
        return ""  # a column less, or one that is optional: told by the loader
    others = [d for d in known.index if str(d.date()) != day and d in found.index]
    lost = [d for d in known.index if d not in found.index and str(d.date()) != day]
    if lost and kind != "cell":
        return f"{lost[0].date()} is lost"
    a, b = known.loc[others], found.loc[others]
    for column in a.columns.intersection(b.columns):
        x, y = a[column].to_numpy(), b[column].to_numpy()
        differ = ~((x == y) | (pd.isna(x) & pd.isna(y)))
        if differ.any():
            return f"{column} on {others[int(np.argmax(differ))].date()} changed with it"
    return ""


def _fit(fit: Path, scratch: Path, count: int, rng: random.Random) -> Mutated:
    """Change the small files of a stored fit by whole pieces; a byte at a time is counted elsewhere."""
    tally, folder = Mutated("stored fit"), Path(shutil.copytree(fit, scratch / "stored"))
    small = [p for p in folder.rglob("*") if p.is_file() and p.suffix in ("", ".json", ".csv")]
    for k in range(count):
        path = small[k % len(small)]
        before = path.read_bytes()
        path.write_bytes(after := b"".join(_pieces(before, rng)))
        tally.tried += 1
        try:
            load_fit(folder)
            tally.accepted += 1
            tally.wrong += after != before
            tally.examples += [f"{path.name} was opened"] if after != before else []
        except AttributionError:
            tally.refused += 1
        except Exception as error:  # noqa: BLE001  (any other exception is what is looked for)
            tally.crashed += 1
            tally.examples.append(f"{path.name}: {type(error).__name__}: {error}")
        path.write_bytes(before)
    return tally


def _pieces(blob: bytes, rng: random.Random) -> Iterator[bytes]:
    """A blob with a piece cut out, doubled, or replaced by noise."""
    a = rng.randrange(len(blob))
    b = min(len(blob), a + rng.choice((1, 10, 1000, len(blob))))
    yield blob[:a]
    yield rng.choice((b"", blob[a:b] * 2, rng.randbytes(min(b - a, 4096)), b"[" * 5000, b"null", b"NaN"))
    yield blob[b:]
