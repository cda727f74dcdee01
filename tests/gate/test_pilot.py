"""The pilot and its simulator."""

import numpy as np
import pytest

from model.gate.frame import base_columns
from model.gate.graph import conventions
from model.gate.independences import implied_independences
from model.gate.null import examine_all
from model.gate.pilot import _given, _Moments, _moments, fit_pilot
from model.gate.world import STABLE, World, draw


@pytest.fixture(scope="module")
def pilot(frame, graph):
    return fit_pilot(frame, graph)


def test_panels_have_the_data_length_and_gaps(pilot, frame, graph):
    panels = pilot.panels(np.random.default_rng(1), 3)
    base = base_columns(frame)
    assert set(panels) == set(graph.observed)
    for name, x in panels.items():
        assert x.shape == (3, len(frame))
        assert (np.isnan(x) == base[name].isna().to_numpy()).all()


def test_panels_look_like_the_data(pilot, frame):
    base = base_columns(frame)
    panels = pilot.panels(np.random.default_rng(2), 40)
    for a, b, lag in (
        ("return", "flow", 0),
        ("return", "flow", 1),
        ("return", "iv_change", 0),
        ("stress", "factor.a", 0),
    ):
        seen = base[a].shift(lag).corr(base[b])
        drawn = np.mean([_lagged(x, y, lag) for x, y in zip(panels[a], panels[b], strict=True)])
        assert drawn == pytest.approx(seen, abs=0.12), (a, b, lag)


def _lagged(x, y, lag):
    x, y = (x[:-lag], y[lag:]) if lag else (x, y)
    ok = np.isfinite(x) & np.isfinite(y)
    return np.corrcoef(x[ok], y[ok])[0, 1]


def test_the_graph_is_true_in_the_pilot_world(pilot, graph):
    statements = implied_independences(graph)
    outcome = examine_all(pilot.panels(np.random.default_rng(3), 100), statements, graph, 20)
    size = np.nanmean(outcome.p < 0.05)
    assert 0.035 < size < 0.065


def test_gradient_of_the_moment_distance(frame, graph):
    data = base_columns(frame).reindex(columns=list(graph.observed))
    fixed, scales, shared = _given(data, graph)
    links = tuple(k for k in graph.links + conventions(graph) if k not in fixed)
    moments = _Moments(graph, links, fixed, scales, shared, _moments(data))
    theta = np.random.default_rng(4).uniform(0.1, 0.4, len(links) + len(moments.free))
    _, gradient = moments._fit(theta)
    for i in range(0, len(theta), 7):
        step = np.zeros_like(theta)
        step[i] = 1e-5
        slope = (moments._fit(theta + step)[0] - moments._fit(theta - step)[0]) / 2e-5
        assert gradient[i] == pytest.approx(slope, rel=1e-4, abs=1e-6)


def test_fit_is_deterministic(frame, graph, pilot):
    again = fit_pilot(frame, graph)
    assert again.world.coefficients == pilot.world.coefficients


def test_short_sample_still_fits(short_frame, graph):
    panels = fit_pilot(short_frame, graph).panels(np.random.default_rng(5), 5)
    assert np.isfinite(panels["return"]).any()
    assert all(np.nanmax(np.abs(x)) < 50 for x in panels.values())


def test_draw_follows_its_equations():
    world = World(
        ("x", "y"),
        ("u",),
        {("x", 1, "x"): 0.8, ("x", 0, "y"): 0.5, ("u", 0, "y"): 1.0},
        {"x": 0.6, "y": 0.1, "u": 1.0},
    )
    panels = draw(world, np.random.default_rng(6), 20, 2000)
    assert panels["x"].std() == pytest.approx(1.0, abs=0.05)
    assert np.corrcoef(panels["x"][:, :-1].ravel(), panels["x"][:, 1:].ravel())[0, 1] == pytest.approx(
        0.8, abs=0.02
    )
    slope = np.polyfit(panels["x"].ravel(), panels["y"].ravel(), 1)[0]
    assert slope == pytest.approx(0.5, abs=0.03)


def test_gamma_times_shock_and_bend():
    world = World(
        ("g", "x", "y"),
        (),
        {("x", 0, "y"): 1.0, ("y", 1, "y"): 0.0},
        {"g": 1.0, "x": 1.0, "y": 0.1},
        amplified={"y": ("g", 0.3)},
        bends={("x", 0, "y"): -0.5},
    )
    p = {k: v.ravel() for k, v in draw(world, np.random.default_rng(7), 10, 2000).items()}
    high, low = p["g"] > 1, p["g"] < -1
    calm = np.abs(p["x"]) < 0.9
    slopes = [np.polyfit(p["x"][m & calm], p["y"][m & calm], 1)[0] for m in (high, low)]
    assert slopes[0] > 1.25 > 0.75 > slopes[1]
    crash = (p["x"] < -1.2) & (np.abs(p["g"]) < 0.2)
    assert np.polyfit(p["x"][crash], p["y"][crash], 1)[0] == pytest.approx(0.5, abs=0.1)


def test_rewired_world_drops_and_adds(truth):
    other = truth.rewired({("iv_change", 0, "return"): 0.5}, (("return", 0, "iv_change"),), ("news",), {})
    assert ("return", 0, "iv_change") not in other.coefficients
    assert other.coefficients[("iv_change", 0, "return")] == 0.5
    assert "news" in other.latents
    assert ("return", 0, "iv_change") in truth.coefficients


def loop(gain: float, strength: float = 0.0) -> World:
    """A state that moves the price, which moves the state: stable while the product of slopes is small."""
    links = {("state", 1, "state"): 0.9, ("state", 0, "price"): gain, ("price", 1, "state"): 0.2}
    amplified = {"price": ("state", strength)} if strength else {}
    return World(("price", "state"), (), links, {"price": 1.0, "state": 0.3}, amplified=amplified)


def test_modulus_is_that_of_the_companion_matrix():
    assert loop(0.0).modulus() == pytest.approx(0.9)
    assert loop(0.2).modulus() == pytest.approx(0.9 + 0.2 * 0.2)
    assert loop(0.2, 0.5).modulus(gain=3.0) == pytest.approx(0.9 + 3.0 * 0.2 * 0.2)


def test_an_amplified_world_does_not_explode():
    tame, wild = loop(0.1, 0.5), loop(0.3, 0.5)
    assert tame.largest_gain == 3.0
    assert wild.modulus(3.0) > 1.0
    assert wild.largest_gain == pytest.approx((STABLE - 0.9) / 0.06, abs=1e-4)
    for world in (tame, wild):
        drawn = draw(world, np.random.default_rng(1), 20, 2000)
        assert max(np.abs(x).max() for x in drawn.values()) < 100.0
