"""One file a rule of docs/privacy.md: the tests that decide it."""
