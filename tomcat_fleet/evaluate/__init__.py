"""Running the checks over instances and putting their findings into the canonical result."""
