"""Text of cards and reasons in figures is text: dollar amounts are no formula, and a broken one ends no run."""

from __future__ import annotations

from dataclasses import replace

import matplotlib as mpl
import pytest
from matplotlib.text import Text

from model.report.figures import FIGURES, FitView
from model.report.figures.style import RC, save

REASONS = ("between $5 m and $6 m of flows", r"$\frac{1$ and $\undefined$", "50 % _of_ **it** <b>&amp;")


@pytest.mark.parametrize("reason", REASONS)
def test_an_accepted_reason_is_drawn_as_it_was_written(view: FitView, reason: str, tmp_path) -> None:
    told = replace(view, gate=replace(view.gate, accepted_reason=reason))
    with mpl.rc_context(RC):
        fig = FIGURES[0].draw(told)
        stamps = [t for t in fig.findobj(Text) if "Accepted reason" in t.get_text()]
        assert len(stamps) == 1
        assert reason in " ".join(stamps[0].get_text().split())
        assert not any(t.get_parse_math() for t in fig.findobj(Text) if t.get_text())
        assert save(fig, tmp_path / "figure.png").stat().st_size > 10_000
