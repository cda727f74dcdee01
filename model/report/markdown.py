"""Small result tables as pages of Markdown, each written again by the one command that it names."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from model.errors import UsageError
from model.report.tables.lines import QUANTILES
from model.store import PROJECT, write_text

SIGNED = 4096
"""Characters of a page within which it names its command."""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table with one header row."""
    lines = [list(head), ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(c) for c in row) + " |" for row in lines)


def render(package: str, template: str, **found: Any) -> str:
    """A page of Markdown from a template of a package; what is said is decided by the caller.

    A template may call ``table`` (rows of texts) and ``interval`` (draws to a median with its 89 %).
    """
    env = Environment(
        loader=PackageLoader(package, "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
    )
    env.globals |= {"table": table, "interval": interval}
    return env.get_template(template).render(found).rstrip() + "\n"


def markdown(frame: pd.DataFrame) -> str:
    """A table of texts; the columns' names are its head."""
    return table(list(frame.columns), frame.astype(str).to_numpy().tolist())


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


def command_of(script: str, argv: Sequence[str]) -> str:
    """The command line as a reader can repeat it: no path of this machine, the user's panel as PATH."""
    words = [_portable(a, argv[i - 1] if i else "") for i, a in enumerate(argv)]
    return f"uv run scripts/{script}.py {shlex.join(words)}".rstrip()


def _portable(word: str, before: str) -> str:
    if before == "--panel":
        return "PATH"
    path = Path(word)
    if not path.is_absolute():
        return word
    return str(path.relative_to(PROJECT)) if path.is_relative_to(PROJECT) else path.name


def _cell(text: str) -> str:
    return " ".join(str(text).split()).replace("|", "\\|")


def write_page(path: Path, title: str, command: str, blocks: Sequence[str | pd.DataFrame]) -> Path:
    """Write a page: title, the command that writes it, then paragraphs and tables.

    Parameters
    ----------
    path : Path
        Ends in ``.md``; its folder is made.
    title, command : str
    blocks : sequence of str or pandas.DataFrame
        Tables hold texts, already rounded.

    Raises
    ------
    UsageError
        If something other than a page by the same script stands there.
    """
    signed = f"Written by `{command}`; do not edit."
    parts = [f"# {title}", signed]
    parts += [markdown(b) if isinstance(b, pd.DataFrame) else b for b in blocks]
    return write_own("\n\n".join(parts) + "\n", path, command)


def write_own(text: str, path: Path, command: str) -> Path:
    """Write a page that names its command near its top, over nothing but an earlier one by the same script.

    Raises
    ------
    UsageError
        If something other than a page by the same script stands there.
    """
    script = command.removeprefix("uv run ").partition(".py")[0]
    signed = (f"Written by `{script}.py", f"Written by `uv run {script}.py")
    if path.exists() and not any(s in _head(path) for s in signed):
        raise UsageError(
            f"{path} exists, and was not written by this command.", "Remove it, or give another."
        )
    return write_text(text, path)


def _head(path: Path) -> str:
    """The first lines of a file; empty where it is no text."""
    try:
        return path.read_text(encoding="utf-8")[:SIGNED]
    except (OSError, UnicodeDecodeError):
        return ""
