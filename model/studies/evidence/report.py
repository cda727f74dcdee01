"""Apply a card's evidence to a stored fit: weights, refit when they fail, conflicts, and what changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from model.attribution.decompose import to_dataset
from model.design.subject import Say
from model.errors import ConvergenceError, DataError
from model.events.statements import Statement
from model.inference.bridge import log_ratio
from model.inference.draws import Draws
from model.inference.sample import Settings
from model.report.runs import leave, of_evidence
from model.store import EVIDENCE, changing, write_csv, write_result, write_tree
from model.studies.evidence.refit import Tilt, sample_tilted, tilt_towards
from model.studies.evidence.weigh import DISAGREEMENT, Proposal, Weighed, at_strength, weigh
from model.studies.evidence.weights import MAX_K, resample
from model.studies.reopen import Opened, event_rows, same_priors

LEVELS = (0.055, 0.5, 0.945)
SEED_STEP = 77
REFITS = 2
"""A tilt moves each parameter by at most a standard deviation and a half; a second one starts from there."""


@dataclass(frozen=True)
class Applied:
    """One reading under the evidence: weights, whether a refit was needed, and the decomposition."""

    weighed: Weighed
    refitted: bool
    k_before_refit: float
    data_only: xr.Dataset
    with_evidence: xr.Dataset


def apply_evidence(
    opened: Opened, strength: float | None, draws: int, seed: int, say: Say, *, may_refit: bool = True
) -> dict[str, Applied]:
    """Weigh the draws of every dating.

    Parameters
    ----------
    opened : Opened
    strength : float, optional
        Replaces every statement's strength.
    draws : int
    seed : int
    say : callable
    may_refit : bool

    Raises
    ------
    DataError
        If the card has no evidence.
    ConvergenceError
        If Pareto k stays above its bound after a refit.
    """
    statements = at_strength(opened.subject.card.evidence, strength)
    if not statements:
        raise DataError("The event card has no evidence.", "Add [[evidence]] entries; see data/README.md.")
    return {r: _apply(opened, r, statements, draws, seed, say, may_refit) for r in opened.datings}


def _apply(
    opened: Opened,
    reading: str,
    statements: tuple[Statement, ...],
    count: int,
    seed: int,
    say: Say,
    may_refit: bool,
) -> Applied:
    r = opened.readings[reading]
    multiplier = opened.subject.panel.universe.future.multiplier
    draws = opened.draws(reading, count)
    first = weigh(draws, r.design, statements, r.use_positions, seed, multiplier)
    weighed, k = first, first.weights.pareto_k
    if not first.weights.reliable:
        if not may_refit:
            raise ConvergenceError(f"{reading}: Pareto k is {k:.2f}, above {MAX_K}.", "Allow the refit.")
        left = first.weights.effective
        say(f"{reading}: Pareto k is {k:.2f} (bound {MAX_K}), {left:.0f} effective draws.")
        say("  Sampling again, tilted towards the evidence ...")
        weighed = _refit(opened, reading, first, draws, statements, count, seed, say)
    rows = event_rows(opened)
    data_only = to_dataset(first.parts, r.design, rows)
    chosen = resample(weighed.weights, len(weighed.weights.values), seed)
    with_evidence = to_dataset(weighed.parts, r.design, rows).isel(sample=chosen)
    return Applied(weighed, weighed is not first, k, data_only, with_evidence)


def _refit(
    opened: Opened,
    reading: str,
    first: Weighed,
    own: Draws,
    statements: tuple[Statement, ...],
    count: int,
    seed: int,
    say: Say,
) -> Weighed:
    """Sample again, tilted to where the weights point; where that is not far enough, tilt once more from there."""
    same_priors(opened)
    r = opened.readings[reading]
    a = opened.fit.manifest["arguments"]
    multiplier = opened.subject.panel.universe.future.multiplier
    weighed, draws, tilts = first, own, list[Tilt]()
    for attempt in range(REFITS):
        tilts.append(tilt_towards(draws, weighed.log_weights, opened.subject.priors))
        say(f"  tilting {', '.join(tilts[-1].names) or 'nothing'}")
        settings = Settings(int(a["chains"]), int(a["draws"]), int(a["tune"]), seed + SEED_STEP + attempt)
        draws, diagnostics = sample_tilted(opened, reading, tilts, settings, 4 * count, say)
        say(f"  {diagnostics.sentence}")
        if not diagnostics.mixed:
            raise ConvergenceError(
                f"{reading}: the refit for the evidence did not converge; its weights would mean nothing.",
                "Weaken the evidence, or fit with more --draws and --tune first.",
            )
        tilt, own_tilt = (np.sum([t.log_density(d) for t in tilts], axis=0) for d in (draws, own))
        proposal = Proposal(tilt, log_ratio(tilt, own_tilt), first.findings)
        weighed = weigh(draws, r.design, statements, r.use_positions, seed, multiplier, proposal)
        if weighed.weights.reliable:
            return weighed
        say(f"  Pareto k is {weighed.weights.pareto_k:.2f}, {weighed.weights.effective:.0f} effective draws.")
    raise ConvergenceError(
        f"{reading}: Pareto k is {weighed.weights.pareto_k:.2f} after {REFITS} refits; no draw of model and data comes "
        "near enough to the evidence for its weight to be known.",
        "Weaken the statements in conflict, or reconsider the model.",
    )


def summary(applied: dict[str, Applied]) -> dict[str, Any]:
    """Plain numbers for ``evidence.json``."""
    return {
        reading: {
            "pareto_k": a.weighed.weights.pareto_k,
            "pareto_k_before_refit": a.k_before_refit,
            "refitted": a.refitted,
            "effective_draws": a.weighed.weights.effective,
            "draws": len(a.weighed.weights.values),
            "agreement": a.weighed.agreement,
            "contradict_each_other": bool(a.weighed.agreement < DISAGREEMENT),
            "conflicts": a.weighed.conflicts,
            "statements": a.weighed.findings,
        }
        for reading, a in applied.items()
    }


def changes(applied: dict[str, Applied]) -> pd.DataFrame:
    """The event's days by channel, without and with the evidence."""
    rows = []
    for reading, a in applied.items():
        for kind, dim, unit in (
            ("flow_channel", "flow_part", "USD m"),
            ("return_channel", "return_part", "log-%"),
        ):
            for day in a.data_only["date"].to_numpy():
                for part in a.data_only[dim].to_numpy():
                    at = {"date": day, dim: part}
                    x, y = (ds[kind].sel(at).to_numpy() for ds in (a.data_only, a.with_evidence))
                    (l0, m0, h0), (l1, m1, h1) = np.quantile(x, LEVELS), np.quantile(y, LEVELS)
                    rows.append({
                        "reading": reading, "day": str(pd.Timestamp(day).date()), "quantity": kind.split("_")[0],
                        "unit": unit, "part": str(part), "low": l0, "median": m0, "high": h0,
                        "evidence_low": l1, "evidence_median": m1, "evidence_high": h1,
                    })  # fmt: skip
    return pd.DataFrame(rows)


def write_evidence(applied: dict[str, Applied], opened: Opened) -> list[str]:
    """Write ``evidence.json``, ``evidence.nc`` and ``tables/evidence.csv``."""
    folder = opened.fit.folder
    content = {"readings": summary(applied)}
    write_result(EVIDENCE, content, folder, opened.fit.manifest)
    trees = {f"/{r}": a.with_evidence.reset_coords(drop=True) for r, a in applied.items()}
    said, tree, table = (folder / n for n in ("evidence.json", "evidence.nc", "tables/evidence.csv"))
    table.parent.mkdir(exist_ok=True)
    with changing(folder, tree, table):
        write_tree(xr.DataTree.from_dict(trees), tree)
        write_csv(changes(applied), table)
    files = [said, tree, table]
    return [str(p) for p in [*files, *leave(of_evidence(content), folder, opened.fit.manifest)]]
