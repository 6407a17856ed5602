"""Running a check in a test, with proof that whatever it says has evidence and words."""

from __future__ import annotations

import string
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.good_instance import (
    BASE,
    CONTEXT,
    instance,
)
from tomcat_fleet.checks import (
    daemon_account,
    directory_permissions,
    file_permissions,
    log_permissions,
    password_file,
    patch_level,
)
from tomcat_fleet.model.check import Check, Context, Finding
from tomcat_fleet.model.fact import Gap, Known, Unknown
from tomcat_fleet.model.instance import Instance
from tomcat_fleet.model.status import WORST_FIRST, Status, worst
from tomcat_fleet.model.storage import Owners

CHECKS = (
    password_file.CHECK,
    daemon_account.CHECK,
    directory_permissions.CHECK,
    file_permissions.CHECK,
    log_permissions.CHECK,
    patch_level.CHECK,
)
FOLDER = Path(password_file.__file__).parent.parent
WORDS = {check.slug: tomllib.loads((FOLDER / check.slug / "guide.toml").read_text("utf-8")) for check in CHECKS}
DENIED: Unknown = Unknown(Gap.DENIED, "/etc/x")
NOBODY = Owners(uids=frozenset(), names=(), known=Unknown(Gap.MISSING, "ps"))
USERS = f"{BASE}/conf/tomcat-users.xml"


def fields(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def run(check: Check, subject: Instance, context: Context = CONTEXT) -> list[Finding]:
    """Findings of a check, each proven to carry evidence and to have words in both languages for all it says."""
    found = list(check.judge(subject, context))
    assert found, "silence proves nothing"
    for finding in found:
        assert finding.refs
        for reason in (finding.reason, *finding.notes):
            for sentence in WORDS[check.slug]["reasons"][reason].values():
                assert fields(sentence) <= set(finding.params), (reason, finding.params)
        if "gap" in finding.params:
            assert Gap(finding.params["gap"])
        if finding.status is Status.UNKNOWN:
            assert "gap" in finding.params
    return found


def outcome(findings: Iterable[Finding]) -> tuple[str, set[str]]:
    """Worst status, and the reasons that gave it."""
    found = list(findings)
    status = worst(finding.status for finding in found)
    return status, {finding.reason.value for finding in found if finding.status is status}


def severity(findings: Iterable[Finding]) -> int:
    return -WORST_FIRST.index(worst(finding.status for finding in findings))


def stopped(**other: Any) -> Instance:
    parts = {"running": Known(value=False), "daemons": Known(())} | other
    return instance(**parts)
