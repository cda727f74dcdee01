"""What commands write: text, tables and pictures, each whole or not there, over nothing that is not theirs."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from model.errors import UsageError
from model.store.files import write_atomic, written

NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK)
"""What file systems without hard links say."""


def write_text(text: str, path: Path) -> Path:
    """Write a text file, whole or not at all.

    Raises
    ------
    DataError
        If it cannot be written.
    """
    with written(path):
        write_atomic(path, text.encode())
    return path


def write_csv(table: Any, path: Path, **how: Any) -> Path:
    """Write a table, whole or not at all, without its index unless asked for.

    Parameters
    ----------
    table : pandas.DataFrame
    path : Path
    **how
        Of ``DataFrame.to_csv``.

    Raises
    ------
    DataError
        If it cannot be written.
    """
    return write_text(table.to_csv(**{"index": False, **how}), path)


def write_figure(figure: Any, path: Path, **how: Any) -> Path:
    """Write a picture, whole or not at all.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    path : Path
        Its ending says the kind.
    **how
        Of ``Figure.savefig``.

    Raises
    ------
    DataError
        If it cannot be written.
    """
    blob = io.BytesIO()
    figure.savefig(blob, format=path.suffix.removeprefix("."), **how)
    with written(path):
        write_atomic(path, blob.getvalue())
    return path


def write_new(text: str, path: Path) -> None:
    """Write a file that must not be there yet; of two processes one wins, and no reader sees half of it.

    Raises
    ------
    FileExistsError
        If the file is there.
    OSError
        When the folder cannot be written.
    """
    whole = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        write_atomic(whole, text.encode())
        try:
            os.link(whole, path)  # unlike a renaming it never replaces
        except OSError as error:
            if error.errno not in NO_LINKS:
                raise
            with path.open("x", encoding="utf-8") as f:
                f.write(text)
    finally:
        whole.unlink(missing_ok=True)


@contextlib.contextmanager
def together(main: Path, *others: Path) -> Iterator[Callable[[Path], Path]]:
    """Write the files of one result beside their places, and move them in at the end.

    Killed at any moment, it leaves the earlier result, or the new one; of the others some may be absent then, because
    an earlier one is removed before ``main`` is replaced. Files of two runs never stand side by side.

    Parameters
    ----------
    main : Path
        What the others are drawn from; all are in its folder.
    *others : Path
        Those that are not written this time are absent afterwards.

    Yields
    ------
    callable
        From a file's path to where it is to be written.

    Raises
    ------
    DataError
        If the folder cannot be written.
    """
    stage = main.parent / f".{main.name}.partial"
    with written(stage):
        shutil.rmtree(stage, ignore_errors=True)  # what a killed run left
        stage.mkdir(parents=True)
    try:
        yield lambda path: stage / path.name
        with written(main):
            for path in others:
                path.unlink(missing_ok=True)
            os.replace(stage / main.name, main)
            for path in others:
                if (stage / path.name).is_file():
                    os.replace(stage / path.name, path)
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def require_free(overwrite: bool, *paths: Path) -> None:
    """Refuse to write over files unless that was asked for; a command calls it before its work, which may be long.

    Raises
    ------
    UsageError
        Naming the first that is there.
    """
    there = [p for p in paths if p.exists() or p.is_symlink()]
    if there and not overwrite:
        raise UsageError(f"{there[0]} exists.", "Give another --out, or --overwrite.")
