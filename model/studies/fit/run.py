"""A fit from start to finish: data, gate, sampling, convergence, decomposition, files."""

from __future__ import annotations

import concurrent.futures
import contextlib
import dataclasses
import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from pathlib import Path

import numpy as np
import xarray as xr

from model.design.subject import (
    Reading,
    Request,
    Say,
    Subject,
    book_sentence,
    load_subject,
    not_read,
    readings,
)
from model.design.used import used_columns
from model.errors import ConvergenceError, GateError
from model.events.card import load_event
from model.events.switches import sentence as mechanism_sentence
from model.gate.declared import design_frame, graph_of
from model.gate.result import GateResult
from model.gate.run import run_gate
from model.inference.diagnostics import Diagnostics
from model.inference.likelihood import entry, forward_entry
from model.inference.sample import Sampler, Settings, sample_until_mixed, usual_draws
from model.mechanisms.design import Design
from model.panel.columns import column_sentences
from model.panel.vendors import sight
from model.priors.prior_set import PriorSet
from model.report.page.again import report_again
from model.store import CHECKPOINT, FOLDER, is_complete, write_text, writing
from model.studies.fit.checkpoint import Checkpoint, forget, keep_request
from model.studies.fit.products import DECOMPOSED_DRAWS, PriorSide, prior_side
from model.studies.fit.results import Results, Timer, write_refusal, write_results
from model.studies.reopen import reopen
from model.watchdog import end_with_parent

WORKERS = 2
"""Processes beside the main one; they are idle while chains are sampled."""


@contextlib.contextmanager
def worker_processes() -> Iterator[Executor]:
    """Processes for what need not be done in this one. Jobs not yet started when the run fails are dropped."""
    context = multiprocessing.get_context("spawn")
    pool = concurrent.futures.ProcessPoolExecutor(WORKERS, mp_context=context, initializer=_stand_back)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _stand_back() -> None:
    """The compiler, in the main process, comes first; it takes longest."""
    end_with_parent()
    if hasattr(os, "nice"):
        os.nice(5)


def gate_job(design: Design, seed: int) -> GateResult:
    """Run the causal gate (in a process of its own, beside the compiler)."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    return run_gate(design_frame(design), graph_of(design), seed=seed)


def kernel_job() -> None:
    """Bring the compiled likelihood and its one-way reading into the cache, while the model is being rewritten."""
    entry.address()
    forward_entry.address()


def prior_job(priors: PriorSet, design: Design, base_shares: np.ndarray, seed: int) -> PriorSide:
    """Decompose the prior (beside the compiler); leaves its process ready for drawing."""
    return prior_side(priors, design, base_shares, seed)


def usual_folder(event: str) -> Path:
    """Where the fit of an event stands unless another folder is given: by the id in its card, however it was named."""
    return FOLDER / load_event(event).id


def run(request: Request, say: Say, resume: bool = False) -> Path:
    """Fit, decompose and write everything, beside the fit's place; then move it in.

    Parameters
    ----------
    request : Request
    say : callable
    resume : bool
        Go on with the readings that an interrupted run of the same request has finished.

    Returns
    -------
    Path
        The fit's folder.

    Raises
    ------
    DataError, GateError, ConvergenceError
        A complete fit that stood there before stays; see :mod:`model.store.place`.
    """
    timer = Timer()
    subject = load_subject(request)
    draws = request.draws or usual_draws(subject.design.days)
    wanted = request.out
    try:
        with writing(wanted, say, resume) as place:
            request = dataclasses.replace(request, draws=draws, out=place.folder)
            keep_request(request, place.folder)
            _introduce(subject, say)
            timer.lap("data")
            try:
                with worker_processes() as workers:
                    _fit(subject, request, workers, timer, say)
            except (GateError, ConvergenceError):
                forget(place.folder)
                say(f"What was refused is in {place.set_aside()}.")
                raise
            out = place.move_in()
    except (GateError, ConvergenceError):
        if is_complete(wanted):
            report_again(wanted)  # the page of the fit that stays says that this one was refused
        raise
    if any(s.strength > 0.0 for s in subject.card.evidence):
        _weigh_evidence(dataclasses.replace(request, out=out), say)
    return out


def _introduce(subject: Subject, say: Say) -> None:
    """Say what is fitted."""
    dates = subject.design.dates
    say(
        f"{subject.card.title}: {len(dates)} days, {dates[0].date()} to {dates[-1].date()}; priors {subject.priors.name}."
    )
    say(book_sentence(subject))
    say(mechanism_sentence(subject.card.mechanisms))
    sighting = sight(subject.panel)
    for use in sighting.uses:
        say(f"Vendors of {use.sentence}")
    for sentence in column_sentences(subject.panel.inputs, used_columns(subject)):
        say(sentence)
    for said in (*subject.panel.findings, *sighting.gaps):
        say(said)


def _fit(subject: Subject, request: Request, workers: Executor, timer: Timer, say: Say) -> None:
    """Gate, compile, sample every reading, decompose, write."""
    chosen = readings(subject, request.dating)
    for sentence in not_read(subject, request.dating):
        say(sentence)
    reason = request.accept_gate or _stated(subject)
    job = workers.submit(gate_job, subject.design, request.seed)
    if not reason:
        say("Running the causal gate first: no reason is given for going on if it is inconclusive ...")
        gate = job.result()
        _keep(gate, request)
        if gate.refused:
            write_refusal(request.out)
        gate.require(None)
    say("Running the causal gate and compiling the model ...")
    workers.submit(kernel_job)
    priors = _prior_jobs(chosen, subject, request, workers)
    sampler = Sampler(subject.design, subject.priors, subject.base_shares)
    timer.lap("compile")
    gate = job.result().accept(reason)
    timer.lap("gate")
    _keep(gate, request)
    say(f"Causal gate: {gate.verdict}. {' '.join(gate.reasons)}")
    if gate.refused:
        write_refusal(request.out)
    gate.require(gate.accepted_reason)
    results = Results(request, subject, gate)
    checkpoint = Checkpoint(request.out / CHECKPOINT, results.run)
    for reading in chosen:
        results.add(reading, *_drawn(sampler, reading, request, checkpoint, say))
        timer.lap(f"sample {reading.name}")
    results.finish(priors, workers, say)
    timer.lap("decomposition")
    write_results(results, workers, timer, say)


def _stated(subject: Subject) -> str | None:
    """The card's reason for going on although the gate is inconclusive, with the days that this fit has."""
    reason = subject.card.gate_reason
    return reason.replace("{days}", str(subject.design.days)) if reason else None


def _keep(gate: GateResult, request: Request) -> None:
    write_text(gate.to_json(), request.out / "gate.json")


def _prior_jobs(
    chosen: tuple[Reading, ...], subject: Subject, request: Request, workers: Executor
) -> dict[str, Future[PriorSide]]:
    """One job for each design; readings that differ in the use of positions alone share it."""
    jobs: list[tuple[Design, Future[PriorSide]]] = []
    out = {}
    for reading in chosen:
        found = next((f for d, f in jobs if d is reading.design), None)
        if found is None:
            found = workers.submit(
                prior_job, subject.priors, reading.design, subject.base_shares, request.seed
            )
            jobs.append((reading.design, found))
        out[reading.name] = found
    return out


def _weigh_evidence(request: Request, say: Say) -> None:
    """Weigh the finished fit's draws by the card's evidence; the fit itself stays as the data left it."""
    from model.studies.evidence.report import apply_evidence, write_evidence  # only for cards with evidence

    say("Weighing the draws by the card's evidence ...")
    opened = reopen(request.out, request.panel)
    applied = apply_evidence(opened, None, DECOMPOSED_DRAWS, request.seed, say)
    write_evidence(applied, opened)
    for reading, a in applied.items():
        found = f"in conflict: {', '.join(a.weighed.conflicts)}" if a.weighed.conflicts else "no conflict"
        say(f"  {reading}: Pareto k {a.weighed.weights.pareto_k:.2f}, {found}. See evidence.json.")


def _drawn(
    sampler, reading: Reading, request: Request, checkpoint: Checkpoint, say: Say
) -> tuple[xr.DataTree, Diagnostics]:
    """Draws of a reading: those kept by an interrupted run, or new ones, which are kept."""
    found = checkpoint.kept(reading.name)
    if found is not None:
        say(f"Kept from the interrupted run: {reading.title}.")
        return found
    assert request.draws is not None, "run() has settled it"
    settings = Settings(request.chains, request.draws, request.tune, request.seed)
    say(f"Sampling: {reading.title} ...")
    trace, diagnostics = sample_until_mixed(sampler, reading.design, settings, say, reading.use_positions)
    say(f"  {diagnostics.sentence}")
    checkpoint.keep(reading.name, trace, diagnostics)
    return trace, diagnostics
