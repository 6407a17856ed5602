"""What earlier sweeps have found: verdicts as spans, changes between sweeps, trends."""
