"""Whether this process may hold as many files open as a sweep needs."""

from __future__ import annotations

from collections.abc import Iterator

from tomcat_fleet.doctor.finding import Finding, ok, problem, warning

# The terminal's three, the event loop's three, the ledger's database with its log, the report's files, libraries.
FIXED = 64
# The link to the target or to its jump host; while it comes about also the agent's socket and a look-up of the name.
# A target that is audited without SSH takes the three pipes of its shell instead.
EACH = 3


def needed(concurrency: int) -> int:
    """Files open at a time at most, with ``concurrency`` targets under way."""
    return FIXED + EACH * concurrency


def examine(soft: int, hard: int, concurrency: int) -> Iterator[Finding]:
    """Hold RLIMIT_NOFILE against what is needed; -1 is no limit."""
    need = needed(concurrency)
    if soft < 0 or soft >= need:
        yield ok("files", "files_ok", soft=soft if soft >= 0 else "∞", need=need, concurrency=concurrency)
        return
    tell = problem if soft < FIXED + concurrency else warning
    fits = max(1, (soft - FIXED) // EACH)
    known = {"soft": soft, "hard": hard, "need": need, "concurrency": concurrency, "fits": fits}
    yield tell("files", "files_few" if hard < 0 or hard >= need else "files_hard", **known)
