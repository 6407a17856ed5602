"""Which question of a keyboard-interactive login the password answers."""

from __future__ import annotations

import re

# A second factor asked for first: a password in its place would use up an attempt.
_OTHER = re.compile(r"verification|one.?time|\botp\b|token|\bcode\b|\bpin\b|인증\s?(?:번호|코드)", re.IGNORECASE)


def asks_for_password(prompt: str, *, shown: bool) -> bool:
    """Whether a single ``prompt`` asks for the password: its answer is not ``shown``, and it names nothing else.

    PAM asks in the server's language, so that no word can be waited for.
    """
    return not shown and bool(prompt.strip()) and _OTHER.search(prompt) is None
