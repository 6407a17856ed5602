"""Web fragments of jars inside a packed application."""

from __future__ import annotations

import base64
import io
import os
import shutil
import zipfile
from pathlib import Path

import pytest

from tests.need import need
from tests.shell_channel import shell
from tomcat_fleet.collect import fragment
from tomcat_fleet.collect.session import collect
from tomcat_fleet.errors import EvidenceError
from tomcat_fleet.model import escape
from tomcat_fleet.model.evidence import Content, Question, Verb
from tomcat_fleet.model.fact import Fact, Gap, Known, Unknown
from tomcat_fleet.model.target import InstanceHint, Target

KEY = b"k" * 32
FRAGMENT = "<web-fragment>\n<context-param password='C4NARY'/></web-fragment>"
NAME = b"WEB-INF/lib/a.jar"


def _jar(**members: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), text)
    return made.getvalue()


def _war(path: Path, jars: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("WEB-INF/web.xml", "<web-app/>")
        for name, data in jars.items():
            archive.writestr(name, data)
    return path


async def _ask(war: Path, argv: list[str]) -> Fact[tuple[Content, ...] | None]:
    question = Question(Verb.FRAGMENTS, escape.from_text(str(war)))
    target = Target(name="t", address="x", discover=False, instances=(InstanceHint(base=str(war.parent)),))
    async with shell(argv) as channel:
        collected = await collect(channel, target, key=KEY, want=lambda _: [question])
    answer = collected.evidence.answers[question]
    if isinstance(answer, Unknown) or answer.value is None:
        return Unknown(answer.gap, answer.source) if isinstance(answer, Unknown) else Known(None)
    assert isinstance(answer.value, tuple)
    return Known(tuple(item for item in answer.value if isinstance(item, Content)))


async def test_fragments_are_read_in_memory_and_redacted(tmp_path: Path) -> None:
    jars = {
        "WEB-INF/lib/a.jar": _jar(META__INF__x="1"),
        "WEB-INF/lib/b 한글.jar": _jar(**{"META-INF__web-fragment_xml": FRAGMENT}),
        "WEB-INF/lib/deeper/c.jar": _jar(**{"META-INF__web-fragment_xml": "<not-on-the-class-path/>"}),
        "other/d.jar": _jar(**{"META-INF__web-fragment_xml": "<not-on-the-class-path/>"}),
    }
    answer = await _ask(_war(tmp_path / "shop.war", jars), ["/bin/sh", "-s"])
    assert isinstance(answer, Known)
    assert answer.value is not None
    (found,) = answer.value
    assert found.path.endswith("shop.war!/WEB-INF/lib/b 한글.jar!/META-INF/web-fragment.xml")
    assert found.text == "<web-fragment>\n<context-param password='[redacted:0]'/></web-fragment>"


@pytest.mark.parametrize(
    ("jars", "gap"),
    [({"WEB-INF/lib/a.jar": b"no archive"}, Gap.FAILED), ({"WEB-INF/lib/a.jar": _jar(x="1")[:-9]}, Gap.FAILED)],
)
async def test_a_jar_that_cannot_be_read_is_no_jar_without_a_fragment(
    tmp_path: Path, jars: dict[str, bytes], gap: Gap
) -> None:
    answer = await _ask(_war(tmp_path / "shop.war", jars), ["/bin/sh", "-s"])
    assert isinstance(answer, Unknown)
    assert answer.gap is gap


def _hidden(first: str) -> list[str]:
    """A shell that finds no python3; ``first`` runs before it is hidden, in the same mount namespace."""
    places = "/usr/bin/python3 /bin/python3 /usr/local/bin/python3"
    hide = f"for p in {places}; do [ -e $p ] && mount --bind /dev/null $p; done"
    return [need("mount-namespaces"), "-m", "sh", "-c", f"{first}; {hide}; exec /bin/sh -s"]


@pytest.mark.root
@pytest.mark.parametrize(("name", "known"), [("WEB-INF/lib/a.jar", False), ("WEB-INF/lib/a.txt", True)])
async def test_without_python_a_packed_jar_is_not_known(tmp_path: Path, name: str, known: bool) -> None:  # noqa: FBT001 - a table
    need("root")
    need("unzip")
    answer = await _ask(_war(tmp_path / "shop.war", {name: _jar(x="1")}), _hidden("true"))
    if known:
        assert answer == Known(())
    else:
        assert isinstance(answer, Unknown)
        assert answer.gap is Gap.NO_TOOL


@pytest.mark.root
async def test_the_python_of_the_platform_serves_too(tmp_path: Path) -> None:
    need("root")
    python = shutil.which("python3", path="/usr/bin") or pytest.skip("not on this machine: /usr/bin/python3")
    real = os.path.realpath(python)  # noqa: ASYNC240, PTH - before anything runs
    first = f"mount -t tmpfs none /usr/libexec && cp {real} /usr/libexec/platform-python"
    war = _war(tmp_path / "shop.war", {"WEB-INF/lib/a.jar": _jar(**{"META-INF__web-fragment_xml": FRAGMENT})})
    answer = await _ask(war, _hidden(first))
    assert isinstance(answer, Known)
    assert len(answer.value or ()) == 1


async def test_an_absent_archive_is_absent(tmp_path: Path) -> None:
    assert await _ask(tmp_path / "none.war", ["/bin/sh", "-s"]) == Known(None)


WHOLE = NAME + b"\0" + base64.b64encode(b"<web-fragment/>") + b"\0"


@pytest.mark.parametrize(
    ("body", "gap"),
    [
        (b"", Gap.TRUNCATED),
        (WHOLE + b"\0" + b"124", Gap.FAILED),
        (WHOLE[:-3] + b"\0" + b"0", Gap.FAILED),
        (NAME + b"\0" + b"\0" + b"0", Gap.FAILED),
        (WHOLE, Gap.FAILED),
        (b"A" * (fragment.CAP + 1) + b"\0" + b"0", Gap.TRUNCATED),
    ],
)
def test_an_answer_that_is_not_whole_is_unknown(body: bytes, gap: Gap) -> None:
    found = fragment.parse("/x.war", body, KEY)
    assert isinstance(found, Unknown)
    assert found.gap is gap


def test_a_whole_answer() -> None:
    found = fragment.parse("/x.war", WHOLE + b"\0" + b"0", KEY)
    assert isinstance(found, Known)
    assert [content.text for content in found.value or ()] == ["<web-fragment/>"]
    assert fragment.parse("/x.war", b"\0" + b"0", KEY) == Known(())


def test_a_malformed_fragment_is_malformed() -> None:
    with pytest.raises(EvidenceError):
        fragment.parse("/x.war", NAME + b"\0" + base64.b64encode(b"<web-fragment>") + b"\0\0" + b"0", KEY)
