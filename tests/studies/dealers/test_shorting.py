"""Four settings of operational shorting: scores, labels, the page."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from synthetic import EVENT

from model.design.subject import Request, load_subject
from model.errors import AttributionError, ConvergenceError, DataError
from model.inference.draws import prior_draws
from model.studies.dealers.fits import make_fits, read_fit
from model.studies.dealers.shorting import REFERENCE, SETTINGS, Share, differences, measure
from model.studies.dealers.shorting_page import page


def subject(switches):
    return load_subject(Request(event=EVENT, out=Path("x"), mechanisms=switches))


@pytest.fixture(scope="module")
def subjects():
    return {title: subject(switches) for title, switches in SETTINGS.items()}


@pytest.fixture(scope="module")
def found(subjects):
    """The four settings measured on one set of prior draws, taken for all posteriors."""
    base = subjects[REFERENCE]
    draws = prior_draws(base.priors, base.design, base.base_shares, 40, 3)
    dims = {k: ("chain", "draw", *(f"{k}_{i}" for i in range(v.ndim - 1))) for k, v in draws.items()}
    posterior = xr.Dataset({k: (dims[k], v[None]) for k, v in draws.items()})
    return measure(subjects, dict.fromkeys(SETTINGS, posterior), 1)


def test_the_settings_differ_in_booking_alone(subjects):
    base = subjects[REFERENCE]
    for title, s in subjects.items():
        assert differences(base.design, s.design) == []
        assert s.card.mechanisms.late_creation == ("late creation on" in title)
        assert s.card.mechanisms.hedge_settlement == ("hedge settlement off" not in title)
        assert bool(s.design.late_window.any()) == s.card.mechanisms.late_creation
        assert bool(s.design.option_fund.any()) == s.card.mechanisms.hedge_settlement


def test_another_panel_is_refused(subjects):
    base = subjects[REFERENCE]
    other = replace(base, design=replace(base.design, returns=base.design.returns + 0.1))
    with pytest.raises(DataError, match="more than booking: returns"):
        measure({REFERENCE: base, "late creation on": other}, dict.fromkeys(SETTINGS, None), 0)


def test_dealers_reach_no_flow_without_settlement(found):
    for setting in found.values():
        dealer = setting.flows["dealer"]
        assert (np.abs(dealer).max() == 0.0) == (not setting.mechanisms.hedge_settlement)


def test_only_shares_in_force_are_called_used(found):
    for title, setting in found.items():
        assert setting.shares["late_creation"].used == ("late creation on" in title)
        assert setting.shares["booked_hedge"].used == ("hedge settlement off" not in title)
    assert found[REFERENCE].score == (0.0, 0.0)
    assert all(np.isfinite(s.score.value) for s in found.values())


def test_a_share_is_identified_when_its_variance_falls_by_a_tenth_or_its_median_moves():
    prior = np.random.default_rng(0).normal(size=4000)
    same = Share(prior, prior, used=True)
    assert (same.identified, same.unmoved) == (False, True)
    assert same.fall == 0.0
    narrow = Share(prior, 0.9 * prior, used=True)
    assert narrow.fall == pytest.approx(0.19)
    assert narrow.identified
    wide = Share(prior, 0.3 + 1.2 * prior, used=True)
    assert (wide.identified, wide.unmoved) == (False, False)
    assert wide.fall == pytest.approx(-0.44)
    assert Share(prior, 1.0 + 1.2 * prior, used=True).identified


def written(found, subjects, failed=None, total=4000, **changed):
    manifests = {}
    for title in found:
        d = {
            "r_hat_max": 1.004,
            "ess_bulk_min": 600.0,
            "ess_tail_min": 700.0,
            "divergences": 0,
            "total": total,
        }
        manifests[title] = {
            "diagnostics": {"vendor": d | {"passed": title != failed}},
            "arguments": {"chains": "4", "draws": "1000", "tune": "300"},
        }
    shown = {t: replace(s, **changed) if t != REFERENCE else s for t, s in found.items()}
    return page(shown, subjects[REFERENCE], manifests)


def test_the_page_says_what_is_not_supplied_and_not_identified(found, subjects):
    text = written(found, subjects)
    assert "premium, its short interest, its short volume and its fails to deliver are not supplied" in text
    assert "the prior or close to it" in text
    assert text.count("switched off") >= 4
    assert "not identified by these data" in text
    assert "-434 on 2026-02-05; +371 on 2026-02-06" in text
    assert "Late creation concerns ibit on 2026-02-05 and 2026-02-06" in text


def test_the_page_claims_nothing_from_small_differences(found, subjects):
    small = written(found, subjects, score=found[REFERENCE].score._replace(value=-1.2, error=0.1))
    assert "do not decide between the four" in small
    assert "-1.20 nats" in small
    large = written(found, subjects, score=found[REFERENCE].score._replace(value=-7.0, error=0.1))
    assert "do not decide" not in large


def test_the_page_flags_fits(found, subjects):
    assert "Not converged" not in written(found, subjects)
    assert "Not converged by the project's own bounds: the fit late creation on." in written(
        found, subjects, failed="late creation on"
    )
    assert "4 x 2000 after 600, second attempt" in written(found, subjects, total=8000)


# --- fits of a page ------------------------------------------------------------------------------------------------
class Here:
    """Stands in for the pool of processes: does the job at once."""

    def __init__(self, *_, **__):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def submit(self, job, request):
        done = Future()
        try:
            done.set_result(job(request))
        except AttributionError as error:
            done.set_exception(error)
        return done


@pytest.mark.parametrize("failure", [None, ConvergenceError("no", "draw more")])
def test_every_fit_is_asked_for_and_one_that_did_not_converge_is_kept(monkeypatch, tmp_path, failure):
    asked = []

    def run(request, _):
        asked.append(request)
        if failure:
            raise failure

    monkeypatch.setattr("model.studies.dealers.fits.ProcessPoolExecutor", Here)
    monkeypatch.setattr("model.studies.dealers.fits.run", run)
    make_fits({tmp_path / "a": {"book": False}, tmp_path / "b": {}}, event=EVENT, seed=7)
    wanted = {"event": EVENT, "dating": "vendor", "seed": 7}
    assert asked == [
        Request(**wanted, out=tmp_path / "a", book=False),
        Request(**wanted, out=tmp_path / "b"),
    ]


def test_an_error_in_the_fits_process_comes_back_as_itself(tmp_path):
    with pytest.raises(DataError, match="Unknown event '1999-01-01'") as caught:
        make_fits({tmp_path / "a": {}}, event="1999-01-01")
    assert "2026-02-05" in caught.value.remedy


def test_a_folder_without_a_fit_is_refused(tmp_path):
    with pytest.raises(DataError, match="no fit folder"):
        read_fit(tmp_path)
