"""Two prior sets into one: nothing is decided silently, and what was learned stays learned."""

from __future__ import annotations

import sys
from datetime import date

import pytest

from model.errors import PriorError
from model.priors.merge import conflicts, merged_set
from model.priors.prior_set import load_priors, path_of
from model.store import PROJECT

sys.path.insert(0, str(PROJECT / "scripts"))
import merge_priors

OTHER = """\
[meta]
name = "other"
kind = "learned"
learned_from = [2024-01-11, 2024-12-31]

[parameter.drift]
dist = "Normal"
mu = 0.5
sigma = 0.1
unit = "log-% per day"
source = "somebody"
interval90 = [0.3355, 0.6645]
"""


@pytest.fixture
def other(tmp_path):
    path = tmp_path / "other.toml"
    path.write_text(OTHER, encoding="utf-8")
    return path


def test_a_set_merged_with_itself_has_no_conflicts():
    literature = load_priors("literature")
    assert conflicts(literature, literature) == []
    doc = merged_set("literature", path_of("literature"), {}, "same")
    assert doc["meta"]["kind"] == "literature"


def test_an_open_conflict_is_named_with_both_sides(other):
    with pytest.raises(
        PriorError, match=r"conflict on 1 parameters: drift \(.* against 0.336 to 0.664"
    ) as caught:
        merged_set("literature", other, {}, "m")
    assert caught.value.exit_code == 3
    assert "--take" in caught.value.remedy


@pytest.mark.parametrize("take", [{"impact": "first"}, {"drift": "third"}, {"drfit": "second"}])
def test_a_choice_that_decides_nothing_is_refused(other, take):
    with pytest.raises(PriorError):
        merged_set("literature", other, take, "m")


def test_a_decided_conflict_is_written_and_learned_days_stay(other, tmp_path, capsys):
    out = tmp_path / "merged.toml"
    arguments = ["literature", str(other), "--out", str(out)]
    assert merge_priors.main(arguments) == 3
    assert "drift" in capsys.readouterr().err
    assert merge_priors.main([*arguments, "--take", "drift=second"]) == 0
    merged, literature = load_priors(out), load_priors("literature")
    assert merged["drift"].args["mu"] == 0.5
    assert merged["impact"] == literature["impact"]
    assert set(merged.parameters) == set(literature.parameters)
    assert merged.learned_from == (date(2024, 1, 11), date(2024, 12, 31))
    with pytest.raises(PriorError, match="overlaps"):
        merged.refuse_overlap(date(2024, 12, 31), date(2025, 3, 1))
    assert merge_priors.main([*arguments, "--take", "drift=second"]) == 3


def test_without_its_learned_priors_a_set_brings_no_days(other):
    doc = merged_set("literature", other, {"drift": "first"}, "m")
    assert doc["meta"]["kind"] == "literature"
    assert "learned_from" not in doc["meta"]
