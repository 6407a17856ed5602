"""Passwords that several hosts have in common, found in any order of the hosts and in bounded memory."""

from __future__ import annotations

from dataclasses import dataclass, field

from tomcat_fleet.model.result import PasswordResult, SharedPassword, TargetResult

LISTED = 50  # shared passwords that the page and the summary name
NAMED = 20  # accounts and hosts of each of them
_REMEMBERED = 50_000  # distinct passwords of a sweep
_OF_ONE_HOST = 500  # so that one host cannot push out the others


@dataclass(frozen=True, slots=True)
class Group:
    """One password: how many hosts have it, and the first of its accounts and hosts by name."""

    hosts: int
    accounts: tuple[str, ...]
    targets: tuple[tuple[str, str], ...]  # target, slug

    def result(self) -> SharedPassword:
        """As the summary has it."""
        return SharedPassword(
            hosts=self.hosts, accounts=self.accounts, targets=tuple(target for target, _ in self.targets)
        )


@dataclass(slots=True)
class Sharing:
    """Compares the fingerprints of a sweep. ``compared`` and ``left_out`` count accounts."""

    compared: int = 0
    left_out: int = 0
    _groups: dict[str, Group] = field(default_factory=dict)  # fingerprint -> who has it so far

    def add(self, result: TargetResult) -> None:
        """Count one host."""
        accounts: dict[str, set[str]] = {}
        for instance in result.instances:
            for password in instance.passwords:
                if self._has_room(password, accounts):
                    accounts.setdefault(password.fingerprint, set()).add(password.account)
                    self.compared += 1
                else:
                    self.left_out += 1
        host = (result.target, result.slug)
        for fingerprint, names in accounts.items():
            known = self._groups.get(fingerprint, Group(0, (), ()))
            self._groups[fingerprint] = Group(
                hosts=known.hosts + 1,
                accounts=tuple(sorted({*known.accounts, *names})[:NAMED]),
                targets=tuple(sorted((*known.targets, host))[:NAMED]),
            )

    def shared(self) -> tuple[Group, ...]:
        """Passwords of two hosts or more, those on most hosts first."""
        found = (group for group in self._groups.values() if group.hosts > 1)
        return tuple(sorted(found, key=lambda group: (-group.hosts, group.targets, group.accounts)))

    def _has_room(self, password: PasswordResult, accounts: dict[str, set[str]]) -> bool:
        if password.fingerprint in accounts:
            return True
        known = password.fingerprint in self._groups
        return len(accounts) < _OF_ONE_HOST and (known or len(self._groups) + len(accounts) < _REMEMBERED)
