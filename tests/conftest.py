"""Settings of every test run."""

from __future__ import annotations

import os

from hypothesis import settings

# The same examples in every run, so that a failure is a change; HYPOTHESIS_PROFILE=explore looks for new ones.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None, max_examples=300)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))
