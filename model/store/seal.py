"""Checksums of every file of a fit, in a file of their own that ``sha256sum -c`` reads too.

The first line is a comment with the hash of the others, so that a byte changed in the checksums themselves is not
taken for damage of the file they name. ``timing.json``, the one file that two identical runs do not share, carries its
own hash instead.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from model.errors import DataError
from model.store.files import content_hash, file_hash, write_atomic, written

SEAL = "SHA256SUMS"
TIMING = "timing.json"
MANIFEST = "manifest.json"
FORMAT = 2
"""Of a fit's folder; 1 had no checksums of its own."""
DEFINES_A_RUN = ("arguments", "seed", "hashes", "versions", "code")
"""Parts of a manifest that decide every number of a fit."""
CORE = (MANIFEST, SEAL, TIMING, "posterior.nc", "decomposition.nc", "gate.json", "design.npz")
"""Files that only a fit writes."""
OPEN = "-" * 64
"""In place of the hash of a file that is being written."""
MOST = 4
"""Faults that one message names."""


def run_id(manifest: Mapping[str, Any]) -> str:
    """Name of a run: what was asked for, of which inputs, with which code. Two identical runs share it."""
    return content_hash({k: manifest.get(k) for k in DEFINES_A_RUN})


def seal(folder: Path) -> None:
    """Write the checksums of every file of a folder.

    Raises
    ------
    DataError
        If something in the folder is no ordinary file, or the checksums cannot be written.
    """
    files = list(_files(folder))
    odd = [name for name in files if _odd(folder / name)]
    if odd:
        raise DataError(f"{folder / odd[0]} is no ordinary file.", "Replace it by the file itself.")
    _write(folder, {name: file_hash(folder / name) for name in files})


def open_for(folder: Path, paths: Iterable[Path]) -> None:
    """Mark files of a sealed folder as being written: killed now, their command leaves a fit that still opens.

    Raises
    ------
    DataError
        If the checksums are damaged or cannot be written, or a file is one that no follow-up may write.
    """
    names = _inside(folder, paths)
    core = [n for n in names if n in CORE]
    if core:
        raise DataError(f"{core[0]} belongs to the fit alone.", "Fit again to change it.")
    _write(folder, sums(folder) | dict.fromkeys(names, OPEN))


def record(folder: Path, paths: Iterable[Path]) -> None:
    """Add files, written again or new, to the checksums of their folder; what was not written after all goes.

    Raises
    ------
    DataError
        If the checksums are damaged or cannot be written.
    """
    names, said = _inside(folder, paths), sums(folder)
    kept = {n: d for n, d in said.items() if n not in names}
    _write(folder, kept | {n: file_hash(folder / n) for n in names if (folder / n).is_file()})


def unfinished(folder: Path) -> list[str]:
    """Files that a follow-up was writing when it was interrupted: as good as absent."""
    return [name for name, digest in sums(folder).items() if digest == OPEN]


def _inside(folder: Path, paths: Iterable[Path]) -> list[str]:
    return [p.relative_to(folder).as_posix() for p in paths if p.is_relative_to(folder)]


def sums(folder: Path) -> dict[str, str]:
    """Hash by file, as the checksums say.

    Raises
    ------
    DataError
        If there are none, or they were changed.
    """
    path = folder / SEAL
    try:
        head, _, body = path.read_text(encoding="utf-8").partition("\n")
        lines = [line.split("  ", 1) for line in body.splitlines()]
        found = {name: digest for digest, name in lines}
    except FileNotFoundError:
        raise DataError(f"{path} is missing.", "Restore the file, or fit again.") from None
    except (OSError, ValueError):
        raise DataError(f"{path} is damaged.", "Restore the file, or fit again.") from None
    if head != _head(body):
        raise DataError(f"{path} was changed after the fit.", "Restore the file, or fit again.")
    return found


def damage(folder: Path) -> list[str]:
    """What is not as the fit left it, each with the file's name; empty for a whole fit.

    Raises
    ------
    DataError
        If the checksums themselves are missing or damaged.
    """
    said = sums(folder)
    return [fault for name, digest in said.items() if (fault := _fault(folder, name, digest))] + [
        fault for fault in (_timing_fault(folder),) if fault
    ]


def strangers(folder: Path) -> list[str]:
    """Files of a folder that its checksums do not cover."""
    said = sums(folder)
    return [name for name in _files(folder) if name not in said]


def sentence(faults: list[str]) -> str:
    """The first few faults in one line."""
    more = f" and {len(faults) - MOST} more" if len(faults) > MOST else ""
    return "; ".join(faults[:MOST]) + more


def write_timing(seconds: Mapping[str, float], at: str, folder: Path) -> None:
    """Write when a fit ended and how long its stages took: the only file that two identical runs do not share."""
    content = {"written_at": at, "seconds": dict(seconds)}
    write_atomic(folder / TIMING, _timing(content))


def _timing(content: Mapping[str, Any]) -> bytes:
    return json.dumps({**content, "sha256": content_hash(content)}, indent=1).encode()


def _timing_fault(folder: Path) -> str:
    path = folder / TIMING
    if not path.is_file():
        return ""
    try:
        content = json.loads(path.read_bytes())
        content.pop("sha256")
        whole = _timing(content) == path.read_bytes()
    except (ValueError, KeyError, AttributeError, RecursionError):
        whole = False
    return "" if whole else f"{TIMING} was changed after the fit"


def _fault(folder: Path, name: str, digest: str) -> str:
    path = folder / name
    if digest == OPEN:
        return f"{name} cannot be unfinished" if name in CORE else ""
    if Path(name).is_absolute() or ".." in Path(name).parts:
        return f"{name} lies outside the folder"
    if _odd(path) or any(_odd(folder / p, Path.is_dir) for p in Path(name).parents if p != Path(".")):
        return f"{name} is missing, or no ordinary file"
    return "" if file_hash(path) == digest else f"{name} was changed after the fit"


def _odd(path: Path, kind=Path.is_file) -> bool:
    """Whether a path is a link, or not what it should be."""
    return path.is_symlink() or not kind(path)


def _files(folder: Path) -> list[str]:
    """Everything in a folder that is no folder, by its path inside; links are not followed."""
    own = (p for p in folder.rglob("*", recurse_symlinks=False) if p.is_symlink() or not p.is_dir())
    names = (p.relative_to(folder).as_posix() for p in own)
    return sorted(n for n in names if n not in (SEAL, TIMING))


def _head(body: str) -> str:
    return f"# {hashlib.sha256(body.encode()).hexdigest()} of the lines below"


def _write(folder: Path, hashes: Mapping[str, str]) -> None:
    body = "".join(f"{digest}  {name}\n" for name, digest in sorted(hashes.items()))
    with written(folder / SEAL):
        write_atomic(folder / SEAL, f"{_head(body)}\n{body}".encode())
