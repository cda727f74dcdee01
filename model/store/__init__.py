"""Fit folders: written beside their place and moved in whole, covered by checksums, opened again in two lines."""

from model.store.files import (
    FOLDER,
    PROJECT,
    code_hash,
    content_hash,
    file_hash,
    read_json,
    versions,
    write_atomic,
    write_json,
    written,
)
from model.store.fits import (
    Fit,
    changed_arrays,
    find_fit,
    load_fit,
    read_manifest,
    require_converged,
    require_whole,
    write_design,
)
from model.store.outputs import require_free, together, write_csv, write_figure, write_new, write_text
from model.store.place import CHECKPOINT, Place, changing, is_complete, partial, writing
from model.store.results import CLAIMS, EVIDENCE, NAMES, RIVALS, SENSITIVITY, read_result, write_result
from model.store.seal import FORMAT, damage, run_id, seal, strangers, unfinished, write_timing
from model.store.trees import begin_tree, finish_tree, open_tree, read_tree, tree_of, write_tree

__all__ = [
    "CHECKPOINT", "CLAIMS", "EVIDENCE", "FOLDER", "FORMAT", "NAMES", "PROJECT", "RIVALS", "SENSITIVITY", "Fit", "Place",
    "begin_tree", "changed_arrays", "changing", "code_hash", "content_hash", "damage", "file_hash", "find_fit",
    "finish_tree",
    "is_complete", "load_fit", "open_tree", "partial", "read_json", "read_manifest", "read_result", "read_tree",
    "require_converged", "require_free", "require_whole", "run_id",
    "seal", "strangers", "together", "tree_of", "unfinished", "versions", "write_atomic",
    "write_csv", "write_design", "write_figure", "write_json", "write_new", "write_result", "write_text", "write_timing",
    "write_tree", "writing", "written",
]  # fmt: skip
