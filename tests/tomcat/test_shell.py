"""Assignments of shell files, read without a shell."""

from __future__ import annotations

import pytest

from tomcat_fleet.tomcat.shell import assignments, words

VALUES = [
    ("CATALINA_BASE=/opt/tomcat", "/opt/tomcat"),
    ("export CATALINA_BASE=/opt/tomcat # here", "/opt/tomcat"),
    ("  CATALINA_BASE='/opt/my tomcat'", "/opt/my tomcat"),
    ('CATALINA_BASE="/opt/my tomcat"; export CATALINA_BASE', "/opt/my tomcat"),
    ('NAME=t1\nCATALINA_BASE="/srv/${NAME}"', "/srv/t1"),
    ("NAME=t1\nCATALINA_BASE=/srv/$NAME", "/srv/t1"),
    ("CATALINA_BASE=${UNSET:-/opt/default}", "/opt/default"),
    ('[ -z "$CATALINA_BASE" ] && CATALINA_BASE=/opt/t', "/opt/t"),
    ("if true; then CATALINA_BASE=/opt/t; fi", "/opt/t"),
    ("CATALINA_BASE=/a\nCATALINA_BASE=/b", "/b"),
    ('CATALINA_BASE="/opt/\\\ntomcat"', "/opt/tomcat"),
    ("CATALINA_BASE=$HOME/tomcat", None),
    ("CATALINA_BASE=`dirname $0`", None),
    ("CATALINA_BASE=$(pwd)", None),
    ('CATALINA_BASE="$CATALINA_BASE/sub"', "/sub"),
]


@pytest.mark.parametrize(("text", "value"), VALUES)
def test_value(text: str, value: str | None) -> None:
    assert assignments(text)["CATALINA_BASE"].value == value


@pytest.mark.parametrize(
    "text", ["# CATALINA_BASE=/a", "echo MY_CATALINA_BASE=/a", "", "case $1 in", "MY-CATALINA_BASE=1"]
)
def test_what_is_no_assignment(text: str) -> None:
    assert "CATALINA_BASE" not in assignments(text)


def test_line_is_that_of_the_last_assignment() -> None:
    assert assignments("# note\nUMASK=0027\n\nUMASK=0077\n")["UMASK"].line == 4


def test_options_that_extend_themselves_start_empty() -> None:
    text = 'CATALINA_OPTS="$CATALINA_OPTS -Xmx1g"\nCATALINA_OPTS="$CATALINA_OPTS -Da=b"'
    assert assignments(text)["CATALINA_OPTS"].value == " -Xmx1g -Da=b"


def test_words_without_closing_quote_are_split_at_blanks() -> None:
    assert words("a 'b c'") == ("a", "b c")
    assert words("a 'b c") == ("a", "'b", "c")
