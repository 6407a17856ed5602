"""What a target may cost while it is read: nobody else is served meanwhile."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest

from tests.virtual_host import KEY
from tomcat_fleet.collect import password
from tomcat_fleet.collect.frame import Record
from tomcat_fleet.collect.ingest import Ingest
from tomcat_fleet.errors import EvidenceError
from tomcat_fleet.model.evidence import Question, Verb
from tomcat_fleet.model.fact import Gap, Known, Unknown

pytestmark = pytest.mark.timeout(300)  # without limits each of these takes hours


def _told(ingest: Ingest, path: str, text: str | bytes) -> Known[object] | Unknown:
    raw = text.encode() if isinstance(text, str) else text
    ingest.take(Record("content", "ok", path.encode() + b"\0\0" + raw + b"\x000"))
    answer = ingest.answers[Question(Verb.CONTENT, path)]
    assert isinstance(answer, Known | Unknown)
    return answer


def _users(count: int, password_of: Callable[[int], str]) -> str:
    rows = "".join(f'<user username="u{n}" password="{password_of(n)}"/>' for n in range(count))
    return f"<tomcat-users>{rows}</tomcat-users>\n"


COSTLY = {
    "many": (5000, lambda n: f"p-{n}"),
    "long": (400, lambda n: f"{n}" + "x7Q!" * 20),
    "hashed": (50, lambda n: f"00112233$20000${n:02x}" + "ab" * 19),
}


@pytest.mark.parametrize("kind", ["many", "long"])
def test_a_file_whose_passwords_would_take_minutes_is_unknown(kind: str) -> None:
    count, password_of = COSTLY[kind]
    answer = _told(Ingest(KEY), "/opt/tomcat/conf/tomcat-users.xml", _users(count, password_of))
    assert answer == Unknown(Gap.MALFORMED, "/opt/tomcat/conf/tomcat-users.xml", "more passwords than can be examined")


@pytest.mark.parametrize(("kind", "count"), [("many", 500), ("long", 20), ("hashed", 50)])
def test_what_honest_hosts_have_is_examined(kind: str, count: int) -> None:
    _, password_of = COSTLY[kind]
    answer = _told(Ingest(KEY), "/opt/tomcat/conf/tomcat-users.xml", _users(count, password_of))
    assert isinstance(answer, Known)


def test_hashes_that_would_take_too_long_are_not_compared_and_need_a_person_anyhow() -> None:
    effort = password.Effort()
    stored = [f"{n:08x}$20000$" + "ab" * 20 for n in range(50)]
    compared = [effort.spend(value) for value in stored]
    assert compared == sorted(compared, reverse=True)
    assert 1 <= sum(compared) <= 6
    salt = bytes(4)
    known = f"{salt.hex()}$2000${hashlib.pbkdf2_hmac('sha1', b'tomcat', salt, 2000).hex()}"
    assert password.examine(known, "ops", KEY).hash_of_deny_listed
    assert not password.examine(known, "ops", KEY, compare=False).hash_of_deny_listed


def test_many_small_files_cost_as_much_as_a_large_one() -> None:
    ingest = Ingest(KEY)
    answers = [_told(ingest, f"/srv/{n}/tomcat-users.xml", _users(400, lambda n: f"p-{n}")) for n in range(12)]
    assert isinstance(answers[0], Known)
    assert isinstance(answers[-1], Unknown)


def test_effort_is_spent_once() -> None:
    effort = password.Effort(left=3)
    effort.spend("twelve-chars")
    with pytest.raises(EvidenceError):
        effort.spend("x")


@pytest.mark.parametrize("length", [20, 64, 500])
@pytest.mark.parametrize("hashed", ["sha1", "sha512"])
def test_the_first_block_of_a_derived_key_tells_its_word(hashed: str, length: int) -> None:
    salt = bytes.fromhex("0a0b0c0d")
    block = hashlib.pbkdf2_hmac(hashed, b"tomcat", salt, 2000, min(length, 64))
    stored = block + bytes(length - len(block))
    assert password.examine(f"{salt.hex()}$2000${stored.hex()}", "ops", KEY).hash_of_deny_listed
    other = bytes([block[0] ^ 1]) + stored[1:]
    assert not password.examine(f"{salt.hex()}$2000${other.hex()}", "ops", KEY).hash_of_deny_listed


def test_a_password_of_a_megabyte_is_examined_at_once() -> None:
    facts = password.examine("aB1!" * 300_000 + "한", "ops", KEY)
    assert facts.length == 1_200_001
    assert len(facts.kinds) == 4


def test_more_markup_than_any_host_has_is_unknown() -> None:
    ingest = Ingest(KEY)
    answers = [_told(ingest, f"/srv/{n}/web.xml", "<web-app>" + f"<a{n}/>" * 90_000 + "</web-app>\n") for n in range(5)]
    assert [type(answer) for answer in answers] == [Known] * 3 + [Unknown] * 2
    assert answers[-1] == Unknown(Gap.MALFORMED, "/srv/4/web.xml", "more markup than can be read")


def test_a_file_that_many_instances_share_counts_once() -> None:
    ingest = Ingest(KEY)
    text = "<web-app>" + "<a/>" * 10_000 + "</web-app>\n"
    assert all(isinstance(_told(ingest, f"/srv/{n}/web.xml", text), Known) for n in range(100))
