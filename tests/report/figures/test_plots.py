"""Interactive figures: functions of datasets, with the numbers of the tables, small enough for a page."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from synthetic_fit import gate, write_fit

from model.errors import DataError
from model.report.figures.fit_view import open_fit
from model.report.figures.palette import COLOURS, colour
from model.report.figures.plots import (
    days_figure,
    graph_figure,
    ranges_figure,
    sessions_figure,
    waterfall_figure,
)
from model.report.figures.plots.waterfall import starts
from model.report.figures.summary import by_session, summarise
from model.report.tables.lines import QUANTILES, lines_of

DAY = pd.Timestamp("2026-02-05")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> xr.Dataset:
    view = open_fit(write_fit(tmp_path_factory.mktemp("plots") / "fit", samples=150, draws=40))
    found = view.decomposition["vendor"]
    view.close()
    return found


@pytest.mark.parametrize("quantity", ["flow", "return"])
@pytest.mark.parametrize("by", ["channel", "trigger"])
def test_bars_of_a_waterfall_end_at_the_observed_value(data: xr.Dataset, quantity: str, by: str) -> None:
    fig = waterfall_figure(data, DAY, quantity, by)
    s = summarise(data, quantity, by, [DAY.date()])
    additive = [k for k, line in enumerate(s.lines) if line.additive]
    ends = np.array(fig.data[0].base) + np.array(fig.data[0].x)
    assert ends[additive[-1]] == pytest.approx(s.observed[0], abs=1e-6)
    assert fig.data[3].x[0] == pytest.approx(s.observed[0])


def test_intervals_are_the_quantiles_of_the_draws(data: xr.Dataset) -> None:
    s = summarise(data, "flow", "channel", [DAY.date()])
    draws = data["flow_channel"].sel(date=DAY, flow_part="basis").to_numpy()
    k = s.line("basis")
    assert s.values[0, k, 0] == pytest.approx(draws.mean())
    assert s.values[0, k, [1, 4]] == pytest.approx(np.quantile(draws, [QUANTILES[0], QUANTILES[2]]))
    assert s.values[0, k, [2, 3]] == pytest.approx(np.quantile(draws, [0.25, 0.75]))


def test_members_of_a_sum_start_where_the_sum_starts() -> None:
    lines = lines_of(("unattributed", "multi_asset", "directional", "common_factor"))
    assert [line.kind for line in lines] == ["line", "sum", "split", "split", "line"]
    at = starts(lines, np.array([-3.0, 5.0, 2.0, 3.0, 1.0]))
    assert at.tolist() == [0.0, -3.0, -3.0, -1.0, 2.0]


def test_a_day_outside_is_refused(data: xr.Dataset) -> None:
    with pytest.raises(DataError):
        waterfall_figure(data, "2020-01-01")


def test_days_are_stacked_with_one_colour_a_component(data: xr.Dataset) -> None:
    stacks = {q: summarise(data, q, "channel") for q in ("flow", "return")}
    fig = days_figure(stacks, event=[DAY])
    bars = [t for t in fig.data if t.type == "bar"]
    paints = {}
    for t in bars:
        paints.setdefault(t.name, set()).add(t.marker.color)
    assert all(len(c) == 1 for c in paints.values())
    assert paints["Basis trade"] == {colour("basis")}
    flow = np.sum([t.y for t in bars if t.yaxis == "y"], axis=0)
    assert flow == pytest.approx(stacks["flow"].observed, abs=0.5)
    assert len(fig.layout.shapes) >= 1


def test_colours_differ() -> None:
    own = {k: v for k, v in COLOURS.items() if k != "initial"}
    assert len(set(own.values())) == len(own)
    assert colour("something_new") == colour("something_new")


@pytest.mark.parametrize("verdict", ["pass", "fail"])
def test_a_graph_is_drawn_for_any_verdict(verdict: str) -> None:
    fig = graph_figure(gate(verdict, None))
    boxes = fig.data[-1]
    assert any(t.startswith("return") for t in boxes.text)
    assert len(fig.layout.annotations) > 20
    assert any("never observed" in t for t in boxes.customdata)


def test_sessions_are_drawn_where_the_day_has_a_price_at_the_open(data: xr.Dataset) -> None:
    assert by_session(data, DAY) == {}
    split = data.assign(
        return_channel_overnight=0.25 * data["return_channel"],
        observed_overnight=0.25 * data["observed_return"],
    )
    found = by_session(split, DAY)
    assert list(found) == ["overnight", "session"]
    whole = summarise(data, "return", "channel", [DAY.date()])
    assert found["session"].values[0, :, 0] == pytest.approx(0.75 * whole.values[0, :, 0])
    assert found["overnight"].observed[0] == pytest.approx(0.25 * whole.observed[0])
    assert [t.name for t in sessions_figure(found).data] == ["Overnight", "Session"]
    unknown = split.assign(observed_overnight=np.nan * data["observed_return"])
    assert by_session(unknown, DAY) == {}


def test_rows_of_a_result_become_dots_with_intervals() -> None:
    rows = [{"label": "a", "mid": 1.0, "low": 0.0, "high": 2.0, "seen": 1.5}, {"label": "b", "mid": 3.0}]
    fig = ranges_figure(rows, "USD m")
    assert list(fig.data[0].x) == [0.0, 2.0, None]
    assert list(fig.data[1].x) == [1.0, 3.0]
    assert list(fig.data[2].x) == [1.5]
    assert fig.layout.xaxis.title.text == "USD m"


def test_a_figure_carries_no_template(data: xr.Dataset) -> None:
    assert len(waterfall_figure(data, DAY).to_json()) < 8000
