"""Evening talks (塆子夜话): announced, held, noted; what was said becomes a record or stays a note."""
