"""A small card into which entries are written."""

from __future__ import annotations

from pathlib import Path

import pytest
from card_entries import HEAD


@pytest.fixture
def card_file(tmp_path):
    """Write a card from its entries."""

    def write(*entries: str) -> Path:
        path = tmp_path / "event.toml"
        path.write_text(HEAD + "\n".join(entries), encoding="utf-8")
        return path

    return write
