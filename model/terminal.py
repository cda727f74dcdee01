"""The terminal: text from cards, panels, priors and books is printed as it is, never obeyed, and no word is cut.

Square brackets are no markup, colons no emoji, and control characters - the escape sequences that move a cursor, set a
title or hide what follows - are shown as what they are. A line breaks between words; a table whose words do not fit
side by side is printed one row after the other.
"""

from __future__ import annotations

import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from rich.cells import cell_len
from rich.console import Console
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Column, Table
from rich.text import Text

from model.errors import plain

ENDLESS = 100_000
"""Columns of a terminal on which everything has room."""
INDENT = 2
SILENCE, AGAIN = 5.0, 30.0
"""Seconds of silence after which a command says that it is at work, and until it says so again."""


class Terminal(Console):
    """A console for text that is not ours; style by ``style=`` or :class:`rich.text.Text`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"highlight": False, "markup": False, "emoji": False, **options})

    def render_str(self, text: str, **options: Any) -> Text:
        """A string as rich shows it, in tables and titles too."""
        return super().render_str(plain(text), **options)

    def print(self, *objects: Any, **options: Any) -> None:
        """Print; a word longer than a line, such as a path, runs over whole, and tables are fitted word by word."""
        _heard()
        for x in objects:
            parts = self._fitted(x) if isinstance(x, Table) else [x]
            for part in parts:
                self._whole(part, options)
        if not objects:
            super().print(**options)

    def _whole(self, part: Any, options: Mapping[str, Any]) -> None:
        """Print one thing; text that holds a word longer than a line is broken here, since rich would cut that word."""
        text = broken(part, self.width) if isinstance(part, str) else part
        over = (
            {"overflow": "ignore", "crop": False, "no_wrap": True}
            if isinstance(part, str) and text != part
            else {}
        )
        super().print(text, **{**over, **options})

    def _fitted(self, table: Table) -> list[Any]:
        """The table with widths that cut no word, or its rows one after the other."""
        columns = table.columns
        natural = [self._widest(c, whole=True) for c in columns]
        needed = [
            n if c.no_wrap else self._widest(c, whole=False) for c, n in zip(columns, natural, strict=True)
        ]
        measured = Measurement.get(self, self.options.update(max_width=ENDLESS), table).maximum
        frame = measured - sum(max(n, c.min_width or 0) for c, n in zip(columns, natural, strict=True))
        room = self.width - frame
        if sum(natural) <= room:
            return [table]
        if sum(needed) > room:
            return self._rows(table)
        for column, width in zip(columns, shared(needed, natural, room), strict=True):
            column.min_width = column.width = width
        return [table]

    def _widest(self, column: Column, whole: bool) -> int:
        """Cells of the longest line of a column, or of its longest word."""
        texts = [self._plain(x) for x in (column.header, *column.cells)]
        pieces = [p for t in texts for line in t.splitlines() for p in ([line] if whole else line.split())]
        return max((cell_len(p) for p in pieces), default=0)

    def _plain(self, cell: Any) -> str:
        return cell.plain if isinstance(cell, Text) else plain(str(cell))

    def _rows(self, table: Table) -> list[Any]:
        """Each row under its first cell, a line a further cell; empty ones are left out."""
        out: list[Any] = [Text(self._plain(table.title), style="italic")] if table.title else []
        heads = [" ".join(self._plain(c.header).split()) for c in table.columns]
        for first, *rest in zip(*(c.cells for c in table.columns), strict=True):
            out.append(Text(" ".join(self._plain(first).split()), style="bold"))
            for head, cell in zip(heads[1:], rest, strict=True):
                said = " ".join(self._plain(cell).split())
                if said:
                    line = f"{head}: {said}" if head else said
                    out.append(Padding(broken(line, self.width - INDENT), (0, 0, 0, INDENT)))
        return [*out, Text(self._plain(table.caption), style="dim")] if table.caption else out


def broken(text: str, width: int) -> str:
    """Lines of at most ``width``, if a word is longer than that: it stands whole on a line of its own."""
    if all(cell_len(word) <= width for word in text.split()):
        return text
    fill = textwrap.TextWrapper(
        width, break_long_words=False, break_on_hyphens=False, replace_whitespace=False
    )
    return "\n".join("\n".join(fill.wrap(plain(line))) for line in text.split("\n"))


def shared(needed: Sequence[int], natural: Sequence[int], room: int) -> list[int]:
    """Widths between what is needed and what is natural: room goes to the narrowest column that still wants some."""
    widths = list(needed)
    for _ in range(room - sum(needed)):
        open_ = [k for k, (w, n) in enumerate(zip(widths, natural, strict=True)) if w < n]
        if not open_:
            break
        widths[min(open_, key=lambda k: widths[k])] += 1
    return widths


def say(text: str) -> None:
    """Print a line of one's own results."""
    Terminal().print(text)


def note(text: str) -> None:
    """Print a line beside the results: what happened on the way, on stderr."""
    Terminal(stderr=True).print(text)


class Frame(Protocol):
    """What of a data frame a table needs."""

    columns: Any

    def itertuples(self, *, index: bool) -> Any:
        """Rows without the index."""


def say_table(frame: Frame) -> None:
    """Print a data frame, cell by cell as it is."""
    table = Table(*map(str, frame.columns), box=None, pad_edge=False)
    for row in frame.itertuples(index=False):
        table.add_row(*("" if x is None else str(x) for x in row))
    Terminal().print(table)


# --- signs of life -------------------------------------------------------------------------------------------
_last = [time.monotonic()]
_own: list[str] = []


def _heard() -> None:
    _last[0] = time.monotonic()


@contextmanager
def shown_elsewhere(really: bool = True) -> Iterator[None]:
    """While something shows a progress bar of its own, signs of life would tear it."""
    if really:
        _own.append("bar")
    try:
        yield
    finally:
        if really:
            _own.pop()
        _heard()


@contextmanager
def signs_of_life(
    tell: Callable[[str], None] | None = None, silence: float = SILENCE, again: float = AGAIN
) -> Iterator[None]:
    """Say on stderr that the command is at work whenever nothing was printed for a while.

    Parameters
    ----------
    tell : callable, optional
        Prints a line; on stderr by default.
    silence : float
        Seconds without output before the first line.
    again : float
        Seconds before each further one.
    """
    started, over = time.monotonic(), threading.Event()
    _heard()
    work = threading.Thread(target=_watch, args=(over, started, tell or _tell, silence, again), daemon=True)
    work.start()
    try:
        yield
    finally:
        over.set()
        work.join()


def _watch(
    over: threading.Event, started: float, tell: Callable[[str], None], silence: float, again: float
) -> None:
    said = float("-inf")
    while not over.wait(min(silence, again) / 5):
        now = time.monotonic()
        if not _own and now - _last[0] >= silence and now - said >= again:
            said = now
            tell(f"Still at work, {elapsed(now - started)} since the start ...")


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def elapsed(seconds: float) -> str:
    """``7 s`` or ``2 min 5 s``."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
