"""Visits (走访): a round over an area; each worker goes through doors of their own and taps one of three receipts."""
