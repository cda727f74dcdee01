"""A stored fit opens only as it was left: any changed byte, foreign file or edit is found and named."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from sealed_fit import finish
from synthetic_fit import rewrite_manifest, write_fit

from model.errors import ConvergenceError, DataError
from model.store import (
    changed_arrays,
    file_hash,
    load_fit,
    open_tree,
    read_result,
    strangers,
    write_result,
    write_tree,
)
from model.store.seal import FORMAT, SEAL, damage


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return finish(
        write_fit(tmp_path_factory.mktemp("fits") / "fit", samples=5, draws=5, readings=("vendor",))
    )


@pytest.fixture
def fit(whole, tmp_path):
    return Path(shutil.copytree(whole, tmp_path / "fit"))


def manifest_of(folder: Path) -> dict:
    return json.loads((folder / "manifest.json").read_text())


def test_a_whole_fit_opens(fit):
    found = load_fit(fit)
    assert set(found.decomposition.children) == {"vendor"}
    assert set(found.posterior.children) == {"vendor"}
    assert strangers(fit) == []


@pytest.mark.parametrize("at", [0.0, 0.31, 0.77, 1.0])
def test_a_flipped_byte_in_any_file_is_found_and_the_file_named(fit, at):
    files = [p for p in fit.rglob("*") if p.is_file()]
    assert len(files) == 8
    for path in files:
        before = path.read_bytes()
        k = min(int(at * len(before)), len(before) - 1)
        path.write_bytes(before[:k] + bytes([before[k] ^ 0x20]) + before[k + 1 :])
        with pytest.raises(DataError) as error:
            load_fit(fit)
        assert path.name in str(error.value), str(error.value)
        path.write_bytes(before)
    load_fit(fit)


@pytest.mark.parametrize("name", ["posterior.nc", "tables/event.csv", "gate.json", SEAL])
def test_a_missing_file_is_named(fit, name):
    (fit / name).unlink()
    with pytest.raises(DataError, match=Path(name).name):
        load_fit(fit)


def test_a_file_replaced_by_a_link_is_named(fit, tmp_path):
    shutil.move(fit / "gate.json", tmp_path / "gate.json")
    (fit / "gate.json").symlink_to(tmp_path / "gate.json")
    with pytest.raises(DataError, match=r"gate\.json is missing, or no ordinary file"):
        load_fit(fit)


@pytest.mark.parametrize(
    "edit",
    [
        {"seed": 8},
        {"versions": {"numpy": "9"}},
        {"code": "d" * 64},
        {"run": "0" * 64},
        {"files": {}},
        {"format": FORMAT + 1},
        {"format": "x"},
        {"diagnostics": []},
        {"hashes": {"design": "0"}},
    ],
)
def test_an_edited_manifest_with_its_checksum_copied_is_found(fit, edit):
    rewrite_manifest(fit, manifest_of(fit) | edit)
    with pytest.raises(DataError, match=r"manifest\.json|format"):
        load_fit(fit)


def test_another_fits_posterior_with_its_hash_copied_is_found(fit, tmp_path):
    other = finish(write_fit(tmp_path / "other", samples=5, draws=5, readings=("vendor",), seed=2), seed=8)
    for name in ("posterior.nc", "decomposition.nc"):
        kept = (fit / name).read_bytes()
        shutil.copy(other / name, fit / name)
        manifest = manifest_of(fit)
        manifest["files"][name] = file_hash(fit / name)
        rewrite_manifest(fit, manifest)
        with pytest.raises(DataError, match=f"{name} is not of the run"):
            load_fit(fit).posterior  # noqa: B018
        (fit / name).write_bytes(kept)


def test_a_fit_that_did_not_converge_is_refused_with_exit_4(fit):
    manifest = manifest_of(fit)
    manifest["diagnostics"]["vendor"]["passed"] = False
    rewrite_manifest(fit, manifest)
    with pytest.raises(ConvergenceError, match=r"did not converge \(vendor\)"):
        load_fit(fit)


def test_a_fit_of_an_earlier_version_is_refused_with_the_way_out(fit):
    manifest = {k: v for k, v in manifest_of(fit).items() if k not in ("format", "run")}
    rewrite_manifest(fit, manifest)
    load_fit(fit)
    (fit / SEAL).unlink()
    with pytest.raises(DataError, match="--adopt"):
        load_fit(fit)


def test_checksums_are_read_by_the_usual_tool(fit):
    lines = (fit / SEAL).read_text().splitlines()
    assert lines[0].startswith("# ")
    assert f"{file_hash(fit / 'gate.json')}  gate.json" in lines


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd"])
def test_checksums_reach_nothing_outside(fit, name):
    (fit.parent / "outside").write_text("x")
    from model.store.seal import _write

    _write(fit, {name: "0" * 64})
    assert damage(fit) == [f"{name} lies outside the folder"]


def test_arrays_that_differ_in_the_last_digit_are_the_same_and_others_are_named(fit):
    kept = {"flows": np.arange(6.0).reshape(2, 3), "week": np.arange(3)}
    assert changed_arrays(kept, fit) == []
    assert changed_arrays(kept | {"flows": kept["flows"] * (1 + 1e-15) + 1e-16}, fit) == []
    assert changed_arrays(kept | {"flows": kept["flows"] + 1e-6}, fit) == ["flows"]
    assert changed_arrays(kept | {"week": kept["week"] + 1}, fit) == ["week"]
    assert changed_arrays({"flows": kept["flows"]}, fit) == ["week"]
    (fit / "design.npz").unlink()
    assert changed_arrays(kept, fit) is None


def test_a_result_is_covered_bound_to_its_draws_and_not_overwritten_silently(fit, capsys):
    manifest = manifest_of(fit)
    write_result("rivals", {"rivals": [1]}, fit, manifest)
    load_fit(fit)
    write_result("rivals", {"rivals": [1]}, fit, manifest)
    assert capsys.readouterr().err == ""
    write_result("rivals", {"rivals": [2]}, fit, manifest)
    kept = list((fit / "earlier").iterdir())
    assert len(kept) == 1
    assert json.loads(kept[0].read_text())["rivals"] == [1]
    assert kept[0].name in capsys.readouterr().err
    assert strangers(fit) == []
    assert read_result("rivals", fit, manifest) == {
        "posterior": manifest["files"]["posterior.nc"],
        "rivals": [2],
    }
    path = fit / "rivals.json"
    path.write_text(path.read_text().replace("2", "3"))
    assert read_result("rivals", fit, manifest) is None
    with pytest.raises(DataError, match=r"rivals\.json was changed"):
        load_fit(fit)


def test_the_same_numbers_give_the_same_bytes(fit, tmp_path):
    """Whatever the library writes of the time goes; the order of files and the run stay."""
    with open_tree(fit / "posterior.nc") as tree:
        whole = tree.load()
    for k in range(2):
        whole["vendor/posterior"].attrs["created_at"] = f"2026-01-0{k + 1}"
        write_tree(whole, tmp_path / f"{k}.nc")
    assert (tmp_path / "0.nc").read_bytes() == (tmp_path / "1.nc").read_bytes()
