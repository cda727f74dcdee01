"""Which further inputs a fit had and used, and what the others would settle: the page's two tables and a clause."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from model.panel.columns import MEANING, SPARE, UNKNOWN
from model.panel.roles import SEPARATOR


class Input(NamedTuple):
    """An input, and what it settles or would settle."""

    roles: tuple[str, ...]
    title: str
    settles: str


SECOND_VENDOR = "second_vendor"
OPTIONAL = (
    Input(
        ("short",),
        "Weekly futures positions",
        "the size and sign of basis trades over each position week",
    ),
    Input(("future", "future_days"), "Near-month futures price", "the premium that draws basis trades"),
    Input(("implied_vol",), "Implied volatility index", "volatility moves that dealers hedge"),
    Input(("etf_volume",), "ETF share volume", "whether the option fund's turnover was unusual"),
    Input(
        ("extra_put_volume", "extra_call_volume"),
        "Put and call volume of options on the option fund",
        "on which side dealers may stand: it moves the prior of their sign",
    ),
    Input(
        ("price_open", "price_close"),
        "The underlying at the session's start",
        "in which hours the price moved",
    ),
    Input(
        ("stress_open", "implied_vol_open"),
        "Volatility indices at the session's start",
        "the same of volatility",
    ),
    Input(("extra_taker_perp",), "Taker flow of the perpetual", "demand executed on crypto venues"),
    Input(("extra_taker_spot",), "Taker flow of spot on a crypto venue", "demand executed on crypto venues"),
    Input(
        ("extra_taker_spot_utc",),
        "Taker flow of spot on a crypto venue, UTC days",
        "demand executed on crypto venues, on another clock",
    ),
    Input(("extra_funding",), "Perpetual funding rate", "leverage outside the ETFs"),
    Input(
        ("extra_perpetual_open_interest",),
        "Perpetual open interest of one venue",
        "how much of the unattributed return is deleveraging in perpetual markets",
    ),
    Input((SECOND_VENDOR,), "A second vendor's flows", "whether dates or trades moved by a day"),
    Input(
        ("extra_futures_open_interest",),
        "Futures open interest by day",
        "daily basis trades, which weekly positions give only as a sum",
    ),
    Input(
        tuple(f"extra_basis_{d}d" for d in (30, 60, 90, 120)),
        "Futures basis at constant tenors",
        "the premium without expiries",
    ),
    Input(
        ("extra_binance_open_interest",),
        "Perpetual open interest of the largest venue",
        "whether crypto-native selling closed longs or opened shorts",
    ),
    Input(
        ("extra_liquidations_long", "extra_liquidations_short"),
        "Liquidations",
        "the forced part of crypto-native selling",
    ),
    Input(
        ("extra_etf_premium",),
        "ETF premium to net asset value",
        "operational shorting, and the dating of flows",
    ),
    Input(
        ("extra_short_interest",), "Short interest in the option fund", "operational shorting, twice a month"
    ),
    Input(("extra_short_volume",), "Short volume of the option fund", "operational shorting, day by day"),
    Input(
        ("extra_fails_to_deliver",), "Fails to deliver of the option fund", "operational shorting, day by day"
    ),
    Input(
        ("extra_shares_outstanding", "extra_nav"),
        "Issuer's share count and net asset value",
        "the dating of flows",
    ),
    Input(
        ("extra_put_open_interest", "extra_call_open_interest"),
        "Open interest of options on the option fund",
        "dealers' sign",
    ),
)
NEVER = (
    (
        "Futures settlements by expiry, at the ETF's closing time",
        "daily basis trades, which weekly positions give only as a sum",
    ),
    ("Option trades with the taker's side; option open interest by strike", "dealers' sign and gamma"),
    ("Terms and sizes of structured notes", "knock-in hedging"),
    (
        "Quarterly holdings of institutions",
        "the split of multi-asset and directional demand, with a long delay",
    ),
)
ON_SHORTING = {
    "extra_etf_premium": "the fund's premium",
    "extra_short_interest": "its short interest",
    "extra_short_volume": "its short volume",
    "extra_fails_to_deliver": "its fails to deliver",
}
"""Inputs that would speak on operational shorting."""

type Rows = list[dict[str, Any]]


def inputs(manifest: Mapping[str, Any]) -> dict[str, Rows]:
    """Further inputs in use, those that are only carried, and those that are not there."""
    have = set(manifest.get("supplied", ()))
    used = set(manifest.get("used", have))
    for names in (have, used):
        if any(SEPARATOR in name for name in names):
            names.add(SECOND_VENDOR)
    rows: dict[str, Rows] = {"used": [], "carried": [], "absent": []}
    for i in OPTIONAL:
        kind = "absent" if not set(i.roles) <= have else "used" if set(i.roles) <= used else "carried"
        rows[kind].append({"title": i.title, "settles": i.settles})
    rows["absent"] += [{"title": t, "settles": s} for t, s in NEVER]
    return rows


def unread(manifest: Mapping[str, Any]) -> list[str]:
    """Columns of the input that no role reads, one sentence a kind."""
    columns = manifest.get("columns", {})
    return [f"Columns {MEANING[s]}: {', '.join(columns[s])}." for s in (SPARE, UNKNOWN) if columns.get(s)]


def shorting_inputs(supplied: Collection[str], used: Collection[str] | None = None) -> str:
    """A clause: which inputs that speak on operational shorting are there, and whether anything uses them."""
    used = supplied if used is None else used
    groups = {
        "not supplied": [t for k, t in ON_SHORTING.items() if k not in supplied],
        "carried but used by nothing in this fit": [
            t for k, t in ON_SHORTING.items() if k in supplied and k not in used
        ],
        "used": [t for k, t in ON_SHORTING.items() if k in supplied and k in used],
    }
    said = [
        f"{_listed(titles)} {'is' if len(titles) == 1 else 'are'} {what}"
        for what, titles in groups.items()
        if titles
    ]
    return "of what speaks on it, " + "; ".join(said)


def _listed(titles: list[str]) -> str:
    return titles[0] if len(titles) == 1 else f"{', '.join(titles[:-1])} and {titles[-1]}"
