"""A fit that is interrupted, refused or does not converge: the earlier one stays, and what was sampled is gone on with."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import pytest

from model.errors import DataError
from model.events.card import load_event
from model.store import load_fit, partial
from model.studies.command import INTERRUPTED
from model.studies.fit import run as pipeline
from model.studies.fit.checkpoint import interrupted
from tests.studies.fit.test_fit_gate import OPEN, PriorSampling, card, fit

__all__ = ["card", "fit"]
COMMON = ("--dating", "vendor", "--accept-gate", "a reason")


class Interrupted(PriorSampling):
    """Stands in for the compiled model; the second reading is interrupted."""

    asked = 0

    def sample(self, *arguments):
        type(self).asked += 1
        if type(self).asked == 2:
            raise KeyboardInterrupt
        return super().sample(*arguments)


class Counted(PriorSampling):
    """Stands in for the compiled model; counts the readings."""

    asked = 0

    def sample(self, *arguments):
        type(self).asked += 1
        return super().sample(*arguments)


class Wandering(PriorSampling):
    """Stands in for the compiled model; nothing converges."""

    def sample(self, *arguments):
        trace, diagnostics = super().sample(*arguments)
        return trace, replace(diagnostics, r_hat_max=1.4, worst="r_hat impact, bulk rho, tail rho (1 x 12)")


@pytest.fixture(autouse=True)
def opened(monkeypatch):
    monkeypatch.setattr(pipeline, "gate_job", lambda *_: OPEN)


def sampling(monkeypatch, cls) -> None:
    monkeypatch.setattr("model.studies.fit.run.Sampler", cls)


def test_an_interrupted_fit_goes_on_with_what_was_sampled_and_gives_the_same(
    fit, card, tmp_path, monkeypatch
):
    whole, out = tmp_path / "whole", tmp_path / "fit"
    sampling(monkeypatch, PriorSampling)
    assert fit(["--event", str(card), "--out", str(whole), *COMMON]) == 0
    sampling(monkeypatch, Interrupted)
    assert fit(["--event", str(card), "--out", str(out), *COMMON]) == INTERRUPTED
    assert not out.exists()
    assert interrupted(out).out == out
    monkeypatch.chdir(tmp_path)
    sampling(monkeypatch, Counted)
    assert fit(["--resume", "fit"]) == 0
    assert Counted.asked == 1
    assert not partial(out).exists()
    same = ("decomposition.nc", "posterior.nc", "gate.json", "design.npz")
    assert all((out / n).read_bytes() == (whole / n).read_bytes() for n in same)
    assert (out / "SHA256SUMS").read_bytes() == (whole / "SHA256SUMS").read_bytes()
    with pytest.raises(DataError, match="No interrupted run"):
        interrupted(out)


def test_other_data_do_not_go_on_with_an_interrupted_fit(fit, card, tmp_path, monkeypatch, capsys):
    out = tmp_path / "fit"
    Interrupted.asked = 0
    sampling(monkeypatch, Interrupted)
    assert fit(["--event", str(card), "--out", str(out), *COMMON]) == INTERRUPTED
    text = card.read_text()
    card.write_text(text.replace("accept_inconclusive", "# accept_inconclusive") + "\n# changed\n")
    sampling(monkeypatch, PriorSampling)
    assert fit(["--resume", str(out)]) == 3
    assert "Start again without --resume" in capsys.readouterr().err
    assert fit(["--event", str(card), "--out", str(out), *COMMON]) == 0
    assert "Removing what an interrupted run left" in " ".join(capsys.readouterr().out.split())


def test_a_fit_that_does_not_converge_leaves_the_good_one_and_no_mix(
    fit, card, tmp_path, monkeypatch, capsys
):
    out, arguments = tmp_path / "fit", ["--event", str(card), "--out", str(tmp_path / "fit"), *COMMON]
    sampling(monkeypatch, PriorSampling)
    assert fit(arguments) == 0
    before = (out / "SHA256SUMS").read_bytes()
    sampling(monkeypatch, Wandering)
    assert fit([*arguments, "--seed", "5"]) == 4
    assert "R-hat 1.400 of impact (bound 1.01)" in capsys.readouterr().err
    assert (out / "SHA256SUMS").read_bytes() == before
    assert load_fit(out).manifest["seed"] != 5
    aside = json.loads((tmp_path / "fit.refused" / "manifest.json").read_text())
    assert (aside["seed"], aside["diagnostics"]["vendor"]["passed"]) == (5, False)
    assert not (tmp_path / "fit.refused" / "decomposition.nc").exists()


def test_a_gate_that_refuses_leaves_the_good_fit(fit, card, tmp_path, monkeypatch):
    out, arguments = tmp_path / "fit", ["--event", str(card), "--out", str(tmp_path / "fit"), *COMMON]
    sampling(monkeypatch, PriorSampling)
    assert fit(arguments) == 0
    monkeypatch.setattr(pipeline, "gate_job", lambda *_: replace(OPEN, verdict="fail"))
    assert fit(arguments) == 5
    assert load_fit(out).gate["verdict"] == "inconclusive"
    assert json.loads((tmp_path / "fit.refused" / "gate.json").read_text())["verdict"] == "fail"


def test_cards_given_by_path_have_folders_of_their_own(card, tmp_path):
    other = shutil.copytree(card.parent, tmp_path / "other" / "event") / "event.toml"
    other.write_text(other.read_text().replace('id = "2026-02-05"', 'id = "another-day"'))
    assert pipeline.usual_folder(str(card)).name == "2026-02-05"
    assert pipeline.usual_folder(str(other)).name == "another-day"
    for bad in ("../up", "a/b", ".hidden", "", "a b"):
        other.write_text(card.read_text().replace('id = "2026-02-05"', f'id = "{bad}"'))
        with pytest.raises(DataError, match="cannot name a folder|id: is empty"):
            load_event(other)
