"""``--ssh-config``: what OpenSSH's own configuration adds to what an inventory says.

A host is looked up by its address as the inventory writes it, which is what Ansible hands to ssh: ``HostName`` leads on
from there, and everything else fills what the inventory leaves open.
"""

from __future__ import annotations

from dataclasses import dataclass

from tomcat_fleet.inventory import key
from tomcat_fleet.inventory.key import Setting, Settings
from tomcat_fleet.inventory.openssh.config import Config
from tomcat_fleet.inventory.openssh.setting import Answers
from tomcat_fleet.inventory.tree import Host
from tomcat_fleet.inventory.value import UnusableError

_JUMPS = (key.JUMP, key.COMMON_ARGS, key.EXTRA_ARGS, key.SSH_ARGS)


@dataclass(frozen=True, slots=True)
class Overlay:
    """One configuration laid under the inventory's settings."""

    config: Config
    answers: Answers

    def under(self, own: Settings, inherited: Settings, host: Host) -> Settings:
        """``own`` with what the configuration adds where neither it nor ``inherited`` says anything."""
        stated = {**inherited, **own}
        if host.config or key.TRANSPORT.of(stated) == "local" or _any_unusable(stated):
            return own
        address, user, port = (one.of(stated) for one in (key.ADDRESS, key.USER, key.PORT))
        added = self.answers.of(self.config, str(address or host.name), _text(user), _number(port))
        leads_to = added.pop(key.ADDRESS.name, None)
        if any(one.of(stated) for one in _JUMPS) or key.JUMP.name in stated:
            added.pop(key.JUMP.name, None)
        filled = {name: found for name, found in added.items() if not _is_set(stated, name)}
        if leads_to:
            filled[key.ADDRESS.name] = leads_to
        return {**own, **filled} if filled else own


def _is_set(stated: Settings, name: str) -> bool:
    found: Setting | None = stated.get(name)
    return found is not None and found.value is not None


def _any_unusable(stated: Settings) -> bool:
    return any(
        isinstance(stated[one.name].value, UnusableError)
        for one in (key.ADDRESS, key.USER, key.PORT, key.TRANSPORT)
        if one.name in stated
    )


def _text(found: object) -> str | None:
    return found if isinstance(found, str) else None


def _number(found: object) -> int | None:
    return found if isinstance(found, int) else None
