"""Values an operator may set in a profile file; every one used is printed in the report."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_ACCOUNTS = (
    "tomcat", "admin", "administrator", "manager", "root", "both", "role1", "role", "robot",
    "tester", "guest", "test", "user", "system",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagerRequired:
    """Why the manager application is needed; only then may WT-11 pass with it present."""

    who: str
    why: str
    until: str  # 2027-03-31, inclusive


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Judging parameters. The defaults are the guide's letter."""

    dir_group_execute: str = "literal"  # or "ignore": accept exactly the group-execute bit on directories
    owner_root: str = "accept"  # or "fail"
    password_classes: int = 3  # or 4: upper and lower case apart
    password_scope: str = "all"  # noqa: S105 - or "admin": only users with an administration role
    default_accounts: tuple[str, ...] = DEFAULT_ACCOUNTS
    error_codes: tuple[int, ...] = (400, 401, 403, 404, 500)
    manager_required: ManagerRequired | None = None
    manager_networks: tuple[str, ...] = ()  # CIDR blocks from which the manager may be reached
    upload_dirs: tuple[str, ...] = ()
    advisories_max_age_days: int = 90
