"""What a component and a measurement get by being registered, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache

import numpy as np
import pytest
import xarray as xr
from dense_support import dense_logpdf
from replay_support import assert_reproduces
from synthetic import (
    event_design,
    literature,
    random_parameters,
    small_design,
    system_of,
    with_gaps,
    with_sessions,
)

from model.attribution.decompose import FLOW_PARTS, RETURN_PARTS, TRIGGERS, decompose, to_dataset
from model.attribution.replicate import replicate
from model.design.make import background_design
from model.errors import PriorError
from model.events.card import event_panel, load_event
from model.events.quantities import PARTS, Quantity
from model.events.rival import MECHANISMS, Rival
from model.gate.declared import daily_columns, graph_of
from model.gate.independences import implied_independences
from model.gate.latents import hidden_nodes
from model.inference.arrays import arrays, make_frame, measured_rows
from model.inference.draws import by_name, one, posterior_latents, prior_draws
from model.inference.inputs import evaluate
from model.inference.likelihood.entry import value_and_gradient
from model.mechanisms.measurements import MEASUREMENTS
from model.mechanisms.names import parameter_names
from model.mechanisms.simulate.replay import extract_shocks, replay, simulate_panel
from model.panel import Panel
from model.panel.universe import load_universe
from model.priors.prior_set import load_priors
from model.report.figures.plots import waterfall_figure
from model.report.figures.style import colour
from model.report.page import write_report
from model.report.tables import event_table, title_of
from model.store import PROJECT
from model.studies.counterfactual import Setting, what_if
from model.studies.counterfactual.scenario import scenario
from model.studies.rivals import sensitivity
from model.studies.rivals.variants import of_rival
from model.studies.validation.calibrate import quantities, true_quantities

SHARES = np.array([f.base_share for f in load_universe("us-spot-btc").funds])


def gauged(design, seed=0):
    """The design with a gauge of the toys, missing on one day."""
    numbers = np.random.default_rng(seed + 50).normal(0.0, 0.4, design.days)
    numbers[3] = np.nan
    return replace(design, measured=design.measured | {"toy_gauge": numbers})


@cache
def drawn():
    design = gauged(event_design())
    draws = prior_draws(literature(), design, SHARES, 40, 3)
    latents, flows = posterior_latents(draws, design, True, 1)
    return design, draws, latents, flows


@pytest.mark.parametrize("sessions", [False, True])
@pytest.mark.parametrize("seed", [1, 2])
def test_density_against_the_dense_normal(seed, sessions):
    design = with_gaps(small_design(seed), 0.25, seed)
    design = gauged(with_sessions(design, seed) if sessions else design, seed)
    p = random_parameters(design, seed)
    value, _ = value_and_gradient(*system_of(p, design))
    assert value == pytest.approx(dense_logpdf(p, design), rel=1e-9, abs=1e-7)
    louder, _ = value_and_gradient(*system_of(p | {"toy_gain": 1.5 * p["toy_gain"]}, design))
    assert abs(louder - value) > 1e-3


def test_gradient_by_finite_differences():
    """Through equations and system, for the toys' own parameters."""
    import pytensor
    import pytensor.tensor as pt

    from model.inference.likelihood.op import system_likelihood

    design = gauged(small_design(2), 2)
    p, d = random_parameters(design, 2), arrays(design)
    names = ("toy_scale", "toy_stress", "toy_gain", "toy_error")
    symbols = {n: pt.dscalar(n) for n in names}
    constants = {k: pt.as_tensor_variable(np.asarray(v, float)) for k, v in p.items()}
    eq = evaluate(constants | symbols, d, pt)
    logp = system_likelihood(eq.inputs, d["system"], make_frame(design))
    slopes = pytensor.function(list(symbols.values()), pytensor.grad(logp, list(symbols.values())))
    found = slopes(*(float(p[n]) for n in names))

    def value(name, step):
        return value_and_gradient(*system_of(p | {name: p[name] + step}, design))[0]

    for name, slope in zip(names, found, strict=True):
        h = 1e-4 * abs(float(p[name]))
        assert slope == pytest.approx((value(name, h) - value(name, -h)) / (2 * h), rel=1e-4, abs=1e-5)


def test_the_simulator_gives_the_data_back():
    design, draws, latents, flows = drawn()
    for s in (0, 7):
        p = one(draws, s)
        shocks = extract_shocks(p, design, by_name(latents[s], flows[0]))
        again = replay(p, design, shocks)
        assert_reproduces(design, again)
        seen = np.isfinite(design.measured["toy_gauge"])
        seen[:2] = False
        np.testing.assert_allclose(
            again.measured["toy_gauge"][seen], design.measured["toy_gauge"][seen], atol=1e-9
        )
        assert np.abs(shocks.own["toy"]).max() > 0.01


def test_the_decomposition_adds_up_and_names_the_toys():
    design, draws, latents, flows = drawn()
    parts = decompose(draws, latents, flows, design, 1)
    j = RETURN_PARTS.index("toy")
    assert np.abs(parts.return_channel[..., j]).max() > 0.01
    assert np.abs(parts.flow_channel[..., FLOW_PARTS.index("toy")]).max() == 0.0
    assert "toy" in TRIGGERS
    ds = to_dataset(parts, design, np.arange(2, design.days))
    assert "latent_toy" in ds
    day = Quantity("trades", "toy", (date(2026, 2, 5),), "USD bn")
    assert np.abs(day.draws(ds)).max() > 0.0
    assert all("toy" in PARTS[k] for k in ("trades", "return_channel", "return_trigger"))


def test_the_gauge_moves_its_quantity():
    """With the gauge the toys' trades follow it; without it they are spread by the prior."""
    design, draws, latents, _ = drawn()
    silent = replace(design, measured={})
    alone, _ = posterior_latents(draws, silent, True, 1)
    g = [i for i, n in enumerate(sorted_groups()) if n == "toy"][0]
    drive = -draws["toy_stress"][:, None] * design.stress
    gain = draws["toy_gain"][:, None]
    seen = np.isfinite(design.measured["toy_gauge"])
    miss = [
        np.abs(gain * (x[..., g] + drive) - design.measured["toy_gauge"])[:, seen].mean()
        for x in (latents, alone)
    ]
    assert miss[0] < 0.5 * miss[1]


def sorted_groups():
    from model.mechanisms.day import shock_groups

    return shock_groups()


def test_the_gate_knows_them():
    design = drawn()[0]
    graph = graph_of(design)
    assert "toy" in graph.latents
    assert "toy_gauge" in graph.observed
    assert "toy_gauge" in daily_columns(design)
    assert any("toy_gauge" in str(s) for s in implied_independences(graph, 1, 1))
    assert "toy_gauge" not in graph_of(event_design()).observed
    nodes = hidden_nodes(*drawn()[1:], design, 1)
    assert "toy" in nodes


def test_replicates_carry_their_shock():
    """Louder toys make the day's return wilder before it is seen."""
    design, draws, *_ = drawn()
    loud = draws | {"toy_scale": 40.0 * draws["toy_scale"]}
    spread = [float(replicate(d, design, 1)["return"].std()) for d in (draws, loud)]
    assert spread[1] > 1.5 * spread[0]


def test_what_if_without_them():
    design, draws, *_ = drawn()
    few = {k: v[:6] for k, v in draws.items()}
    same = what_if(few, design, (Setting("toy", 1.0),), 1)
    np.testing.assert_allclose(
        same.counterfactual, np.broadcast_to(same.observed, same.counterfactual.shape), atol=1e-7
    )
    none = what_if(few, design, (Setting("toy", 0.0),), 1)
    assert np.abs(none.counterfactual[..., 1] - none.observed[:, 1]).max() > 1e-3


def test_a_squeeze_with_them():
    """Days ahead have no shock of theirs; the traders are there all the same."""
    design, draws, *_ = drawn()
    few = {k: v[:2] for k, v in draws.items()}
    paths = scenario(few, design, 15.0, 2, "XNYS").paths
    assert all(np.isfinite(x).all() for x in paths.values())


def test_a_rival_story_without_them():
    assert "toy" in MECHANISMS
    rival = Rival("quiet", "No toys.", "a gauge", off=("toy",))
    _, priors = of_rival(rival, drawn()[0], literature())
    assert priors["toy_scale"].ppf(0.99) < 1e-4
    assert "toy_scale" in sensitivity.GROUPS["toy"]
    assert "toy_gain" in sensitivity.GROUPS["toy_gauge"]


def test_calibration_ranks_their_trades():
    design = gauged(event_design())
    p = one(drawn()[1], 3)
    panel, hidden = simulate_panel(p, design, np.random.default_rng(2))
    assert np.isfinite(panel.measured["toy_gauge"]).sum() == np.isfinite(design.measured["toy_gauge"]).sum()
    states = {"return_state": hidden.return_state, "flow_state": hidden.flow_state}
    truth = true_quantities(p | states, panel, hidden, 1)
    draws = {k: v[:8] for k, v in drawn()[1].items()}
    found = quantities(draws, *posterior_latents(draws, panel, True, 1), panel, 1)
    assert found.keys() <= truth.keys()  # what is the same in every draw is not ranked
    assert "return, by component: toy" in found
    assert truth["toy on the day"] != 0.0


def test_evidence_lives_their_day_again():
    from model.attribution.ledger import make_ledger, split_shocks
    from model.studies.evidence.before import Happened, fresh_day

    design, draws, latents, flows = drawn()
    book = make_ledger(draws, latents, flows, design, np.random.default_rng(1))
    shocks = split_shocks(draws, latents, np.random.default_rng(1))
    triggers = decompose(draws, latents, flows, design, 1).return_trigger
    day = fresh_day(Happened(draws, book, shocks, triggers, design), 40, np.random.default_rng(2), 50)
    assert day.trades["toy"].std() > 0.01
    assert day.triggers.shape[-1] == len(TRIGGERS)


def test_tables_name_them(toy_fit):
    rows = event_table({"vendor": decomposition_of(toy_fit)}, [date(2026, 2, 5)])
    assert set(rows.loc[rows["part"] == "toy", "title"]) == {"Toy traders"}
    page = write_report(toy_fit).read_text(encoding="utf-8")
    assert 'Toy stress <span class="ci">Toy traders</span>' in page


def test_figures_draw_them(toy_fit):
    bars = waterfall_figure(decomposition_of(toy_fit), "2026-02-05").data[0]
    assert bars.marker.color[bars.y.index("Toy traders")] == "#123456"


def test_prose_names_them(toy_fit):
    page = write_report(toy_fit).read_text(encoding="utf-8")
    assert "Toy traders moved the price of 5 Feb 2026 by" in page


def decomposition_of(folder):
    with xr.open_datatree(folder / "decomposition.nc") as tree:
        return tree["vendor"].to_dataset().load()


def test_names_and_colours():
    assert title_of("toy") == "Toy traders"
    assert colour("toy") == "#123456"
    assert {"toy_scale", "toy_gain"} <= set(parameter_names())
    assert [m.name for m in measured_rows(drawn()[0])][-1] == "toy_gauge"


def test_a_part_states_its_own_priors(tmp_path):
    """Where the set has none: checked like a file's, in the set's hash, and silent once a file says something."""
    file = tmp_path / "own.toml"
    text = (PROJECT / "data/priors/literature.toml").read_text(encoding="utf-8")
    stated = (
        'dist = "Normal"\nmu = 3.0\nsigma = 0.1\ninterval90 = [2.8355, 3.1645]\nunit = "1"\nsource = "here"'
    )
    file.write_text(f"{text}\n[parameter.toy_gain]\n{stated}\n", encoding="utf-8")
    found, own = load_priors("literature"), load_priors(file)
    assert found["toy_gain"].dist == "LogNormal"
    assert (own["toy_gain"].dist, own["toy_gain"].source) == ("Normal", "here")
    assert own["toy_error"] == found["toy_error"]
    gauge = MEASUREMENTS[-1]
    with pytest.MonkeyPatch.context() as patched:
        other = gauge.default_priors["toy_gain"] | {"sigma": 0.3, "interval90": [0.6105, 1.638]}
        patched.setattr(type(gauge), "default_priors", gauge.default_priors | {"toy_gain": other})
        assert load_priors("literature").sha256 != found.sha256
        wrong = gauge.default_priors["toy_gain"] | {"sigma": -0.3}
        patched.setattr(type(gauge), "default_priors", gauge.default_priors | {"toy_gain": wrong})
        with pytest.raises(PriorError, match="default_priors of toy_gauge.*sigma"):
            load_priors("literature")
        patched.setattr(type(gauge), "default_priors", {"toy_gian": gauge.default_priors["toy_gain"]})
        with pytest.raises(PriorError, match="toy_gian.*toy_gain"):
            load_priors("literature")


def test_a_panel_with_its_column_measures():
    """No line elsewhere says how the column becomes the measurement."""
    panel = event_panel(load_event("2026-02-05"))
    numbers = np.linspace(-1.0, 1.0, len(panel.frame))
    seen = Panel(panel.frame.assign(extra_toy=numbers), panel.listed, panel.universe)
    np.testing.assert_array_equal(background_design(seen).measured["toy_gauge"], numbers[1:])
    assert "toy_gauge" not in background_design(panel).measured


def test_the_model_samples_their_parameters():
    import pymc as pm

    from model.inference.build import build_model, scalar_groups

    design = gauged(event_design())
    assert any("toy_scale" in names for names in scalar_groups(literature()).values())
    model = build_model(design, literature(), SHARES)
    with model:
        point = model.initial_point()
    assert np.isfinite(float(model.compile_logp(mode="FAST_COMPILE")(point)))
    assert isinstance(model, pm.Model)
