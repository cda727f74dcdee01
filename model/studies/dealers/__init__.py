"""Fits with and without a dealer book, and with the halves of operational shorting on and off."""
