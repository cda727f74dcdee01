"""The proof's machinery, small; the full figures are in docs/gate."""

import numpy as np
import pandas as pd
import pytest

from model.gate.checks.alternatives import judge
from model.gate.frame import base_columns
from model.gate.pilot import fit_pilot
from model.gate.rivals import NAMED
from tests.proofs.gate.panels import Panels, harder
from tests.proofs.gate.prove import summarise


@pytest.fixture(scope="module")
def source(frame, graph):
    pilot = fit_pilot(frame, graph)
    return Panels(harder(pilot), pilot.missing)


def test_proof_panels_are_harder_than_the_pilots(source, frame):
    drawn = [base_columns(source.frame(np.random.default_rng(i))) for i in range(6)]
    assert drawn[0].shape == base_columns(frame).shape
    assert (drawn[0]["premium"].isna() >= base_columns(frame)["premium"].isna()).all()
    assert np.mean([d["stress"].kurt() for d in drawn]) > 0.5
    assert source.world.bends
    assert source.world.amplified["return"][1] == 0.2


def test_summary_counts_and_says_why_blind(graph, thresholds):
    from model.gate.rivals import named_rivals

    rivals = {r.name: r for r in named_rivals(graph, thresholds, NAMED)}
    rows = [{"world": "model", "claim": "model", "panel": i, "p": 1.0} for i in range(99)]
    rows += [{"world": "model", "claim": "model", "panel": 99, "p": 0.01}]
    rows += [{"world": "basis_moves_price", "claim": "model", "panel": i, "p": 1.0} for i in range(10)]
    table = summarise(pd.DataFrame(rows), graph, rivals, 1, 2).set_index("world")
    assert table.loc["model", "rejected"] == 1
    assert table.loc["model", "high"] == pytest.approx(0.0545, abs=1e-3)
    assert "no testable implication" in table.loc["basis_moves_price", "note"]


@pytest.mark.slow
def test_true_graph_is_rarely_refused(source, graph, thresholds):
    verdicts = []
    for i in range(40):
        rng = np.random.default_rng([9, i])
        verdicts.append(judge(source.frame(rng), graph, thresholds, rng)["verdict"])
    assert verdicts.count("refuted") <= 4
    assert set(verdicts) <= {"refuted", "not refuted"}
