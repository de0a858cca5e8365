"""How Chinese text is read: times, places, identifiers. Pure: standard library and word lists only."""
