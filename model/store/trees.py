"""Trees of arrays in netCDF: bit for bit the same file for the same numbers."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import xarray as xr

from model.errors import DataError
from model.store.files import written

ENGINE: Literal["netcdf4"] = "netcdf4"
"""Of several hundred small variables it reads ten times as many a second as the one in Python."""
STAMPS = ("created_at",)
"""Attributes that say when: they belong in no file whose hash is to be that of its numbers."""
RUN = "run"
"""Attribute of a tree's root: the run (:func:`model.store.seal.run_id`) that its numbers come from."""


def open_tree(path: Path) -> xr.DataTree:
    """A tree whose numbers are read when they are asked for; close it after use.

    Raises
    ------
    DataError
        If the file is missing or is no netCDF file.
    """
    try:
        return xr.open_datatree(path, engine=ENGINE)
    except (OSError, RuntimeError, ValueError, KeyError) as error:
        raise DataError(f"{path} cannot be read: {error}.", "Restore the file, or fit again.") from None


def read_tree(path: Path, run: str | None = None) -> xr.DataTree:
    """Read a whole tree and close the file.

    Parameters
    ----------
    path : Path
    run : str, optional
        The run that the tree must come from.

    Raises
    ------
    DataError
        If the file cannot be read, or comes from another run.
    """
    with open_tree(path) as tree:
        if run is not None and tree.attrs.get(RUN) != run:
            raise DataError(
                f"{path} is not of the run that the manifest beside it describes.",
                "Restore the fit's own file, or fit again.",
            )
        return tree.load()


def write_tree(tree: xr.DataTree, path: Path) -> None:
    """Write a tree under a temporary name, then move it into place."""
    begin_tree(tree, path)
    finish_tree({}, path)


def begin_tree(tree: xr.DataTree, path: Path) -> None:
    """Write the first groups of a tree under a temporary name; :func:`finish_tree` adds the others."""
    with written(path):
        tree.map_over_datasets(_unstamped).to_netcdf(_partial(path), engine=ENGINE)


def finish_tree(groups: Mapping[str, xr.Dataset], path: Path) -> None:
    """Add groups to what :func:`begin_tree` wrote, and move the file into place."""
    with written(path):
        for name, data in groups.items():
            _unstamped(data).to_netcdf(_partial(path), group=name, mode="a", engine=ENGINE)
        os.replace(_partial(path), path)


def tree_of(groups: Mapping[str, xr.Dataset], run: str | None = None) -> xr.DataTree:
    """A tree from path to dataset, marked with the run that it comes from."""
    tree = xr.DataTree.from_dict({f"/{k}": v for k, v in groups.items()})
    if run is not None:
        tree.attrs[RUN] = run
    return tree


def _unstamped(data: xr.Dataset) -> xr.Dataset:
    return data.drop_attrs(deep=False).assign_attrs({k: v for k, v in data.attrs.items() if k not in STAMPS})


def _partial(path: Path) -> Path:
    return path.with_suffix(".partial")
