"""The collector's stream, taken apart by a strict state machine.

    @NONCE BEGIN 1 ENCODING UID COUNT     a shell speaks; COUNT records came before
    @NONCE N VERB STATE                   record N begins; payload lines follow
    @NONCE N .                            record N is whole
    @NONCE END COUNT                      the round is whole

Every payload ends with ``END_OF_PAYLOAD``: one that was cut on its way, by an encoder that died or a full pipe, is told
from one that is whole. A second BEGIN follows a record "raise ok" and nothing else: a shell with more rights speaks.
The nonce is random per conversation. Whatever stands before the first BEGIN is noise of
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
_LONGEST_BEGIN = 64
_LONGEST_UID = 20  # digits
# Encoded bytes of one payload, with line ends: 8 MiB decoded. The largest honest one is a file of 4 MiB.
_ROOM = {"base64": 12 << 20, "openssl": 12 << 20, "hex": 26 << 20}
_NOISE_SHOWN = 160
_NOISE_CAP = 256 * 1024
# A line costs time however short it is; honest encoders fill theirs.
_LINE_COST = 32
_HEAVIEST = 128 << 20


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
    RAISED = auto()  # a BEGIN after a shell with more rights was allowed
    HEADER = auto()
    PAYLOAD = auto()
    QUIET = auto()


class Decoder:
    """Feed bytes, get frames. ``count`` and ``digest`` cover everything decoded so far."""

    def __init__(self, nonce: str) -> None:
        self.nonce = nonce
        self._mark = f"@{nonce} ".encode()
        self._buffer = bytearray()
        self._expect = _Expect.BEGIN
        self._encoding = ""
        self._header: tuple[str, str] = ("", "")
        self._payload = bytearray()
        self._noise = 0
        self._first_noise = bytearray()
        self._weight = 0
        self._hash = hashlib.sha256()
        self.count = 0
        self._decoded_size = 0

    @property
    def size(self) -> int:
        """Bytes of all payloads: of whole ones decoded, of the one that is coming as it comes."""
        return self._decoded_size + len(self._payload)

    @property
    def digest(self) -> str:
        """SHA-256 over all decoded records: header and payload."""
        return self._hash.hexdigest()

    def quiet(self) -> bool:
        """Whether the stream stands between rounds."""
        return self._expect is _Expect.QUIET

    def before_raised_shell(self) -> bool:
        """Whether a shell with more rights is to speak next, and has said nothing yet."""
        return self._expect is _Expect.RAISED and not self._buffer.strip()

    def inside_record(self) -> bool:
        """Whether a record has begun and is not whole."""
        return self._expect is _Expect.PAYLOAD

    def noise(self) -> bytes:
        """The beginning of what was said instead of a first frame, for people."""
        return bytes(self._first_noise + self._buffer)[:_NOISE_SHOWN] if self._expect is _Expect.BEGIN else b""

    def next_round(self) -> None:
        """A question was sent: records may come again, and after the one that allows it a raised shell's BEGIN."""
        self._expect = _Expect.HEADER

    def feed(self, data: bytes) -> Iterator[Begin | Record | End]:
        """Frames completed by ``data``."""
        self._weight += len(data) + _LINE_COST * data.count(b"\n")
        if self._weight > _HEAVIEST:
            raise _broken("too many lines")
        text, at = bytes(self._buffer + data), 0
        while (end := text.find(b"\n", at)) >= 0:
            if self._expect is _Expect.PAYLOAD and (stop := self._payload_end(text, at)) > at:
                self._data(text[at:stop])
                at = stop
                continue
            raw, at = text[at:end], end + 1
            frame = self._search(raw) if self._expect is _Expect.BEGIN else self._line(raw)
            if frame is not None:
                yield frame
        self._keep(text[at:])

    def _keep(self, rest: bytes) -> None:
        """Keep a line that has not come to its end."""
        self._buffer = bytearray(rest)
        if self._expect is _Expect.BEGIN:
            self._drop_noise()
        elif len(rest) > _LONGEST_LINE:
            raise _broken("a line is too long")
        elif self._expect is _Expect.QUIET and rest.strip():
            raise _broken("text after the end of the round")

    def _payload_end(self, text: bytes, at: int) -> int:
        """Where the line with the next frame begins, or the line that is not whole yet."""
        frame = text.find(self._mark, at)
        return max(at, text.rfind(b"\n", at, frame if frame >= 0 else len(text)) + 1)

    def _drop_noise(self) -> None:
        _, found, said = self._buffer.partition(self._mark)
        if found and len(said) > _LONGEST_BEGIN:
            raise _broken("a malformed BEGIN")  # whether its line arrives in one piece or in many
        surplus = len(self._buffer) - len(self._mark) - _LONGEST_BEGIN
        if surplus > 0:
            self._count_noise(bytes(self._buffer[:surplus]))
            del self._buffer[:surplus]

    def _count_noise(self, said: bytes) -> None:
        self._noise += len(said)
        self._first_noise += said[: _NOISE_SHOWN - len(self._first_noise)]
        if self._noise > _NOISE_CAP:
            raise _broken("only noise before the first frame")

    def _search(self, line: bytes) -> Begin | None:
        noise, found, said = line.partition(self._mark)
        self._count_noise(noise)
        self._first_noise += b"\n"[: _NOISE_SHOWN - len(self._first_noise)]
        if not found:
            return None
        return self._begin(said.split() if len(said) <= _LONGEST_BEGIN else [])

    def _line(self, line: bytes) -> Begin | Record | End | None:
        if len(line) > _LONGEST_LINE:
            raise _broken("a line is too long")
        before, found, said = line.partition(self._mark)
        if found and before:
            raise _broken("a frame does not start its line")
        if before.strip():
            raise _broken("text outside of a record")
        return self._frame(said.split()) if found else None

    def _data(self, block: bytes) -> None:
        """Take whole lines of a payload, many at a time."""
        lines = block.split(b"\n")
        if max(map(len, lines)) > _LONGEST_LINE:
            raise _broken("a line is too long")
        self._payload += b"".join(line.rstrip(b"\r") for line in lines)
        if len(self._payload) > _ROOM[self._encoding]:
            raise _broken("a record is too long")

    def _frame(self, words: list[bytes]) -> Begin | Record | End | None:
        if self._expect is _Expect.QUIET:
            raise _broken("a frame after the end of the round")
        if self._expect is _Expect.PAYLOAD:
            return self._close(words)
        if self._expect is _Expect.RAISED:
            return self._begin(words)
        if words[:1] == [b"END"]:
            return self._end(words)
        if len(words) != 3 or words[0] != b"%d" % (self.count + 1):
            raise _broken("a record is missing, repeated or out of order")
        self._header = (words[1].decode("ascii", "replace"), words[2].decode("ascii", "replace"))
        self._payload = bytearray()
        self._expect = _Expect.PAYLOAD
        return None

    def _begin(self, words: list[bytes]) -> Begin:
        if len(words) != 5 or words[0] != b"BEGIN" or words[1] != b"1" or words[4] != b"%d" % self.count:
            raise _broken("a malformed BEGIN")
        self._encoding = words[2].decode("ascii", "replace")
        if self._encoding not in {"base64", "openssl", "hex"} or not _is_uid(words[3]):
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
        self._decoded_size += len(record.payload)
        self._payload = bytearray()
        self._expect = _Expect.RAISED if (record.verb, record.state) == ("raise", "ok") else _Expect.HEADER
        return record

    def _decoded(self) -> bytes:
        try:
            if self._encoding == "hex":
                return bytes.fromhex(self._payload.decode("ascii"))
            return base64.b64decode(self._payload, validate=True)
        except (ValueError, binascii.Error) as exc:
            raise _broken("a payload cannot be decoded") from exc

    def _end(self, words: list[bytes]) -> End:
        if words[1:] != [b"%d" % self.count]:
            raise _broken("the END does not count what came")
        self._expect = _Expect.QUIET
        return End()


def _is_uid(word: bytes) -> bool:
    return word.isdigit() and len(word) <= _LONGEST_UID


def _broken(what: str) -> TargetError:
    return TargetError(Outcome.COLLECTOR_FAILED, f"evidence stream broken: {what}")
