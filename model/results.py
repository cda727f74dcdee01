"""Collects the readings of one fit, decomposes them and writes the fit folder."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import Any

import numpy as np
import xarray as xr

from model import pipeline
from model.decompose import decompose, to_dataset
from model.draws import posterior_latents, prior_draws, prior_latents, thin
from model.equations import shock_groups
from model.errors import ConvergenceError
from model.fit import Diagnostics
from model.gate.checks.posterior import join_readings
from model.gate.latents import check_reading
from model.gate.result import Check, GateResult
from model.identification import contributions, parameters
from model.predict import replicate
from model.simulate import extract_shocks, replay
from model.simulate_records import Latents
from model.store import file_hash, versions, write_json, write_tree

REPLAYED_DRAWS = 5
REPLAY_TOLERANCE = 1e-9


class Results:
    """Everything a fit produces, reading by reading."""

    def __init__(self, request: pipeline.Request, subject: pipeline.Subject, gate: GateResult) -> None:
        self.request, self.subject, self.gate = request, subject, gate
        self.posterior: dict[str, xr.Dataset] = {}
        self.decomposition: dict[str, xr.Dataset] = {}
        self.diagnostics: dict[str, Diagnostics] = {}
        self.identification: list[dict[str, Any]] = []
        self.checks: dict[str, bool | None] = {}
        self._after: dict[str, Check] = {}
        self._traces: dict[str, tuple[pipeline.Reading, xr.DataTree]] = {}

    def add(self, reading: pipeline.Reading, trace: xr.DataTree, diagnostics: Diagnostics) -> None:
        """Keep one reading's draws."""
        self._traces[reading.name] = (reading, trace)
        self.diagnostics[reading.name] = diagnostics
        self.posterior[f"{reading.name}/posterior"] = trace["posterior"].to_dataset()
        self.posterior[f"{reading.name}/sample_stats"] = trace["sample_stats"].to_dataset()

    @property
    def converged(self) -> bool:
        """All readings within the convergence bounds."""
        return all(d.passed for d in self.diagnostics.values())

    def finish(self, say: pipeline.Say) -> None:
        """Decompose every reading, if sampling converged, and hold the graph against the draws."""
        self.checks["converged"] = self.converged
        if not self.converged:
            return
        prior = prior_draws(
            self.subject.priors, self.subject.design, self.subject.base_shares, 1000, self.request.seed
        )
        for name, (reading, trace) in self._traces.items():
            say(f"Decomposing: {reading.title} ...")
            self._decompose(name, reading, trace, prior)
        self._keep_graph_check(say)

    def _keep_graph_check(self, say: pipeline.Say) -> None:
        """Write what the posterior draws say about the graph into ``gate.json``; the verdict stays."""
        found = join_readings(self._after)
        self.gate = self.gate.with_check(found)
        (self.request.out / "gate.json").write_text(self.gate.to_json(), encoding="utf-8")
        say(f"Graph after sampling: {found.sentence}")

    def _decompose(self, name: str, reading, trace: xr.DataTree, prior) -> None:
        design, seed = reading.design, self.request.seed
        draws = thin(trace["posterior"].to_dataset(), pipeline.DECOMPOSED_DRAWS)
        latents, flows = posterior_latents(draws, design, reading.use_positions, seed)
        parts = decompose(draws, latents, flows, design, seed)
        before = prior_latents(prior, design, seed)
        prior_flows = np.nan_to_num(design.flows)[None]
        prior_parts = decompose(prior, before, prior_flows, design, seed)
        self.checks[f"{name}: parts sum to the observed within 1e-9"] = True
        self.checks[f"{name}: simulator reproduces the data within 1e-9"] = self._replays(
            draws, latents, flows, design
        )
        self._after[name] = check_reading(draws, latents, flows, design, seed)
        self.checks[f"{name}: hidden variables obey the graph in most draws"] = self._after[name].passed
        self.decomposition[name] = to_dataset(parts, design, self._window(design))
        self.decomposition[name] = self.decomposition[name].assign(
            prior_latent_basis=(
                ("sample", "date"),
                1e3 * _match(prior_parts.trades["basis"], len(latents))[:, self._window(design)],
            )
        )
        self.posterior[f"{name}/posterior_predictive"] = replicate(draws, latents, flows, design, seed)
        self.posterior[f"{name}/prior"] = _as_dataset(prior, trace["posterior"].to_dataset())
        self.identification += parameters(prior, draws, name)
        self.identification += contributions(prior_parts, parts, design, name)

    def _replays(self, draws, latents, flows, design) -> bool:
        """Feed a few draws' shocks through the day-by-day simulator and compare with the data."""
        for s in np.linspace(0, len(latents) - 1, REPLAYED_DRAWS).astype(int):
            params = {k: v[s] for k, v in draws.items()}
            basis, demand = (latents[s, :, shock_groups().index(g)] for g in ("basis", "demand"))
            prints = flows[min(s, len(flows) - 1)]
            unknown = Latents(basis, demand, latents[s, :, -1], prints)
            again = replay(params, design, extract_shocks(params, design, unknown))
            gap = np.nanmax(np.abs(again.returns - design.returns))
            flow_gap = np.nanmax(np.abs(again.flows - prints))
            if not max(gap, flow_gap) < REPLAY_TOLERANCE:
                return False
        return True

    def _window(self, design) -> np.ndarray:
        """Days of the event's window that are modelled."""
        start, end = self.subject.card.window
        dates = design.dates
        inside = np.asarray((dates.date >= start) & (dates.date <= end))
        inside[:2] = False
        return np.flatnonzero(inside)


def _match(x: np.ndarray, count: int) -> np.ndarray:
    """As many prior draws as posterior draws, repeating from the start if there are fewer."""
    return x[np.arange(count) % len(x)]


def _as_dataset(draws, like: xr.Dataset) -> xr.Dataset:
    """Prior draws with the posterior's dimensions and one chain."""
    out = {}
    for name, value in draws.items():
        dims = ("chain", "draw", *like[name].dims[2:])
        out[name] = (dims, value[None])
    return xr.Dataset(out, coords={k: v for k, v in like.coords.items() if k not in ("chain", "draw")})


def write_results(results: Results, timer: pipeline.Timer, say: pipeline.Say) -> None:
    """Write the fit folder; figures and report only for a converged fit.

    Raises
    ------
    ConvergenceError
        After the files for inspection are written.
    """
    out = results.request.out
    write_tree(pipeline.tree_of(results.posterior), out / "posterior.nc")
    if results.converged:
        write_tree(pipeline.tree_of(results.decomposition), out / "decomposition.nc")
    write_json(_manifest(results, timer), out / "manifest.json")
    if not results.converged:
        pipeline.require_converged(results.diagnostics)
    _write_pages(results, say)
    timer.lap("figures and report")
    write_json(_manifest(results, timer), out / "manifest.json")


def _write_pages(results: Results, say: pipeline.Say) -> None:
    from model.plots import write_figures
    from model.report import write_report
    from model.store import load_fit
    from model.summary import tidy_tables

    out = results.request.out
    say("Drawing figures and writing the report ...")
    (out / "tables").mkdir(exist_ok=True)
    fit = load_fit(out)
    for name, table in tidy_tables(fit.decomposition, list(results.subject.card.days)).items():
        table.to_csv(out / "tables" / f"{name}.csv", index=False)
    write_figures(out)
    write_report(out)


def _manifest(results: Results, timer: pipeline.Timer) -> dict[str, Any]:
    request, subject, gate = results.request, results.subject, results.gate
    if not results.converged and "converged" not in results.checks:
        raise ConvergenceError("Sampling was not checked.", "Call finish() first.")
    arguments: dict[str, Any] = {
        k: (str(v) if v is not None else None) for k, v in asdict(request).items() if k != "out"
    }
    arguments["panel"] = request.panel.name if request.panel else None
    arguments["mechanisms"] = dict(request.mechanisms)
    files = [n for n in ("posterior.nc", "decomposition.nc", "gate.json") if (request.out / n).is_file()]
    return {
        "event": subject.card.id,
        "title": subject.card.title,
        "days": [str(d) for d in subject.card.days],
        "window": [str(d) for d in subject.card.window],
        "arguments": arguments,
        "seed": request.seed,
        "priors": subject.priors.name,
        "versions": versions(),
        "hashes": {
            "data": subject.panel.sha256,
            "design": subject.design_hash,
            "priors": subject.priors.sha256,
            "graph": gate.graph_hash,
            "card": subject.card.sha256,
            "universe": subject.panel.universe.sha256,
        },
        "supplied": list(subject.panel.supplied),
        "dealer_book": asdict(subject.book) if subject.book else None,
        "option_flow": asdict(subject.option_flow) if subject.option_flow else None,
        "mechanisms": asdict(subject.card.mechanisms),
        "dates": [str(subject.design.dates[0].date()), str(subject.design.dates[-1].date())],
        "gate": {
            "verdict": gate.verdict,
            "accepted_reason": gate.accepted_reason,
            "after_sampling": _after_sampling(gate),
        },
        "diagnostics": {k: d.to_dict() for k, d in results.diagnostics.items()},
        "checks": results.checks | {"gate passed or accepted": True},
        "identification": results.identification,
        "seconds": timer.seconds,
        "files": {n: file_hash(request.out / n) for n in files},
    }


def _after_sampling(gate: GateResult) -> dict[str, Any] | None:
    check = gate.after_sampling
    return None if check is None else {"passed": check.passed, "sentence": check.sentence}


def manifest_hash(manifest: dict[str, Any]) -> str:
    """Hash of a manifest without its timings (two runs with one seed share it)."""
    content = {k: v for k, v in manifest.items() if k not in ("seconds", "files", "diagnostics")}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
