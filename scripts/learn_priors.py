"""Learn a prior set from a panel that ends before the event, with the same model and the literature's priors.

Example: uv run scripts/learn_priors.py --panel PANEL --through 2025-11-28 --name baseline-2024-2025
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    """Command line."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--panel", type=Path, required=True, metavar="PATH")
    p.add_argument("--universe", default="us-spot-btc", metavar="NAME|FILE")
    p.add_argument("--through", required=True, metavar="DATE", help="last day to learn from")
    p.add_argument("--name", required=True, help="name of the new set; written to data/priors/NAME.toml")
    p.add_argument(
        "--priors", default="literature", metavar="NAME|FILE", help="start from (default %(default)s)"
    )
    p.add_argument("--chains", type=int, default=4)
    p.add_argument("--draws", type=int, default=1000)
    p.add_argument("--tune", type=int, default=300)
    p.add_argument("--seed", type=int, default=20251128)
    return p.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Sample and write the set."""
    args = parse(argv)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from model.errors import AttributionError

    try:
        return _learn(args)
    except AttributionError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code


def _learn(args: argparse.Namespace) -> int:
    import numpy as np
    import tomlkit

    from model.design.make import background_design
    from model.errors import ConvergenceError
    from model.inference.draws import thin
    from model.inference.sample import Sampler, Settings, sample_until_mixed
    from model.panel import load_panel
    from model.priors.prior_set import load_priors
    from model.priors.vary import held
    from model.studies.learning.learn import learned_set

    whole = load_panel(args.panel, args.universe)
    panel = whole.window(whole.frame.index[0], args.through)
    design, priors = background_design(panel), load_priors(args.priors)
    print(f"{design.days} days to {design.dates[-1].date()}; compiling and sampling ...", flush=True)
    sampler = Sampler(design, held(priors), np.array([f.base_share for f in panel.universe.funds]))
    settings = Settings(args.chains, args.draws, args.tune, args.seed)
    trace, diagnostics = sample_until_mixed(sampler, design, settings, print)
    print(f"  {diagnostics.sentence}")
    if not diagnostics.mixed:
        raise ConvergenceError(
            "The learning fit did not mix; nothing was written.", "Use more --tune and --draws."
        )
    draws = thin(trace["posterior"].to_dataset(), 2000)
    lineage = {
        "parent": priors.name,
        "parent_sha256": priors.sha256,
        "panel_sha256": panel.sha256,
        "seed": args.seed,
        "divergences": diagnostics.divergences,
        "draws": diagnostics.total,
        "r_hat_max": round(diagnostics.r_hat_max, 4),
        "ess_min": round(min(diagnostics.ess_bulk_min, diagnostics.ess_tail_min)),
    }
    out = ROOT / "data" / "priors" / f"{args.name}.toml"
    text = tomlkit.dumps(learned_set(draws, priors, design, args.name, lineage))
    out.write_text(text, encoding="utf-8")
    load_priors(out)
    print(f"Wrote {out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
