"""Receipts (回执): whoever told a tip comes back to it by 16 digits alone."""
