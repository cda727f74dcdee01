"""The fixed prose of the page: definitions, assumptions, what each input would settle. Plain words."""

from __future__ import annotations

from typing import NamedTuple

from model.attribution.identification import UNIDENTIFIED
from model.gate.result import AFTER_SAMPLING as AFTER_SAMPLING_CHECK

HIDDEN = AFTER_SAMPLING_CHECK
"""Name of the check that has a paragraph of its own."""
AFTER_SAMPLING = {
    True: "The graph also holds on posterior draws of what it hides.",
    False: "After sampling, the graph does not hold.",
    None: "Whether the graph holds on posterior draws of what it hides cannot be said.",
}
HIDDEN_MEANING = (
    "Each posterior draw of the hidden trades and shocks, set beside the data, should obey the graph like the "
    "data themselves. A claim that most draws break means that the posterior had to bend the graph to fit: "
    "lines of the decomposition that rest on it are doubtful. The gate's verdict, given before sampling, stays."
)
HIDDEN_COLUMNS = (
    "Share of posterior draws on which the claim is violated, and the median partial correlation. Noticed "
    "from: the partial correlation from which this many days would call the claim violated."
)
CLOCK = "from 16:00 to 16:00 New York"
"""When a day's return begins and ends."""
LISTS = (
    f"A day's return runs {CLOCK} and is in log-%; a net flow is dated as the vendor prints it, unless said otherwise. "
    "Single numbers are means; between: 89 % interval. Ordinary: within the 89 % of the model's own predictions."
)
VERDICTS = {
    "pass": (
        "Pass. The data do not contradict the graph behind this decomposition, and they would "
        "have noticed most of the named mistakes."
    ),
    "inconclusive": (
        "Inconclusive. The data do not contradict the graph behind this decomposition, but "
        "they could hardly have."
    ),
}
NOT_IDENTIFIED = UNIDENTIFIED
RULE = (
    "A quantity is called <em>not identified by these data</em> where, from prior to posterior, its variance fell by less "
    "than a tenth and its median moved by less than half a prior spread, sampling error allowed for: such numbers repeat "
    "what was assumed. Where only the median moved, the data disagree with the prior's centre and pin down nothing."
)
READINGS = {
    "vendor": (
        "Flows are taken on the date the vendor prints, with a booking lag of zero to two days that the "
        "model estimates per fund."
    ),
    "next_day": (
        "The same, except that the next-day funds' trades of the event's days are booked one trading day "
        "later. Daily flows alone cannot tell the two readings apart."
    ),
    "mixture": (
        "Draws of both datings in proportion to their posterior weights: what is believed by someone who does not know "
        "on which day trades were booked."
    ),
    "no_positions": "Fitted without weekly futures positions, to show what these teach.",
}


class Definition(NamedTuple):
    """What a line means."""

    term: str
    flow: str
    price: str


DEFINITIONS = (
    Definition(
        "Unattributed",
        (
            "Demand specific to single funds: what is left of each fund's print after the trades of all "
            "components. It is a shock of the model, drawn with everything else, not a rounding term."
        ),
        (
            "The model's own price shock: everything that moved the price other than the trades and "
            "factors below. Futures demand outside the ETFs, perpetual markets, news, and whatever else moves with "
            "the demand of the ETFs' investors are in it."
        ),
    ),
    Definition(
        "Basis trade",
        "Long ETF, short futures, opened (+) or unwound (−) as a pair.",
        "Only the unhedged share of the pair presses on the price.",
    ),
    Definition(
        "Dealer hedging",
        "The share of option and note dealers' hedges that became creations or redemptions.",
        "Pressure of gamma, vanna and knock-in hedges. Dealers' sign and book are not observed.",
    ),
    Definition(
        "Multi-asset rebalancing + directional demand",
        (
            "Trades of funds that hold the ETF beside other risk assets, plus trades of investors who want "
            "or shed the exposure. Data see only the sum; the split is prior-driven."
        ),
        "Pressure of the same trades.",
    ),
    Definition(
        "Common risk factors",
        "Flow set off by the co-movement of the price with other markets (by trigger only).",
        "Co-movement with other markets' returns that needs no ETF trade.",
    ),
    Definition(
        "Drift and pull of the day before",
        "Flow set off by the constant (by trigger only).",
        (
            "By channel: the constant and the pull of yesterday's flow and return. By trigger: the "
            "constant alone, because lags are traced back to the shock that caused them."
        ),
    ),
    Definition(
        "Trades before the window; under way at the start",
        "Bookings of trades made before the first modelled days.",
        "Effects of what had happened before the first modelled days (by trigger only).",
    ),
    Definition(
        "Expected flow",
        (
            "Flow to be expected at the day's close, its own print unseen: given earlier days, the day's return, risk "
            "factors, stress, implied volatility and futures premium. Its interval is predictive: the day's own shocks and "
            "scales are in it, each scale weighted by how probable the return is under it."
        ),
        "Not defined.",
    ),
)

CHANNEL_TRIGGER = (
    "<strong>Whose trades</strong> (channel) asks who bought or sold. <strong>Whose shock</strong> "
    "(trigger) asks what set it off: a trigger is charged with everything it caused, other people's "
    "trades included. A component that only amplifies is large by channel and small by trigger."
)
SHARES = (
    "A share is the line's size over the sum of all lines' sizes, so lines of opposite sign do not "
    "cancel. A share of the net flow itself would mean nothing where the net flow is near zero."
)
ASSUMPTIONS = (
    (
        "The causal graph shown further down. Most of what it says about the day itself cannot be tested "
        "with daily data: hidden trades join price and flow."
    ),
    (
        "Basis trades are delta-neutral: a dollar of ETF against a dollar of futures, seen in weekly "
        "leveraged-fund shorts with loading one. Net positions or open interest would give smaller trades."
    ),
    (
        "Price impact follows volatility, and its prior matters. A plain regression of return on same-day "
        "flow would take flows' answer to prices for impact."
    ),
    "Multi-asset and directional trades have the same signs everywhere, so only their sum is learned.",
    (
        "Where no dealer book is at hand, dealers' gamma follows a proxy known at the previous close; whether "
        "dealers are short or long gamma is a parameter with a prior around zero."
    ),
    (
        "Directional demand answers today's and yesterday's return and flattens in falls of more than five "
        "per cent."
    ),
    "Trades reach the flow table zero, one or two trading days later, by fund.",
    "The trigger table holds price impact and the gamma state at their realised values.",
)


SHORTING_PRIOR = "the posterior is the prior"
SHORTING_MOVED = (
    "daily flows alone moved the posterior away from the prior, and they are no evidence of operational shorting, "
    "since this share takes up any answer of the option fund's flow to hedges and volatility"
)
SHORTING = (
    "Operational shorting: the booked share of dealers' hedges in the option fund reaches creations and redemptions "
    "over zero to two trading days; {inputs}: {answer}."
)
SHORTING_OFF = (
    "Operational shorting: settlement of dealers' hedges by creations and redemptions is switched off, so no hedge "
    "reaches a flow, and the posterior of their booked share is the prior."
)
LATE_OFF = (
    " Shares sold short to buyers of the dip and created a day later are switched off; the next-day reading is close "
    "to their extreme case."
)
LATE_ON = (
    "{sentence} It is the share of the next-day funds' trades of the event's days that was sold before it was created "
    "and is printed a day later than the rest, up to three days after the trade; no price depends on it. Prior "
    "{before}, posterior {after}."
)
