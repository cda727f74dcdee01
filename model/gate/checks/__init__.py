"""One check per file; each returns a :class:`model.gate.result.Check`."""
