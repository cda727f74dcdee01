"""Files that are whole or not there, and what they hash to."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import importlib.metadata
import json
import os
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from model.errors import DataError

PROJECT = Path(__file__).resolve().parents[2]
"""The repository: data, fits and scripts lie below it."""
FOLDER = PROJECT / "fits"
PACKAGES = ("pymc", "pytensor", "nutpie", "arviz", "dowhy", "numpy", "pandas", "xarray", "numba")
_WHY = {
    errno.ENOSPC: ("no space is left on the device", "Free some space, then run the command again."),
    errno.EDQUOT: ("the disk quota is used up", "Free some space, then run the command again."),
    errno.EROFS: ("the file system is read-only", "Give a folder that can be written."),
    errno.EACCES: ("permission is denied", "Give a folder that you may write."),
    errno.EPERM: ("permission is denied", "Give a folder that you may write."),
    errno.ENOTDIR: ("a part of the path is a file", "Correct the path."),
    errno.EISDIR: ("it is a folder", "Give the path of a file."),
    errno.EEXIST: ("it is a file", "Give the path of a folder."),
    errno.ENAMETOOLONG: ("the name is too long", "Give a shorter path."),
    errno.EIO: ("the device reports an error", "Check the disk."),
}


@contextlib.contextmanager
def written(path: Path) -> Iterator[None]:
    """Turn what the system says about a write into a named error.

    Raises
    ------
    DataError
        With the path, the reason and what to do; nothing else is swallowed.
    """
    try:
        yield
    except TimeoutError:
        raise
    except OSError as error:
        code = error.errno or 0
        why, remedy = _WHY.get(code, (error.strerror or str(error), "Check path, permissions and space."))
        raise DataError(f"Cannot write {path}: {why}.", remedy) from error
    except RuntimeError as error:
        if not str(error).startswith("NetCDF:"):
            raise
        raise DataError(f"Cannot write {path}: {error}.", "Check that the disk has space.") from error


def write_atomic(path: Path, blob: bytes) -> None:
    """Write all or nothing: a reader never sees half a file, an interruption leaves the old one.

    Parameters
    ----------
    path : Path
        The file; its folder is made when missing. Its permissions are those of any new file of the user.
    blob : bytes
        The whole content.

    Raises
    ------
    OSError
        When the folder cannot be written; no temporary file is left behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        # "xb" and not tempfile: tempfile's files are readable by their owner alone.
        with temporary.open("xb") as f:
            f.write(blob)
            f.flush()
            os.fsync(f.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_json(content: Mapping[str, Any], path: Path) -> None:
    """Write JSON under a temporary name, then move it into place."""
    write_atomic(path, as_json(content))


def as_json(content: Mapping[str, Any]) -> bytes:
    """Plain data as JSON for people."""
    return json.dumps(content, indent=2, default=str).encode()


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises
    ------
    DataError
        If the file cannot be read, is no JSON, or holds something other than an object.
    """
    try:
        found = json.loads(path.read_bytes())
    except OSError as error:
        raise DataError(f"Cannot read {path}: {error.strerror}.", "Check the path.") from None
    except (ValueError, RecursionError):
        raise DataError(f"{path} is damaged: it is no JSON.", "Restore the file, or fit again.") from None
    if not isinstance(found, dict):
        raise DataError(f"{path} is damaged: it holds no object.", "Restore the file, or fit again.")
    return found


def file_hash(path: Path) -> str:
    """sha256 of a file."""
    with path.open("rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


def content_hash(content: Any) -> str:
    """sha256 of plain data, whatever the order of its keys; tuples count as lists, as they do in JSON."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def versions() -> dict[str, str]:
    """Versions of the packages that decide the numbers."""
    return {name: importlib.metadata.version(name) for name in PACKAGES}


def code_hash() -> str:
    """sha256 of every source file of the model: draws of one state of the code do not go on under another."""
    digest, root = hashlib.sha256(), PROJECT / "model"
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
