"""The programs that raise rights, how each is run on a target, and the rule that lets it."""

from __future__ import annotations

import re
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
ASKING = ("sudo", "dzdo")  # those whose prompt can be told from everything else
_FORMS: Mapping[str, str] = MappingProxyType({
    "sudo": "sudo -n -u {user} " + SHELL,
    "su": f"su {{user}} -c '{SHELL}'",
    "doas": "doas -n -u {user} " + SHELL,
    "dzdo": "dzdo -n -u {user} " + SHELL,
    "pbrun": "pbrun -u {user} " + SHELL,
})  # fmt: skip
METHODS = tuple(_FORMS)

_UID = re.compile(r"#[0-9]+")
_SPECIAL = re.compile(r"[^\w.\-]")
_ALIAS = re.compile(r"[A-Z][A-Z0-9_]*")  # as is ALL
_KEYWORDS = frozenset({"Defaults", "Host_Alias", "User_Alias", "Runas_Alias", "Cmnd_Alias", "Cmd_Alias", "sudoedit"})
_DOAS_PLAIN = re.compile(r"[a-z_][a-z0-9_.-]*")
_DOAS_WORDS = frozenset({"permit", "deny", "as", "cmd", "args", "nopass", "nolog", "persist", "keepenv", "setenv"})


def command(method: str, user: str) -> str:
    """The command that raises rights without a password, as an operator would type it."""
    return _FORMS[method].format(user=shlex.quote(user))


def roots_su(user: str) -> str:
    """The same for root with su on Linux, where accounts without a login shell are served, too."""
    return f"su -s /bin/sh {shlex.quote(user)} -c '{SHELL}'"


def asking(method: str, user: str) -> str:
    """The command whose prompt is answered with the password. The prompt's text is another one each time."""
    return f"{method} -S -k -p PROMPT -u {shlex.quote(user)} {SHELL}"


def rule(method: str, account: str, user: str) -> str | None:
    """The one line that allows it, in the words of the program's own configuration; None where that cannot say it.

    For programs whose rules lie elsewhere (PAM, Active Directory, a policy server) it is the command to be allowed.
    """
    if method == "sudo":
        return sudoers_rule(account, user)
    if method == "doas":
        return _doas(account, user)
    return command(method, user)


def defaults(account: str) -> str | None:
    """The line of sudoers without which ``Defaults requiretty`` refuses a login without a terminal."""
    name = sudoers_name(account)
    return None if name is None else f"Defaults:{name} !requiretty"


def sudoers_name(name: str) -> str | None:
    """``name`` as sudoers writes an account, ``#1001`` a uid; None for what sudoers has no way to write."""
    if not name or not name.isprintable():
        return None
    if _UID.fullmatch(name):
        return name
    escaped = _SPECIAL.sub(lambda found: "\\" + found[0], name)
    return "\\" + escaped if _ALIAS.fullmatch(name) or name in _KEYWORDS else escaped


def sudoers_rule(account: str, user: str, tag: str = "NOPASSWD: ") -> str | None:
    """The line of sudoers; with an empty ``tag`` it is for those who give their password."""
    who, whom = sudoers_name(account), sudoers_name(user)
    if who is None or whom is None:
        return None
    return f"{who} ALL=({whom}) {tag}{SHELL}"


def _doas(account: str, user: str) -> str | None:
    who, whom = _doas_name(account), _doas_name(user)
    if who is None or whom is None:
        return None
    return f"permit nopass {who} as {whom} cmd /bin/sh args -s"


def _doas_name(name: str) -> str | None:
    if not name or not name.isprintable() or name.startswith(":"):
        return None
    if _UID.fullmatch(name):
        return name[1:]
    if _DOAS_PLAIN.fullmatch(name) and name not in _DOAS_WORDS:
        return name
    return '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'
