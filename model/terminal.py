"""The terminal: text from cards, panels, priors and books is printed as it is, never obeyed.

Square brackets are no markup, colons no emoji, and control characters - the escape sequences that move a cursor, set a
title or hide what follows - are shown as what they are.
"""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.text import Text

from model.errors import plain


class Terminal(Console):
    """A console for text that is not ours; style by ``style=`` or :class:`rich.text.Text`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"highlight": False, "markup": False, "emoji": False, **options})

    def render_str(self, text: str, **options: Any) -> Text:
        """A string as rich shows it, in tables and titles too."""
        return super().render_str(plain(text), **options)
