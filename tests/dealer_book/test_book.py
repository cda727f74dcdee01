"""The event's book, its refusals, the profile it hands out, and the command line."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from datetime import date

import numpy as np
import pytest

from model.dealer_book import demand, from_bars, from_moves, load_book, profile, zero_gamma
from model.dealer_book.exposure import exposure
from model.errors import DataError, UsageError
from tests.dealer_book.conftest import EVENT_BOOK, ROOT
from tests.dealer_book.test_signs import GRID, LONG_CALLS, SHORT_PUTS, book

UNIT = {"etf": 1.0, "crypto": 1.0}
MOVE = from_moves([73_338.0, 63_620.0], [52.9, 87.8], date(2026, 2, 5))


def test_gamma_of_the_book_is_the_published_magnitude(event_book) -> None:
    """1,683,748 shares per 1 % at the ETF, and the stated crypto size at its own spot."""
    e = exposure(event_book.case("mid"), 52.9, np.array([73_338.0]), UNIT)
    assert e["slope_etf"][0] * 1e9 / (73_338.0 * 0.000567) == pytest.approx(1_683_748, rel=1e-9)
    c = exposure(event_book.case("high"), 52.9, np.array([67_500.0]), UNIT)
    assert c["slope_crypto"][0] * 1e3 == pytest.approx(120.0, rel=1e-9)


def test_the_first_note_was_gone_before_the_day(event_book) -> None:
    first, second = event_book.notes
    assert first.knocked_on == date(2026, 2, 3)
    assert second.knocked_on is None
    out = demand(event_book.case("high"), MOVE)
    assert [(name, day) for name, day, _ in out.breaches] == [(second.name, date(2026, 2, 5))]


def test_notional_bound_and_knock_in_below_notional(event_book) -> None:
    assert sum(n.notional_usd_m[2] for n in event_book.notes) <= event_book.note_cap_usd_m == 530
    out = demand(event_book.case("high"), MOVE)
    held = {n.name: n.notional_usd_m[2] for n in event_book.notes}
    for name, _, usd_bn in out.breaches:
        assert abs(usd_bn) * 1e3 < held[name]


def test_cases_are_ordered(event_book) -> None:
    low, mid, high = (demand(event_book.case(c), MOVE).part("crypto") for c in ("low", "mid", "high"))
    assert 0 > low > mid > high
    assert high / mid == pytest.approx(120 / 50)


def test_every_entry_names_status_and_source(event_book) -> None:
    assert {"sign of etf dealers", "sign of crypto dealers"} <= {p.name for p in event_book.provenance}
    assert all(
        p.status in ("fact", "seed", "assumption") and len(p.source) > 20 for p in event_book.provenance
    )


def test_crypto_options_see_the_evening_low_and_the_etf_does_not(event_book) -> None:
    evening = from_moves([73_338.0, 63_620.0], [52.9, 87.8], low_after_close=59_800.0)
    a, b = (demand(event_book.case("mid"), p) for p in (MOVE, evening))
    assert a.part("etf") == b.part("etf")
    assert a.part("notes") == b.part("notes")
    assert b.part("crypto") < a.part("crypto") < 0


def test_profile_arrays_and_refusals(event_book) -> None:
    p = profile(event_book, 73_338.0, 52.9, GRID)
    zero = int(np.flatnonzero(GRID == 0)[0])
    for k in ("etf", "crypto", "note"):
        assert getattr(p, f"{k}_demand")[zero] == pytest.approx(0, abs=1e-12)
        assert p.coefficients(k).shape == (4, GRID.size - 1)
    total = p.total(GRID, 0.3, -0.2)
    want = 0.3 * p.etf_demand - 0.2 * p.crypto_demand + p.note_demand
    assert total.demand == pytest.approx(want)
    with pytest.raises(DataError, match="outside the profile"):
        p.at("etf", 40.0)
    with pytest.raises(DataError, match="grid of returns"):
        profile(event_book, 73_338.0, 52.9, GRID[::-1])
    with pytest.raises(DataError, match="impossible"):
        profile(event_book, -1.0, 52.9, GRID)


def test_profile_vanna_is_the_change_of_hedge_per_vol_point(event_book) -> None:
    p = profile(event_book, 73_338.0, 52.9, GRID)
    i = 20
    spot = 73_338.0 * np.exp(GRID[i] / 100)
    h = 1e-3
    hedge = [event_book.crypto.sums(np.array([spot]), 52.9 + k, event_book.vol).hedge[0] for k in (h, -h)]
    assert p.crypto_vanna[i] == pytest.approx(spot * (hedge[0] - hedge[1]) / (2 * h) / 1e9, rel=1e-6)


def test_zero_gamma_level_between_short_puts_and_long_calls() -> None:
    from model.dealer_book.listed import Listed

    held = book(crypto=Listed.join([SHORT_PUTS, LONG_CALLS]))
    (level,) = zero_gamma(held, 55.0, 50e3, 90e3, UNIT)
    assert 70e3 < level < 76e3
    below, above = exposure(held, 55.0, np.array([0.999, 1.001]) * level, UNIT)["slope"]
    assert below > 0 > above
    assert zero_gamma(book(crypto=SHORT_PUTS), 55.0, 50e3, 90e3, UNIT) == []


BARS = """time,spot,vol,low
2026-02-04T16:00:00-05:00,73338,52.9,73000
2026-02-05T09:00:00-05:00,71000,56,70500
2026-02-05T10:00:00-05:00,69000,60,68000
2026-02-05T16:00:00-05:00,63620,87.8,63000
2026-02-05T19:00:00-05:00,62000,92,59800
"""


def test_bars_know_the_hours_of_the_etf(tmp_path, event_book) -> None:
    file = tmp_path / "bars.csv"
    file.write_text(BARS)
    path = from_bars(file, event_book.calendar, event_book.timezone)
    seen = [(p.spot, p.etf_close) for p in path.seen_by("etf").points]
    assert seen == [(73338, True), (68000, False), (69000, False), (63000, False), (63620, True)]
    assert min(p.spot for p in path.points) == 59800


def test_a_close_that_no_bar_ends_at_is_refused(tmp_path, event_book) -> None:
    """A bar stamped a millisecond early would leave the notes unobserved, and the session without its end."""
    file = tmp_path / "bars.csv"
    file.write_text(BARS.replace("2026-02-05T16:00:00-", "2026-02-05T15:59:59.999-"))
    with pytest.raises(DataError, match="No bar ends at the ETF close of 2026-02-05") as err:
        from_bars(file, event_book.calendar, event_book.timezone)
    assert "20:59:59.999" in err.value.remedy
    path = from_bars(file, event_book.calendar, event_book.timezone, needs_close=False)
    assert not any(p.etf_close for p in path.points[1:])


@pytest.mark.parametrize(
    "raw", [b"time,spot,vol\n", b"\xff\xfe\x00time", b"time,spot,vol\n1,2\n1,2,3,4,5,6\n"]
)
def test_bars_that_are_no_table_are_refused(tmp_path, event_book, raw) -> None:
    file = tmp_path / "bars.csv"
    file.write_bytes(raw)
    for place in (file, tmp_path):
        with pytest.raises(DataError) as err:
            from_bars(place, event_book.calendar, event_book.timezone)
        assert err.value.remedy


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("69000", "x", "Row 4, column spot"),
        ("2026-02-05T10:00", "2026-02-05T08:00", "Row 4, column time"),
        ("2026-02-05T10:00:00-05:00", "2026-02-05T10:00:00", "Row 4, column time.*with offset"),
        ("68000", "69500", "Row 4, column low"),
        ("vol", "volatility", "column vol"),
    ],
)
def test_bad_bars(tmp_path, event_book, old, new, words) -> None:
    file = tmp_path / "bars.csv"
    file.write_text(BARS.replace(old, new, 1))
    with pytest.raises(DataError, match=words):
        from_bars(file, event_book.calendar, event_book.timezone)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('venue = "crypto"', 'venue = "otc"', r"\[\[cluster\]\] number 2 venue"),
        ("barrier = 38.5", "barrier = 58.5", "barrier"),
        ("iv_pct = 52.0", "iv_pct = 0.52", r"\[\[note\]\] number 1 iv_pct"),
        ("high = 330.0", "high = 900.0", "high notionals add up"),
        ("mid = 50.0, high = 120.0", "mid = 150.0, high = 120.0", "gamma"),
        ('dealer = "short"', 'dealr = "short"', "dealr: unknown key. Remedy: Did you mean dealer"),
        ("width_pct = 0.8", "width = 0.8", "width: unknown key. Remedy: Did you mean width_pct"),
        (
            "expiry = 2026-02-27",
            "expiry = 2026-01-27",
            r"\[\[cluster\]\] number 2 expiry: 2026-01-27 is not after",
        ),
        (
            'monitoring = "close"',
            'monitoring = "discrete"\ndates = ["2026-02-05"]',
            r"number 1 dates.*no quotes",
        ),
        ('monitoring = "close"', 'monitoring = "discrete"\ndates = 5', r"number 1 dates"),
        ('include = ["markets.toml"]', 'include = "markets.toml"', "include: must be a list of texts"),
        ('include = ["markets.toml"]', 'include = ["book.toml"]', "includes itself"),
        ("as_of = 2026-02-04T16:00:00-05:00", "as_of = 2026-02-04", "as_of"),
        ('"2026-02-03" = 43.30', '"2026-02-03" = "n/a"', "2026-02-03"),
        ("vol = 52.9", "vol = 0.529", "vol"),
        ("spot = 73338.0", "spot = ", "not valid TOML"),
        ("day = 2026-02-05", "day = 1979-05-27", "day: 1979-05-27 is not soon after as_of"),
        ("day = 2026-02-05", "day = 2026-02-03", "day: 2026-02-03 is not soon after as_of"),
        ('"2026-02-03" = 43.30', '"1979-05-27" = 43.30', "1979-05-27.*ten years before as_of"),
        ('"2026-02-04" = 41.57', '"2026-02-06" = 41.57', "2026-02-06.*ten years before as_of"),
        ("issued = 2025-10-31", "issued = 1979-05-27", "issued: 1979-05-27.*ten years before as_of"),
        ("issued = 2025-10-31", "issued = 2035-10-31", "issued: 2035-10-31.*ten years before as_of"),
        ("issued = 2025-11-14", "issued = 2026-02-05", "issued: 2026-02-05.*ten years before as_of"),
        ("iv_pct = [66.0,", "iv_pct = [9223372036854775808,", "iv_pct.*at most 1000"),
        ("strikes = [34.0,", "strikes = [9223372036854775808,", "strikes.*100 times from the spot"),
        ("strikes = [64000.0,", "strikes = [640.0,", "strikes: 640 is more than 100 times from the spot"),
        ("strike = 55.0", "strike = 5500.0", "strike.*at most 100 times the barrier"),
    ],
)
def test_bad_books(tmp_path, old, new, words) -> None:
    text = EVENT_BOOK.read_text()
    assert old in text
    (tmp_path / "book.toml").write_text(text.replace(old, new, 1))
    (tmp_path / "markets.toml").write_text((EVENT_BOOK.parent / "markets.toml").read_text())
    with pytest.raises(DataError, match=words) as err:
        load_book(tmp_path / "book.toml")
    assert err.value.remedy


def test_the_order_of_closes_says_nothing(tmp_path, event_book) -> None:
    text = EVENT_BOOK.read_text()
    (tmp_path / "markets.toml").write_text((EVENT_BOOK.parent / "markets.toml").read_text())
    first, last = '"2026-01-29" = 47.60\n', '"2026-02-03" = 43.30\n'
    swapped = text.replace(first, "@").replace(last, first).replace("@", last)
    assert swapped != text
    (tmp_path / "book.toml").write_text(swapped)
    read = load_book(tmp_path / "book.toml")
    assert list(read.closes.items()) == list(event_book.closes.items())
    assert [n.knocked_on for n in read.notes] == [n.knocked_on for n in event_book.notes]


def test_bad_moves() -> None:
    with pytest.raises(UsageError, match="volatilities"):
        from_moves([1.0, 2.0, 3.0], [50.0, 60.0])
    with pytest.raises(DataError, match="points"):
        from_moves([73e3, 60e3], [0.5])
    with pytest.raises(DataError, match="above the close"):
        from_moves([73e3, 60e3], [55.0], low_in_hours=65e3)


def test_no_ticker_and_no_path_in_the_package() -> None:
    words = re.compile(r"\b(IBIT|BTC|XBT|MSTR|FBTC|GBTC|ETH)\b|/work|\.\./shared|data/")
    for file in (ROOT / "model" / "dealer_book").glob("*.py"):
        assert not words.search(file.read_text()), file.name


def script(*args: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "scripts" / "dealer_book.py"), *args]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)


def test_script_prints_the_move_and_writes_figures(tmp_path) -> None:
    out = script(str(EVENT_BOOK), "--spot", "73338:63620", "--vol", "52.9:87.8", "--out", str(tmp_path))
    assert out.returncode == 0, out.stderr
    text = " ".join(out.stdout.split())
    for words in ("Zero-gamma level", "cannot have knocked in on 2026-02-05", "43.30 <= 43.6 on 2026-02-03",
                  "lam = 0.6", "s is not observed", "knock-in"):  # fmt: skip
        assert words in text
    for name in ("profile.png", "amplification.png", "by_strike.png", "demand.csv"):
        assert (tmp_path / name).stat().st_size > 500
    record = json.loads((tmp_path / "manifest.json").read_text())
    assert record["demand_usd_bn"]["mid"]["etf"]["total"] < 0


def test_script_exit_codes(tmp_path, capsys) -> None:
    module = importlib.import_module("dealer_book")
    (tmp_path / "file").write_text("")
    event = str(EVENT_BOOK)
    for words, code in (
        ([], 2),
        ([event, "--spot", "cheap"], 2),
        ([event, "--lam", "nan"], 2),
        ([event, "--lam", "-1"], 2),
        ([event, "--out", str(tmp_path / "file")], 2),
        ([str(tmp_path / "none.toml")], 3),
        ([str(tmp_path)], 3),
        (["--chain", str(tmp_path)], 3),
    ):
        assert module.main(words) == code
        assert "Remedy" in capsys.readouterr().err
