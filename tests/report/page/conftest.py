"""The synthetic fit of the figure tests, with its page."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def reported_fit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from synthetic_fit import write_fit

    from model.report.page import report

    folder = write_fit(tmp_path_factory.mktemp("report") / "fit", samples=200, draws=60)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(report, "draw_all", blank_figures)
        report.write_report(folder)
    return folder


def blank_figures(view) -> list[Path]:
    """Stand-ins: the figures have tests of their own."""
    from PIL import Image

    from model.report.figures import FIGURES

    out = view.folder / "figures"
    out.mkdir(exist_ok=True)
    paths = [out / f"{spec.name}.png" for spec in FIGURES]
    for path in paths:
        Image.new("L", (2, 2)).save(path)
    return paths


@pytest.fixture(scope="session")
def decomposition(reported_fit: Path):
    import xarray as xr

    with xr.open_datatree(reported_fit / "decomposition.nc", engine="netcdf4") as tree:
        return tree.load()
