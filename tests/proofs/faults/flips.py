"""One byte changed in every file of a stored fit, at many places: each must be found, and the file named."""

from __future__ import annotations

import random
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from model.errors import AttributionError
from model.store import load_fit


@dataclass
class Flips:
    """What became of the changes in one file."""

    name: str
    tried: int = 0
    found: int = 0
    examples: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Every change was found, by name."""
        return self.found == self.tried > 0


def run(fit: Path, each: int, seed: int, scratch: Path) -> list[Flips]:
    """Change ``each`` bytes of every file, one at a time: the first, the last and random ones."""
    folder = Path(shutil.copytree(fit, scratch / "flipped"))
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    rng = random.Random(seed)
    return [_of_file(folder, path, each, rng) for path in files]


def _of_file(folder: Path, path: Path, each: int, rng: random.Random) -> Flips:
    tally, size = Flips(path.relative_to(folder).as_posix()), path.stat().st_size
    places = [0, size - 1, *(rng.randrange(size) for _ in range(each))][:each]
    for at in places:
        change = rng.randrange(1, 256)
        _flip(path, at, change)
        tally.tried += 1
        try:
            load_fit(folder)
            tally.examples.append(f"byte {at} of {tally.name} by {change:#x}: opened")
        except AttributionError as error:
            tally.found += path.name in str(error)
            if path.name not in str(error):
                tally.examples.append(f"byte {at} of {tally.name}: {error}")
        _flip(path, at, change)
    return tally


def _flip(path: Path, at: int, change: int) -> None:
    with path.open("r+b") as f:
        f.seek(at)
        old = f.read(1)[0]
        f.seek(at)
        f.write(bytes([old ^ change]))
