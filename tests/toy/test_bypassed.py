"""Each check of the toys fails once the registry is bypassed at the place that it watches.

The product is broken on purpose: one module's view of a registry, or one table made from it, loses the toys. What the
check itself sees stays whole, so that it fails over what the product did.
"""

from __future__ import annotations

from importlib import import_module
from inspect import signature

import pytest

from tests.toy import test_toy as toy

C, M = "COMPONENTS", "MEASUREMENTS"
NAMELESS = (("model.report.tables.lines", C), ("model.report.tables.lines", "_TITLES"))
BYPASSED = {
    "density: no row of the gauge": (
        toy.test_density_against_the_dense_normal,
        (("model.inference.inputs", M), ("model.inference.arrays", M)),
    ),
    "density: no trades": (toy.test_density_against_the_dense_normal, (("model.mechanisms.day", C),)),
    "gradient": (toy.test_gradient_by_finite_differences, (("model.mechanisms.day", C),)),
    "replay: component": (
        toy.test_the_simulator_gives_the_data_back,
        (("model.mechanisms.simulate.lines", C),),
    ),
    "replay: measurement": (
        toy.test_the_simulator_gives_the_data_back,
        (("model.mechanisms.simulate.lines", M),),
    ),
    "additivity: ledger": (
        toy.test_the_decomposition_adds_up_and_names_the_toys,
        (("model.attribution.ledger", C),),
    ),
    "additivity: parts": (
        toy.test_the_decomposition_adds_up_and_names_the_toys,
        (("model.attribution.decompose", "RETURN_PARTS"),),
    ),
    "graph: component": (toy.test_the_gate_knows_them, (("model.gate.declared", C),)),
    "graph: measurement": (toy.test_the_gate_knows_them, (("model.gate.declared", M),)),
    "graph: hidden nodes": (toy.test_the_gate_knows_them, (("model.gate.latents", C),)),
    "evidence": (toy.test_evidence_lives_their_day_again, (("model.studies.evidence.before", C),)),
    "what_if": (toy.test_what_if_without_them, (("model.studies.counterfactual.interventions", "NAMES"),)),
    "rival: silenced": (
        toy.test_a_rival_story_without_them,
        (("model.studies.rivals.variants", "SILENCED"),),
    ),
    "rival: sensitivity": (
        toy.test_a_rival_story_without_them,
        (("model.studies.rivals.sensitivity", "GROUPS"),),
    ),
    "calibrate": (toy.test_calibration_ranks_their_trades, (("model.studies.validation.calibrate", C),)),
    "tables": (toy.test_tables_name_them, NAMELESS),
    "tables: parameters": (toy.test_tables_name_them, (("model.report.page.learned", C),)),
    "figures": (toy.test_figures_draw_them, (("model.report.figures.palette", "COLOURS"),)),
    "prose": (toy.test_prose_names_them, NAMELESS),
    "sampling": (toy.test_the_model_samples_their_parameters, (("model.mechanisms.names", C),)),
    "priors": (toy.test_a_part_states_its_own_priors, (("model.mechanisms.names", M),)),
    "panel": (toy.test_a_panel_with_its_column_measures, (("model.design.make", M),)),
}


def without_toys(view):
    """A registry, or a table made from one, without the toys."""
    if isinstance(view, dict):
        return {k: v for k, v in view.items() if not k.startswith("toy")}
    return type(view)(x for x in view if not getattr(x, "name", x).startswith("toy"))


@pytest.mark.parametrize("place", BYPASSED)
def test_a_bypass_is_noticed(place, monkeypatch, request):
    check, views = BYPASSED[place]
    needed = signature(check).parameters
    given = {n: v for n, v in {"seed": 1, "sessions": False}.items() if n in needed}
    given |= {n: request.getfixturevalue(n) for n in ("toy_fit", "tmp_path") if n in needed}
    for name, attribute in views:
        module = import_module(name)
        short = without_toys(view := getattr(module, attribute))
        assert 0 < len(short) < len(view)
        monkeypatch.setattr(module, attribute, short)
    with pytest.raises(Exception) as found:  # noqa: PT011  (an assertion, a missing name, or no gradient)
        check(**given)
    print(f"BYPASS {place}: {found.type.__name__}: {str(found.value)[:90]!r}")
