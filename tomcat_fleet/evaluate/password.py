"""Which passwords an instance takes, as fingerprints that can be compared over the hosts of one sweep."""

from __future__ import annotations

from collections.abc import Iterator

from tomcat_fleet.model.escape import printable
from tomcat_fleet.model.fact import Known
from tomcat_fleet.model.instance import Instance
from tomcat_fleet.model.realm import User
from tomcat_fleet.model.result import PasswordResult
from tomcat_fleet.model.secret import SecretForm


def taken(instance: Instance) -> tuple[PasswordResult, ...]:
    """Accounts of the user files that realms in force read, each once, in the order of the files.

    An empty password says nothing when it is equal, and a placeholder stands for a value that was not seen.
    """
    found = (
        PasswordResult(account=printable(user.name), source=user.place.path, fingerprint=user.password.fingerprint)
        for user in _users(instance)
        if user.password and user.password.length and user.password.form is not SecretForm.PLACEHOLDER
    )
    return tuple(dict.fromkeys(password for password in found if password.fingerprint))


def _users(instance: Instance) -> Iterator[User]:
    realms = instance.realms.value if isinstance(instance.realms, Known) else ()
    for realm in realms:
        yield from realm.users.value if isinstance(realm.users, Known) else ()
