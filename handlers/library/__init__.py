"""The library (反诈库、普法库): items approved once, sent in turn, at most one a day to anybody."""
