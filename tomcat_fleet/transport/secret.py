"""A value that must never be shown."""

from __future__ import annotations

from typing import NoReturn


class Secret:
    """Holds a password; ``repr``, ``str`` and ``format`` are masked, pickling is refused."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the value, for the one call that needs it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret stays in its process")
