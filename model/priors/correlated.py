r"""Correlated priors: one normal distribution of many parameters on the unconstrained scale, written to TOML and back.

Every parameter is mapped to the whole real line (logs, logits, log ratios of shares), where a posterior is close to
normal; mean and covariance there are the prior set's ``[joint]`` table. The forgetting factor :math:`\delta \in (0, 1]`
divides the covariance, so 1 keeps all that was learned and 0.25 doubles every standard deviation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.linalg import solve_triangular

from model.errors import PriorError
from model.toml_table import Table

IDENTITY, LOG, INTERVAL, RATIOS = "identity", "log", "interval", "log_ratios"
MAPS = (IDENTITY, LOG, INTERVAL, RATIOS)


@dataclass(frozen=True)
class Entry:
    """One parameter's place in the vector.

    Attributes
    ----------
    name : str
    map : str
        In :data:`MAPS`.
    shape : tuple of int
        Of the parameter; log ratios take one less on the last axis.
    low, high : float
        Bounds of an ``interval``.
    """

    name: str
    map: str
    shape: tuple[int, ...] = ()
    low: float = 0.0
    high: float = 1.0

    @property
    def size(self) -> int:
        """Numbers on the unconstrained scale."""
        free = (*self.shape[:-1], self.shape[-1] - 1) if self.map == RATIOS else self.shape
        return int(np.prod(free, dtype=int))


@dataclass(frozen=True)
class Joint:
    """A normal distribution of named parameters. ``mean (n,)``, ``cholesky (n, n)`` lower."""

    entries: tuple[Entry, ...]
    mean: np.ndarray
    cholesky: np.ndarray
    members: Mapping[str, tuple[str, ...]]

    @property
    def names(self) -> tuple[str, ...]:
        """Parameters that the joint distribution covers."""
        return tuple(e.name for e in self.entries)

    def log_density(self, z: np.ndarray) -> np.ndarray:
        """Log density on the unconstrained scale. ``(..., n) -> (...)``."""
        flat = np.atleast_2d(np.asarray(z, float))
        y = solve_triangular(self.cholesky, (flat - self.mean).T, lower=True)
        const = -0.5 * len(self.mean) * np.log(2.0 * np.pi) - np.log(np.diag(self.cholesky)).sum()
        return (const - 0.5 * (y**2).sum(axis=0)).reshape(np.shape(z)[:-1])

    def draw(self, count: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Draws of the parameters, each ``Shape: (count, ...)``."""
        z = self.mean + rng.standard_normal((count, len(self.mean))) @ self.cholesky.T
        return {e.name: constrain(e, part, np) for e, part in zip(self.entries, self.split(z), strict=True)}

    def split(self, z):
        """The vector's pieces, entry by entry; works on symbolic vectors too."""
        out, start = [], 0
        for e in self.entries:
            out.append(z[..., start : start + e.size])
            start += e.size
        return out


def unconstrain(e: Entry, x: np.ndarray) -> np.ndarray:
    """Draws of a parameter on the whole real line. ``(S, *shape) -> (S, size)``."""
    x = np.asarray(x, float)
    if e.map == LOG:
        x = np.log(x)
    elif e.map == INTERVAL:
        u = (x - e.low) / (e.high - e.low)
        x = np.log(u) - np.log1p(-u)
    elif e.map == RATIOS:
        x = np.log(x[..., :-1]) - np.log(x[..., -1:])
    return x.reshape(len(x), -1)


def constrain(e: Entry, z, xp):
    """The inverse of :func:`unconstrain`, for NumPy draws ``(S, size)`` or one symbolic vector ``(size,)``."""
    lead = z.shape[:-1] if xp is np else ()
    if e.map == LOG:
        z = xp.exp(z)
    elif e.map == INTERVAL:
        z = e.low + (e.high - e.low) / (1.0 + xp.exp(-z))
    elif e.map == RATIOS:
        z = z.reshape((*lead, *e.shape[:-1], e.shape[-1] - 1))
        last = xp.zeros_like(z[..., :1])
        full = xp.exp(xp.concatenate([z, last], axis=-1))
        return full / full.sum(axis=-1, keepdims=True)
    return z.reshape((*lead, *e.shape))


def learn(
    draws: Mapping[str, np.ndarray],
    entries: tuple[Entry, ...],
    forgetting: float,
    members: Mapping[str, tuple[str, ...]],
) -> Joint:
    """Mean and covariance of draws on the unconstrained scale, covariance divided by the forgetting factor.

    Parameters
    ----------
    draws : mapping
        Each ``Shape: (S, ...)``.
    entries : tuple of Entry
    forgetting : float
        In (0, 1].
    members : mapping
        Names of the members of each vector's dimension, checked when the set is used.

    Raises
    ------
    PriorError
        If the factor is impossible or there are too few draws for the covariance.
    """
    if not 0.0 < forgetting <= 1.0:
        raise PriorError(f"Forgetting factor {forgetting}.", "Give a number in (0, 1]; 1 forgets nothing.")
    z = np.concatenate([unconstrain(e, draws[e.name]) for e in entries], axis=1)
    if len(z) < 4 * z.shape[1]:
        raise PriorError(f"{len(z)} draws for {z.shape[1]} numbers.", "Use at least four draws per number.")
    cholesky = np.linalg.cholesky(np.cov(z.T).reshape(z.shape[1], -1) / forgetting)
    return Joint(entries, z.mean(axis=0), cholesky, dict(members))


def to_table(joint: Joint) -> dict[str, Any]:
    """The distribution as plain numbers for TOML; 17 digits, so that it comes back exactly."""
    rows = [[float(v) for v in row[: i + 1]] for i, row in enumerate(joint.cholesky)]
    return {
        "members": {k: list(v) for k, v in joint.members.items()},
        "entries": [
            {"name": e.name, "map": e.map, "shape": list(e.shape), "low": float(e.low), "high": float(e.high)}
            for e in joint.entries
        ],
        "mean": [float(v) for v in joint.mean],
        "cholesky": rows,
    }


def from_table(t: Table) -> Joint:
    """Read what :func:`to_table` wrote, the table ``[joint]``.

    Raises
    ------
    PriorError
        If the table is incomplete or its numbers do not fit together.
    """
    entries = tuple(e.into(Entry) for e in t.tables("entries"))
    mean = np.array(t.get("mean", tuple[float, ...]))
    rows = t.get("cholesky", tuple[tuple[float, ...], ...])
    members = t.get("members", dict[str, tuple[str, ...]], {})
    t.done()
    known = all(e.map in MAPS and min(e.shape, default=1) > 0 and e.low < e.high for e in entries)
    known = known and all(e.shape for e in entries if e.map == RATIOS)
    size = sum(e.size for e in entries) if known else -1
    good = size == len(mean) == len(rows) and all(
        len(row) == i + 1 > 0 < row[i] for i, row in enumerate(rows)
    )
    if not good:
        t.refuse(
            "entries", f"describe {size} numbers, mean and cholesky {len(mean)} and {len(rows)}, or impossible ones",
            "Write the table with scripts/update_priors.py.",
        )  # fmt: skip
    cholesky = np.zeros((size, size))
    for i, row in enumerate(rows):
        cholesky[i, : i + 1] = row
    return Joint(entries, mean, cholesky, members)


def from_standard(joint: Joint, z: np.ndarray) -> dict[str, np.ndarray]:
    """Parameters of draws of the standard vector. ``(S, n)`` to ``(S, ...)`` each."""
    moved = joint.mean + z @ joint.cholesky.T
    return {e.name: constrain(e, part, np) for e, part in zip(joint.entries, joint.split(moved), strict=True)}
