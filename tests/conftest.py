"""Shared fixtures: the universe, the embedded panel, and the long panel where it is at hand."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pytest

from model.dealer_book import Book, load_book
from model.events.card import EventCard, event_panel, load_event
from model.panel import Panel, load_panel
from model.panel.universe import Universe, load_universe
from model.store import PROJECT as ROOT


@pytest.fixture(autouse=True)
def _no_signs_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine a command says that it is still at work: true, and no part of what tests read on stderr."""
    monkeypatch.setattr("model.studies.command.signs_of_life", nullcontext)


@pytest.fixture(scope="session")
def universe() -> Universe:
    return load_universe("us-spot-btc")


@pytest.fixture(scope="session")
def card() -> EventCard:
    return load_event("2026-02-05")


@pytest.fixture(scope="session")
def book(card) -> Book:
    """The card's dealer book."""
    return load_book(card.dealer_books[0])


@pytest.fixture(scope="session")
def event_panel_path() -> Path:
    path = load_event("2026-02-05").panel_path
    assert path is not None
    return path


@pytest.fixture(scope="session", name="event_panel")
def _event_panel() -> Panel:
    return event_panel(load_event("2026-02-05"))


@pytest.fixture(scope="session")
def shared_panel_path() -> Path:
    path = ROOT.parent / "shared" / "data" / "panel.csv"
    if not path.is_file():
        pytest.skip("the long panel ../shared/data/panel.csv is not on this machine")
    return path


@pytest.fixture(scope="session")
def shared_panel(shared_panel_path: Path, universe: Universe) -> Panel:
    return load_panel(shared_panel_path, universe)
