"""Panels with known truth: ranks, recovery, window by window."""
