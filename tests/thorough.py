"""How often a test repeats what it does: enough of every kind in each run, more of all when somebody asks for it.

``TOMCAT_FLEET_THOROUGH=1`` asks for the full counts everywhere; a variable of a test's own asks for any number.
"""

from __future__ import annotations

import os

THOROUGH = os.environ.get("TOMCAT_FLEET_THOROUGH") == "1"


def times(usual: int, full: int, variable: str = "") -> int:
    """What the environment variable says, else ``full`` in a thorough run, else ``usual``."""
    return int(os.environ.get(variable) or (full if THOROUGH else usual))
