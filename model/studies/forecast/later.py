"""A fit's draws on the days of another panel: same funds and factors, weeks and booking regimes matched by date."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from model.attribution.predict import Known
from model.calendar import next_session
from model.dealer_book import load_book
from model.design.book_days import with_books
from model.design.make import make_design, next_day_mask
from model.errors import DataError
from model.events.card import EventCard, load_event
from model.events.switches import Mechanisms
from model.inference.draws import Draws, thin
from model.mechanisms.design import LAGS, PRE_SAMPLE, Design
from model.panel import Panel, load_panel
from model.panel.panel import PUBLISHED
from model.panel.roles import FLOW, POSITIONS, TOTAL
from model.panel.universe import load_universe
from model.store import Fit

NEXT_DAY = "next_day"


def panel_of(panel: Panel | Path | str, fit: Fit) -> Panel:
    """The panel, read with the fit's universe where a path is given."""
    if isinstance(panel, Panel):
        return panel
    return load_panel(panel, card_of(fit).universe)


def card_of(fit: Fit) -> EventCard:
    """The fit's event card with the mechanisms that were in force."""
    card = load_event(fit.manifest["arguments"]["event"])
    return replace(card, mechanisms=Mechanisms(**fit.manifest.get("mechanisms", {})))


def with_tomorrow(panel: Panel) -> Panel:
    """The panel with its next trading day, of which nothing is known: every column stands where it stood.

    Flows of that day are missing, so nothing is learned from it; its trailing scales come from the days before.
    """
    frame, listed = panel.frame, panel.listed
    day = pd.Timestamp(next_session(frame.index[-1], panel.universe.calendar))
    last = frame.iloc[[-1]].set_axis(pd.DatetimeIndex([day], name=frame.index.name))
    flows = [c for c in map(str, frame.columns) if c.startswith(FLOW) or c == TOTAL]
    last[[*flows, *POSITIONS]] = np.nan
    last[PUBLISHED] = pd.NaT
    if "future_days" in last:
        last["future_days"] = np.maximum(last["future_days"] - (day - frame.index[-1]).days, 0.0)
    known = pd.DataFrame(
        {f.key: [day >= pd.Timestamp(f.first_day)] for f in panel.universe.funds}, index=last.index
    )
    return Panel(
        pd.concat([frame, last]), pd.concat([listed, known[listed.columns]]), panel.universe, panel.supplied,
        panel.as_of, panel.notes, panel.inputs,
    )  # fmt: skip


def design_of(panel: Panel, fit: Fit, reading: str) -> Design:
    """Arrays of a panel's days, with what the fit's card says of those among them."""
    card = card_of(fit)
    dates = pd.DatetimeIndex(panel.dates)[1:]
    inside = tuple(d for d in card.days if pd.Timestamp(d) in dates[PRE_SAMPLE + LAGS :])
    card = replace(card, days=inside)
    design = make_design(panel, card)
    use = fit.manifest.get("dealer_book") or {"days": []}
    books = [b for b in (load_book(p) for p in card.dealer_books) if str(b.day) in use["days"]]
    books = [b for b in books if b.day is not None and pd.Timestamp(b.day) in dates[1:]]
    if books:
        design, _ = with_books(design, panel, books)
    return replace(design, next_day=next_day_mask(design, card)) if reading == NEXT_DAY else design


def draws_of(fit: Fit, reading: str, design: Design, count: int, seed: int) -> tuple[Draws, Known]:
    """About ``count`` of the fit's draws as draws for another design, and which of its days the fit used.

    A week the fit has not seen gets its gamma state from a random week of a random draw; a booking regime that it has
    not seen, the nearest one it has.

    Raises
    ------
    DataError
        If the panel has other funds or factors than the fit.
    """
    posterior = fit.posterior[f"{reading}/posterior"].to_dataset()
    return matched(posterior, design, _breaks(fit), count, seed)


def matched(
    posterior: xr.Dataset, design: Design, breaks: tuple[pd.Timestamp, ...], count: int, seed: int
) -> tuple[Draws, Known]:
    """The same from a posterior; ``breaks`` are the days on which booking lags may change."""
    _same(posterior, design)
    draws = thin(posterior, count)
    fitted = pd.DatetimeIndex(pd.to_datetime(posterior["date"].to_numpy()))
    rng = np.random.default_rng(seed)
    draws["gamma_state"] = _weeks(draws["gamma_state"], fitted, design.dates, rng)
    draws["kernel"] = draws["kernel"][:, _regimes(fitted, design.dates, breaks)]
    return draws, Known(fitted.get_indexer(design.dates))


def _breaks(fit: Fit) -> tuple[pd.Timestamp, ...]:
    """Days on which booking lags may change."""
    return tuple(pd.Timestamp(b) for b in load_universe(card_of(fit).universe).kernel_breaks)


def _same(posterior: xr.Dataset, design: Design) -> None:
    for what, have in (("fund", design.funds), ("factor", design.factors)):
        fitted = tuple(str(x) for x in posterior[what].to_numpy())
        if fitted != have:
            raise DataError(
                f"The fit has the {what}s {', '.join(fitted)}, the panel {', '.join(have)}.",
                "Give a panel of the fit's universe.",
            )


def _weeks(states: np.ndarray, fitted: pd.DatetimeIndex, days: pd.DatetimeIndex, rng) -> np.ndarray:
    """Gamma states by the design's weeks. ``(S, weeks) -> (S, weeks of days)``."""
    have, want = np.unique(_monday(fitted)), np.unique(_monday(days))
    out = states[
        rng.integers(0, len(states), (len(states), len(want))),
        rng.integers(0, len(have), (len(states), len(want))),
    ]
    both = np.isin(want, have)
    out[:, both] = states[:, np.searchsorted(have, want[both])]
    return out


def _monday(days: pd.DatetimeIndex) -> np.ndarray:
    return (days - pd.to_timedelta(days.day_of_week, unit="D")).normalize().to_numpy("datetime64[D]")


def _regimes(fitted: pd.DatetimeIndex, days: pd.DatetimeIndex, breaks: tuple[pd.Timestamp, ...]) -> list[int]:
    """For each booking regime of the days, the fit's regime of the same span, or the nearest."""

    def numbered(dates: pd.DatetimeIndex) -> np.ndarray:
        return np.unique(sum((np.asarray(dates >= b).astype(int) for b in breaks), np.zeros(len(dates), int)))

    have = numbered(fitted)
    return [int(np.abs(have - n).argmin()) for n in numbered(days)]
