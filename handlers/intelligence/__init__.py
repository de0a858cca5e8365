"""Intelligence (情报): a tip to its end: assessed, joined or single, assigned, answered to whoever told it."""
