"""Files written all or nothing."""

from __future__ import annotations

import os
import uuid
from pathlib import Path


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
