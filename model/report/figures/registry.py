"""Every figure of a fit: one line each, in the order of the page."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from model.report.figures.basis import draw_basis
from model.report.figures.components import draw_components
from model.report.figures.expected import draw_expected
from model.report.figures.fit_view import FitView, open_fit
from model.report.figures.graph import draw_graph
from model.report.figures.parameters import draw_parameters
from model.report.figures.predictive import draw_predictive
from model.report.figures.ranks import draw_ranks
from model.report.figures.ridge import draw_ridge
from model.report.figures.style import RC, save
from model.report.figures.waterfall import draw_waterfall

FOLDER = "figures"


@dataclass(frozen=True)
class FigureSpec:
    """A figure: its file name without ending, and the function that draws it."""

    name: str
    draw: Callable[[FitView], Figure]


FIGURES: tuple[FigureSpec, ...] = (
    *(
        FigureSpec(f"waterfall_{q}_{v}", partial(draw_waterfall, quantity=q, by=v))
        for v in ("channel", "trigger")
        for q in ("flow", "return")
    ),
    FigureSpec("expected_flow", draw_expected),
    FigureSpec("components_flow", partial(draw_components, quantity="flow")),
    FigureSpec("components_return", partial(draw_components, quantity="return")),
    FigureSpec("basis_positions", draw_basis),
    FigureSpec("prior_posterior", draw_parameters),
    FigureSpec("kernel_ridge", draw_ridge),
    FigureSpec("graph", draw_graph),
    FigureSpec("predictive", draw_predictive),
    FigureSpec("ranks", draw_ranks),
)


def write_figures(folder: Path) -> list[Path]:
    """Draw every figure of a fit into its ``figures`` folder.

    Parameters
    ----------
    folder : Path
        A fit folder; nothing else is read.

    Returns
    -------
    list of Path
        PNG files.

    Raises
    ------
    GateError
        If the gate's verdict does not allow a decomposition.
    """
    view = open_fit(Path(folder))
    try:
        return draw_all(view)
    finally:
        view.close()


def submit_figures(folder: Path, workers: Executor) -> list[Future[None]]:
    """The same in other processes, one job for each figure."""
    (Path(folder) / FOLDER).mkdir(exist_ok=True)
    return [workers.submit(draw_one, Path(folder), spec.name) for spec in FIGURES]


def draw_one(folder: Path, name: str) -> None:
    """Draw one figure of a fit."""
    spec = next(s for s in FIGURES if s.name == name)
    view = _opened(folder, (folder / "manifest.json").read_bytes())
    with mpl.rc_context(RC):
        save(spec.draw(view), folder / FOLDER / f"{name}.png")


@lru_cache(maxsize=1)
def _opened(folder: Path, manifest: bytes) -> FitView:  # noqa: ARG001
    """A view that one process's figures share; another manifest is another fit."""
    return open_fit(folder)


def draw_all(view: FitView) -> list[Path]:
    """Draw every figure of an open fit."""
    out = view.folder / FOLDER
    out.mkdir(exist_ok=True)
    with mpl.rc_context(RC):
        return [save(spec.draw(view), out / f"{spec.name}.png") for spec in FIGURES]
