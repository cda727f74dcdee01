"""The causal gate's figures, page and terminal tables."""
