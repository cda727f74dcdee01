"""A fit from start to finish: data, gate, sampling, convergence, decomposition, files."""

from __future__ import annotations

import concurrent.futures
import contextlib
import dataclasses
import hashlib
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from model.design import Design, make_design, next_day_mask
from model.errors import ConvergenceError, UsageError
from model.events import EventCard, event_panel, load_event
from model.evidence.changes import with_changes
from model.gate.result import GateResult
from model.mechanisms import sentence as mechanism_sentence
from model.panel import Panel
from model.priors import PriorSet, load_priors
from model.vary_priors import held
from model.vendors import sight

if TYPE_CHECKING:
    from model.book_days import BookUse
    from model.option_flow import OptionFlow
    from model.products import PriorSide

DEFAULT_PRIORS = "literature"
DRAWS, DRAWS_LONG, LONG = 1000, 1500, 250
"""Draws per chain up to, and beyond, a number of days: of 1,600 numbers of a long panel one has the largest R-hat."""
WORKERS = 2
"""Processes beside the main one; they are idle while chains are sampled."""
Say = Callable[[str], None]


@dataclass(frozen=True)
class Request:
    """What the user asked for; ``mechanisms`` overrules switches of the card, ``window`` cuts the panel.

    ``draws`` None: as many as a panel of that length needs.
    """

    event: str
    panel: Path | None
    out: Path
    dating: str
    priors: str | None
    as_of: str | None
    accept_gate: str | None
    chains: int
    draws: int | None
    tune: int
    seed: int
    book: bool = True
    mechanisms: Mapping[str, bool] = field(default_factory=dict)
    window: str | None = None


@dataclass(frozen=True)
class Subject:
    """Everything known before sampling."""

    card: EventCard
    panel: Panel
    design: Design
    priors: PriorSet
    base_shares: np.ndarray
    book: BookUse | None = None
    option_flow: OptionFlow | None = None

    @property
    def design_hash(self) -> str:
        """Hash of every number that enters the likelihood."""
        digest = hashlib.sha256()
        for name, value in sorted(self.design.to_arrays().items()):
            digest.update(name.encode() + np.ascontiguousarray(value).tobytes())
        return digest.hexdigest()


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


def load_subject(request: Request) -> Subject:
    """Read card, panel and priors; validate; build the arrays."""
    card = load_event(request.event)
    card = dataclasses.replace(card, mechanisms=card.mechanisms.switched(request.mechanisms))
    panel = _cut(event_panel(card, request.panel, request.as_of), card, request.window)
    priors = with_changes(_priors(request, card), card.prior_changes)
    days = panel.frame.index
    priors.refuse_overlap(days[0].date(), days[-1].date())
    shares = np.array([f.base_share for f in panel.universe.funds])
    subject = Subject(card, panel, make_design(panel, card), priors, shares)
    return _with_dealers(subject, card.dealer_books if request.book else ())


def _cut(panel: Panel, card: EventCard, window: str | None) -> Panel:
    """The panel's days of ``FIRST:LAST``, or of the card's window for ``card``; all of them for None."""
    if window is None:
        return panel
    if window == "card":
        return panel.window(*card.window)
    first, _, last = window.partition(":")
    try:
        return panel.window(date.fromisoformat(first), date.fromisoformat(last))
    except ValueError:
        raise UsageError(
            f"--window {window!r} is no span of days.", "Write FIRST:LAST as 2026-03-02:2026-03-31, or card."
        ) from None


def _with_dealers(subject: Subject, paths: tuple[Path, ...]) -> Subject:
    """The subject with a dealer book on each day that one covers, and dealers' sign moved by put and call volume."""
    from model.book_days import sign_priors, with_books
    from model.dealer_book import load_book
    from model.option_flow import moved_sign, option_flow

    books = [load_book(path) for path in paths]
    design, priors, use = subject.design, subject.priors, None
    if books:
        design, use = with_books(design, subject.panel, books)
        priors = sign_priors(priors, use.signs)
    flow = option_flow(subject.panel, design, books)
    priors = moved_sign(priors, flow)
    return dataclasses.replace(subject, design=design, priors=priors, book=use, option_flow=flow)


def book_sentence(subject: Subject) -> str:
    """Which days use a dealer book, and what put and call volume did to dealers' sign, for the terminal."""
    from model.option_flow import sentence

    said = "Dealer book: none; every day uses the gamma proxy."
    if subject.book:
        used = ", ".join(f"{b.title!r} on {b.day}" for b in subject.book.books)
        said = f"Dealer book: {used}; all other days use the gamma proxy."
    return f"{said} {sentence(subject.option_flow)}"


@dataclass(frozen=True)
class Reading:
    """One way of reading the data through the same compiled model."""

    name: str
    title: str
    design: Design
    use_positions: bool


def readings(subject: Subject, dating: str) -> tuple[Reading, ...]:
    """Readings to sample: the chosen datings, and the vendor's without weekly positions."""
    late = dataclasses.replace(subject.design, next_day=next_day_mask(subject.design, subject.card))
    vendor = Reading("vendor", "vendor's dates", subject.design, True)
    next_day = Reading("next_day", "next-day reading", late, True)
    chosen = {"vendor": (vendor,), "next-day": (next_day,), "both": (vendor, next_day)}[dating]
    base = chosen[0]
    return (*chosen, Reading("no_positions", "without weekly positions", base.design, False))


def _priors(request: Request, card: EventCard) -> PriorSet:
    """The set asked for, else the card's; for a longer panel the default, with what no panel can tell held."""
    if request.priors:
        return load_priors(request.priors)
    if request.panel and not request.window:
        return held(load_priors(DEFAULT_PRIORS))
    return load_priors(card.priors or DEFAULT_PRIORS)


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
    if hasattr(os, "nice"):
        os.nice(5)


def gate_job(design: Design, seed: int) -> GateResult:
    """Run the causal gate (in a process of its own, beside the compiler)."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from model.gate.declared import design_frame, graph_of
    from model.gate.run import run_gate

    return run_gate(design_frame(design), graph_of(design), seed=seed)


def kernel_job() -> None:
    """Bring the compiled likelihood into the cache (in a process of its own, while the model is being rewritten)."""
    from model.native import address

    address()


def prior_job(priors: PriorSet, design: Design, base_shares: np.ndarray, seed: int) -> PriorSide:
    """Decompose the prior (beside the compiler); leaves its process ready for drawing."""
    import model.plots
    import model.report  # noqa: F401
    from model.products import prior_side

    return prior_side(priors, design, base_shares, seed)


def usual_draws(days: int) -> int:
    """Draws per chain where the user names no number."""
    return DRAWS if days <= LONG else DRAWS_LONG


def run(request: Request, say: Say) -> Path:
    """Fit, decompose and write everything.

    Raises
    ------
    DataError, GateError, ConvergenceError
    """
    timer = Timer()
    subject = load_subject(request)
    request = dataclasses.replace(request, draws=request.draws or usual_draws(subject.design.days))
    request.out.mkdir(parents=True, exist_ok=True)
    dates = subject.design.dates
    say(
        f"{subject.card.title}: {len(dates)} days, {dates[0].date()} to {dates[-1].date()}; priors {subject.priors.name}."
    )
    say(book_sentence(subject))
    say(mechanism_sentence(subject.card.mechanisms))
    for use in sight(subject.panel).uses:
        say(f"Vendors of {use.sentence}")
    timer.lap("data")
    with worker_processes() as workers:
        _fit(subject, request, workers, timer, say)
    if any(s.strength > 0.0 for s in subject.card.evidence):
        _weigh_evidence(request, say)
    return request.out


def _fit(subject: Subject, request: Request, workers: Executor, timer: Timer, say: Say) -> None:
    """Gate, compile, sample every reading, decompose, write."""
    from model.results import Results, write_results

    chosen = readings(subject, request.dating)
    say("Running the causal gate and compiling the model ...")
    job = workers.submit(gate_job, subject.design, request.seed)
    workers.submit(kernel_job)
    priors = _prior_jobs(chosen, subject, request, workers)
    from model.fit import Sampler

    sampler = Sampler(subject.design, subject.priors, subject.base_shares)
    timer.lap("compile")
    gate = job.result().accept(request.accept_gate or subject.card.gate_reason)
    timer.lap("gate")
    (request.out / "gate.json").write_text(gate.to_json(), encoding="utf-8")
    say(f"Causal gate: {gate.verdict}. {' '.join(gate.reasons)}")
    gate.require(gate.accepted_reason)
    results = Results(request, subject, gate)
    for reading in chosen:
        _sample(sampler, reading, request, results, say)
        timer.lap(f"sample {reading.name}")
    results.finish(priors, workers, say)
    timer.lap("decomposition")
    write_results(results, workers, timer, say)


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
    from model.evidence.report import apply_evidence, write_evidence
    from model.products import DECOMPOSED_DRAWS
    from model.reopen import reopen

    say("Weighing the draws by the card's evidence ...")
    opened = reopen(request.out, request.panel)
    applied = apply_evidence(opened, None, DECOMPOSED_DRAWS, request.seed, say)
    write_evidence(applied, opened)
    for reading, a in applied.items():
        found = f"in conflict: {', '.join(a.weighed.conflicts)}" if a.weighed.conflicts else "no conflict"
        say(f"  {reading}: Pareto k {a.weighed.weights.pareto_k:.2f}, {found}. See evidence.json.")


def _sample(sampler, reading: Reading, request: Request, results, say: Say) -> None:
    from model.fit import Settings, sample_until_mixed

    assert request.draws is not None, "run() has settled it"
    settings = Settings(request.chains, request.draws, request.tune, request.seed)
    say(f"Sampling: {reading.title} ...")
    trace, diagnostics = sample_until_mixed(sampler, reading.design, settings, say, reading.use_positions)
    say(f"  {diagnostics.sentence}")
    results.add(reading, trace, diagnostics)


def require_converged(diagnostics: dict[str, Any]) -> None:
    """Raise unless every reading converged."""
    failed = [n for n, d in diagnostics.items() if not d.passed]
    if failed:
        raise ConvergenceError(
            f"Not converged: {', '.join(failed)}. Files are written for inspection, nothing is reported.",
            "Use more --tune and --draws, or informative --priors.",
        )


def tree_of(groups: dict[str, xr.Dataset]) -> xr.DataTree:
    """A tree from path to dataset."""
    return xr.DataTree.from_dict({f"/{k}": v for k, v in groups.items()})
