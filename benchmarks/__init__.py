"""Measures of the delivery engine beside its rivals; `python -m benchmarks` runs them."""
