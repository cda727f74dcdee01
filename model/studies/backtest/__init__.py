"""Out of sample: the model and its baselines on days that neither has seen, scored on the same days in the same run."""
