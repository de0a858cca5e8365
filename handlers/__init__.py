"""What is said and decided: one folder a capability."""
