"""``${name}`` in configuration."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.tomcat.look import BASE, Site, site
from tomcat_fleet.model.fact import Fact, Gap, Known, Unknown
from tomcat_fleet.tomcat.properties import PROPERTY_SOURCE, Properties, load_properties
from tomcat_fleet.tomcat.version import Version

FILE = "conf/catalina.properties"


def properties(
    made: Site, arguments: Mapping[str, str] | None = None, environment: Mapping[str, str] | None = None,
    known: Fact[None] | None = None,
) -> Properties:  # fmt: skip
    version = Version.of(made.version) if made.version else None
    return made.see(
        lambda reader, _config, _deployment: load_properties(
            reader,
            base=BASE,
            home="/usr/share/tomcat",
            version=version,
            arguments=arguments or {},
            arguments_known=known,
            environment=environment,
        )
    )


def test_base_and_home_are_always_known() -> None:
    found = properties(site())
    assert found.resolve("${catalina.base}/conf:${catalina.home}") == f"{BASE}/conf:/usr/share/tomcat"


def test_file_beats_option_and_values_nest() -> None:
    made = site(**{FILE: "net=10.0.0.0/8\nall = ${net},${more}\n"})
    found = properties(made, {"net": "0.0.0.0/0", "more": "127.0.0.1"})
    assert found.resolve("x ${all} y") == "x 10.0.0.0/8,127.0.0.1 y"


def test_unknown_name_stays_and_is_certain() -> None:
    found = properties(site())
    assert found.resolve("${nobody}") == "${nobody}"
    assert found.doubt("${nobody}") is None


def test_empty_value_replaces() -> None:
    assert properties(site(**{FILE: "empty=\n"})).resolve("a${empty}b") == "ab"


@pytest.mark.parametrize(("version", "expected"), [("10.1.60", "x"), ("9.0.35", "x"), ("9.0.34", "${a:-x}")])
def test_default_by_version(version: str, expected: str) -> None:
    found = properties(site(version))
    assert found.resolve("${a:-x}") == expected
    assert found.doubt(found.resolve("${a:-x}")) is None


def test_default_is_doubtful_without_a_version() -> None:
    found = properties(site(None))
    assert found.resolve("${a:-x}") == "${a:-x}"
    assert found.doubt("${a:-x}") == Unknown(Gap.UNRESOLVED, "${a:-x}")


def test_unreadable_file_leaves_nothing_certain() -> None:
    made = site(**{FILE: "a=1\n"}).deny(FILE)
    found = properties(made, {"b": "2"})
    assert found.resolve("${b}") == "${b}"
    assert found.doubt("${b}") is not None
    assert found.doubt("plain") is None
    assert found.resolve("${catalina.base}") == BASE


def test_malformed_file_is_a_gap() -> None:
    found = properties(site(**{FILE: "a=\\uZZZZ\n"}))
    assert found.known == Unknown(Gap.MALFORMED, f"{BASE}/{FILE}")


def test_more_options_than_known() -> None:
    found = properties(site(), {"a": "1"}, known=Unknown(Gap.DENIED, "setenv.sh"))
    assert found.resolve("${a}${b:-2}") == "1${b:-2}"
    assert found.doubt("${b:-2}") is not None


def test_names_of_the_jvm_cannot_be_known() -> None:
    found = properties(site(), {"java.io.tmpdir": "/tmp"})
    assert found.resolve("${java.io.tmpdir}") == "/tmp"
    assert found.doubt("${user.home}/x") is not None


@pytest.mark.parametrize(
    ("source", "environment", "resolved", "certain"),
    [
        ("org.apache.tomcat.util.digester.EnvironmentPropertySource", {"NET": "10.*"}, "10.*", True),
        ("org.apache.tomcat.util.digester.EnvironmentPropertySource", None, "${NET}", False),
        ("org.apache.tomcat.util.digester.ServiceBindingPropertySource", {"NET": "10.*"}, "${NET}", False),
        ("com.example.Vault", {"NET": "10.*"}, "${NET}", False),
        ("org.apache.tomcat.util.digester.Digester$SystemPropertySource", {"NET": "10.*"}, "${NET}", True),
    ],
)
def test_property_sources(
    source: str, environment: Mapping[str, str] | None, resolved: str, certain: bool  # noqa: FBT001 - a table
) -> None:  # fmt: skip
    found = properties(site(), {PROPERTY_SOURCE: source}, environment)
    assert found.resolve("${NET}") == resolved
    assert (found.doubt(found.resolve("${NET}")) is None) is certain


def test_own_class_makes_even_options_doubtful() -> None:
    found = properties(site(), {PROPERTY_SOURCE: "com.example.Vault", "NET": "10.*"})
    assert found.doubt(found.resolve("${NET}")) is not None


@pytest.mark.parametrize(
    ("config", "path"),
    [("other.properties", "conf/other.properties"), ("file:/etc/t.properties", "/etc/t.properties")],
)
def test_catalina_config_moves_the_file(config: str, path: str) -> None:
    found = properties(site(**{path: "a=1\n"}), {"catalina.config": config})
    assert found.resolve("${a}") == "1"


def test_remote_catalina_config_is_a_gap() -> None:
    assert properties(site(), {"catalina.config": "http://x/y"}).known == Unknown(Gap.UNRESOLVED, "catalina.config")


def test_cycle_ends() -> None:
    found = Properties(values={"a": "${b}x", "b": "${a}"})
    assert "${" in found.resolve("${a}")
    assert Known(None) == found.known
