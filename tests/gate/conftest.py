"""A small market whose graph is known: drawn worlds, frames and thresholds that make runs short."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest

from model.gate import gate_frame, load_graph, load_thresholds
from model.gate.graph import Graph, build_graph
from model.gate.world import World, draw

FACTORS = ("a", "b")
TRUTH = {
    ("stress", 0, "multi_asset"): -0.3,
    ("factor.a", 0, "multi_asset"): 0.2,
    ("factor.b", 0, "multi_asset"): 0.1,
    ("stress", 0, "basis"): -0.3,
    ("factor.a", 0, "return"): 0.4,
    ("factor.b", 0, "return"): 0.1,
    ("gamma", 0, "return"): 0.0,
    ("volatility", 0, "return"): 0.0,
    ("basis", 0, "return"): 0.05,
    ("multi_asset", 0, "return"): 0.15,
    ("directional", 0, "return"): 0.15,
    ("basis", 0, "flow"): 0.15,
    ("basis", 1, "flow"): 0.1,
    ("basis", 2, "flow"): 0.03,
    ("multi_asset", 0, "flow"): 0.2,
    ("multi_asset", 1, "flow"): 0.1,
    ("multi_asset", 2, "flow"): 0.03,
    ("directional", 0, "flow"): 0.3,
    ("directional", 1, "flow"): 0.15,
    ("directional", 2, "flow"): 0.05,
    ("return", 0, "flow"): 0.25,
    ("return", 1, "flow"): 0.2,
    ("return", 2, "flow"): 0.05,
    ("flow", 1, "directional"): 0.3,
    ("return", 1, "directional"): 0.15,
    ("flow", 1, "return"): 0.12,
    ("return", 1, "return"): -0.15,
    ("return", 0, "iv_change"): -0.45,
    ("return", 0, "premium"): 0.15,
    ("basis", 0, "premium"): -0.1,
    ("futures_demand", 0, "premium"): 0.4,
    ("futures_demand", 0, "basis"): 0.3,
    ("premium", 1, "premium"): 0.6,
    ("gamma", 1, "gamma"): 0.93,
    ("return", 1, "gamma"): -0.2,
    ("volatility", 1, "volatility"): 0.95,
}
SCALES = {
    **dict.fromkeys(
        ("basis", "multi_asset", "directional", "futures_demand", "stress", "factor.a", "factor.b"), 1.0
    ),
    "gamma": 0.3,
    "volatility": 0.3,
    "flow": 0.7,
    "iv_change": 0.85,
    "premium": 0.6,
    "return": 0.8,
}
OUTSIDE = ("factor.a", "factor.b", "stress")
SHARED = np.array([[1.0, 0.6, -0.6], [0.6, 1.0, -0.7], [-0.6, -0.7, 1.0]])


@dataclass(frozen=True)
class Part:
    """A declaration."""

    name: str
    edges: tuple[tuple[str, str], ...]
    latents: tuple[str, ...] = ()


@pytest.fixture(scope="session")
def graph() -> Graph:
    return load_graph("reference").indexed({"factor": FACTORS})


@pytest.fixture(scope="session")
def truth(graph: Graph) -> World:
    return World(
        graph.observed,
        graph.latents,
        TRUTH,
        SCALES,
        (OUTSIDE, SHARED),
        {"return": ("gamma", 0.2)},
        {("return", 0, "flow"): -0.1},
        8.0,
    )


@pytest.fixture(scope="session")
def thresholds():
    """The product's thresholds with fewer draws."""
    return replace(load_thresholds(), null_panels=59, power_panels=50, simulations=4)


@pytest.fixture(scope="session")
def bare(thresholds):
    """No power required and no questions asked: what keeps such a run from passing is the trap alone."""
    return replace(thresholds, questions=(), required=0)


def frame_of(world: World, days: int, seed: int, gaps: bool = True) -> pd.DataFrame:
    """A gate frame drawn from a world, its premium missing near month ends."""
    drawn = draw(world, np.random.default_rng(seed), 1, days)
    daily = pd.DataFrame(
        {k: v[0] for k, v in drawn.items()}, index=pd.bdate_range("2024-01-11", periods=days)
    )
    if gaps:
        daily.loc[daily.index.day > 25, "premium"] = np.nan
    daily["scale"] = np.exp(0.3 * daily.pop("volatility"))
    return gate_frame(daily.rename(columns={"flow": "flow_total"}))


@pytest.fixture(scope="session")
def frame(truth: World) -> pd.DataFrame:
    return frame_of(truth, 700, 7)


@pytest.fixture(scope="session")
def short_frame(truth: World) -> pd.DataFrame:
    return frame_of(truth, 61, 7)


def chain(*edges: tuple[str, str], latents: tuple[str, ...] = ()) -> Graph:
    """A graph from bare edges."""
    return build_graph([Part("part", edges, latents)])
