"""What holds for every check: a good instance passes, not knowing is never a pass, order is nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace

import pytest

from tests.good_instance import CONTEXT, GOOD, access, admin_context, instance, listing_file, realm, servlet, user
from tomcat_fleet.checks import ALL
from tomcat_fleet.guide import book
from tomcat_fleet.model.access import AddressClass
from tomcat_fleet.model.check import Check
from tomcat_fleet.model.fact import Gap, Known, Unknown
from tomcat_fleet.model.instance import Instance
from tomcat_fleet.model.place import Place
from tomcat_fleet.model.status import WORST_FIRST, Status, worst

LOST = Unknown(Gap.DENIED, "/opt/tomcat")
DECIDES: Mapping[str, frozenset[str]] = {
    "admin_contexts": frozenset({"WT-01", "WT-11"}),
    "realms": frozenset({"WT-02", "WT-03"}),
    "password_files": frozenset({"WT-04"}),
    "daemons": frozenset({"WT-05"}),
    "directories": frozenset({"WT-06"}),
    "config_files": frozenset({"WT-07"}),
    "listing_files": frozenset({"WT-08"}),
    "error_pages": frozenset({"WT-09"}),
    "examples": frozenset({"WT-10"}),
    "process_managers": frozenset({"WT-11"}),
    "patch": frozenset({"WT-13"}),
}
each_check = pytest.mark.parametrize("check", ALL, ids=lambda check: check.item)


def verdicts(subject: Instance) -> dict[str, Status]:
    return {check.item: worst(finding.status for finding in check.judge(subject, CONTEXT)) for check in ALL}


@each_check
def test_the_good_instance_passes_with_evidence_and_words(check: Check) -> None:
    findings = list(check.judge(GOOD, CONTEXT))
    assert worst(finding.status for finding in findings) is Status.PASS
    for finding in findings:
        assert finding.refs
        assert not finding.commands
        for reason in (finding.reason, *finding.notes):
            said = book.load().say(check.item, reason, finding.params)
            assert said.ko
            assert said.en


@pytest.mark.parametrize("part", DECIDES)
def test_what_cannot_be_read_is_never_a_pass(part: str) -> None:
    found = verdicts(instance(**{part: LOST}))
    assert {item for item, status in found.items() if status is Status.UNKNOWN} >= DECIDES[part]


@pytest.mark.parametrize("part", [one.name for one in fields(Instance) if isinstance(getattr(GOOD, one.name), Known)])
def test_not_knowing_never_improves_a_verdict(part: str) -> None:
    before, after = verdicts(GOOD), verdicts(instance(**{part: LOST}))
    assert all(WORST_FIRST.index(after[item]) <= WORST_FIRST.index(before[item]) for item in before)


@each_check
def test_order_changes_nothing(check: Check) -> None:
    tools = admin_context(path="/tools", access=Known(access(frozenset(AddressClass))), doc_base="/srv/tools")
    contexts = (admin_context(), tools)
    realms = (realm(user("admin")), realm(user(), path="/etc/ops.xml"))
    servlets = (servlet(), servlet(name="dav", listings=Known(value=True), place=Place("/opt/tomcat/conf/web.xml", 9)))

    def findings(step: int) -> set[tuple[str, str, Status]]:
        subject = replace(
            GOOD,
            admin_contexts=Known(contexts[::step]),
            realms=Known(realms[::step]),
            listing_files=Known((listing_file(servlets=Known(servlets[::step])),)),
        )
        return {(one.subject, one.reason.value, one.status) for one in check.judge(subject, CONTEXT)}

    assert findings(-1) == findings(1)
