"""Web fragments of the jars inside a packed application, as the collector brings them in one answer."""

from __future__ import annotations

import base64
import binascii

from tomcat_fleet.collect import redact
from tomcat_fleet.model import escape
from tomcat_fleet.model.evidence import Content
from tomcat_fleet.model.fact import Fact, Gap, Known, Unknown

CAP = 4 * 1024 * 1024


def parse(archive: str, body: bytes, key: bytes) -> Fact[tuple[Content, ...] | None]:
    """Contents in the order of the archive; each path names both archives.

    ``body`` is ``NAME NUL BASE64 NUL`` for each jar that has a fragment, then NUL and the status of the command.
    Raises EvidenceError for a fragment that is not well-formed.
    """
    raw, mark, code = body.rpartition(b"\0")
    if not mark or len(raw) > CAP:
        return Unknown(Gap.TRUNCATED, archive)
    parts = raw.split(b"\0")
    if code != b"0" or len(parts) % 2 == 0 or parts[-1]:
        return Unknown(Gap.FAILED, archive, "not every jar inside could be read")
    pairs = zip(parts[:-1:2], parts[1::2], strict=True)
    return Known(tuple(_fragment(archive, jar, text, key) for jar, text in pairs))


def _fragment(archive: str, jar: bytes, text: bytes, key: bytes) -> Content:
    try:
        raw = base64.b64decode(text, validate=True)
    except binascii.Error as exc:
        raise ValueError("not base64") from exc
    return redact.content(f"{archive}!/{escape.from_bytes(jar)}!/META-INF/web-fragment.xml", raw, key)
