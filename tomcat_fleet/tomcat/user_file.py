"""tomcat-users.xml as MemoryUserDatabase and MemoryRealm read it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from tomcat_fleet.errors import EvidenceError
from tomcat_fleet.model.evidence import Content
from tomcat_fleet.model.fact import Fact, Gap, Known, Unknown
from tomcat_fleet.model.place import Place
from tomcat_fleet.model.realm import User
from tomcat_fleet.model.secret import SecretFacts, SecretForm, Weakness
from tomcat_fleet.tomcat.config import Config
from tomcat_fleet.tomcat.reader import Reader
from tomcat_fleet.tomcat.version import Version
from tomcat_fleet.tomcat.xml import Element

_MARK = re.compile(r"\[redacted:(\d+)\]\Z")
_OLD_ROLES = frozenset({"manager", "admin"})
_NEW_ROLES = frozenset({
    "manager-gui", "manager-script", "manager-jmx", "manager-status", "admin-gui", "admin-script",
})  # fmt: skip
_ONE_GROUP_SINCE = 8
_NAMING = frozenset({"username", "name", "roles", "groups", "groupname"})  # all that decides who somebody is


@dataclass(frozen=True, slots=True, kw_only=True)
class UserFileRules:
    """What differs between realms and versions, and the properties that fill placeholders in."""

    config: Config
    groups: bool  # UserDatabase knows groups, MemoryRealm does not

    @property
    def version(self) -> Version | None:
        """The instance's version."""
        return self.config.version


def read_users(reader: Reader, path: str, rules: UserFileRules) -> Fact[tuple[User, ...]]:
    """Active users of the file, in document order; Unknown(MISSING) when the file is verified absent."""
    root = rules.config.read(reader, path)
    content = reader.content(path)
    if isinstance(root, Unknown):
        return root
    if isinstance(content, Unknown):
        return content
    if root.value is None or content.value is None:
        return Unknown(Gap.MISSING, path)
    try:
        return _users(root.value, content.value, rules)
    except EvidenceError as exc:
        return Unknown(Gap.MALFORMED, path, str(exc))


def admin_roles(version: Version | None) -> frozenset[str]:
    """Roles that open manager, host-manager or admin in this version; every role ever used when it is not known."""
    if version is None:
        return _OLD_ROLES | _NEW_ROLES
    if version.major >= 7:
        return _NEW_ROLES
    split = version.since("5.5.33", "6.0.30")
    return _OLD_ROLES | _NEW_ROLES if split else _OLD_ROLES


def _users(root: Element, content: Content, rules: UserFileRules) -> Fact[tuple[User, ...]]:
    if root.name != "tomcat-users":  # Digester's patterns start there: nothing else matches
        return Known(())
    doubt = _doubt(root, rules.config)
    if doubt:
        return doubt
    wanted = admin_roles(rules.version)
    found = [
        _user(element, content, _groups(root, element, rules), wanted)
        for element in root.each("user")
        if _name(element) is not None
    ]
    return Known(_without_duplicates(found, rules))


def _doubt(root: Element, config: Config) -> Unknown | None:
    """Why a name or a role is not known: it hangs on a property that files do not tell."""
    values = (
        value
        for element in root.children
        for name, value in element.attributes.items()
        if name in _NAMING and element.name in {"user", "group"}
    )
    return next(filter(None, map(config.doubt, values)), None)


def _name(element: Element) -> str | None:
    return element.attributes.get("username", element.attributes.get("name"))


def _groups(root: Element, user: Element, rules: UserFileRules) -> dict[str, tuple[str, ...]]:
    """Roles of each group as the user gets them; a group that is defined twice keeps the roles of both.

    Up to 7.0 MemoryGroupCreationFactory makes a new group each time, and a user keeps those that stood above it.
    """
    found: dict[str, tuple[str, ...]] = {}
    if not rules.groups:
        return found
    replaced = rules.version is not None and rules.version.major < _ONE_GROUP_SINCE
    for element in root.each("group"):
        if replaced and (element.line, element.column) > (user.line, user.column):
            break
        name = element.attributes.get("groupname", element.attributes.get("name", ""))
        before = () if replaced else found.get(name, ())
        found[name] = (*before, *_list(element.attributes.get("roles")))
    return found


def _list(text: str | None) -> tuple[str, ...]:
    return tuple(item for item in (part.strip() for part in (text or "").split(",")) if item)


def _user(element: Element, content: Content, groups: Mapping[str, Sequence[str]], wanted: frozenset[str]) -> User:
    through = (role for group in _list(element.attributes.get("groups")) for role in groups.get(group, ()))
    roles = tuple(dict.fromkeys((*_list(element.attributes.get("roles")), *through)))
    return User(
        name=_name(element) or "",
        password=_password(element.attributes.get("password"), content),
        roles=roles,
        admin=bool(wanted.intersection(roles)),
        place=Place(content.path, element.line),
    )


def _password(text: str | None, content: Content) -> SecretFacts | None:
    """Facts about the password that the mark in its place stands for; None without a password attribute."""
    if text is None:
        return None
    mark = _MARK.match(text)
    if mark and int(mark[1]) < len(content.secrets):
        return content.secrets[int(mark[1])]
    if not text:
        return SecretFacts(length=0, weaknesses=frozenset({Weakness.EMPTY}))
    if "${" in text:
        return SecretFacts(length=len(text), form=SecretForm.PLACEHOLDER)
    raise EvidenceError("a password was not taken out when the file was read")


def _with_roles(user: User, other: User) -> User:
    roles = tuple(dict.fromkeys((*user.roles, *other.roles)))
    return replace(user, roles=roles, admin=user.admin or other.admin)


def _without_duplicates(users: Iterable[User], rules: UserFileRules) -> tuple[User, ...]:
    """Of users with one name Tomcat keeps one; all of them when the version does not tell which.

    Where MemoryUserCreationFactory keeps the first, with its password, the others add their roles and groups to it.
    """
    found = tuple(users)
    if rules.version is None and rules.groups:
        return found
    first = rules.groups and rules.version is not None and rules.version.since("9.0.119", "10.1.56", "11.0.23")
    kept: dict[str, User] = {}
    for user in found:
        earlier = kept.get(user.name) if first else None
        kept[user.name] = _with_roles(earlier, user) if earlier else user
    return tuple(sorted(kept.values(), key=lambda user: user.place.line))
