from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hostile.mutation import stream
from tomcat_fleet.collect.frame import END_OF_PAYLOAD, Begin, Decoder, End, Record
from tomcat_fleet.errors import TargetError
from tomcat_fleet.model.status import Outcome

NONCE = "0123456789abcdef0123456789abcdef"
MARK = f"@{NONCE} "


def _record(number: int, payload: bytes, *, verb: str = "content", state: str = "ok") -> str:
    body = base64.encodebytes(payload + END_OF_PAYLOAD).decode()
    return f"\n{MARK}{number} {verb} {state}\n{body}\n{MARK}{number} .\n"


def _stream(*payloads: bytes) -> bytes:
    records = "".join(_record(number, payload) for number, payload in enumerate(payloads, 1))
    return f"{MARK}BEGIN 1 base64 998 0\n{records}\n{MARK}END {len(payloads)}\n".encode()


def _decode(data: bytes, step: int = 0) -> list[object]:
    decoder = Decoder(NONCE)
    step = step or len(data) or 1
    frames = [frame for at in range(0, len(data), step) for frame in decoder.feed(data[at : at + step])]
    assert decoder.quiet() == any(isinstance(frame, End) for frame in frames)
    return list(frames)


def test_a_whole_round_is_decoded() -> None:
    assert _decode(_stream(b"one\0\n", b"")) == [
        Begin(998),
        Record("content", "ok", b"one\0\n"),
        Record("content", "ok", b""),
        End(),
    ]


def test_noise_before_the_first_frame_is_ignored_even_without_a_line_feed() -> None:
    noise = "환영합니다\n\x1b]0;title\x07".encode()
    assert _decode(noise + _stream(b"x"))[0] == Begin(998)


@given(st.lists(st.binary(max_size=300), max_size=5), st.integers(1, 64))
def test_any_payload_in_any_slices_comes_out_byte_for_byte(payloads: list[bytes], step: int) -> None:
    frames = _decode(_stream(*payloads), step)
    assert [frame.payload for frame in frames if isinstance(frame, Record)] == payloads


@given(st.binary(max_size=200), st.integers(0, 4))
def test_a_payload_that_imitates_frames_stays_a_payload(blob: bytes, at: int) -> None:
    forged = blob[:at] + f"\n{MARK}1 .\n{MARK}END 1\n".encode() + blob[at:]
    frames = _decode(_stream(forged))
    assert frames[1:] == [Record("content", "ok", forged), End()]


GOOD = _stream(b"one", b"two").decode()
BROKEN = {
    "record missing": GOOD.replace(_record(1, b"one"), ""),
    "record repeated": GOOD.replace(_record(1, b"one"), _record(1, b"one") * 2),
    "records swapped": GOOD.replace(_record(1, b"one"), "#").replace(_record(2, b"two"), _record(1, b"one")),
    "record not closed": GOOD.replace(f"{MARK}1 .\n", ""),
    "wrong close": GOOD.replace(f"{MARK}1 .\n", f"{MARK}2 .\n"),
    "count too small": GOOD.replace("END 2", "END 1"),
    "count too large": GOOD.replace("END 2", "END 3"),
    "no count": GOOD.replace("END 2", "END"),
    "second begin": GOOD.replace(f"{MARK}1 content", f"{MARK}BEGIN 1 base64 998 1\n{MARK}1 content"),
    "text between records": GOOD.replace(f"{MARK}2 content", f"stray\n{MARK}2 content"),
    "text after the end": GOOD + "stray\n",
    "frame after the end": GOOD + f"{MARK}3 content ok\n",
    "second end": GOOD + f"{MARK}END 2\n",
    "payload not base64": GOOD.replace("b25l", "b25l!"),
    "payload cut inside a group": GOOD.replace("b25lAGVuZA==", "b25lAGVuZA"),
    "payload cut between groups": GOOD.replace("b25lAGVuZA==", "b25lAGVu"),
    "payload gone": GOOD.replace("b25lAGVuZA==", ""),
    "frame inside a line": GOOD.replace(f"\n{MARK}2 content", f"x {MARK}2 content"),
    "unknown encoding": GOOD.replace("base64", "rot13"),
    "unknown version": GOOD.replace("BEGIN 1", "BEGIN 2"),
    "begin with a count": GOOD.replace("998 0", "998 7"),
    "overlong line": GOOD.replace("b25l", "A" * 9000),
    "overlong blank line": GOOD.replace(f"{MARK}2 content", " " * 9000 + f"\n{MARK}2 content"),
    "overlong frame": GOOD.replace("2 content ok", "2 content ok" + " " * 9000),
    "text after the end without a line feed": GOOD + "stray",
    "second begin at once": GOOD.replace(f"{MARK}BEGIN 1 base64 998 0\n", f"{MARK}BEGIN 1 base64 998 0\n" * 2),
    "second begin later": GOOD.replace(f"{MARK}2 content", f"{MARK}BEGIN 1 base64 998 1\n{MARK}2 content"),
    "uid without end": GOOD.replace("998", "9" * 5000),
    "uid not a number": GOOD.replace("998", "²"),
    "frame after spaces": GOOD.replace(f"{MARK}2 content", f"  {MARK}2 content"),
    "raised and no begin": GOOD.replace("1 content ok", "1 raise ok"),
    "begin although the rise was denied": GOOD.replace("1 content ok", "1 raise denied").replace(
        f"{MARK}2 content", f"{MARK}BEGIN 1 base64 0 1\n{MARK}2 content"
    ),
    "frame of another conversation in a payload": GOOD.replace("b25lAGVuZA==", f"b25lAGVuZA==\n@{'f' * 32} 1 ."),
    "NUL in a payload": GOOD.replace("b25l", "b25l\0"),
    "escape in a payload": GOOD.replace("b25l", "\x1b[2Jb25l"),
    "space in a payload": GOOD.replace("b25l", "b2 5l"),
}


@pytest.mark.parametrize("step", [0, 1, 50])
@pytest.mark.parametrize("name", BROKEN)
def test_a_malformed_stream_ends_the_conversation(name: str, step: int) -> None:
    text = BROKEN[name]
    assert text != GOOD
    with pytest.raises(TargetError) as raised:
        _decode(text.encode(), step)
    assert raised.value.outcome is Outcome.COLLECTOR_FAILED


@given(st.data())
def test_a_cut_stream_never_looks_complete(data: st.DataObject) -> None:
    whole = _stream(b"one", b"two")
    cut = whole[: data.draw(st.integers(0, len(whole) - 2))]
    decoder = Decoder(NONCE)
    assert not any(isinstance(frame, End) for frame in decoder.feed(cut))
    assert not decoder.quiet()


def _feed_again_and_again(decoder: Decoder, block: bytes, size: int) -> None:
    for _ in range(size // len(block)):
        list(decoder.feed(block))


def _flood(decoder: Decoder) -> None:
    for _ in range(100):
        list(decoder.feed(b"x" * 8192))


def test_a_raised_shell_speaks_in_the_round_that_asked_for_it() -> None:
    decoder = Decoder(NONCE)
    list(decoder.feed(_stream()))
    decoder.next_round()
    raised = f"{_record(1, b'', verb='raise')}{MARK}BEGIN 1 hex 0 1\n{MARK}END 1\n"
    assert list(decoder.feed(raised.encode())) == [Record("raise", "ok", b""), Begin(0), End()]


def test_endless_noise_is_refused() -> None:
    decoder = Decoder(NONCE)
    with pytest.raises(TargetError):
        _flood(decoder)


@pytest.mark.parametrize("step", [0, 8192])
def test_noise_is_counted_alike_in_one_piece_and_in_many(step: int) -> None:
    assert _decode((b"x" * 100 + b"\n") * 2600 + _stream(b"x"), step)[0] == Begin(998)
    with pytest.raises(TargetError, match="only noise"):
        _decode((b"x" * 100 + b"\n") * 2700 + _stream(b"x"), step)


@pytest.mark.parametrize(
    ("line", "reason"),
    [(b"QUJD" * 19 + b"\n", "a record is too long"), (b"\n", "too many lines"), (b"QUJD\r\n", "a record is too long")],
)
def test_a_payload_without_end_is_refused_long_before_the_cap_of_the_stream(line: bytes, reason: str) -> None:
    decoder = Decoder(NONCE)
    list(decoder.feed(f"{MARK}BEGIN 1 base64 998 0\n{MARK}1 content ok\n".encode()))
    block = line * (65536 // len(line))
    with pytest.raises(TargetError, match=reason):
        _feed_again_and_again(decoder, block, 48 << 20)


@pytest.mark.parametrize("encoding", ["base64", "openssl", "hex"])
def test_the_largest_file_fits_in_every_encoding(encoding: str) -> None:
    largest = b"/opt/tomcat/conf/server.xml\0\0" + bytes(range(256)) * (4 << 12) + b"\0" + b"0"
    sent = stream([Record("content", "ok", largest)], NONCE, encoding)
    decoder = Decoder(NONCE)
    frames = [frame for at in range(0, len(sent), 65536) for frame in decoder.feed(sent[at : at + 65536])]
    assert frames[1] == Record("content", "ok", largest)
