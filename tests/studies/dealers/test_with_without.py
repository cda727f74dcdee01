"""Comparison with and without the book: priors of the variants, the split of the channel, the page."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from book_support import booked_event
from synthetic import EVENT, event_design, literature

from model.attribution.decompose import RETURN_PARTS, decompose
from model.attribution.ledger import make_ledger
from model.dealer_book import load_book
from model.design.book_days import sign_priors, with_books
from model.design.subject import Subject
from model.events.card import event_panel, load_event
from model.inference.arrays import arrays
from model.inference.bridge import Score, log_likelihood
from model.inference.draws import prior_draws, prior_latents
from model.studies.dealers.with_without import (
    BOOK_PARAMETERS,
    SCALES,
    SIGNS,
    Comparison,
    Outcome,
    _stretched,
    complete,
    log_prior,
    mean_weight,
    resample,
    sources,
    variants,
    without_book,
)
from model.studies.dealers.with_without_page import page


@pytest.fixture(scope="module")
def drawn():
    design = booked_event()
    shares = np.full(len(design.funds), 1.0 / len(design.funds))
    return design, shares, prior_draws(literature(), design, shares, 60, 1)


def test_without_the_book_the_design_is_the_plain_one():
    plain, expected = arrays(without_book(booked_event())), arrays(event_design())
    for name, value in expected.items():
        if name == "book":
            assert plain[name] is value is None
        else:
            np.testing.assert_array_equal(plain[name], value, err_msg=name)


@pytest.mark.parametrize("by", [0.5, -0.5])
def test_weights_of_a_moved_sign_give_the_moved_prior(drawn, by):
    """Reweighted draws from the prior have the moved truncated normal's mean, known in closed form."""
    design, shares, _ = drawn
    draws = prior_draws(literature(), design, shares, 40_000, 2)
    moved = sign_priors(literature(), dict.fromkeys(SIGNS, (by, 0.5)))
    weights = log_prior(draws, moved, SIGNS) - log_prior(draws, literature(), SIGNS)
    kept, effective = resample(draws, weights, 0)
    for name in SIGNS:
        assert kept[name].mean() == pytest.approx(float(moved[name].frozen().mean()), abs=0.02)
    assert 0.1 * len(weights) < effective < len(weights)
    found = mean_weight(weights)
    assert found.value == pytest.approx(0.0, abs=5.0 * found.error)


def test_stretched_amounts_have_the_wider_prior(drawn):
    """Without any likelihood the stretch alone turns the prior into the wider one, weights equal."""
    design, shares, _ = drawn
    draws = prior_draws(literature(), design, shares, 20_000, 3)
    small = {k: v[:3] for k, v in draws.items()}
    base = log_likelihood(small, design)
    title, wide, weights = variants(small, base, design, literature())["wide"]
    assert "twice" in title
    np.testing.assert_allclose(weights, log_likelihood(wide, design) - base)
    for name in SCALES:
        sd = literature()[name].args["sigma"]
        assert np.log(wide[name]).std() == pytest.approx(2.0 * np.log(small[name]).std())
        assert np.log(_stretched(draws[name], 0.0)).std() == pytest.approx(2.0 * sd, rel=0.03)
    assert set(SIGNS) | set(SCALES) <= set(BOOK_PARAMETERS)


def test_equal_weights_keep_every_draw():
    draws = {"x": np.arange(50.0)}
    kept, effective = resample(draws, np.full(50, -3.0), 1)
    np.testing.assert_array_equal(np.sort(kept["x"]), draws["x"])
    assert effective == pytest.approx(50.0)
    assert mean_weight(np.full(50, -3.0)) == pytest.approx((-3.0, 0.0))


def test_a_fit_that_lacks_the_books_parameters_gets_their_prior():
    posterior = xr.Dataset({"dealer_sign": (("chain", "draw"), np.full((4, 2000), 0.3))})
    whole = complete(posterior, literature(), 0)
    assert (whole["dealer_sign"] == 0.3).all()
    for name in ("crypto_sign", "note_share"):
        low, high = np.quantile(whole[name], [0.05, 0.95])
        np.testing.assert_allclose((low, high), literature()[name].interval90, atol=0.05)


def test_the_books_curves_and_the_rest_add_up_to_dealers_part(drawn):
    design, _, draws = drawn
    latents, flows = prior_latents(draws, design, 1), np.nan_to_num(design.flows)[None]
    parts = decompose(draws, latents, flows, design, 1)
    dealer = parts.return_channel[..., RETURN_PARTS.index("dealer")]
    book = make_ledger(draws, latents, flows, design, np.random.default_rng(1))
    found = sources(draws, design, book, dealer)
    t = design.book_days[0]
    for name in ("etf", "crypto", "note"):
        assert (np.delete(found[name], t, axis=1) == 0.0).all()
        assert np.abs(found[name][:, t]).max() > 1e-4
    off = {n: 0.0 * draws[n] for n in ("dealer_sign", "crypto_sign", "note_share")}
    alone = decompose({**draws, **off}, latents, flows, design, 1).return_channel[:, t]
    vanna_only = alone[:, RETURN_PARTS.index("dealer")]
    same = np.abs(draws["vanna"]) < 1e-9
    assert not same.any()
    assert np.corrcoef(found["rest"][:, t], vanna_only)[0, 1] > 0.9
    np.testing.assert_allclose(sum(x[:, t] for x in found.values()), dealer[:, t], atol=1e-12)


# --- the page ---------------------------------------------------------------------------------------------------
def outcome(design, draws, title, nats) -> Outcome:
    """An outcome of made-up numbers: dealers' part is -1 log-% on every day."""
    count = len(draws["impact"])
    channels = np.zeros((count, design.days, len(RETURN_PARTS)))
    channels[..., RETURN_PARTS.index("dealer")] = -1.0
    zero = np.zeros((count, design.days))
    return Outcome(
        title=title,
        draws=draws,
        channels=channels,
        flows=zero - 0.02,
        sources=dict.fromkeys(("etf", "crypto", "note", "rest"), zero - 0.25),
        percentile=np.full(design.days, 0.07),
        effective=float(count),
        score=Score(nats, 0.02),
    )


def written(drawn, nats: float, changed=None) -> str:
    design, _, draws = drawn
    card = load_event(EVENT)
    panel = event_panel(card)
    use = with_books(event_design(), panel, [load_book(card.dealer_books[0])])[1]
    subject = Subject(card, panel, design, literature(), np.ones(1), use)
    titles = {"book": "with", "none": "without", "short": "short", "long": "long", "wide": "wide"}
    found = {k: outcome(design, {**draws, **(changed or {})}, t, nats) for k, t in titles.items()}
    manifest = {
        "diagnostics": {
            "vendor": {
                "ess_bulk_min": 500.0,
                "ess_tail_min": 600.0,
                "r_hat_max": 1.005,
                "divergences": 0,
                "total": 3600,
                "passed": nats != 4.0,
            }
        },
        "arguments": {"chains": "4", "draws": "900", "tune": "600"},
    }
    return page(Comparison(design, found, draws), subject, {"with": manifest, "without": manifest})


def test_the_page_claims_no_more_than_the_score(drawn):
    text = written(drawn, -0.4)
    assert "**+0.40 nats**" in text
    assert "undecided (odds of 1.5 to 1 for the fit with the book" in text
    decided = written(drawn, 4.0)
    assert "**-4.00 nats**" in decided
    assert "undecided (odds" not in decided
    assert "in favour of the fit without the book" in decided


def test_the_page_calls_a_sign_decided_only_when_it_is(drawn):
    assert "undecided for options on the fund and crypto-native options" in written(drawn, 0.0)
    _, _, draws = drawn
    short = {"dealer_sign": np.abs(draws["dealer_sign"]) + 0.01}
    text = written(drawn, 0.0, short)
    assert "1.00 for options on the fund" in text
    assert "undecided for crypto-native options (0.95 would decide)" in text


def test_the_page_names_what_moved_without_narrowing(drawn):
    _, _, draws = drawn
    assert _told(written(drawn, 0.0, {"vanna": draws["vanna"] + 0.05})) == "moved"
    assert _told(written(drawn, 0.0, {"vanna": 0.5 * draws["vanna"] + 0.05})) == "moved and narrowed"


def _told(page: str) -> str:
    """Verdict in the row of vanna."""
    row = next(line for line in page.splitlines() if line.startswith("| `vanna`"))
    return row.strip("| ").split(" | ")[-1].strip()


def test_the_page_flags_a_fit_that_did_not_converge(drawn):
    assert "Not converged" in written(drawn, 4.0)
    assert "Not converged" not in written(drawn, 0.0)


def test_the_page_says_where_the_posterior_is_the_prior(drawn):
    assert "not supplied: the posterior is the prior" in written(drawn, 0.0)
    _, _, draws = drawn
    told = written(drawn, 0.0, {"booked_hedge": 0.2 + 0.01 * draws["booked_hedge"]})
    assert "the posterior is the prior" not in told
    assert "daily flows alone moved" in told


def test_the_page_names_the_day_and_its_numbers(drawn):
    text = written(drawn, 0.0)
    assert "Book of 2026-02-05: " in text
    assert "2026-02-06 (gamma proxy in both)" in text
    assert "The other 59 of 60 days keep the gamma proxy" in text
    curve = 1e3 * booked_event().book.at(booked_event().returns)[0][booked_event().book_days[0]]
    assert (
        f"options on the fund {curve[0]:+,.0f} and crypto-native options {curve[1]:+,.0f} if dealers were short"
        in text
    )
    assert "-20 [-20, -20] USD m" in text
    assert "4 x 900 after 600" in text
