"""A folder of synthetic sources with its sources.toml, and the shared raw files where they are at hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from sources_support import write_sources

from model.sources.build import Built, build_panel

RAW = Path(__file__).parent / "shared_raw.toml"


@pytest.fixture
def sources_path(tmp_path: Path) -> Path:
    return write_sources(tmp_path)


@pytest.fixture(scope="session")
def raw_path() -> Path:
    if not (RAW.parent / "../../../shared/data/raw").is_dir():
        pytest.skip("the shared raw files are not on this machine")
    return RAW


@pytest.fixture(scope="session")
def raw_built(raw_path: Path) -> Built:
    return build_panel(raw_path)
