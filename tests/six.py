"""One machine with six instances of four versions, each laid out in another way."""

from __future__ import annotations

from dataclasses import dataclass

from tests import stock
from tests.stock import MANAGER, XML, address_valve, application, context, servlets
from tests.verdict import ITEMS, table
from tests.virtual_host import VirtualHost
from tomcat_fleet.model.escape import to_text
from tomcat_fleet.model.result import TargetResult

# Accounts that every machine has: what they are called does not matter.
TARBALL, SHARED, DEBIAN, OLD, PACKAGED = 1, 2, 33, 65534, 8
NAMES = {TARBALL: "daemon", SHARED: "bin", DEBIAN: "www-data", OLD: "nobody", PACKAGED: "mail"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What must be said of one instance; ``verdicts`` are WT-01 to WT-13."""

    base: str
    home: str
    version: str
    uid: int | None  # None: not running
    verdicts: str


def six(root: str) -> tuple[VirtualHost, tuple[Expected, ...]]:
    """The machine below ``root``, and its instances in the order of their bases."""
    host = VirtualHost()
    for uid, name in NAMES.items():
        host.account(uid, name)
    made = (*_shared_home(host, root), _tarball(host, root), _debian(host, root), _old(host, root), _rhel(host, root))
    return host, tuple(sorted(made, key=lambda one: one.base))


def said(result: TargetResult, root: str) -> tuple[Expected, ...]:
    """What the result says of the instances below ``root``, in the words of what is expected."""
    return tuple(
        Expected(
            base=to_text(one.base),
            home=to_text(one.home),
            version=one.version or "",
            uid=one.uid if one.running else None,
            verdicts=" ".join(table(one.verdicts)[item] for item in ITEMS),
        )
        for one in result.instances
        if one.base.startswith(f"{root}/")
    )


def _move(host: VirtualHost, old: str, new: str) -> None:
    """Move a directory and leave nothing behind."""
    for name in [name for name in host.nodes if name == old or name.startswith(old + "/")]:
        host._put(new + name[len(old) :], host.nodes.pop(name))


def _moved(host: VirtualHost, old: str, new: str) -> None:
    """Move a directory and leave a link."""
    _move(host, old, new)
    host.link(old, new)


def _tarball(host: VirtualHost, root: str) -> Expected:
    base = f"{root}/opt/apache-tomcat-11.0.26"
    stock.add_good(host, "11.0.26", base, uid=TARBALL, pid=101)
    verdicts = "pass pass not_applicable pass pass pass pass pass pass pass pass pass pass"
    return Expected(base=base, home=base, version="11.0.26", uid=TARBALL, verdicts=verdicts)


def _shared_home(host: VirtualHost, root: str) -> tuple[Expected, Expected]:
    """Two bases of one home: one with default accounts, one with an odd name that root runs."""
    home = f"{root}/opt/tomcat home"
    bases = (f"{root}/srv/shop", f"{root}/srv/둘째 인스턴스")
    for base, uid, pid in ((bases[0], SHARED, 102), (bases[1], 0, 103)):
        stock.add_good(host, "10.1.60", base, uid=uid, running=False)
        for name in ("bin", "lib", "RELEASE-NOTES"):
            _move(host, f"{base}/{name}", f"{home}/{name}")
        host.java(base, home, uid=uid, pid=pid)
    host.own(home, 0)
    host.nodes[home].mode = 0o740
    users = '<user username="tomcat" password="tomcat" roles="manager-gui"/>'
    host.nodes[f"{bases[0]}/conf/tomcat-users.xml"].data = f"{XML}<tomcat-users>{users}</tomcat-users>".encode()
    first = "pass fail fail pass pass pass pass pass pass pass pass pass pass"
    second = "pass pass not_applicable pass fail pass pass pass pass pass pass pass pass"
    return (
        Expected(base=bases[0], home=home, version="10.1.60", uid=SHARED, verdicts=first),
        Expected(base=bases[1], home=home, version="10.1.60", uid=0, verdicts=second),
    )


def _debian(host: VirtualHost, root: str) -> Expected:
    """Configuration, logs and programs elsewhere; the manager behind a descriptor without its valve."""
    base, home, admin = f"{root}/var/lib/tomcat9", f"{root}/usr/share/tomcat9", f"{root}/usr/share/tomcat9-admin"
    stock.add_good(host, "9.0.122", base, uid=DEBIAN, running=False)
    _moved(host, f"{base}/conf", f"{root}/etc/tomcat9")
    _moved(host, f"{base}/logs", f"{root}/var/log/tomcat9")
    for name in ("bin", "lib"):
        _move(host, f"{base}/{name}", f"{home}/{name}")
    host.nodes[home].mode = 0o755
    web = servlets("org.apache.catalina.manager", MANAGER)
    application(host, f"{admin}/manager", web, context(address_valve("9.0.122")), uid=0)
    text = f'{XML}<Context path="/manager" docBase="{admin}/manager" privileged="true"/>\n'
    host.file(f"{root}/etc/tomcat9/Catalina/localhost/manager.xml", text, mode=0o600, uid=DEBIAN, gid=DEBIAN)
    host.java(base, home, uid=DEBIAN, pid=104)
    verdicts = "fail pass not_applicable pass pass fail pass pass manual pass fail pass pass"
    return Expected(base=base, home=home, version="9.0.122", uid=DEBIAN, verdicts=verdicts)


def _old(host: VirtualHost, root: str) -> Expected:
    """5.5: its jar in server/lib, its manager in server/webapps."""
    base = f"{root}/home/jakarta-tomcat-5.5.36"
    stock.add_good(host, "5.5.36", base, uid=OLD, running=False)
    _move(host, f"{base}/lib", f"{base}/server/lib")
    application(host, f"{base}/server/webapps/manager", servlets("org.apache.catalina.manager", MANAGER[:2]), uid=OLD)
    text = f'{XML}<Context docBase="${{catalina.home}}/server/webapps/manager" privileged="true"/>\n'
    host.file(f"{base}/conf/Catalina/localhost/manager.xml", text, mode=0o600, uid=OLD, gid=OLD)
    host.own(base, OLD)
    host.java(base, uid=OLD, pid=105)
    verdicts = "fail pass not_applicable pass pass fail pass pass manual pass fail pass fail"
    return Expected(base=base, home=base, version="5.5.36", uid=OLD, verdicts=verdicts)


def _rhel(host: VirtualHost, root: str) -> Expected:
    """Stopped; everything but links elsewhere, the jar behind three of them."""
    base = f"{root}/usr/share/tomcat"
    stock.add_good(host, "9.0.122", base, uid=PACKAGED, running=False)
    _moved(host, f"{base}/conf", f"{root}/etc/tomcat")
    _moved(host, f"{base}/webapps", f"{root}/var/lib/tomcat/webapps")
    _moved(host, f"{base}/logs", f"{root}/var/log/tomcat")
    _moved(host, f"{base}/lib", f"{root}/usr/share/java/tomcat")
    _move(host, f"{root}/usr/share/java/tomcat/catalina.jar", f"{root}/usr/share/java/catalina-9.0.122.jar")
    host.link(f"{root}/usr/share/java/tomcat/catalina.jar", "../catalina-9.0.122.jar", uid=PACKAGED)
    host.candidate(base)
    verdicts = "pass pass not_applicable unknown manual unknown unknown pass pass pass pass unknown pass"
    return Expected(base=base, home=base, version="9.0.122", uid=None, verdicts=verdicts)
