"""All figures: written, stamped, refused without a verdict; and cheap to import."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure
from PIL import Image
from synthetic_fit import REASON, after_sampling, gate, write_fit, write_verdict

from model.errors import DataError, GateError
from model.report.figures import FIGURES, FitView, open_fit, style, write_figures
from model.report.figures.style import COLOURS, RC, WIDTH, colour, stamp
from model.store import PROJECT as ROOT

KNOWN = {
    "waterfall_flow_channel", "waterfall_return_channel", "waterfall_flow_trigger", "waterfall_return_trigger",
    "expected_flow", "components_flow", "components_return", "basis_positions", "prior_posterior", "graph",
    "predictive", "ranks", "kernel_ridge",
}  # fmt: skip


def draw(view: FitView, name: str) -> Figure:
    with mpl.rc_context(RC):
        return next(spec for spec in FIGURES if spec.name == name).draw(view)


def said(fig: Figure) -> str:
    texts = [t.get_text() for t in fig.texts]
    for ax in fig.axes:
        texts += [
            ax.get_title(loc="left"),
            ax.get_xlabel(),
            ax.get_ylabel(),
            *(t.get_text() for t in ax.texts),
        ]
    return " ".join(texts).replace("\n", " ")


def test_every_figure_is_written(drawn_fit: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(style, "DPI", 50)
    monkeypatch.setitem(mpl.rcParams, "savefig.bbox", "tight")  # as a package imported elsewhere leaves it
    paths = write_figures(drawn_fit)
    assert {p.stem for p in paths} == KNOWN
    for path in paths:
        with Image.open(path) as image:
            width, height = image.size
        assert abs(width - WIDTH * 50) <= 1
        assert 160 < height < 700
        assert path.parent == drawn_fit / "figures"


def test_stamp_names_units_hashes_verdict_and_reason(view: FitView) -> None:
    first, second = stamp(view)
    assert "USD m" in first
    assert "log-%" in first
    assert view.manifest["hashes"]["data"][:12] in first
    assert view.gate.graph_hash[:12] in first
    assert "inconclusive" in first
    assert REASON in second


@pytest.mark.parametrize(
    "name", ["waterfall_flow_channel", "expected_flow", "basis_positions", "ranks", "graph", "kernel_ridge"]
)
def test_the_stamp_is_on_the_figure(view: FitView, name: str) -> None:
    text = said(draw(view, name))
    assert view.manifest["hashes"]["data"][:12] in text
    assert REASON in text


@pytest.mark.parametrize(("passed", "lines"), [(False, 3), (True, 2), (None, 2)])
def test_a_graph_that_fails_after_sampling_is_said_on_every_figure(view: FitView, passed, lines) -> None:
    marked = replace(view, gate=view.gate.with_check(after_sampling(passed)))
    said_there = stamp(marked)
    assert len(said_there) == lines
    assert ("does not hold" in said_there[-1]) is (passed is False)
    assert (after_sampling(passed).sentence in said_there[-1]) is (passed is False)


def test_a_pass_has_no_reason(view: FitView) -> None:
    assert len(stamp(replace(view, gate=gate("pass", None)))) == 1


@pytest.mark.parametrize(
    ("verdict", "reason"),
    [("fail", "never mind"), ("inconclusive", None), ("inconclusive", " ")],
)
def test_no_figure_without_an_accepted_verdict(tmp_path: Path, verdict: str, reason: str | None) -> None:
    folder = write_verdict(tmp_path, verdict, reason)
    with pytest.raises(GateError):
        write_figures(folder)
    assert not (folder / "figures").exists()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"decomposition\.nc"):
        open_fit(tmp_path)


def test_one_dating_is_enough(tmp_path: Path) -> None:
    folder = write_fit(tmp_path / "fit", readings=("next_day", "no_positions"), samples=60, draws=40)
    view = open_fit(folder)
    assert view.main == "next_day"
    assert "next-day reading" in said(draw(view, "waterfall_flow_channel"))
    assert "Without weekly" in " ".join(
        t.get_text() for t in draw(view, "basis_positions").legends[0].get_texts()
    )


def test_colours_are_fixed_and_differ(view: FitView) -> None:
    shown = [
        COLOURS[k]
        for k in (
            "unattributed",
            "basis",
            "dealer",
            "multi_asset+directional",
            "common_factor",
            "drift",
        )
    ]
    assert len(set(shown)) == len(shown)
    assert colour("a_fifth_component") == colour("a_fifth_component")
    bars = draw(view, "waterfall_flow_channel").axes[0].patches
    assert mpl.colors.to_hex(bars[1].get_facecolor()) == COLOURS["basis"]


def imported_by(name: str, seen: set[str]) -> set[str]:
    """Modules that importing a module of this project imports at once, followed through the project."""
    if name in seen or not name.startswith("model"):
        return seen | {name}
    path = ROOT / Path(*name.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    if not path.is_file():
        return seen
    seen = seen | {name}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        found = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            found = [node.module, *(f"{node.module}.{a.name}" for a in node.names)]
        for other in found:
            seen = imported_by(other, seen)
    return seen


@pytest.mark.parametrize("name", ["model.report.figures", "model.report.page", "model.report.tables"])
def test_importing_is_light(name: str) -> None:
    roots = {m.split(".")[0] for m in imported_by(name, set())}
    assert not roots & {"pymc", "pytensor", "nutpie", "dowhy", "arviz", "numba"}
    assert "matplotlib.pyplot" not in imported_by(name, set())
    assert {"numpy", "pandas"} <= roots


def test_the_ridge_is_drawn_with_its_correlation(view: FitView) -> None:
    text = said(draw(view, "kernel_ridge"))
    assert text.count("only jointly") >= 3
    assert text.count("correlation \N{MINUS SIGN}0.") >= 3
    assert "Response to yesterday's return" in text
