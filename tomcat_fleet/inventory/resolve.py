"""From what the files define to the machines to audit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from tomcat_fleet.inventory import escalation, key, value
from tomcat_fleet.inventory.key import KEYS, Setting, Settings
from tomcat_fleet.inventory.ledger import Ledger, Spot
from tomcat_fleet.inventory.overlay import Overlay
from tomcat_fleet.inventory.precedence import Ancestry, Inherited
from tomcat_fleet.inventory.tree import Host
from tomcat_fleet.inventory.value import RefusedError, UnusableError
from tomcat_fleet.model.escalation import ASKING
from tomcat_fleet.model.spelling import quoted
from tomcat_fleet.model.target import Become, InstanceHint, Target

_PORT = 22
_ARGUMENTS = (key.SSH_ARGS, key.COMMON_ARGS, key.EXTRA_ARGS)
_NOTHING = Inherited(groups=(), settings={})
_ENDPOINT = frozenset({key.ADDRESS.name, key.PORT.name})


class _Shared(NamedTuple):
    """Everything of a target but its name, its place and its endpoint, or the settings that rule it out."""

    model: Target | None
    endpoint: Settings
    unusable: list[Setting]
    password: Spot | None  # where the password for escalation is set


@dataclass(slots=True)
class Resolver:
    """Makes targets. Settings that make a host impossible to audit are collected, each with the hosts it hits."""

    ancestry: Ancestry
    ledger: Ledger
    overlay: Overlay | None = None
    _shared: dict[tuple[object, ...], _Shared] = field(default_factory=dict)
    _unusable: dict[tuple[str, Spot, str], dict[str, None]] = field(default_factory=dict)
    _passwords: dict[Spot, set[str]] = field(default_factory=dict)

    def targets(self, hosts: Iterable[Host]) -> tuple[Target, ...]:
        """One target per host, in order; hosts with a fault are left out, and ``report`` says why."""
        found = tuple(target for host in hosts if (target := self.target(host)))
        self._note_shared_addresses(found)
        self._note_passwords()
        return found

    def target(self, host: Host) -> Target | None:
        """Return ``host`` as it is reached; None when a setting rules that out, which ``report`` says."""
        return self._made(host, self.ancestry.inherited(host), self.ancestry.own(host))

    def alone(self, host: Host) -> Target | None:
        """Return ``host`` by its own settings, inheriting nothing."""
        return self._made(host, _NOTHING, host.settings)

    def _made(self, host: Host, inherited: Inherited, own: Settings) -> Target | None:
        if self.overlay:
            own = self.overlay.under(own, inherited.settings, host)
        shared = self._common(inherited, own, host)
        endpoint = {**shared.endpoint, **{name: own[name] for name in _ENDPOINT if name in own}}
        unusable = [*shared.unusable, *_unusable(endpoint)]
        if unusable or shared.model is None:
            self._hit(unusable, host)
            return None
        address = key.ADDRESS.of(endpoint)
        if address is None and (address := self._own_name(host)) is None:
            return None
        port = key.PORT.of(endpoint)
        if shared.password:
            self._passwords.setdefault(shared.password, set()).add(host.name)
        return replace(
            shared.model, name=host.name, address=address, port=_PORT if port is None else port, source=str(host.spot)
        )

    def _common(self, inherited: Inherited, own: Settings, host: Host) -> _Shared:
        """Return what all hosts with the same groups and the same settings of their own have in common; made once."""
        apart = {name: setting for name, setting in own.items() if name not in _ENDPOINT}
        which = (id(inherited), *((name, setting.value) for name, setting in apart.items()))
        if which not in self._shared:
            self._shared[which] = self._share(inherited, {**inherited.settings, **apart}, host)
        return self._shared[which]

    def _share(self, inherited: Inherited, settings: Settings, host: Host) -> _Shared:
        rest = {name: setting for name, setting in settings.items() if name not in _ENDPOINT}
        unusable = _unusable(rest)
        password = _password_of(rest)
        if not unusable and password and (refused := _refused_password(rest, password)):
            unusable = [refused]
        return _Shared(
            model=None if unusable else self._assemble(inherited, rest, host),
            endpoint={name: settings[name] for name in _ENDPOINT if name in settings},
            unusable=unusable,
            password=password.spot if password else None,
        )

    def _own_name(self, host: Host) -> str | None:
        try:
            return value.address(host.name)
        except RefusedError:
            self.ledger.fault(host.spot, f"{quoted(host.name)} is not an address by itself; set its address")
            return None

    def _hit(self, settings: Iterable[Setting], host: Host) -> None:
        for setting in settings:
            self._unusable.setdefault((setting.word, setting.spot, str(setting.value)), {})[host.name] = None

    def report(self) -> None:
        """Enter every setting that rules a host out into the ledger, with the hosts that it hits."""
        for (word, spot, message), names in self._unusable.items():
            more = f" and {len(names) - 1} more" if len(names) > 1 else ""
            self.ledger.fault(spot, f"{word} of {quoted(next(iter(names)))}{more}: {message}")

    def _assemble(self, inherited: Inherited, settings: Settings, host: Host) -> Target | None:
        instances = _instances(settings)
        discover = key.DISCOVER.of(settings)
        if discover is False and not instances:
            spot = settings[key.DISCOVER.name].spot
            self.ledger.fault(spot, f"{quoted(host.name)}: tomcat_discover is false and no instance is listed")
            return None
        return Target(
            name="",
            address="",
            user=key.USER.of(settings),
            key_files=key.KEY_FILES.of(settings) or (),
            key_passphrase=key.KEY_PASSPHRASE.of(settings),
            password=key.PASSWORD.of(settings),
            use_agent=bool(key.USE_AGENT.of(settings)),
            host_key_alias=key.HOST_KEY_ALIAS.of(settings),
            transport=key.TRANSPORT.of(settings) or "asyncssh",
            os=key.OS.of(settings),
            zone=key.ZONE.of(settings),
            groups=inherited.groups,
            jump=_jump(settings),
            ssh_profile=key.SSH_PROFILE.of(settings) or "modern",
            become=_become(settings),
            instances=instances,
            discover=discover is not False,
            was_accounts=key.WAS_ACCOUNTS.of(settings) or (),
            variables=_others(settings),
        )

    def _note_passwords(self) -> None:
        for spot, names in self._passwords.items():
            if len(names) > 1:
                self.ledger.warn(spot, f"the password for escalation set here is for {len(names)} hosts")

    def _note_shared_addresses(self, targets: Iterable[Target]) -> None:
        first: dict[tuple[str, int, str | None], Target] = {}
        for target in targets:
            other = first.setdefault((target.address, target.port, target.jump), target)
            if other is not target:
                file, _, line = target.source.rpartition(":")
                shown = f"[{target.address}]" if ":" in target.address else target.address
                self.ledger.warn(
                    Spot(file, int(line)),
                    f"{quoted(target.name)} has the same address as {quoted(other.name)} ({other.source}): "
                    f"{shown}:{target.port}",
                )


def _unusable(settings: Settings) -> list[Setting]:
    """Settings that rule the host out; a way in ssh's options does not count where our own ``jump`` is set."""
    passed_over = {args.name for args in _ARGUMENTS} if key.JUMP.name in settings else set[str]()
    return [
        setting
        for name, setting in settings.items()
        if isinstance(setting.value, UnusableError) and name not in passed_over
    ]


def _instances(settings: Settings) -> tuple[InstanceHint, ...]:
    """Both forms together; an instance described in full counts before its bare path."""
    found = {hint.base: hint for hint in key.INSTANCES.of(settings) or ()}
    for hint in key.BASES.of(settings) or ():
        found.setdefault(hint.base, hint)
    return tuple(found.values())


def _jump(settings: Settings) -> str | None:
    """Our own ``jump`` where it is set, else the one that ssh's options name; ssh takes the first it is given."""
    if key.JUMP.name in settings:
        return key.JUMP.of(settings)
    return next((found for args in _ARGUMENTS if isinstance(found := args.of(settings), str)), None)


def _become(settings: Settings) -> Become | None:
    """Our own ``become`` where it is set, else Ansible's variables; Ansible's password counts for both."""
    found = key.BECOME.of(settings) if key.BECOME.name in settings else _ansible_become(settings)
    if found is None or found.password:
        return found
    return replace(found, password=key.BECOME_PASSWORD.of(settings))


def _ansible_become(settings: Settings) -> Become | None:
    if not key.ANSIBLE_BECOME.of(settings):
        return None
    return Become(
        method=key.BECOME_METHOD.of(settings) or Become().method, user=key.BECOME_USER.of(settings) or Become().user
    )


def _password_of(settings: Settings) -> Setting | None:
    """Return the setting that the password for escalation comes from, where one is in force."""
    if _unusable(settings):
        return None
    found = _become(settings)
    if found is None or found.password is None:
        return None
    ours = key.BECOME.of(settings)
    return settings[key.BECOME.name if ours and ours.password else key.BECOME_PASSWORD.name]


def _refused_password(settings: Settings, password: Setting) -> Setting | None:
    found = _become(settings)
    if found is None or found.method in ASKING:
        return None
    return password._replace(value=UnusableError(escalation.no_password(found.method)))


def _others(settings: Settings) -> Mapping[str, str]:
    return {name: str(setting.value) for name, setting in settings.items() if name not in KEYS}
