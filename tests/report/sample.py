"""Realistic results: a good host, a bad one, one with two instances, one without Tomcat, one not reached."""

from __future__ import annotations

import dataclasses
import hashlib

from tomcat_fleet.guide.book import EDITION, Guide, Item
from tomcat_fleet.model.result import (
    EvidenceRow,
    ExcerptLine,
    FindingResult,
    GapResult,
    HostResult,
    InstanceResult,
    MethodResult,
    PasswordResult,
    SeenResult,
    Steps,
    TableResult,
    TargetResult,
    WaiverResult,
    Words,
)
from tomcat_fleet.model.status import Outcome, Severity, Status, worst
from tomcat_fleet.report.fact import SweepFacts
from tomcat_fleet.report.slug import slug

HIGH, MEDIUM, LOW = Severity.HIGH, Severity.MEDIUM, Severity.LOW
TITLES = {
    "WT-01": (HIGH, "관리자 페이지 관리", "Manager page access"),
    "WT-02": (HIGH, "관리자 계정명 변경", "Default administrator accounts"),
    "WT-03": (HIGH, "관리자 패스워드 관리", "Administrator password strength"),
    "WT-04": (HIGH, "패스워드 파일 관리", "Password file permissions"),
    "WT-05": (MEDIUM, "데몬 관리", "Daemon account"),
    "WT-06": (MEDIUM, "디렉터리 쓰기 권한 관리", "Directory permissions"),
    "WT-07": (HIGH, "소스·설정 파일 권한 관리", "Source and configuration file permissions"),
    "WT-08": (HIGH, "디렉터리 검색 기능 제거", "Directory listing"),
    "WT-09": (LOW, "에러 메시지 관리", "Error pages"),
    "WT-10": (LOW, "Examples 디렉터리 삭제", "Examples applications"),
    "WT-11": (MEDIUM, "프로세스 관리 기능 삭제", "Process management functions"),
    "WT-12": (HIGH, "로그 디렉터리·파일 권한 관리", "Log directory and file permissions"),
    "WT-13": (HIGH, "최신 패치 적용", "Patch level"),
}
SWEEP = "20261123T175014Z-7f3a"
POLICY = {"dir_group_execute": "literal", "owner_root": "accept", "password_classes": "3", "upload_dirs": ""}
BASE = "/opt/tomcat"


def words(ko: str, en: str) -> Words:
    return Words(ko=ko, en=en)


def steps(ko: str, en: str) -> Steps:
    return Steps(ko=tuple(ko.split("|")), en=tuple(en.split("|")))


def _item(code: str) -> Item:
    severity, ko, en = TITLES[code]
    return Item(
        item=code,
        slug=f"check_{code[3:]}",
        severity=severity,
        controls=(f"cis-tomcat9-1.2:{code[3:]}.1", "stig-tomcat9:V-222970"),
        sources=("TC-VALVE",),
        title=words(ko, en),
        why=words(
            "설정이 느슨하면 외부에서 관리 기능에 도달할 수 있습니다.",
            "A loose setting lets outsiders reach administration functions.",
        ),
        criterion=words(
            f"{ko} 기준을 충족하면 양호, 그렇지 않으면 취약입니다.",
            f"Passes when the rule for “{en.lower()}” is met; fails otherwise.",
        ),
        reading=words("원문 기준이 뒤바뀌어 있어, 로그가 존재하고 보호되면 양호로 판정합니다.",
                      "The printed criterion is inverted; it passes when logs exist and are protected.")
        if code in ("WT-11", "WT-12") else None,
        remedy=steps(
            "설정 파일을 백업합니다.|아래 값으로 변경합니다.|Tomcat을 다시 시작합니다.",
            "Back up the file.|Set the value below.|Restart Tomcat.",
        ),
        impact=words("Tomcat을 다시 시작해야 하며, 허용한 주소 외에는 접속할 수 없게 됩니다.",
                     "Tomcat must be restarted, and other addresses lose access."),
        manual_steps=steps("담당자에게 사용 여부를 확인합니다.|확인 결과를 기록합니다.",
                           "Ask the owner whether it is used.|Write down the answer."),
        reasons={},
        remedies={},
    )  # fmt: skip


def guide() -> Guide:
    return Guide(
        items={code: _item(code) for code in TITLES},
        gaps={
            "denied": words("권한이 없어 읽지 못했습니다.", "Permission was refused."),
            "truncated": words("크기 제한을 넘어 일부만 읽었습니다.", "It is larger than the cap."),
        },
        defects={},
        outcomes={
            "unreachable": words("연결하지 못했습니다.", "No connection could be made."),
            "hostkey_changed": words("등록된 호스트 키와 다릅니다.", "The host key differs from the enrolled one."),
        },
    )


def facts() -> SweepFacts:
    return SweepFacts(
        sweep=SWEEP,
        started="2026-11-23T17:50:14Z",
        tool="0.1.0",
        guide=EDITION,
        advisories_date="2026-11-23",
        tables={
            "advisories": TableResult(
                date="2026-11-23", sha256=sha("advisories"), source="/home/auditor/advisories.json"
            ),
            "releases": TableResult(date="2026-11-24", sha256=sha("releases"), source="bundled"),
        },
        policy=POLICY,
        inventory_sha256={"inventory/hosts.toml": sha("hosts")},
    )


def sha(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def lines(first: int, text: str, mark: int) -> tuple[ExcerptLine, ...]:
    return tuple(
        ExcerptLine(number=number, text=line, mark=number == mark)
        for number, line in enumerate(text.split("\n"), start=first)
    )


def finding(item: str, status: Status, reason: str, message: Words, subject: str = "", **more: object) -> FindingResult:
    made = FindingResult(
        item=item, status=status, severity=TITLES[item][0], reason=reason, subject=subject, message=message
    )
    return dataclasses.replace(made, **more)  # type: ignore[arg-type]


VALVE = r'<Valve className="org.apache.catalina.valves.RemoteAddrValve" allow="127\.\d+\.\d+\.\d+|::1" />'
LISTING = """    <servlet>
        <servlet-name>default</servlet-name>
        <servlet-class>org.apache.catalina.servlets.DefaultServlet</servlet-class>
        <init-param>
            <param-name>listings</param-name>
            <param-value>true</param-value>
        </init-param>"""
MANAGER = """<?xml version="1.0" encoding="UTF-8"?>
<Context antiResourceLocking="false" privileged="true">
  <CookieProcessor className="org.apache.tomcat.util.http.Rfc6265CookieProcessor"
                   sameSiteCookies="strict" />
</Context>"""


def good_findings(base: str = BASE) -> list[FindingResult]:
    ok = words("기준을 충족합니다.", "The rule is met.")
    found = [finding(code, Status.PASS, "met", ok, base) for code in TITLES if code not in ("WT-03", "WT-08")]
    found.append(finding("WT-03", Status.NOT_APPLICABLE, "no-users",
                         words("활성 사용자가 없습니다.", "There are no active users.")))  # fmt: skip
    found.append(
        finding(
            "WT-08", Status.PASS, "off",
            words("디렉터리 목록 표시가 꺼져 있습니다.", "Directory listings are off."),
            f"{base}/conf/web.xml",
            evidence=(EvidenceRow(kind="file", source=f"{base}/conf/web.xml", line=113, excerpt="false",
                                  context=lines(108, LISTING.replace("true", "false"), 113), sha256=sha("web")),),
        )
    )  # fmt: skip
    return sorted(found, key=lambda one: one.item)


def bad_findings(base: str = BASE) -> list[FindingResult]:
    found = {one.item: [one] for one in good_findings(base)}
    found["WT-01"] = [
        finding("WT-01", Status.FAIL, "no-filter",
                words("/manager에 접속 주소 제한이 없어 누구나 접속할 수 있습니다.",
                      "/manager has no address filter: anyone can reach it."),
                "/manager",
                evidence=(EvidenceRow(kind="file", source=f"{base}/conf/Catalina/localhost/manager.xml", line=2,
                                      context=lines(1, MANAGER, 2), sha256=sha("manager")),),
                remediation=steps("manager.xml의 Context 안에 아래 Valve를 추가합니다.|Tomcat을 다시 시작합니다.",
                                  "Put the Valve below inside the Context of manager.xml.|Restart Tomcat."),
                commands=(VALVE,)),
        finding("WT-01", Status.PASS, "restricted",
                words("/host-manager는 127.0.0.1에서만 접속됩니다.", "/host-manager answers 127.0.0.1 only."),
                "/host-manager",
                notes=(words("사설 대역 전체가 허용되어 있습니다.", "A whole private block is allowed."),)),
    ]  # fmt: skip
    found["WT-04"] = [
        finding("WT-04", Status.FAIL, "excess-other",
                words("다른 계정이 비밀번호 파일을 읽을 수 있습니다 (0644, 허용 0700).",
                      "Other accounts can read the password file (0644, allowed 0700)."),
                f"{base}/conf/tomcat-users.xml",
                evidence=(EvidenceRow(kind="status", source=f"{base}/conf/tomcat-users.xml",
                                      excerpt="-rw-r--r-- 0644 tomcat(998):tomcat(998) 2,756 B"),),
                commands=(f"chmod 0600 {base}/conf/tomcat-users.xml",)),
    ]  # fmt: skip
    found["WT-05"] = [
        finding("WT-05", Status.FAIL, "root",
                words("JVM이 root 계정(uid 0)으로 실행되고 있습니다.", "The JVM runs as root (uid 0)."), "pid 812",
                evidence=(EvidenceRow(kind="process", source="pid 812",
                                      excerpt=f"uid 0 root  /usr/lib/jvm/java-17-openjdk-amd64/bin/java "
                                              f"-Djava.util.logging.config.file={base}/conf/logging.properties "
                                              f"-Dcatalina.base={base} -Dcatalina.home={base} "
                                              "org.apache.catalina.startup.Bootstrap start"),),
                commands=("systemctl edit tomcat.service",)),
    ]  # fmt: skip
    found["WT-07"] = [
        finding("WT-07", Status.FAIL, "excess-group-read",
                words("설정 파일을 그룹이 읽을 수 있습니다 (0640, 허용 0700).",
                      "The group can read a configuration file (0640, allowed 0700)."),
                f"{base}/conf/{name}",
                evidence=(EvidenceRow(kind="status", source=f"{base}/conf/{name}",
                                      excerpt="-rw-r----- 0640 root(0):tomcat(998) 7,580 B"),),
                commands=(f"chmod 0600 {base}/conf/{name}",))
        for name in ("server.xml", "context.xml", "web.xml", "catalina.policy")
    ]  # fmt: skip
    found["WT-08"] = [
        finding("WT-08", Status.FAIL, "on",
                words("디렉터리 목록 표시가 켜져 있습니다.", "Directory listings are on."), f"{base}/conf/web.xml",
                evidence=(EvidenceRow(kind="file", source=f"{base}/conf/web.xml", line=113, excerpt="true",
                                      context=lines(108, LISTING, 113), sha256=sha("web2")),),
                commands=(f"sed -i.bak '113s/true/false/' {base}/conf/web.xml",)),
    ]  # fmt: skip
    found["WT-11"] = [finding("WT-11", Status.MANUAL, "not-deployed",
                              words("manager가 있으나 배포되지 않았습니다. 필요 여부를 확인해야 합니다.",
                                    "manager is present but not deployed. Is it needed?"),
                              f"{base}/webapps/manager")]  # fmt: skip
    found["WT-12"] = [
        finding("WT-12", Status.UNKNOWN, "unreadable",
                words("로그 디렉터리를 읽지 못해 판정할 수 없습니다.",
                      "The log directory could not be read, so nothing can be said."), f"{base}/logs",
                evidence=(EvidenceRow(kind="gap", source=f"{base}/logs", excerpt="denied"),)),
    ]  # fmt: skip
    found["WT-13"] = [
        finding("WT-13", Status.FAIL, "behind",
                words("9.0.50에는 알려진 취약점이 23건 있습니다. 9.0.120으로 올려야 합니다.",
                      "9.0.50 has 23 known vulnerabilities. Upgrade to 9.0.120."), "9.0.50",
                evidence=(EvidenceRow(kind="observation", source="ServerInfo.properties",
                                      excerpt="server.info=Apache Tomcat/9.0.50"),
                          EvidenceRow(kind="observation", source="advisories 2026-11-23",
                                      excerpt="CVE-2021-43980 CVE-2022-23181 CVE-2022-42252 CVE-2023-28708 … (23)"))),
    ]  # fmt: skip
    return [one for code in TITLES for one in found[code]]


def instance(
    findings: list[FindingResult], base: str = BASE, version: str | None = "10.1.60", user: str = "tomcat"
) -> InstanceResult:
    verdicts = {code: worst(one.status for one in findings if one.item == code) for code in TITLES}
    return InstanceResult(
        base=base,
        home=base,
        version=version,
        running=True,
        uid=0 if user == "root" else 998,
        user=user,
        verdicts=verdicts,
        findings=tuple(findings),
    )


def target(
    name: str, instances: tuple[InstanceResult, ...] = (), outcome: Outcome = Outcome.AUDITED, **more: object
) -> TargetResult:
    reached = outcome in (Outcome.AUDITED, Outcome.PARTIAL, Outcome.NO_TOMCAT)
    verdicts = {code: worst(one.verdicts[code] for one in instances) for code in TITLES} if instances else {}
    made = TargetResult(
        sweep=SWEEP,
        target=name,
        slug=slug(name),
        address="192.0.2.10",
        port=22,
        zone="dmz",
        groups=("web", "prod"),
        outcome=outcome,
        outcome_reason=None if reached else "connect: timed out after 10 s",
        outcome_message=guide().outcomes.get(outcome),
        started="2026-11-23T17:50:14Z",
        duration_s=0.41,
        host=HostResult(os="linux", hostname=f"{name}.internal", release="Ubuntu 22.04.5 LTS", kernel="5.15.0-126",
                        clock_skew_s=1) if reached else None,
        verdicts=verdicts,
        instances=instances,
        method=MethodResult(
            transport="asyncssh", account="audit", address="192.0.2.10:22",
            host_key="SHA256:Xo4c0q0zZ0Yw3n2yVbT1rE9mHkq8uJ5sLd7fGaPi6Nw", jump="bastion.dmz", become="sudo",
            profile="modern", algorithms=("curve25519-sha256", "ssh-ed25519", "aes128-gcm@openssh.com"),
            collector="posix 1 (sha256 4be1c0d2…)", rounds=2, bytes_in=248_113, records=412,
            stream_sha256=sha("stream"),
            files={f"{BASE}/conf/{file}": sha(file) for file in ("server.xml", "web.xml", "tomcat-users.xml")},
        ) if reached else None,
    )  # fmt: skip
    return dataclasses.replace(made, **more)  # type: ignore[arg-type]


def good() -> TargetResult:
    return target("web01", (instance(good_findings()),))


def bad() -> TargetResult:
    return target(
        "web02.dmz.example",
        (instance(bad_findings(), version="9.0.50", user="root"),),
        Outcome.PARTIAL,
        gaps=(
            GapResult(source=f"{BASE}/logs", gap="denied", detail="ls: Permission denied",
                      help="audit ALL=(tomcat) NOPASSWD: /bin/sh"),
        ),
        seen=(SeenResult(kind="embedded", subject="/srv/app/app.jar", detail="tomcat-embed-core 9.0.65"),),
    )  # fmt: skip


def two() -> TargetResult:
    return target(
        "was-03",
        (
            instance(bad_findings("/srv/tomcat/shop"), "/srv/tomcat/shop", "9.0.50", "root"),
            instance(good_findings("/srv/tomcat/admin-console"), "/srv/tomcat/admin-console", "10.1.60", "tomcat"),
        ),
        zone="intranet",
    )


def absent() -> TargetResult:
    return target("batch-01", (), Outcome.NO_TOMCAT, zone="intranet")


def unreachable() -> TargetResult:
    return target("web09", (), Outcome.UNREACHABLE)


def changed() -> TargetResult:
    return target(
        "web10", (), Outcome.HOSTKEY_CHANGED, outcome_reason="ssh-ed25519 SHA256:9f2c… is not the enrolled key"
    )


HOSTILE = (
    "<script>alert(1)</script>",
    '" onmouseover="alert(1)',
    "javascript:alert(1)",
    "</script><script>alert(1)</script>",
    "</style><img src=x onerror=alert(1)>",
    "]]><svg/onload=alert(1)>",
    "{{ 7*7 }}{% raw %}",
    "{0.__class__}{n}",
    "a\u202egnp.exe",
    "\x1b[31mred\x07\x00\x9b",
    "\u2066hidden\u2069\u200b\ufeff",
    "line\nbreak\r\nand\ttab\u2028sep",
    '\\2022 "; } body { display: none } /*',
    "가" * 120,
)


def hostile(text: str) -> TargetResult:
    """Every string of a result that anyone but us could choose is ``text``."""
    bad_words = words(text, text)
    held = WaiverResult(who=text, why=text, until="2027-03-31", source=text)
    shown = [
        finding(code, Status.FAIL, "no-filter", bad_words, text, notes=(bad_words,), commands=(text,),
                remediation=Steps(ko=(text,), en=(text,)),
                waiver=held if code < "WT-07" else None, expired_waiver=None if code < "WT-07" else held,
                evidence=tuple(EvidenceRow(kind=kind, source=text, line=3, excerpt=text, sha256=sha(text),
                                           context=lines(2, f"x\n{text}", 3) if kind == "file" else ())
                               for kind in ("file", "status", "process", "gap", "observation")))
        for code in TITLES
    ]  # fmt: skip
    known = (PasswordResult(account=text, source=text, fingerprint="f" * 16),)
    one = dataclasses.replace(instance(shown), base=text, home=text, version=text, user=text, passwords=known)
    method = MethodResult(transport=text, account=text, address=text, host_key=text, jump=text, become=text,
                          profile=text, algorithms=(text, f"ssh-rsa {text}"),
                          collector=text, command=text, files={text: sha(text)}, stream_sha256=text)  # fmt: skip
    return target(
        text, (one, dataclasses.replace(one, base=f"{text}2")), Outcome.PARTIAL,
        address=text, zone=text, groups=(text,), outcome_reason=text, outcome_message=bad_words, method=method,
        host=HostResult(os=text, hostname=text, release=text, kernel=text),
        gaps=(GapResult(source=text, gap=text, detail=text, help=text),),
        seen=(SeenResult(kind=text, subject=text, detail=text),),
    )  # fmt: skip


def password(account: str, fingerprint: str, base: str = BASE) -> PasswordResult:
    return PasswordResult(account=account, source=f"{base}/conf/tomcat-users.xml", fingerprint=fingerprint)


def knowing(result: TargetResult, *passwords: PasswordResult) -> TargetResult:
    """``result`` with these passwords on its first instance."""
    first, *others = result.instances
    return dataclasses.replace(result, instances=(dataclasses.replace(first, passwords=passwords), *others))


def fleet() -> list[TargetResult]:
    more = [dataclasses.replace(good(), target=f"web{n}", slug=slug(f"web{n}")) for n in range(20, 29)]
    more = [knowing(result, password("deploy", "5" * 16)) for result in more]
    known = (password("admin", "a" * 16), password("ops", "0" * 16))
    return [good(), knowing(bad(), *known), knowing(two(), known[1]), absent(), unreachable(), changed(), *more]
