"""The programs that raise rights, and how each of them is run on a target."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from types import MappingProxyType

SHELL = "/bin/sh -s"
PLACES = (
    "/usr/bin",
    "/usr/local/bin",
    "/bin",
    "/opt/freeware/bin",
    "/usr/pkg/bin",
    "/opt/csw/bin",
    "/opt/pbul/bin",
)  # where they are looked for, in this order; the target's PATH has no say
ASKING = frozenset({"sudo", "dzdo"})  # those whose prompt can be told from everything else
_FORMS: Mapping[str, str] = MappingProxyType({
    "sudo": "sudo -n -u {user} " + SHELL,
    "doas": "doas -n -u {user} " + SHELL,
    "dzdo": "dzdo -n -u {user} " + SHELL,
    "su": f"su {{user}} -c '{SHELL}'",
    "pbrun": "pbrun -u {user} " + SHELL,
})  # fmt: skip
METHODS = tuple(_FORMS)


def command(method: str, user: str) -> str:
    """The command that raises rights without a password, as an operator would type it."""
    return _FORMS[method].format(user=shlex.quote(user))


def roots_su(user: str) -> str:
    """The same for root with su on Linux, where accounts without a login shell are served, too."""
    return f"su -s /bin/sh {shlex.quote(user)} -c '{SHELL}'"


def asking(method: str, user: str) -> str:
    """The command whose prompt is answered with the password. The prompt's text is another one each time."""
    return f"{method} -S -k -p PROMPT -u {shlex.quote(user)} {SHELL}"
