"""Two identical runs leave identical files, but for the one that says when and how long."""

from __future__ import annotations

import subprocess

import pytest

from model.store import PROJECT, file_hash, load_fit
from model.store.seal import TIMING
from tests.proofs.faults.processes import environment
from tests.proofs.faults.targets import FIT
from tests.studies.fit.test_fit_gate import OPEN, PriorSampling, card, fit, pipeline

__all__ = ["card", "fit"]


def hashes(folder) -> dict[str, str]:
    return {p.relative_to(folder).as_posix(): file_hash(p) for p in folder.rglob("*") if p.is_file()}


def differing(a, b) -> list[str]:
    one, other = hashes(a), hashes(b)
    return sorted(n for n in one.keys() | other.keys() if one.get(n) != other.get(n))


def test_numbers_manifest_and_checksums_of_two_runs_are_the_same(fit, card, tmp_path, monkeypatch):
    monkeypatch.setattr("model.studies.fit.run.Sampler", PriorSampling)
    monkeypatch.setattr(pipeline, "gate_job", lambda *_: OPEN)
    common = ["--event", str(card), "--dating", "vendor", "--accept-gate", "a reason"]
    for name, more in (("a", []), ("b", []), ("c", ["--seed", "7"])):
        assert fit([*common, *more, "--out", str(tmp_path / name)]) == 0
    assert differing(tmp_path / "a", tmp_path / "b") == [TIMING]
    assert {"posterior.nc", "manifest.json"} <= set(differing(tmp_path / "a", tmp_path / "c"))


@pytest.mark.slow
def test_figures_and_page_too(tmp_path):
    """In processes of their own, so that nothing is shared but the machine."""
    for name in "ab":
        subprocess.run(
            [*FIT, "--out", str(tmp_path / name / "fit")], check=True, env=environment(""), cwd=PROJECT
        )
    assert load_fit(tmp_path / "a" / "fit").manifest == load_fit(tmp_path / "b" / "fit").manifest
    assert differing(tmp_path / "a" / "fit", tmp_path / "b" / "fit") == [TIMING]
