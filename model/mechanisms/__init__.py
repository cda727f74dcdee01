"""The economics: components, price, booking, the day, and the record of a fit's arrays."""
