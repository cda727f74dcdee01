"""The proof of memory in small: its panels are read, its meter sees what is taken, its page tells a bend from a line."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest

from model.design.subject import Request, load_subject
from tests.proofs.load import memory, page, runs
from tests.proofs.load.world import write_world


def test_a_world_has_twelve_funds_and_as_many_days_as_asked_for(tmp_path):
    card, panel = write_world(tmp_path / "world", 90)
    subject = load_subject(
        Request(event=str(card), panel=str(panel), out=tmp_path / "fit", priors="literature")
    )
    assert len(subject.design.funds) == 12
    assert len(pd.read_csv(panel)) == 90
    assert subject.design.days == 89  # the first day has no return


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_meter_sees_what_a_command_and_its_child_take():
    hold = "import numpy, time; x = numpy.ones(2 * 10**7); time.sleep(1)"
    both = f"import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', {hold!r}]); {hold}; p.wait()"
    one, two = (memory.peak([sys.executable, "-c", text]) for text in (hold, both))
    assert 160 < one.together < 300
    assert 320 < two.together < 600
    assert two.largest == pytest.approx(one.largest, rel=0.2)
    with pytest.raises(RuntimeError, match="ValueError"):
        memory.peak([sys.executable, "-c", "raise ValueError"])


def measured(what: str, sizes: list[tuple[int, int]], mb) -> pd.DataFrame:
    rows = [
        {"what": what, "days": d, "draws": n, "together_mb": mb(d, n), "largest_mb": 1.0, "posterior_mb": 1.0,
         "page_mb": 1.0, "page_opens_s": np.nan, "code": "c"}
        for d, n in sizes
    ]  # fmt: skip
    return pd.DataFrame(rows)


SIZES = [(1260, 250), (1260, 500), (1260, 1000), (1260, 2000)]


def test_lines_pass_and_bends_and_what_is_too_large_do_not():
    line = measured(runs.COMMAND, SIZES, lambda _, n: 500.0 + n)
    assert all(right for _, right in page.verdicts(line))
    square = measured(runs.COMMAND, SIZES, lambda _, n: 500.0 + n**2 / 1000)
    assert [right for _, right in page.verdicts(square)] == [False, True]
    large = measured(runs.COMMAND, SIZES, lambda _, n: 500.0 + 5 * n)
    assert [right for _, right in page.verdicts(large)] == [True, False]


def test_the_samplers_line_is_continued_to_the_length_that_was_not_run():
    few = measured(runs.SAMPLER, [(1260, 25), (1260, 50), (1260, 100)], lambda _, n: 1000.0 + 2.0 * n)
    (_, straight), (text, right) = page.verdicts(few)
    assert straight
    assert right
    assert "5,560 MB" in text  # 2,000 draws and the 280 further steps before them


def test_the_page_is_written_and_a_run_replaces_an_earlier_one_of_its_size(tmp_path):
    for row in measured(runs.COMMAND, [*SIZES, SIZES[0]], lambda _, n: 500.0 + n).to_dict("records"):
        found = runs.keep({str(k): v for k, v in row.items()}, tmp_path / "load.csv")
    assert len(found) == len(SIZES)
    told = page.blocks(found, "figures/memory.png")
    assert any(isinstance(b, pd.DataFrame) and len(b) == len(SIZES) for b in told)
    assert page.draw(found, tmp_path / "figures" / "memory.png").stat().st_size > 1000
