"""Where the seconds go: gradient, factorisation, decomposition, and the stages of stored fits, as ratios in one run."""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import _checkout

from model.studies.command import Count, Event, script
from model.terminal import say

ROUNDS = 3
"""Times that two checkouts are measured in turn."""
LINE = re.compile(r"(\d+) days, .* likelihood and gradient ([0-9.]+) ms")
"""What every version of this script prints of a panel."""


@script
def main(
    *,
    event: Event = "2026-02-05",
    panel: Path | None = None,
    repeats: Count = 50,
    against: Path | None = None,
) -> None:
    """Where the seconds go: gradient, and the stages of stored fits.

    Everything is measured in one run, so that ratios mean something.

    Examples
    --------
    uv run scripts/benchmark.py --panel PANEL
    uv run scripts/benchmark.py --panel PANEL --against ../other-checkout

    Parameters
    ----------
    panel
        Also a longer panel.
    repeats
        Evaluations of which the median is taken.
    against
        Another checkout of this project: both are measured in turn, and their ratio printed.
    """
    if against:
        _compare(against.resolve(), panel)
        return
    from model.store import FOLDER  # here: --help answers at once

    base = _measure(event, None, repeats)
    if panel:
        long = _measure(event, panel, repeats)
        days, gradient = long["days"] / base["days"], long["all"] / base["all"]
        say(f"panel / event: days {days:.1f} x, gradient {gradient:.1f} x")
    for path in sorted(FOLDER.glob("*/timing.json")):
        seconds = json.loads(path.read_text(encoding="utf-8"))["seconds"]
        total = sum(seconds.values())
        stages = ", ".join(f"{k} {v:.1f} s ({v / total:.0%})" for k, v in seconds.items())
        say(f"fits/{path.parent.name}: {total:.0f} s: {stages}")


def _compare(other: Path, panel: Path | None) -> None:
    """The gradient here as a share of the gradient there, each checkout measured in turn with this interpreter."""
    found: dict[tuple[Path, int], list[float]] = {}
    for _ in range(ROUNDS):
        for root in (other, _checkout.ROOT):
            for days, ms in _printed(root, panel):
                found.setdefault((root, days), []).append(ms)
    for days in sorted({d for _, d in found}):
        there, here = (statistics.median(found[root, days]) for root in (other, _checkout.ROOT))
        say(f"{days} days: {here:.2f} ms here, {there:.2f} ms there: {here / there:.2f} x")


def _printed(root: Path, panel: Path | None) -> list[tuple[int, float]]:
    """Days and milliseconds of each panel, as the checkout's own script prints them."""
    given = ["--panel", str(panel.resolve())] if panel else []
    env = os.environ | {"PYTHONPATH": str(root)}
    command = [sys.executable, "scripts/benchmark.py", *given]
    done = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=False)
    lines = [(int(m[1]), float(m[2])) for m in LINE.finditer(done.stdout)]
    if done.returncode or not lines:
        raise SystemExit(f"{root}: its benchmark measured nothing: {done.stderr.strip()[-300:]}")
    return lines


def _measure(event: str, panel: Path | None, repeats: int) -> dict[str, float]:
    import numpy as np  # here: --help answers at once

    from model.design.make import make_design
    from model.events.card import event_panel, load_event
    from model.inference.arrays import arrays, make_frame
    from model.inference.draws import one, prior_draws
    from model.inference.inputs import evaluate
    from model.inference.likelihood.entry import pack, packed_value_and_gradient, sizes_of
    from model.priors.prior_set import load_priors

    card = load_event(event)
    data = event_panel(card, panel)
    design = make_design(data, card)
    shares = np.array([f.base_share for f in data.universe.funds])
    p = one(prior_draws(load_priors("literature"), design, shares, 1, 1), 0)
    d, frame = arrays(design), make_frame(design)
    inputs, fixed, sizes = evaluate(p, d, np).inputs, pack(frame, np.int64), sizes_of(frame)
    out = {
        "days": float(design.days),
        "all": _median(lambda: packed_value_and_gradient(inputs, d["system"], fixed, sizes), repeats),
        "equations": _median(lambda: evaluate(p, d, np), repeats),
    }
    say(f"{design.days} days, {len(frame.first)} unknowns: likelihood and gradient {out['all'] * 1e3:.2f} ms")
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
    main.exit()
