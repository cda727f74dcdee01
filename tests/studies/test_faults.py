"""The proofs of robustness in small: a few kills, flips and changed inputs; the whole by ``make faults``."""

from __future__ import annotations

import random
import tomllib

import pytest
from sealed_fit import finish
from synthetic_fit import write_fit

from model.inference import sample
from model.store import PROJECT
from model.studies.fit import run
from tests.proofs.faults import changes, cheap, flips, kills, mutations, oracles, page


@pytest.fixture(scope="module")
def fit(tmp_path_factory):
    return finish(
        write_fit(tmp_path_factory.mktemp("faults") / "fit", samples=5, draws=5, readings=("vendor",))
    )


def test_flipped_bytes_are_found_in_every_file(fit, tmp_path):
    found = flips.run(fit, 4, 1, tmp_path)
    assert {f.name for f in found} == {p.relative_to(fit).as_posix() for p in fit.rglob("*") if p.is_file()}
    assert all(f.passed for f in found), [f.examples for f in found]


def test_a_flip_that_is_not_found_counts(fit, tmp_path, monkeypatch):
    monkeypatch.setattr(flips, "load_fit", lambda _: None)
    assert not any(f.passed for f in flips.run(fit, 1, 1, tmp_path))


def test_changed_panels_and_fits_are_refused_by_name_or_read_as_changed(fit, tmp_path):
    rng = random.Random(3)
    for tally in (mutations.panels(tmp_path, 40, rng), mutations.fits(fit, tmp_path, 40, rng)):
        assert tally.tried == 40
        assert tally.refused > 0
        assert tally.passed, tally.examples


def test_a_change_that_is_ignored_and_an_error_without_a_name_count(tmp_path):
    """The oracle itself: a reader that ignores what it reads, one that changes it, and one that breaks."""
    path = tmp_path / "a.toml"
    text = "a = 1\nb = 2\n[c]\nd = 3\n"
    readers = {
        "ignores": lambda p: tomllib.loads(p.read_bytes().decode("utf-8-sig", "replace")) and "always",
        "breaks": lambda p: 1 // (p.read_text(encoding="utf-8") == text),
    }
    for name, read in readers.items():
        path.write_text(text)
        kind = mutations.Kind(name, path, read, lambda _: None)
        assert not mutations.tables(kind, 60, random.Random(1)).passed


def test_every_kind_of_change_is_made():
    text = (PROJECT / "data" / "priors" / "literature.toml").read_text(encoding="utf-8")
    rng = random.Random(0)
    made = {changes.changed(text, rng) for _ in range(50)}
    assert (
        len(made) >= 40
    )  # a byte-order mark and other line ends are one change each, whenever they are made


def test_zero_has_one_sign():
    assert oracles.judge({"a": -0.0}, {"a": 0.0}, [-0.0], [0.0], frozenset()) == ""
    assert oracles.judge({"a": -1.0}, {"a": 1.0}, [1.0], [1.0], frozenset()) != ""


def test_draws_of_the_prior_stand_in_for_the_sampler(monkeypatch):
    """Also where the sampler was imported before: kills are aimed at the writing."""
    for name in ("gate_job", "prior_job", "Sampler"):
        monkeypatch.setattr(run, name, getattr(run, name))
    monkeypatch.setattr(sample, "Sampler", sample.Sampler)
    cheap.stand_in()
    assert run.Sampler is sample.Sampler is cheap.PriorSampler
    assert run.gate_job is cheap.open_gate


def test_pieces_of_a_proof_add_up_and_name_what_they_were_tried_on(tmp_path, monkeypatch):
    first = [kills.Count("fit", kills=3, mixed=1), kills.Count("report", kills=2)]
    monkeypatch.setattr(page, "code_hash", lambda: "a" * 64)
    page.keep("kills", first, 0, tmp_path, False)
    before = page.kept("kills", tmp_path)
    monkeypatch.setattr(page, "code_hash", lambda: "b" * 64)
    for n in (1, 2):  # told after each kill of all so far
        page.keep("kills", [kills.Count("fit", kills=n)], 1, tmp_path, False, before)
    rows = page.kept("kills", tmp_path)
    assert [(r["kills"], r["mixed"]) for r in rows.values()] == [(5, 1), (2, 0)]
    assert rows["fit"]["seed"] == "0, 1"
    assert rows["fit"]["code"] == f"{'a' * 12}, {'b' * 12}"
    assert rows["report"]["seed"] == "0"


@pytest.mark.slow
def test_ten_kills_lose_mix_and_leave_nothing(tmp_path):
    fit = kills.whole_fit(tmp_path / "base", lambda _: None)
    found = kills.run(10, 1, tmp_path, lambda _: None, fit, again_every=2)
    assert sum(c.kills for c in found) == 10
    assert all(c.passed for c in found), [c.examples for c in found]
