"""News: what newly arrived prints changed in the decomposition of the last days.

The same model, priors, card and settings on two vintages of one panel: what was published by one day, and by a later
one. The parameters are sampled anew for each; nothing else differs.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from model.attribution.decompose import decompose, to_dataset
from model.design.subject import Reading, Say, Subject, load_subject, readings
from model.errors import ConvergenceError, DataError, UsageError
from model.inference.arrays import CHANGEABLE, arrays, make_frame
from model.inference.draws import Draws, posterior_latents, thin
from model.inference.sample import Sampler, Settings, sample_until_mixed
from model.mechanisms.design import PRE_SAMPLE, Design
from model.panel import Panel
from model.panel.panel import PUBLISHED
from model.report.tables.lines import QUANTILES, UNITS, Block, block
from model.report.tables.text import day as day_text
from model.studies.fit.products import DECOMPOSED_DRAWS
from model.studies.reopen import Opened, same_priors

LAST_DAYS = 10
BLOCKS = 8
Z = 1.598
"""Standard deviations that hold 89 % of a normal distribution."""
TOTAL = "total"


@dataclass(frozen=True)
class Vintage:
    """What was known by the end of a day, and the posterior given that.

    Attributes
    ----------
    as_of : date or None
        None: everything in the panel.
    subject : Subject
    reading : Reading
    draws : mapping
        Each ``Shape: (S, ...)``.
    """

    as_of: date | None
    subject: Subject
    reading: Reading
    draws: Draws

    @property
    def title(self) -> str:
        """``as of 12 Feb 2026``."""
        return f"as of {day_text(self.as_of)}" if self.as_of else "all data"


@dataclass(frozen=True)
class News:
    """Two vintages, what arrived between them, and what it changed.

    Attributes
    ----------
    before, after : Vintage
    arrived : pandas.DataFrame
        ``column, date, value, published`` of every number that the later vintage has and the earlier had not.
    changes : pandas.DataFrame
        One row per day, quantity and line, see :func:`changes_of`.
    """

    before: Vintage
    after: Vintage
    arrived: pd.DataFrame
    changes: pd.DataFrame


def news(
    opened: Opened, before: date, after: date | None, reading: str | None, settings: Settings, say: Say
) -> News:
    """Compare two vintages of a fit.

    Parameters
    ----------
    opened : Opened
        The fit; a vintage that is its own is not sampled again.
    before, after : date
        ``after`` None: the fit's own vintage.
    reading : str, optional
        Default: the fit's first dating.
    settings : Settings
    say : callable

    Raises
    ------
    UsageError, DataError, ConvergenceError
    """
    same_priors(opened)
    name = reading or opened.main
    if name not in opened.readings:
        raise UsageError(f"The fit has no reading {name!r}.", f"Use one of {', '.join(opened.readings)}.")
    own = opened.request.as_of
    after = own if after is None else after
    if after is not None and before >= after:
        raise UsageError(
            f"--before {before} is not before {after}.", "Give an earlier --before or a later --after."
        )
    subjects = {a: _subject(opened, a) for a in (before, after)}
    arrived = arrivals(subjects[before].panel, subjects[after].panel)
    if arrived.empty:
        raise DataError(
            f"Nothing in the panel was published between {before} and {after or 'its end'}.",
            f"The panel ends on {subjects[after].design.dates[-1].date()}: ask for earlier days.",
        )
    say(f"{len(arrived)} values arrived after {before}.")
    old, new = _sample(opened, subjects, own, name, settings, say)
    return News(old, new, arrived, changes_of(old, new, settings.seed))


def _subject(opened: Opened, as_of: date | None) -> Subject:
    """The fit's inputs as they were known by a day."""
    return load_subject(dataclasses.replace(opened.request, as_of=as_of))


def arrivals(before: Panel, after: Panel) -> pd.DataFrame:
    """Every number that one vintage has and an earlier one had not, with its time of publication in New York.

    Returns
    -------
    pandas.DataFrame
        Columns ``column, date, value, published``; prints of days that the earlier vintage already knew first.
    """
    old = before.frame.reindex(index=after.dates, columns=after.frame.columns)
    rows = []
    frame = after.frame
    for column in (c for c in map(str, frame.columns) if c != PUBLISHED):
        values = frame[column].to_numpy(float)
        for t in np.flatnonzero(np.isfinite(values) & old[column].isna().to_numpy()):
            day = after.dates[int(t)]
            rows.append((column, day, float(values[t]), after.published(column, day), day > before.dates[-1]))
    table = pd.DataFrame(rows, columns=["column", "date", "value", "published", "new_day"])
    return table.sort_values(["new_day", "published", "column"], kind="stable").drop(columns="new_day")


def interchangeable(a: Design, b: Design) -> bool:
    """Whether one compiled model serves both designs: same dates, same pattern of missing numbers."""
    if not a.dates.equals(b.dates) or len(a.positions) != len(b.positions):
        return False
    frames = zip(make_frame(a), make_frame(b), strict=True)
    if not all(np.array_equal(x, y) for x, y in frames):
        return False
    mine, theirs = arrays(a), arrays(b)
    seen = np.array_equal(mine["iv_observed"], theirs["iv_observed"])
    return seen and all(mine[k].shape == theirs[k].shape for k in CHANGEABLE)


def _sample(
    opened: Opened, subjects, own: date | None, name: str, settings: Settings, say: Say
) -> list[Vintage]:
    """Both vintages; the fit's own comes from its stored draws, one compiled model serves both where it can."""
    out: list[Vintage] = []
    sampler, compiled = None, None
    for as_of, subject in subjects.items():
        made = {r.name: r for r in readings(subject, opened.request.dating)}[name]
        if as_of == own:
            out.append(Vintage(as_of, subject, made, opened.draws(name, DECOMPOSED_DRAWS)))
            continue
        if sampler is None or compiled is None or not interchangeable(compiled, made.design):
            say(f"Compiling the model of {made.design.days} days ...")
            sampler, compiled = Sampler(subject.design, subject.priors, subject.base_shares), made.design
        say(f"Sampling as of {as_of} ...")
        trace, diagnostics = sample_until_mixed(sampler, made.design, settings, say, made.use_positions)
        say(f"  {diagnostics.sentence}")
        if not diagnostics.passed:
            raise ConvergenceError(f"Not converged as of {as_of}.", "Use more --tune and --draws.")
        out.append(Vintage(as_of, subject, made, thin(trace["posterior"].to_dataset(), DECOMPOSED_DRAWS)))
    return out


def changes_of(before: Vintage, after: Vintage, seed: int) -> pd.DataFrame:
    """Every line of the last days that the earlier vintage knew a price for, before and after.

    Returns
    -------
    pandas.DataFrame
        ``date, quantity, part, title, kind, unit``; ``before`` and ``after``, medians with ``_low`` and ``_high`` (89 %);
        ``change`` of the median, with the 89 % interval of its Monte Carlo error; ``width_ratio``, the later
        interval's width over the earlier's; ``change_state`` and ``change_parameters``, which add up to the change:
        what the print says with parameters held, and what it taught about them (missing where days were added).
    """
    last = min(before.reading.design.days, after.reading.design.days)
    dates = before.reading.design.dates[max(PRE_SAMPLE, last - LAST_DAYS) : last]
    old = decomposition(before.draws, before.reading, seed)
    new = decomposition(after.draws, after.reading, seed)
    held = None
    if before.reading.design.dates.equals(after.reading.design.dates):
        held = decomposition(before.draws, after.reading, seed)
    rows = [row for q in UNITS for row in _rows(q, dates, old, new, held)]
    return pd.DataFrame(rows)


def decomposition(draws: Draws, reading: Reading, seed: int) -> xr.Dataset:
    """Decomposition of all modelled days given draws of the parameters."""
    design = reading.design
    latents, flows = posterior_latents(draws, design, reading.use_positions, seed)
    parts = decompose(draws, latents, flows, design, seed)
    return to_dataset(parts, design, np.arange(PRE_SAMPLE, design.days))


def _rows(
    quantity: str, dates, old: xr.Dataset, new: xr.Dataset, held: xr.Dataset | None
) -> list[dict[str, Any]]:
    first, second = (_with_total(block(d, quantity, "channel", list(dates))) for d in (old, new))
    third = None if held is None else _with_total(block(held, quantity, "channel", list(dates)))
    titles = [(x.key, x.title, x.kind) for x in block(old, quantity, "channel", list(dates)).lines]
    titles.append((TOTAL, "Net flow" if quantity == "flow" else "Return", "observed"))
    out = []
    for t, day in enumerate(dates):
        for k, (part, title, kind) in enumerate(titles):
            x, y = first[:, t, k], second[:, t, k]
            head = {"date": day, "quantity": quantity, "part": part, "title": title, "kind": kind}
            row = head | {"unit": UNITS[quantity]} | _compared(x, y)
            state = np.nan if third is None else float(np.median(third[:, t, k]) - np.median(x))
            out.append(row | {"change_state": state, "change_parameters": row["change"] - state})
    return out


def _with_total(b: Block) -> np.ndarray:
    """Lines and, last, their sum. ``Shape: (S, days, lines + 1)``."""
    additive = [line.additive for line in b.lines]
    return np.concatenate([b.values, b.values[..., additive].sum(axis=-1, keepdims=True)], axis=-1)


def _compared(x: np.ndarray, y: np.ndarray) -> dict[str, float]:
    (low_x, mid_x, high_x), (low_y, mid_y, high_y) = np.quantile(x, QUANTILES), np.quantile(y, QUANTILES)
    change, error = float(mid_y - mid_x), Z * float(np.hypot(_error(x), _error(y)))
    width = high_x - low_x
    return {
        "before": mid_x, "before_low": low_x, "before_high": high_x,
        "after": mid_y, "after_low": low_y, "after_high": high_y,
        "change": change, "change_low": change - error, "change_high": change + error,
        "width_ratio": float((high_y - low_y) / width) if width > 0.0 else np.nan,
    }  # fmt: skip


def _error(x: np.ndarray) -> float:
    """Monte Carlo error of a median, from consecutive blocks of draws."""
    medians = [np.median(part) for part in np.array_split(x, BLOCKS)]
    return float(np.std(medians, ddof=1) / np.sqrt(BLOCKS))
