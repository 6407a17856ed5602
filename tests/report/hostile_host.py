"""A host that says a hostile string wherever it can say anything: names, files, processes, accounts, links.

Everything goes the way of a real host's records, through ingest, the model and the checks.
"""

from __future__ import annotations

import re
from html import escape as quoted

from tests import stock
from tests.report.corpus import Hostile
from tests.virtual_host import TODAY, VirtualHost
from tomcat_fleet.collect.frame import Record
from tomcat_fleet.collect.ingest import Ingest
from tomcat_fleet.collect.process import with_user_names
from tomcat_fleet.model import escape
from tomcat_fleet.model.evidence import Account, Question, Verb
from tomcat_fleet.model.fact import Known
from tomcat_fleet.model.policy import Policy
from tomcat_fleet.model.target import Become, Target
from tomcat_fleet.tomcat.examine import Settings

SETTINGS = Settings(policy=Policy(), today=TODAY)
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LONGEST_NAME = 200
_LONGEST_VALUE = 60_000


def target(name: str) -> Target:
    """The inventory's own words are harmless; it allows escalation, which the host refuses."""
    return Target(name=name, address="192.0.2.1", user="audit", become=Become())


def _name(raw: bytes) -> bytes:
    """``raw`` as a path below a directory."""
    parts = [part[:_LONGEST_NAME] for part in raw.replace(b"\0", b"").split(b"/") if part not in {b"", b".", b".."}]
    return b"/".join(parts[:4]) or b"x"


def _word(raw: bytes) -> bytes:
    return raw.replace(b"\0", b"")[:_LONGEST_VALUE] or b"x"


class HostileHost(VirtualHost):
    """``one`` as names and words of the whole machine."""

    def __init__(self, one: Hostile) -> None:
        super().__init__()
        self.raw = one.raw
        self.name = escape.from_bytes(_name(one.raw))
        self.flat = escape.from_bytes(_name(one.raw).replace(b"/", b"\xe2\x88\x95"))
        self.value = quoted(_NO_XML.sub("", one.text[:_LONGEST_VALUE]))
        self.base = f"/srv/{self.name}"
        self.account(4242, "x")
        self._sound(self.base)
        self._broken("/opt/broken")
        self._around()

    def _sound(self, base: str) -> None:
        """An instance whose files can be read and say the string."""
        stock.add_good(self, "9.0.80", base, uid=4242)
        stock.application(self, f"{base}/webapps/manager", stock.servlets("org.apache.catalina.manager", stock.MANAGER),
                          stock.context(f'<Valve className="org.apache.catalina.valves.RemoteAddrValve" '
                                        f'allow="{self.value}" deny="{self.value}"/>'), uid=4242)  # fmt: skip
        users = "".join(
            f'<user username="{name}" password="kq7!wzap" roles="manager-gui,{self.value}"/>'
            for name in ("tomcat", self.value)
        )
        self._put_text(f"{base}/conf/tomcat-users.xml", f"<tomcat-users>{users}</tomcat-users>")
        server = stock.server_xml(
            valves=f'<Context path="/{self.value}" docBase="{self.value}" reloadable="{self.value}"/>'
            f'<Valve className="{self.value}" directory="{self.value}" prefix="{self.value}"/>',
            host=f'workDir="{self.value}" deployIgnore="{self.value}"',
        )
        self._put_text(f"{base}/conf/server.xml", server)
        web = stock.web_xml(listings=None, codes=(404,)).replace(
            "</web-app>",
            f"<servlet><servlet-name>{self.value}</servlet-name><servlet-class>{self.value}</servlet-class>"
            f"<init-param><param-name>listings</param-name><param-value>{self.value}</param-value></init-param>"
            f"</servlet><error-page><exception-type>{self.value}</exception-type><location>{self.value}</location>"
            f"</error-page><display-name>{self.value}</display-name></web-app>",
        )
        self._put_text(f"{base}/conf/web.xml", web)
        self.file(f"{base}/conf/logging.properties", b"a.directory = " + _word(self.raw) + b"\n", mode=0o666, uid=4242)
        self.file(f"{base}/conf/{self.flat}", "x", mode=0o777, uid=4242)
        self.file(f"{base}/logs/{self.flat}", "x", mode=0o777, uid=4242)
        self.file(f"{base}/webapps/ROOT/{self.flat}.jsp", "x", mode=0o777, uid=4243)
        self.directory(f"{base}/webapps/examples", 0o777, uid=4242)
        stock.application(self, f"{base}/webapps/{self.flat}", stock.servlets(self.value, ("HelloWorldExample",)))
        self.link(f"{base}/webapps/linked", f"/nowhere/{self.flat}", uid=4242)
        self.link(f"{base}/conf/context.xml", f"/gone/{self.flat}", uid=4242)

    def _broken(self, base: str) -> None:
        """An instance whose files hold the bytes as they are, and are refused."""
        stock.add_good(self, "10.1.60", base, uid=4242, pid=4100)
        for name in ("server.xml", "web.xml", "tomcat-users.xml"):
            self.file(f"{base}/conf/{name}", b"<Server a='" + _word(self.raw) + b"'/>", mode=0o644, uid=4242)
        members = stock.jar("10.1.60")
        members["org/apache/catalina/util/ServerInfo.properties"] = "server.info=Apache Tomcat/10.1.60\n"
        self.archive(f"{base}/lib/catalina.jar", {name: text.encode() + _word(self.raw) for name, text in
                                                  members.items()}, uid=4242)  # fmt: skip
        self.package(f"{base}/lib/catalina.jar", "dpkg", self.flat.replace(" ", "_"), "1")
        self.file(f"{base}/RELEASE-NOTES", b"Apache Tomcat Version " + _word(self.raw) + b"\n")
        self.deny(f"{base}/logs")

    def _around(self) -> None:
        self.file(f"/srv/other/{self.flat}/conf/server.xml", "<other/>")
        self.candidate(f"/srv/other/{self.flat}")
        self.candidate(f"/gone/{self.flat}")
        words = f"[Service]\nUser={self.flat}\nEnvironment=CATALINA_BASE={self.base}\nExecStart=/bin/x {self.flat}\n"
        self.unit("/etc/systemd/system/odd.service", words)
        self.file("/etc/systemd/system/raw.service", b"[Service]\nUser=" + _word(self.raw) + b"\nExecStart=/x\n")
        self.units.append("/etc/systemd/system/raw.service")

    def _put_text(self, path: str, text: str) -> None:
        self.file(path, text.encode("utf-8", "surrogatepass"), mode=0o644, uid=4242, gid=4242)

    # -- the records that a described host does not need ------------------------------------------------------------

    def _first(self, target: Target) -> Ingest:
        ingest = super()._first(target)
        word = _word(self.raw)
        host = (b"Linux", word, word, b"2026-11-23T12:00:00Z", b"audit", b"2000", b"stat=gnu", word)
        ingest.take(Record("host", "ok", b"\0".join(host)))
        seen = []
        for process in self.processes:
            cmdline = b"\0".join(escape.to_bytes(part) for part in process.argv)
            seen.append(self._told(ingest, process.pid, process.uid, cmdline + b"\0"))
        odd = b"\0".join((b"/usr/bin/java", b"-D" + word, b"-jar", b"/opt/" + _name(self.raw) + b".jar", word))
        seen.append(self._told(ingest, 5000, 4242, odd + b"\0"))
        hidden = (b"/usr/bin/java", b"-Dcatalina.base=/c/" + _name(self.raw), b"org.apache.catalina.startup.Bootstrap")
        seen.append(self._told(ingest, 5001, 4243, b"\0".join(hidden) + b"\0", root=b"/var/lib/" + _name(self.raw)))
        ingest.take(Record("processes", "ok", b"\0".join((b"proc", b"1", b"100", b"1", b" ".join(seen)))))
        assert isinstance(ingest.processes, Known)
        names = {uid: Known(Account(uid=int(uid), name=self.flat, gid=1, shell="", groups=())) for uid in ("4242", "0")}
        ingest.processes = Known(with_user_names(ingest.processes.value, names))  # type: ignore[arg-type]
        return ingest

    def _told(self, ingest: Ingest, pid: int, uid: int, cmdline: bytes, root: bytes = b"/") -> bytes:
        status = b"Name:\tjava\nPPid:\t1\nUid:\t%d\t%d\t%d\t%d\n" % (uid, uid, uid, uid)
        parts = (b"%d" % pid, status, b"", b"/usr/bin/java\n", b"/srv/" + _name(self.raw) + b"\n", root, b"", b"//read",
                 cmdline)  # fmt: skip
        ingest.take(Record("process", "ok", b"\0".join(parts)))
        return b"%d" % pid

    def _answer(self, question: Question, ingest: Ingest) -> None:
        if question.verb is not Verb.ACCOUNT or question.path == "0":
            super()._answer(question, ingest)
            return
        name = _word(self.raw).replace(b":", b"").replace(b"\n", b"")[:_LONGEST_NAME] or b"x"
        uid = question.path.encode() if question.path.isdigit() else b"4242"
        line = name + b":x:" + uid + b":" + uid + b"::/home/x:/bin/" + name
        head = escape.to_bytes(question.path) + b"\0\0"
        ingest.take(Record("account", "ok", head + b"\0".join((b"0", line, name + b" wheel", b"0"))))
