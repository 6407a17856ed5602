"""Accounts of the demo: this one alone, or, where it is root, two that exist everywhere."""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass

from tomcat_fleet.demo.trees.tree import Owner

_SERVICE = ("daemon", "bin", "www-data")
_GUEST = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Who plays whom."""

    auditor: Owner  # logs in to the demo hosts
    service: Owner  # owns the trees and runs the processes
    guest: Owner  # logs in where nothing may be read


def cast() -> Cast:
    """Root plays the auditor only; any other account plays everyone."""
    own = _of(pwd.getpwuid(os.geteuid()))
    if own.uid:
        return Cast(auditor=own, service=own, guest=own)
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    service = next((known[name] for name in _SERVICE if name in known), None)
    guest = known.get(_GUEST)
    return Cast(
        auditor=own,
        service=_of(service) if service else Owner(name="65533", uid=65533, gid=65533),
        guest=_of(guest) if guest else Owner(name="65534", uid=65534, gid=65534),
    )


@dataclass(frozen=True, slots=True)
class Switch:
    """``user``, ``group`` and ``extra_groups`` of a subprocess; None where nothing is to be switched."""

    user: int | None = None
    group: int | None = None
    extra_groups: tuple[int, ...] | None = None


def switch(account: Owner) -> Switch:
    """How a child process becomes ``account``."""
    return Switch() if os.geteuid() == account.uid else Switch(account.uid, account.gid, ())


def _of(entry: pwd.struct_passwd) -> Owner:
    return Owner(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)
