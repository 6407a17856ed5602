"""One instance with nothing wrong: every check passes on it. Tests replace the part they are about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from tomcat_fleet.model.access import (
    Access,
    AddressClass,
    AddressFilter,
    AdminContext,
    AdminKind,
    Decision,
    ProbeResult,
)
from tomcat_fleet.model.check import Context
from tomcat_fleet.model.daemon import Daemon, DaemonKind, Unit
from tomcat_fleet.model.evidence import Account, FileKind, FileStatus, Process, Search, SearchKind
from tomcat_fleet.model.fact import Known
from tomcat_fleet.model.instance import Instance
from tomcat_fleet.model.patch import Patch, PatchLevel, VersionFacts, VersionSource
from tomcat_fleet.model.place import Place
from tomcat_fleet.model.policy import Policy
from tomcat_fleet.model.realm import Realm, RealmKind, User
from tomcat_fleet.model.secret import CharKind, SecretFacts
from tomcat_fleet.model.storage import AccessLog, Logs, LogTarget, Owners, Role, Stored, Tree
from tomcat_fleet.model.web import (
    AppErrorPages,
    Application,
    DefaultServlet,
    ErrorPage,
    ErrorPages,
    ListingFile,
    ListingScope,
)

BASE = "/opt/tomcat"
UID = 998
TODAY = date(2026, 11, 23)
CONTEXT = Context(policy=Policy(), today=TODAY)

PROBES: Mapping[str, AddressClass] = {
    "8.8.8.8": AddressClass.PUBLIC,
    "203.0.113.7": AddressClass.PUBLIC,
    "2001:db8::1": AddressClass.PUBLIC,
    "100.64.0.1": AddressClass.PUBLIC,
    "10.255.255.254": AddressClass.PRIVATE,
    "172.31.255.254": AddressClass.PRIVATE,
    "192.168.255.254": AddressClass.PRIVATE,
    "127.0.0.1": AddressClass.LOOPBACK,
    "::1": AddressClass.LOOPBACK,
}


def context_with(**policy: Any) -> Context:
    """The context of the tests with other policy values."""
    return Context(policy=Policy(**policy), today=TODAY)


def file_status(path: str, mode: int = 0o600, **other: Any) -> FileStatus:
    """stat of a regular file that the service account owns."""
    return _status(path, FileKind.FILE, mode, other)


def directory_status(path: str, mode: int = 0o740, **other: Any) -> FileStatus:
    """stat of a directory that the service account owns."""
    return _status(path, FileKind.DIRECTORY, mode, other)


def _status(path: str, kind: FileKind, mode: int, other: Mapping[str, Any]) -> FileStatus:
    row = FileStatus(path=path, real_path=path, kind=kind, mode=mode, uid=UID, gid=UID, user="tomcat", group="tomcat")
    return replace(row, **other)


def stored(path: str, role: Role, mode: int) -> Stored:
    """A file or directory that exists; directories are the roles that name one."""
    directories = {Role.WEB_HOME, Role.ADMIN_HOME, Role.SCRATCH, Role.LOG}
    make = directory_status if role in directories else file_status
    return Stored(path=path, role=role, status=Known(make(path, mode)))


def search(root: str, kind: SearchKind, **other: Any) -> Search:
    """A permission search that found ten objects, all of the service account and none in excess."""
    return replace(Search(root=root, kind=kind, total=10, excess_total=0, owners={UID: 10}), **other)


def tree(root: str, role: Role, kind: SearchKind, limit: int, **other: Any) -> Tree:
    """The search as a tree of the instance."""
    return Tree(root=root, role=role, limit=limit, search=Known(search(root, kind, **other)))


def access(allowed: frozenset[AddressClass] = frozenset({AddressClass.LOOPBACK}), **other: Any) -> Access:
    """A filter that lets the given address classes in."""
    results = tuple(
        ProbeResult(
            address=address, address_class=kind, decision=Decision.ALLOWED if kind in allowed else Decision.REFUSED
        )
        for address, kind in PROBES.items()
    )
    place = Place(f"{BASE}/webapps/manager/META-INF/context.xml", 21)
    valve = AddressFilter(
        class_name="org.apache.catalina.valves.RemoteCIDRValve",
        allow="127.0.0.0/8,::1/128",
        deny=None,
        place=place,
        level="context",
    )
    return replace(Access(starts=True, results=results, filters=(valve,)), **other)


def admin_context(**other: Any) -> AdminContext:
    """The stock manager, reachable from the machine itself only."""
    root = f"{BASE}/webapps/manager"
    context = AdminContext(
        path="/manager",
        kind=AdminKind.MANAGER,
        host="localhost",
        doc_base=root,
        deployed=Known(value=True),
        standard_name=True,
        definition=Place(f"{root}/META-INF/context.xml", 18),
        servlet=Place(f"{root}/WEB-INF/web.xml", 25),
        access=Known(access()),
        presence=(Place(root),),
    )
    return replace(context, **other)


def secret(**other: Any) -> SecretFacts:
    """A password of three kinds and twelve characters without a weakness."""
    facts = SecretFacts(
        length=12, kinds=frozenset({CharKind.LOWER, CharKind.DIGIT, CharKind.SPECIAL}), estimate=4, fingerprint="f1"
    )
    return replace(facts, **other)


def user(name: str = "ops_9x_lead", **other: Any) -> User:
    """An administrator with a name of its own and a good password."""
    account = User(
        name=name,
        password=secret(),
        roles=("manager-gui",),
        admin=True,
        place=Place(f"{BASE}/conf/tomcat-users.xml", 23),
    )
    return replace(account, **other)


def realm(*users: User, **other: Any) -> Realm:
    """The stock user database with the given accounts."""
    found = Realm(
        kind=RealmKind.USER_DATABASE,
        class_name="org.apache.catalina.realm.UserDatabaseRealm",
        place=Place(f"{BASE}/conf/server.xml", 140),
        path=f"{BASE}/conf/tomcat-users.xml",
        users=Known(users),
    )
    return replace(found, **other)


def process(**other: Any) -> Process:
    """The JVM, started by Bootstrap under the service account."""
    argv = ("/usr/bin/java", f"-Dcatalina.base={BASE}", f"-Dcatalina.home={BASE}")
    row = Process(
        pid=4242,
        ppid=1,
        uid=UID,
        user="tomcat",
        argv=(*argv, "org.apache.catalina.startup.Bootstrap", "start"),
        exe="/usr/bin/java",
        cwd=BASE,
        started=1_790_000_000,
    )
    return replace(row, **other)


def account(**other: Any) -> Account:
    """The service account: no login shell, no privileged group."""
    found = Account(uid=UID, name="tomcat", gid=UID, shell="/usr/sbin/nologin", groups=("tomcat",))
    return replace(found, **other)


def daemon(**other: Any) -> Daemon:
    """The JVM as a daemon."""
    return replace(Daemon(process=process(), kind=DaemonKind.JAVA, account=Known(account())), **other)


def application(path: str = "/shop", **other: Any) -> Application:
    """A deployed application that is not a sample."""
    root = f"{BASE}/webapps{path or '/ROOT'}"
    found = Application(
        path=path,
        host="localhost",
        doc_base=root,
        archive=False,
        deployed=Known(value=True),
        sample=False,
        place=Place(root),
    )
    return replace(found, **other)


def servlet(**other: Any) -> DefaultServlet:
    """The default servlet of conf/web.xml with listings off."""
    found = DefaultServlet(
        name="default",
        class_name="org.apache.catalina.servlets.DefaultServlet",
        mappings=("/",),
        listings_text="false",
        listings=Known(value=False),
        place=Place(f"{BASE}/conf/web.xml", 117),
    )
    return replace(found, **other)


def listing_file(**other: Any) -> ListingFile:
    """conf/web.xml."""
    found = ListingFile(
        scope=ListingScope.GLOBAL, path=f"{BASE}/conf/web.xml", application="", servlets=Known((servlet(),))
    )
    return replace(found, **other)


def error_page(code: int | None, line: int = 5000, **other: Any) -> ErrorPage:
    """One error-page of conf/web.xml."""
    found = ErrorPage(
        code=code, exception=None, location=f"/error/{code}.html", place=Place(f"{BASE}/conf/web.xml", line)
    )
    return replace(found, **other)


def error_pages(*codes: int, **other: Any) -> ErrorPages:
    """Error pages for ``codes`` in conf/web.xml, one application without pages of its own."""
    found = ErrorPages(
        global_pages=Known(tuple(error_page(code, 5000 + 4 * at) for at, code in enumerate(codes))),
        report_valve=(),
        applications=(AppErrorPages(application=application(), pages=Known(())),),
        missing_locations=(),
        default_page_since=True,
        hides_details=(),
    )
    return replace(found, **other)


def logs(**other: Any) -> Logs:
    """An access log and a container log, directory 0740, files 0640."""
    root = f"{BASE}/logs"
    valve = AccessLog(
        class_name="org.apache.catalina.valves.AccessLogValve",
        target=LogTarget.FILE,
        directory=root,
        prefix="localhost_access_log",
        place=Place(f"{BASE}/conf/server.xml", 168),
        files=Known(("localhost_access_log.2026-11-23.txt",)),
    )
    found = Logs(
        access=Known((valve,)),
        error_target=Known(LogTarget.FILE),
        error_files=Known((f"{root}/catalina.2026-11-23.log", f"{root}/catalina.out")),
        directories=(stored(root, Role.LOG, 0o740),),
        trees=(tree(root, Role.LOG, SearchKind.LOG_FILES, 0o640),),
        umask="0027",
    )
    return replace(found, **other)


def version(**other: Any) -> VersionFacts:
    """10.1.60 out of a tarball, two sources that agree."""
    jar = f"{BASE}/lib/catalina.jar"
    found = VersionFacts(
        number=Known("10.1.60"),
        sources=(
            VersionSource(name="server-info", version="10.1.60", place=Place(jar, 0, "ServerInfo.properties")),
            VersionSource(name="manifest", version="10.1.60", place=Place(jar, 0, "META-INF/MANIFEST.MF")),
        ),
        agree=Known(value=True),
        jar=jar,
        package=Known(None),
        restart_pending=Known(value=False),
    )
    return replace(found, **other)


def patch(**other: Any) -> Patch:
    """The newest release of its branch, judged by a fresh table."""
    found = Patch(
        level=PatchLevel.CURRENT,
        branch="10.1",
        newest="10.1.60",
        eol_date=None,
        advisories=(),
        table_date="2026-09-23",
        table_age_days=61,
    )
    return replace(found, **other)


def unit(**other: Any) -> Unit:
    """The systemd unit that starts it under the service account."""
    found = Unit(
        name="tomcat.service", user="tomcat", enabled=True, place=Place("/etc/systemd/system/tomcat.service", 9)
    )
    return replace(found, **other)


def instance(**other: Any) -> Instance:
    """The good instance, with the given parts replaced."""
    return replace(GOOD, **other)


def _directories() -> tuple[Stored, ...]:
    home = tuple(
        stored(path, Role.ADMIN_HOME, 0o740) for path in (BASE, *(f"{BASE}/{d}" for d in ("bin", "conf", "lib")))
    )
    web = (stored(f"{BASE}/webapps", Role.WEB_HOME, 0o740), stored(f"{BASE}/webapps/shop", Role.WEB_HOME, 0o740))
    return (*home, *web, stored(f"{BASE}/temp", Role.SCRATCH, 0o700), stored(f"{BASE}/work", Role.SCRATCH, 0o700))


GOOD = Instance(
    base=BASE,
    home=BASE,
    running=Known(value=True),
    daemons=Known((daemon(),)),
    units=(unit(),),
    owners=Owners(uids=frozenset({UID}), names=("tomcat",), known=Known(None)),
    version=version(),
    patch=Known(patch()),
    admin_contexts=Known(()),
    realms=Known((realm(user()),)),
    password_files=Known((stored(f"{BASE}/conf/tomcat-users.xml", Role.USERS, 0o600),)),
    directories=Known(_directories()),
    directory_trees=(tree(f"{BASE}/webapps/shop", Role.WEB_HOME, SearchKind.DIRECTORIES_744, 0o744),),
    config_trees=(tree(f"{BASE}/conf", Role.CONFIG, SearchKind.CONFIG_FILES, 0o700),),
    config_files=Known((stored(f"{BASE}/bin/setenv.sh", Role.CONFIG, 0o700),)),
    script_trees=(tree(f"{BASE}/bin", Role.SCRIPT, SearchKind.SCRIPT_FILES, 0o755),),
    source_trees=(tree(f"{BASE}/webapps", Role.SOURCE, SearchKind.SOURCE_FILES, 0o644),),
    listing_files=Known((listing_file(),)),
    error_pages=Known(error_pages(400, 401, 403, 404, 500)),
    examples=Known(()),
    process_managers=Known(()),
    logs=logs(),
)
