"""What is kept: one room a record, its table, queries and allowed moves."""
