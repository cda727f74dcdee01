"""The PyMC model and its exact likelihood: sampling, draws, marginal likelihoods. The only imports of pymc and nutpie."""
