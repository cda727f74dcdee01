"""The command line: exit codes, help without heavy imports, dry run, refusals."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pandas as pd
import pytest

from model.events.switches import PRIOR_SENTENCE
from model.store import PROJECT as ROOT

SCRIPT = ROOT / "scripts" / "fit.py"


@pytest.fixture(scope="module")
def fit_script():
    return importlib.import_module("fit")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--dating", "sideways"), 2, "Choose from"),
        (("--draws", "0"), 2, "must be positive"),
        (("--seed", "-1"), 2, "--seed. It must be at least 0"),
        (("--as-of", "tomorrow"), 2, "'tomorrow' is not a date"),
        (("--mechanism", "late_creation=maybe"), 2, "late_creation=on or late_creation=off"),
        (("--mechanism", "late_creation"), 2, "switches nothing"),
        (("--mechanism", "short_squeeze=on"), 2, "Use one of hedge_settlement, late_creation"),
        (("--accept-gate", " "), 2, "reason in words"),
        (("--event", "1999-01-01", "--dry-run"), 3, "2026-02-05"),
        (("--priors", "nowhere", "--dry-run"), 3, "literature"),
        (("--panel", "missing.csv", "--dry-run"), 3, "missing.csv"),
        (("--as-of", "2026-02-04", "--dry-run"), 3, "as-of"),
    ],
)
def test_refusals_have_their_exit_code_and_say_what_to_do(fit_script, capsys, arguments, code, words):
    assert fit_script.main(list(arguments)) == code
    assert words in capsys.readouterr().err


def test_dry_run_prints_design_priors_and_ranges(fit_script, capsys):
    assert fit_script.main(["--dry-run"]) == 0
    printed = capsys.readouterr().out
    for words in ("60 trading days", "Prior-predictive ranges", "dealer_sign", "-434.1"):
        assert words in printed
    assert "on 2026-02-05; all other days use the gamma proxy" in " ".join(printed.split())
    assert "Operational shorting: hedge settlement on, late creation off." in " ".join(printed.split())
    assert "the posterior is the prior" not in printed


def test_dry_run_names_every_column(fit_script, capsys, event_panel_path, tmp_path):
    table = pd.read_csv(event_panel_path)
    table.drop(columns=["perp_09", "perp_16"]).rename(columns={"dvol16": "dvoll16"}).to_csv(
        tmp_path / "a.csv", index=False
    )
    table[["date", "perp_09", "perp_16"]].to_csv(tmp_path / "b.csv", index=False)
    files = f"{tmp_path / 'a.csv'},{tmp_path / 'b.csv'}"
    assert fit_script.main(["--panel", files, "--window", "card", "--dry-run"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "Columns unknown, not read: dvoll16 (nearest known name: dvol16)." in printed
    used, rest = printed.split("Columns used: ")[1].split("Columns carried, used by nothing in this fit: ")
    assert "btc16" in used
    assert "oi" in rest.split("Columns unknown")[0].split(", ")
    assert "perp_09" in used + rest


def test_mechanisms_are_switched_on_the_command_line(fit_script, monkeypatch):
    asked = []
    monkeypatch.setattr("model.studies.fit.dry_run.describe", lambda request, _: asked.append(request))
    arguments = ["--mechanism", "hedge_settlement=off", "--mechanism", "late_creation=on", "--dry-run"]
    assert fit_script.main(arguments) == 0
    assert asked[0].mechanisms == {"hedge_settlement": False, "late_creation": True}
    assert fit_script.main(["--dry-run"]) == 0
    assert asked[1].mechanisms == {}


def test_a_dry_run_says_that_late_creation_is_its_prior(fit_script, capsys):
    assert fit_script.main(["--mechanism", "late_creation=on", "--dry-run"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "hedge settlement on, late creation on" in printed
    assert PRIOR_SENTENCE in printed
    assert "the posterior is the prior" in PRIOR_SENTENCE


def test_a_fit_can_be_asked_for_without_the_book(fit_script, monkeypatch):
    """The switch reaches the design: the same card, no covered day."""
    from model.design.subject import load_subject

    asked, days = [], {}
    monkeypatch.setattr("model.studies.fit.dry_run.describe", lambda request, _: asked.append(request))
    for book, words in ((True, []), (False, ["--no-book"])):
        assert fit_script.main(["--dry-run", *words]) == 0
        assert asked[-1].book == book
        subject = load_subject(asked[-1])
        days[book] = [str(subject.design.dates[t].date()) for t in subject.design.book_days]
        assert (subject.book is not None) == book
    assert days == {True: ["2026-02-05"], False: []}


@pytest.mark.slow
def test_too_few_draws_end_with_exit_4_and_files_for_inspection(tmp_path):
    arguments = [
        "--draws",
        "20",
        "--tune",
        "60",
        "--chains",
        "2",
        "--dating",
        "vendor",
        "--out",
        str(tmp_path),
    ]
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *arguments], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 4, done.stderr
    assert (tmp_path / "posterior.nc").is_file()
    assert (tmp_path / "gate.json").is_file()
    assert not (tmp_path / "decomposition.nc").exists()
    assert "did not converge" in (tmp_path / "report.html").read_text(encoding="utf-8")
