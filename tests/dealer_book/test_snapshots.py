"""Rows of a chain are hedged together only when they are of one underlying, one snapshot, and alive."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from chain_support import CRYPTO, ETF, NOW, exchange, load, load_occ, occ

from model.dealer_book.chains import read_chain
from model.errors import DataError

LATER = "2026-02-09 21:00:10+00:00"


def contract(name: str, quoted: str, interest: str = "100", iv: str = "55", **cells: str) -> pd.DataFrame:
    root, day, strike, side = name.split("-")
    expiry = pd.to_datetime(day, format="%d%b%y").strftime("%Y-%m-%d 08:00:00+00:00")
    row = {
        "instrument_name": name, "quote_timestamp": quoted, "expiry": expiry, "strike": strike, "option_type": side,
        "underlying": "73400", "index_price": "73338", "mark_iv": iv, "open_interest": interest,
    }  # fmt: skip
    return pd.DataFrame([row | cells])


def many(quoted: str, day: str = "27FEB26", root: str = "X", n: int = 6) -> pd.DataFrame:
    return pd.concat([contract(f"{root}-{day}-{60_000 + 2_000 * i}-{'CP'[i % 2]}", quoted) for i in range(n)])


# ---- one underlying


@pytest.mark.parametrize("other", ["ETH", "X_USDC", "SOL"])
def test_a_second_underlying_is_refused_by_name_or_left_out(tmp_path, other) -> None:
    eth = contract(
        f"{other}-27FEB26-2100-P",
        "2026-02-04 21:00:10+00:00",
        "9000",
        "72",
        underlying="2150",
        index_price="2150",
    )
    eth["underlying"] = "2150"
    frame = pd.concat([exchange(), eth])
    with pytest.raises(DataError, match=f"{other} \\(1 rows\\)") as caught:
        load(tmp_path, frame)
    assert "--underlying X" in caught.value.remedy
    alone, both = load(tmp_path, exchange()), load(tmp_path, frame, underlying="X")
    assert both.strike.tolist() == alone.strike.tolist()
    assert both.atm_vol == alone.atm_vol
    assert both.left_out == ("1 on another underlying",)
    with pytest.raises(DataError, match="no option on 'DOGE'"):
        load(tmp_path, frame, underlying="DOGE")


def test_a_second_root_of_an_etf_chain(tmp_path) -> None:
    frame = pd.concat([occ(), occ().assign(contractSymbol=["ETFX1260320P00040000", "ETFX1260320C00045500"])])
    with pytest.raises(DataError, match="ETFX1"):
        load_occ(tmp_path, frame)
    assert len(load_occ(tmp_path, frame, underlying="ETFX")) == 2


@pytest.mark.parametrize(
    ("column", "value"), [("strike", "80000"), ("option_type", "P"), ("expiry", "2026-03-27 08:00:00+00:00")]
)
def test_a_row_that_contradicts_its_own_name(tmp_path, column, value) -> None:
    with pytest.raises(DataError, match=f"Row 3, column {column}.*in|of instrument_name"):
        load(tmp_path, exchange(**{column: value}))


# ---- one snapshot


def test_contracts_that_expired_since_an_earlier_snapshot_are_left_out(tmp_path) -> None:
    dead = many("2026-02-04 21:00:10+00:00", "06FEB26")
    alive = many(LATER)
    chain = load(tmp_path, pd.concat([dead, many("2026-02-04 21:00:10+00:00"), alive]))
    assert chain.strike.tolist() == load(tmp_path, alive).strike.tolist()
    assert chain.left_out == ("6 expired since an earlier snapshot",)


def test_contracts_of_an_earlier_snapshot_only_are_left_out(tmp_path) -> None:
    gone = contract("X-27FEB26-90000-C", "2026-02-04 21:00:10+00:00")
    chain = load(tmp_path, pd.concat([gone, many(LATER)]))
    assert chain.left_out == ("1 in an earlier snapshot only",)
    near = contract("X-27FEB26-90000-C", "2026-02-09 20:30:00+00:00")  # a slow snapshot
    assert len(load(tmp_path, pd.concat([near, many(LATER)]))) == 7


def test_a_newest_snapshot_that_is_cut_off_is_refused(tmp_path) -> None:
    frame = pd.concat([many("2026-02-04 21:00:10+00:00"), many(LATER, n=2)])
    with pytest.raises(DataError, match="holds 2 of 6 options that are still alive") as caught:
        load(tmp_path, frame)
    assert "--as-of" in caught.value.remedy
    chain = load(tmp_path, frame, as_of=datetime(2026, 2, 5, tzinfo=UTC))
    assert len(chain) == 6
    assert chain.left_out == ("2 quoted after the time asked for",)


def test_a_time_before_every_snapshot_is_refused(tmp_path) -> None:
    with pytest.raises(DataError, match="after the time asked for"):
        load(tmp_path, exchange(), as_of=NOW - timedelta(days=1))


def test_what_expires_between_the_chain_and_the_book_is_left_out(tmp_path) -> None:
    frame = pd.concat(
        [many("2026-02-04 21:00:10+00:00"), contract("X-06FEB26-70000-P", "2026-02-04 21:00:10+00:00")]
    )
    assert len(load(tmp_path, frame, as_of=datetime(2026, 2, 5, tzinfo=UTC))) == 7
    assert len(load(tmp_path, frame, as_of=datetime(2026, 2, 6, 21, tzinfo=UTC))) == 6


def test_contracts_expired_when_quoted_can_be_left_out(tmp_path) -> None:
    settled = contract("X-04FEB26-70000-P", "2026-02-04 21:00:10+00:00")
    frame = pd.concat([exchange(), settled])
    with pytest.raises(DataError, match="after the time of the chain") as caught:
        load(tmp_path, frame)
    assert "--drop-expired" in caught.value.remedy
    assert load(tmp_path, frame, drop_expired=True).left_out == ("1 expired when quoted",)
    etf = pd.concat([occ(), occ(contractSymbol="ETFX260102C00045500").iloc[1:]])
    assert len(load_occ(tmp_path, etf, drop_expired=True)) == 2


# ---- volatilities


@pytest.mark.parametrize("iv", ["14.25", "", "nan", "0.00001", "-0.4", "1e6"])
def test_one_wild_volatility_of_a_chain_is_left_out_on_request(tmp_path, iv) -> None:
    first = occ().iloc[[0]]
    more = [first.assign(contractSymbol=f"ETFX260320P000{k}000", strike=str(k)) for k in range(35, 40)]
    frame = pd.concat([occ(), *more])
    frame.iloc[-1, frame.columns.get_loc("impliedVolatility")] = iv
    with pytest.raises(DataError, match="column impliedVolatility") as caught:
        load_occ(tmp_path, frame)
    assert "--drop-bad-iv" in caught.value.remedy
    chain = load_occ(tmp_path, frame, drop_bad_iv=True)
    assert (len(chain), chain.dropped) == (6, 1)
    assert np.all(chain.iv < 1)


@pytest.mark.parametrize("iv", ["5300", "", "0"])
def test_a_volatility_of_an_option_nobody_holds_stops_nothing(tmp_path, iv) -> None:
    assert len(load(tmp_path, exchange(open_interest="0", mark_iv=iv))) == 1


def test_volatilities_in_another_unit_are_refused_and_read_when_said(tmp_path) -> None:
    fractions = exchange().assign(mark_iv=["0.555", "0.53"])
    with pytest.raises(DataError, match="half of the volatilities lie under") as caught:
        load(tmp_path, fractions)
    assert "--iv-unit fraction" in caught.value.remedy
    assert load(tmp_path, fractions, iv_unit="fraction").iv == pytest.approx(load(tmp_path, exchange()).iv)
    percent = occ().assign(impliedVolatility=["58", "55"])
    with pytest.raises(DataError, match="volatility under") as caught:
        load_occ(tmp_path, percent, drop_bad_iv=True)
    assert "--iv-unit percent" in caught.value.remedy
    assert load_occ(tmp_path, percent, iv_unit="percent").iv == pytest.approx([0.58, 0.55])
    with pytest.raises(DataError, match="Unit of volatility"):
        load(tmp_path, exchange(), iv_unit="points")


def test_a_byte_order_mark_and_a_file_too_large(tmp_path, monkeypatch) -> None:
    path = tmp_path / "c.csv"
    path.write_bytes(b"\xef\xbb\xbf" + exchange().to_csv(index=False).encode())
    assert len(read_chain(path, CRYPTO)) == 2
    monkeypatch.setattr("model.dealer_book.cells.MAX_BYTES", 10)
    with pytest.raises(DataError, match="at most 10 bytes|bytes"):
        read_chain(path, ETF)
