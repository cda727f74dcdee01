"""The command lines of all scripts: help at once and in 80 columns, options as they always were, refusals by name."""

from __future__ import annotations

import importlib
import subprocess
import sys
from datetime import date

import pytest
from cyclopts import App

from model.errors import ConvergenceError, DataError
from model.store import PROJECT
from model.studies.command import Script, script

FIT = "--panel"
SAMPLING = "--chains --draws --tune --seed"
OPTIONS = {
    "backtest": "--overwrite --panel --priors --scheduler --seed --store --month --workers --baselines-only",
    "browse": "--folder --open --port",
    "forecast": "--overwrite --panel --given --draws --last --reading --seed --start --out",
    "placebo": "--below --draws --panel --seed",
    "report": "--format --panel",
    "audit_claims": f"{FIT} --page",
    "benchmark": "--against --event --panel --repeats",
    "build_panel": "--overwrite --sources --out --as-of --tidy",
    "calibrate": f"--overwrite --event --panel --days --panels --priors --drop-jacobian {SAMPLING} --out",
    "check_graph": "--overwrite --event --panel --graph --out --seed --quick --falsify",
    "compare": f"{FIT} --rival {SAMPLING} --page",
    "compare_book": "--event --fit --out --panel --seed",
    "compare_fits": "--panel --other-panel --draws --seed --page",
    "compare_shorting": "--event --fits --fit --out --panel --seed",
    "dealer_book": "--overwrite --chain --spot --vol --low --low-after-close --path --range --lam --convention --as-of "
    "--share-price --conventions --drop-bad-iv --out --sources --benchmark",
    "download": "--out --since --list --only --endpoint --attempts --wait --max-age",
    "faults": "--add --only --kills --flips --inputs --seed --page",
    "fit": f"--event --panel --window --out --resume --dating {SAMPLING} --priors --as-of --accept-gate --no-book "
    "--mechanism --dry-run",
    "fuzz_sources": "--overwrite -n --seed --out",
    "learn_priors": f"--overwrite --panel --universe --through --name --priors {SAMPLING}",
    "load": "--days --draws --few --only --page",
    "merge_priors": "--overwrite --take --decisions --out",
    "new_event": "--panel --universe --out",
    "news": f"--overwrite {FIT} --before --after --reading --rows --out --chains --draws --tune",
    "organic": f"{FIT} --as-of --reading --last --draws --seed",
    "prove_gate": "--panel --event --graph --true --wrong --seed --out",
    "reconcile": "--column --universe --days",
    "sensitivity": f"{FIT} --refit {SAMPLING} --page",
    "update_priors": f"--out {FIT} --reading --forgetting --overwrite",
    "verify": f"{FIT} --adopt",
    "warm_up": "--event",
    "weigh_evidence": f"{FIT} --strength --draws --seed --no-refit",
    "what_if": f"{FIT} --set --scenario --days --reading --draws --seed --no-state",
}
SCRIPTS = sorted(p.stem for p in (PROJECT / "scripts").glob("[!_]*.py"))
HEAVY = ("pymc", "dowhy", "pandas", "numpy", "arviz", "xarray", "scipy", "matplotlib", "numba")


def load(name: str) -> Script:
    return importlib.import_module(name).main


def test_every_script_stands_here():
    assert set(OPTIONS) == set(SCRIPTS)


@pytest.mark.parametrize("name", SCRIPTS)
def test_help_imports_nothing_heavy_and_fits_80_columns(name):
    path = PROJECT / "scripts" / f"{name}.py"
    command = [sys.executable, "-X", "importtime", str(path), "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={"COLUMNS": "200"})
    assert done.returncode == 0, done.stderr[-500:]
    assert "Examples\n  uv run scripts/" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert "cyclopts" in imported
    assert not imported & set(HEAVY)


@pytest.mark.parametrize("name", OPTIONS)
def test_no_option_is_lost(name):
    app = App()
    app.default(load(name).work)
    known = {n for a in app.assemble_argument_collection() for n in a.names}
    assert set(OPTIONS[name].split()) <= known


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("fit --seed -1", "--seed. It must be at least 0"),
        ("fit --seed 1.5", "'1.5' is not a whole number"),
        ("fit --draws 0", "--draws. It must be positive"),
        ("fit --as-of tomorrow", "'tomorrow' is not a date such as 2026-02-05"),
        ("fit --evnt x", "Did you mean --event?"),
        ("fit --mechanism late_creation=maybe", "late_creation=on or late_creation=off"),
        ("what_if F --scenario nan", "'nan' is not a finite number"),
        ("what_if F --scenario inf", "'inf' is not a finite number"),
        ("what_if F", "Give --set NAME=VALUE or --scenario PERCENT"),
        ("what_if F --draws 1 --set gamma=0", "--draws. It must be at least 2"),
        ("weigh_evidence F --strength 1.5", "It must be in [0, 1]"),
        ("update_priors F --out x.toml --forgetting 0", "It must be in (0, 1]"),
        ("update_priors F --out x.txt", "--out must end in .toml"),
        ("download --out x --endpoint foo", "NAME=URL"),
        ("download --out x --since soon", "'soon' is not a date"),
        ("download --out x --wait -1", "--wait. It must be at least 0"),
        ("download --out x --only nobody", "Use one of farside"),
        ("news F", "--before requires an argument"),
        ("organic F --reading sideways", "Choose from"),
        ("sensitivity F --refit none-such", "Choose from"),
        ("calibrate proof", "Choose from"),
        ("dealer_book", "Give a book file, or --chain FILE, or --benchmark"),
        ("dealer_book book.toml --lam nan", "'nan' is not a finite number"),
        ("dealer_book book.toml --range 9:1", "is not LOW:HIGH"),
        ("dealer_book book.toml --spot inf", "--spot 'inf'"),
        ("dealer_book --chain c.csv --as-of tomorrow", "is not a time with its offset"),
        ("learn_priors --panel p --through 2025-11-28 --name ../x", "without folders"),
        ("check_graph --graph nonsense", "edge_dropped"),
        ("audit_claims", "FIT requires an argument"),
        ("learn_priors --panel p --through 2025-11-28 --name literature", "literature.toml exists"),
        (f"build_panel --sources s --out {PROJECT}/README.md", "README.md exists"),
        (f"build_panel --sources s --out new.csv --tidy {PROJECT}/README.md", "README.md exists"),
    ],
)
def test_an_impossible_command_line_is_a_named_usage_error(words, told, capsys):
    name, *argv = words.split()
    assert load(name)(argv) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert "Remedy: " in said
    assert told in said
    assert "Traceback" not in said


def test_a_negative_shock_is_a_number():
    """A word that begins with a hyphen is not an option where a number stands."""
    seen = {}

    @script
    def main(*, scenario: float, day: date | None = None) -> int:
        """One."""
        seen.update(scenario=scenario, day=day)
        return 4

    assert main(["--scenario", "-15", "--day", "2026-02-05"]) == 4
    assert seen == {"scenario": -15.0, "day": date(2026, 2, 5)}


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (DataError("No panel.", "Give one."), 3, "error: No panel. Remedy: Give one."),
        (ConvergenceError("Not mixed.", "Draw more."), 4, "error: Not mixed."),
        (PermissionError(13, "Permission denied", "/there"), 3, "error: /there: Permission denied."),
        (OSError(28, "No space left on device"), 3, "error: No space left on device."),
        (KeyboardInterrupt(), 130, "Interrupted."),
    ],
)
def test_what_a_user_can_cause_ends_in_one_line_and_its_code(error, code, told, capsys):
    @script
    def main() -> None:
        """One."""
        raise error

    assert main([]) == code
    assert capsys.readouterr().err.startswith(told)


def test_a_fault_of_the_program_is_not_hidden():
    @script
    def main() -> None:
        """One."""
        raise FileNotFoundError(2, "No such file", "/there")

    with pytest.raises(FileNotFoundError):
        main([])


def test_a_script_uses_the_checkout_that_it_stands_in(tmp_path):
    """Whatever ``model`` is installed or first on the path."""
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "__init__.py").write_text("raise ImportError('the wrong checkout')\n")
    command = [sys.executable, str(PROJECT / "scripts" / "fit.py"), "--help"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={"PYTHONPATH": str(tmp_path)}
    )
    assert done.returncode == 0, done.stderr
