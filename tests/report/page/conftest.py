"""The synthetic fit of the figure tests, with its page."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def reported_fit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from synthetic_fit import write_fit, write_surroundings

    from model.report.page import write_report

    folder = write_fit(tmp_path_factory.mktemp("report") / "fit", samples=200, draws=60)
    write_surroundings(folder)
    write_report(folder)
    return folder


@pytest.fixture(scope="session")
def decomposition(reported_fit: Path):
    import xarray as xr

    with xr.open_datatree(reported_fit / "decomposition.nc", engine="netcdf4") as tree:
        return tree.load()
