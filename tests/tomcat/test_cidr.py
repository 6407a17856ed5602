"""NetMask lists."""

from __future__ import annotations

import ipaddress

import pytest

from tomcat_fleet.tomcat.cidr import CidrError, parse_masks, understood_masks


def covers(text: str, address: str, port: int | None = None) -> bool:
    return any(mask.matches(ipaddress.ip_address(address), port) for mask in parse_masks(text))


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("127.0.0.0/8, ::1/128", "::1", "::2"),
        ("127.0.0.0/8,::1/128,", "127.255.0.1", "128.0.0.1"),
        ("0.0.0.0/0", "8.8.8.8", "2001:db8::1"),
        ("::/0", "2001:db8::1", "8.8.8.8"),
        ("0.0.0.0/1", "8.8.8.8", "223.255.255.254"),
        ("192.0.2.2", "192.0.2.2", "192.0.2.3"),
        ("10.1/16", "10.0.0.1", "10.1.0.1"),
        ("10/8", "0.1.2.3", "10.0.0.1"),
        ("localhost", "127.0.0.1", "127.0.0.2"),
        ("[::1]", "::1", "::2"),
        ("::ffff:10.0.0.0/8", "10.9.9.9", "11.0.0.1"),
        ("10.0.0.0/31", "10.0.0.1", "10.0.0.2"),
    ],
)
def test_coverage(text: str, inside: str, outside: str) -> None:
    assert covers(text, inside)
    assert not covers(text, outside)


def test_ports_only_count_where_the_valve_adds_them() -> None:
    assert covers("10.0.0.0/8;80.*", "10.0.0.1", 8080)
    assert not covers("10.0.0.0/8;80.*", "10.0.0.1", 443)
    assert not covers("10.0.0.0/8;80.*", "10.0.0.1")
    assert not covers("10.0.0.0/8", "10.0.0.1", 8080)


@pytest.mark.parametrize(
    "text",
    [
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/x",
        "10.0.0.256",
        "::/129",
        "10.*",
        "${nets}",
        "1.2.3.4.5",
        ":::1",
        "10.0.0.0/8;(",
    ],
)
def test_rejected(text: str) -> None:
    with pytest.raises(CidrError) as caught:
        parse_masks(text)
    assert not caught.value.by_name


def test_host_names_need_a_name_service() -> None:
    with pytest.raises(CidrError) as caught:
        parse_masks("127.0.0.1,ops.example.com")
    assert caught.value.by_name


def test_older_valves_keep_what_they_understand() -> None:
    found = understood_masks("10.0.0.0/33, 127.0.0.0/8, 192.0.2.0/24;80, 2001:db8::/129")
    assert [str(mask.address) for mask in found] == ["127.0.0.0"]
    assert understood_masks("10.*") == ()
    with pytest.raises(CidrError):
        understood_masks("client.example.net")
