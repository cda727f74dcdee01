"""Chains from CSV: both layouts, and every bad cell refused with its row, column and remedy."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from chain_support import CRYPTO, ETF, NOW, exchange, load, load_occ, occ

from model.dealer_book.chains import read_chain, to_listed
from model.errors import DataError


def test_exchange_layout(tmp_path) -> None:
    chain = load(tmp_path, exchange())
    book = to_listed(chain, CRYPTO, chain.spot)
    assert book.dealer.tolist() == [-1.0, 1.0]  # naive: short puts, long calls
    assert book.quantity.tolist() == [120.5, 80.0]
    hours = (datetime(2026, 2, 27, 8, tzinfo=UTC) - NOW).total_seconds() / 3600  # 21:00:10 counts as 21:00
    assert book.years == pytest.approx(hours / 24 / 365, rel=1e-12)
    assert book.forward_ratio == pytest.approx(73400 / 73338)


def test_occ_layout_in_units_of_the_underlying(tmp_path) -> None:
    chain = load_occ(tmp_path, occ())
    spot = 41.57 / 0.000567
    book = to_listed(chain, ETF, spot, "short")
    assert book.strike == pytest.approx([40 / 0.000567, 45.5 / 0.000567])
    assert book.quantity == pytest.approx([1000 * 100 * 0.000567, 500 * 100 * 0.000567])
    assert book.dealer.tolist() == [-1.0, -1.0]
    days = (
        datetime(2026, 3, 20, 20, tzinfo=UTC) - NOW
    ).total_seconds() / 86400  # 16:00 New York in summer time
    assert book.years == pytest.approx(days / 365)
    # homogeneity: the same share delta as an option on one share
    from model.dealer_book.greeks import black

    share = black(41.57, 40.0, book.years[0], 0.58, False, book.discount[0], book.forward_ratio[0])
    assert book.greeks(spot).delta[0] == pytest.approx(share.delta)


def test_last_snapshot_of_each_instrument(tmp_path) -> None:
    older = exchange().assign(quote_timestamp="2026-02-04 20:00:00+00:00", open_interest="1")
    chain = load(tmp_path, pd.concat([older, exchange()]))
    assert chain.contracts.tolist() == [120.5, 80.0]
    assert len(load(tmp_path, pd.concat([older, exchange()]), all_snapshots=True)) == 4


def test_shared_chain(chain_file) -> None:
    chain = read_chain(chain_file, CRYPTO)
    assert len(chain) == 233
    assert 30 < chain.atm_vol < 50
    assert np.all(to_listed(chain, CRYPTO, chain.spot).years > 0)


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("strike", "abc", "not a number"),
        ("strike", "-5", "above 0"),
        ("mark_iv", "", "not a number"),
        ("mark_iv", "0", "implied volatility"),
        ("mark_iv", "5300", "volatility under"),
        ("open_interest", "-1", "at least 0"),
        ("option_type", "Q", "C or P"),
        ("expiry", "soon", "time with offset"),
        ("expiry", "2026-02-27", "time with offset"),
        ("quote_timestamp", "2026-02-04 21:00:10", "time with offset"),
        ("expiry", "2026-02-01 08:00:00+00:00", "the expiry in instrument_name"),
        ("underlying", "73.4", "within 50 %"),
    ],
)
def test_bad_exchange_cells(tmp_path, column, value, words) -> None:
    with pytest.raises(DataError, match=f"Row 3, column {column}.*{words}") as err:
        load(tmp_path, exchange(**{column: value}))
    assert err.value.remedy


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("contractSymbol", "ETFX-40-P", "OCC symbol"),
        ("contractSymbol", "ETFX260320P00040000", "unique"),
        ("contractSymbol", "ETFX261320C00045500", "calendar day"),
        ("contractSymbol", "ETFX260102C00045500", "after the time of the chain"),
        ("strike", "46", "strike in contractSymbol"),
        ("impliedVolatility", "0.00001", "implied volatility"),
        ("openInterest", "many", "not a number"),
    ],
)
def test_bad_occ_cells(tmp_path, column, value, words) -> None:
    with pytest.raises(DataError, match=f"Row 3, column {column}.*{words}") as err:
        load_occ(tmp_path, occ(**{column: value}))
    assert err.value.remedy


def test_placeholders_can_be_left_out_and_are_counted(tmp_path) -> None:
    chain = load_occ(tmp_path, occ(impliedVolatility="0.00001"), drop_bad_iv=True)
    assert (len(chain), chain.dropped) == (1, 1)
    assert len(load_occ(tmp_path, occ(impliedVolatility="0.00001", openInterest=""))) == 1


@pytest.mark.parametrize("share", [73_338.0, 0.0236, -4.0, float("nan")])
def test_a_share_price_far_from_the_strikes_is_refused(tmp_path, share) -> None:
    with pytest.raises(DataError, match="far from the strikes") as err:
        load_occ(tmp_path, occ(), spot=share)
    assert "--share-price" in err.value.remedy


def test_missing_column_missing_file_missing_time(tmp_path) -> None:
    with pytest.raises(DataError, match="column mark_iv"):
        load(tmp_path, exchange().drop(columns="mark_iv"))
    with pytest.raises(DataError, match="No chain"):
        read_chain(tmp_path / "none.csv", CRYPTO)
    with pytest.raises(DataError, match="neither its time"):
        load(tmp_path, occ(), ETF)
    with pytest.raises(DataError, match="Convention"):
        to_listed(load(tmp_path, exchange()), CRYPTO, 73338.0, "guess")
