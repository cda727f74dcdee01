"""The commands on a stored fit, end to end, with prior draws in place of a posterior."""

from __future__ import annotations

import importlib
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from prior_fit import write_prior_fit

from model.events import card as events
from model.inference.sample import Diagnostics
from model.priors.prior_set import load_priors
from model.report.markdown import command_of
from model.store import read_result, seal, write_result
from model.studies.rivals.sensitivity import GROUPS


def script(name):
    return importlib.import_module(name)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_prior_fit(tmp_path_factory.mktemp("verbs") / "fit")


def test_audit(folder, capsys):
    assert script("audit_claims").main([str(folder)]) == 0
    assert "42 claims" in capsys.readouterr().out
    found = json.loads((folder / "claims.json").read_text())
    assert sum(found["verdicts"].values()) == 42
    assert all(v > 0 for k, v in found["verdicts"].items() if k != "bounded out")


def test_what_if(folder, capsys):
    arguments = [str(folder), "--set", "gamma=0", "--set", "notes=0", "--draws", "10"]
    assert script("what_if").main(arguments) == 0
    assert "Shapley" in capsys.readouterr().out
    table = pd.read_csv(folder / "tables" / "what_if.csv")
    means = table.pivot_table(index=["day", "quantity"], columns="line", values="mean")
    effects = means["effect of gamma=0"] + means["effect of notes=0"]
    np.testing.assert_allclose(effects, means["counterfactual"] - means["observed"], atol=1e-6)
    assert script("what_if").main([str(folder), "--set", "nobody=0"]) == 2
    assert script("what_if").main([str(folder), "--scenario", "15", "--draws", "5"]) == 0
    assert (folder / "tables" / "scenario.csv").is_file()


def test_organic(folder, capsys):
    assert script("organic").main([str(folder), "--draws", "20"]) == 0
    assert len(pd.read_csv(folder / "tables" / "organic.csv")) == 58
    assert script("organic").main([str(folder), "--as-of", "2026-02-09"]) == 3
    assert "--as-of 2026-02-09" in capsys.readouterr().err


def test_update_priors_and_overlap(folder, tmp_path, capsys):
    out = tmp_path / "after.toml"
    assert script("update_priors").main([str(folder), "--out", str(out), "--forgetting", "0.5"]) == 0
    made = load_priors(out)
    before = out.read_bytes()
    assert script("update_priors").main([str(folder), "--out", str(out)]) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert out.read_bytes() == before
    assert script("update_priors").main([str(folder), "--out", str(out), "--overwrite"]) == 0
    assert made.joint is not None
    assert str(made.learned_from[1]) == "2026-02-27"
    assert script("fit").main(["--priors", str(out), "--dry-run"]) == 3
    assert "count twice" in capsys.readouterr().err


def test_evidence_of_no_strength_leaves_the_split_alone(folder):
    assert script("weigh_evidence").main([str(folder), "--draws", "60"]) == 0
    table = pd.read_csv(folder / "tables" / "evidence.csv")
    np.testing.assert_array_equal(table["median"], table["evidence_median"])
    assert script("weigh_evidence").main([str(folder), "--draws", "200", "--strength", "1"]) == 0
    said = json.loads((folder / "evidence.json").read_text())["readings"]["vendor"]
    assert all(s["after_evidence"] > s["after_data"] for s in said["statements"])
    assert not said["refitted"]


def test_evidence_beyond_the_draws_asks_for_a_refit(folder, capsys, monkeypatch):
    original = events.load_event

    def far(name):
        card = original(name)
        s = replace(card.evidence[0], kind="measurement", form="joint", value=-5000.0, sd=20.0, strength=1.0)
        return replace(card, evidence=(s,))

    monkeypatch.setattr("model.design.subject.load_event", far)
    assert script("weigh_evidence").main([str(folder), "--draws", "100", "--no-refit"]) == 4
    assert "Pareto k" in capsys.readouterr().err


def test_a_refit_for_evidence_that_does_not_converge_is_refused(folder, capsys, monkeypatch):
    """Its R-hat was printed and never looked at."""
    original = events.load_event

    def far(name):
        card = original(name)
        s = replace(card.evidence[0], kind="measurement", form="joint", value=-5000.0, sd=20.0, strength=1.0)
        return replace(card, evidence=(s,))

    bad = Diagnostics(1.3, 20.0, 20.0, 50, 1, 1.0, "all", 1000)
    monkeypatch.setattr("model.design.subject.load_event", far)
    monkeypatch.setattr("model.studies.evidence.report.sample_tilted", lambda *_: ({}, bad))
    before = (folder / "evidence.json").read_text() if (folder / "evidence.json").is_file() else ""
    assert script("weigh_evidence").main([str(folder), "--draws", "100"]) == 4
    assert "did not converge" in capsys.readouterr().err
    after = (folder / "evidence.json").read_text() if (folder / "evidence.json").is_file() else ""
    assert after == before


def test_results_of_an_earlier_fit_in_the_same_folder_are_not_read(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    path = write_result("rivals", {"rivals": [{"key": "x"}]}, folder, manifest)
    assert read_result("rivals", folder, manifest)["rivals"] == [{"key": "x"}]
    assert read_result("rivals", folder, manifest | {"files": {"posterior.nc": "another"}}) is None
    path.write_text(json.dumps({"rivals": []}))
    assert read_result("rivals", folder, manifest) is None
    path.unlink()
    seal(folder)


def test_pages_name_their_command_without_a_path_of_this_machine(folder, tmp_path):
    page = tmp_path / "claims.md"
    argv = [str(folder), "--page", str(page)]
    assert script("audit_claims").main(argv) == 0
    text = page.read_text()
    assert "Written by `uv run scripts/audit_claims.py fit --page claims.md`" in text
    assert script("audit_claims").main(argv) == 0
    page.write_text("my own notes")
    assert script("audit_claims").main(argv) == 2
    assert page.read_text() == "my own notes"
    assert str(tmp_path) not in text
    assert text.count("\n| ") >= 42 + 4
    span = tmp_path / "sensitivity.md"
    assert script("sensitivity").main([str(folder), "--refit", "none", "--page", str(span)]) == 0
    assert "Change sign:" in span.read_text()
    assert command_of("compare", ["F", "--panel", "/x/y.csv"]) == "uv run scripts/compare.py F --panel PATH"


def test_an_unknown_rival_is_refused(folder, capsys):
    assert script("compare").main([str(folder), "--rival", "nobody"]) == 2
    assert "no_dealer" in capsys.readouterr().err


def test_sensitivity_without_refits(folder, capsys):
    assert script("sensitivity").main([str(folder), "--refit", "none", "--draws", "50"]) == 0
    assert "assumptions" in capsys.readouterr().out
    said = json.loads((folder / "sensitivity.json").read_text())
    assert "as fitted" in said["names"]
    assert said["assumptions"] + len(said["notes"]) == 1 + 2 * len(GROUPS) + 2
    span = pd.read_csv(folder / "tables" / "sensitivity_ranges.csv")
    assert (span["lowest"] <= span["as_fitted"]).all()
    assert (span["as_fitted"] <= span["highest"]).all()
