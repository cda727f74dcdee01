"""Entries of a small card."""

HEAD = """\
id = "test"
title = "test"
universe = "us-spot-btc"
days = [2026-02-05]

[window]
start = 2025-12-01
end = 2026-02-27

"""
EVIDENCE = """\
[[evidence]]
key = "a"
text = "Basis trades were net sellers."
source = "somebody"
kind = "sign"
quantity = "trades"
part = "basis"
days = [2026-02-05]
unit = "USD m"
side = "below"
"""
CHANGE = """\
[[prior_changes]]
parameter = "impact"
unit = "log-% per USD bn on a calm day"
source = "somebody"
quantiles = { almost_surely_above = 0.3, as_likely_as_not = 0.6, almost_surely_below = 1.2 }
"""
