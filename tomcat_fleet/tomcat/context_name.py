"""Names of web applications: what a file name means as a context path and back (ContextName of apache/tomcat)."""

from __future__ import annotations

from dataclasses import dataclass

ROOT = "ROOT"
_VERSION = "##"


@dataclass(frozen=True, slots=True)
class ContextName:
    """``path`` is "" for ROOT; ``version`` is that of a parallel deployment, "" without one."""

    path: str
    version: str = ""

    @classmethod
    def of_file(cls, name: str) -> ContextName:
        """Name of ``a#b##3.xml``, ``a#b.war`` or of a directory, the extension already cut off."""
        plain, _, version = name.partition(_VERSION)
        return cls("" if plain in ("", ROOT) else "/" + plain.replace("#", "/"), version)

    @classmethod
    def of_path(cls, path: str, version: str = "") -> ContextName:
        """Name of the ``path`` attribute of a Context in server.xml."""
        plain = path.strip().rstrip("/")
        if plain in ("", "/ROOT"):
            return cls("", version)
        return cls(plain if plain.startswith("/") else "/" + plain, version)

    @property
    def stem(self) -> str:
        """Name of its directory, and of its .war and .xml without the extension."""
        plain = self.path[1:].replace("/", "#") if self.path else ROOT
        return plain + (_VERSION + self.version if self.version else "")


def without_extension(name: str, extension: str) -> str | None:
    """``name`` without ``extension`` in any case; None when it does not end so."""
    return name[: -len(extension)] if name.lower().endswith(extension) and len(name) > len(extension) else None
