"""What is run and measured, and where each measurement is kept."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from model.store import code_hash, load_fit, write_text
from tests.proofs.faults.targets import CHEAP
from tests.proofs.load.memory import peak
from tests.proofs.load.world import write_world

CHAINS = 8
COMMAND, SAMPLER = "whole command, draws of the prior", "sampler alone"
KEY = ["what", "days", "draws"]


def command(days: int, draws: int, scratch: Path) -> dict[str, object]:
    """The whole command but for the sampler and the gate: draws of the prior are stored, decomposed, drawn, reported."""
    card, panel = write_world(scratch / f"command-{days}-{draws}", days)
    out = card.parent / "fit"
    words = ["fit", "--event", str(card), "--panel", str(panel), "--dating", "vendor", "--out", str(out)]
    words += ["--chains", str(CHAINS), "--draws", str(draws)]
    found = peak([*CHEAP, *words], FAULT_DRAWS=str(draws), FAULT_CHAINS=str(CHAINS))
    fit = load_fit(out)
    sizes = {k: v for k, v in fit.posterior["vendor"].sizes.items() if k in ("chain", "draw")}
    assert sizes == {"chain": CHAINS, "draw": draws}, f"stored: {sizes}"
    page = out / "report.html"
    opened = _opened(page)
    stored = (out / "posterior.nc").stat().st_size
    return _row(COMMAND, days, draws, found) | {
        "posterior_mb": stored / 1e6, "page_mb": page.stat().st_size / 1e6, "page_opens_s": opened,
    }  # fmt: skip


def sampler(days: int, draws: int, scratch: Path) -> dict[str, object]:
    """The compiled model, sampled: the pilot, steps before the draws, and the draws."""
    card, panel = write_world(scratch / f"sampler-{days}-{draws}", days)
    words = ["-m", "tests.proofs.load.sampled", str(card), str(panel), str(draws), str(CHAINS)]
    return _row(SAMPLER, days, draws, peak([sys.executable, *words]))


def _row(what, days, draws, found) -> dict[str, object]:
    return {
        "what": what, "days": days, "draws": draws, "together_mb": found.together, "largest_mb": found.largest,
        "seconds": found.seconds, "code": code_hash()[:12],
    }  # fmt: skip


def _opened(page: Path) -> float:
    """Seconds until the page is drawn in a browser; nan where there is none."""
    import time

    import browser

    if browser.missing():
        return float("nan")
    with browser.browser() as driver:
        began = time.monotonic()
        browser.open_page(driver, page)
        return time.monotonic() - began


def keep(row: dict[str, object], path: Path) -> pd.DataFrame:
    """Add a measurement to those kept; one of the same days and draws is replaced."""
    kept = pd.read_csv(path) if path.is_file() else pd.DataFrame(columns=KEY)
    new = pd.concat([kept, pd.DataFrame([row])]).drop_duplicates(KEY, keep="last").sort_values(KEY)
    write_text(new.round(1).to_csv(index=False), path)
    return new


def measure(
    run: Callable[[int, int, Path], dict[str, object]],
    sizes: list[tuple[int, int]],
    scratch: Path,
    path: Path,
    say: Callable[[str], None],
) -> None:
    """Run one after another; each is kept as soon as it is known."""
    for days, draws in sizes:
        row = run(days, draws, scratch)
        keep(row, path)
        say(
            f"{row['what']}: {days} days, {draws} draws x {CHAINS}: {row['together_mb']:.0f} MB, {row['seconds']:.0f} s"
        )
