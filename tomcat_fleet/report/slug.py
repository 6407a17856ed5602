"""File names for targets. A name comes from the inventory only, never from what a machine says of itself."""

from __future__ import annotations

import hashlib
import re

_OTHER = re.compile(r"[^a-z0-9.-]+")
_RUNS = re.compile(r"([.-])[.-]+")
_SLUG = re.compile(r"[a-z0-9.-]{1,80}-[0-9a-f]{8}")
# Windows gives these names to devices, whatever follows the first dot; reports are carried to such machines.
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|\Z)")


def slug(name: str) -> str:
    """``[a-z0-9.-]{1,80}-`` and 8 hex digits of the SHA-256 of ``name``: one path segment, distinct per name."""
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    plain = _RUNS.sub(r"\1", _OTHER.sub("-", name.lower())).strip(".-")
    if _DEVICE.match(plain):
        plain = f"host-{plain}"
    return f"{plain[:80].rstrip('.-') or 'host'}-{digest}"


def is_slug(text: str) -> bool:
    """Whether ``text`` has the shape that ``slug`` makes, so that it may become a file name."""
    return _SLUG.fullmatch(text) is not None and not text.startswith(".") and ".." not in text
