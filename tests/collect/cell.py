"""One shell with one set of tools over the awkward base: all evidence, or Unknown where a program truly cannot tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeAlias

from tests.collect import nasty
from tests.collect.toolset import SETS, Workshop
from tests.shell_channel import shell
from tests.thorough import times
from tomcat_fleet.collect.session import collect
from tomcat_fleet.model import escape
from tomcat_fleet.model.evidence import Question, Verb
from tomcat_fleet.model.fact import Gap, Known
from tomcat_fleet.model.target import InstanceHint, Target

FOUR = ("gnu", "busybox", "openssl", "ls")
ENVIRONMENT: Mapping[str, str] = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}
_PROGRAMS = {  # what the collector takes in each set
    "gnu": {"stat=gnu", "encode=base64", "zip=unzip", "dpkg-query"},
    "busybox": {"stat=gnu", "encode=base64", "zip=busybox", "rpm"},
    "openssl": {"stat=gnu", "encode=openssl", "zip=python3"},
    "ls": {"stat=ls", "encode=hex", "zip=bsdtar"},
    "perl": {"stat=perl", "encode=hex", "zip="},
}
_SIGHT = dict.fromkeys(SETS, nasty.Sight()) | {
    "busybox": nasty.Sight(acl=False),  # its ls shows no ACL
    "ls": nasty.Sight(names=False, dates=False, rows=True),
}
Differences: TypeAlias = dict[Question, tuple[object, object]]


def cells(shells: Iterable[str], sets: tuple[str, ...], each: int) -> list[tuple[str, str]]:
    """Every shell with ``each`` of the sets in turn, all of which come up as often; in a thorough run with all."""
    count = times(each, len(sets))
    return [(name, sets[(at + more) % len(sets)]) for at, name in enumerate(shells) for more in range(count)]


Wanted: TypeAlias = Callable[[Question], bool]


def everything(_: Question) -> bool:
    return True


def beyond_ascii(asked: Question) -> bool:
    """All but contents of plain bytes under plain names: what a locale could change."""
    found = nasty.FILES.get(escape.to_bytes(asked.path.rpartition("/")[2]), b"\xff")
    return asked.verb is not Verb.CONTENT or not (escape.to_bytes(asked.path).isascii() and found.isascii())


async def differences(
    shop: Workshop,
    login: str,
    tools: str,
    interpreter: str,
    environment: Mapping[str, str] = ENVIRONMENT,
    wanted: Wanted = everything,
) -> Differences:
    """Questions whose answer is not what it must be, with both."""
    expected = _expected(shop.place / "base", tools, interpreter, wanted)
    return await _compared(shop.argv(login, tools, interpreter), shop, tools, expected, environment)


async def lies(shop: Workshop, tools: str, interpreter: str, environment: Mapping[str, str]) -> Differences:
    """Questions whose answer is neither true nor Unknown, with both."""
    expected = _expected(shop.place / "base", tools, "", beyond_ascii)
    argv = shop.argv(interpreter, tools, interpreter)
    found = await _compared(argv, shop, tools, expected, environment)
    return {asked: pair for asked, pair in found.items() if pair[0] is not None and not isinstance(pair[0], Gap)}


async def _compared(
    argv: list[str], shop: Workshop, tools: str, expected: dict[Question, object], environment: Mapping[str, str]
) -> Differences:
    base = shop.place / "base"
    questions = [*expected, Question(Verb.ACCOUNT, "nobody"), Question(Verb.ACCOUNT, "no such")]
    target = Target(name="t", address="local", discover=False, instances=(InstanceHint(base=str(base)),))
    async with shell(argv, env=environment) as channel:
        evidence = (await collect(channel, target, key=b"k" * 32, want=lambda _: questions)).evidence
    assert _PROGRAMS[tools] <= set(evidence.host.tools)
    assert isinstance(evidence.processes, Known)
    nobody = evidence.accounts["nobody"]
    assert isinstance(nobody, Known)
    assert nobody.value is not None
    assert (nobody.value.uid, evidence.accounts["no such"]) == (65534, Known(None))
    found = {asked: nasty.bare(evidence.answers.get(asked)) for asked in expected}
    return {asked: (found[asked], said) for asked, said in expected.items() if found[asked] != said}


def _expected(base: Path, tools: str, interpreter: str, wanted: Wanted) -> dict[Question, object]:
    """The truth, and a gap where the tools or the interpreter cannot tell it."""
    war, jar = nasty.shown(base / "webapps/shop.war"), nasty.shown(base / "lib/catalina.jar")
    said = nasty.truth(base, _SIGHT[tools]) | {
        Question(Verb.FRAGMENTS, war): nasty.fragments(war) if "python3" in SETS[tools] else Gap.NO_TOOL,
        Question(Verb.PACKAGE, jar): Gap.FAILED if tools == "busybox" else Known(None),  # it has a program called rpm
    }
    if tools == "ls":  # which arrow ends the name of a link cannot be told
        said[Question(Verb.LISTING, nasty.shown(base / "arrows"))] = Gap.TRUNCATED
    if tools == "perl":
        said |= {asked: Gap.NO_TOOL for asked in said if asked.verb is Verb.MEMBER and asked.path == jar}
    if interpreter == "yash":
        said = {asked: _by_yash(asked, answer, tools) for asked, answer in said.items()}
    return {asked: answer for asked, answer in said.items() if wanted(asked)}


def _by_yash(asked: Question, answer: object, tools: str) -> object:
    """It loses bytes beyond ASCII: such a path is never answered for, and ls cannot be given what find found."""
    if tools == "ls" and asked.verb in {Verb.LISTING, Verb.SEARCH} and answer != Known(None):
        return Gap.FAILED
    in_a_listing = asked.verb is Verb.STATUS and "/link" not in asked.path and tools != "ls"
    return answer if in_a_listing or escape.to_bytes(asked.path).isascii() else None
