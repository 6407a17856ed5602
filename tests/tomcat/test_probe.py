"""Probe addresses."""

from __future__ import annotations

import ipaddress

import pytest

from tomcat_fleet.model.access import AddressClass
from tomcat_fleet.tomcat.probe import Probe, probes


@pytest.mark.parametrize(
    ("address", "text", "address_class"),
    [
        ("8.8.8.8", "8.8.8.8", AddressClass.PUBLIC),
        ("203.0.113.7", "203.0.113.7", AddressClass.PUBLIC),
        ("100.64.0.1", "100.64.0.1", AddressClass.PUBLIC),
        ("2001:db8::1", "2001:db8:0:0:0:0:0:1", AddressClass.PUBLIC),
        ("::1", "0:0:0:0:0:0:0:1", AddressClass.LOOPBACK),
        ("127.0.0.1", "127.0.0.1", AddressClass.LOOPBACK),
        ("10.255.255.254", "10.255.255.254", AddressClass.PRIVATE),
        ("172.32.0.1", "172.32.0.1", AddressClass.PUBLIC),
        ("fd00::10", "fd00:0:0:0:0:0:0:10", AddressClass.PRIVATE),
    ],
)
def test_spelling_and_class(address: str, text: str, address_class: AddressClass) -> None:
    probe = Probe(ipaddress.ip_address(address))
    assert (probe.shown, probe.text, probe.address_class) == (address, text, address_class)


def test_edges_stay_inside_the_address_space_and_are_unique() -> None:
    shown = [probe.shown for probe in probes(("0.0.0.0/0", "127.0.0.1/32"))]
    assert {"0.0.0.0", "255.255.255.255", "127.0.0.0", "127.0.0.2"} <= set(shown)
    assert len(shown) == len(set(shown))
