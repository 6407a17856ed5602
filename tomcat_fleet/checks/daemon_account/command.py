"""Lines that move an instance from root to an account of its own."""

from __future__ import annotations

import re
import shlex

from tomcat_fleet.model.daemon import Unit
from tomcat_fleet.model.instance import Instance
from tomcat_fleet.model.repair import account, is_shared, quote

NEW_ACCOUNT = "tomcat"
_SPECIAL = re.compile(r"[.*+?(){}|$]")


def run_as_account(instance: Instance, unit: Unit | None = None) -> tuple[str, ...]:
    """Lines for this host: the account, its files, then the unit's drop-in or, without a unit, the start by hand."""
    name = account(instance.owners)
    user = name or NEW_ACCOUNT
    base = quote(instance.base)
    add = f"useradd --system --user-group --home-dir {base} --shell /usr/sbin/nologin {user}"
    create = f"id -u {user} >/dev/null 2>&1 || {add}"  # on this host it may serve another instance
    starter = unit or next((found for found in instance.units if found.name.endswith(".service")), None)
    return (
        *(() if name else (create,)),
        *(() if is_shared(instance.base) else (f"chown -R -H {user} -- {base}",)),
        *(_by_hand(instance, user) if starter is None else _drop_in(starter, user)),
    )


def _drop_in(unit: Unit, user: str) -> tuple[str, ...]:
    name = shlex.quote(unit.name)
    folder = shlex.quote(f"/etc/systemd/system/{unit.name}.d")
    return (
        f"mkdir -p {folder}",
        f"printf '%s\\n' '[Service]' 'User={user}' > {folder}/user.conf",
        "systemctl daemon-reload",
        f"systemctl restart {name}",
    )


def _by_hand(instance: Instance, user: str) -> tuple[str, ...]:
    base, script = quote(instance.base), quote(f"{instance.home}/bin/catalina.sh")
    return (
        f"env CATALINA_BASE={base} {script} stop",
        _wait(instance.base),
        f"runuser -u {user} -- env CATALINA_BASE={base} {script} start",
    )


def _wait(base: str) -> str:
    """catalina.sh stop returns while the JVM still holds its ports; the next one would run without a connector."""
    pattern = quote(f"-Dcatalina[.]base={_SPECIAL.sub(_literal, base)} ")
    return f"for _ in $(seq 60); do pgrep -f -- {pattern} >/dev/null || break; sleep 1; done"


def _literal(found: re.Match[str]) -> str:
    return f"[{found[0]}]"
