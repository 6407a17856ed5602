"""From lines of ssh_config to the settings of the inventory."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tomcat_fleet.inventory import key, route, value
from tomcat_fleet.inventory.key import Setting
from tomcat_fleet.inventory.ledger import Ledger, Spot
from tomcat_fleet.inventory.openssh.config import Config, Directive
from tomcat_fleet.inventory.openssh.lookup import Found, expand, is_none, local_user, lookup
from tomcat_fleet.inventory.openssh.proxy import NoJumpError, jump_of
from tomcat_fleet.inventory.value import RefusedError, UnusableError
from tomcat_fleet.model.spelling import quoted

_PORT = 22
_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_AGENT = frozenset({"SSH_AUTH_SOCK", "$SSH_AUTH_SOCK", "${SSH_AUTH_SOCK}"})


@dataclass(slots=True)
class Answers:
    """What configurations say of hosts, as settings. Each thing that has no effect is warned of once."""

    ledger: Ledger
    _noted: set[tuple[Spot, str]] = field(default_factory=set)
    _present: dict[str, bool] = field(default_factory=dict)
    _paths: dict[str, str] = field(default_factory=dict)

    def of(self, config: Config, host: str, user: str | None = None, port: int | None = None) -> dict[str, Setting]:
        """Settings of ``host``, the account and the port being known already where they are given."""
        found = lookup(config, host, user)
        settings = dict(_Reading(self, found, user, port).settings())
        for spot in found.undecided:
            settings["Match exec"] = _unusable("Match exec", spot, "its program is never run; name the hosts instead")
        return settings

    def note(self, spot: Spot, message: str) -> None:
        """Warn once."""
        if (spot, message) not in self._noted:
            self._noted.add((spot, message))
            self.ledger.warn(spot, message)

    def path(self, written: str) -> str:
        """Return a path that is the same for every host, ``~`` replaced."""
        if written not in self._paths:
            self._paths[written] = value.key_files(written)[0]
        return self._paths[written]

    def exists(self, path: str) -> bool:
        """Whether a file is there."""
        if path not in self._present:
            self._present[path] = Path(path).exists()
        return self._present[path]


class _Reading:
    """The lines of one host, read one after the other: later ones may speak of what earlier ones say."""

    def __init__(self, answers: Answers, found: Found, user: str | None, port: int | None) -> None:
        self._answers = answers
        self._found = found
        self._user = user
        self._port = port

    def settings(self) -> Iterator[tuple[str, Setting]]:
        for name, kept, parse in self._plain():
            if written := self._found.first.get(name):
                yield kept, _typed(written, parse)
        if jump := self._jump():
            yield key.JUMP.name, jump
        files = self._key_files()
        if files:
            yield key.KEY_FILES.name, files
        yield from self._certificates(files)
        yield from self._agent()

    def _plain(self) -> Iterator[tuple[str, str, Callable[[str], object]]]:
        yield "hostname", key.ADDRESS.name, lambda raw: value.address(expand(raw, {"h": self._found.host}))
        yield "port", key.PORT.name, value.port
        yield "user", key.USER.name, value.user
        yield "hostkeyalias", key.HOST_KEY_ALIAS.name, value.address

    def _jump(self) -> Setting | None:
        first = self._found.first
        written = first.get("proxyjump")
        if written and not (is_none(written) and "proxycommand" in first):
            return _typed(written, lambda raw: route.jump(re.sub(r"(\A|,)ssh://", r"\1", raw)))
        written = first.get("proxycommand")
        if written is None:
            return None
        return _typed(written, lambda raw: None if is_none(written) else route.jump(jump_of(raw)))

    def _key_files(self) -> Setting | None:
        written = [one for one in self._found.listed.get("identityfile", ()) if one.value.lower() != "none"]
        if not written:
            return None
        try:
            paths = {self._path(one.value): one for one in written}
        except ValueError as error:
            return _unusable(written[0].word, written[0].spot, str(error))
        present = [path for path in paths if self._answers.exists(path)]
        for path, one in paths.items():
            if present and path not in present:
                self._answers.note(one.spot, f"the key {quoted(path)} does not exist and is passed over, as ssh does")
        return Setting(written[0].word, tuple(present or paths), written[0].spot)

    def _certificates(self, files: Setting | None) -> Iterator[tuple[str, Setting]]:
        usual = {f"{path}-cert.pub" for path in files.value} if files and isinstance(files.value, tuple) else set()
        for written in self._found.listed.get("certificatefile", ()):
            try:
                path = self._path(written.value)
            except ValueError as error:
                yield written.word, _unusable(written.word, written.spot, str(error))
                continue
            if path not in usual and path.lower() != "none":
                message = "a certificate is found beside its key as KEY-cert.pub only"
                yield written.word, _unusable(written.word, written.spot, message)

    def _agent(self) -> Iterator[tuple[str, Setting]]:
        first = self._found.first
        only, agent = first.get("identitiesonly"), first.get("identityagent")
        keys_only = only is not None and only.value.lower() in {"yes", "true"}
        if agent is None:
            return
        if agent.value in _AGENT and keys_only:
            assert only is not None
            self._answers.note(only.spot, f"{only.word} keeps the agent of {agent.spot} out: only key files are used")
        elif agent.value not in _AGENT and agent.value.lower() != "none":
            self._answers.note(
                agent.spot, f"{agent.word}: only SSH_AUTH_SOCK and none are understood; no agent is used"
            )
        yield key.USE_AGENT.name, Setting(agent.word, agent.value in _AGENT and not keys_only, agent.spot)

    def _path(self, written: str) -> str:
        if "%" in written or "$" in written:
            return value.key_files(expand(_VARIABLE.sub(_variable, written), self._tokens()))[0]
        return self._answers.path(written)

    def _tokens(self) -> dict[str, str]:
        first = self._found.first
        port, user = first.get("port"), first.get("user")
        machine = socket.gethostname()
        return {
            "d": str(Path.home()),
            "h": self._found.host_name(),
            "i": str(os.getuid()),
            "L": machine.partition(".")[0],
            "l": machine,
            "n": self._found.host,
            "p": str(self._port or (port.value if port else _PORT)),
            "r": self._user or (user.value if user else local_user()),
            "u": local_user(),
        }


def _variable(found: re.Match[str]) -> str:
    if found[1] not in os.environ:
        raise RefusedError(f"the environment has no {quoted(found[1])}")
    return os.environ[found[1]]


def _typed(written: Directive, parse: Callable[[str], object]) -> Setting:
    try:
        return Setting(written.word, parse(written.value), written.spot)
    except (RefusedError, NoJumpError, ValueError) as error:
        return _unusable(written.word, written.spot, str(error))


def _unusable(word: str, spot: Spot, message: str) -> Setting:
    return Setting(word, UnusableError(message), spot)
