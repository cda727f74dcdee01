"""Two vendors of one flow: joint density in NumPy against the combined one, missing second prints, a wrong first print."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from dense_support import dense_logpdf, dense_system
from scipy import linalg, stats
from synthetic import PRE_SAMPLE, random_parameters, small_design, system_of, with_gaps
from synthetic_fit import write_fit

from model.design.make import make_design
from model.events.card import load_event
from model.inference.draws import by_name, posterior_latents
from model.inference.likelihood.entry import draw_latents, value_and_gradient
from model.mechanisms.simulate import replay as simulate
from model.panel import Panel
from model.panel.vendors import CONFLICT, ROUNDING, combine, difference_var, sight

RNG = np.random.default_rng(6)
COLUMN = "flow_ibit__etfcom"


def with_second(panel: Panel, prints: pd.Series) -> Panel:
    """The panel with a second vendor, which dates each print one trading day later."""
    frame = panel.frame
    frame[COLUMN] = prints.shift(1)
    return Panel(frame, panel.listed, panel.universe, (*panel.supplied, COLUMN), panel.as_of, panel.notes)


def second_prints(panel: Panel) -> pd.Series:
    return panel.frame["flow_ibit"] + RNG.normal(0.0, 0.05, len(panel))


# --- combining --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("own", "one", "two"), [(0.04, 1e-4, 1e-3), (1.0, 0.5, 0.2), (1e-3, 2.0, 2.0)])
def test_the_joint_density_is_the_combined_one_times_that_of_the_difference(own, one, two):
    y, mean = RNG.normal(size=2), RNG.normal()
    cov = own * np.ones((2, 2)) + np.diag([one, two])
    joint = stats.multivariate_normal([mean, mean], cov).logpdf(y)
    seen = combine(y, np.array([one, two]))
    apart = stats.norm(0.0, np.sqrt(one + two)).logpdf(y[0] - y[1])
    together = stats.norm(mean, np.sqrt(own + seen.var)).logpdf(seen.value)
    assert together + apart == pytest.approx(joint, abs=1e-10, rel=1e-10)


def test_a_vendor_that_has_not_printed_says_nothing():
    values, var = np.array([[1.0, np.nan, np.nan], [3.0, 3.0, np.nan]]), np.array([[1.0], [1.0]])
    seen = combine(values, var)
    np.testing.assert_array_equal(seen.value, [2.0, 3.0, np.nan])
    np.testing.assert_array_equal(seen.var, [0.5, 1.0, 0.0])


def test_a_day_of_conflict_has_a_variance_of_its_own():
    gap = np.array([0.04, -0.05, 0.05, 0.03, -200.0, np.nan])
    var = difference_var(gap)
    typical = 1.4826 * 0.05
    np.testing.assert_allclose(var, [typical**2] * 4 + [200.0**2, typical**2])
    assert difference_var(np.zeros(4))[0] == pytest.approx(ROUNDING**2)
    assert CONFLICT * typical < 200.0


# --- likelihood -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("gaps", [0.0, 0.25])
def test_the_likelihood_is_the_joint_one_of_both_prints(gaps):
    """Every print twice, with noises of their own: dense normal of all of them against the system's combined one."""
    design = with_gaps(small_design(2), gaps, 2)
    p = random_parameters(design, 2)
    rng, shape = np.random.default_rng(1), design.flows.shape
    one, two = rng.uniform(2e-3, 2e-2, (2, *shape)) ** 2
    other = design.flows + rng.normal(0.0, 0.02, shape)
    seen = combine(np.stack([design.flows, other]), np.stack([one, two]))
    both = replace(design, vendor_pull=np.nan_to_num(seen.value - design.flows), vendor_var=seen.var)
    value, _ = value_and_gradient(*system_of(p, both))

    (c1, c2), (l1, l2), (v1, v2) = dense_system(p, design)
    printed = (design.listed > 0) & np.isfinite(design.flows)
    printed[:PRE_SAMPLE] = False
    n = int(printed.sum())
    at = np.arange(n) + design.days - PRE_SAMPLE  # prices come first among what is seen, then prints
    gap = (other - design.flows)[printed]
    mean = l2 @ np.linalg.solve(l1, -c1) + c2
    map_ = l2 @ np.linalg.inv(l1)
    cov = map_ @ np.diag(v1) @ map_.T + np.diag(v2)
    twice = np.concatenate([np.arange(len(c2)), at])
    wide = cov[np.ix_(twice, twice)]
    wide[at, at] += one[printed]
    tail = len(c2) + np.arange(n)
    wide[tail, tail] += two[printed]
    root = linalg.cholesky(wide, lower=True)
    whitened = linalg.solve_triangular(root, np.concatenate([mean, mean[at] + gap]), lower=True)
    joint = stats.norm.logpdf(whitened).sum() - np.log(np.diag(root)).sum()
    apart = stats.norm(0.0, np.sqrt(one + two)[printed]).logpdf(gap).sum()
    assert value == pytest.approx(joint - apart, rel=1e-9, abs=1e-7)
    assert value != pytest.approx(dense_logpdf(p, design), abs=1e-3)


def test_derivatives_with_two_vendors():
    design = small_design(3)
    noise = np.full(design.flows.shape, 4e-4)
    design = replace(design, vendor_pull=np.full_like(noise, 0.01), vendor_var=noise)
    inputs, data, frame = system_of(random_parameters(design, 3), design)
    _, gradient = value_and_gradient(inputs, data, frame)
    for i, step in ((0, 1e-6), (1, 1e-6)):
        moved = [inputs.fund_var.copy() for _ in range(2)]
        moved[0][i] += step
        moved[1][i] -= step
        up, down = (value_and_gradient(inputs._replace(fund_var=v), data, frame)[0] for v in moved)
        assert gradient.fund_var[i] == pytest.approx((up - down) / (2 * step), rel=1e-5)


# --- from the panel ---------------------------------------------------------------------------------------------
def test_without_second_prints_nothing_changes(event_panel):
    card = load_event("2026-02-05")
    alone = make_design(event_panel, card)
    empty = make_design(with_second(event_panel, pd.Series(np.nan, event_panel.dates)), card)
    assert alone.to_arrays().keys() == empty.to_arrays().keys()
    for name, value in alone.to_arrays().items():
        np.testing.assert_array_equal(value, empty.to_arrays()[name], err_msg=name)
    p = random_parameters(alone, 4)
    assert value_and_gradient(*system_of(p, alone))[0] == value_and_gradient(*system_of(p, empty))[0]


def test_a_wrong_first_print_is_pulled(event_panel):
    """The first vendor prints 300 m too much on one day; the second is right."""
    right = second_prints(event_panel)
    frame = event_panel.frame
    day = pd.Timestamp("2026-01-21")
    true = frame.loc[day, "flow_ibit"]
    frame.loc[day, ["flow_ibit", "flow_total"]] += 300.0
    wrong = Panel(frame, event_panel.listed, event_panel.universe, event_panel.supplied)
    [use] = sight(with_second(wrong, right)).uses
    assert use.conflicts == ("2026-01-21",)
    assert use.noise == pytest.approx(0.05, rel=0.5)
    assert "2026-01-21" in use.sentence
    card = load_event("2026-02-05")
    design = make_design(with_second(wrong, right), card)
    t = design.dates.get_loc(day)
    assert 1e3 * (design.flows + design.pull)[t, 0] == pytest.approx(true + 150.0, abs=1.0)
    assert 1e3 * np.sqrt(design.vendor_noise[t, 0]) == pytest.approx(150.0, abs=1.0)
    alone = make_design(wrong, card)
    p, at = random_parameters(design, 4), (t, 0)
    without_error = replace(alone, flows=changed(alone.flows, at, true / 1e3))
    middle_at_truth = replace(
        design, vendor_pull=changed(design.vendor_pull, at, true / 1e3 - design.flows[at])
    )
    error_alone = (demand_of(p, alone) - demand_of(p, without_error))[t]
    error_both = (demand_of(p, design) - demand_of(p, middle_at_truth))[t]
    assert abs(error_alone) > 1e-3
    assert abs(error_both) < 0.5 * abs(error_alone)  # half the error, and less weight


def changed(x, at, value) -> np.ndarray:
    out = x.copy()
    out[at] = value
    return out


def demand_of(p, design) -> np.ndarray:
    """Conditional mean of each day's common demand shock. ``Shape: (T,)``."""
    inputs, data, frame = system_of(p, design)
    mean, *_ = draw_latents(inputs, data, frame, np.zeros(len(frame.first)))
    groups = [g for g in range(frame.column.shape[1] - 1) if g != frame.basis[0]]
    return mean[frame.column[:, groups]].sum(axis=1)


def test_a_missing_first_print_is_taken_from_the_second(event_panel):
    right = second_prints(event_panel)
    frame = event_panel.frame
    day = pd.Timestamp("2026-01-21")
    frame.loc[day, ["flow_ibit", "flow_total"]] = np.nan
    gappy = Panel(frame, event_panel.listed, event_panel.universe, event_panel.supplied)
    card = load_event("2026-02-05")
    design = make_design(with_second(gappy, right), card)
    t = design.dates.get_loc(day)
    assert np.isnan(make_design(gappy, card).flows[t, 0])
    assert 1e3 * design.flows[t, 0] == pytest.approx(right[day], abs=1e-9)
    assert design.flows_lag[t + 1, 0] == design.flows[t, 0]
    assert design.pull[t, 0] == 0.0
    assert design.vendor_noise[t, 0] > 0.0


def test_the_simulator_reproduces_the_first_vendors_prints(event_panel):
    """A draw's shocks fed through the simulator: unattributed flow takes up the first vendor's own noise."""
    design = make_design(with_second(event_panel, second_prints(event_panel)), load_event("2026-02-05"))
    assert np.abs(design.pull).max() > 0.0
    p = random_parameters(design, 8)
    latents, flows = posterior_latents({k: v[None] for k, v in p.items()}, design, True, 1)
    np.testing.assert_array_equal(flows[0], np.nan_to_num(design.flows))
    unknown = by_name(latents[0], flows[0])
    again = simulate.replay(p, design, simulate.extract_shocks(p, design, unknown))
    assert np.nanmax(np.abs(again.flows - design.flows)) < 1e-9


def test_a_panel_of_the_model_has_one_vendor(event_panel):
    design = make_design(with_second(event_panel, second_prints(event_panel)), load_event("2026-02-05"))
    made, _ = simulate.simulate_panel(random_parameters(design, 8), design, np.random.default_rng(0))
    assert not made.pull.any()
    assert not made.vendor_noise.any()


def test_too_few_common_days_are_said(event_panel):
    few = second_prints(event_panel)
    few.iloc[:-6] = np.nan
    [use] = sight(with_second(event_panel, few)).uses
    assert not use.used
    assert "too few" in use.sentence
    assert not len(make_design(with_second(event_panel, few), load_event("2026-02-05")).vendor_var)


def test_the_report_names_the_vendors_that_entered(tmp_path):
    from PIL import Image

    from model.report.figures import FIGURES
    from model.report.page.report import write_report

    folder = write_fit(tmp_path / "fit", samples=60, draws=20)
    manifest = json.loads((folder / "manifest.json").read_text())
    said = "one: a second vendor enters beside the first vendor on 61 days"
    (folder / "manifest.json").write_text(json.dumps(manifest | {"vendors": [{"sentence": said}]}))
    (folder / "figures").mkdir()
    for spec in FIGURES:
        Image.new("L", (2, 2)).save(folder / "figures" / f"{spec.name}.png")
    page = write_report(folder).read_text(encoding="utf-8")
    assert said in page.split('<ul id="vendors">')[1].split("</ul>")[0]
