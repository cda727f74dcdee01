"""The place of a fit: one writer at a time, who writes beside it and moves the whole in at the end.

Beside ``fits/<id>`` stand, while they are needed, ``.<id>.lock``, ``.<id>.partial`` (what is being written, or what an
interrupted run left) and, for a moment, ``.<id>.old``. What is refused - a gate that does not pass, draws that did not
converge - never replaces a complete fit: it goes to ``<id>.refused``.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import json
import os
import re
import shutil
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from model.errors import DataError, UsageError
from model.store.files import read_json, written
from model.store.seal import MANIFEST, SEAL, TIMING, open_for, record

CHECKPOINT = "checkpoint"
"""Folder of a partial fit in which finished readings are kept."""
KNOWN = (MANIFEST, SEAL, TIMING, "posterior.nc", "decomposition.nc", "gate.json", "design.npz", "report.html",
         "report.pdf", "surroundings.json",
         "evidence.nc", "rivals.json", "sensitivity.json", "evidence.json", "claims.json")  # fmt: skip
"""Files of a fit. What else lies in its folder is covered by its checksums, or is not a fit's."""
FOLDERS = ("tables", "figures", "rivals", "earlier", "entries", "forecast", "placebo", CHECKPOINT)
LITTER = r"\..+\.[0-9a-f]{32}|[a-z]+\.partial"
"""Names under which files are written before they are moved into place; a killed process leaves one."""
PATIENCE = 60.0
"""Seconds that a follow-up waits for another one to write its result."""
_SWAP = 2  # RENAME_EXCHANGE of Linux's renameat2
_HERE = -100  # AT_FDCWD

Say = Callable[[str], None]


@dataclass(frozen=True)
class Place:
    """Where a fit is to stand, and the folder beside it in which it is written."""

    out: Path
    folder: Path

    def move_in(self) -> Path:
        """Put what was written in the fit's place, at once; the earlier fit goes. The fit's folder."""
        with written(self.out):
            _move_in(self.folder, self.out)
        return self.out

    def set_aside(self) -> Path:
        """Put what was refused where it can be looked at: in the fit's place, unless a complete fit stands there."""
        if not is_complete(self.out):
            return self.move_in()
        aside = self.out.with_name(f"{self.out.name}.refused")
        require_fit_or_nothing(aside)
        with written(aside):
            _move_in(self.folder, aside)
        return aside

    def discard(self) -> None:
        """Remove what was written, if there is nothing in it to go on with."""
        if not any((self.folder / CHECKPOINT).glob("*.nc")):
            shutil.rmtree(self.folder, ignore_errors=True)


@contextlib.contextmanager
def writing(out: Path, say: Say, resume: bool = False) -> Iterator[Place]:
    """Hold a fit's place, and give a folder beside it to write in.

    Parameters
    ----------
    out : Path
        The fit's folder; made, with its parents, when it is missing.
    say : callable
        Told of what an earlier process left behind.
    resume : bool
        Keep what an interrupted run left, to go on with it.

    Raises
    ------
    UsageError
        If the place holds what is not a fit, is a link or a mount, or is being written by another process.
    DataError
        If it cannot be written.
    """
    out = Path(os.path.abspath(out))
    require_fit_or_nothing(out)
    with written(out):
        out.parent.mkdir(parents=True, exist_ok=True)
    with held(out, say):
        recover(out)
        folder = partial(out)
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            raise UsageError(f"{folder} is in the way.", "Remove it, or give another --out.")
        if folder.exists() and not resume:
            say(f"Removing what an interrupted run left in {folder}.")
            shutil.rmtree(folder)
        with written(folder):
            folder.mkdir(exist_ok=True)
        place = Place(out, folder)
        try:
            yield place
        finally:
            place.discard()  # where it was moved in, nothing is left


def partial(out: Path) -> Path:
    """The folder in which a fit is written before it stands in its place."""
    return out.with_name(f".{out.name}.partial")


@contextlib.contextmanager
def held(out: Path, say: Say, patience: float = 0.0) -> Iterator[None]:
    """The lock of a fit's place. The system gives it back when its holder ends, however it ends.

    Raises
    ------
    UsageError
        If another process holds it.
    DataError
        If it cannot be written.
    """
    path = out.with_name(f".{out.name}.lock")
    lock = FileLock(path, timeout=patience)
    try:
        with written(path):
            lock.acquire()
    except Timeout:
        raise UsageError(
            f"{out} is being written by {_holder(path)}.", "Wait for it, end it, or give another --out."
        ) from None
    try:
        left = _holder(path)
        if left:
            say(f"Taking over {out} from {left}, which ended before it was done.")
        path.write_text(json.dumps(_myself()), encoding="utf-8")
        yield
    finally:
        path.write_text("", encoding="utf-8")  # not reached by a process that is killed
        lock.release()


@contextlib.contextmanager
def changing(folder: Path, *paths: Path) -> Iterator[None]:
    """Write files of a finished fit, or new ones beside them, and cover them by its checksums.

    Paths outside the folder are nobody's business here; a folder without checksums is only written to.

    Raises
    ------
    UsageError, DataError
        If another process is writing there, or the checksums are damaged.
    """
    own = [p for p in paths if p.is_relative_to(folder)]
    if not own or not (folder / SEAL).is_file():
        yield
        return
    with held(Path(os.path.abspath(folder)), lambda _: None, PATIENCE):
        open_for(folder, own)
        try:
            yield
        finally:
            record(folder, own)


def is_complete(folder: Path) -> bool:
    """Whether a folder holds a fit that converged, by what its manifest says."""
    try:
        found = read_json(folder / MANIFEST).get("diagnostics") or {}
        return bool(found) and all(d.get("passed", True) for d in found.values())
    except (DataError, AttributeError):
        return False


def require_fit_or_nothing(out: Path) -> None:
    """Refuse a place that holds anything but a fit: it would be lost when the next one is moved in.

    Raises
    ------
    UsageError
    """
    if not out.name or out.name.startswith("."):
        raise UsageError(f"{out} cannot be a fit's folder.", "Give a folder with a name of its own.")
    if out.is_symlink():
        raise UsageError(f"{out} is a link.", "Give the folder itself.")
    if not out.exists():
        return
    if not out.is_dir():
        raise UsageError(f"{out} is a file.", "Give a folder.")
    if os.path.ismount(out):
        raise UsageError(
            f"{out} is a mount, which cannot be replaced.", f"Give a folder in it: {out / 'fit'}."
        )
    other = next((p for p in sorted(out.iterdir()) if not _belongs(p)), None)
    if other is not None:
        raise UsageError(
            f"{out} holds {other.name}, which is no part of a fit.",
            "Move it elsewhere, or give another --out: whatever is in a fit's folder goes when it is fitted again.",
        )


def recover(out: Path) -> None:
    """Put back a fit whose replacement was cut short between two renames."""
    old = out.with_name(f".{out.name}.old")
    if not old.is_dir() or old.is_symlink():
        return
    if out.exists():
        shutil.rmtree(old)
    else:
        old.rename(out)


def _belongs(path: Path) -> bool:
    """Whether a path in a fit's folder is a fit's."""
    if path.is_symlink():
        return False
    if re.fullmatch(LITTER, path.name):
        return path.is_file()
    if path.is_dir():
        return path.name in FOLDERS and not any(p.is_symlink() for p in path.rglob("*"))
    return path.name in KNOWN or path.name in _covered(path.parent)


def _covered(folder: Path) -> set[str]:
    """Names in the checksums, unread: enough to tell a fit's files from a user's."""
    try:
        text = (folder / SEAL).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return set()
    return {line.split("  ", 1)[-1] for line in text.splitlines() if not line.startswith("#")}


def _move_in(new: Path, out: Path) -> None:
    """Rename a folder over another, so that at every moment one of them stands there whole."""
    if not out.exists() or not any(out.iterdir()):
        new.rename(out)  # over nothing, or over an empty folder
        return
    old = out.with_name(f".{out.name}.old")
    if old.exists():
        shutil.rmtree(old)
    if _swapped(new, out):
        new.rename(old)
    else:
        out.rename(old)  # cut short here, recover() puts it back
        new.rename(out)
    shutil.rmtree(old)


def _swapped(a: Path, b: Path) -> bool:
    """Exchange two folders in one step; False where the system cannot."""
    try:
        call = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    if call(_HERE, os.fsencode(a), _HERE, os.fsencode(b), _SWAP) == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.ENOSYS, errno.EINVAL):
        return False
    raise OSError(code, os.strerror(code), str(b))


def _myself() -> dict[str, str]:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return {"process": str(os.getpid()), "host": socket.gethostname(), "since": now}


def _holder(path: Path) -> str:
    """Who wrote a lock file last and has not given it back; empty when everything was given back."""
    try:
        text = path.read_text(encoding="utf-8")
        said = json.loads(text) if text.strip() else {}
        return "process {process} on {host} (since {since})".format(**said) if said else ""
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
