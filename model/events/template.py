"""A commented event card for a day, with the panel's window filled in."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd

from model.calendar import is_session
from model.errors import DataError
from model.events.card import CARD, FOLDER, load_event
from model.mechanisms.components import COMPONENTS
from model.panel import Panel, load_panel
from model.panel.universe import load_universe
from model.store import write_text

BEFORE, AFTER = 44, 15
"""Trading days of the window before the event and after it."""

TEMPLATE = """\
# Event card: what happened, when, and what the fit may assume. The keys are described in data/README.md.

id = "{day}"
title = "{day}: say in one line what happened"
universe = "{universe}"
days = [{days}]                 # the event's trading days, one or more
priors = "literature"                 # a set in data/priors, or the path of one
next_day_funds = ["{fund}"]             # funds whose trades of these days the next-day reading books one day later
# panel = "panel.csv"                 # a panel beside this card; without it every command needs --panel PATH

[window]                              # days that are decomposed and shown; the panel has {first} to {last}.
                                      # fit.py fits the whole panel, or with --window card these days only
start = {start}
end = {end}

# [mechanisms]                        # operational shorting; these are the defaults
# hedge_settlement = true             # dealers' hedges reach creations and redemptions
# late_creation = false               # a share of next_day_funds' trades of these days is created one day later

# [gate]                              # the written reason for decomposing although the causal gate is inconclusive
# accept_inconclusive = "..."

# --- facts: times are UTC; what happens after the 16:00 New York close belongs to the next trading day -----------
# [[facts]]
# at = {day}T20:30:00Z
# text = "what happened"
# source = "who says so"

# --- evidence: statements that re-weight the fit's draws; strength 0 switches one off -----------------------------
# [[evidence]]
# key = "basis_sold"
# text = "Basis trades were net sellers."
# source = "who says so"
# kind = "sign"                       # sign, measurement (value, sd), largest
# quantity = "trades"                 # trades, positions, flow_channel, return_channel, flow_trigger, return_trigger
# part = "basis"                      # {components}, ...
# days = [{day}]
# unit = "USD m"
# side = "below"
# threshold = 0.0
# probability = 0.9                   # the source's reliability; 0.5 says nothing
# strength = 1.0
# form = "conditional"                # or joint: see model/events/statements.py

# --- prior changes: quantiles in words (or p5, p50, p95), fitted to a distribution ---------------------------------
# [[prior_changes]]
# parameter = "impact"
# unit = "log-% per USD bn on a calm day"
# source = "who says so"
# quantiles = {{ almost_surely_above = 0.3, as_likely_as_not = 0.6, almost_surely_below = 1.2 }}

# --- claims to audit, paraphrased: no quotation marks --------------------------------------------------------------
# [[claims]]
# key = "fall"
# text = "The fund fell by more than a tenth."
# source = "who says so"
# test = "figure"                     # figure, record, correlation, rarity, first_below, sign, largest, larger,
# measure = "percent_change"          # expected_flow, parameter, rival, not_supplied
# column = "etf_close"
# days = [{day}]
# at_most = -10.0
# unit = "%"

# --- rival stories --------------------------------------------------------------------------------------------------
# [[rivals]]
# key = "no_dealer"
# text = "Dealers' hedging adds nothing."
# off = ["dealer"]                    # dealer, multi_asset, basis, common_factor; or one_off, decay_from
# separated_by = "data that would tell"
"""


def new_event(day: date, panel_path: Path, universe: str, out: Path | None = None) -> Path:
    """Write a card for ``day`` and read it back.

    Parameters
    ----------
    day : date
        A trading day of the panel.
    panel_path : Path
    universe : str
    out : Path, optional
        Folder of the card; ``data/events/<day>`` by default.

    Raises
    ------
    DataError
        If the day is no trading day or not in the panel, or a card is there already.
    """
    u = load_universe(universe)
    panel = load_panel(panel_path, u)
    if not is_session(day, u.calendar):
        raise DataError(f"{day} is not a trading day of {u.calendar}.", "Give a trading day.")
    folder = out or FOLDER / str(day)
    path = folder / CARD
    if path.exists():
        raise DataError(f"{path} exists.", "Edit it, or give another folder with --out.")
    text = _fill(day, panel, universe, u.option_fund)
    folder.mkdir(parents=True, exist_ok=True)
    write_text(text, path)
    load_event(path)
    return path


def _fill(day: date, panel: Panel, universe: str, fund: str) -> str:
    dates = panel.dates
    if pd.Timestamp(day) not in dates:
        span = f"{dates[0].date()} to {dates[-1].date()}"
        raise DataError(f"The panel ({span}) has no row for {day}.", "Give a panel that reaches the event.")
    at = int(dates.searchsorted(pd.Timestamp(day)))
    start, end = dates[max(at - BEFORE, 0)], dates[min(at + AFTER, len(dates) - 1)]
    following = [dates[i].date() for i in range(at, min(at + 2, len(dates)))]
    return TEMPLATE.format(
        day=day, days=", ".join(str(d) for d in following), universe=universe, fund=fund,
        start=start.date(), end=end.date(), first=dates[0].date(), last=dates[-1].date(),
        components=", ".join(c.name for c in COMPONENTS),
    )  # fmt: skip
