"""Lines that move an instance from root to an account of its own."""

from __future__ import annotations

import re
import shlex

from tomcat_fleet.model.daemon import Unit
from tomcat_fleet.model.fact import Known
from tomcat_fleet.model.instance import Instance
from tomcat_fleet.model.repair import account, is_shared, quote

NEW_ACCOUNT = "tomcat"
_BASE = "-Dcatalina.base="
_SPECIAL = re.compile(r"[.*+?(){}|$[]")


def run_as_account(instance: Instance, unit: Unit | None = None) -> tuple[str, ...]:
    """Lines for this host: account, stop, files, start. With ``unit`` the instance is stopped and stays so."""
    name = account(instance.owners)
    user = name or NEW_ACCOUNT
    base = quote(instance.base)
    add = f"useradd --system --user-group --home-dir {base} --shell /usr/sbin/nologin {user}"
    create = () if name else (f"id -u {user} >/dev/null 2>&1 || {add}",)  # it may exist and serve another instance
    chown = () if is_shared(instance.base) else (f"chown -R -H {user} -- {base}",)
    if unit:
        return (*create, *chown, *_drop_in(unit, user), f"systemctl try-restart {shlex.quote(unit.name)}")
    starter = next((found for found in instance.units if found.name.endswith(".service")), None)
    if starter:
        service = shlex.quote(starter.name)
        stop, start = f"systemctl stop {service}", f"systemctl start {service}"
    else:
        by_hand = f"env CATALINA_BASE={base} {quote(f'{instance.home}/bin/catalina.sh')}"
        stop, start = f"{by_hand} stop", f"runuser -u {user} -- {by_hand} start"
    drop_in = _drop_in(starter, user) if starter else ()
    return (*create, *drop_in, stop, _wait(instance), *chown, _start(instance, start))


def _drop_in(unit: Unit, user: str) -> tuple[str, ...]:
    folder = shlex.quote(f"/etc/systemd/system/{unit.name}.d")
    return (
        f"mkdir -p {folder}",
        f"printf '%s\\n' '[Service]' 'User={user}' > {folder}/user.conf",
        "systemctl daemon-reload",
    )


def _wait(instance: Instance) -> str:
    """catalina.sh stop returns while the JVM still holds its ports; the next one would run without a connector."""
    return f"n=0; while [ $n -lt 60 ] && {_look(instance)}; do sleep 1; n=$((n+1)); done"


def _start(instance: Instance, start: str) -> str:
    """Start it when pgrep has looked and found nothing: with shutdown port -1, or under no unit, stop does nothing."""
    return f"if {_look(instance)}; [ $? -eq 1 ]; then {start}; else echo 'not started: still running'; fi"


def _look(instance: Instance) -> str:
    """Ask for the argument that the process shows: a base behind a link has another name there."""
    daemons = instance.daemons.value if isinstance(instance.daemons, Known) else ()
    shown = {word for daemon in daemons for word in daemon.process.argv if word.startswith(_BASE)}
    patterns = (f"{_SPECIAL.sub(_literal, word)} " for word in sorted(shown or {_BASE + instance.base}))
    return f"pgrep -f -- {quote('|'.join(patterns))} >/dev/null"


def _literal(found: re.Match[str]) -> str:
    return f"[{found[0]}]"
