"""What the columns of an asset list mean, by their headings in Korean and English."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

NAME = "name"
GROUPS = "groups"

# Meaning, as the inventory's native keys spell it -> headings; case, blanks, _ and - do not matter.
_HEADINGS: Mapping[str, str] = {
    NAME: "호스트명 호스트 호스트이름 서버명 서버 서버이름 장비명 hostname host name server servername",
    "address": "ip ip주소 아이피 아이피주소 주소 접속ip 접속주소 관리ip 서버ip ipaddress address ansiblehost",
    "port": "포트 포트번호 ssh포트 접속포트 port sshport ansibleport",
    "user": "계정 계정명 접속계정 로그인계정 점검계정 사용자 사용자명 user username account login ansibleuser",
    GROUPS: "업무구분 업무 업무명 업무그룹 그룹 그룹명 group groups groupname",
    "zone": "존 구역 망 망구분 네트워크구역 zone networkzone",
    "tomcat_bases": "톰캣경로 톰캣 톰캣설치경로 tomcat경로 인스턴스경로 catalinabase tomcatbase tomcatbases tomcatpath",
    "os": "운영체제 os os종류 os명 os버전 operatingsystem platform",
    "key_files": "키 키파일 개인키 ssh키 key keyfile keyfiles privatekey sshkey identityfile",
    "jump": "점프 점프서버 점프호스트 경유 경유서버 배스천 bastion bastionhost jump jumphost jumpserver proxyjump",
    "ssh_profile": "프로파일 ssh프로파일 profile sshprofile",
    "password": "비밀번호 패스워드 암호 비번 password passwd passphrase pwd pw pass ansiblepassword ansiblesshpass",
    "become": "권한상승 become sudo",
    "was_accounts": "was계정 톰캣계정 tomcat계정 wasaccount wasaccounts tomcatuser",
    "host_key_alias": "호스트키별칭 hostkeyalias",
    "key_passphrase": "키암호 개인키암호 keypassphrase",
    "transport": "접속방식 transport ansibleconnection",
}
_MEANINGS = {heading: meaning for meaning, headings in _HEADINGS.items() for heading in headings.split()}
_SECRET = re.compile(r"비밀번호|패스워드|암호|비번|passw|passphrase|pwd|\bpw\b", re.IGNORECASE)
_SYSTEMS = (
    ("windows", ("windows", "win", "윈도우", "윈도")),
    ("linux", ("linux", "rhel", "redhat", "red hat", "centos", "rocky", "alma", "oel", "ubuntu", "debian", "suse",
               "sles", "amazon", "fedora", "navix", "리눅스")),
    ("aix", ("aix",)), ("hpux", ("hp-ux", "hpux", "hp ux")), ("solaris", ("solaris", "sunos")),
    ("freebsd", ("freebsd",)),
)  # fmt: skip
_DELIMITERS = ",;\t"


def meaning_of(heading: str) -> str | None:
    """Return what a column holds; None when it is the operator's own."""
    return _MEANINGS.get(re.sub(r"[\s_\-]+", "", unicodedata.normalize("NFKC", heading)).casefold())


def names_machines(cells: Sequence[str], others: int = 0) -> bool:
    """Whether a line is one of headings: a column for names or addresses, and as many ``others`` that are known."""
    known = {meaning_of(cell) for cell in cells} - {None}
    return bool({NAME, "address"} & known) and len(known) > others


def is_secret(heading: str) -> bool:
    """Whether a column, known or not, holds passwords by its heading."""
    return _SECRET.search(unicodedata.normalize("NFKC", heading)) is not None


def delimiter_of(line: str) -> str:
    """Return the character that divides a heading line into most of what is known here."""
    return max(_DELIMITERS, key=lambda mark: (_known(line, mark), line.count(mark)))


def recognized(line: str) -> bool:
    """Whether a line is the heading line of a list of machines."""
    mark = delimiter_of(line)
    cells = [meaning_of(cell.strip('" ')) for cell in line.split(mark)]
    return mark in line and bool({NAME, "address"} & set(cells))


def _known(line: str, mark: str) -> int:
    return sum(meaning_of(cell.strip('" ')) is not None for cell in line.split(mark))


def system(text: str) -> str:
    """Return the kind of operating system that ``Rocky Linux 8.6`` is of; the text itself when it is not known."""
    lowered = " ".join(text.casefold().split())
    for name, words in _SYSTEMS:
        if lowered.startswith(words) or any(word in lowered for word in words if len(word) > 3):
            return name
    return text
