"""Host patterns against Ansible's documented meaning, and their algebra against plain sets."""

from __future__ import annotations

import json
import re
import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tomcat_fleet.errors import InventoryError
from tomcat_fleet.inventory import load
from tomcat_fleet.inventory.ledger import Ledger
from tomcat_fleet.inventory.pattern import Fleet, select, split

_UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no fault

_INVENTORY = """
lone
[web]
web01
web02
web03
web04
[db]
db01
db02.example.com
[old]
web03
db01
[prod:children]
db
web
[spare:children]
empty
[empty]
"""


@pytest.fixture(name="hosts")
def _hosts(tmp_path: Path) -> Path:
    path = tmp_path / "hosts"
    path.write_text(_INVENTORY, "utf-8")
    return path


@pytest.mark.parametrize(
    ("limit", "wanted"),
    [
        ("all", "lone web01 web02 web03 web04 db01 db02.example.com"),
        ("*", "lone web01 web02 web03 web04 db01 db02.example.com"),
        ("web02", "web02"),
        ("ungrouped", "lone"),
        ("web", "web01 web02 web03 web04"),
        ("prod", "web01 web02 web03 web04 db01 db02.example.com"),
        ("web:db", "web01 web02 web03 web04 db01 db02.example.com"),
        ("db,lone", "lone db01 db02.example.com"),
        (" web01 , web02 ", "web01 web02"),
        ("web:&old", "web03"),
        ("web:!old", "web01 web02 web04"),
        ("!old:web", "web01 web02 web04"),
        ("prod:&old:!db", "web03"),
        ("!web", "lone db01 db02.example.com"),
        ("&old", "web03 db01"),
        ("!web,!db", "lone"),
        ("web0*", "web01 web02 web03 web04"),
        ("*.example.com", "db02.example.com"),
        ("web0?:!web01", "web02 web03 web04"),
        ("w*:d*", "web01 web02 web03 web04 db01 db02.example.com"),
        ("~web0[13]", "web01 web03"),
        ("~(web|db)01$", "web01 db01"),
        ("~web.*:!~.*[24]$", "web01 web03"),
        ("~w.*,!~.*2$", "web01 web03 web04"),
        ("web[0]", "web01"),
        ("web[-1]", "web04"),
        ("web[1:3]", "web02 web03 web04"),
        ("web[1-2]", "web02 web03"),
        ("web[2:]", "web03 web04"),
        ("web[0:0]", "web01"),
        ("web[1:99]", "web02 web03 web04"),
        ("prod[0]:!web", "db01"),
        ("web[0:1]:db[-1]", "web01 web02 db02.example.com"),
        ("web:!empty", "web01 web02 web03 web04"),
    ],
)
def test_limit_selects(hosts: Path, limit: str, wanted: str) -> None:
    assert [target.name for target in load([hosts], limit).targets] == wanted.split()


@pytest.mark.parametrize(
    ("limit", "fault"),
    [
        ("wbe", "--limit: 'wbe' matches no host and no group (did you mean 'web'?)"),
        ("web:!odl", "--limit: 'odl' matches no host and no group (did you mean 'old'?)"),
        ("nosuch*", "--limit: 'nosuch*' matches no host and no group"),
        ("~^x", "--limit: '~^x' matches no host and no group"),
        ("~(", "--limit: '~(' is not a regular expression"),
        ("web[4]", "--limit: 'web[4]' is beyond the hosts of 'web'"),
        ("web[-5]", "--limit: 'web[-5]' is beyond the hosts of 'web'"),
        ("web[7:9]", "--limit: 'web[7:9]' is beyond the hosts of 'web'"),
        ("web:&lone", "--limit: 'web:&lone' selects no host"),
        ("empty", "--limit: 'empty' selects no host"),
        ("spare", "--limit: 'spare' selects no host"),
        ("all:!all", "--limit: 'all:!all' selects no host"),
        ("", "--limit: the pattern is empty"),
        (" , ", "--limit: the pattern is empty"),
        ("web:!", "--limit: a sign (& or !) without a pattern"),
    ],
)
def test_limit_that_means_nothing_is_an_error(hosts: Path, limit: str, fault: str) -> None:
    with pytest.raises(InventoryError) as raised:
        load([hosts], limit)
    assert [str(found) for found in raised.value.faults] == [fault]


def test_unknown_patterns_are_all_named_beside_other_faults(hosts: Path) -> None:
    hosts.write_text(_INVENTORY + "bad ansible_port=x\n", "utf-8")
    with pytest.raises(InventoryError) as raised:
        load([hosts], "nowhere,web,&nothing")
    lines = [str(found).removeprefix(str(hosts)) for found in raised.value.faults]
    assert lines == [
        "--limit: 'nothing' matches no host and no group",
        "--limit: 'nowhere' matches no host and no group",
        ":20: ansible_port: 'x' is not a port between 1 and 65535",
    ]


def test_file_of_failed_hosts(hosts: Path, tmp_path: Path) -> None:
    retry = tmp_path / "failed.retry"
    retry.write_text("# of last night\nweb02\n\n  db01  \n", "utf-8")
    assert [target.name for target in load([hosts], f"@{retry}").targets] == ["web02", "db01"]
    assert [target.name for target in load([hosts], f"@{retry},!db").targets] == ["web02"]


def test_file_of_failed_hosts_with_faults(hosts: Path, tmp_path: Path) -> None:
    retry = tmp_path / "failed.retry"
    retry.write_text("web02\ngone\n", "utf-8")
    with pytest.raises(InventoryError, match=re.escape(f"{retry}:2: 'gone' matches no host and no group")):
        load([hosts], f"@{retry}")
    with pytest.raises(InventoryError, match="cannot be read: No such file"):
        load([hosts], "@nowhere/failed.retry")
    retry.write_text("\n# nothing\n", "utf-8")
    with pytest.raises(InventoryError, match="names no host"):
        load([hosts], f"@{retry}")


_ODD = (
    "웹서버-1", unicodedata.normalize("NFD", "한글"), "2001:db8::1", "fe80::1%eth0", "web:1", "a@b", "a%b", "a+b",
    "web", "10.0.0.1", "10.0.0.1:22", "ü.example.com", "_x", "1", "all", "ungrouped", "A", "a",
)  # fmt: skip


def test_a_retry_selects_exactly_its_lines_whatever_they_are(tmp_path: Path) -> None:
    hosts, retry = tmp_path / "hosts.json", tmp_path / "2026 점검, 1:2" / "failed.retry"
    found = {name: {"ansible_host": "192.0.2.1", "ansible_port": at + 1} for at, name in enumerate(_ODD)}
    hosts.write_text(json.dumps({"_meta": {"hostvars": found}, "web": {"hosts": list(found)}}), "utf-8")
    retry.parent.mkdir()
    for wanted in ([name] for name in _ODD):
        retry.write_text("".join(f"{name}\n" for name in wanted), "utf-8")
        assert [target.name for target in load([hosts], f"@{retry}").targets] == wanted
    retry.write_text("".join(f"{name}\n" for name in _ODD[::2]), "utf-8")
    assert [target.name for target in load([hosts], f"@{retry}").targets] == list(_ODD[::2])


def test_a_retry_of_hosts_that_are_gone_takes_no_time(tmp_path: Path) -> None:
    hosts, retry = tmp_path / "hosts", tmp_path / "failed.retry"
    hosts.write_text("web[00001:15000].example.com\n", "utf-8")
    retry.write_text("".join(f"old{number:05}.example.com\n" for number in range(500)), "utf-8")
    started = time.process_time()
    with pytest.raises(InventoryError) as raised:
        load([hosts], f"@{retry}")
    assert len(raised.value.faults) == 500
    assert time.process_time() - started < 15


@pytest.mark.parametrize(
    ("limit", "parts"),
    [
        ("a:b:!c", ["a", "b", "!c"]),
        ("a,b:c", ["a", "b:c"]),
        ("web[0:2]:db[1]", ["web[0:2]", "db[1]"]),
        ("2001:db8::1", ["2001:db8::1"]),
        ("~a:!b", ["~a", "!b"]),
        ("~(?:a|b)1:&c", ["~(?:a|b)1", "&c"]),
        ("@failed.retry:!db", ["@failed.retry", "!db"]),
    ],
)
def test_split(limit: str, parts: list[str]) -> None:
    assert split(limit) == parts


_NAMES = [f"h{number}" for number in range(8)]
_GROUPS = st.dictionaries(st.sampled_from(["a", "b", "c"]), st.lists(st.sampled_from(_NAMES), unique=True), min_size=3)


@_UNHURRIED
@given(
    groups=_GROUPS,
    terms=st.lists(st.tuples(st.sampled_from(["", "&", "!"]), st.sampled_from([*_NAMES, "a", "b", "c"])), min_size=1),
    seed=st.randoms(use_true_random=False),
)
def test_signs_are_set_algebra_in_any_order(
    groups: dict[str, list[str]], terms: list[tuple[str, str]], seed: object
) -> None:
    fleet = Fleet(hosts=dict.fromkeys(_NAMES), groups=groups)
    means = {name: set(groups.get(name, [name])) for _, name in terms}
    plain = [means[name] for sign, name in terms if not sign]
    wanted = set().union(*plain) if plain else set(_NAMES)
    for sign, name in terms:
        wanted = wanted & means[name] if sign == "&" else wanted
    for sign, name in terms:
        wanted = wanted - means[name] if sign == "!" else wanted
    shuffled = list(terms)
    seed.shuffle(shuffled)  # type: ignore[attr-defined]
    for order in (terms, shuffled):
        ledger = Ledger()
        found = select(",".join(sign + name for sign, name in order), fleet, ledger)
        assert found == [name for name in _NAMES if name in wanted]
        assert bool(ledger.faults) == (not wanted)


@_UNHURRIED
@given(limit=st.text(alphabet="ab[]:!&,~*?@0-9 .\\(|", max_size=12))
def test_any_text_gives_hosts_or_faults(limit: str) -> None:
    ledger = Ledger()
    found = select(limit, Fleet(hosts={"a": None, "b": None}, groups={"ab": ["a", "b"]}), ledger)
    assert found or ledger.faults
    assert set(found) <= {"a", "b"}
