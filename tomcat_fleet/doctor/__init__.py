"""Whether a sweep can work from this machine: what stands in its way, and what to do about each."""
