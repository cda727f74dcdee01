"""A fit folder of random numbers bound together as a fit is: run, checksums, diagnostics of its own draws."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from model.inference.diagnostics import diagnose
from model.inference.sample import DEEPEST
from model.report.tables.tables import tidy_tables
from model.store import file_hash, open_tree, run_id, seal, write_design, write_timing, write_tree
from model.store.seal import FORMAT


def finish(folder: Path, seed: int = 7) -> Path:
    """Bind the folder of :func:`synthetic_fit.write_fit` together."""
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest |= {"format": FORMAT, "seed": seed, "code": "c" * 64}
    manifest["arguments"] |= dict.fromkeys(("priors", "as_of", "accept_gate")) | {
        "tune": "10",
        "seed": str(seed),
    }
    manifest["run"] = run_id(manifest)
    trees = {}
    for name in ("posterior.nc", "decomposition.nc"):
        with open_tree(folder / name) as tree:
            trees[name] = tree.load()
        trees[name].attrs["run"] = manifest["run"]
    rng = np.random.default_rng(seed)
    for reading, tree in trees["posterior.nc"].children.items():
        shape = tree["sample_stats"]["diverging"].shape
        extra = {"n_steps": np.full(shape, 15), "energy": rng.normal(size=shape)}
        stats = (
            tree["sample_stats"].to_dataset().assign({k: (("chain", "draw"), v) for k, v in extra.items()})
        )
        trees["posterior.nc"][f"{reading}/sample_stats"] = stats
        told = diagnose(trees["posterior.nc"].children[reading], 0.0, 1, DEEPEST)
        manifest["diagnostics"][reading] = told.to_dict() | {"passed": True}
    for name, tree in trees.items():
        write_tree(tree, folder / name)
    write_design({"flows": np.arange(6.0).reshape(2, 3), "week": np.arange(3)}, folder)
    (folder / "tables").mkdir(exist_ok=True)
    days = [np.datetime64(d).astype(object) for d in manifest["days"]]
    readings = {r: d.to_dataset() for r, d in trees["decomposition.nc"].children.items()}
    tidy_tables(readings, days)["event"].to_csv(folder / "tables" / "event.csv", index=False)
    manifest["files"] = {n: file_hash(folder / n) for n in (*trees, "gate.json")}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    write_timing({"data": 1.5}, "2026-03-01T00:00:00+00:00", folder)
    seal(folder)
    return folder
