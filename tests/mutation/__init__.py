"""What mutation testing found untested: `make mutate` changes the rules a little and wants a test to fail."""
