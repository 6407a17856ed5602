"""Ways to a target: jump hosts, and the parts of ssh options that name one."""

from __future__ import annotations

import shlex

from tomcat_fleet.inventory import value
from tomcat_fleet.inventory.expand import split_port
from tomcat_fleet.inventory.openssh.proxy import NoJumpError, jump_of
from tomcat_fleet.inventory.value import Notes, RefusedError, UnusableError
from tomcat_fleet.model.spelling import quoted
from tomcat_fleet.transport.jump import parse_jump


def jump(raw: object) -> str | None:
    """``[user@]host[:port]``, several separated by commas; ``none`` means no jump host, as in ssh."""
    found = value.text(raw)
    if found.lower() == "none":
        return None
    return ",".join(_hop(hop.strip()) for hop in found.split(","))


def _hop(hop: str) -> str:
    account, at, rest = hop.rpartition("@")
    name, port = split_port(rest)
    try:
        if at:
            value.user(account)
        name = value.address(name)
        if port is not None:
            value.port(port)
    except RefusedError as error:
        raise RefusedError(f"{quoted(hop)} is not user@host:port: {error}") from None
    shown = f"[{name}]" if ":" in name else name
    found = f"{account}{at}{shown}" + (f":{port}" if port is not None else "")
    try:
        parse_jump(found)
    except ValueError:  # an account with an @, an address with a zone
        raise RefusedError(f"{quoted(hop)} is not user@host:port") from None
    return found


def common_args(raw: object, notes: Notes) -> str | UnusableError | None:
    """Return the jump host that ssh options name, or why the way that they name cannot be gone.

    The rest is noted by option name alone: values may be secret.
    """
    if not isinstance(raw, str):
        raise RefusedError("needs a text of ssh options")
    try:
        words = shlex.split(raw)
    except ValueError:
        raise RefusedError("has a quote that is not closed") from None
    found: str | UnusableError | None = None
    while words:
        option, argument = _next(words)
        if option in {"-J", _PROXY_COMMAND}:
            way = argument if option == "-J" else _through(argument)
            found = way if found is None else found  # ssh takes the first
        else:
            notes.append(f"the ssh option {quoted(option)} has no effect here; only a jump host does")
    return jump(found) if isinstance(found, str) else found


def _through(command: str) -> str | UnusableError:
    if command.lower() == "none":
        return command
    try:
        return jump_of(command)
    except NoJumpError as error:
        return UnusableError(f"ProxyCommand {error}; or set 'jump'")


_PROXY_COMMAND = "-o ProxyCommand"
_VALUED = frozenset("BbcDEeFIiJLlmOopQRSWw")


def _next(words: list[str]) -> tuple[str, str]:
    """Take one option off ``words``: its name (``-o ProxyJump`` is ``-J``) and its argument."""
    first = words.pop(0)
    if len(first) < 2 or first[0] != "-" or first[1] not in _VALUED:
        return (first[:2] if first.startswith("-") else "…"), ""
    argument = first[2:] or (words.pop(0) if words else "")
    if first[:2] != "-o":
        return first[:2], argument
    name, _, setting = argument.replace("=", " ", 1).strip().partition(" ")
    ways = {"proxyjump": "-J", "proxycommand": _PROXY_COMMAND}
    return ways.get(name.lower(), f"-o {name}"), setting.strip()
