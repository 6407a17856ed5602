"""Everything that is decided before the first connection."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from tomcat_fleet.model.policy import Policy
from tomcat_fleet.model.target import Target
from tomcat_fleet.tomcat.table import Tables, bundled
from tomcat_fleet.transport.access import Access
from tomcat_fleet.transport.channel import Channel, Limits
from tomcat_fleet.waiver import NO_WAIVERS, Waivers

if TYPE_CHECKING:
    from tomcat_fleet.history.store import History  # half a second that a sweep without one need not pay

Open: TypeAlias = Callable[[Target, Access, Limits], Awaitable[Channel]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepPlan:
    """One sweep. ``open`` is how channels come to be; anything that keeps ``Channel``'s promises will do."""

    sweep: str  # id, as ``clock.sweep_id`` makes it
    started: str | None = None  # of a sweep that is gone on with; None: it begins now
    runs: int = 1  # with the earlier ones of such a sweep
    targets: Sequence[Target]
    access: Access
    output: Path
    today: date
    limits: Limits = field(default_factory=Limits)
    policy: Policy = field(default_factory=Policy)
    tables: Tables = field(default_factory=bundled)
    lang: str = "ko"
    concurrency: int = 64  # more handshakes at once make the event loop late for all of them
    ramp_s: float = 0.02  # pause between the first connections
    per_jump: int = 32  # targets under way at a time over one jump host; 0: as many as there are
    per_subnet: int = 0  # targets under way at a time in one /24 or /64
    classification: str = ""
    templates: Path | None = None
    font: Path | None = None  # that the pages carry
    formats: frozenset[str] = frozenset()  # csv, xlsx beside the pages and results.jsonl
    limit: str | None = None
    inventory_files: Mapping[str, str] = field(default_factory=dict)  # path -> SHA-256
    history: History | None = None  # None: nothing is remembered
    series: str = ""  # sweeps that are compared with each other
    waivers: Waivers = NO_WAIVERS  # laid over what is reported; the ledger keeps results without them
    open: Open | None = None  # None: as their ``transport`` says

    @property
    def resumed(self) -> bool:
        """Whether results are there already, in the ledger of the output directory."""
        return self.started is not None
