"""The one way to make a script: a typed function with a docstring, and the options that several scripts share.

A script reads::

    import _checkout  # noqa: F401

    from model.studies.command import FitName, FitPanel, script


    @script
    def main(fit: FitName, /, *, panel: FitPanel = None) -> None:
        \"""What it does.

        Examples
        --------
        uv run scripts/it.py 2026-02-05
        \"""


    if __name__ == "__main__":
        main.exit()

Nothing heavy may be imported here or at the top of a script: ``--help`` answers at once.
"""

from __future__ import annotations

import errno
import inspect
import math
import os
import re
import shutil
import sys
import textwrap
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import App, Group, Parameter
from cyclopts.exceptions import CycloptsError
from rich.console import Console

from model.errors import AttributionError, DataError, UsageError
from model.terminal import Terminal, signs_of_life

WIDTH = 80
"""Columns of help and of messages on a terminal, at most."""
UNWRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.ENOTDIR, errno.EISDIR)
INTERRUPTED = 130


# --- what a word of the command line may be -----------------------------------------------------------------
def _whole(_: Any, tokens: Sequence[Any]) -> int:
    text = tokens[0].value
    if not re.fullmatch(r"[+-]?\d{1,18}", text):
        raise ValueError(f"{text!r} is not a whole number.")
    return int(text)


def _real(_: Any, tokens: Sequence[Any]) -> float:
    text = tokens[0].value
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"{text!r} is not a finite number.")
    return value


def _date(_: Any, tokens: Sequence[Any]) -> date:
    try:
        return date.fromisoformat(tokens[0].value)
    except ValueError:
        raise ValueError(f"{tokens[0].value!r} is not a date such as 2026-02-05.") from None


def between(low: float, high: float = math.inf, *, open_low: bool = False) -> Callable[[Any, Any], None]:
    """A validator: the value lies within bounds."""
    words = f"in ({low:g}, {high:g}]" if open_low else f"in [{low:g}, {high:g}]"
    if math.isinf(high):
        words = "positive" if low in (0, 1) and (open_low or low == 1) else f"at least {low:g}"

    def check(_: Any, value: Any) -> None:
        if value is not None and not (low < value if open_low else low <= value) & (value <= high):
            raise ValueError(f"It must be {words}.")

    return check


Whole = Annotated[int, Parameter(converter=_whole)]
Count = Annotated[Whole, Parameter(validator=between(1))]
Real = Annotated[float, Parameter(converter=_real)]
Day = Annotated[date, Parameter(converter=_date)]
Words = Annotated[tuple[str, ...], Parameter(negative="", show_default=False)]
"""An option that may be repeated."""
Switch = Annotated[bool, Parameter(negative="", show_default=False)]


def switch(name: str) -> Parameter:
    """A switch of another name than its parameter."""
    return Parameter(name=name, negative="", show_default=False)


# --- a request of a fit: each option is stated here, and nowhere else ----------------------------------------
Event = Annotated[str, Parameter(help="Event id, or the path of a card.")]
Panel = Annotated[
    Path | None,
    Parameter(
        help="Longer panel (csv or parquet; several files, with commas between, are joined on their dates) "
        "instead of the event's own."
    ),
]
Window = Annotated[
    str | None,
    Parameter(
        help="FIRST:LAST, or card: fit only these days of the panel, or those of the card's window "
        "(default: the whole panel)."
    ),
]
Dating = Annotated[Literal["vendor", "next-day", "both"], Parameter(help="How flows are dated.")]
Priors = Annotated[str, Parameter(help="Prior set: a name in data/priors, or a file.")]
AsOf = Annotated[
    Day | None, Parameter(help="Use only what was public by the end of this New York day (YYYY-MM-DD).")
]
Chains = Annotated[Count, Parameter(help="Chains.")]
DrawsPerChain = Annotated[Count, Parameter(help="Draws per chain.")]
Tune = Annotated[Count, Parameter(help="Tuning steps per chain.")]
Seed = Annotated[Whole, Parameter(help="Seed of everything random.", validator=between(0))]
Mechanism = Annotated[
    Words,
    Parameter(
        help="NAME=on|off: switch hedge_settlement or late_creation, whatever the card says; may be repeated."
    ),
]
Graph = Annotated[str, Parameter(help="model, a name in data/graphs, or a TOML file.")]
Universe = Annotated[str, Parameter(help="Universe: a name in data/universes, or a file.")]

# --- a finished fit -----------------------------------------------------------------------------------------
FitName = Annotated[str, Parameter(help="Fit id or folder.")]
FitPanel = Annotated[
    Path | None, Parameter(help="The panel of the fit, if it was given one and that has moved.")
]
Reading = Annotated[
    Literal["vendor", "next_day", "no_positions"] | None,
    Parameter(help="Reading (default: the fit's first)."),
]
Overwrite = Annotated[Switch, Parameter(help="Replace files that exist.")]
PageFile = Annotated[Path | None, Parameter(help="FILE.md: also write the table, rounded, as Markdown.")]

# --- handed in by the runner --------------------------------------------------------------------------------
Screen = Annotated[Console, Parameter(parse=False)]
"""Where to print."""
CommandLine = Annotated[Sequence[str], Parameter(parse=False)]
"""The words after the script's name, as given."""


class Script:
    """A function as the command line of its script; called with the words, it returns the exit code."""

    def __init__(self, work: Callable[..., int | None]) -> None:
        self.work = work
        self.file = Path(work.__code__.co_filename)

    def __call__(self, argv: Sequence[str] | None = None) -> int:
        """Read the command line and do the work.

        Every error that a user can cause becomes one line on stderr and its exit code.
        """
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        words = list(sys.argv[1:] if argv is None else argv)
        try:
            return self._run(words)
        except CycloptsError as error:
            return _failed(UsageError(_sentence(str(error)), f"See scripts/{self.file.name} --help."))
        except AttributionError as error:
            return _failed(error)
        except OSError as error:
            if error.errno not in UNWRITABLE:
                raise
            where = f"{error.filename}: " if error.filename else ""
            return _failed(DataError(f"{where}{error.strerror}.", "Free the space, or name another place."))
        except KeyboardInterrupt:
            print("Interrupted.", file=sys.stderr)
            return INTERRUPTED

    def exit(self) -> None:
        """Run as a script: end the process with the exit code."""
        sys.exit(self())

    def _run(self, words: list[str]) -> int:
        options = Group("Options")
        app = App(
            name=self.file.name,
            help=_help_text(self.work),
            help_format="plaintext",
            version_flags=[],
            group_commands=options,
            group_parameters=options,
            group_arguments=Group("Arguments"),
            console=Console(width=min(WIDTH, shutil.get_terminal_size((WIDTH, 1)).columns)),
        )
        app.default(self.work)
        command, bound, handed = app.parse_args(words, exit_on_error=False, print_error=False)
        given = {"console": Terminal(), "argv": words}
        with signs_of_life():
            code = command(*bound.args, **bound.kwargs, **{name: given[name] for name in handed})
        return code if isinstance(code, int) else 0


def script(work: Callable[..., int | None]) -> Script:
    """Make a function the ``main`` of its script; see the module.

    Parameters
    ----------
    work : callable
        Its parameters are the options, by annotation; those called ``console`` and ``argv`` are handed in. It
        returns the exit code, or nothing for 0.
    """
    return Script(work)


def require(ok: bool, problem: str, remedy: str) -> None:
    """Refuse a command line that asks for something impossible.

    Raises
    ------
    UsageError
    """
    if not ok:
        raise UsageError(problem, remedy)


def _help_text(work: Callable[..., Any]) -> str:
    """The docstring without its parameters, which the table of options shows."""
    text = (inspect.getdoc(work) or "").partition("\nParameters\n---")[0]
    prose, _, examples = text.partition("\nExamples\n--------\n")
    paragraphs = [" ".join(p.split()) for p in prose.split("\n\n") if p.strip()]
    if examples:
        paragraphs.append("Examples\n" + textwrap.indent(examples.strip(), "  "))
    return "\n\n".join(paragraphs)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _failed(error: AttributionError) -> int:
    text = f"error: {error}"
    if sys.stderr.isatty():  # a file or a pipe gets the sentence on one line
        columns = min(WIDTH, shutil.get_terminal_size((WIDTH, 1)).columns)
        text = textwrap.fill(text, columns, break_long_words=False, break_on_hyphens=False)
    print(text, file=sys.stderr)
    return error.exit_code
