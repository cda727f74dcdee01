"""A fit in a notebook: it shows its verdict, its answer and its waterfall."""

from __future__ import annotations

from dataclasses import fields

from model.store import Fit


class ShownFit(Fit):
    """A stored fit with a rich display; otherwise the same."""

    __repr__ = Fit.__repr__

    def _repr_html_(self) -> str:
        from model.report.page.report import notebook  # ``import model`` stays light

        return notebook(self.folder)


def shown(fit: Fit) -> ShownFit:
    """The same fit, able to show itself."""
    return ShownFit(**{f.name: getattr(fit, f.name) for f in fields(fit)})
