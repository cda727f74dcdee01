"""Small result tables as pages of Markdown, each written again by the one command that it names."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

import model

PROJECT = Path(model.__file__).parents[1]


def command_of(script: str, argv: Sequence[str]) -> str:
    """The command line as a reader can repeat it: no path of this machine, the user's panel as PATH."""
    words = [_portable(a, argv[i - 1] if i else "") for i, a in enumerate(argv)]
    return f"uv run scripts/{script}.py {shlex.join(words)}".rstrip()


def _portable(word: str, before: str) -> str:
    if before == "--panel":
        return "PATH"
    path = Path(word)
    if not path.is_absolute():
        return word
    return str(path.relative_to(PROJECT)) if path.is_relative_to(PROJECT) else path.name


def markdown(frame: pd.DataFrame) -> str:
    """A table of texts; the columns' names are its head."""
    rows = [list(frame.columns), ["---"] * len(frame.columns), *frame.astype(str).to_numpy().tolist()]
    return "\n".join("| " + " | ".join(_cell(c) for c in row) + " |" for row in rows)


def _cell(text: str) -> str:
    return " ".join(str(text).split()).replace("|", "\\|")


def write_page(path: Path, title: str, command: str, blocks: Sequence[str | pd.DataFrame]) -> Path:
    """Write a page: title, the command that writes it, then paragraphs and tables.

    Parameters
    ----------
    path : Path
        Ends in ``.md``; its folder is made.
    title, command : str
    blocks : sequence of str or pandas.DataFrame
        Tables hold texts, already rounded.
    """
    parts = [f"# {title}", f"Written by `{command}`; do not edit."]
    parts += [markdown(b) if isinstance(b, pd.DataFrame) else b for b in blocks]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    return path
