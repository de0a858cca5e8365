"""Objections (异议): anybody may say that a public notice is wrong; it is hidden first and looked into then."""
