"""Fraud check (问骗): what in a message smells of fraud, and why; nothing of it is kept."""
