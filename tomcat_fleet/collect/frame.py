"""The collector's stream, taken apart by a strict state machine.

    @NONCE BEGIN 1 ENCODING UID COUNT     a shell speaks; COUNT records came before
    @NONCE N VERB STATE                   record N begins; payload lines follow
    @NONCE N .                            record N is whole
    @NONCE END COUNT                      the round is whole

Every payload ends with ``END_OF_PAYLOAD``: one that was cut on its way, by an encoder that died or a full pipe, is told
from one that is whole. The nonce is random per conversation. Whatever stands before the first BEGIN is noise of
start-up files. Afterwards anything out of order, missing, repeated or undecodable ends the conversation:
``TargetError`` with outcome ``collector_failed``.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from tomcat_fleet.errors import TargetError
from tomcat_fleet.model.status import Outcome

END_OF_PAYLOAD = b"\0end"
_LONGEST_LINE = 8192
_NOISE_CAP = 256 * 1024


@dataclass(frozen=True, slots=True)
class Begin:
    """A shell has started to speak; ``uid`` is its effective account."""

    uid: int


@dataclass(frozen=True, slots=True)
class Record:
    """One whole record; ``payload`` decoded, without its end mark."""

    verb: str
    state: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class End:
    """The round is whole."""


class _Expect(Enum):
    BEGIN = auto()
    HEADER = auto()
    PAYLOAD = auto()
    QUIET = auto()


class Decoder:
    """Feed bytes, get frames. ``count`` and ``digest`` cover everything decoded so far."""

    def __init__(self, nonce: str) -> None:
        self._mark = f"@{nonce} ".encode()
        self._buffer = bytearray()
        self._expect = _Expect.BEGIN
        self._encoding = ""
        self._header: tuple[str, str] = ("", "")
        self._payload: list[bytes] = []
        self._noise = 0
        self._hash = hashlib.sha256()
        self.count = 0

    @property
    def digest(self) -> str:
        """SHA-256 over all decoded records: header and payload."""
        return self._hash.hexdigest()

    def quiet(self) -> bool:
        """Whether the stream stands between rounds."""
        return self._expect is _Expect.QUIET

    def next_round(self) -> None:
        """A question was sent: records, or a raised shell's BEGIN, may come again."""
        self._expect = _Expect.HEADER

    def feed(self, data: bytes) -> Iterator[Begin | Record | End]:
        """Frames completed by ``data``."""
        self._buffer += data
        *lines, rest = bytes(self._buffer).split(b"\n")
        self._buffer = bytearray(rest)
        if len(rest) > _LONGEST_LINE and self._expect is not _Expect.BEGIN:
            raise _broken("a line is too long")
        for raw in lines:
            frame = self._line(raw.rstrip(b"\r"))
            if frame is not None:
                yield frame
        self._drop_noise()

    def _drop_noise(self) -> None:
        if self._expect is not _Expect.BEGIN:
            return
        kept = len(self._mark) + 64
        surplus = len(self._buffer) - kept
        if surplus > 0:
            self._noise += surplus
            del self._buffer[:surplus]
        if self._noise > _NOISE_CAP:
            raise _broken("only noise before the first frame")

    def _line(self, line: bytes) -> Begin | Record | End | None:
        at = line.find(self._mark)
        if self._expect is _Expect.BEGIN:
            self._noise += len(line)
            return self._begin(line[at + len(self._mark) :].split()) if at >= 0 else None
        if at < 0:
            self._data(line)
            return None
        if at > 0:
            raise _broken("a frame does not start its line")
        return self._frame(line[len(self._mark) :].split())

    def _data(self, line: bytes) -> None:
        if not line.strip():
            return
        if self._expect is not _Expect.PAYLOAD:
            raise _broken("text outside of a record")
        if len(line) > _LONGEST_LINE:
            raise _broken("a line is too long")
        self._payload.append(line)

    def _frame(self, words: list[bytes]) -> Begin | Record | End | None:
        if self._expect is _Expect.QUIET:
            raise _broken("a frame after the end of the round")
        if self._expect is _Expect.PAYLOAD:
            return self._close(words)
        if words[:1] == [b"END"]:
            return self._end(words)
        if words[:1] == [b"BEGIN"]:
            return self._begin(words)
        if len(words) != 3 or words[0] != b"%d" % (self.count + 1):
            raise _broken("a record is missing, repeated or out of order")
        self._header = (words[1].decode("ascii", "replace"), words[2].decode("ascii", "replace"))
        self._payload = []
        self._expect = _Expect.PAYLOAD
        return None

    def _begin(self, words: list[bytes]) -> Begin:
        if len(words) != 5 or words[0] != b"BEGIN" or words[1] != b"1" or words[4] != b"%d" % self.count:
            raise _broken("a malformed BEGIN")
        self._encoding = words[2].decode("ascii", "replace")
        if self._encoding not in {"base64", "openssl", "hex"} or not words[3].isdigit():
            raise _broken("a malformed BEGIN")
        self._expect = _Expect.HEADER
        return Begin(int(words[3]))

    def _close(self, words: list[bytes]) -> Record:
        if words != [b"%d" % (self.count + 1), b"."]:
            raise _broken("a record is not closed")
        payload = self._decoded()
        if not payload.endswith(END_OF_PAYLOAD):
            raise _broken("a payload was cut short")
        record = Record(*self._header, payload.removesuffix(END_OF_PAYLOAD))
        self._hash.update(b"%s %s %d\n" % (record.verb.encode(), record.state.encode(), len(record.payload)))
        self._hash.update(record.payload)
        self.count += 1
        self._payload = []
        self._expect = _Expect.HEADER
        return record

    def _decoded(self) -> bytes:
        joined = b"".join(self._payload)
        try:
            if self._encoding == "hex":
                return bytes.fromhex(joined.decode("ascii"))
            return base64.b64decode(joined, validate=True)
        except (ValueError, binascii.Error) as exc:
            raise _broken("a payload cannot be decoded") from exc

    def _end(self, words: list[bytes]) -> End:
        if words[1:] != [b"%d" % self.count]:
            raise _broken("the END does not count what came")
        self._expect = _Expect.QUIET
        return End()


def _broken(what: str) -> TargetError:
    return TargetError(Outcome.COLLECTOR_FAILED, f"evidence stream broken: {what}")
