"""Every program that raises rights, run as it wants to be run; one that asks gets nothing and holds nothing up."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

import pytest

from tests.collect.escalation import OWNER, Scene, scene
from tests.collect.toolset import INTERPRETERS
from tests.need import need
from tomcat_fleet.collect import script
from tomcat_fleet.model import escalation
from tomcat_fleet.model.target import Become

pytestmark = pytest.mark.root

ALLOWED = "nobody ALL=(root) NOPASSWD: /bin/sh -s\n"
ARGUMENTS = {
    "doas": "-n -u root /bin/sh -s",
    "dzdo": "-n -u root /bin/sh -s",
    "pbrun": "-u root /bin/sh -s",
    "su": "root -c /bin/sh -s",
}
TRUSTED = "auth sufficient pam_permit.so\naccount required pam_permit.so\nsession required pam_permit.so\n"


@pytest.fixture
def place() -> Iterator[Scene]:
    need("sudo")
    with scene() as made:
        made.rules(ALLOWED)
        yield made


@pytest.mark.parametrize("method", ARGUMENTS)
async def test_it_is_called_as_the_operator_would(method: str, place: Scene) -> None:
    fake = f'[ "$*" = "{ARGUMENTS[method]}" ] || exit 9\nexec /usr/bin/sudo -n -u root /bin/sh -s'
    place.program(method, fake)
    assert place.raised(await place.collected(Become(method=method))) == escalation.command(method, "root")


@pytest.mark.parametrize("name", INTERPRETERS)
async def test_a_banner_before_the_shell_is_passed_over(name: str, place: Scene) -> None:
    """Policies of pbrun print what they like; none of it is evidence, and none of it costs the host."""
    banner = "echo '@0123456789abcdef0123456789abcdef BEGIN 1 base64 0 9'; echo; printf 'no line feed'"
    place.program("pbrun", f"{banner}; exec /usr/bin/sudo -n -u root /bin/sh -s")
    place.login = f"{need('busybox')} sh -s" if name == "ash" else f"{need(name)} -s"
    assert place.raised(await place.collected(Become(method="pbrun"))) == "pbrun -u root /bin/sh -s"


@pytest.mark.parametrize("method", escalation.METHODS)
async def test_one_that_asks_gets_nothing(method: str, place: Scene) -> None:
    stolen = place.note
    place.program(method, f'printf "Password: " >&2; while read -r x; do echo "$x" >>{stolen}; done; exit 1')
    assert place.refused(await place.collected(Become(method=method))) == "refused without a password"
    assert stolen.read_text() == ""


@pytest.mark.parametrize("name", ["dash", "bash", "mksh", "ksh93", "yash", "zsh", "ash"])
async def test_one_that_hangs_is_not_waited_for(name: str, place: Scene) -> None:
    place.impatient()
    place.login = f"{need('busybox')} sh -s" if name == "ash" else f"{need(name)} -s"
    place.program("su", f"trap '' TERM HUP INT; sleep 5; echo over >>{place.note}")  # as one of root's: not to be ended
    assert place.refused(await place.collected(Become(method="su"))) == "refused without a password"
    assert place.noted == ""


async def test_one_that_says_yes_and_runs_no_shell(place: Scene) -> None:
    place.program("pbrun", "exit 0")
    place.refused(await place.collected(Become(method="pbrun")))


@pytest.mark.parametrize("method", ["sudo", "su", "pbrun"])
async def test_one_in_a_directory_of_the_accounts_own_is_not_run(method: str, place: Scene) -> None:
    home = place.place / "home"
    home.mkdir()
    (home / method).write_text(f"#!/bin/sh\necho run >>{home}/run\nexec /usr/bin/sudo -n -u root /bin/sh -s\n")
    (home / method).chmod(0o755)
    os.chown(home, 65534, 65534)
    place.program(method, "exit 1")
    *unshared, inner = place.argv()
    place.argv = lambda _uid=0: [*unshared, inner.replace("/bin/sh -s", f"env PATH={home}:/usr/bin:/bin /bin/sh -s")]  # type: ignore[method-assign]
    place.refused(await place.collected(Become(method=method)))
    assert not (home / "run").exists()


async def test_the_real_su_where_pam_trusts_the_account(place: Scene) -> None:
    place.over("/etc/pam.d/su", TRUSTED)
    assert place.raised(await place.collected(Become(method="su"))) == "su root -c '/bin/sh -s'"


async def test_the_real_su_that_would_ask(place: Scene) -> None:
    assert place.refused(await place.collected(Become(method="su"))) == "refused without a password"


async def test_the_real_su_to_an_account_without_a_login_shell(place: Scene) -> None:
    place.over("/etc/pam.d/su", TRUSTED)
    place.over("/etc/passwd", "root:x:0:0::/root:/usr/sbin/nologin\nnobody:x:65534:65534::/:/bin/sh\n")
    assert place.refused(await place.collected(Become(method="su"))) == "refused without a password"


async def test_the_real_su_from_root_serves_an_account_without_a_login_shell(place: Scene) -> None:
    place.over("/etc/passwd", f"root:x:0:0::/root:/bin/sh\ntomcat:x:{OWNER}:{OWNER}::/:/usr/sbin/nologin\n")
    collected = await place.collected(Become(method="su", user="tomcat"), uid=0)
    assert place.raised(collected) == "su -s /bin/sh tomcat -c '/bin/sh -s'"


@pytest.mark.parametrize("allowed", [True, False])
async def test_the_real_doas(place: Scene, allowed: bool) -> None:  # noqa: FBT001
    doas = need("doas")
    etc = place.place / "etc"
    etc.mkdir()
    for name in ("passwd", "group", "shadow", "nsswitch.conf", "pam.d", "security", "login.defs", "ld.so.cache"):
        subprocess.run(["cp", "-a", f"/etc/{name}", etc], check=True)  # noqa: ASYNC221
    (etc / "pam.d/doas").write_text(TRUSTED.replace("pam_permit.so\naccount", "pam_deny.so\naccount"))
    (etc / "doas.conf").write_text(f"{escalation.rule('doas', 'nobody', 'root')}\n" if allowed else "")
    (etc / "doas.conf").chmod(0o600)
    place.binds = {"/usr/local/bin": os.path.dirname(doas), "/etc": str(etc)}  # noqa: PTH120
    collected = await place.collected(Become(method="doas"))
    if allowed:
        assert place.raised(collected) == "doas -n -u root /bin/sh -s"
    else:
        place.refused(collected)


def test_python_and_the_script_know_the_same_places() -> None:
    text = script.source().decode()
    assert f"for tf_d in {' '.join(escalation.PLACES)}; do" in text


@pytest.mark.parametrize("user", ["root", "DOMAIN\\tom cat", "it's", "$HOME", "-x"])
def test_a_command_that_is_shown_may_be_pasted(user: str) -> None:
    for method in escalation.METHODS:
        line = escalation.command(method, user)
        name, _, rest = line.partition(" ")
        done = subprocess.run(
            ["/bin/sh", "-c", f"{name}() {{ printf '%s\\n' \"$@\"; }}; {name} {rest}"],
            capture_output=True,
            text=True,
            check=True,
        )
        assert user in done.stdout.splitlines()
