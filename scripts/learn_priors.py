"""Learn a prior set from a panel that ends before the event, with the same model and the literature's priors."""

from __future__ import annotations

from pathlib import Path

import _checkout  # noqa: F401
import tomlkit

from model.errors import ConvergenceError
from model.studies.command import (
    Chains,
    Day,
    DrawsPerChain,
    Overwrite,
    Priors,
    Seed,
    Tune,
    Universe,
    require,
    script,
)
from model.terminal import say


@script
def main(
    *,
    panel: Path,
    universe: Universe = "us-spot-btc",
    through: Day,
    name: str,
    priors: Priors = "literature",
    chains: Chains = 4,
    draws: DrawsPerChain = 1000,
    tune: Tune = 300,
    seed: Seed = 20251128,
    overwrite: Overwrite = False,
) -> None:
    """Learn a prior set from a panel that ends before the event.

    With the same model, starting from the literature's priors.

    Examples
    --------
    uv run scripts/learn_priors.py --panel PANEL --through 2025-11-28 \\
        --name baseline-2024-2025

    Parameters
    ----------
    panel
        The panel (csv or parquet).
    through
        Last day to learn from.
    name
        Name of the new set; written to data/priors/NAME.toml.
    """
    require(Path(name).name == name, f"--name {name!r} is no name.", "Give a name without folders.")
    import numpy as np  # here: --help answers at once

    from model.design.make import background_design
    from model.inference.draws import thin
    from model.inference.sample import Sampler, Settings, sample_until_mixed
    from model.panel import load_panel
    from model.priors.prior_set import FOLDER, load_priors
    from model.priors.vary import held
    from model.store import require_free, write_text
    from model.studies.learning.learn import learned_set

    out = FOLDER / f"{name}.toml"
    require_free(overwrite, out)
    whole = load_panel(panel, universe)
    days = whole.window(whole.frame.index[0], through)
    design, start = background_design(days), load_priors(priors)
    say(f"{design.days} days to {design.dates[-1].date()}; compiling and sampling ...")
    sampler = Sampler(design, held(start), np.array([f.base_share for f in days.universe.funds]))
    trace, diagnostics = sample_until_mixed(sampler, design, Settings(chains, draws, tune, seed), say)
    say(f"  {diagnostics.sentence}")
    if not diagnostics.mixed:
        raise ConvergenceError(
            "The learning fit did not mix; nothing was written.", "Use more --tune and --draws."
        )
    lineage = {
        "parent": start.name,
        "parent_sha256": start.sha256,
        "panel_sha256": days.sha256,
        "seed": seed,
        "divergences": diagnostics.divergences,
        "draws": diagnostics.total,
        "r_hat_max": round(diagnostics.r_hat_max, 4),
        "ess_min": round(min(diagnostics.ess_bulk_min, diagnostics.ess_tail_min)),
    }
    kept = thin(trace["posterior"].to_dataset(), 2000)
    load_priors(write_text(tomlkit.dumps(learned_set(kept, start, design, name, lineage)), out))
    say(f"Wrote {out}")


if __name__ == "__main__":
    main.exit()
