"""True files that look wrong are read, or refused with a way on; what does not move is told."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from files_support import source, write_plan

from model.calendar import sessions
from model.errors import DataError
from model.panel.accepted import accepted_beside
from model.panel.universe import load_universe
from model.sources.build import Built, build_panel
from tests.proofs.sources.samples import farside_html

DAYS = sessions("2026-02-02", "2026-03-13")
FUNDS = ("IBIT", "FBTC", "GBTC")
FIELDS = 'fields = { ibit = "IBIT", fbtc = "FBTC", gbtc = "GBTC" }'


def told(built: Built) -> str:
    return "\n".join(f"{n.rows} {n.what} {n.why}" for n in built.report.notes)


def flows(n: int = len(DAYS)) -> np.ndarray:
    x = np.round(np.random.default_rng(3).normal(0, 90, (n, 3)), 1)
    return np.column_stack([x, np.round(x.sum(axis=1), 1)])


def money(x: float) -> str:
    return f"({abs(x):,.1f})" if x < 0 else f"{x:,.1f}"


def page(rows: list[list[str]], total: list[str] | None = None) -> bytes:
    blob = farside_html(["Date", *FUNDS, "Total"], rows)
    if total:
        cells = "".join(f"<td>{c}</td>" for c in ["Total", *total])
        blob = blob.replace(b"<tr><td>Average", f"<tr>{cells}</tr><tr><td>Average".encode())
    return blob


def rows_of(values: np.ndarray, days: pd.DatetimeIndex = DAYS) -> list[list[str]]:
    return [[f"{d:%d %b %Y}", *map(money, v)] for d, v in zip(days, values, strict=True)]


def farside(folder: Path, blob: bytes, more: str = "", start: str = "2026-02-02") -> Built:
    total = (
        '[[source.series]]\nrole = "flow_total"\nunit = "USD m"\nplausible = [-5000, 5000]\nfield = "Total"\n'
    )
    settings = "funds_complete = true\nfetched_at = 2026-03-17T14:00:00Z\n" + more
    body = source("f", "farside_html", "p.html", "flow_date", f"flow|USD m|-3000|3000|{FIELDS}", settings)
    return build_panel(write_plan(folder, body + total, start, p_html=blob))


# ---- rows of which only the date is filled


@pytest.mark.parametrize("cells", [[], ["", "", "", ""], ["-", "-", "-", "-"]])
def test_a_page_whose_newest_row_is_only_a_date_keeps_the_others(tmp_path: Path, cells: list[str]) -> None:
    values = flows()
    rows = [*rows_of(values), ["16 Mar 2026", *cells]]
    panel = farside(tmp_path, page(rows), "options = { page = 'recent' }").panel
    assert panel.loc["2026-03-13", "flow_total"] == values[-1, 3]
    assert panel.loc["2026-03-16"].isna().all()


@pytest.mark.parametrize("at", [0, 10, len(DAYS) - 1])
def test_a_day_of_which_only_the_date_is_given_is_told_wherever_it_stands(tmp_path: Path, at: int) -> None:
    rows = rows_of(flows())
    rows[at] = [rows[at][0], "-", "-", "", "-"]
    built = farside(tmp_path, page(rows))
    assert f"row of {rows[at][0]}: holds only its date" in told(built)
    assert built.panel["flow_total"].notna().sum() == len(DAYS) - 1


def test_a_row_with_some_cells_only_is_refused(tmp_path: Path) -> None:
    rows = [*rows_of(flows()), ["16 Mar 2026", "12.0"]]
    with pytest.raises(DataError, match="2 cells, the header has 5"):
        farside(tmp_path, page(rows))


@pytest.mark.parametrize("last", ["2026-03-16", "2026-03-16,,"])
def test_a_table_whose_last_row_is_only_a_date(tmp_path: Path, last: str) -> None:
    text = (
        "date,px,vol\n" + "".join(f"{d:%Y-%m-%d},{70_000 + i},5\n" for i, d in enumerate(DAYS)) + last + "\n"
    )
    body = source("x", "table", "x.csv", "new_york_16", "price|USD|5000|200000|field = 'px'")
    built = build_panel(write_plan(tmp_path, body, x_csv=text))
    assert built.panel.loc["2026-03-13", "price"] == 70_000 + len(DAYS) - 1
    assert "only its date" in told(built)


@pytest.mark.parametrize("empty", [{}, {"px": None}])
def test_records_leave_out_what_they_do_not_know(tmp_path: Path, empty: dict) -> None:
    rows = [{"date": f"{d:%Y-%m-%d}", "px": 70_000} | {"px": 70_000 + i} for i, d in enumerate(DAYS)]
    rows.append({"date": "2026-03-16", **empty})
    body = source("x", "table", "x.json", "new_york_16", "price|USD|5000|200000|field = 'px'")
    built = build_panel(write_plan(tmp_path, body, x_json=json.dumps(rows)))
    assert built.panel["price"].notna().sum() == len(DAYS)
    wrong = body.replace("'px'", "'close'")
    with pytest.raises(DataError, match="'close' is missing"):
        build_panel(write_plan(tmp_path, wrong))


def test_bars_whose_newest_row_is_only_a_date(tmp_path: Path) -> None:
    lines = [f"{d:%Y-%m-%d},GLD,{400 + i},{402 + i},{399 + i},{401 + i}" for i, d in enumerate(DAYS)]
    text = "\n".join(["Date,Symbol,Open,High,Low,Close", *lines, "2026-03-16,,,,,"]) + "\n"
    series = 'factor|USD|80|1500|fields = { gld = "Close" }'
    body = source("y", "yahoo_csv", "b.csv", "session_close", series, "options = { symbol = 'GLD' }")
    assert build_panel(write_plan(tmp_path, body, b_csv=text)).panel["factor_gld"].notna().all()


# ---- short pages


def test_a_short_page_is_not_held_against_totals_since_launch(tmp_path: Path) -> None:
    built = farside(tmp_path, page(rows_of(flows()), ["61,950.3", "12,020.1", "(25,120.7)", "48,849.7"]))
    assert "since launch" in told(built)
    assert built.panel["flow_total"].notna().all()


def test_a_page_since_launch_is_held_against_its_totals(tmp_path: Path) -> None:
    days = sessions("2024-01-11", "2024-02-20")
    values = flows(len(days))
    sums = [money(x) for x in values.sum(axis=0)]
    assert farside(tmp_path, page(rows_of(values, days), sums), start="2024-01-11").panel.shape == (
        len(days),
        4,
    )
    missing = rows_of(values, days)
    del missing[5]
    with pytest.raises(DataError, match="covers more days than the page") as caught:
        farside(tmp_path, page(missing, sums), start="2024-01-11")
    assert "options.page = 'recent'" in caught.value.remedy
    with pytest.raises(DataError, match="column 'IBIT': rows sum to") as caught:
        farside(
            tmp_path,
            page(rows_of(values, days), [money(values[:, 0].sum() + 30), *sums[1:]]),
            start="2024-01-11",
        )
    assert "save the page again" in caught.value.remedy


@pytest.mark.parametrize("reader", ["coinbase_candles", "binance_funding"])
def test_an_empty_last_page_of_several_is_no_error(tmp_path: Path, reader: str) -> None:
    hours = pd.date_range("2026-02-02", periods=72, freq="h", tz="UTC")
    candles = [[int(t.timestamp()), 99 + i, 102 + i, 100 + i, 101 + i, 5] for i, t in enumerate(hours)]
    prints = [
        {"symbol": "B", "fundingTime": int(t.timestamp() * 1000), "fundingRate": "0.0001"} for t in hours[::8]
    ]
    rows, clock, series, more = {
        "coinbase_candles": (
            candles,
            "new_york_16",
            "price|USD|1|900|field = 'close'",
            'stamp = "start"\ninterval_minutes = 60',
        ),
        "binance_funding": (
            prints,
            "utc_mean",
            "funding|fraction|-30|30|field = 'fundingRate'",
            'stamp = "end"',
        ),
    }[reader]
    body = source("x", reader, "*.json", clock, series, more)
    plan = write_plan(tmp_path, body, a_json=json.dumps(rows), b_json="[]")
    built = build_panel(plan)
    assert "b.json: a page without" in told(built)
    assert built.panel.notna().all().all()
    (tmp_path / "a.json").unlink()
    with pytest.raises(DataError, match="b.json"):
        build_panel(plan)


# ---- odd bars


def bars(folder: Path, odd: dict[int, tuple[str, float]], more: str = "", reader: str = "yahoo_csv") -> Built:
    table = [
        {"Open": 400.0 + i, "High": 403.0 + i, "Low": 399.0 + i, "Close": 401.0 + i} for i in range(len(DAYS))
    ]
    for i, (column, value) in odd.items():
        table[i][column] = value
    names = ["Open", "High", "Low", "Close"]
    up = reader == "cboe_csv"
    head = ",".join([n.upper() if up else n for n in ["Date", *names]])
    lines = [f"{d:%Y-%m-%d}," + ",".join(str(r[n]) for n in names) for d, r in zip(DAYS, table, strict=True)]
    series = f'factor|USD|80|1500|fields = {{ gld = "{"CLOSE" if up else "Close"}" }}'
    body = source("y", reader, "b.csv", "session_close", series, more)
    return build_panel(write_plan(folder, body, b_csv="\n".join([head, *lines]) + "\n"))


@pytest.mark.parametrize("reader", ["yahoo_csv", "cboe_csv"])
@pytest.mark.parametrize("odd", [("Low", 411.5), ("High", 410.0), ("Open", 414.5)])
def test_one_odd_bar_is_read_and_told(tmp_path: Path, reader: str, odd: tuple[str, float]) -> None:
    built = bars(tmp_path, {10: odd}, reader=reader)
    assert built.panel["factor_gld"].notna().all()
    assert f"contradict each other, read as they stand ({DAYS[10]:%Y-%m-%d})" in told(built)


def test_a_bar_that_is_far_off_can_be_accepted_or_left_out(tmp_path: Path) -> None:
    odd = {10: ("Low", 480.0)}
    with pytest.raises(DataError, match="row 12.*contradict") as caught:
        bars(tmp_path, odd)
    assert "swapped" not in caught.value.remedy
    day = f"{DAYS[10]:%Y-%m-%d}"
    accepted = bars(
        tmp_path, odd, f'[[source.accept]]\ncheck = "bar"\ndays = [{day}]\nreason = "a stray trade"\n'
    )
    assert accepted.panel.loc[day, "factor_gld"] == 411.0
    assert "accepted (bar) a stray trade" in told(accepted)
    left = bars(tmp_path, odd, f'[[source.drop]]\ndays = [{day}]\nreason = "a stray trade"\n')
    assert left.panel["factor_gld"].isna().tolist() == [i == 10 for i in range(len(DAYS))]
    assert "left out on request a stray trade" in told(left)


def test_swapped_columns_are_still_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        bars(tmp_path, dict.fromkeys(range(len(DAYS)), ("High", 300.0)))
    assert "swapped" in caught.value.remedy


def test_a_jump_and_a_value_can_be_accepted_for_their_day_alone(tmp_path: Path) -> None:
    text = "date,px\n" + "".join(f"{d:%Y-%m-%d},{30_000 if i < 15 else 70_000}\n" for i, d in enumerate(DAYS))
    body = source("x", "table", "x.csv", "new_york_16", "price|USD|5000|60000|field = 'px'")
    with pytest.raises(DataError, match="outside 5000 to 60000") as caught:
        build_panel(write_plan(tmp_path, body, x_csv=text))
    assert 'check = "value"' in caught.value.remedy
    body = body.replace("60000", "90000")
    with pytest.raises(DataError, match="jumps from 30000") as caught:
        build_panel(write_plan(tmp_path, body))
    day = f"{DAYS[15]:%Y-%m-%d}"
    accept = f'[[source.accept]]\ncheck = "jump"\ndays = [{day}]\nreason = "redenominated"\n'
    assert build_panel(write_plan(tmp_path, body + accept)).panel["price"].notna().all()
    with pytest.raises(DataError, match="jumps"):
        build_panel(write_plan(tmp_path, body + accept.replace(day, f"{DAYS[16]:%Y-%m-%d}")))
    with pytest.raises(DataError, match="'jmp' is not a check"):
        build_panel(write_plan(tmp_path, body + accept.replace('"jump"', '"jmp"')))


def test_what_a_source_accepts_stands_beside_the_panel(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from scripts.build_panel import main

    text = "date,px\n" + "".join(f"{d:%Y-%m-%d},{30_000 if i < 15 else 70_000}\n" for i, d in enumerate(DAYS))
    body = source("x", "table", "x.csv", "new_york_16", "price|USD|5000|90000|field = 'px'")
    day = f"{DAYS[15]:%Y-%m-%d}"
    body += f'[[source.accept]]\ncheck = "jump"\ndays = [{day}]\nreason = "redenominated"\n'
    plan = write_plan(tmp_path, body, x_csv=text)
    out = tmp_path / "panel.csv"
    assert main(["--sources", str(plan), "--out", str(out)]) == 0
    assert "what sources.toml accepts" in capsys.readouterr().out
    accepted = accepted_beside(out)
    assert accepted.allows("jump", DAYS[15], ["price"])
    assert not accepted.allows("jump", DAYS[16], ["price"])
    assert "redenominated" in accepted.notes[0]


# ---- reports out of turn


def positions(folder: Path, days: list[str], more: str = "", reader: str = "table") -> Built:
    rows = [{"report_date_as_yyyy_mm_dd": d, "oi": 10_000 + 10 * i} for i, d in enumerate(days)]
    series = "open_interest|contracts|500|90000|field = 'oi'"
    options = "" if reader == "cftc_tff" else "options = { date = 'report_date_as_yyyy_mm_dd' }\n"
    body = source("c", reader, "c.json", "tuesday", series, options + more)
    return build_panel(write_plan(folder, body, "2020-11-01", c_json=json.dumps(rows)))


TUESDAYS = ["2020-12-01", "2020-12-08", "2020-12-15", "2020-12-22", "2020-12-29", "2021-01-05"]


@pytest.mark.parametrize("reader", ["table", "cftc_tff"])
@pytest.mark.parametrize("day", ["2020-12-21", "2020-12-23"])
def test_a_report_moved_by_a_day_is_its_weeks(tmp_path: Path, reader: str, day: str) -> None:
    built = positions(tmp_path, [*TUESDAYS[:3], day, *TUESDAYS[4:]], reader=reader)
    assert built.panel.loc[day, "open_interest"] == 10_030
    assert "taken as that week's report" in told(built)


@pytest.mark.parametrize("days", [
    [*TUESDAYS[:3], "2020-12-25", *TUESDAYS[4:]],  # the day of publication
    [*TUESDAYS[:3], "2020-12-21", *TUESDAYS[3:]],  # two reports of one week
    [f"{date.fromisoformat(d) - pd.Timedelta(days=1):%Y-%m-%d}" for d in TUESDAYS],  # all a day early
])  # fmt: skip
def test_reports_that_cannot_be_their_weeks_are_refused(tmp_path: Path, days: list[str]) -> None:
    with pytest.raises(DataError, match="is not a position date") as caught:
        positions(tmp_path, days)
    assert 'check = "date"' in caught.value.remedy


def test_an_odd_report_date_can_be_accepted(tmp_path: Path) -> None:
    days = [*TUESDAYS[:3], "2020-12-24", *TUESDAYS[4:]]
    accept = '[[source.accept]]\ncheck = "date"\ndays = [2020-12-24]\nreason = "announced"\n'
    assert positions(tmp_path, days, accept).panel.loc["2020-12-24", "open_interest"] == 10_030


# ---- days without a row


@pytest.mark.parametrize("clock", ["utc_24", "new_york_16"])
def test_values_of_a_weekend_are_counted_as_lost(tmp_path: Path, clock: str) -> None:
    text = "date,px\n2026-02-06,70000\n2026-02-07,70100\n2026-02-08,70200\n2026-02-09,70300\n"
    body = source("x", "table", "x.csv", clock, "price|USD|5000|200000|field = 'px'")
    built = build_panel(write_plan(tmp_path, body, x_csv=text))
    assert built.report.sources.loc[0, ["read", "kept", "dropped"]].tolist() == [4, 2, 2]
    assert "values on days without trading (Sat 2026-02-07, Sun 2026-02-08)" in told(built)


def test_values_after_the_panels_end_are_counted_as_lost(tmp_path: Path) -> None:
    text = "date,px\n" + "".join(f"{d:%Y-%m-%d},{70_000 + i}\n" for i, d in enumerate(DAYS))
    body = source("x", "table", "x.csv", "new_york_16", "price|USD|5000|200000|field = 'px'")
    plan = write_plan(tmp_path, body, x_csv=text)
    plan.write_text(plan.read_text().replace("universe", "end = 2026-03-10\nuniverse"))
    built = build_panel(plan)
    assert built.report.sources.loc[0, "kept"] == len(DAYS) - 3
    assert "after the panel's end" in told(built)


# ---- funds that closed


def test_a_fund_that_has_closed_does_not_make_totals_partial(tmp_path: Path) -> None:
    universe = tmp_path / "u.toml"
    text = Path(load_universe.__globals__["FOLDER"] / "us-spot-btc.toml").read_text()
    universe.write_text(text.replace('key = "gbtc"\n', 'key = "gbtc"\nlast_day = 2026-03-10\n'))
    values = flows()
    values[-3:, 2] = 0.0
    values[:, 3] = np.round(values[:, :3].sum(axis=1), 1)
    rows = rows_of(values)
    for r in rows[-3:]:
        r[3] = "-"
    alive = farside(tmp_path, page(rows), "options = { page = 'recent' }")
    assert alive.panel["flow_total"].isna().sum() == 3
    plan = tmp_path / "sources.toml"
    plan.write_text(plan.read_text().replace('"us-spot-btc"', f'"{universe}"'))
    assert build_panel(plan).panel["flow_total"].isna().sum() == 0


# ---- what does not move


@pytest.mark.parametrize(
    ("role", "unit", "value"),
    [("stress", "vol points", 16), ("price", "USD", 70_000), ("implied_vol", "vol points", 50)],
)
@pytest.mark.parametrize("length", [2, 3, 8])
def test_a_feed_that_stands_still_is_told(
    tmp_path: Path, role: str, unit: str, value: float, length: int
) -> None:
    values = value * (1 + 0.01 * np.arange(len(DAYS)))
    values[10 : 10 + length] = values[10]
    text = "date,px\n" + "".join(f"{d:%Y-%m-%d},{v}\n" for d, v in zip(DAYS, values, strict=True))
    body = source("x", "table", "x.csv", "new_york_16", f"{role}|{unit}|1|200000|field = 'px'")
    said = told(build_panel(write_plan(tmp_path, body, x_csv=text)))
    assert (f"the same value {values[10]:g} {length} times in a row" in said) == (length > 2)


def test_repeated_rows_and_columns_of_zeros_are_told(tmp_path: Path) -> None:
    values = flows()
    values[12] = values[11]
    values[:, 1] = 0.0
    values[:, 3] = np.round(values[:, :3].sum(axis=1), 1)
    said = told(farside(tmp_path, page(rows_of(values))))
    assert f"the row of {DAYS[12]:%Y-%m-%d} is identical to the row before it" in said
    assert "flow fbtc: no value other than 0" in said


@pytest.mark.parametrize(("factor", "seen"), [(0.1, "10 times"), (-1.0, "-1 times"), (1.0, "")])
def test_another_vendor_tells_another_scale_or_sign(tmp_path: Path, factor: float, seen: str) -> None:
    values = flows()[:, 0]
    series = 'flow|USD m|-3000|3000|fields = { ibit = "x" }'
    body = source("one", "table", "a.csv", "flow_date", series) + source(
        "two", "table", "b.csv", "flow_date", series
    )
    body = body.replace("[[source.series]]\n", "[[source.series]]\ntypical = [0.001, 5000]\n")
    text = [
        "date,x\n" + "".join(f"{d:%Y-%m-%d},{v * k:.3f}\n" for d, v in zip(DAYS, values, strict=True))
        for k in (factor, 1.0)
    ]
    said = told(build_panel(write_plan(tmp_path, body, a_csv=text[0], b_csv=text[1])))
    assert ("the other vendor's values are " + seen in said) if seen else "other vendor" not in said


def test_share_counts_tell_another_sign(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    shares = 1e9 + np.cumsum(40_000.0 * rng.integers(-40, 41, len(DAYS)))
    flow = -np.round(np.diff(shares, prepend=shares[0]) * 40.0 / 1e6, 1)
    text = "date,flow,shares,nav\n" + "".join(
        f"{d:%Y-%m-%d},{f},{s:.0f},{40 + 0.001 * i:.3f}\n"
        for i, (d, f, s) in enumerate(zip(DAYS, flow, shares, strict=True))
    )
    body = source("v", "table", "v.csv", "flow_date", 'flow|USD m|-3000|3000|fields = { ibit = "flow" }')
    for role, unit in (("shares", "shares"), ("nav", "USD")):
        body += f'[[source.series]]\nrole = "{role}"\nunit = "{unit}"\nplausible = [1, 1e11]\n'
        body += f'fields = {{ ibit = "{role}" }}\n'
    assert "the other vendor's values are -1 times" in told(
        build_panel(write_plan(tmp_path, body, v_csv=text))
    )
