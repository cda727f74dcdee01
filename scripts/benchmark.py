"""Where the seconds go: gradient, factorisation, decomposition, and the stages of stored fits, as ratios in one run."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    """Command line."""
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--event", default="2026-02-05")
    p.add_argument("--panel", type=Path, help="also a longer panel")
    p.add_argument("--repeats", type=int, default=50)
    return p.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Measure and print."""
    args = parse(argv)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from model.errors import AttributionError

    try:
        base = _measure(args, None)
        if args.panel:
            long = _measure(args, args.panel)
            print(
                f"panel / event: days {long['days'] / base['days']:.1f} x, gradient {long['all'] / base['all']:.1f} x"
            )
    except AttributionError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    for path in sorted((ROOT / "fits").glob("*/timing.json")):
        seconds = json.loads(path.read_text(encoding="utf-8"))["seconds"]
        total = sum(seconds.values())
        stages = ", ".join(f"{k} {v:.1f} s ({v / total:.0%})" for k, v in seconds.items())
        print(f"fits/{path.parent.name}: {total:.0f} s: {stages}")
    return 0


def _measure(args: argparse.Namespace, panel: Path | None) -> dict[str, float]:
    import numpy as np

    from model.design.make import make_design
    from model.events.card import event_panel, load_event
    from model.inference.arrays import arrays, make_frame
    from model.inference.draws import one, prior_draws
    from model.inference.inputs import evaluate
    from model.inference.likelihood.entry import pack, packed_value_and_gradient, sizes_of
    from model.priors.prior_set import load_priors

    card = load_event(args.event)
    data = event_panel(card, panel)
    design = make_design(data, card)
    shares = np.array([f.base_share for f in data.universe.funds])
    p = one(prior_draws(load_priors("literature"), design, shares, 1, 1), 0)
    d, frame = arrays(design), make_frame(design)
    inputs, fixed, sizes = evaluate(p, d, np).inputs, pack(frame, np.int64), sizes_of(frame)
    out = {
        "days": float(design.days),
        "all": _median(lambda: packed_value_and_gradient(inputs, d["system"], fixed, sizes), args.repeats),
        "equations": _median(lambda: evaluate(p, d, np), args.repeats),
    }
    print(
        f"{design.days} days, {len(frame.first)} unknowns: likelihood and gradient {out['all'] * 1e3:.2f} ms"
    )
    return out


def _median(run: Callable[[], object], repeats: int) -> float:
    run()
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


if __name__ == "__main__":
    sys.exit(main())
