"""The fit from start to finish: run, results, products, dry run."""
