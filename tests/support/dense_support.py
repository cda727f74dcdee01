"""The oracle of the likelihood: the dense normal of all prints, from the simulator's linear map."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import linalg, stats
from synthetic import PRE_SAMPLE, random_parameters, small_design, with_gaps

from model.inference.arrays import arrays, make_frame
from model.mechanisms.design import PREMIUM_START_VAR
from model.mechanisms.price import residual_var
from model.mechanisms.simulate import replay as simulate
from model.mechanisms.simulate.lines import groups_of, readings_of
from model.mechanisms.simulate.records import Shocks
from tests.proofs.read_latents import read_latents


def small(seed=1, gaps=0.25):
    design = with_gaps(small_design(seed), gaps, seed)
    assert np.isnan(design.flows).any()
    return random_parameters(design, seed), design


def shock_vector(shocks: Shocks, design, use_positions=True):
    """Shocks that the likelihood is about: those that determine the unknowns, then those of measurements."""
    gaps = ~np.isfinite(design.flows) & (design.listed > 0)
    printed = (design.listed > 0) & ~gaps
    gaps[:PRE_SAMPLE] = printed[:PRE_SAMPLE] = False
    gaps[-1] = False  # nothing is about a print that is missing on the last day
    unknown = [shocks.basis, shocks.demand, shocks.futures_demand, shocks.fund_noise[gaps]]
    unknown += [shocks.own[g] for g in groups_of(design)]
    d = arrays(design)
    opens = d["opens"] > 0.0
    seen = [
        shocks.price[PRE_SAMPLE:],
        shocks.night[opens],
        *(
            shocks.error[n][d["measured_seen"][list(design.measured).index(n)] > 0.0]
            for n in readings_of(design)
        ),
        shocks.fund_noise[printed],
        shocks.premium_noise[np.isfinite(design.premium)],
        shocks.positions if use_positions else np.zeros(0),
    ]
    return np.concatenate(unknown), np.concatenate(seen)


def shock_variances(p, design, use_positions=True):
    """Variances in the order of :func:`shock_vector`, from the parameters."""
    scale, day = np.exp(2.0 * p["flow_state"]), np.exp(p["return_tail"] * p["return_state"])
    d = arrays(design)
    innovation = p["premium_total"] ** 2 * (1.0 - p["premium_noise_share"])
    w = np.full(design.days, innovation)
    w[0] = PREMIUM_START_VAR
    return shock_vector(
        Shocks(
            basis=np.full(design.days, p["basis_scale"] ** 2),
            futures_demand=w,
            demand=p["demand_scale"] ** 2 * scale,
            price=residual_var(p, d) * (1.0 - d["opens"] * p["overnight_share"]),
            night=residual_var(p, d) * p["overnight_share"],
            own={
                g: np.array([line.spread(p, g, s) for s in day]) ** 2 for g, line in groups_of(design).items()
            },
            error={n: np.array([r.spread(p, s) for s in day]) ** 2 for n, r in readings_of(design).items()},
            implied_vol=np.zeros(design.days),
            fund_noise=p["fund_noise"] ** 2 * scale[:, None] + design.basket_bn**2,
            premium_noise=np.full(design.days, p["premium_total"] ** 2 * p["premium_noise_share"]),
            positions=np.full(len(design.positions), p["positions_noise"] ** 2),
        ),
        design,
        use_positions,
    )


def prints_of(design, t, use_positions=False):
    """Where the own shocks of day t's prints stand among all shocks. Bool."""
    nothing = np.zeros(design.days)
    marks = np.zeros(design.flows.shape)
    marks[t] = 1.0
    own, error = dict.fromkeys(groups_of(design), nothing), dict.fromkeys(readings_of(design), nothing)
    zero = Shocks(
        basis=nothing, futures_demand=nothing, demand=nothing, price=nothing, night=nothing, own=own, error=error,
        implied_vol=nothing, fund_noise=marks, premium_noise=nothing, positions=np.zeros(len(design.positions)),
    )  # fmt: skip
    return np.concatenate(shock_vector(zero, design, use_positions)) > 0.0


def used_unknowns(frame):
    """Unknowns that stand for something: days with fewer missing prints than others have spare ones."""
    return np.sort(np.concatenate([frame.column.ravel(), frame.missing[frame.missing >= 0]]))


def dense_system(p, design, use_positions=True):
    """Shocks as an affine function of the unknowns: the simulator is asked for one unknown at a time."""
    frame = make_frame(design)
    lines = groups_of(design)
    units = {g: np.array([line.unit(x) for x in arrays(design)["rate"]]) for g, line in lines.items()}

    def ask(unknowns):
        linked, own = (
            unknowns[: len(frame.first)],
            unknowns[len(frame.first) :].reshape(len(lines), design.days),
        )
        latents = read_latents(design, frame, linked)
        latents = latents._replace(own={g: x * units[g] for g, x in zip(lines, own, strict=True)})
        return shock_vector(simulate.extract_shocks(p, design, latents), design, use_positions)

    n = len(frame.first) + len(lines) * design.days
    at_zero = ask(np.zeros(n))
    used = np.concatenate([used_unknowns(frame), np.arange(len(frame.first), n)])
    columns = [ask(e) for e in np.eye(n)[used]]
    slopes = [np.column_stack([c[part] - at_zero[part] for c in columns]) for part in (0, 1)]
    return at_zero, slopes, shock_variances(p, design, use_positions)


def dense_logpdf(p, design, use_positions=True):
    """Joint density of all measurements: shocks are independent, unknowns are a linear map of shocks."""
    (c1, c2), (l1, l2), (v1, v2) = dense_system(p, design, use_positions)
    assert abs(np.linalg.det(l1)) == pytest.approx(1.0, rel=1e-9)
    solve = l2 @ np.linalg.inv(l1)
    cov = solve @ np.diag(v1) @ solve.T + np.diag(v2)
    whitened = linalg.solve_triangular(root := linalg.cholesky(cov, lower=True), solve @ c1 - c2, lower=True)
    return stats.norm.logpdf(whitened).sum() - np.log(np.diag(root)).sum()
