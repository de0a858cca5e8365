"""Meetings (见面): a money warning face to face, private from its first word to its result."""
