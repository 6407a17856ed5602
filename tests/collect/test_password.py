"""sudo with a password: it is sent once, after sudo's own prompt and to nothing else, and it is seen nowhere."""

from __future__ import annotations

import base64
import logging
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.collect.escalation import Scene, scene
from tests.collect.toolset import INTERPRETERS
from tests.need import need
from tests.secrets.hunt import Hunt
from tests.secrets.spy import Spy
from tomcat_fleet.model.collected import Collected
from tomcat_fleet.model.target import Become

pytestmark = pytest.mark.root

PASSWORD = 'Zk7 canary%#"4Q'
_HASH = "$6$tomcatfleet$uezTgmdY7lzV4vmRh0OJwVMZ0PrBMEGqssXDxfxA3NyepeuF1c8CRO8vcJ3IogMSftc.VbOAJSsp7Pj.vTP.a."
_SHADOW = f"root:*:19000:0:99999:7:::\nnobody:{_HASH}:19000:0:99999:7:::\n"
_PAM = "auth required pam_unix.so nodelay\naccount required pam_permit.so\nsession required pam_permit.so\n"
ASKS = "nobody ALL=(root) /bin/sh -s\n"
HOW = "sudo -S -k -p PROMPT -u root /bin/sh -s"
SUDO = Become(password="env:SUDO_PASSWORD")


@pytest.fixture
def place() -> Iterator[Scene]:
    need("sudo")
    with scene() as made:
        made.rules(ASKS)
        made.over("/etc/pam.d/sudo", _PAM)
        made.over("/etc/shadow", _SHADOW, 0o600)
        yield made


def sent(place: Scene) -> int:
    """How often the password left."""
    assert place.channel is not None
    lines = [line for data in place.channel.sent for line in data.split(b"\n")]
    assert all(PASSWORD.encode() not in line or line == PASSWORD.encode() for line in lines)
    return lines.count(PASSWORD.encode())


def clean(place: Scene, collected: Collected) -> None:
    """The password in nothing that stays or came back."""
    hunt = Hunt({"password": PASSWORD})
    hunt.files(place.place)
    assert place.channel is not None
    hunt.data(place.channel.received, "stream")
    hunt.text(repr(collected), "evidence")
    assert hunt.found == []
    assert hunt.seen > 5


async def test_the_real_sudo_gets_it_once_and_nobody_sees_it(place: Scene, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with Spy(os.getpid()) as spy:
        collected = await place.collected(SUDO, PASSWORD)
    assert place.raised(collected) == HOW
    assert sent(place) == 1
    clean(place, collected)
    seen = [b"\0".join(pair) for pair in spy.others]
    assert any(b"-S\0-k\0-p" in one for one in seen), "the spy saw sudo"
    hunt = Hunt({"password": PASSWORD})
    for one in seen:
        hunt.data(one, "a process")
    hunt.text(caplog.text, "log")
    assert hunt.found == []


@pytest.mark.parametrize("name", INTERPRETERS)
async def test_every_interpreter_can_ask(name: str, place: Scene) -> None:
    place.login = f"{need('busybox')} sh -s" if name == "ash" else f"{need(name)} -s"
    collected = await place.collected(SUDO, PASSWORD)
    assert (place.raised(collected), sent(place)) == (HOW, 1)
    clean(place, collected)


async def test_a_shell_that_cannot_be_seen_to_run_is_given_nothing_more(place: Scene) -> None:
    place.first = "mount -t proc -o hidepid=2 proc /proc"
    place.impatient()
    collected = await place.collected(SUDO, PASSWORD)
    assert place.refused(collected) == "whether the password was accepted could not be told in time"
    assert sent(place) == 1


async def test_where_there_is_no_proc_ps_tells_that_the_shell_runs(place: Scene) -> None:
    place.edits[b"/proc/self/status"] = b"/nonexistent/status"
    collected = await place.collected(SUDO, PASSWORD)
    assert (place.raised(collected), sent(place)) == (HOW, 1)
    place.over("/etc/shadow", _SHADOW.replace("tomcatfleet$ue", "tomcatfleet$ux"), 0o600)
    assert place.refused(await place.collected(SUDO, PASSWORD)) == "the password was refused"


@pytest.mark.parametrize("banner", ["true", "echo Welcome; echo; printf 'no line feed'"], ids=["", "with a banner"])
async def test_dzdo_is_asked_in_the_same_way(banner: str, place: Scene) -> None:
    place.program("dzdo", f'{banner}; exec /usr/bin/sudo "$@"', 0o4755)
    collected = await place.collected(replace(SUDO, method="dzdo"), PASSWORD)
    assert (place.raised(collected), sent(place)) == (HOW.replace("sudo", "dzdo"), 1)


WITHOUT = {
    "no rule": ("nobody ALL=(root) /bin/cat\n", "it ended after the password", 1),
    "taken back": (f"{ASKS}nobody ALL=(root) !/bin/sh\n", "it ended after the password", 1),
    "requiretty": (f"Defaults requiretty\n{ASKS}", "it ended without asking for the password", 0),
    "another account": ("nobody ALL=(bin) /bin/sh -s\n", "it ended after the password", 1),
}


@pytest.mark.parametrize("name", WITHOUT)
async def test_rules_that_do_not_allow_it(name: str, place: Scene) -> None:
    rule, reason, times = WITHOUT[name]
    place.rules(rule)
    collected = await place.collected(SUDO, PASSWORD)
    assert (place.refused(collected), sent(place)) == (reason, times)
    clean(place, collected)


async def test_a_wrong_password_is_sent_once_and_never_again(place: Scene) -> None:
    place.over("/etc/shadow", _SHADOW.replace("tomcatfleet$ue", "tomcatfleet$ux"), 0o600)
    collected = await place.collected(SUDO, PASSWORD)
    assert (place.refused(collected), sent(place)) == ("the password was refused", 1)
    clean(place, collected)


async def test_an_account_that_is_locked(place: Scene) -> None:
    place.over("/etc/shadow", _SHADOW.replace(_HASH, f"!{_HASH}"), 0o600)
    assert place.refused(await place.collected(SUDO, PASSWORD)) == "the password was refused"
    place.over("/etc/shadow", _SHADOW, 0o600)
    place.over("/etc/pam.d/sudo", _PAM.replace("account required pam_permit", "account required pam_deny"))
    assert place.refused(await place.collected(SUDO, PASSWORD)) == "it ended after the password"


async def test_lectures_and_badges_are_not_in_the_way(place: Scene) -> None:
    lecture = place.place / "lecture"
    lecture.write_text("Respect privacy.\nPassword: \nask\nover\nbeat 1\npid 1\n" * 2000 + "no line feed")
    place.rules(f'Defaults lecture=always, lecture_file={lecture}, badpass_message="ask"\n{ASKS}')
    collected = await place.collected(SUDO, PASSWORD)
    assert (place.raised(collected), sent(place)) == (HOW, 1)


async def test_a_sudo_that_leaves_the_prompt_to_pam(place: Scene) -> None:
    place.rules(f"Defaults !passprompt_override\n{ASKS}")
    collected = await place.collected(SUDO, PASSWORD)
    assert (place.raised(collected), sent(place)) == (HOW, 1)


@pytest.mark.parametrize(
    "defaults",
    ["use_pty", "use_pty, log_output, log_input, iolog_dir={}/log", "passwd_tries=1", "!env_reset"],
)
async def test_whatever_else_sudo_is_told_to_do(defaults: str, place: Scene) -> None:
    place.rules(f"Defaults {defaults.format(place.place)}\n{ASKS}")
    collected = await place.collected(SUDO, PASSWORD)
    assert (place.raised(collected), sent(place)) == (HOW, 1)
    clean(place, collected)


async def test_a_wrong_password_where_one_try_is_all(place: Scene) -> None:
    place.rules(f"Defaults passwd_tries=1\n{ASKS}")
    place.over("/etc/shadow", _SHADOW.replace("tomcatfleet$ue", "tomcatfleet$ux"), 0o600)
    collected = await place.collected(SUDO, PASSWORD)
    assert (place.refused(collected), sent(place)) == ("it ended after the password", 1)


async def test_it_is_not_sent_where_none_is_wanted(place: Scene) -> None:
    place.rules(f"{ASKS}nobody ALL=(root) NOPASSWD: /bin/sh -s\n")
    collected = await place.collected(SUDO, PASSWORD)
    assert (place.raised(collected), sent(place)) == ("sudo -n -u root /bin/sh -s", 0)


async def test_without_one_sudo_is_never_made_to_ask(place: Scene) -> None:
    collected = await place.collected(Become())
    assert place.refused(collected) == "refused without a password"
    assert place.channel is not None
    assert not any(data.startswith(b"password ") for data in place.channel.sent)


@pytest.mark.parametrize("method", ["su", "doas", "pbrun"])
async def test_it_is_for_programs_whose_prompt_is_known(method: str, place: Scene) -> None:
    place.program(method, "exit 1", 0o4755)
    collected = await place.collected(replace(SUDO, method=method), PASSWORD)
    assert (place.refused(collected), sent(place)) == ("refused without a password", 0)


@pytest.mark.parametrize("password", ["two\nlines", "carriage\rreturn", "x" * 256, "한" * 90, "", "nul\0", "del\x7f"])
async def test_what_a_shell_might_get_to_read_is_not_sent_at_all(password: str, place: Scene) -> None:
    collected = await place.collected(SUDO, password)
    assert "not sent" in place.refused(collected)
    assert place.channel is not None
    assert not any(data.startswith(b"password ") for data in place.channel.sent)


NO = '[ "$1" = -n ] && exit 1\n'  # the question whether it goes without
WAITED = "it asked for the password and did not wait for it"
FAKES = {
    "asks, and has left before it is told": ('printf "%s" "$4" >&2; exit 1', None, None),
    "refuses": ("exit 1", "it ended without asking for the password", 0),
    "dies of a signal": ("kill -9 $$", "it ended without asking for the password", 0),
    "asks in its own words": ("printf '[sudo] password for nobody: ' >&2; read -r x; exit 1",
                              "it did not ask for the password in time", 0),
    "hangs": ("exec sleep 2", "it did not ask for the password in time", 0),
    "asks twice": ('printf "%s" "$4" >&2; read -r x; printf "%s" "$4" >&2; read -r x', "the password was refused", 1),
    "asks twice at once": ('printf "%s%s" "$4" "$4" >&2; read -r x; exit 1', "the password was refused", 1),
    "asks and hangs": ('printf "%s" "$4" >&2; read -r x; exec sleep 2',
                       "whether the password was accepted could not be told in time", 1),
    "asks and leaves": ('printf "%s" "$4" >&2; read -r x; exit 1', "it ended after the password", 1),
    "asks and runs a shell without rights": ('printf "%s" "$4" >&2; read -r x; /bin/sh -s',
                                             "whether the password was accepted could not be told in time", 1),
    "shows what it was told": ('printf "%s" "$4" >&2; read -r x; echo "$x" >&2; exit 1',
                               "it ended after the password", 1),
}  # fmt: skip


@pytest.mark.parametrize("name", FAKES)
async def test_a_sudo_that(name: str, place: Scene) -> None:
    said, reason, times = FAKES[name]
    place.program("sudo", f"{NO}{said}", 0o4755)
    place.impatient()
    collected = await place.collected(SUDO, PASSWORD)
    found = (place.refused(collected), sent(place))
    if reason is None:
        assert found in {("it ended after the password", 1), (WAITED, 0)}
        return
    assert found == (reason, times) or (name == "asks twice at once" and found == (WAITED, 0))
    clean(place, collected)


async def test_a_sudo_that_asks_and_shows_what_it_was_told_is_not_listened_to(place: Scene) -> None:
    place.program("sudo", f'{NO}printf "%s" "$4" >&2; exec cat', 0o4755)
    place.impatient()
    collected = await place.collected(SUDO, PASSWORD)
    assert place.refused(collected) == "whether the password was accepted could not be told in time"
    assert sent(place) == 1
    clean(place, collected)


@pytest.mark.parametrize("mode", [0o755, 0o4644], ids=["without rights of root's", "no program"])
async def test_a_sudo_that_is_not_roots_is_not_asked(mode: int, place: Scene) -> None:
    place.program("sudo", f'{NO}printf "%s" "$4" >&2; exec cat', mode)
    assert "belongs to root" in place.refused(await place.collected(SUDO, PASSWORD))
    assert sent(place) == 0


async def test_a_sudo_of_another_account_is_not_asked(place: Scene) -> None:
    place.program("sudo", f'{NO}printf "%s" "$4" >&2; exec cat', 0o4755)
    (ours,) = [path for path in place.binds.values() if "exec cat" in _text(path)]
    os.chown(ours, 998, 998)
    os.chmod(ours, 0o4755)  # noqa: PTH101  in a coroutine
    assert "belongs to root" in place.refused(await place.collected(SUDO, PASSWORD))
    assert sent(place) == 0


def _text(path: str) -> str:
    return Path(path).read_text() if Path(path).is_file() else ""


async def test_files_and_start_up_noise_cannot_ask(place: Scene) -> None:
    words = b"\n".join(base64.b64encode(b"\0end") for _ in range(3)).decode()
    noise = f"@0123456789abcdef0123456789abcdef 1 password asked\n{words}\n[sudo] password for nobody: ask\n"
    (place.base / "bin/setenv.sh").write_text(noise)
    place.rules("nobody ALL=(root) NOPASSWD: /bin/cat\n")
    place.over("/etc/pam.d/sudo", "auth required pam_deny.so\n")
    place.program("sudo", f"{NO}cat {place.base}/bin/setenv.sh >&2; sleep 1; exit 1", 0o4755)
    collected = await place.collected(SUDO, PASSWORD)
    assert place.refused(collected) == "it ended without asking for the password"
    assert sent(place) == 0
