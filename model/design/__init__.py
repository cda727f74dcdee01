"""Panel, card, dealer book and priors made into one subject that is ready to fit."""
