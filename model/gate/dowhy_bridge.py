"""The only module that touches dowhy: graphs and data go in, typed plain results come out.

dowhy answers by falling open in several places; here each becomes an explicit value:

* ``RejectionResult`` members and ``CausalRefutation`` objects are truthy whatever they say;
* a graph with latent nodes or no implied independence yields ``falsified=None``, or "test passed" with
  nothing tested;
* a p-value that could not be computed counts as "independence satisfied";
* integer columns are silently tested with another method, absent columns silently become unobserved;
* an effect that is not identified gives estimands that are ``None``, not an error;
* hidden variables are offered as instruments.

dowhy draws from the global NumPy generator and logs at length: both are put back as found.
"""

from __future__ import annotations

import logging
import random
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd

from model.errors import DataError
from model.gate.independences import Independence
from model.gate.partial import partial_effect


@dataclass(frozen=True)
class GraphTest:
    """What dowhy's graph refuter says about a list of independences."""

    asked: int
    answered: int
    satisfied: int


@dataclass(frozen=True)
class Identified:
    """dowhy's identification of one effect; ``method`` is None when no estimand exists."""

    method: str | None
    adjustment: tuple[str, ...] = ()
    instruments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Estimate:
    """A linear adjustment estimate and what the refuters made of it; units are standard deviations."""

    value: float
    error: float
    placebo: float
    placebo_p: float
    random_cause: float
    subset: float
    bootstrap: float
    robustness: float


@contextmanager
def contained(seed: int) -> Iterator[None]:
    """Seed the global generators for dowhy, keep it quiet, and put everything back."""
    numpy_state, python_state = np.random.get_state(), random.getstate()  # noqa: NPY002
    logger = logging.getLogger("dowhy")
    level, disabled = logger.level, logging.root.manager.disable
    np.random.seed(seed % 2**32)  # noqa: NPY002
    random.seed(seed)
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        np.random.set_state(numpy_state)  # noqa: NPY002
        random.setstate(python_state)
        logger.setLevel(level)
        logging.disable(disabled)


def disagreements(world: nx.DiGraph, statements: Sequence[Independence]) -> list[Independence]:
    """Statements that dowhy's own d-separation does not find in the graph."""
    with contained(0):
        from dowhy.graph import check_dseparation  # dowhy takes two seconds

        return [
            s
            for s in statements
            if check_dseparation(_ancestral(world, s), [s.x], [s.y], list(s.given)) is not True
        ]


def refute_graph(
    world: nx.DiGraph, frame: pd.DataFrame, statements: Sequence[Independence], seed: int
) -> GraphTest:
    """dowhy's graph refuter (plain partial correlations at 5 %) on our statements: context, it decides
    nothing.

    Raises
    ------
    DataError
        A statement names a column the frame does not have.
    """
    names = sorted({n for s in statements for n in (s.x, s.y, *s.given)})
    data = _complete(frame, names)
    if not statements or len(data) < len(names) + 5:
        return GraphTest(len(statements), 0, 0)
    with contained(seed):
        from dowhy import CausalModel  # dowhy takes two seconds
        from dowhy.causal_refuters.graph_refuter import GraphRefuter

        CausalModel(data, statements[0].x, statements[0].y, graph=_with_latents(world, names))
        refuter = GraphRefuter(data)
        refuter.refute_model([(s.x, s.y, tuple(s.given)) for s in statements])
        found = [r for r in refuter._results.values() if r[0] is not None and np.isfinite(r[0])]
    return GraphTest(len(statements), len(found), sum(bool(r[1] == True) for r in found))  # noqa: E712


def identify(graph: nx.DiGraph, cause: str, effect: str, observed: Sequence[str]) -> Identified:
    """Ask dowhy whether adjustment, an instrument or a front door identifies the effect in a small graph.

    Parameters
    ----------
    graph : networkx.DiGraph
        Latents explicit; keep it small, dowhy searches all subsets.
    cause, effect : str
    observed : sequence of str
        Everything else is latent, whatever the data hold.
    """
    with contained(0):
        from dowhy.causal_identifier import identify_effect_auto  # dowhy takes two seconds
        from dowhy.causal_identifier.auto_identifier import BackdoorAdjustment, EstimandType

        estimand = identify_effect_auto(
            graph,
            [cause],
            [effect],
            list(observed),
            EstimandType.NONPARAMETRIC_ATE,
            backdoor_adjustment=BackdoorAdjustment.BACKDOOR_MAX,
        )
    return read_estimand(estimand, observed)


def read_estimand(estimand: Any, observed: Sequence[str]) -> Identified:
    """The first estimand that is not None and rests on observed variables only."""
    found = {k for k, v in estimand.estimands.items() if v is not None}
    if "backdoor" in found:
        return Identified("adjustment", tuple(sorted(estimand.backdoor_variables["backdoor"])))
    instruments = tuple(sorted(set(estimand.instrumental_variables or ()) & set(observed)))
    if "iv" in found and instruments:
        return Identified("instrument", instruments=instruments)
    if "frontdoor" in found:
        return Identified("front door", tuple(sorted(estimand.frontdoor_variables)))
    return Identified(None)


def estimate(
    frame: pd.DataFrame,
    cause: str,
    effect: str,
    adjustment: Sequence[str],
    seed: int,
    simulations: int,
    subset: float,
) -> Estimate:
    """Linear adjustment estimate with dowhy's refuters.

    Raises
    ------
    DataError
        Too few complete days, or a column is absent.
    """
    data = _complete(frame, [cause, effect, *adjustment])
    if len(data) < len(adjustment) + 12:
        raise DataError(f"{len(data)} complete days for {cause} -> {effect}.", "Give a longer panel.")
    names = {name: f"v{i}" for i, name in enumerate(data.columns)}
    data = data.rename(columns=names)
    with contained(seed):
        from dowhy import CausalModel  # dowhy takes two seconds

        arrows = [(names[z], names[v]) for z in adjustment for v in (cause, effect)]
        graph = nx.DiGraph([*arrows, (names[cause], names[effect])])
        model = CausalModel(data, names[cause], names[effect], graph=graph)
        estimand = model.identify_effect(proceed_when_unidentifiable=True, method_name="maximal-adjustment")
        found = model.estimate_effect(estimand, method_name="backdoor.linear_regression")
        return _refuted(model, estimand, found, [names[z] for z in adjustment], seed, simulations, subset)


def _refuted(model, estimand, found, causes, seed: int, simulations: int, subset: float) -> Estimate:
    def refute(method: str, **kwargs: Any) -> Any:
        options = {"num_simulations": simulations, "n_jobs": 1, "random_state": seed % 2**31, **kwargs}
        return model.refute_estimate(estimand, found, method_name=method, **options)

    placebo = refute("placebo_treatment_refuter", placebo_type="permute")
    return Estimate(
        value=float(found.value),
        error=float(np.ravel(found.get_standard_error())[0]),
        placebo=float(placebo.new_effect),
        placebo_p=_p_value(placebo),
        random_cause=float(refute("random_common_cause").new_effect),
        subset=float(refute("data_subset_refuter", subset_fraction=subset).new_effect),
        # Named in order: dowhy would add noise to a set of names, whose order is another one in every process.
        bootstrap=float(refute("bootstrap_refuter", required_variables=causes or True).new_effect),
        robustness=_robustness(found, model._data, causes),
    )


def _robustness(found, data: pd.DataFrame, causes: Sequence[str]) -> float:
    """Robustness value (Cinelli and Hazlett 2020) against an unobserved confounder, from dowhy."""
    if not causes:
        return float("nan")
    from dowhy.causal_refuters.add_unobserved_common_cause import (  # dowhy takes two seconds
        sensitivity_linear_partial_r2,
    )

    analysis = sensitivity_linear_partial_r2(
        data,
        found,
        found.estimator._target_estimand.treatment_variable,
        frac_strength_treatment=[1.0],
        benchmark_common_causes=[causes[0]],
        significance_level=0.05,
        null_hypothesis_effect=0.0,
        plot_estimate=False,
    )
    return float(analysis.stats["robustness_value"])


def _p_value(refutation) -> float:
    result = refutation.refutation_result
    return float(np.ravel(result["p_value"])[0]) if result is not None else float("nan")


def falsify(dag: nx.DiGraph, frame: pd.DataFrame, seed: int, permutations: int = 20) -> dict[str, Any]:
    """dowhy's permutation test of a graph of observed variables, with a linear test: context, slow.

    Returns
    -------
    dict
        ``violations``, ``tests``, ``p`` and the three-valued ``falsified`` and ``falsifiable``.
    """
    data = _complete(frame, list(dag.nodes))
    with contained(seed):
        from dowhy.gcm.falsify import FalsifyConst, falsify_graph  # dowhy takes two seconds

        found = falsify_graph(
            dag,
            data,
            independence_test=_correlation_p,
            conditional_independence_test=_correlation_p,
            n_permutations=permutations,
            n_jobs=1,
            show_progress_bar=False,
            allow_data_subset=False,
        )
        local = found.summary.get(FalsifyConst.VALIDATE_LMC, {})
    return {
        "violations": local.get(FalsifyConst.GIVEN_VIOLATIONS),
        "tests": local.get(FalsifyConst.N_TESTS),
        "p": local.get(FalsifyConst.P_VALUE),
        "falsified": read_flag(found.falsified),
        "falsifiable": read_flag(found.falsifiable),
    }


def read_flag(value: Any) -> bool | None:
    """True, False or None from what dowhy calls a result; anything else is None, never its truth value."""
    name = getattr(value, "name", None)
    if name in ("REJECTED", "NOT_REJECTED"):
        return name == "REJECTED"
    return bool(value) if isinstance(value, bool | np.bool_) else None


def _correlation_p(x: np.ndarray, y: np.ndarray, z: np.ndarray | None = None) -> float:
    constant = np.ones((len(x), 1))
    given = constant if z is None else np.column_stack([constant, z])
    _, p = partial_effect(np.ravel(x)[None], np.ravel(y)[None], given[None])
    return float(np.nan_to_num(p[0], nan=1.0))


def _complete(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    absent = [n for n in names if n not in frame]
    if absent:
        raise DataError(
            f"No column {', '.join(absent)}.", "Supply it, or take the variable out of the graph."
        )
    return frame[list(names)].astype(float).dropna().reset_index(drop=True)


def _ancestral(world: nx.DiGraph, statement: Independence) -> nx.DiGraph:
    """The part of the graph that decides about one statement."""
    kept = {statement.x, statement.y, *statement.given}
    for name in list(kept):
        kept |= nx.ancestors(world, name)
    return nx.DiGraph(world.subgraph(kept).edges)


def _with_latents(world: nx.DiGraph, observed: Sequence[str]) -> nx.DiGraph:
    graph = nx.DiGraph(world.edges)
    nx.set_node_attributes(graph, {n: "yes" if n in observed else "no" for n in graph}, "observed")
    return graph
