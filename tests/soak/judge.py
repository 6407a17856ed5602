"""What the results say, against what is known of every host beforehand."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

from tests.property.loss import better, stale
from tests.property.sound import GOOD_STATUSES, findings, verdicts
from tests.soak import layout
from tests.soak.fault import FAULTS, Expect
from tests.soak.plan import Host
from tests.soak.spoil import victim
from tests.soak.sweep import Sweep
from tomcat_fleet.collect.frame import Record
from tomcat_fleet.model.result import TargetResult
from tomcat_fleet.model.status import COMPLETE, Outcome

# C0 but tab and line feed, DEL, C1, bidirectional controls, line separators.
_RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Judge:
    """The hosts that were there, and what one sweep said of them."""

    hosts: Mapping[str, Host]
    results: Sequence[TargetResult]
    today: date

    @classmethod
    def of(cls, hosts: Sequence[Host], sweep: Sweep) -> Judge:
        """The sweep's results, and the day that it took for today."""
        day = date.fromisoformat(sweep.summary()["started"][:10])
        return cls({host.name: host for host in hosts}, sweep.results(), day)

    def good(self) -> Iterator[tuple[Host, TargetResult]]:
        """The hosts without a fault."""
        return ((host, result) for host, result in self._pairs() if host.fault is None)

    def faulty(self) -> Iterator[tuple[Host, TargetResult]]:
        """The others."""
        return ((host, result) for host, result in self._pairs() if host.fault is not None)

    def missing_or_double(self) -> list[str]:
        """Hosts of the inventory that have not exactly one row."""
        rows = Counter(result.target for result in self.results)
        return [name for name in {*rows, *self.hosts} if rows[name] != 1 or name not in self.hosts]

    def inexact(self) -> list[str]:
        """Good hosts that are said to be anything but what they are."""
        return [f"{host.name}: {said}" for host, result in self.good() if (said := self._differs(host, result))]

    def false_passes(self) -> list[str]:
        """Verdicts of faulty hosts that their undamaged evidence does not prove."""
        return [f"{host.name}: {item}" for host, result in self.faulty() for item in self._unproven(host, result)]

    def surprises(self) -> list[str]:
        """Faulty hosts whose outcome is not the one of their fault."""
        return [f"{host.name}: {said}" for host, result in self.faulty() if (said := self._surprise(host, result))]

    def histogram(self) -> dict[str, Counter[str]]:
        """Outcomes by kind of fault."""
        counts: dict[str, Counter[str]] = {}
        for host, result in self._pairs():
            counts.setdefault(host.fault or "good", Counter())[result.outcome.value] += 1
        return counts

    def _pairs(self) -> Iterator[tuple[Host, TargetResult]]:
        return ((self.hosts[result.target], result) for result in self.results if result.target in self.hosts)

    def _differs(self, host: Host, result: TargetResult) -> str:
        sound = layout.verdict(host.layout, self.today)
        pairs: list[tuple[Any, Any]] = [
            (result.outcome, sound.outcome),
            (result.verdicts, sound.verdicts),
            (verdicts(result), verdicts(sound)),
            (findings(result), findings(sound)),
            ([(i.version, i.running, i.uid) for i in result.instances],
             [(i.version, i.running, i.uid) for i in sound.instances]),
        ]  # fmt: skip
        return next((f"{said} instead of {known}"[:400] for said, known in pairs if said != known), "")

    def _unproven(self, host: Host, result: TargetResult) -> list[str]:
        fault = FAULTS[host.fault or ""]
        if not result.instances:
            return ["no Tomcat"] if result.outcome in COMPLETE else []
        if fault.expect is Expect.REFUSED:
            return ["verdicts of a host that cannot be believed"]
        if fault.expect is Expect.NOTHING_GOOD:
            return [f"{item} {status}" for (_, item), status in verdicts(result).items() if status in GOOD_STATUSES]
        sound = layout.verdict("good-10.1" if fault.layout in layout.BUSY else host.layout, self.today)
        worse = [f"{item} {how}" for (_, item), how in better(sound, result).items()]
        record = _hit(host)
        if record is not None:
            worse += [f"{item} rests on what was lost" for _, item in stale(record, sound, result)]
        return worse

    def _surprise(self, host: Host, result: TargetResult) -> str:
        fault = FAULTS[host.fault or ""]
        judged = {Outcome.AUDITED, Outcome.PARTIAL, Outcome.NO_TOMCAT}
        allowed = {
            Expect.REFUSED: set(fault.outcomes),
            Expect.NO_BETTER: judged | set(fault.outcomes),
            Expect.NOTHING_GOOD: {Outcome.PARTIAL},
        }
        if fault.expect in allowed:
            fine = result.outcome in allowed[fault.expect]
            return "" if fine else f"{result.outcome}: {result.outcome_reason}"
        if fault.expect is Expect.EXACT_OR_REFUSED and result.outcome is Outcome.COLLECTOR_FAILED:
            return ""
        return self._differs(host, result)


def _hit(host: Host) -> Record | None:
    """The record that the fault took away altogether; None for other faults."""
    fault = FAULTS[host.fault or ""]
    if fault.loss is None or not fault.loses:
        return None
    rounds = layout.sound(host.layout).rounds
    records = [record for part in rounds for record in part] if host.eager else rounds[host.due]
    return records[victim(records, Random(host.seed))]


def raw_controls(sweep: Sweep) -> list[str]:
    """Files of the report, and what was said, that hold a character which a terminal or a browser would obey."""
    written = [path for path in sweep.files() if path.name != "ledger.db"]  # nobody looks at a database with a terminal
    texts = [*((path, path.read_bytes()) for path in written), (Path("terminal"), sweep.said)]
    return [f"{path}: {found[0]!r}" for path, data in texts if (found := _RAW.search(data.decode("utf-8")))]
