"""A fit folder made of random numbers whose parts add up exactly: the contract, without sampling."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from model.gate.result import AFTER_SAMPLING, Check, GateResult
from model.mechanisms.components import COMPONENTS
from model.priors.prior_set import load_priors
from model.store import seal

NAMES = tuple(c.name for c in COMPONENTS)
FLOW_PARTS = ("unattributed", *(c.name for c in COMPONENTS if "flow" in c.reaches), "pre_sample")
RETURN_PARTS = ("unattributed", *NAMES, "common_factor", "drift")
TRIGGERS = ("unattributed", *NAMES, "common_factor", "drift", "initial")
EVENT_DAYS = ("2026-02-05", "2026-02-06")
DAYS = pd.bdate_range("2025-12-03", "2026-02-27")
READINGS = ("vendor", "next_day", "no_positions")
OBSERVED = {"2026-02-05": (-434.1, -14.2), "2026-02-06": (371.1, 9.5)}
SCALE = {
    "unattributed": 60.0,
    "basis": 80.0,
    "dealer": 25.0,
    "multi_asset": 70.0,
    "pre_sample": 2.0,
    "initial": 4.0,
}
WANTED = ("impact", *(p for c in COMPONENTS for p in c.priors))
SCALARS = {
    n: p.frozen()
    for n, p in load_priors("literature").parameters.items()
    if n in WANTED and p.dist != "Dirichlet" and not p.items
}
REASON = "sixty days cannot tell the named wrong graphs from this one"


def write_fit(
    folder: Path,
    *,
    verdict: str = "inconclusive",
    reason: str | None = REASON,
    readings: tuple[str, ...] = READINGS,
    samples: int = 400,
    draws: int = 150,
    days: pd.DatetimeIndex = DAYS,
    seed: int = 1,
) -> Path:
    """Write a fit folder."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    flow = rng.normal(-20, 260, len(days)).round(1)
    ret = rng.normal(0, 2.4, len(days))
    for text, (f, r) in OBSERVED.items():
        at = days.get_loc(pd.Timestamp(text))
        flow[at], ret[at] = f, r
    parts = {f"/{r}": _decomposition(rng, flow, ret, days, samples, k) for k, r in enumerate(readings)}
    xr.DataTree.from_dict(parts).to_netcdf(folder / "decomposition.nc", engine="netcdf4")
    groups = {}
    for k, r in enumerate(readings):
        groups |= {f"/{r}/{n}": d for n, d in _posterior(rng, flow, ret, days, samples, draws, k).items()}
    xr.DataTree.from_dict(groups).to_netcdf(folder / "posterior.nc", engine="netcdf4")
    (folder / "gate.json").write_text(gate(verdict, reason).to_json(), encoding="utf-8")
    (folder / "manifest.json").write_text(json.dumps(_manifest(readings)), encoding="utf-8")
    seal(folder)
    return folder


def rewrite_manifest(folder: Path, manifest: dict) -> None:
    """Put another manifest into a fit as if it had been written so."""
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    seal(folder)


def write_verdict(folder: Path, verdict: str, reason: str | None) -> Path:
    """A fit folder whose numbers must never be read."""
    for name in ("decomposition.nc", "posterior.nc", "manifest.json"):
        (folder / name).write_bytes(b"")
    (folder / "gate.json").write_text(gate(verdict, reason).to_json(), encoding="utf-8")
    return folder


def split_exactly(
    rng, observed: np.ndarray, names: tuple[str, ...], samples: int, size: float, rest: str
) -> np.ndarray:
    """Random parts; ``rest`` takes what is left, so that they add up. Shape: (sample, date, part)."""
    values = np.stack(
        [rng.normal(0.15 * observed, size * SCALE.get(n, 60.0), (samples, len(observed))) for n in names],
        axis=-1,
    )
    k = names.index(rest)
    values[..., k] = 0.0
    values[..., k] = observed - values.sum(axis=-1)
    return values


def _decomposition(rng, flow, ret, days, samples: int, k: int) -> xr.Dataset:
    dims = ("sample", "date")
    rest = "directional"
    data = {
        "flow_channel": ((*dims, "flow_part"), split_exactly(rng, flow, FLOW_PARTS, samples, 1.0, rest)),
        "return_channel": (
            (*dims, "return_part"),
            split_exactly(rng, ret, RETURN_PARTS, samples, 0.012, "unattributed"),
        ),
        "flow_trigger": ((*dims, "trigger"), split_exactly(rng, flow, TRIGGERS, samples, 1.0, rest)),
        "return_trigger": (
            (*dims, "trigger"),
            split_exactly(rng, ret, TRIGGERS, samples, 0.012, "unattributed"),
        ),
        "expected_flow": (dims, 0.6 * flow + 30 * k + rng.normal(0, 60, (samples, len(days)))),
        "expected_mean": (dims, 0.6 * flow + 30 * k + rng.normal(0, 15, (samples, len(days)))),
        "observed_flow": (("date",), flow),
        "observed_return": (("date",), ret),
        "prior_latent_basis": (dims, rng.normal(0, 140, (samples, len(days)))),
    }
    for name in NAMES:
        spread = 110 if k == 2 else 70
        data[f"latent_{name}"] = (dims, rng.normal(-20, spread, (samples, len(days))))
    coords = {
        "date": days,
        "flow_part": list(FLOW_PARTS),
        "return_part": list(RETURN_PARTS),
        "trigger": list(TRIGGERS),
    }
    return xr.Dataset(data, coords=coords, attrs={"flow_unit": "USD m", "return_unit": "log-%"})


def _posterior(rng, flow, ret, days, samples: int, draws: int, k: int) -> dict[str, xr.Dataset]:
    before, after = {}, {}
    for j, (name, prior) in enumerate(SCALARS.items()):
        before[name] = (("chain", "draw"), prior.ppf(rng.random((1, 500))))
        width, middle = (0.5 if j % 3 else 1.0), prior.median()
        after[name] = (("chain", "draw"), middle + width * (prior.ppf(rng.random((4, draws))) - middle))
    after |= _kernel(after["response_today"][1], k)
    seen = ("sample", "date")
    again = {
        "flow": (seen, 0.5 * flow + rng.normal(0, 190 + 20 * k, (samples, len(days)))),
        "return": (seen, 0.3 * ret + rng.normal(0, 2.2, (samples, len(days)))),
    }
    stats = {"diverging": (("chain", "draw"), np.zeros((4, draws), dtype=bool))}
    return {
        "posterior": xr.Dataset(after, coords={"fund": ["one", "two"]}),
        "prior": xr.Dataset(before),
        "sample_stats": xr.Dataset(stats),
        "posterior_predictive": xr.Dataset(again, coords={"date": days}),
    }


def _kernel(today: np.ndarray, k: int) -> dict:
    """Kernels of two funds: the first's next-day share falls with the response to today's return, the second's does not."""
    rng = np.random.default_rng(50 + k)
    slope, noise = (today - today.mean()) / today.std(), rng.normal(size=today.shape)
    late = np.stack([0.4 - 0.05 * slope + 0.03 * noise, 0.4 + 0.05 * noise], axis=-1).clip(0.01, 0.98)
    kernel = np.stack([0.99 - late, late, np.full_like(late, 0.01)], axis=-1)[:, :, None]
    return {"kernel": (("chain", "draw", "regime", "fund", "lag"), kernel)}


def gate(verdict: str, reason: str | None) -> GateResult:
    """A gate result with the tables the figures read."""
    nodes = ["factor.one", "factor.two", "stress", "gamma", "volatility", "flow", "return"]
    pairs = [("factor.one[t]", "gamma[t]"), ("factor.two[t]", "volatility[t]"), ("stress[t]", "return[t-1]"),
             ("factor.one[t]", "flow[t-1]"), ("stress[t]", "gamma[t]")]  # fmt: skip
    p = [0.02, 0.3, 0.45, 0.6, 0.9]
    tests = [
        {"statement": f"{a} _||_ {b} | past", "short": f"{a} _||_ {b} | past", "effect": 0.1, "p": q,
         "p_adjusted": q, "violated": verdict == "fail" and q < 0.1, "power": 0.1, "days": 53}
        for (a, b), q in zip(pairs, p, strict=True)
    ]  # fmt: skip
    power = [
        {"wrong_graph": "Edge dropped", "what": "", "statements_broken": 8, "detected": 0.14, "note": ""},
        {
            "wrong_graph": "Basis moves price fully",
            "what": "",
            "statements_broken": 0,
            "detected": 0.01,
            "note": "",
        },
    ]
    checks = [
        Check(
            "data",
            True,
            "60 days; every node has data.",
            [{"node": n, "days": 60, "state": "ok"} for n in nodes],
        ),
        Check("implied independences", verdict != "fail", "0 of 5 violated.", tests),
        Check("power against wrong graphs", False, "0 of 2 wrong graphs would be found.", power),
        Check("identification", None, "1 of 2 effects are identified.", []),
    ]
    reasons = (
        [] if verdict == "pass" else ["None of the wrong graphs would be found in 80 % of such samples."]
    )
    kept = reason if verdict == "inconclusive" else None
    return GateResult(verdict, reasons, kept, checks, "2ea228c2ae0d" * 5, "d2691f09e68a" * 5, 7)


def after_sampling(passed: bool | None, readings: tuple[str, ...] = READINGS) -> Check:
    """The check on posterior draws, with ten claims per reading; the first is violated where it fails."""
    rows = [
        {"reading": r, "statement": f"iv_shock[t] _||_ x{k}[t] | past", "short": f"iv_shock[t] _||_ x{k}[t] | past",
         "share_violated": (0.9 if passed is False else 0.2) / (k + 1), "violated": passed is False and k == 0,
         "median_effect": 0.4 / (k + 1), "noticed_from": 0.53, "days": 53}
        for r in readings for k in range(10)
    ]  # fmt: skip
    return Check(AFTER_SAMPLING, passed, "What the draws say about x0.", rows)


def _manifest(readings: tuple[str, ...]) -> dict:
    diagnostics = {
        "r_hat_max": 1.004,
        "ess_bulk_min": 1433.0,
        "ess_tail_min": 1204.0,
        "divergences": 0,
        "seconds": 9.3,
    }
    rows = [
        {"parameter": n, "reading": r, "prior_sd": 1.0, "posterior_sd": s,
         "verdict": "identified" if s < 0.94 else "not identified by these data"}
        for r in readings
        for n, s in (("dealer_sign", 0.99), ("basis_scale", 0.6), ("multi_asset_share", 1.0), ("impact", 0.8),
                     *((f"{q}:{p}:{d}", w) for q in ("flow", "return") for d in EVENT_DAYS
                       for p, w in (("basis", 0.97), ("dealer", 0.99), ("unattributed", 0.2),
                                    ("multi_asset+directional", 0.4))))
    ]  # fmt: skip
    return {
        "event": "2026-02-05",
        "title": "A fall of the price on record volume",
        "days": list(EVENT_DAYS),
        "window": ["2025-12-01", "2026-02-27"],
        "dates": ["2025-12-01", "2026-02-27"],
        "arguments": {"event": "2026-02-05", "dating": "both", "chains": "4", "draws": "150", "panel": None},
        "seed": 7,
        "option_fund": "one",
        "priors": "literature",
        "versions": {"pymc": "6.4", "numpy": "2.3"},
        "hashes": {
            "data": "ab12cd34ef56" * 5,
            "priors": "77aa" * 16,
            "graph": "d2691f09e68a" * 5,
            "design": "99" * 32,
        },
        "supplied": [
            "etf_volume",
            "implied_vol",
            "future",
            "future_days",
            "short",
            "long",
            "spread",
            "open_interest",
        ],
        "diagnostics": {r: diagnostics | {"passed": True, "worst": "r_hat impact"} for r in readings},
        "checks": {"converged": True, "vendor: parts sum to the observed within 1e-9": True},
        "identification": rows,
        "seconds": {"data": 0.4, "gate": 20.0},
    }


def write_surroundings(folder: Path, days: pd.DatetimeIndex = DAYS, seed: int = 3) -> Path:
    """What a fit leaves of the panel around it: series, a week of positions, a barrier and a book."""
    rng = np.random.default_rng(seed)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    price = 70e3 * np.exp(np.cumsum(rng.normal(0, 0.02, len(days))))
    series = {
        "price": ("Price", "USD", price),
        "premium": ("Futures premium", "% of price", rng.normal(0.3, 0.1, len(days))),
        "implied_vol": ("Implied volatility", "vol points", rng.normal(50, 5, len(days))),
        "stress": ("Stress index", "points", rng.normal(18, 2, len(days))),
    }
    hedging = {
        f"{s}:{p}": -10.0
        for s in ("etf", "crypto", "notes", "all")
        for p in ("gamma", "vanna", "knock_in", "total")
    }
    book = {
        "title": "A book",
        "sha256": "42" * 32,
        "day": EVENT_DAYS[0],
        "spot": 73e3,
        "vol": 52.9,
        "share": 41.6,
        "returns": [-10.0, 0.0, 10.0],
        "spots": [66e3, 73e3, 80e3],
        "demand": {k: [-1.0, 0.0, 1.0] for k in ("etf", "crypto", "note")},
        "strikes": [{"venue": "etf", "strike": 7e4, "shown": 40.0, "gamma": 5.0}],
        "notes": [
            {
                "name": "a note",
                "level": 76e3,
                "shown": 43.6,
                "status": "seed",
                "gone": "2026-02-03",
                "notional": [5.0, 50.0, 200.0],
            }
        ],
        "hedging": {
            "days": [EVENT_DAYS[0]],
            "cases": {c: [hedging] for c in ("low", "mid", "high")},
            "breaches": [
                {"case": c, "note": "a cluster", "day": EVENT_DAYS[0], "usd_m": -x}
                for c, x in (("mid", 1.9), ("high", 6.2))
            ],
        },
    }
    content = {
        "data": manifest["hashes"]["data"],
        "underlying": "X",
        "option_fund": "One",
        "dates": [str(d.date()) for d in days],
        "series": {
            k: {"title": t, "unit": u, "values": v.round(3).tolist()} for k, (t, u, v) in series.items()
        },
        "factors": {"Factor": rng.normal(0, 1, len(days)).round(3).tolist()},
        "weeks": [{"days": [3, 4, 5, 6, 7], "change": -2.0}],
        "barriers": [
            {
                "barrier": 43.6,
                "title": "a note",
                "source": "a source",
                "crossed": "2026-02-03",
                "close": 43.3,
            },
            {"barrier": 38.5, "title": "a cluster", "source": "a guess", "crossed": None, "close": None},
        ],
        "books": [book],
    }
    path = folder / "surroundings.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path
