"""Text of cards, reasons and files is printed as it is: no markup, no emoji, no escape sequence reaches the terminal."""

from __future__ import annotations

import io

import pytest
from rich.table import Table

from model.errors import DataError, plain
from model.terminal import Terminal

HOSTILE = (
    "[bold]loud[/bold]",
    "[/x] closes nothing",
    "[link=https://example.org]here[/link]",
    "\x1b]0;another title\x07",
    "\x1b[2Jgone",
    "a\rb",
    ":smile:",
    "\u202egnp.exe",
    "\x9b31mred",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_text_is_printed_as_it_is_everywhere(text):
    out = io.StringIO()
    console = Terminal(file=out, width=200, force_terminal=True, color_system=None)
    table = Table(text, title=text, caption=text)
    table.add_row(text)
    console.print(text)
    console.print(text, style="bold")
    console.print(table)
    said = out.getvalue()
    assert said.replace("\x1b[1m", "").replace("\x1b[0m", "").count(plain(text)) >= 5
    assert not {"\x07", "\x9b", "\u202e", "\r"} & set(said)
    assert "\x1b]" not in said
    assert "\x1b[2J" not in said


def test_an_error_names_hostile_text_without_obeying_it():
    assert str(DataError("No fund \x1b[2J.", "Remove it.")) == "No fund \\x1b[2J. Remedy: Remove it."
    assert plain("two\nlines\tand a tab, é and 中") == "two\nlines\tand a tab, é and 中"
