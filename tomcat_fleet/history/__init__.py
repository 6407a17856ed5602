"""What earlier sweeps have found: verdicts as spans, changes between sweeps, trends.

What counts, exactly:

- A *span* is a verdict of one item on one instance with the same severity and the same fingerprint. It goes on when the
  next observation of that instance says the same; anything else ends it and begins another.
- Only a host whose outcome is audited, partial or no_tomcat was *reached*. A host that was not reached neither extends
  nor ends anything: its last known verdicts stand, with the day on which they were last confirmed.
- An instance that is missing on a host that was audited, or has no Tomcat, is *gone*: its spans end. On a host that was
  audited in part it is unknown, and its spans stand unconfirmed.
- The *known* verdict is the last one that was pass, not_applicable or fail. Manual, unknown and error say nothing.
- *Open since* is the day of the first failure of the current streak. Only pass and not_applicable end a streak: neither
  an unknown in between does, nor an instance that was gone for a while.
- *fixed*: known was fail, now pass or not_applicable. *reopened*: fails now, known was pass or not_applicable, and it
  had failed before that. *new*: fails now, known was not fail, and it had never failed.
- An instance that is new on a host that was known counts as new, with nothing before. A host that is reached for the
  first time has no changes: it is listed as first seen.
- The changes of a sweep are told against the sweep before it in the same series, that is, against everything that the
  history knew once it had recorded that one, whichever sweep it came from.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tomcat_fleet.history.observation import ItemVerdict, Observed, ObservedInstance, observed
from tomcat_fleet.history.place import VARIABLE, default_place
from tomcat_fleet.history.sweep import Recorded, Sweep, inventory_hash, sweep_of

if TYPE_CHECKING:
    from tomcat_fleet.history.store import History

__all__ = [
    "VARIABLE",
    "ItemVerdict",
    "Observed",
    "ObservedInstance",
    "Recorded",
    "Sweep",
    "default_place",
    "inventory_hash",
    "observed",
    "open",
    "sweep_of",
]


def open(place: str | Path | None = None, *, make: bool = True) -> History:  # noqa: A001  history.open() says what it does
    """The history at ``place``: a path of an SQLite file, or a URL such as ``postgresql://audit@db/fleet``.

    None means what ``default_place`` says. A history that does not exist is made (mode 0600 in a directory of mode
    0700) unless ``make`` is False, an older one is brought up to date. ``with`` closes it.

    Raises ConfigError when it cannot be opened, is no history of ours, or is one of a newer version of the tool. No
    message shows a password of the URL.
    """
    from tomcat_fleet.history.store import History  # noqa: PLC0415  half a second that most verbs need not pay

    return History.at(default_place() if place is None else str(place), make=make)
