"""What was compared and where the running server and the model disagree."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Ledger:
    """Counts every comparison by subject and keeps those that failed."""

    compared: Counter[str] = field(default_factory=Counter)
    undecided: Counter[str] = field(default_factory=Counter)  # the model said that files cannot tell
    disagreements: list[str] = field(default_factory=list)

    def same(self, topic: str, subject: str, *, server: object, model: object, why: object = "") -> None:
        """Both say the same."""
        self.compared[topic] += 1
        if server != model:
            self.disagreements.append(f"{topic} {subject}: server {server!r}, model {model!r} {why}".rstrip())

    def implies(self, topic: str, subject: str, *, seen: bool, said: bool, why: object = "") -> None:
        """What was seen on the server must be said by the audit."""
        self.compared[topic] += 1
        if seen and not said:
            self.disagreements.append(f"{topic} {subject}: seen on the server, not in the audit {why}".rstrip())

    def summary(self) -> str:
        """One line."""
        each = ", ".join(f"{topic} {count}" for topic, count in sorted(self.compared.items()))
        left = sum(self.undecided.values())
        return (
            f"{sum(self.compared.values())} comparisons ({each}), {left} left open, {len(self.disagreements)} disagree"
        )

    def open(self, topic: str) -> None:
        """The model does not decide."""
        self.undecided[topic] += 1
