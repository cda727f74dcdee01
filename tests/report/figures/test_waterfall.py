"""Bars add up to the observed value; intervals are those of the draws."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

from model.report.figures import FitView
from model.report.figures.style import RC
from model.report.figures.waterfall import UNPUBLISHED, _draw_day, _without_tiny, draw_waterfall
from model.report.tables.lines import block
from model.report.tables.text import amount


@pytest.mark.parametrize("quantity", ["flow", "return"])
@pytest.mark.parametrize("by", ["channel", "trigger"])
def test_bars_end_at_the_observed_value(view: FitView, quantity: str, by: str) -> None:
    with mpl.rc_context(RC):
        fig = draw_waterfall(view, quantity, by)
    assert len(fig.axes) == len(view.days) * len(view.shown)
    b = block(view.shown["vendor"], quantity, by, view.days)
    bars = fig.axes[0].patches
    widths = [p.get_width() for p, line in zip(bars, b.lines, strict=False) if line.additive]
    assert sum(widths) == pytest.approx(b.observed[0])
    assert bars[len(b.lines)].get_width() == pytest.approx(b.observed[0])
    ends = np.cumsum([0.0, *widths])
    starts = [p.get_x() for p, line in zip(bars, b.lines, strict=False) if line.additive]
    assert starts == pytest.approx(ends[:-1])


def test_a_split_starts_where_its_sum_starts(view: FitView) -> None:
    with mpl.rc_context(RC):
        ax = draw_waterfall(view, "flow", "channel").axes[0]
    b = block(view.shown["vendor"], "flow", "channel", view.days)
    at = next(k for k, line in enumerate(b.lines) if line.kind == "sum")
    total, first, second = ax.patches[at : at + 3]
    assert first.get_x() == pytest.approx(total.get_x())
    assert second.get_x() == pytest.approx(first.get_x() + first.get_width())
    assert first.get_width() + second.get_width() == pytest.approx(total.get_width())
    assert first.get_hatch()
    assert not total.get_hatch()


def test_labels_carry_the_interval(view: FitView) -> None:
    with mpl.rc_context(RC):
        ax = draw_waterfall(view, "flow", "channel").axes[0]
    draws = view.shown["vendor"]["flow_channel"].sel(flow_part="basis", date=view.days[0])
    low, high = np.quantile(draws, [0.055, 0.945])
    text = next(t.get_text() for t in ax.texts if t.xy[1] == 1)
    assert text.startswith(amount(float(draws.median()), "flow"))
    assert amount(low, "flow") in text
    assert amount(high, "flow") in text


def test_a_flow_that_is_not_published_has_no_bar_and_drops_no_part(view: FitView) -> None:
    b = block(view.shown["vendor"], "flow", "channel", view.days)
    unseen = b._replace(observed=np.full(len(b.days), np.nan))
    kept, left_out = _without_tiny({"vendor": unseen})
    assert "unattributed" in [line.key for line in kept["vendor"].lines]
    assert "Unattributed" not in left_out
    ax = Figure().subplots()
    _draw_day(ax, kept["vendor"], 0, "flow", None)
    row = len(kept["vendor"].lines)
    assert all(abs(bar.get_y() + bar.get_height() / 2 - row) > 0.5 for bar in ax.patches)
    assert next(t.get_text() for t in ax.texts if t.xy[1] == row) == UNPUBLISHED


def test_a_practically_empty_line_is_named_and_not_drawn(view: FitView) -> None:
    empty = {r: d.copy(deep=True) for r, d in view.decomposition.items()}
    for data in empty.values():
        moved = data["flow_channel"].sel(flow_part="pre_sample")
        data["flow_channel"].loc[{"flow_part": "directional"}] += moved
        data["flow_channel"].loc[{"flow_part": "pre_sample"}] = 0.0
    quiet = FitView(view.folder, view.manifest, view.gate)
    vars(quiet)["decomposition"] = empty
    with mpl.rc_context(RC):
        fig = draw_waterfall(quiet, "flow", "channel")
    labels = [t.get_text() for t in fig.axes[0].get_yticklabels()]
    assert "Trades before the window" not in labels
    assert "trades before the window" in " ".join(t.get_text() for t in fig.texts).replace("\n", " ")
