"""The steps by which a database of any age becomes today's; each file of `versions/` is one step."""
