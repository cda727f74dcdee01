"""Names and paths that come from files: data, so they may not lead out of the folder they belong to."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath, PureWindowsPath

from model.errors import DataError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def safe_name(name: str, what: str) -> str:
    """A name that can be a folder's or a file's: letters, digits, dots, dashes and underscores.

    Raises
    ------
    DataError
        If it is anything else, such as a path.
    """
    if not _NAME.fullmatch(name) or ".." in name or name.endswith("."):
        raise DataError(
            f"{what}: {name[:80]!r} cannot name a folder.",
            "Use letters, digits, dots, dashes and underscores, and begin with a letter or digit.",
        )
    return name


def relative_name(name: str, what: str) -> str:
    """A name or a relative path that does not climb.

    Raises
    ------
    DataError
        If it is absolute or has a ``..`` in it.
    """
    posix, windows = PurePosixPath(name), PureWindowsPath(name)
    if (
        posix.is_absolute()
        or windows.drive
        or windows.root
        or ".." in {*posix.parts, *windows.parts}
        or "\x00" in name
    ):
        raise DataError(
            f"{what}: {name[:80]!r} leads out of the folder.",
            "Give a file in or below it, or name the file on the command line.",
        )
    return name


def inside(path: Path, *folders: Path, what: str) -> Path:
    """The path, links followed, if it lies in one of the folders.

    Raises
    ------
    DataError
        If it does not.
    """
    real = path.resolve()
    if not any(real.is_relative_to(folder.resolve()) for folder in folders):
        raise DataError(
            f"{what}: {str(path)[:200]!r} leads out of {folders[0]}.",
            "Put the file there (links are followed), or name it on the command line.",
        )
    return real
