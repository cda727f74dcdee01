"""Turn a fit's posterior into the next fit's prior set, correlations kept."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import _checkout  # noqa: F401
import tomlkit
from cyclopts import Parameter

from model.errors import UsageError
from model.studies.command import FitName, FitPanel, Overwrite, Reading, Real, between, require, script
from model.terminal import say


@script
def main(
    fit: FitName,
    /,
    *,
    out: Path,
    panel: FitPanel = None,
    reading: Reading = None,
    overwrite: Overwrite = False,
    forgetting: Annotated[Real, Parameter(validator=between(0, 1, open_low=True))] = 0.5,
) -> None:
    """Turn a fit's posterior into the next fit's prior set, correlations kept.

    Examples
    --------
    uv run scripts/update_priors.py 2026-02-05 --out data/priors/after-2026-02-05.toml

    Parameters
    ----------
    out
        The prior set to write (.toml).
    forgetting
        In (0, 1]; divides the covariance: 1 keeps all, 0.25 doubles every standard
        deviation.
    """
    require(out.suffix == ".toml", "--out must end in .toml.", "Name a file such as after.toml.")

    from model.priors.prior_set import load_priors  # here: --help answers at once
    from model.store import require_free, write_text
    from model.studies.learning.carry import lineage_of, next_set, require_new_days
    from model.studies.reopen import reopen, same_priors

    require_free(overwrite, out)
    opened = reopen(fit, panel)
    same_priors(opened)
    chosen = reading or opened.main
    if chosen not in opened.readings:
        raise UsageError(f"The fit has no reading {chosen!r}.", f"Use one of {', '.join(opened.readings)}.")
    subject = opened.subject
    require_new_days(subject.priors, subject.design.dates[0].date())
    lineage = lineage_of(opened, chosen)
    doc = next_set(opened.draws(chosen, 4000), subject.priors, subject.design, out.stem, forgetting, lineage)
    made = load_priors(write_text(tomlkit.dumps(doc), out))
    days = " to ".join(str(d) for d in made.learned_from or ())
    count = len(made.joint.mean) if made.joint else 0
    say(f"Wrote {out}: {count} correlated numbers learned from {days}.")


if __name__ == "__main__":
    main.exit()
