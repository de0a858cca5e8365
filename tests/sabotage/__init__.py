"""Each rule broken on purpose: the test that decides it must fail."""
