"""A synthetic fit, written once."""

from __future__ import annotations

from pathlib import Path

import pytest
from synthetic_fit import write_fit

from model.report.figures import FitView, open_fit


@pytest.fixture(scope="session")
def drawn_fit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_fit(tmp_path_factory.mktemp("plots") / "fit")


@pytest.fixture(scope="session")
def view(drawn_fit: Path):
    opened: FitView = open_fit(drawn_fit)
    yield opened
    opened.close()
