"""The check of a stored fit finds what checksums cannot: edits whose checksums were made again."""

from __future__ import annotations

import importlib
import json
import shutil
from pathlib import Path

import pytest
from sealed_fit import finish
from synthetic_fit import rewrite_manifest, write_fit

from model.errors import DataError
from model.store import open_tree, seal, write_tree
from model.studies.verify import adopt, verify


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A fit that converged by its own draws."""
    folder = write_fit(tmp_path_factory.mktemp("fits") / "fit", samples=20, draws=500, readings=("vendor",))
    return finish(folder)


@pytest.fixture
def fit(whole, tmp_path):
    return Path(shutil.copytree(whole, tmp_path / "fit"))


def wrong(folder: Path) -> dict[str, str]:
    return {f.name: f.sentence for f in verify(folder) if f.passed is False and f.name not in ("design",)}


def manifest_of(folder: Path) -> dict:
    return json.loads((folder / "manifest.json").read_text())


def changed(folder: Path, name: str, group: str, variable: str, change) -> None:
    """Change numbers in a tree and make the checksums again."""
    with open_tree(folder / name) as tree:
        whole = tree.load()
    data = whole[group].to_dataset()
    whole[group] = data.assign({variable: change(data[variable])})
    write_tree(whole, folder / name)
    seal(folder)


def test_a_whole_fit_has_nothing_wrong(fit):
    assert set(wrong(fit)) <= {"inputs"}


@pytest.mark.parametrize("key", ["r_hat_max", "ess_bulk_min", "ess_tail_min", "divergences", "total"])
def test_an_edited_diagnostic_is_told_from_what_the_draws_say(fit, key):
    manifest = manifest_of(fit)
    manifest["diagnostics"]["vendor"][key] *= 0.9
    manifest["diagnostics"]["vendor"][key] += 1
    rewrite_manifest(fit, manifest)
    assert f"vendor: {key} is" in wrong(fit)["diagnostics"]


def test_draws_of_which_one_was_changed_do_not_give_the_diagnostics_of_the_manifest(fit):
    changed(fit, "posterior.nc", "vendor/posterior", "impact", lambda x: x.where(x["draw"] > 200, x + 2.0))
    assert "by the draws" in wrong(fit)["diagnostics"]


def test_parts_that_do_not_add_up_are_told(fit):
    changed(fit, "decomposition.nc", "vendor", "flow_channel", lambda x: x * (1.0 + 1e-6))
    assert {"additivity", "tables"} >= set(wrong(fit)) & {"additivity", "tables"} > set()
    assert "additivity" in wrong(fit)


def test_a_number_changed_in_a_table_is_told(fit):
    path = fit / "tables" / "event.csv"
    path.write_text(path.read_text().replace("-434.1", "-334.1"))
    seal(fit)
    assert wrong(fit)["tables"] == "not those of the decomposition: event.csv"


def test_a_gate_that_is_not_the_manifests_is_told(fit):
    path = fit / "gate.json"
    path.write_text(path.read_text().replace("inconclusive", "pass"))
    manifest = manifest_of(fit)
    manifest["gate"] = {"verdict": "inconclusive"}
    rewrite_manifest(fit, manifest)
    assert "verdict" in wrong(fit)["gate"]


def test_the_command_names_what_is_wrong_and_exits_3(fit, capsys):
    module = importlib.import_module("verify")
    (fit / "gate.json").write_bytes(b"{}")
    assert module.main([str(fit)]) == 3
    said = capsys.readouterr()
    assert "files: WRONG. gate.json was changed" in said.out
    assert "files" in said.err
    assert module.main([str(fit / "nowhere")]) == 3


def test_an_old_fit_is_taken_as_it_is_only_when_all_else_is_right(fit):
    manifest = {k: v for k, v in manifest_of(fit).items() if k not in ("format", "run")}
    rewrite_manifest(fit, manifest)
    (fit / "SHA256SUMS").unlink()
    adopt(fit)
    assert "files" not in wrong(fit)
    with pytest.raises(DataError, match="checksums of its own"):
        adopt(fit)
    (fit / "SHA256SUMS").unlink()
    manifest["diagnostics"]["vendor"]["r_hat_max"] = 1.0
    (fit / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(DataError, match="is not taken as it is"):
        adopt(fit)
    assert not (fit / "SHA256SUMS").exists()
