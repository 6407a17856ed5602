"""More rights on the same channel: without a password first; when that is refused, with the one the operator gave."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tomcat_fleet.collect import script
from tomcat_fleet.collect.frame import Record
from tomcat_fleet.collect.talk import Talk
from tomcat_fleet.errors import TargetError
from tomcat_fleet.model import escalation
from tomcat_fleet.model.target import Become
from tomcat_fleet.transport.secret import Secret
from tomcat_fleet.transport.tether import JumpLostError

_LONGEST = 255  # sudo leaves what is longer to the shell that it starts
_NO_PROGRAM = "no program of that name that belongs to root and has its rights"
_UNFIT = f"the password has a control character or more than {_LONGEST} bytes; it was not sent"
_LOST = "the shell ended on the way"
_CUT = "the way there broke after it was asked for the password, which is not sent a second time"
_IMPATIENT = "it asked for the password and did not wait for it"
_BEFORE = {
    "none": _NO_PROGRAM,
    "over": "it ended without asking for the password",
    "late": "it did not ask for the password in time",
}
_AFTER = {
    "again": "the password was refused",
    "over": "it ended after the password",
    "late": "whether the password was accepted could not be told in time",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rise:
    """What became of it: how rights were raised, or why they were not."""

    how: str | None = None
    reason: str = ""


async def raise_rights(
    talk: Talk, become: Become, password: Secret | None, ask_again: Callable[[], Awaitable[None]]
) -> Rise:
    """Raise rights, then ``ask_again``. A raised shell that dies takes with it only what it brought.

    ``password`` is sent at most once, and only after the prompt of the program itself has come. A way there that breaks
    raises ``JumpLostError``, for everything to be asked anew, as long as no password was asked for.
    """
    before = talk.ingest.copy()
    try:
        rise = await _without_password(talk, become)
        if rise.how is None and password is not None and become.method in escalation.ASKING:
            rise = await _with_password(talk, become, password)
        if rise.how is None:
            return rise
        await ask_again()
    except JumpLostError:
        if not talk.confidential:
            raise
        talk.ingest = before
        return Rise(reason=_CUT)
    except TargetError as error:
        if talk.violated:
            raise
        talk.ingest = before
        return Rise(reason=_LOST if talk.confidential else error.reason)
    if talk.begun[-1] == talk.begun[0] != 0:
        return Rise(reason="it ran with the rights of the login account")
    return rise


async def _without_password(talk: Talk, become: Become) -> Rise:
    talk.awaited = frozenset({"raise"})
    talk.decoder.next_round()
    await talk.channel.write(script.raising(become.method, become.user))
    word = await talk.next_word()
    await talk.until_end()
    if word.state == "ok":
        on_linux = talk.ingest.host.os == "linux"
        if become.method == "su" and talk.begun[0] == 0 and on_linux:
            return Rise(how=escalation.roots_su(become.user))
        return Rise(how=escalation.command(become.method, become.user))
    return Rise(reason="refused without a password")


async def _with_password(talk: Talk, become: Become, password: Secret) -> Rise:
    line = _line(password)
    if line is None:
        return Rise(reason=_UNFIT)
    talk.awaited, talk.confidential = frozenset({"password", "raise"}), True
    talk.decoder.next_round()
    await talk.channel.write(script.prompting(become.method, become.user, secrets.token_hex(16)))
    word = await talk.next_word()
    if (word.verb, word.state) != ("password", "asked"):
        return await _resumed(talk, become, word, _BEFORE)
    if talk.words:
        return Rise(reason=_IMPATIENT)
    await talk.channel.write(line)
    return await _resumed(talk, become, await talk.next_word(), _AFTER)


async def _resumed(talk: Talk, become: Become, word: Record, reasons: dict[str, str]) -> Rise:
    """Let the raised shell begin, if there is one. A program that may be waiting for a password gets nothing more."""
    if word.verb == "password":
        if word.state not in reasons:
            raise talk.broken("an unknown word about the password")
        return Rise(reason=reasons[word.state])
    if word.state != "ok" or not talk.decoder.before_raised_shell():
        raise talk.broken("more rights, and no shell that has them")
    try:
        told = script.raised(talk.decoder.nonce, talk.decoder.count, word.payload.decode("ascii"))
    except ValueError as exc:
        raise talk.broken("a raise record is malformed") from exc
    await talk.channel.write(told)
    await talk.until_end()
    return Rise(how=escalation.asking(become.method, become.user))


def _line(password: Secret) -> bytes | None:
    """What sudo reads as one password; None for what it would read in part, and leave the rest to the shell."""
    raw = password.reveal().encode("utf-8", "surrogateescape")
    if not raw or len(raw) > _LONGEST or min(raw) < 0x20 or 0x7F in raw:
        return None
    return raw + b"\n"
