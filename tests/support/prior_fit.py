"""A fit folder whose draws come from the prior; everything else is as a fit writes it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import xarray as xr
from synthetic_fit import gate

from model.attribution.decompose import decompose, to_dataset
from model.attribution.replicate import replicate, with_expected
from model.design.subject import Request, load_subject
from model.inference.build import DIMS, coords
from model.inference.draws import Draws, posterior_latents, prior_draws
from model.mechanisms.design import Design
from model.store import file_hash, seal


def chains_of(draws: Draws, design: Design, chains: int = 2) -> xr.Dataset:
    """Draws with the dimensions that a sampler gives them."""
    count = len(draws["impact"]) // chains
    names = {**coords(design), "chain": list(range(chains)), "draw": np.arange(count)}
    dims = {**DIMS, "return_state": ("date",), "flow_state": ("date",)}
    return xr.Dataset(
        {
            k: (("chain", "draw", *dims.get(k, ())), v.reshape(chains, count, *v.shape[1:]))
            for k, v in draws.items()
        },
        coords=names,
    )


def write_prior_fit(out: Path) -> Path:
    """Write the folder."""
    out.mkdir()
    request = Request(event="2026-02-05", out=out, dating="vendor", chains=2, draws=300, tune=1)
    subject = load_subject(request)
    design = subject.design
    draws = prior_draws(subject.priors, design, subject.base_shares, 600, 9)
    tree = {"/vendor/posterior": chains_of(draws, design)}
    xr.DataTree.from_dict(tree).to_netcdf(out / "posterior.nc", engine="netcdf4")
    few = {k: v[:100] for k, v in draws.items()}
    latents, flows = posterior_latents(few, design, True, 1)
    split = to_dataset(decompose(few, latents, flows, design, 1), design, np.arange(2, design.days))
    split = with_expected(split, replicate(few, design, 1))
    xr.DataTree.from_dict({"/vendor": split}).to_netcdf(out / "decomposition.nc", engine="netcdf4")
    (out / "gate.json").write_text(gate("inconclusive", "a reason").to_json())
    manifest = {
        "event": "2026-02-05", "title": subject.card.title,
        "dates": ["2025-12-02", "2026-02-27"], "seed": 1, "identification": [],
        "days": ["2026-02-05", "2026-02-06"],
        "arguments": request.to_json(),
        "hashes": {"design": subject.design_hash, "priors": subject.priors.sha256, "data": subject.panel.sha256},
        "diagnostics": {"vendor": {}}, "files": {"posterior.nc": file_hash(out / "posterior.nc")},
    }  # fmt: skip
    (out / "manifest.json").write_text(json.dumps(manifest))
    seal(out)
    return out
