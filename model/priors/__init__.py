"""Prior sets: read, correlated, varied, merged, changed by a card."""
