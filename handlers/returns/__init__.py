"""Returns (返赃): found again, checked by another officer, given back by appointment, called back about."""
