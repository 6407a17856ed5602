"""Filters by address: every rule of their semantics, by version."""

from __future__ import annotations

import pytest

from tests.tomcat.look import MANAGER, Site, server_xml, site
from tomcat_fleet.model.access import Access, AccessNote, AddressClass, AdminContext, Decision
from tomcat_fleet.model.fact import Known
from tomcat_fleet.tomcat.admin import admin_contexts

ADDR = "org.apache.catalina.valves.RemoteAddrValve"
CIDR = "org.apache.catalina.valves.RemoteCIDRValve"
NAME = "org.apache.catalina.valves.RemoteHostValve"
REMOTE_IP = "<Valve className='org.apache.catalina.valves.RemoteIpValve'/>"
LOOPBACK = r"127\.\d+\.\d+\.\d+|::1|0:0:0:0:0:0:0:1"
PUBLIC, PRIVATE, LOCAL = AddressClass.PUBLIC, AddressClass.PRIVATE, AddressClass.LOOPBACK
ALLOWED, REFUSED, UNDECIDED = Decision.ALLOWED, Decision.REFUSED, Decision.UNDECIDED
NEW, OLD = "10.1.60", "5.5.36"


def valve(class_name: str = ADDR, **attributes: str) -> str:
    written = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f'<Valve className="{class_name}"{written}/>'


def managed(
    context: str | None = "", *, version: str | None = NEW, server: str | None = None, web: str = "", **more: str
) -> Site:
    """A manager with ``context`` as its META-INF/context.xml."""
    made = site(version, server=server)
    made.put({"webapps/manager/WEB-INF/web.xml": MANAGER.format(more=web)})
    if context is not None:
        made.put({"webapps/manager/META-INF/context.xml": f"<Context privileged='true'>{context}</Context>"})
    return made.put(more)


def context_of(made: Site, networks: tuple[str, ...] = ()) -> AdminContext:
    found = made.see(lambda reader, config, deployment: admin_contexts(reader, config, deployment, networks))
    assert isinstance(found, Known)
    (context,) = (one for one in found.value if one.path != "*")  # beside what could not be read
    return context


def access(made: Site, networks: tuple[str, ...] = ()) -> Access:
    found = context_of(made, networks).access
    assert isinstance(found, Known)
    return found.value


def by_class(found: Access, address_class: AddressClass) -> set[Decision]:
    return {result.decision for result in found.results if result.address_class is address_class}


def decision(found: Access, address: str) -> Decision:
    return next(result.decision for result in found.results if result.address == address)


@pytest.mark.parametrize("allow", [
    ".*", ".+", "^.*$", "(.*)", "[0-9a-f:.]+", r"\d+\.\d+\.\d+\.\d+|.*:.*", "(?i).*",
    r"[\p{XDigit}:.]++", "(.*)*", "|.*",
])  # fmt: skip
def test_expressions_for_everybody(allow: str) -> None:
    found = access(managed(valve(allow=allow)))
    assert by_class(found, PUBLIC) == {ALLOWED}
    assert AccessNote.ALLOW_ALL in found.notes


@pytest.mark.parametrize("allow", [r"\d+\.\d+\.\d+\.\d+", r"\d{1,3}(\.\d{1,3}){3}", "[0-9.]+"])
def test_expressions_for_every_ipv4_address(allow: str) -> None:
    found = access(managed(valve(allow=allow)))
    assert decision(found, "8.8.8.8") is ALLOWED
    assert decision(found, "2001:db8::1") is REFUSED


@pytest.mark.parametrize("allow", ["0.0.0.0/0,::/0", "0.0.0.0/1, 128.0.0.0/1, ::/0"])
def test_blocks_for_everybody(allow: str) -> None:
    found = access(managed(valve(CIDR, allow=allow)))
    assert by_class(found, PUBLIC) == {ALLOWED}
    assert AccessNote.ALLOW_ALL in found.notes


@pytest.mark.parametrize("allow", ["0.0.0.0/0", "::/0", "0.0.0.0/1", "128.0.0.0/1", "100.64.0.0/10"])
def test_blocks_for_half_of_the_world(allow: str) -> None:
    assert ALLOWED in by_class(access(managed(valve(CIDR, allow=allow))), PUBLIC)


@pytest.mark.parametrize(
    ("class_name", "attributes"),
    [
        (ADDR, {"allow": LOOPBACK}),
        (CIDR, {"allow": "127.0.0.0/8,::1/128"}),
        (CIDR, {"allow": "127.0.0.0/8, ::1/128"}),
        (ADDR, {"Allow": LOOPBACK}),
        (ADDR, {"allow": ".*", "deny": r"(?!127\.|0:).*"}),
    ],
)
def test_loopback_only(class_name: str, attributes: dict[str, str]) -> None:
    found = access(managed(valve(class_name, **attributes)))
    assert by_class(found, PUBLIC) | by_class(found, PRIVATE) == {REFUSED}
    assert by_class(found, LOCAL) == {ALLOWED}
    assert found.starts


@pytest.mark.parametrize(
    ("version", "attributes", "public", "note"),
    [
        (NEW, {"deny": r"192\.168\.3\..*"}, ALLOWED, AccessNote.DENY_ONLY),
        (NEW, {"deny": "10.0.0.1,10.0.0.2"}, ALLOWED, AccessNote.COMMA_LIST),
        (NEW, {"allow": "127.0.0.1,10.1.1.5"}, REFUSED, AccessNote.COMMA_LIST),
        (NEW, {"allow": "10.0.0.0/8"}, REFUSED, AccessNote.CIDR_IN_REGEX),
        (NEW, {}, REFUSED, AccessNote.NOTHING_SET),
        (NEW, {"allow": "", "deny": ""}, REFUSED, AccessNote.NOTHING_SET),
        (NEW, {"allow": "*"}, REFUSED, AccessNote.BAD_VALUE),
        (NEW, {"allow": "${unknown}"}, REFUSED, AccessNote.BAD_VALUE),
        ("7.0.22", {"allow": "*"}, UNDECIDED, AccessNote.BAD_VALUE_OLD),
        ("7.0.23", {"allow": "*"}, REFUSED, AccessNote.BAD_VALUE),
        (None, {"allow": "*"}, UNDECIDED, AccessNote.BAD_VALUE_OLD),
        (NEW, {"allow": r"(1)\1.*"}, UNDECIDED, AccessNote.UNTRANSLATABLE),
        (NEW, {"allow": r"10\..*|172\.31\..*|192\.168\..*"}, REFUSED, AccessNote.PRIVATE_BLOCK),
    ],
)
def test_values(version: str | None, attributes: dict[str, str], public: Decision, note: AccessNote) -> None:
    found = access(managed(valve(**attributes), version=version))
    assert by_class(found, PUBLIC) == {public}
    assert note in found.notes
    assert found.starts is (note is not AccessNote.BAD_VALUE)


@pytest.mark.parametrize(
    ("version", "attributes", "address", "expected"),
    [
        ("5.5.36", {"allow": "127.0.0.1, 8.8.8.8"}, "8.8.8.8", ALLOWED),
        ("7.0.5", {"allow": "127.0.0.1,8.8.8.8"}, "8.8.8.8", ALLOWED),
        ("7.0.6", {"allow": "127.0.0.1,8.8.8.8"}, "8.8.8.8", REFUSED),
        ("7.0.5", {"deny": "8.8.8.8,127.0.0.1"}, "8.8.8.8", REFUSED),
        ("7.0.6", {"deny": "8.8.8.8,127.0.0.1"}, "8.8.8.8", ALLOWED),
        ("5.5.1", {"allow": "8.8"}, "8.8.8.8", REFUSED),
        ("5.5.0", {"allow": "8.8"}, "8.8.8.8", ALLOWED),
        ("4.1.31", {"allow": "^10"}, "10.255.255.254", ALLOWED),
        ("5.5.36", {"allow": " "}, "127.0.0.1", REFUSED),
        ("5.5.36", {"allow": ".*", "deny": "10.*"}, "10.255.255.254", REFUSED),
        (None, {"allow": "127.0.0.1,8.8.8.8"}, "8.8.8.8", UNDECIDED),
        (None, {"allow": r"127\..*"}, "8.8.8.8", REFUSED),
        (NEW, {"allow": "8.8.8.*"}, "8.8.8.8", ALLOWED),
        (NEW, {"allow": "8.8"}, "8.8.8.8", REFUSED),
        (NEW, {"allow": ".*", "deny": "8.*"}, "8.8.8.8", REFUSED),
        (NEW, {"allow": "::1"}, "::1", REFUSED),  # Java writes 0:0:0:0:0:0:0:1
        (NEW, {"allow": "0:0:0:0:0:0:0:1"}, "::1", ALLOWED),
        (NEW, {"allow": "2001:db8:0:0:0:0:0:1"}, "2001:db8::1", ALLOWED),
    ],
)
def test_syntax_by_version(version: str | None, attributes: dict[str, str], address: str, expected: Decision) -> None:
    made = managed(None, version=version, server=server_xml(valve(**attributes)))
    assert decision(access(made), address) is expected


@pytest.mark.parametrize(
    ("version", "allow", "public", "local"),
    [
        (NEW, r"127\.\d+\.\d+\.\d+", REFUSED, REFUSED),
        (NEW, r"127\..*;8080", REFUSED, ALLOWED),
        (NEW, r".*;8080", ALLOWED, ALLOWED),
        (NEW, r".*;8443", ALLOWED, ALLOWED),
        (NEW, r".*;9999", REFUSED, REFUSED),
        ("7.0.78", r"127\..*", REFUSED, ALLOWED),
    ],
)
def test_add_connector_port(version: str, allow: str, public: Decision, local: Decision) -> None:
    text = server_xml(
        valve(allow=allow, addConnectorPort="true"), connectors="<Connector port='8080'/><Connector port='8443'/>"
    )
    found = access(managed(None, version=version, server=text))
    assert by_class(found, PUBLIC) == {public}
    assert decision(found, "127.0.0.1") is local


def test_port_of_a_cidr_mask() -> None:
    text = server_xml(valve(CIDR, allow="127.0.0.0/8;8080", addConnectorPort="true"))
    found = access(managed(None, server=text))
    assert decision(found, "127.0.0.1") is ALLOWED
    assert decision(found, "8.8.8.8") is REFUSED


def test_denial_that_becomes_a_login() -> None:
    made = managed(None)
    element = valve(allow=LOOPBACK, invalidAuthenticationWhenDeny="true")
    made.put({"webapps/manager/META-INF/context.xml": f"<Context preemptiveAuthentication='true'>{element}</Context>"})
    found = access(made)
    assert by_class(found, PUBLIC) == {ALLOWED}
    assert AccessNote.LOGIN_INSTEAD_OF_DENIAL in found.notes
    made.version = "7.0.57"
    assert by_class(access(made), PUBLIC) == {REFUSED}


def test_denial_stays_without_preemptive_authentication() -> None:
    found = access(managed(valve(allow=LOOPBACK, invalidAuthenticationWhenDeny="true")))
    assert by_class(found, PUBLIC) == {REFUSED}


@pytest.mark.parametrize(
    ("attributes", "public"),
    [
        ({"allow": r"ops\.example\.com"}, UNDECIDED),
        ({"allow": ".*"}, ALLOWED),
        ({"allow": "[0-9a-f:.]+"}, ALLOWED),
        ({"deny": ".*"}, REFUSED),
        ({"deny": r".*\.bad\.example"}, ALLOWED),
        ({}, REFUSED),
    ],
)
def test_host_names(attributes: dict[str, str], public: Decision) -> None:
    found = access(managed(valve(NAME, **attributes)))
    assert by_class(found, PUBLIC) == {public}
    assert (AccessNote.HOST_NAMES in found.notes) is (public is UNDECIDED)


def test_host_name_in_a_cidr_list_is_undecided() -> None:
    found = access(managed(valve(CIDR, allow="ops.example.com")))
    assert by_class(found, PUBLIC) == {UNDECIDED}
    assert AccessNote.HOST_NAMES in found.notes


def test_own_class_alone_decides_nothing() -> None:
    found = access(managed(valve("com.example.GateValve")))
    assert by_class(found, PUBLIC) == {UNDECIDED}
    assert AccessNote.CUSTOM_CLASS in found.notes


def test_own_class_beside_a_refusal_changes_nothing() -> None:
    found = access(managed(valve("com.example.GateValve") + valve(allow=LOOPBACK)))
    assert by_class(found, PUBLIC) == {REFUSED}


def test_classes_of_tomcat_that_do_not_filter_are_no_filter() -> None:
    found = access(managed(valve("org.apache.catalina.valves.AccessLogValve")))
    assert by_class(found, PUBLIC) == {ALLOWED}
    assert found.notes == {AccessNote.NO_FILTER}


@pytest.mark.parametrize("version", ["8.5.31", "9.0.8", "8.0.53", "7.0.88"])
def test_cidr_valve_before_it_existed(version: str) -> None:
    found = access(managed(valve(CIDR, allow="127.0.0.0/8"), version=version))
    assert by_class(found, PUBLIC) == {UNDECIDED}


@pytest.mark.parametrize("allow", ["10.0.0.0/33", "10.*", "${unknown}"])
def test_bad_cidr_keeps_the_context_from_starting(allow: str) -> None:
    found = access(managed(valve(CIDR, allow=allow)))
    assert not found.starts
    assert by_class(found, LOCAL) == {REFUSED}


def test_property_is_resolved_and_doubt_is_undecided() -> None:
    made = managed(valve(allow="${manager.allow}"))
    made.arguments = {"manager.allow": ".*"}
    assert by_class(access(made), PUBLIC) == {ALLOWED}
    made.arguments = {"org.apache.tomcat.util.digester.PROPERTY_SOURCE": "com.example.Vault"}
    found = access(made)
    assert by_class(found, PUBLIC) == {UNDECIDED}
    assert AccessNote.UNRESOLVED_PROPERTY in found.notes


@pytest.mark.parametrize(
    ("server", "public", "noted"),
    [
        (server_xml(REMOTE_IP), UNDECIDED, True),
        (server_xml(engine=REMOTE_IP), UNDECIDED, True),
        (server_xml(engine=valve(allow=LOOPBACK), body=REMOTE_IP), REFUSED, True),  # the engine sees the peer
        (server_xml(), REFUSED, False),
    ],
)
def test_remote_ip_in_front(server: str, public: Decision, noted: bool) -> None:  # noqa: FBT001 - a table
    found = access(managed(valve(allow=LOOPBACK), server=server))
    assert by_class(found, PUBLIC) == {public}
    assert (AccessNote.REMOTE_IP in found.notes) is noted


def test_remote_ip_behind_or_with_the_peer_address_is_harmless() -> None:
    behind = access(managed(valve(allow=LOOPBACK) + REMOTE_IP))
    peer = access(managed(REMOTE_IP + valve(allow=LOOPBACK, usePeerAddress="true")))
    assert by_class(behind, PUBLIC) == by_class(peer, PUBLIC) == {REFUSED}
    assert AccessNote.REMOTE_IP not in behind.notes | peer.notes


def test_remote_ip_does_not_open_what_refuses_everybody() -> None:
    found = access(managed(REMOTE_IP + valve(allow="127.0.0.1,10.0.0.1")))
    assert by_class(found, PUBLIC) == {REFUSED}


def test_remote_ip_does_not_excuse_an_open_door() -> None:
    assert by_class(access(managed(REMOTE_IP)), PUBLIC) == {ALLOWED}


FILTER = (
    "<filter><filter-name>f</filter-name><filter-class>{name}</filter-class>"
    "<init-param><param-name>allow</param-name><param-value>{allow}</param-value></init-param></filter>"
    "<filter-mapping><filter-name>f</filter-name>{target}</filter-mapping>"
)
EVERYWHERE = "<url-pattern>/*</url-pattern>"


@pytest.mark.parametrize(
    ("name", "allow", "target", "public"),
    [
        ("org.apache.catalina.filters.RemoteAddrFilter", r"127\..*", EVERYWHERE, REFUSED),
        ("org.apache.catalina.filters.RemoteCIDRFilter", "127.0.0.0/8", EVERYWHERE, REFUSED),
        ("org.apache.catalina.filters.RemoteCIDRFilter", "0.0.0.0/0,::/0", EVERYWHERE, ALLOWED),
        ("org.apache.catalina.filters.RemoteAddrFilter", r"127\..*", "<servlet-name>M</servlet-name>", REFUSED),
        ("org.apache.catalina.filters.RemoteAddrFilter", r"127\..*", "<url-pattern>/text/*</url-pattern>", ALLOWED),
        (
            "org.apache.catalina.filters.RemoteAddrFilter",
            r"127\..*",
            EVERYWHERE + "<dispatcher>ERROR</dispatcher>",
            ALLOWED,
        ),
        ("com.example.GateFilter", "", EVERYWHERE, UNDECIDED),
    ],
)
def test_filters_of_web_xml(name: str, allow: str, target: str, public: Decision) -> None:
    found = access(managed("", web=FILTER.format(name=name, allow=allow, target=target)))
    assert by_class(found, PUBLIC) == {public}


def test_filter_of_the_global_web_xml_counts_unless_unreadable() -> None:
    text = FILTER.format(name="org.apache.catalina.filters.RemoteAddrFilter", allow=r"127\..*", target=EVERYWHERE)
    made = managed("", **{"conf/web.xml": f"<web-app>{text}</web-app>"})
    assert by_class(access(made), PUBLIC) == {REFUSED}
    made.deny("conf/web.xml")
    assert not isinstance(context_of(made).access, Known)
    strict = managed(valve(allow=LOOPBACK), **{"conf/web.xml": "<web-app>"})
    assert isinstance(context_of(strict).access, Known)


@pytest.mark.parametrize(
    ("connectors", "expected"),
    [
        ("<Connector port='8080' address='127.0.0.1'/>", True),
        ("<Connector port='8080' address='localhost'/><Connector port='1' address='::1'/>", True),
        ("<Connector port='8080' address='127.0.0.1'/><Connector port='8443'/>", False),
        ("<Connector port='8080' address='127.0.0.1'/><Connector port='8009' protocol='AJP/1.3'/>", True),
        ("<Connector port='8080' address='0.0.0.0'/>", False),
        ("", False),
    ],
)
def test_loopback_connectors(connectors: str, expected: bool) -> None:  # noqa: FBT001 - a table
    found = access(managed("", server=server_xml(connectors=connectors)))
    assert (AccessNote.LOOPBACK_CONNECTORS in found.notes) is expected


def test_old_ajp_connector_listens_everywhere() -> None:
    text = server_xml(connectors="<Connector port='8009' protocol='AJP/1.3'/>")
    assert AccessNote.LOOPBACK_CONNECTORS not in access(managed("", server=text, version="9.0.30")).notes


def test_the_two_valves_of_the_guide() -> None:
    found = access(managed(valve(allow="127.0.0.1") + valve(deny="192.168.3.*")))
    assert by_class(found, PUBLIC) | by_class(found, PRIVATE) == {REFUSED}
    assert decision(found, "127.0.0.1") is ALLOWED
    assert [(one.allow, one.deny, one.level) for one in found.filters] == [
        ("127.0.0.1", None, "context"), (None, "192.168.3.*", "context"),
    ]  # fmt: skip


def test_open_valve_beside_a_tight_one_does_no_harm() -> None:
    found = access(managed(valve(allow=LOOPBACK), server=server_xml(engine=valve(allow=".*"))))
    assert by_class(found, PUBLIC) == {REFUSED}
    assert AccessNote.ALLOW_ALL not in found.notes


def test_misspelt_valve_is_no_valve() -> None:
    found = access(managed(f"<valve className='{ADDR}' allow='127.*'/>"))
    assert by_class(found, PUBLIC) == {ALLOWED}
    assert {AccessNote.MISSPELT, AccessNote.NO_FILTER} <= found.notes


def test_valve_in_a_comment_is_no_valve() -> None:
    assert by_class(access(managed(f"<!-- {valve(allow=LOOPBACK)} -->")), PUBLIC) == {ALLOWED}


def test_networks_add_their_edges() -> None:
    made = managed(valve(CIDR, allow="10.20.0.0/15"))
    found = access(made, ("10.20.0.0/16", "2001:db8:5::/48"))
    assert decision(found, "10.19.255.255") is REFUSED
    assert decision(found, "10.20.0.0") is ALLOWED
    assert decision(found, "10.20.255.255") is ALLOWED
    assert decision(found, "10.21.0.0") is ALLOWED
    assert {result.address for result in found.results} >= {"2001:db8:5::", "2001:db8:6::"}
    assert AccessNote.PRIVATE_BLOCK not in found.notes
