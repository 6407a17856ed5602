"""Configurations about who can log in: realms, user files, stored passwords."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace

from tests.live.access import constraint
from tests.live.draft import Attempt, Draft, Site, element

_REALMS = "org.apache.catalina.realm."
ROLES = ("manager-gui", "manager-script", "manager-jmx", "manager-status", "admin-gui", "admin-script")
SURE = ("k7ops", "Rv9#wq2!Lm")
VAULT = "/vault/private/open.txt"
NAMES = ("tomcat", "admin", "Admin", "k9deploy", "role1", "both", "ops", "root", "w3b_Ops", "t&j", "${probe.name}")
PASSWORDS = ("tomcat", "s3cret", "Rv9#wq2!Lm", "kq7!wzap", "abc", "", "a&b<c>'d", "P@ssw0rd", "zT4:pq#91x", "no9244")
ROLE_LISTS = (
    "manager-gui", "manager-script,role1", " manager-gui , x", "admin-gui", "admin-script", "manager-status", "role1",
    "", "manager", "admin", "Manager-gui", "manager-jmx", "manager-gui admin-gui", "${probe.role}", ",manager-gui,",
)  # fmt: skip
PROPERTIES = "probe.name=k4bot\nprobe.role=manager-script\nprobe.word=Xy7!qwPz0\n"


def sure_users() -> str:
    """A user file with one account that may do everything."""
    name, word = SURE
    user = element("user", {"username": name, "password": word, "roles": ",".join(ROLES)})
    return f"<tomcat-users>\n{user}\n</tomcat-users>\n"


def user_site(draft: Draft, site: Site) -> None:
    """A vault that only administration roles open, before the realms of this host."""
    web = (
        f"<web-app>{constraint('/private/*', ROLES)}<login-config><auth-method>BASIC</auth-method></login-config>"
        + "".join(f"<security-role><role-name>{role}</role-name></security-role>" for role in ROLES)
        + "</web-app>"
    )
    files = {"WEB-INF/web.xml": web, "private/open.txt": "open"}
    realm = _realm(draft, site)
    if draft.chance(0.1):
        realm = _leaf(draft, site, "first") + realm  # the last one stays
    if draft.chance(0.25):
        files["META-INF/context.xml"] = element("Context", {}, realm)
        if draft.chance(0.5):
            site.body.append(_leaf(draft, Site(topic="", name=site.name), "hidden"))
    else:
        site.body.append(realm)
    draft.app(f"{site.app_base}/vault", files)
    site.paths.add("/vault")


def _realm(draft: Draft, site: Site) -> str:
    how = draft.random.choice(("leaf", "leaf", "lock-out", "combined", "null", "deep"))
    if how == "lock-out":
        return element("Realm", {"className": _REALMS + "LockOutRealm", "failureCount": "50"}, _leaf(draft, site, "a"))
    if how == "combined":
        inner = _leaf(draft, site, "a") + _leaf(draft, site, "b")
        return element("Realm", {"className": _REALMS + "CombinedRealm"}, inner)
    if how == "deep":
        inner = element("Realm", {"className": _REALMS + "CombinedRealm"}, _leaf(draft, site, "a"))
        return element("Realm", {"className": _REALMS + "LockOutRealm", "failureCount": "50"}, inner)
    if how == "null" and draft.chance(0.4):
        return element("Realm", {"className": _REALMS + "NullRealm"})
    return _leaf(draft, site, "a")


def _leaf(draft: Draft, site: Site, key: str) -> str:
    """A file realm with a file of its own, and how it compares passwords."""
    file = f"conf/users-{site.name}-{key}.xml"
    settings, handler, algorithm = _comparison(draft)
    spelling = draft.random.choice((file, f"${{catalina.base}}/{file}", f"{draft.root}/{file}"))
    if draft.chance(0.3):
        own = {"className": _REALMS + "MemoryRealm", "pathname": spelling}
    else:
        resource = f"DB-{site.name}-{key}"
        draft.resources.append(
            element(
                "Resource",
                {
                    "name": resource,
                    "auth": "Container",
                    "type": "org.apache.catalina.UserDatabase",
                    "factory": "org.apache.catalina.users.MemoryUserDatabaseFactory",
                    "pathname": spelling,
                },
            )
        )
        own = {"className": _REALMS + "UserDatabaseRealm", "resourceName": resource}
    attempts, text = _file(draft, file, algorithm)
    draft.files[file] = text
    site.attempts.extend(attempts)
    return element("Realm", own | settings, handler)


def _comparison(draft: Draft) -> tuple[dict[str, str], str, str]:
    """Attributes of a Realm, its inner elements, and the algorithm that stored passwords are hashed with."""
    name = draft.random.choice(("MD5", "SHA-256", "SHA-1", "SHA-512"))
    handler = _REALMS + "MessageDigestCredentialHandler"
    how = draft.random.choice(("plain", "plain", "plain", "digest", "handler", "bare", "nested", "empty"))
    if how == "digest":
        return {draft.random.choice(("digest", "Digest")): name}, "", name
    if how == "empty" and draft.release.version.major >= 8:  # before, no realm starts with it
        return {"digest": ""}, "", ""
    if how == "handler":
        return {}, element("CredentialHandler", {"className": handler, "algorithm": name}), name
    if how == "bare":
        return {}, element("CredentialHandler", {"className": handler}), ""
    if how == "nested":
        second = {} if draft.chance(0.4) else {"algorithm": "SHA-256"}
        inner = element("CredentialHandler", {"className": handler, "algorithm": name}) + element(
            "CredentialHandler", {"className": handler} | second
        )
        return {}, element("CredentialHandler", {"className": _REALMS + "NestedCredentialHandler"}, inner), name
    return {}, "", ""


def hashed(algorithm: str, clear: str) -> str:
    """What MessageDigestCredentialHandler stores without salt."""
    return hashlib.new(algorithm.replace("-", "").lower(), clear.encode()).hexdigest()


def _file(draft: Draft, file: str, algorithm: str) -> tuple[list[Attempt], str]:
    """A user file, one element a line."""
    pick = draft.random
    head = pick.choice(("<tomcat-users>", '<tomcat-users xmlns="http://tomcat.apache.org/xml" version="1.0">'))
    lines = [head]
    lines.extend(_groups(draft))
    attempts = []
    names = [pick.choice(NAMES) for _ in range(pick.randint(1, 4))]
    if draft.chance(0.3):
        names.append(names[0])
    for name in names:
        attempt, text = _user(draft, name, algorithm)
        lines.append(text)
        attempts.append(replace(attempt, file=file, line=len(lines)))
    if draft.chance(0.3):
        lines.append('<group groupname="late" roles="manager-gui"/>')
    lines.append("</tomcat-users>")
    return attempts, "\n".join(lines) + "\n"


def _groups(draft: Draft) -> list[str]:
    found = []
    for name in ("g1", "g2", "g1"):
        if draft.chance(0.4):
            attribute = draft.random.choice(("groupname", "groupname", "name"))
            found.append(element("group", {attribute: name, "roles": draft.random.choice(ROLE_LISTS)}))
    if draft.chance(0.3):
        found.append('<role rolename="manager-gui"/>')
    return found


def _user(draft: Draft, name: str, algorithm: str) -> tuple[Attempt, str]:
    pick = draft.random
    clear = pick.choice(PASSWORDS)
    stored: str | None = hashed(algorithm, clear) if algorithm and draft.chance(0.8) else clear
    if draft.chance(0.07):
        stored = "${probe.word}"
    values: dict[str, str] = {}
    key = pick.choice(("username", "username", "name", "userName", "both"))
    if key == "both":
        values |= {"name": "other", "username": name}
    else:
        values[key] = name
    if draft.chance(0.93):
        values[pick.choice(("password",) * 9 + ("passWord",))] = stored or ""
    stored = values.get("password")
    if draft.chance(0.85):
        values["roles"] = pick.choice(ROLE_LISTS)
    if draft.chance(0.3):
        values["groups"] = pick.choice(("g1", "g2", " g1 ,g2", "late", "nowhere", "G1"))
    tag = pick.choice(("user",) * 12 + ("USER",))
    text = element(tag, values)
    if draft.chance(0.05) and "--" not in text:
        text = f"<!-- {text} -->"
    shown = resolved(name)
    stored = None if stored is None else resolved(stored)
    digest = bool(algorithm) and stored == hashed(algorithm, clear)
    return Attempt(file="", line=0, name=shown, stored=stored, clear=clear, digest=digest), text


def resolved(text: str) -> str:
    """``text`` with the properties of this module."""
    values = dict(line.split("=", 1) for line in PROPERTIES.splitlines())
    return re.sub(r"\$\{([^}]*)\}", lambda found: values.get(found[1], found[0]), text)
