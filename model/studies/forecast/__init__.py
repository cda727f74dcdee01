"""What a finished fit says of later days: predictive draws, densities, the table and the fan chart."""
