"""Processes that look like Tomcat's and do nothing."""

from __future__ import annotations

import encodings
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tomcat_fleet.demo.account import switch
from tomcat_fleet.demo.trees.tree import Owner

_GRACE_S = 5.0

# Python reads ``-classpath`` as ``-c lasspath``, which is never reached: the module that it imports before waits until
# standard input ends, which it does at the latest when the demo does.
_ENCODINGS = ("__init__.py", "aliases.py", "ascii.py", "latin_1.py", "utf_8.py")  # the rest is in the program
_WAIT = "import os\nos.read(0, 1)\nos._exit(0)\n"


class Jvm:
    """An interpreter under the name ``java``, for argument lists as a JVM would have them."""

    def __init__(self, scratch: Path) -> None:
        """Install it below ``scratch``, with all that it needs: its accounts may not see where Python lives."""
        root = scratch / "jvm"
        library = root / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}"
        self._java = root / "bin" / "java"
        for path in (self._java.parent, library / "encodings"):
            path.mkdir(parents=True)
        shutil.copy(Path(sys.executable).resolve(), self._java)
        for source in _needed():
            shutil.copy(source, root / "lib")
        for name in _ENCODINGS:
            shutil.copy(Path(encodings.__path__[0]) / name, library / "encodings")
        (library / "sitecustomize.py").write_text(_WAIT)
        for path in (root, *root.rglob("*")):
            path.chmod(0o755)
        self._environment = {"PYTHONHOME": str(root), "LD_LIBRARY_PATH": str(root / "lib"), "LC_ALL": "C"}

    @contextmanager
    def running(self, base: Path, home: Path, account: Owner) -> Iterator[int]:
        """A process of the instance ``base`` that belongs to ``account``; its pid. Ended on the way out."""
        identity = switch(account)
        process = subprocess.Popen(  # noqa: S603  our own copy, fixed arguments
            self._arguments(base, home),
            executable=self._java,
            env=self._environment,
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            user=identity.user,
            group=identity.group,
            extra_groups=identity.extra_groups,
        )
        try:
            yield process.pid
        finally:
            process.kill()
            process.communicate(timeout=_GRACE_S)

    def _arguments(self, base: Path, home: Path) -> list[str]:
        return [
            str(self._java),
            "-classpath",
            f"{home}/bin/bootstrap.jar:{home}/bin/tomcat-juli.jar",
            f"-Djava.util.logging.config.file={base}/conf/logging.properties",
            "-Djava.util.logging.manager=org.apache.juli.ClassLoaderLogManager",
            f"-Dcatalina.base={base}",
            f"-Dcatalina.home={home}",
            f"-Djava.io.tmpdir={base}/temp",
            "org.apache.catalina.startup.Bootstrap",
            "start",
        ]


def _needed() -> list[Path]:
    """Python's own shared library, where it has one."""
    name, place = sysconfig.get_config_var("INSTSONAME"), sysconfig.get_config_var("LIBDIR")
    path = Path(str(place)) / str(name)
    return [path] if sysconfig.get_config_var("Py_ENABLE_SHARED") and path.is_file() else []
