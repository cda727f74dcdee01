"""The universe file: what it says about this market, and how a faulty one is refused."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from model.calendar import publication_time
from model.errors import DataError
from model.panel.universe import FOLDER, load_universe
from model.store import PROJECT as ROOT


@pytest.fixture
def edited(tmp_path):
    """Write the universe file with one text replaced."""

    def write(old: str, new: str) -> Path:
        source = (FOLDER / "us-spot-btc.toml").read_text()
        assert source.count(old) >= 1, f"{old!r} is not in the universe file"
        path = tmp_path / "universe.toml"
        path.write_text(source.replace(old, new, 1))
        return path

    return write


def test_funds_and_first_days(universe):
    assert universe.fund_keys == ("ibit", "fbtc", "arkb", "bitb", "gbtc", "btc", "other")
    assert universe.fund("btc").first_day == date(2024, 7, 31)
    assert [m.key for m in universe.fund("other").members] == ["btco", "ezbc", "brrr", "hodl", "btcw", "msbt"]
    assert sum(f.base_share for f in universe.funds) == pytest.approx(1)


def test_the_late_reports_of_the_lapse_stay_within_seven_weeks_and_a_half(universe):
    delayed = universe.positions.delayed
    late = {d: (p - d).days for d, p in delayed.items() if date(2025, 9, 30) <= d <= date(2026, 1, 13)}
    assert len(late) == 16
    assert max(late.values()) == late[date(2025, 9, 30)] == 50
    for position in late:  # never earlier than the regular schedule
        assert publication_time(position, delayed) > publication_time(position)


def test_late_reports_were_published_in_order(universe):
    published = [p for d, p in sorted(universe.positions.delayed.items()) if d >= date(2025, 9, 30)]
    assert published == sorted(set(published))


def test_no_name_of_this_market_in_the_code(universe):
    columns = {c for f in universe.funds for c in (*f.columns, *(c for m in f.members for c in m.columns))}
    columns |= {*universe.underlying.columns, *universe.future.columns, *universe.positions.short}
    columns |= {c for f in universe.factors for c in f.columns} - {"price"}
    files = ["calendar.py", "toml_table/table.py", "events/card.py"]
    sources = [ROOT / "model" / f for f in files] + sorted((ROOT / "model" / "panel").glob("*.py"))
    for path in sources:
        words = set(path.read_text().replace('"', " ").replace("'", " ").replace(",", " ").split())
        assert not words & (columns - {"other"}), path.name


def test_unknown_universe_lists_the_known():
    with pytest.raises(DataError, match="Use one of us-spot-btc"):
        load_universe("us-spot-doge")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "basket_shares =",
            "basket_share =",
            r"line 28: \[etf\] basket_share: unknown key. .* mean basket_shares",
        ),
        ('option_fund = "ibit"', 'option_fund = "ibti"', "'ibti' is not a fund"),
        ("base_share = 0.45", "base_share = 0.95", "sum to 1"),
        ("base_share = 0.45", 'base_share = "much"', r"\[\[funds\]\] number 1 base_share: must be a number"),
        ("first_day = 2024-07-31", 'first_day = "2024-07-31"', "must be a date"),
        ("min_days = 5", "min_days = 5.5", "must be a whole number"),
        ('used = "short"', 'used = "gross"', "Use one of short, net, open_interest"),
        ("range = [5.0, 150.0]", "range = [150.0, 5.0]", "two increasing numbers"),
        ('columns = ["vix", "vix_close"]', 'columns = ["total"]', "'total' is claimed by two roles"),
        ("vol_m = 1e6", "vol_mm = 1e6", "unknown column"),
        ("vol_m = 1e6", "vol_m = inf", "must be finite"),
        ("2025-10-07 = 2025-11-21", "2025-10-07 = 2025-10-01", "published before"),
        ("2025-10-07 = 2025-11-21", "october = 2025-11-21", "is not a date"),
        ("weight = 0.03", "weight = 1.5", "must lie in"),
        ('weekday = "Tuesday"', 'weekday = "Tues"', "not a weekday"),
        ('title = "US spot-bitcoin ETFs"', "", "title: is missing"),
        ('title = "US spot-bitcoin ETFs"', "title = ", "not valid TOML"),
    ],
)
def test_a_faulty_universe_is_refused_with_its_place(edited, old, new, message):
    with pytest.raises(DataError, match=message) as caught:
        load_universe(edited(old, new))
    assert caught.value.remedy


def test_an_unknown_key_names_the_nearest(edited):
    with pytest.raises(DataError, match=r"line 9: titel: unknown key\. .* mean title"):
        load_universe(edited('calendar = "XNYS"', 'titel = "x"\ncalendar = "XNYS"'))


@pytest.mark.parametrize("name", ["volatility_pct", "stress_sd", "etf_volume", "flow_usd_m", "price_usd"])
@pytest.mark.parametrize("value", ["0.0", "-1.0", "1e-320"])
def test_a_starting_scale_that_is_none_is_refused(tmp_path, name, value) -> None:
    """The first days of a panel are divided by it."""
    text = (FOLDER / "us-spot-btc.toml").read_text(encoding="utf-8")
    head, calm, rest = text.partition("[calm]\n")
    changed = re.sub(rf"(?m)^{name} = [\d_.]+", f"{name} = {value}", rest, count=1)
    assert changed != rest
    path = tmp_path / "u.toml"
    path.write_text(head + calm + changed, encoding="utf-8")
    with pytest.raises(DataError, match=f"calm.*{name}.*no scale of a calm year"):
        load_universe(path)
