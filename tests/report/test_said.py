"""Lines that transports and collectors say, in the words of the report."""

from __future__ import annotations

import ast
import re
import string
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

import tomcat_fleet
from tests.report import sample
from tests.report.reading import read, report
from tomcat_fleet.collect import raising
from tomcat_fleet.guide.said import said
from tomcat_fleet.model.status import Outcome

LINES = tomllib.loads(files("tomcat_fleet.guide").joinpath("said.toml").read_text("utf-8"))["line"]
HANGUL = re.compile("[가-힣]")


@pytest.mark.parametrize(
    ("line", "ko", "en"),
    [
        ("connect: [Errno 111] Connect call failed ('127.0.0.7', 52745)", "연결 거부됨(127.0.0.7, 포트 52745)",
         "connection refused (127.0.0.7, port 52745)"),
        ("connect: [Errno 113] Connect call failed ('::1', 22, 0, 0)", "호스트로 가는 경로 없음(::1, 포트 22)",
         "no route to host (::1, port 22)"),
        ("through the jump host: connect: not done within 10 s", "경유 서버를 거쳐: 10초 안에 TCP 연결이 되지 않음",
         "through the jump host: no TCP connection within 10 s"),
        ("203.0.113.7: allowed, 10.0.0.1: refused, ::1: undecided", "203.0.113.7 허용, 10.0.0.1 차단, ::1 판단 불가",
         "203.0.113.7 allowed, 10.0.0.1 refused, ::1 undecided"),
        ("total=6 excess=1 owners=0:6 acl=0", "전체 6개, 기준 초과 1개, 소유자(UID:개수) 0:6, ACL 0개",
         "6 in all, 1 beyond the limit, owners (uid:count) 0:6, 0 with an ACL"),
        (("key exchange: no common key exchange algorithm; the server offers diffie-hellman-group1-sha1 only; "
         "nor cipher: 3des-cbc, arcfour; ssh_profile = legacy-2005 would reach it (weak)"),
         ("키 교환: 함께 쓸 수 있는 키 교환 알고리즘이 없음(서버: diffie-hellman-group1-sha1), "
         "암호화 알고리즘도 없음(서버: 3des-cbc, arcfour), ssh_profile = legacy-2005(약한 알고리즘)로는 "
          "접속할 수 있음"),
         ("key exchange: no key exchange algorithm in common (server: diffie-hellman-group1-sha1), "
         "nor a cipher algorithm (server: 3des-cbc, arcfour), ssh_profile = legacy-2005 would reach it (weak)")),
        (("jump host 10.0.0.1:22: auth_failed: the server refused audit: offered agent: 5 keys; "
         "its MaxAuthTries are used up: name the one key file for this target"),
         ("경유 서버 10.0.0.1:22: audit 계정의 로그인이 거부됨. 제시한 것: 에이전트의 키 5개. "
         "서버의 MaxAuthTries 횟수를 모두 씀. 대상에 쓸 키 파일 하나만 지정하십시오"),
         ("jump host 10.0.0.1:22: the login of audit was refused; offered: 5 keys of the agent; "
         "its MaxAuthTries are used up: name the one key file for this target")),
        ("jump host [::1]:22: the connection to it broke", "경유 서버 [::1]:22: 연결이 끊어짐",
         "jump host [::1]:22: the connection to it broke"),
        ("jump host 10.0.0.1:22: forwarding was refused: open failed",
         "경유 서버 10.0.0.1:22: 포워딩을 거부함: open failed",
         "jump host 10.0.0.1:22: forwarding was refused: open failed"),
        (("the server refused audit: offered key SHA256:ab/c (/home/a b/.ssh/id), 3 more keys, agent: 1 key, "
         "password; it accepts publickey,password; "
         "see authorized_keys, the password, AllowUsers and the account's expiry there"),
         ("audit 계정의 로그인이 거부됨. 제시한 것: 키 SHA256:ab/c(/home/a b/.ssh/id), 그 밖의 키 3개, "
          "에이전트의 키 1개, 비밀번호. 서버가 받는 방식: publickey,password. "
          "해당 서버의 authorized_keys, 비밀번호, AllowUsers, 계정 만료를 확인하십시오"),
         ("the login of audit was refused; offered: key SHA256:ab/c (/home/a b/.ssh/id), 3 more keys, "
          "1 key of the agent, password; the server accepts publickey,password; "
          "see authorized_keys, the password, AllowUsers and the account's expiry there")),
        (("jump host gate:22: unreachable: connect: Multiple exceptions: [Errno 111] Connect call failed "
          "('::1', 22, 0, 0), [Errno 111] Connect call failed ('127.0.0.1', 22)"),
         "경유 서버 gate:22: 어느 주소에도 연결되지 않음. 첫 번째: 연결 거부됨(::1, 포트 22)",
         "jump host gate:22: connected to none of its addresses; the first: connection refused (::1, port 22)"),
        ("through the jump host 10.0.0.1:22: Connection refused", "경유 서버 10.0.0.1:22에서: 연결 거부됨",
         "through the jump host 10.0.0.1:22: connection refused"),
        ("nothing to log in with: private key ~/.ssh/id: the passphrase does not open it",
         "로그인에 쓸 수 있는 것이 없음: 개인 키 ~/.ssh/id: 지정한 암호로 열리지 않음",
         "nothing to log in with: private key ~/.ssh/id: the passphrase does not open it"),
        ("Realm: 0", "Realm: 없음", "Realm: none"),
    ],
)  # fmt: skip
def test_known_lines_are_put_into_words(line: str, ko: str, en: str) -> None:
    assert (said(line).ko, said(line).en) == (ko, en)


@pytest.mark.parametrize("line", ["", "{0.__class__}", "connect", "probe me", "x" * 5000, "10.0.0.1: allowed, "])
def test_a_line_that_is_not_known_stays_as_it_is(line: str) -> None:
    assert said(line).ko == said(line).en == line


def test_what_a_server_said_is_no_pattern_of_ours() -> None:
    assert said("banner: {0.__class__} {rest}").ko == "SSH 배너: {0.__class__} {rest}"


def test_every_pattern_fills_both_sentences() -> None:
    for line in LINES:
        groups = set(re.compile(line["pattern"]).groupindex) - {"rest"}
        for lang in ("ko", "en"):
            named = {name for _, name, _, _ in string.Formatter().parse(line[lang]) if name}
            assert named - {"rest"} <= groups, line
        assert HANGUL.search(line["ko"]) or re.sub(r"{\w+}|\W", "", line["ko"]) == "", line


class _Reasons(ast.NodeVisitor):
    """What the code says of a target in texts as they stand."""

    def __init__(self) -> None:
        self.found: set[str] = set()

    def visit_Call(self, node: ast.Call) -> None:
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        last = node.args[-1] if node.args else None
        if name in {"TargetError", "ConnectionFaultError", "broken", "_broken"} and isinstance(last, ast.Constant):
            self.found.add(str(last.value))
        if name == "Rise":
            self.found |= {str(one.value.value) for one in node.keywords if isinstance(one.value, ast.Constant)}
        self.generic_visit(node)


def test_every_reason_that_is_a_text_of_ours_has_words() -> None:
    reasons = _Reasons()
    package = Path(tomcat_fleet.__file__).parent
    for path in {*package.rglob("*.py")} - {package / "transport/replay.py"}:  # the tests' own channel
        reasons.visit(ast.parse(path.read_text("utf-8")))
    assert len(reasons.found) > 20
    named = vars(raising)
    reasons.found |= {named[name] for name in ("_NO_PROGRAM", "_UNFIT", "_LOST", "_IMPATIENT")}
    reasons.found |= {*named["_BEFORE"].values(), *named["_AFTER"].values()}
    assert [one for one in sorted(reasons.found) if not HANGUL.search(said(one).ko)] == []


def test_a_korean_page_says_why_a_host_was_not_reached_in_korean(tmp_path: Path) -> None:
    reason = "the server offers ssh-ed25519 SHA256:aa, known_hosts has SHA256:bb"
    result = sample.target("web10", (), Outcome.HOSTKEY_CHANGED, outcome_reason=reason)
    report(tmp_path, [result])
    for name in ("index.html", f"hosts/{result.slug}.html"):
        text = read(tmp_path / name).text
        assert "서버가 제시한 키: ssh-ed25519 SHA256:aa. known_hosts에 등록된 키: SHA256:bb" in text
        assert "known_hosts has" not in text
    assert reason in (tmp_path / "results.jsonl").read_text("utf-8")
