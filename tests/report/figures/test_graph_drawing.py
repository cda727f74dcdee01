"""Lines between boxes: they end at the boxes' edges and bend around what is between."""

from __future__ import annotations

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from model.report.figures.graph_drawing import arrow, bend, join

PLACE = {"a": (0.0, 0.8), "b": (0.0, 0.2), "c": (1.0, 0.5), "d": (3.0, 0.9), "e": (3.0, 0.1)}


@pytest.fixture
def boxes():
    fig = Figure()
    canvas = FigureCanvasAgg(fig)
    ax = fig.add_axes((0, 0, 1, 1))
    ax.set_xlim(-0.5, 3.5)
    texts = {n: ax.text(*at, n, bbox={"boxstyle": "square,pad=1"}) for n, at in PLACE.items()}
    canvas.draw()
    return texts


@pytest.mark.parametrize(
    ("pair", "curvature"), [(("a", "b"), 0.35), (("a", "c"), 0.0), (("c", "d"), 0.1), (("c", "e"), -0.1)]
)
def test_only_lines_within_a_column_or_over_several_bend(pair, curvature):
    assert bend(PLACE, *pair) == pytest.approx(curvature)


@pytest.mark.parametrize("draw", [lambda b: arrow(b, PLACE, "a", "d", "red"),
                                  lambda b: join(b, PLACE, "a", "d", "red", strong=True)])  # fmt: skip
def test_lines_end_at_the_edges_of_their_boxes(boxes, draw):
    ax = boxes["a"].axes
    line = ax.add_patch(draw(boxes))
    ax.figure.canvas.draw()
    path = line.get_transform().transform_path(line.get_path())
    for name, end in (("a", path.vertices[0]), ("d", path.vertices[2])):
        inside = boxes[name].get_bbox_patch().get_window_extent().shrunk(0.98, 0.98)
        assert not inside.contains(*end)


def test_what_is_wrong_is_thicker_and_in_front(boxes):
    wrong, right = (join(boxes, PLACE, "a", "c", "red", strong=s) for s in (True, False))
    assert wrong.get_linewidth() > right.get_linewidth()
    assert wrong.get_zorder() > right.get_zorder()
    assert wrong.get_linestyle() != right.get_linestyle()
