"""java.util.regex semantics. Expectations were taken from OpenJDK 17."""

from __future__ import annotations

import time

import pytest

from tomcat_fleet.tomcat.java_regex import JavaPattern, PatternFault, compile_java


def pattern(text: str) -> JavaPattern:
    compiled = compile_java(text)
    assert isinstance(compiled, JavaPattern)
    return compiled


@pytest.mark.parametrize(
    ("text", "matching", "failing"),
    [
        (r"127\.\d+\.\d+\.\d+|::1|0:0:0:0:0:0:0:1", "127.0.0.1", "128.0.0.1"),
        (r"127.0.0.1,192.0.2.2", "127.0.0.1,192.0.2.2", "127.0.0.1"),
        (r"^.*$", "8.8.8.8", "8\n8"),
        (r"\d{1,3}(\.\d{1,3}){3}", "8.8.8.8", "8.8.8"),
        (r"[0-9.]++", "8.8.8.8", "::1"),
        (r".*+8|x", "x", "8.8.8.8"),
        (r"(?>8*)\.8", "88.8", "888"),
        (r"(?i)AB:1", "ab:1", "ac:1"),
        (r"a(?i)b|AB", "aB", "b"),
        (r"(?i:a)b", "Ab", "aB"),
        (r"\Q8.8\E.", "8.8x", "8x8x"),
        (r"\p{Digit}+[.].*", "8.x", "x.8"),
        (r"\p{XDigit}+", "c0FFee", "g"),
        (r"\P{Alpha}+", "1.2", "1a"),
        (r"[a-f&&[^c]]+", "abdef", "abc"),
        (r"[a-c[0-9]]+", "a1c", "d"),
        (r"[^0-9]+", "ab.", "a1"),
        (r"\x38\u002e8", "8.8", "8x8"),
        (r"\070.*", "8", "7"),
        (r"(?!10\.)[0-9.]+", "11.0.0.1", "10.0.0.1"),
        (r".*(?<!\.1)", "10.0.0.2", "10.0.0.1"),
        (r"(?=1).*", "10", "20"),
        (r"\b10\b.*", "10.1", "101"),
        (r"(?<name>8)\.8", "8.8", "8"),
        (r"a{2}", "aa", "aaa"),
        (r"a{2,}", "aaaa", "a"),
        (r"a{2}{2}", "aa", "aaaa"),
        (r"|", "", "x"),
        (r"(8|)*", "88", "9"),
        (r"x\-y\.z", "x-y.z", "x-yaz"),
    ],
)
def test_whole_text(text: str, matching: str, failing: str) -> None:
    compiled = pattern(text)
    assert compiled.matches(matching)
    assert not compiled.matches(failing)


@pytest.mark.parametrize(
    "text",
    ["*", "+1", "a**", "(", "a)", "[", "[a", "[z-a]", "\\", "\\q", "{", "a{,2}", "a{3,1}", "${x}", "a|${x}", "(?P<x>a)",
     "(?#c)", "(?z)a", "\\E", "\\p", "(?i)*"],
)  # fmt: skip
def test_java_rejects(text: str) -> None:
    assert compile_java(text) is PatternFault.REJECTED


@pytest.mark.parametrize(
    "text",
    [r"(a)\1", r"\k<n>", r"\p{IsHangul}", "(?x)a b", "[]a]", "[^a&&b]", "(?<=a*)b", r"\G", "a" * 5000, "a{5000}"],
)
def test_undecidable(text: str) -> None:
    assert compile_java(text) is PatternFault.UNDECIDABLE


@pytest.mark.parametrize(
    "text", ["(a+)+b", "(.*)*x", ".*" * 100 + "x", "((((.*)*)*)*)*x", r"(\d|[0-9.])*x", "x?" * 1000, "(a{1000}){1000}b"]
)
def test_never_runs_long(text: str) -> None:
    compiled = pattern(text)
    start = time.process_time()
    assert not compiled.matches("a" * 45)
    assert time.process_time() - start < 2


def test_finds_anywhere() -> None:
    assert pattern(r"0\.1").finds("10.0.1.5")
    assert not pattern("^0").finds("10")


def test_deep_nesting_is_refused_not_crashed() -> None:
    assert compile_java("(" * 200 + ")" * 200) is PatternFault.UNDECIDABLE
