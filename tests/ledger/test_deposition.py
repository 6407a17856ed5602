"""Evidence that was stored is the evidence that was seen, and leads to the same result to the byte."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from tests import stock
from tests.property.generated import LAYOUTS, Plan, plans
from tests.verdict import TARGET, result_of
from tomcat_fleet.errors import EvidenceError
from tomcat_fleet.ledger.chain import chained, unchained
from tomcat_fleet.ledger.deposition import Deposition, read, records
from tomcat_fleet.model.collected import Collected
from tomcat_fleet.model.evidence import Evidence
from tomcat_fleet.model.result import MethodResult
from tomcat_fleet.model.target import Become, InstanceHint, Target

METHOD = MethodResult(transport="asyncssh", account="audit", files={"/b": "1", "/a": "2"}, records=7)
SECRETIVE = Target(
    name="web01",
    address="192.0.2.1",
    user="audit",
    key_files=("/home/audit/.ssh/id",),
    password="env:C4NARY_REFERENCE",
    groups=("web", "prod"),
    become=Become(user="tomcat"),
    instances=(InstanceHint(base="/opt/tomcat", was_accounts=("tomcat",)),),
    source="fleet.toml:7",
    variables={"db_password": "C4NARY-variable"},
)


def deposition(evidence: Evidence, target: Target = TARGET) -> Deposition:
    return Deposition(
        target=target,
        slug="virtual-00000000",
        started="2026-11-23T12:00:00Z",
        duration_s=0.1,
        collected=Collected(evidence=evidence, method=METHOD),
    )


def same_again(evidence: Evidence) -> None:
    given_in = deposition(evidence)
    lines = list(records(given_in))
    back = read(unchained(chained(lines)))
    assert back == given_in
    assert list(records(back)) == lines
    first, second = (msgspec.json.encode(result_of(each)) for each in (evidence, back.collected.evidence))
    assert first == second


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_leads_to_the_same_result_again(layout: str) -> None:
    same_again(stock.named(layout).evidence())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(plan=plans())
def test_so_does_a_host_that_nobody_chose(plan: Plan) -> None:
    same_again(plan.host().evidence())


def test_how_to_log_in_and_variables_are_not_kept() -> None:
    lines = b"\n".join(records(deposition(stock.named("good").evidence(), SECRETIVE)))
    for part in (b"C4NARY", b"/home/audit", b"fleet.toml"):
        assert part not in lines
    back = read(lines.split(b"\n")).target
    assert (back.name, back.groups, back.become, back.instances) == (
        SECRETIVE.name,
        SECRETIVE.groups,
        SECRETIVE.become,
        SECRETIVE.instances,
    )


def test_what_an_earlier_release_wrote_of_the_way_it_read_still_reads() -> None:
    lines = [*records(deposition(stock.named("good").evidence()))]
    old = [line.replace(b'"profile":"",', b"").replace(b'"algorithms":[],', b"") for line in lines]
    assert old != lines
    assert read(old) == read(lines)


@pytest.mark.parametrize("kind", ["target", "turn", "method", "host", "processes", "search", "units", "candidates"])
def test_without_one_of_its_parts_it_is_none(kind: str) -> None:
    lines = [line for line in records(deposition(stock.named("good").evidence())) if f'"{kind}"'.encode() not in line]
    with pytest.raises(EvidenceError, match="is not what this version of the tool writes"):
        read(lines)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{}",
        b'{"kind":"answer","key":["status","/x"],"known":null}',
        b'{"kind":"answer","key":["stat","/x",""],"known":null}',
        b'{"kind":"answer","key":["status","/x",""]}',
        b'{"kind":"answer","key":["status","/x",""],"known":{"path":"/x"}}',
        b'{"kind":"account","known":null}',
        b'{"kind":"mystery","known":null}',
        b'{"kind":"host","known":null}',
        b'{"kind":"host","extra":1,"known":null}',
        b'{"kind":"answer","key":["status","/x",""],"unknown":{"gap":"fine","source":"/x"}}',
    ],
)
def test_a_line_of_another_kind_is_refused(line: bytes) -> None:
    with pytest.raises(EvidenceError):
        read([*records(deposition(stock.named("good").evidence())), line])
