"""The canonical result: one ``TargetResult`` per line of results.jsonl. Its keys are a contract."""

from __future__ import annotations

from dataclasses import dataclass, field

from tomcat_fleet.model.status import Outcome, Severity, Status

SCHEMA = "tomcat-fleet/target-result/1"
SUMMARY_SCHEMA = "tomcat-fleet/sweep-summary/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One sentence in both languages."""

    ko: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """Lines in both languages, in order."""

    ko: tuple[str, ...]
    en: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcerptLine:
    """One line of redacted source; ``mark`` on the decisive one."""

    number: int
    text: str
    mark: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRow:
    """One piece of evidence. ``kind``: file, status, process, gap, observation."""

    kind: str
    source: str
    line: int | None = None
    excerpt: str | None = None
    context: tuple[ExcerptLine, ...] = ()
    sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverResult:
    """Who has accepted a risk, as laid over a finding. It changes nothing of the finding."""

    who: str
    why: str
    until: str  # 2027-03-31, inclusive
    source: str = ""  # waivers.toml:12
    expiring: bool = False  # within 30 days of the sweep's day


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingResult:
    """One finding with its words filled in."""

    item: str
    status: Status
    severity: Severity
    reason: str
    subject: str
    message: Words
    notes: tuple[Words, ...] = ()
    evidence: tuple[EvidenceRow, ...] = ()
    remediation: Steps = field(default_factory=lambda: Steps(ko=(), en=()))
    commands: tuple[str, ...] = ()
    waiver: WaiverResult | None = None  # in force on the sweep's day: shown, and left out of --fail-on
    expired_waiver: WaiverResult | None = None  # has run out: the finding counts again


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordResult:
    """An account that logs in with a password. Equal passwords of one sweep have equal fingerprints."""

    account: str
    source: str  # the user file
    fingerprint: str  # keyed; the key is gone when the sweep is over


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceResult:
    """All verdicts and findings of one instance."""

    base: str
    home: str
    version: str | None
    running: bool | None
    uid: int | None
    user: str | None
    verdicts: dict[str, Status]
    findings: tuple[FindingResult, ...]
    passwords: tuple[PasswordResult, ...] = ()  # those of the realms in force, none that is empty


@dataclass(frozen=True, slots=True, kw_only=True)
class HostResult:
    """The machine."""

    os: str
    hostname: str
    release: str = ""
    kernel: str = ""
    clock_skew_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GapResult:
    """Something that could not be read, and the line that would help."""

    source: str
    gap: str
    detail: str = ""
    help: str = ""  # e.g. a sudoers line


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenResult:
    """Something noticed that is listed, not audited: an embedded Tomcat, a foreign candidate."""

    kind: str
    subject: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodResult:
    """How the host was read: for the report's integrity section."""

    transport: str
    account: str = ""
    address: str = ""
    host_key: str = ""  # SHA256:… fingerprint
    profile: str = ""  # ssh_profile
    algorithms: tuple[str, ...] = ()  # what was agreed on: key exchange, host key, cipher, MAC
    jump: str | None = None
    become: str | None = None
    collector: str = ""
    command: str = "sh -s"
    rounds: int = 0
    bytes_in: int = 0
    records: int = 0
    stream_sha256: str = ""
    evidence_sha256: str = ""  # last link of the chain over the stored, redacted records
    files: dict[str, str] = field(default_factory=dict)  # path -> sha256 of what was read


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetResult:
    """One line of results.jsonl. Every target of the inventory has exactly one."""

    schema: str = SCHEMA
    sweep: str
    target: str
    slug: str
    address: str
    port: int
    zone: str | None
    groups: tuple[str, ...] = ()
    outcome: Outcome
    outcome_reason: str | None
    outcome_message: Words | None = None
    started: str  # 2026-11-23T17:50:14Z, the auditor's clock
    duration_s: float
    host: HostResult | None = None
    verdicts: dict[str, Status] = field(default_factory=dict)
    instances: tuple[InstanceResult, ...] = ()
    seen: tuple[SeenResult, ...] = ()
    gaps: tuple[GapResult, ...] = ()
    method: MethodResult | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TableResult:
    """One of the patch tables that a sweep used."""

    date: str
    sha256: str
    source: str  # bundled, or the path of an installed table


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedPassword:
    """One password found on several hosts. Names of accounts and targets in order, the first of many."""

    hosts: int
    accounts: tuple[str, ...]
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedHostKey:
    """One SSH host key that several targets have presented."""

    key: str  # SHA256:… fingerprint
    hosts: int
    targets: tuple[str, ...]  # the first by name


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverUse:
    """One waiver of the file that a sweep was given, and what it was laid over."""

    who: str
    why: str
    until: str
    source: str
    state: str  # in_force, expiring, expired
    scope: dict[str, tuple[str, ...]] = field(default_factory=dict)  # items, targets, instances, subjects: its patterns
    findings: int = 0  # that it covers, or covered until it expired
    hosts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A verdict of one instance that is not what it was."""

    kind: str  # new, fixed, reopened
    target: str
    slug: str
    base: str
    item: str
    severity: Severity
    was: Status | None  # None: the instance was not known
    now: Status
    since: str = ""  # fixed: day of the first failure; reopened: day of the last pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What is different since an earlier sweep, and all that was known then. A host not known then has no changes."""

    sweep: str  # the earlier one
    started: str
    new: int
    fixed: int
    reopened: int
    compared: int  # instances
    score: float | None = None  # of the earlier sweep
    targets: int = 0  # of the earlier sweep
    instances: int = 0
    statuses: dict[Status, int] = field(default_factory=dict)
    outcomes: dict[Outcome, int] = field(default_factory=dict)
    listed: tuple[Change, ...] = ()  # the most severe first, the first of many
    unseen: tuple[
        str, ...
    ] = ()  # targets that were audited then and are not in this sweep's results, the first of many
    unseen_total: int = 0
    first_seen: tuple[str, ...] = ()  # targets that nothing was known of then, the first of many
    first_seen_total: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendPoint:
    """One sweep in a row of them."""

    sweep: str
    started: str
    targets: int
    instances: int
    statuses: dict[Status, int]
    incomplete: int  # targets that were not fully audited
    score: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepSummary:
    """summary.json."""

    schema: str = SUMMARY_SCHEMA
    sweep: str
    started: str
    finished: str
    tool: str  # version of tomcat-fleet
    guide: str
    advisories_date: str
    tables: dict[str, TableResult] = field(default_factory=dict)  # advisories, releases
    policy: dict[str, str]
    inventory_sha256: dict[str, str]  # file -> hash
    limit: str | None
    targets: int
    instances: int
    outcomes: dict[Outcome, int]
    statuses: dict[Status, int]  # instance verdicts
    items: dict[str, dict[Status, int]]  # WT-01 -> status -> instances
    severities: dict[Severity, dict[Status, int]]
    score: float | None  # pass / (pass + fail) * 100 over instance verdicts; None when there is neither
    complete: bool
    passwords: int = 0  # compared with each other, over all instances
    shared_passwords: tuple[SharedPassword, ...] = ()  # the first of many, those on most hosts first
    shared_passwords_total: int = 0
    shared_host_keys: tuple[SharedHostKey, ...] = ()  # the first of many, those of most hosts first
    shared_host_keys_total: int = 0
    wrong_clocks: int = 0  # hosts whose clock differs by more than two minutes
    weak_ssh: int = 0  # hosts that agreed on nothing better than algorithms of another time
    passwords_left_out: int = 0  # more than could be remembered; not compared
    series: str = ""  # sweeps of one series are compared with each other
    day: str = ""  # 2026-11-24, the auditor's own: by it is judged, and a waiver in force or not
    runs: int = 1  # more when the sweep was interrupted and gone on with
    waived: dict[str, int] = field(default_factory=dict)  # item -> failing instances whose every failure is waived
    waived_severities: dict[Severity, int] = field(default_factory=dict)  # the same; all are part of the failures
    waivers: tuple[WaiverUse, ...] = ()  # every waiver of the file
    changes: Changes | None = None  # None: no earlier sweep is known
    trend: tuple[TrendPoint, ...] = ()  # at most 30 sweeps of this fleet, this one last
