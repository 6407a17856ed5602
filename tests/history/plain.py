"""The same answers from the nights themselves: every one is looked for in plain lists, nothing is carried along."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.history.nights import Night
from tomcat_fleet.history import ItemVerdict, Observed
from tomcat_fleet.history.posture import OpenFailure, Standing
from tomcat_fleet.model.result import Change
from tomcat_fleet.model.status import Outcome, Severity, Status

GOOD = (Status.PASS, Status.NOT_APPLICABLE)
TELLING = (*GOOD, Status.FAIL)
REACHED = (Outcome.AUDITED, Outcome.PARTIAL, Outcome.NO_TOMCAT)
Key = tuple[str, str]


class Plain:
    """All nights so far. A moment is the index of a night."""

    def __init__(self, nights: list[Night]) -> None:
        self.nights = nights
        self.days = [sweep.day for sweep, _ in nights]
        self.rows = [{row.target: row for row in rows} for _, rows in nights]
        self.reached: dict[str, list[int]] = {}
        self.said: dict[Key, dict[str, list[tuple[int, Status, Severity]]]] = {}
        self.there: dict[Key, list[tuple[int, bool]]] = {}  # seen, or found to be gone
        self.slugs: dict[str, tuple[str, str]] = {}
        self.bases: dict[str, set[str]] = {}
        for at, (_, rows) in enumerate(nights):
            for row in rows:
                self.slugs[row.target] = (row.slug, row.zone)
                if row.outcome in REACHED:
                    self._add(at, row)
        self.failing = {
            (key, item) for key, items in self.said.items() for item, verdicts in items.items()
            if any(status is Status.FAIL for _, status, _ in verdicts)
        }  # fmt: skip

    def _add(self, at: int, row: Observed) -> None:
        self.reached.setdefault(row.target, []).append(at)
        here = {instance.base for instance in row.instances}
        ever = self.bases.setdefault(row.target, set())
        ever |= here
        for instance in row.instances:
            lists = self.said.setdefault((row.target, instance.base), {})
            for one in instance.items:
                lists.setdefault(one.item, []).append((at, one.status, one.severity))
        for base in ever if row.outcome is not Outcome.PARTIAL else here:
            self.there.setdefault((row.target, base), []).append((at, base in here))

    def back(self, key: Key, item: str, at: int) -> Iterator[tuple[int, Status, Severity]]:
        """Verdicts up to ``at``, the newest first."""
        return (one for one in reversed(self.said.get(key, {}).get(item, [])) if one[0] <= at)

    def known(self, key: Key, item: str, at: int) -> tuple[int, Status] | None:
        return next(((when, status) for when, status, _ in self.back(key, item, at) if status in TELLING), None)

    def since(self, key: Key, item: str, at: int) -> str:
        """Day of the first failure after the last pass."""
        first = -1
        for when, status, _ in self.back(key, item, at):
            if status in GOOD:
                break
            if status is Status.FAIL:
                first = when
        return self.days[first]

    def former(self, at: int) -> int | None:
        series = self.nights[at][0].series
        return next((n for n in range(at - 1, -1, -1) if self.nights[n][0].series == series), None)

    def changes(self, old: int, new: int) -> set[Change]:
        found = set()
        for row in self.rows[new].values():
            if not any(when <= old for when in self.reached.get(row.target, ())):
                continue
            for instance in row.instances:
                for one in instance.items:
                    key = (row.target, instance.base)
                    if (key, one.item) not in self.failing:
                        continue
                    kind, since = self.change(key, one, old)
                    if kind:
                        known = self.known(key, one.item, old)
                        last = next((status for _, status, _ in self.back(key, one.item, old)), None)
                        found.add(Change(
                            kind=kind, target=row.target, slug=row.slug, base=instance.base, item=one.item,
                            severity=one.severity, was=known[1] if known else last, now=one.status, since=since,
                        ))  # fmt: skip
        return found

    def change(self, key: Key, one: ItemVerdict, old: int) -> tuple[str, str]:
        known = self.known(key, one.item, old)
        if one.status is Status.FAIL and (known is None or known[1] is not Status.FAIL):
            failed = any(status is Status.FAIL for _, status, _ in self.back(key, one.item, old))
            return ("reopened", self.days[known[0]]) if failed and known else ("new", "")
        if one.status in GOOD and known is not None and known[1] is Status.FAIL:
            return "fixed", self.since(key, one.item, old)
        return "", ""

    def first_seen(self, old: int, new: int) -> list[str]:
        return sorted(
            name for name, row in self.rows[new].items()
            if row.outcome in REACHED and self.reached[name][0] > old
        )  # fmt: skip

    def unseen(self, old: int, new: int) -> list[str]:
        return sorted(
            name for name, row in self.rows[old].items() if row.outcome in REACHED and name not in self.rows[new]
        )

    def is_there(self, key: Key, at: int) -> bool:
        return next((there for when, there in reversed(self.there[key]) if when <= at), False)

    def standings(self, at: int) -> set[Standing]:
        found = set()
        for key, items in self.said.items():
            if not self.is_there(key, at):
                continue
            seen = max(when for when, there in self.there[key] if there and when <= at)
            for item in items:
                when, status, severity = next(self.back(key, item, at))
                assert when == seen
                found.add(Standing(
                    target=key[0], base=key[1], item=item, severity=severity, status=status, confirmed=self.days[seen]
                ))  # fmt: skip
        return found

    def open_failures(self, at: int) -> set[OpenFailure]:
        found = set()
        for key, items in self.said.items():
            if not self.is_there(key, at):
                continue
            for item in (item for item in items if (key, item) in self.failing):
                known = self.known(key, item, at)
                if known is None or known[1] is not Status.FAIL:
                    continue
                _, status, severity = next(self.back(key, item, at))
                slug, zone = self.slugs[key[0]]
                found.add(OpenFailure(
                    target=key[0], slug=slug, zone=zone, base=key[1], item=item, severity=severity, status=status,
                    since=self.since(key, item, at), confirmed=self.days[known[0]],
                ))  # fmt: skip
        return found

    def statuses(self, at: int, zone: str | None = None) -> dict[Status, int]:
        counts = Counter(
            one.status for row in self.rows[at].values() if zone is None or row.zone == zone
            for instance in row.instances for one in instance.items
        )  # fmt: skip
        return {status: counts[status] for status in Status}
