"""Every script on a terminal of 80 columns: no line is longer and no word is cut; long work gives signs of life."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from prior_fit import write_prior_fit
from rich.cells import cell_len
from rich.table import Table
from synthetic_fit import write_fit

from model import terminal
from model.report.browse.server import Browser
from model.store import PROJECT
from model.studies.command import script
from model.terminal import Terminal, elapsed, shared, shown_elsewhere, signs_of_life

FRAME = str.maketrans(dict.fromkeys("│┃─━┏┓└┘├┤┡┩┬┴┼╇┳┻╋╭╮╰╯", " "))
PANEL = str(PROJECT / "data" / "events" / "2026-02-05" / "panel.csv")
SCRIPTS = {p.stem for p in (PROJECT / "scripts").glob("[!_]*.py")}
DRAWN = "drawn"
"""A fit of random numbers, with the diagnostics of a sampled one."""
NARROW, WIDE = "80", "1000"

RUNS: dict[str, Callable[[Path, Path], list[str]]] = {
    "audit_claims": lambda fit, _: [str(fit)],
    "benchmark": lambda *_: ["--repeats", "1"],
    "browse": lambda fit, _: ["--folder", str(fit.parent), "--port", "0"],
    "check_graph": lambda _, out: ["--quick", "--out", str(out / "g"), "--overwrite"],
    "compare_fits": lambda fit, _: [str(fit), str(fit), "--draws", "60"],
    "dealer_book": lambda *_: ["data/books/2026-02-05.toml", "--sources"],
    "fit": lambda *_: ["--dry-run"],
    "forecast": lambda fit, out: [
        str(fit), "--panel", PANEL, "--start", "2026-02-20", "--draws", "20", "--out", str(out / "f"), "--overwrite",
    ],
    "fuzz_sources": lambda _, out: ["-n", "30", "--out", str(out / "fuzz.csv"), "--overwrite"],
    "merge_priors": lambda _, out: ["literature", "baseline-2024-2025", "--out", str(out / "merged.toml")],
    "new_event": lambda _, out: ["2026-01-21", "--panel", PANEL, "--out", str(out / "card")],
    "organic": lambda fit, _: [str(fit), "--draws", "10"],
    "placebo": lambda fit, _: [str(fit), "--draws", "10", "--below", "-1.5"],
    "reconcile": lambda *_: [PANEL],
    "report": lambda fit, _: [str(fit.with_name(DRAWN))],
    "sensitivity": lambda fit, _: [str(fit), "--refit", "none", "--draws", "20"],
    "update_priors": lambda fit, out: [str(fit), "--out", str(out / "after.toml"), "--overwrite"],
    "weigh_evidence": lambda fit, _: [str(fit), "--draws", "60"],
    "what_if": lambda fit, _: [str(fit), "--set", "gamma=0", "--draws", "10"],
}  # fmt: skip
"""A cheap run of each."""
REFUSED = {
    "backtest": ["--panel", PANEL, "--first", "60"],
    "build_panel": ["--sources", "none.toml", "--out", "panel.csv"],
    "calibrate": ["ranks", "--panels", "0"],
    "compare": ["none"],
    "compare_book": ["--event", "none"],
    "compare_shorting": ["--event", "none"],
    "download": ["--out", "raw", "--only", "nobody"],
    "faults": ["--only", "nothing"],
    "load": ["--only", "nothing"],
    "learn_priors": ["--panel", "none.csv", "--through", "2025-11-28", "--name", "new"],
    "news": ["none", "--before", "2026-02-10"],
    "prove_gate": ["--panel", "none.csv"],
    "verify": ["none"],
    "warm_up": ["--event", "none"],
}
"""Scripts that sample, fetch or compile for minutes: their refusals. What they print goes through the same terminal."""
LONG = {"check_graph"}
"""A minute of tests."""


def load(name: str):
    return importlib.import_module(name).main


def words(text: str) -> set[str]:
    return set(text.translate(FRAME).split())


@pytest.fixture(scope="module")
def fit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("columns")
    write_fit(home / DRAWN, samples=60, draws=30, readings=("vendor",))
    return write_prior_fit(home / "fit")


def test_every_script_is_run_or_refused() -> None:
    assert set(RUNS) | set(REFUSED) == SCRIPTS
    assert set(RUNS) & set(REFUSED) == set()


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if n in LONG else n for n in RUNS])
def test_a_run_fits_80_columns_and_cuts_no_word(name, fit, tmp_path, monkeypatch, capsys) -> None:
    """What the same run prints on an endless terminal tells which words there are."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.chdir(PROJECT)
    monkeypatch.setattr(Browser, "serve_forever", stop)
    said = {}
    for columns in (NARROW, WIDE):
        monkeypatch.setenv("COLUMNS", columns)
        out = tmp_path / columns
        out.mkdir()
        assert load(name)(RUNS[name](fit, out)) in (0, 3, 5)
        said[columns] = capsys.readouterr().out
    lines = said[NARROW].splitlines()
    assert lines
    assert [line for line in lines if cell_len(line.rstrip()) > 80 and len(line.split()) > 1] == []
    whole = words(said[WIDE])
    cut = [w for w in words(said[NARROW]) - whole if len(w) > 1 and any(w in x for x in whole)]
    assert cut == []


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_is_one_sentence_with_a_remedy(name, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    assert load(name)(REFUSED[name]) in (2, 3)
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert "Remedy: " in said
    assert said.count("\n") == 1


def test_a_table_too_wide_is_printed_row_by_row(capsys) -> None:
    table = Table("name", "first", "second", title="A title")
    table.add_row("one", "a" * 50, "b" * 50)
    Terminal(width=80).print(table)
    said = capsys.readouterr().out
    assert said.split() == ["A", "title", "one", "first:", "a" * 50, "second:", "b" * 50]


def test_a_path_longer_than_the_terminal_stays_whole(capsys) -> None:
    path = "/folder" * 20
    Terminal(width=80).print(
        f"Wrote the table of every day and of every part of the decomposition to {path} now."
    )
    lines = capsys.readouterr().out.splitlines()
    assert path in [line.strip() for line in lines]
    assert all(len(line) <= 80 for line in lines if path not in line)


def test_room_goes_to_the_narrowest_column_that_wants_some() -> None:
    assert shared([5, 3], [20, 10], 18) == [9, 9]
    assert shared([5, 3], [6, 4], 18) == [6, 4]


def test_long_work_says_that_it_is_at_work() -> None:
    heard, said = threading.Event(), []

    def tell(text: str) -> None:
        said.append(text)
        heard.set()

    with signs_of_life(tell, silence=0.02, again=60.0):
        assert heard.wait(60)
    assert said[0].startswith("Still at work, ")
    assert [elapsed(7.9), elapsed(125.0)] == ["7 s", "2 min 5 s"]


def test_nothing_is_said_beside_a_progress_bar_and_after_the_end() -> None:
    said: list[str] = []
    over = threading.Event()
    with shown_elsewhere(), signs_of_life(said.append, silence=0.01, again=0.01):
        over.wait(0.3)
    assert said == []


def test_every_script_watches_over_its_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model.studies.command.signs_of_life", signs_of_life)  # tests go without
    running = []

    @script
    def main() -> None:
        """One."""
        running.extend(t for t in threading.enumerate() if getattr(t, "_target", None) is terminal._watch)

    assert main([]) == 0
    assert len(running) == 1
