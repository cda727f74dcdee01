"""Numbers and tables as Markdown, for pages written from fits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from model.summary.lines import QUANTILES


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table with one header row."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def interval(x: np.ndarray, digits: int = 1, sign: bool = True) -> str:
    """Median and 89 % interval; with plus signs where a number may have either sign."""
    plus = "+" if sign else ""
    low, middle, high = (f"{v:{plus}.{digits}f}" for v in np.quantile(x, QUANTILES))
    return f"{_zero(middle)} [{_zero(low)}, {_zero(high)}]"


def _zero(text: str) -> str:
    """No sign before a number that is zero as printed."""
    return text.lstrip("+-") if not text.strip("+-0.") else text


def sampling(manifests: Mapping[str, Mapping[str, Any]]) -> str:
    """Diagnostics of the vendor's reading of some fits by title, and which of them did not converge."""
    rows, failed = [], []
    for title, manifest in manifests.items():
        d = manifest["diagnostics"]["vendor"]
        ess = f"{min(d['ess_bulk_min'], d['ess_tail_min']):.0f}"
        rows.append([title, drawn(manifest), f"{d['r_hat_max']:.3f}", ess, str(d["divergences"])])
        rows[-1].append("yes" if d["passed"] else "**no**")
        if not d["passed"]:
            failed.append(title)
    note = (
        f"\n\n**Not converged by the project's own bounds: the fit {' and the fit '.join(failed)}.** R-hat must be below "
        "1.01, effective draws above 400, divergences none; numbers above are for orientation."
    )
    head = ["fit", "draws", "largest R-hat", "smallest ESS", "divergences", "converged"]
    return table(head, rows) + (note if failed else "")


def drawn(manifest: Mapping[str, Any]) -> str:
    """Chains, draws and tuning steps of the attempt that was kept: the second is longer than was asked for."""
    d, asked = manifest["diagnostics"]["vendor"], manifest["arguments"]
    chains, draws, tune = (int(asked[k]) for k in ("chains", "draws", "tune"))
    times = d["total"] // (chains * draws)
    return f"{chains} x {times * draws} after {times * tune}" + (", second attempt" if times > 1 else "")
