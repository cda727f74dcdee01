"""From draws to attribution: a ledger of all trades, the decomposition read from it, replicates, identification."""
