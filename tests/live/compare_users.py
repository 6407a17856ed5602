"""Who the server logs in, against who the model says is active."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tests.live.compare import Scene
from tests.live.draft import Attempt, Site
from tests.live.users import VAULT
from tomcat_fleet.model.fact import Known, Unknown
from tomcat_fleet.model.policy import DEFAULT_ACCOUNTS
from tomcat_fleet.model.realm import Realm, Storing, User

_WEAK = frozenset({"tomcat", "s3cret", "abc", "", "P@ssw0rd", "no9244"})


@dataclass(frozen=True, slots=True)
class Login:
    """A name and a password that were accepted, and whether they open an administration application."""

    name: str
    word: str
    admin: bool


def compare_users(scene: Scene, site: Site) -> None:
    """Compare who gets in, with what, and as what."""
    realms = scene.audit.instance.realms
    assert isinstance(realms, Known), realms
    files = {f"{scene.draft.root}/{attempt.file}" for attempt in site.attempts}
    own = [realm for realm in realms.value if realm.path in files]
    seen = {login for pair in _words(site) if (login := _login(scene, site, *pair))}
    subject = scene.subject(site, "")
    if any(_is_open(realm) for realm in own):
        scene.ledger.open("login")
    else:
        said = [login for realm in own for login in _said(scene, site, realm)]
        for pair in sorted(_words(site)):
            scene.ledger.same(
                "login",
                f"{subject} {pair}",
                server=_of(seen, pair),
                model=_of(said, pair),
                why=[(realm.class_name.rpartition(".")[2], realm.storing.value) for realm in own],
            )
    _compare_verdicts(scene, site, files, seen)


def _is_open(realm: Realm) -> bool:
    return realm.storing is Storing.UNDECIDED or (
        isinstance(realm.users, Unknown) and realm.users.gap.value != "missing"
    )


def _of(logins: Iterable[Login], pair: tuple[str, str]) -> str | None:
    """What the login is good for: the first realm that accepts it decides."""
    found = [login for login in logins if (login.name, login.word) == pair]
    return None if not found else "admin" if found[0].admin else "user"


def _words(site: Site) -> set[tuple[str, str]]:
    return {(one.name, word) for one in site.attempts for word in (one.stored, one.clear) if word is not None}


def _login(scene: Scene, site: Site, name: str, word: str) -> Login | None:
    answer = scene.ask(site, VAULT, login=(name, word))
    assert answer.status in {200, 401, 403, 404}, answer
    return Login(name, word, answer.status == 200) if answer.status in {200, 403} else None


def _said(scene: Scene, site: Site, realm: Realm) -> Iterator[Login]:
    """Pairs that the model says are accepted."""
    if not isinstance(realm.users, Known) or realm.users is None:
        return
    for user in realm.users.value or ():
        attempt = _attempt(scene, site, user)
        if attempt is None or user.password is None or attempt.stored is None:
            continue
        if realm.storing in {Storing.PLAIN, Storing.STALE_DIGEST}:
            yield Login(user.name, attempt.stored, user.admin)
        if attempt.digest and realm.algorithm and realm.storing in {Storing.PLAIN, Storing.HASHED}:
            yield Login(user.name, attempt.clear, user.admin)


def _attempt(scene: Scene, site: Site, user: User) -> Attempt | None:
    for one in site.attempts:
        if (f"{scene.draft.root}/{one.file}", one.line) == (user.place.path, user.place.line):
            return one
    return None


def _compare_verdicts(scene: Scene, site: Site, files: set[str], seen: set[Login]) -> None:
    """A default name or a weak password that logs in must fail its item."""
    result = scene.audit.result
    for login in seen:
        subject = f"{scene.subject(site, '')} {login.name}"
        default = login.name.lower() in DEFAULT_ACCOUNTS
        for item, bad in (("WT-02", default), ("WT-03", login.word in _WEAK)):
            found = [
                finding
                for finding in result.findings
                if finding.item == item
                and (finding.subject in files or any(row.source in files for row in finding.evidence))
                and finding.status.value in {"fail", "manual", "unknown"}
            ]
            scene.ledger.implies(item, subject, seen=bad, said=bool(found), why=login.word)
