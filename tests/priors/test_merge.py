"""Two prior sets into one: nothing is decided silently, and what was learned stays learned."""

from __future__ import annotations

from datetime import date

import merge_priors
import pytest

from model.errors import PriorError
from model.priors.merge import conflicts, merged_set
from model.priors.prior_set import load_priors, path_of

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
    (found,) = conflicts(load_priors("literature"), load_priors(other))
    assert found.differences == (("drift", "Normal -0.493 to 0.493", "Normal 0.336 to 0.664"),)
    with pytest.raises(PriorError, match=r"conflict on 1 parameters: drift\.") as caught:
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


def test_conflicts_are_decided_in_a_file(other, tmp_path, capsys):
    out, decisions = tmp_path / "merged.toml", tmp_path / "decided.toml"
    arguments = ["literature", str(other), "--out", str(out), "--decisions", str(decisions)]
    assert merge_priors.main(arguments) == 3
    told = capsys.readouterr()
    assert "Decide them in" in told.err
    assert "Normal -0.493 to 0.493" in told.out
    text = decisions.read_text()
    assert "# drift: first Normal -0.493 to 0.493; second Normal 0.336 to 0.664" in text
    assert merge_priors.main(arguments) == 3, "nothing is decided yet"
    decisions.write_text(text.replace('# drift = "second"', 'drift = "second"'))
    assert merge_priors.main(arguments) == 0
    assert load_priors(out)["drift"].args["mu"] == 0.5


def test_the_shipped_sets_conflicts_fit_the_terminal(tmp_path, capsys):
    arguments = ["literature", "baseline-2024-2025", "--out", str(tmp_path / "merged.toml")]
    assert merge_priors.main(arguments) == 3
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert any("factor_beta.igv" in line for line in lines)


def test_what_is_said_alike_is_no_conflict(tmp_path):
    """The same interval in other digits, and an exception that says what holds for all members anyway."""
    alike = OTHER.replace("mu = 0.5", "mu = 0.0").replace("sigma = 0.1", "sigma = 0.3001")
    alike = alike.replace("[0.3355, 0.6645]", "[-0.4935, 0.4935]")
    path = tmp_path / "alike.toml"
    path.write_text(alike, encoding="utf-8")
    assert conflicts(load_priors("literature"), load_priors(path)) == []
    again = '[parameter.drift.item.x]\nmu = 0.0\nsigma = 0.3\nsource = "s"\ninterval90 = [-0.493, 0.493]\n'
    path.write_text(alike + again, encoding="utf-8")
    assert conflicts(load_priors("literature"), load_priors(path)) == []
    path.write_text(alike + again.replace("0.3\n", "0.6\n").replace("0.493", "0.987"), encoding="utf-8")
    (found,) = conflicts(load_priors("literature"), load_priors(path))
    assert [d[0] for d in found.differences] == ["drift.x"]


def test_without_its_learned_priors_a_set_brings_no_days(other):
    doc = merged_set("literature", other, {"drift": "first"}, "m")
    assert doc["meta"]["kind"] == "literature"
    assert "learned_from" not in doc["meta"]
