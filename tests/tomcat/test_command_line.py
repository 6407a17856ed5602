"""Command lines of java and jsvc."""

from __future__ import annotations

import pytest

from tomcat_fleet.tomcat.command_line import BOOTSTRAP, parse

STARTS = [
    (["java", BOOTSTRAP, "start"], True),
    (["java", BOOTSTRAP], True),
    (["java", BOOTSTRAP, "-security", "start"], True),
    (["java", BOOTSTRAP, "startd"], True),
    (["java", BOOTSTRAP, "stop"], False),
    (["java", BOOTSTRAP, "start", "stop"], False),
    (["java", BOOTSTRAP, "stopd"], False),
    (["java", BOOTSTRAP, "configtest"], False),
]


@pytest.mark.parametrize(("argv", "expected"), STARTS)
def test_bootstrap_obeys_its_last_argument(argv: list[str], expected: bool) -> None:  # noqa: FBT001 - table
    assert parse(argv).is_bootstrap()
    assert parse(argv).starts_server() is expected


def test_last_of_equal_properties_wins_and_later_arguments_are_the_application_s() -> None:
    line = parse(
        ["java", "-Dcatalina.base=/a", "-Dx", "-Dcatalina.base=/b=c", BOOTSTRAP, "-Dcatalina.base=/z", "start"]
    )
    assert line.properties == {"catalina.base": "/b=c", "x": ""}


MAINS = [
    (["java", "-cp", "org.Fake", "com.Main", "x"], "com.Main", None, "org.Fake"),
    (["java", "-classpath", "a.jar:b.jar", "--add-opens", "x=ALL", "com.Main"], "com.Main", None, "a.jar:b.jar"),
    (["java", "--class-path=a.jar", "@options", "com.Main"], "com.Main", None, "a.jar"),
    (["java", "-Xmx1g", "-jar", "/srv/app.jar", "--port", "80"], None, "/srv/app.jar", ""),
    (["java", "-jar"], None, "", ""),
    (["java", "-version"], None, None, ""),
    ([], None, None, ""),
    (["jsvc.exec", "-user", "tomcat", "-pidfile", "/run/t.pid", "-cp", "x.jar", BOOTSTRAP], BOOTSTRAP, None, "x.jar"),
]  # fmt: skip


@pytest.mark.parametrize(("argv", "main", "jar", "class_path"), MAINS)
def test_main_class_is_what_the_launcher_would_run(
    argv: list[str], main: str | None, jar: str | None, class_path: str
) -> None:
    line = parse(argv)
    assert (line.main, line.jar, line.class_path) == (main, jar, class_path)


def test_bootstrap_is_found_among_arguments_that_ps_broke_at_blanks() -> None:
    line = parse(
        ["java", "-Dcatalina.base=/opt/my", "tomcat", "-cp", "/opt/my", "tomcat/bin/bootstrap.jar", BOOTSTRAP, "start"]
    )
    assert line.is_bootstrap()


def test_bootstrap_jar_is_bootstrap() -> None:
    assert parse(["java", "-jar", "/opt/tomcat/bin/bootstrap.jar", "start"]).is_bootstrap()


def test_server_file_is_the_value_of_config() -> None:
    assert parse(["java", BOOTSTRAP, "-config", "/etc/t/server.xml", "start"]).server_file() == "/etc/t/server.xml"
    assert parse(["java", BOOTSTRAP, "start"]).server_file() is None


def test_jsvc_is_known_by_its_own_options_and_requests() -> None:
    assert parse(["tomcat-main", "-pidfile", "/run/t.pid", BOOTSTRAP]).has_jsvc_options()
    assert not parse(["java", "-cp", "x", BOOTSTRAP]).has_jsvc_options()
    assert parse(["jsvc", "-stop", "-pidfile", "/run/t.pid", BOOTSTRAP]).is_jsvc_request()
