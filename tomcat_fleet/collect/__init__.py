"""Picking up evidence: the remote script, its frames, what is kept of them, and the conversation that asks for more."""
