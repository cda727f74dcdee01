"""Collects the readings of one fit, decomposes them and writes the fit folder."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import Executor, Future
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import xarray as xr

from model.design.subject import Reading, Request, Say, Subject
from model.design.used import used_columns
from model.errors import ConvergenceError
from model.gate.checks.posterior import join_readings
from model.gate.result import Check, GateResult
from model.inference.diagnostics import Diagnostics
from model.inference.draws import thin
from model.inference.mixture import DATINGS, DRAWS, Mixture, mix, weigh
from model.panel.columns import column_table
from model.panel.vendors import sight
from model.report.figures import submit_figures
from model.report.page import write_report
from model.report.tables import tidy_tables
from model.report.tables.ridge import kernel_table
from model.store import (
    FORMAT,
    begin_tree,
    code_hash,
    file_hash,
    finish_tree,
    run_id,
    seal,
    tree_of,
    versions,
    write_csv,
    write_design,
    write_json,
    write_text,
    write_timing,
    write_tree,
)
from model.studies.fit.checkpoint import forget
from model.studies.fit.products import PriorSide, Products, make_products, modelled_window
from model.studies.fit.surroundings import write_surroundings

POSTERIOR = "posterior.nc"


class Results:
    """Everything a fit produces, reading by reading."""

    def __init__(self, request: Request, subject: Subject, gate: GateResult) -> None:
        self.request, self.subject, self.gate = request, subject, gate
        self.posterior: dict[str, xr.Dataset] = {}
        self.decomposition: dict[str, xr.Dataset] = {}
        self.diagnostics: dict[str, Diagnostics] = {}
        self.identification: list[dict[str, Any]] = []
        self.checks: dict[str, bool | None] = {}
        self.mixture: Mixture | None = None
        self._after: dict[str, Check] = {}
        self._begun: frozenset[str] = frozenset()
        self._traces: dict[str, tuple[Reading, xr.DataTree]] = {}
        self.identity = identity(request, subject, gate)
        self.run = run_id(self.identity)

    def add(self, reading: Reading, trace: xr.DataTree, diagnostics: Diagnostics) -> None:
        """Keep one reading's draws."""
        self._traces[reading.name] = (reading, trace)
        self.diagnostics[reading.name] = diagnostics
        self.posterior[f"{reading.name}/posterior"] = trace["posterior"].to_dataset()
        self.posterior[f"{reading.name}/sample_stats"] = trace["sample_stats"].to_dataset()

    @property
    def converged(self) -> bool:
        """All readings within the convergence bounds."""
        return all(d.passed for d in self.diagnostics.values())

    def finish(self, priors: Mapping[str, Future[PriorSide]], workers: Executor, say: Say) -> None:
        """Decompose every reading, if sampling converged, and hold the graph against the draws."""
        self.checks["converged"] = self.converged
        if not self.converged:
            return
        say(f"Decomposing: {', '.join(r.title for r, _ in self._traces.values())} ...")
        jobs = {name: self._submit(name, priors[name].result(), workers) for name in self._traces}
        self.begin()
        if set(DATINGS) <= set(self._traces):
            self._weigh(say)
        for name, job in jobs.items():
            self._keep(name, job.result())
        if self.mixture is not None and self.mixture.weights is not None:
            self.decomposition["mixture"] = mix(self.decomposition, self.mixture)
        self._keep_graph_check(say)

    def _weigh(self, say: Say) -> None:
        """How much the data favour either dating."""
        draws = {r: thin(self._traces[r][1]["posterior"].to_dataset(), DRAWS) for r in DATINGS}
        designs = {r: self._traces[r][0].design for r in DATINGS}
        self.mixture = weigh(draws, designs, self.subject.card.vendor_odds)
        say(self.mixture.sentence)

    def begin(self) -> None:
        """Write the draws, which takes seconds; what is computed from them is added at the end."""
        begin_tree(tree_of(self.posterior, self.run), self.request.out / POSTERIOR)
        self._begun = frozenset(self.posterior)

    def complete(self) -> None:
        """Write the rest of the draws' file."""
        if not self._begun:
            self.begin()
        finish_tree(
            {k: v for k, v in self.posterior.items() if k not in self._begun}, self.request.out / POSTERIOR
        )

    def _submit(self, name: str, prior: PriorSide, workers: Executor) -> Future[Products]:
        reading, _ = self._traces[name]
        window = modelled_window(reading.design, *self.subject.card.window)
        posterior = self.posterior[f"{name}/posterior"]
        seed = self.request.seed
        return workers.submit(
            make_products, name, reading.design, reading.use_positions, posterior, prior, window, seed
        )

    def _keep(self, name: str, found: Products) -> None:
        self.decomposition[name] = found.decomposition
        self.posterior[f"{name}/posterior_predictive"] = found.predictive
        self.posterior[f"{name}/prior"] = found.prior
        self.identification += found.identification
        self.checks |= found.checks
        self._after[name] = found.after

    def _keep_graph_check(self, say: Say) -> None:
        """Write what the posterior draws say about the graph into ``gate.json``; the verdict stays."""
        found = join_readings(self._after)
        self.gate = self.gate.with_check(found)
        write_text(self.gate.to_json(), self.request.out / "gate.json")
        say(f"Graph after sampling: {found.sentence}")


def write_results(results: Results, workers: Executor, timer: Timer, say: Say) -> None:
    """Write the fit folder and its checksums; figures and report only for a converged fit.

    Raises
    ------
    ConvergenceError
        After the files for inspection are written.
    """
    out = results.request.out
    results.complete()
    write_design(results.subject.design.to_arrays(), out)
    if results.converged:
        write_tree(tree_of(results.decomposition, results.run), out / "decomposition.nc")
    write_json(_manifest(results), out / "manifest.json")
    write_surroundings(results.subject, out)
    if results.converged:
        _write_pages(results, workers, say)
        timer.lap("figures and report")
    else:
        write_refusal(out)
    forget(out)
    write_timing(timer.seconds, datetime.now(UTC).isoformat(timespec="seconds"), out)
    seal(out)
    require_converged(results.diagnostics)


def write_refusal(folder: Path) -> None:
    """Write the page of a fit that shows no decomposition; it says why at the top."""
    write_report(folder)


def _write_pages(results: Results, workers: Executor, say: Say) -> None:
    out = results.request.out
    say("Drawing figures and writing the report ...")
    drawing = submit_figures(out, workers)
    (out / "tables").mkdir(exist_ok=True)
    for name, table in tidy_tables(tree_of(results.decomposition), list(results.subject.card.days)).items():
        write_csv(table, out / "tables" / f"{name}.csv")
    kernels = kernel_table(tree_of(results.posterior))
    write_csv(kernels.round(4), out / "tables" / "kernels.csv")
    for job in drawing:
        job.result()
    write_report(out)


def identity(request: Request, subject: Subject, gate: GateResult) -> dict[str, Any]:
    """What decides every number of a fit: what was asked for, of which inputs, with which code."""
    return {
        "arguments": request.to_json(),
        "seed": request.seed,
        "versions": versions(),
        "code": code_hash(),
        "hashes": {
            "data": subject.panel.sha256,
            "design": subject.design_hash,
            "priors": subject.priors.sha256,
            "graph": gate.graph_hash,
            "card": subject.card.sha256,
            "universe": subject.panel.universe.sha256,
        },
    }


def _manifest(results: Results) -> dict[str, Any]:
    request, subject, gate = results.request, results.subject, results.gate
    if not results.converged and "converged" not in results.checks:
        raise ConvergenceError("Sampling was not checked.", "Call finish() first.")
    files = [n for n in ("posterior.nc", "decomposition.nc", "gate.json") if (request.out / n).is_file()]
    return {
        "format": FORMAT,
        "run": results.run,
        **results.identity,
        "event": subject.card.id,
        "title": subject.card.title,
        "days": [str(d) for d in subject.card.days],
        "facts": [
            asdict(f) | {"at": f.at.isoformat(), "trading_day": str(f.trading_day)}
            for f in subject.card.facts
        ],
        "window": [str(d) for d in subject.card.window],
        "priors": subject.priors.name,
        "supplied": list(subject.panel.supplied),
        "used": sorted(used_columns(subject)),
        "columns": column_table(subject.panel.inputs, used_columns(subject)),
        "panel_notes": [*subject.panel.notes, *sight(subject.panel).gaps],
        "vendors": [asdict(u) | {"sentence": u.sentence} for u in sight(subject.panel).uses],
        "dealer_book": asdict(subject.book) if subject.book else None,
        "option_flow": asdict(subject.option_flow) if subject.option_flow else None,
        "mechanisms": asdict(subject.card.mechanisms),
        "option_fund": subject.panel.universe.option_fund,
        "mixture": results.mixture.to_dict() if results.mixture else None,
        "dates": [str(subject.design.dates[0].date()), str(subject.design.dates[-1].date())],
        "gate": {
            "verdict": gate.verdict,
            "accepted_reason": gate.accepted_reason,
            "after_sampling": _after_sampling(gate),
        },
        "diagnostics": {k: d.to_dict() for k, d in results.diagnostics.items()},
        "checks": results.checks | {"gate passed or accepted": True},
        "identification": results.identification,
        "files": {n: file_hash(request.out / n) for n in files},
    }


def _after_sampling(gate: GateResult) -> dict[str, Any] | None:
    check = gate.after_sampling
    return None if check is None else {"passed": check.passed, "sentence": check.sentence}


@dataclass
class Timer:
    """Seconds per stage, for the manifest and the benchmark."""

    seconds: dict[str, float] = field(default_factory=dict)
    _last: float = field(default_factory=time.perf_counter)

    def lap(self, stage: str) -> None:
        """Charge the time since the last lap to a stage."""
        now = time.perf_counter()
        self.seconds[stage] = round(self.seconds.get(stage, 0.0) + now - self._last, 2)
        self._last = now


def require_converged(diagnostics: Mapping[str, Diagnostics]) -> None:
    """Raise unless every reading converged; with the parameters behind it.

    Raises
    ------
    ConvergenceError
    """
    failed = [f"{n} ({'; '.join(d.faults)})" for n, d in diagnostics.items() if not d.passed]
    if failed:
        raise ConvergenceError(
            f"Not converged: {', '.join(failed)}. Files are written for inspection, nothing is reported.",
            "Use more --tune and --draws, or informative --priors for the parameters named.",
        )
