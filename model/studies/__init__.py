"""The verbs: what a researcher does with a fit, each with its own room."""
