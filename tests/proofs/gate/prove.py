"""The proof of the gate: how often it refuses a true graph, how often it finds a wrong one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from model.gate.checks.alternatives import judge
from model.gate.checks.power import NO_IMPLICATION
from model.gate.graph import Graph
from model.gate.independences import Independence, implied_independences, implies
from model.gate.partial import examine
from model.gate.pilot import fit_pilot
from model.gate.rivals import NAMED, Rival
from model.gate.subject import Subject
from model.report.gate.figures import draw_proof
from model.store import write_csv
from tests.proofs.gate.panels import Panels, harder

CLAIMS = ("flow_causes_return", "no_risk_factors", "volatility_first")
"""Wrong graphs that claim something the model does not: they can be refuted by panels from the model."""
SAVE_EVERY = 20


def prove(subject: Subject, true: int, wrong: int, seed: int, out: Path) -> pd.DataFrame:
    """Run the gate's rule on every panel; each panel gets its own pilot fit and its own null.

    Parameters
    ----------
    subject : Subject
        Length, gaps and moments to imitate; the graph held true.
    true, wrong : int
        Panels from the true graph, and per wrong graph.
    seed : int
    out : Path
        Folder for ``panels.csv`` (resumed if it exists), ``size.csv`` and ``summary.csv``.

    Returns
    -------
    DataFrame
        The summary.
    """
    out.mkdir(parents=True, exist_ok=True)
    path = out / "panels.csv"
    done: list[Any] = pd.read_csv(path).to_dict("records") if path.is_file() else []
    known = {(r["world"], r["claim"], r["panel"]) for r in done}
    rivals = {name: subject.rival(name) for name in {*NAMED, *CLAIMS}}
    for row in _rows(subject, rivals, true, wrong, seed, known):
        done.append(row)
        if len(done) % SAVE_EVERY == 0:
            write_csv(pd.DataFrame(done), path)
    panels = pd.DataFrame(done)
    write_csv(panels, path)
    write_csv(size_table(seed), out / "size.csv")
    table = summarise(panels, subject.graph, rivals, subject.thresholds.max_lag, subject.thresholds.own_lags)
    write_csv(table, out / "summary.csv")
    draw_proof(table, out / "proof.png")
    return table


def _rows(subject: Subject, rivals, true: int, wrong: int, seed: int, known) -> Iterator[dict[str, Any]]:
    world = harder(pilot := fit_pilot(subject.frame, subject.graph))
    jobs: Iterable[tuple[str, str, Graph, int]] = [
        ("model", "model", subject.graph, true),
        *((name, "model", subject.graph, wrong) for name in NAMED),
        *(("model", name, rivals[name].graph, wrong) for name in CLAIMS),
    ]
    for source, claim, graph, count in jobs:
        truth = world if source == "model" else rivals[source].world(world)
        panels = Panels(truth, pilot.missing)
        for i in range(count):
            if (source, claim, i) not in known:
                rng = np.random.default_rng([seed, _number(source), i])
                found = judge(panels.frame(rng), graph, subject.thresholds, rng)
                yield {
                    "world": source,
                    "claim": claim,
                    "panel": i,
                    "violated": found["violated"],
                    "p": found["p"],
                }


def summarise(panels: pd.DataFrame, graph: Graph, rivals: dict[str, Rival], max_lag: int, own_lags: int):
    """Rejection rates with 95 % Clopper-Pearson intervals and, where blind, the reason."""
    rows = []
    for key, group in panels.groupby(["world", "claim"], sort=False):
        world, claim = (str(k) for k in key)
        failed, n = int((group["p"] <= 0.025).sum()), len(group)
        low, high = stats.binomtest(failed, n).proportion_ci(0.95, method="exact")
        held, other = (
            (graph, rivals[world].graph if world in rivals else graph)
            if claim == "model"
            else (rivals[claim].graph, graph)
        )
        statements = implied_independences(held, max_lag, own_lags)
        broken = sum(not implies(other, s) for s in statements)
        rows.append(
            {
                "world": world,
                "graph_held": claim,
                "panels": n,
                "claims": len(statements),
                "claims_broken": broken,
                "rejected": failed,
                "rate": failed / n,
                "low": low,
                "high": high,
                "note": "" if world == claim or broken else NO_IMPLICATION,
            }
        )
    return pd.DataFrame(rows)


def size_table(seed: int, pairs: int = 2000, memory: float = 0.95) -> pd.DataFrame:
    """Independent first-order autoregressions: how often the gate's test calls them dependent at 5 %."""
    lags = tuple(f"{b}[t-{k}]" for b in "xy" for k in (1, 2))
    rows = []
    for days in (150, 550):
        rng = np.random.default_rng([seed, days])
        panels = {b: autoregressions(rng, pairs, days, memory) for b in "xy"}
        p, plain = (
            examine(panels, [Independence("x[t]", "y[t]", given)], Graph((), ()), 20).p[:, 0]
            for given in (lags, ())
        )
        rows.append(
            {"days": days, "pairs": pairs, "gate": np.mean(p < 0.05), "without_lags": np.mean(plain < 0.05)}
        )
    return pd.DataFrame(rows)


def autoregressions(rng: np.random.Generator, count: int, days: int, memory: float) -> np.ndarray:
    """Stationary first-order autoregressions. ``Shape: (count, days)``."""
    out = rng.standard_normal((count, days))
    out[:, 0] /= np.sqrt(1.0 - memory**2)
    for t in range(1, days):
        out[:, t] += memory * out[:, t - 1]
    return out


def _number(name: str) -> int:
    return int.from_bytes(name.encode()[:6])
