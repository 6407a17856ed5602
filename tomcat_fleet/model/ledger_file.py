"""How a sweep's ledger is told from any other file."""

from __future__ import annotations

from typing import Final

NAME: Final = "ledger.db"
FILES: Final = (NAME, f"{NAME}-wal", f"{NAME}-shm", f"{NAME}-journal")
APPLICATION: Final = 0x544D4631  # SQLite's application id, "TMF1" at byte 68
HEAD: Final = 100  # bytes of SQLite's header


def is_ledger(head: bytes) -> bool:
    """Whether these are the first bytes of a ledger."""
    return head.startswith(b"SQLite format 3\0") and head[68:72] == APPLICATION.to_bytes(4, "big")
