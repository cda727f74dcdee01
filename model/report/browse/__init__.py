"""A local page over all fits: list, open, compare two side by side."""
