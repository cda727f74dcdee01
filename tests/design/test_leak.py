"""A fit as of a date knows nothing that was published later: data, design, draws and decomposition, bit by bit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from leak_support import SOURCES, clean, embedded, noisy, write_sources

from model.attribution.decompose import decompose
from model.design.subject import Request, Subject, load_subject
from model.inference.build import _typical_spread
from model.inference.draws import posterior_latents, thin
from model.sources.build import build_panel
from model.sources.output import write_table

AS_OF = (
    "2026-02-12"  # flows of the 12th and the positions of the 10th (published on the 13th) are still unknown
)


def subject_of(folder, tables, as_of, build_as_of) -> Subject:
    """From vendors' files to the arrays of a fit, by build_panel.py --as-of or by fit.py --as-of."""
    folder.mkdir()
    built = build_panel(write_sources(folder, tables), date.fromisoformat(as_of) if build_as_of else None)
    path = folder / "panel.parquet"
    write_table(built.panel, path)
    known = None if build_as_of else date.fromisoformat(as_of)
    return load_subject(
        Request(event="2026-02-05", panel=path, out=folder, priors="baseline-2024-2025", as_of=known)
    )


def valid(raw, source, as_of, rng):
    """Noise that passes the checks of a whole panel: each late row scaled at random, weekly counts kept whole."""
    late = noisy(raw, source, as_of, rng)
    table = clean(raw, source)
    changed = (late != table).any(axis=1)
    columns = [c for c in table if c not in ("date", "dte")]
    factor = rng.uniform(0.97, 0.99, int(changed.sum()))[:, None]
    table = table.astype(dict.fromkeys(columns, float))
    decimals = 0 if source.clock == "tuesday" else 1 if source.clock == "flow_date" else 3
    table.loc[changed, columns] = (table.loc[changed, columns] * factor).round(decimals)
    if "total" in table:
        table["total"] = table[[c for c in columns if c != "total"]].sum(axis=1).round(1)
    return table


def pair(folder, build_as_of, as_of=AS_OF, noise_after=AS_OF):
    """The fit's inputs with the true future, and with a future of noise."""
    raw, rng = embedded(), np.random.default_rng(20260212)
    scrambled = {s.name: (noisy if build_as_of else valid)(raw, s, noise_after, rng) for s in SOURCES}
    true = {s.name: clean(raw, s) for s in SOURCES}
    assert all(
        not true[s.name].equals(scrambled[s.name]) for s in SOURCES
    )  # each vendor had something to leak
    return (
        subject_of(folder / "true", true, as_of, build_as_of),
        subject_of(folder / "noise", scrambled, as_of, build_as_of),
    )


def assert_same(a: Subject, b: Subject) -> None:
    mine, theirs = a.design.to_arrays(), b.design.to_arrays()
    assert mine.keys() == theirs.keys()
    for name in mine:
        assert mine[name].tobytes() == theirs[name].tobytes(), name
    for here, there in zip(a.design.position_days, b.design.position_days, strict=True):
        np.testing.assert_array_equal(here, there)
    assert (a.design.dates == b.design.dates).all()
    assert (a.design.event_days, a.design.basket_bn) == (b.design.event_days, b.design.basket_bn)
    assert (a.design_hash, a.panel.sha256, a.book) == (b.design_hash, b.panel.sha256, b.book)


@pytest.mark.parametrize("build_as_of", [True, False], ids=["built as of", "asked as of"])
def test_a_design_is_bit_identical(tmp_path, build_as_of):
    true, noise = pair(tmp_path, build_as_of)
    assert_same(true, noise)
    design = true.design
    assert str(design.dates[-1].date()) == AS_OF
    assert np.isnan(design.flows[-1]).all()  # published on the 13th


def test_the_check_can_fail(tmp_path):
    """A day later Friday's table and Thursday's flows are out: the noise of that day must show."""
    true, noise = pair(tmp_path, False, as_of="2026-02-13")
    with pytest.raises(AssertionError):
        assert_same(true, noise)
    assert true.design.positions[-1] != noise.design.positions[-1]
    assert (true.design.flows[-2] != noise.design.flows[-2]).any()


@pytest.mark.slow
def test_a_fit_is_bit_identical(tmp_path):
    """One compiled model, one seed, both designs: draws, latents and decomposition agree in every bit."""
    from model.inference.sample import Sampler, Settings

    true, noise = pair(tmp_path, False)
    sampler = Sampler(true.design, true.priors, true.base_shares)
    settings = Settings(chains=2, draws=20, tune=20, seed=3)
    traces = [sampler.sample(s.design, settings)[0] for s in (true, noise)]
    draws = [thin(t["posterior"].to_dataset(), 40) for t in traces]
    assert len(draws[0]["impact"]) == 40
    for name, mine in draws[0].items():
        assert mine.tobytes() == draws[1][name].tobytes(), name
    assert np.ptp(draws[0]["impact"]) > 0.0
    parts = []
    for s, d in zip((true, noise), draws, strict=True):
        latents, flows = posterior_latents(d, s.design, True, 5)
        parts.append((latents, flows, decompose(d, latents, flows, s.design, 5)))
    assert parts[0][0].tobytes() == parts[1][0].tobytes()
    assert parts[0][1].tobytes() == parts[1][1].tobytes()
    for name in ("flow_channel", "return_channel", "flow_trigger", "return_trigger", "expected_flow"):
        assert getattr(parts[0][2], name).tobytes() == getattr(parts[1][2], name).tobytes(), name
    leaked = (
        true.design.positions + np.eye(len(true.design.positions))[-1] * 0.005
    )  # one contract of five units
    other, _ = sampler.sample(replace(true.design, positions=leaked), settings)
    assert not np.array_equal(other["posterior"]["impact"], traces[0]["posterior"]["impact"])  # it can fail


def test_fund_means_are_sampled_on_a_finite_scale_where_prints_are_missing(tmp_path):
    design = pair(tmp_path, False)[0].design
    assert np.isnan(design.flows).any()
    assert np.isfinite(_typical_spread(design, 0.05**2 * np.eye(len(design.funds)))).all()
