"""What the gate does to a fit, from the command line: refusal before sampling, a recorded reason, a second look
after."""

from __future__ import annotations

import concurrent.futures
import importlib
import json
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from model.events.card import load_event
from model.gate.result import AFTER_SAMPLING, Check, GateResult
from model.gate.thresholds import load_thresholds
from model.inference.build import DIMS
from model.inference.draws import STATES, prior_draws
from model.inference.sample import Diagnostics
from model.store import PROJECT as ROOT
from model.studies.fit import run as pipeline

DRAWS = 12
OPEN = GateResult("inconclusive", ["Too few days."], None, [], "d" * 64, "g" * 64, 1)
REASON = "sixty days cannot tell, and the reader is told so"


class NoSampling:
    """Stands in for the compiled model; sampling it is an error."""

    def __init__(self, *_) -> None: ...

    def sample(self, *_):
        raise AssertionError("sampled although the gate had not passed")


class PriorSampling(NoSampling):
    """Stands in for the compiled model: draws from the priors, said to have converged."""

    def __init__(self, design, priors, base_shares) -> None:
        self.design, self.priors, self.base_shares = design, priors, base_shares

    def sample(self, design, settings, *_):
        draws = prior_draws(self.priors, design, self.base_shares, DRAWS, settings.seed)
        dims = {**DIMS, **dict.fromkeys(STATES, ("date",))}
        posterior = {k: (("chain", "draw", *dims.get(k, ())), v[None]) for k, v in draws.items()}
        stats = {"diverging": (("chain", "draw"), np.zeros((1, DRAWS), dtype=bool))}
        trace = {"posterior": xr.Dataset(posterior), "sample_stats": xr.Dataset(stats)}
        return xr.DataTree.from_dict(trace), Diagnostics(1.0, 2000.0, 2000.0, 0, 1, 0.1, "none", DRAWS)


class SameProcess(concurrent.futures.ThreadPoolExecutor):
    """The gate beside the compiler, without a second interpreter."""

    def __init__(self, workers: int, mp_context=None, initializer=None) -> None:  # noqa: ARG002
        assert mp_context is not None
        super().__init__(workers)


@pytest.fixture
def fit(monkeypatch):
    """scripts/fit.py's main with the gate on few simulated panels, few prior draws and no pages."""
    few = replace(load_thresholds(), null_panels=39, power_panels=5, simulations=2, questions=())
    monkeypatch.setattr("model.gate.run.load_thresholds", lambda: few)
    monkeypatch.setattr(concurrent.futures, "ProcessPoolExecutor", SameProcess)
    monkeypatch.setattr("model.studies.fit.results._write_pages", lambda *_: None)
    monkeypatch.setattr(
        "model.studies.fit.products.prior_draws", lambda p, d, b, _, seed: prior_draws(p, d, b, DRAWS, seed)
    )
    return importlib.import_module("fit").main


@pytest.fixture
def card(tmp_path):
    """The embedded event's card without its written reason."""
    source = ROOT / "data" / "events" / "2026-02-05"
    text = (source / "event.toml").read_text(encoding="utf-8")
    folder = tmp_path / "event"
    folder.mkdir()
    (folder / "panel.csv").write_bytes((source / "panel.csv").read_bytes())
    lines = [line for line in text.splitlines() if not line.startswith("accept_inconclusive")]
    (folder / "event.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert load_event(folder).gate_reason is None
    return folder / "event.toml"


def test_an_inconclusive_gate_without_a_reason_exits_5_before_sampling(
    fit, card, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr("model.studies.fit.run.Sampler", NoSampling)
    out = tmp_path / "fit"
    assert fit(["--event", str(card), "--out", str(out)]) == 5
    assert "--accept-gate" in capsys.readouterr().err
    gate = GateResult.from_json((out / "gate.json").read_text())
    assert (gate.verdict, gate.accepted_reason, gate.after_sampling) == ("inconclusive", None, None)
    assert sorted(p.name for p in out.iterdir()) == ["gate.json", "report.html"]


def test_a_failed_gate_exits_5_whatever_the_reason(fit, card, tmp_path, monkeypatch, capsys):
    failed = GateResult("fail", ["9 of 54 violated."], None, [], "d" * 64, "g" * 64, 1)
    monkeypatch.setattr("model.studies.fit.run.Sampler", NoSampling)
    monkeypatch.setattr(pipeline, "gate_job", lambda *_: failed)
    out = tmp_path / "fit"
    assert fit(["--event", str(card), "--out", str(out), "--accept-gate", REASON]) == 5
    assert "9 of 54 violated." in capsys.readouterr().err
    assert GateResult.from_json((out / "gate.json").read_text()).accepted_reason is None
    assert not (out / "decomposition.nc").exists()


def test_a_reason_is_recorded_and_the_graph_is_held_against_the_draws(
    fit, card, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr("model.studies.fit.run.Sampler", PriorSampling)
    monkeypatch.setattr(pipeline, "gate_job", lambda *_: OPEN)
    out = tmp_path / "fit"
    arguments = ["--event", str(card), "--out", str(out), "--dating", "vendor", "--accept-gate", REASON]
    assert fit(arguments) == 0
    printed = " ".join(capsys.readouterr().out.split())
    gate = GateResult.from_json((out / "gate.json").read_text())
    after = gate.after_sampling
    assert gate.accepted_reason == REASON
    assert after is not None
    assert {r["reading"] for r in after.table} == {"vendor", "no_positions"}
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["gate"] == {
        "verdict": "inconclusive",
        "accepted_reason": REASON,
        "after_sampling": {"passed": after.passed, "sentence": after.sentence},
    }
    assert manifest["arguments"]["accept_gate"] == REASON
    named = {k: v for k, v in manifest["checks"].items() if "hidden variables" in k}
    assert set(named) == {
        f"{r}: hidden variables obey the graph in most draws" for r in ("vendor", "no_positions")
    }
    assert f"Accepted: {REASON}" in printed
    mark = {True: "holds", False: "DOES NOT HOLD", None: "cannot say"}[after.passed]
    assert f"Graph on posterior draws: {mark}. {after.sentence}" in printed
    assert (out / "decomposition.nc").is_file()


def test_a_graph_that_fails_on_the_draws_is_in_the_manifest_and_decomposes(
    fit, card, tmp_path, monkeypatch, capsys
):
    row = {"statement": "a", "short": "a", "share_violated": 0.9, "violated": True}
    broken = Check(AFTER_SAMPLING, False, "1 of 1 claims is violated.", [row])
    monkeypatch.setattr("model.studies.fit.run.Sampler", PriorSampling)
    monkeypatch.setattr(pipeline, "gate_job", lambda *_: OPEN)
    monkeypatch.setattr("model.studies.fit.products.check_reading", lambda *_: broken)
    out = tmp_path / "fit"
    arguments = ["--event", str(card), "--out", str(out), "--dating", "vendor", "--accept-gate", REASON]
    assert fit(arguments) == 0
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["gate"]["after_sampling"]["passed"] is False
    assert manifest["checks"]["vendor: hidden variables obey the graph in most draws"] is False
    assert "Graph on posterior draws: DOES NOT HOLD. 1 of 1 claims" in " ".join(
        capsys.readouterr().out.split()
    )
    assert (out / "decomposition.nc").is_file()
