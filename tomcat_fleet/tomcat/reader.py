"""Looking things up in evidence, and remembering what was looked for in vain.

Everything that is said about an instance goes through a ``Reader``. A question nobody has asked the target yet comes
back as Unknown and is kept in ``wanted``: the collector asks it in its next round, on the same channel. So no verdict
can rest on something that was never looked at.
"""

from __future__ import annotations

from typing import cast

from tomcat_fleet.errors import TargetError
from tomcat_fleet.model.evidence import (
    Account,
    Content,
    Evidence,
    FileStatus,
    Package,
    Question,
    Search,
    SearchKind,
    Verb,
)
from tomcat_fleet.model.fact import Fact, Gap, Known, T, Unknown
from tomcat_fleet.model.status import Outcome

# A thousand applications. Whoever makes us look up more wants to keep the other targets waiting.
MAX_LOOK_UPS = 30_000


class Reader:
    """Typed look-ups in the evidence of one target. Raises ``TargetError`` beyond ``MAX_LOOK_UPS`` of them."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.wanted: set[Question] = set()
        self._look_ups = 0

    def status(self, path: str) -> Fact[FileStatus | None]:
        """Status of ``path``, links followed; ``Known(None)`` when verified absent."""
        return self._ask(Question(Verb.STATUS, path), FileStatus)

    def content(self, path: str) -> Fact[Content | None]:
        """Redacted text of the file; ``Known(None)`` when verified absent. XML content is well-formed."""
        return self._ask(Question(Verb.CONTENT, path), Content)

    def listing(self, path: str) -> Fact[tuple[str, ...] | None]:
        """Sorted names in a directory; ``Known(None)`` when it is verified absent."""
        return self._ask(Question(Verb.LISTING, path), tuple)

    def search(self, path: str, kind: SearchKind) -> Fact[Search | None]:
        """Permission search below a directory; ``Known(None)`` when it is verified absent."""
        return self._ask(Question(Verb.SEARCH, path, kind.value), Search)

    def member(self, path: str, name: str) -> Fact[Content | None]:
        """Redacted text of a member of an archive; ``Known(None)`` when the archive lacks it or is absent."""
        return self._ask(Question(Verb.MEMBER, path, name), Content)

    def fragments(self, path: str) -> Fact[tuple[Content, ...] | None]:
        """web-fragment.xml of each jar inside a .war; ``Known(None)`` when the archive is verified absent."""
        return self._ask(Question(Verb.FRAGMENTS, path), tuple)

    def package(self, path: str) -> Fact[Package | None]:
        """The distribution package that owns the file; ``Known(None)`` when none does."""
        return self._ask(Question(Verb.PACKAGE, path), Package)

    def account(self, key: str | int) -> Fact[Account | None]:
        """An account by uid or name; ``Known(None)`` when the target has none such."""
        found = self.evidence.accounts.get(str(key))
        if found is None:
            self.wanted.add(Question(Verb.ACCOUNT, str(key)))
            return Unknown(Gap.NOT_COLLECTED, f"account {key}")
        return found

    def _ask(self, question: Question, kind: type[T]) -> Fact[T | None]:
        self._look_ups += 1
        if self._look_ups > MAX_LOOK_UPS:
            raise TargetError(Outcome.COLLECTOR_FAILED, f"the evidence raises more than {MAX_LOOK_UPS} look-ups")
        answer = self.evidence.answers.get(question)
        if answer is None and self._shown_absent(question.path):
            return Known(None)
        if answer is None:
            self.wanted.add(question)
            return Unknown(Gap.NOT_COLLECTED, question.path)
        if isinstance(answer, Known) and answer.value is not None and not isinstance(answer.value, kind):
            raise TypeError(f"{question.verb} answered with {type(answer.value).__name__}")
        return cast("Fact[T | None]", answer)

    def _shown_absent(self, path: str) -> bool:
        """Whether a complete listing of a directory on the way proves that nothing of that name is there."""
        if not path.startswith("/") or {"", ".", ".."} & set(path.split("/")[1:]):
            return False
        while path:
            parent, _, name = path.rpartition("/")
            listing = self.evidence.answers.get(Question(Verb.LISTING, parent or "/"))
            if isinstance(listing, Known):
                return not isinstance(listing.value, tuple) or name not in listing.value
            path = parent
        return False
