"""Memory against the number of days and draws: 12 funds over five years, 2,000 draws of 8 chains."""
