"""Every kind of fault, and what may be said of a host that has it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from tests.soak import port, session, spoil
from tests.soak.port import Port
from tests.soak.session import Session
from tomcat_fleet.model.status import Outcome


class Expect(Enum):
    """What an audit may say."""

    REFUSED = auto()  # an outcome of the kind's own and no verdict at all
    NO_BETTER = auto()  # evidence is missing in frames that agree: no verdict better than the sound host's
    NOTHING_GOOD = auto()  # nothing could be read: no item passes, none is not applicable
    EXACT = auto()  # the evidence is whole: exactly what the sound host gets
    EXACT_OR_REFUSED = auto()  # whole evidence, then something odd: exact if it was complete by then, else refused


class Login(Enum):
    """What goes wrong before there is a shell."""

    FINE = auto()
    UNKNOWN_KEY = auto()
    CHANGED_KEY = auto()
    REFUSED = auto()
    SILENT = auto()
    NO_CHANNEL = auto()
    NO_COMMAND = auto()
    BANNER = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One kind. ``port`` or ``session`` is what the host does; neither: nothing listens."""

    expect: Expect = Expect.REFUSED
    outcomes: tuple[Outcome, ...] = (Outcome.COLLECTOR_FAILED,)  # when it is refused
    port: Port | None = None
    login: Login = Login.FINE
    session: Session | None = None
    layout: str | None = None  # the only one it is about
    flood: bool = False
    clock: str | None = None
    loss: spoil.Loss | None = None  # of one record
    loses: bool = False  # nothing of that record is left
    whole: bool = True  # may be due in any round, not only in the first


# What keeps an auditor busy ends at a limit or, on a slow machine, at the deadline.
_BUSY = (Outcome.COLLECTOR_FAILED, Outcome.TIMEOUT)
_UNKNOWN = (Outcome.PARTIAL, *_BUSY)  # what is too much to examine is unknown, or ends the host


def _port(answer: Port, *outcomes: Outcome) -> Fault:
    return Fault(port=answer, outcomes=outcomes or (Outcome.SSH_FAILED,), whole=False)


def _login(how: Login, outcome: Outcome) -> Fault:
    return Fault(login=how, session=session.sound, outcomes=(outcome,), whole=False)


def _shell(behaviour: Session, *outcomes: Outcome) -> Fault:
    return Fault(session=behaviour, outcomes=outcomes or (Outcome.COLLECTOR_FAILED,), whole=False)


def _stream(behaviour: Session, *outcomes: Outcome) -> Fault:
    return Fault(session=behaviour, outcomes=outcomes or (Outcome.COLLECTOR_FAILED,))


def _flood(behaviour: Session, *, whole: bool) -> Fault:
    return Fault(session=behaviour, outcomes=_BUSY, whole=whole, flood=True)


def _loss(loss: spoil.Loss, *, loses: bool) -> Fault:
    return Fault(expect=Expect.NO_BETTER, session=session.losing(loss), loss=loss, loses=loses)


def _after(behaviour: Session) -> Fault:
    return Fault(expect=Expect.EXACT_OR_REFUSED, session=behaviour)


def _odd(behaviour: Session = session.sound, **more: object) -> Fault:
    return Fault(expect=Expect.EXACT, session=behaviour, whole=False, **more)  # type: ignore[arg-type]


def _busy(layout: str) -> Fault:
    return Fault(expect=Expect.NO_BETTER, session=session.sound, layout=layout, outcomes=_UNKNOWN, whole=False)


# A reset may be seen before or after the connect.
_RESET = (Outcome.SSH_FAILED, Outcome.UNREACHABLE)

FAULTS: dict[str, Fault] = {
    # before the login
    "refused-port": Fault(outcomes=(Outcome.UNREACHABLE,), whole=False),
    "silent-port": _port(port.silence, Outcome.TIMEOUT),
    "version-then-silence": _port(port.version_then_silence, Outcome.TIMEOUT),
    "garbage-banner": _port(port.garbage_banner),
    "banner-flood": _port(port.banner_flood),
    "endless-banner-line": _port(port.endless_line),
    "huge-packet": _port(port.huge_packet),
    "garbage-in-exchange": _port(port.garbage_in_exchange),
    "close-in-exchange": _port(port.close_in_exchange),
    "hang-up": _port(port.hang_up),
    "reset-at-once": _port(port.reset, *_RESET),
    "unknown-key": _login(Login.UNKNOWN_KEY, Outcome.HOSTKEY_UNKNOWN),
    "changed-key": _login(Login.CHANGED_KEY, Outcome.HOSTKEY_CHANGED),
    "auth-refused": _login(Login.REFUSED, Outcome.AUTH_FAILED),
    "auth-silent": _login(Login.SILENT, Outcome.TIMEOUT),
    "channel-refused": _login(Login.NO_CHANNEL, Outcome.COLLECTOR_FAILED),
    "command-refused": _login(Login.NO_COMMAND, Outcome.COLLECTOR_FAILED),
    # a shell that runs no collector, or not to its end
    "exit-without-output": _shell(session.before_output(session.leave)),
    "noise-then-exit": _shell(session.before_output(session.leave, session.NOISE)),
    "noise-flood": _flood(session.noise_flood, whole=False),
    "silent-shell": _shell(session.before_output(session.hang), Outcome.TIMEOUT),
    "deaf-shell": _shell(session.deaf, Outcome.TIMEOUT),
    "error-flood": _flood(session.error_flood, whole=False),
    "output-flood": _flood(session.output_flood, whole=True),
    "line-flood": _flood(session.line_flood, whole=True),
    "record-flood": _flood(session.record_flood, whole=True),
    "drip": _stream(session.drip, Outcome.TIMEOUT),
    "hang-after-begin": _stream(session.begin_then_hang, Outcome.TIMEOUT),
    "hang-in-record": _stream(session.spoiling(spoil.cut_in_record, session.hang), Outcome.TIMEOUT),
    "hang-before-end": _stream(session.spoiling(spoil.without_end, session.hang), Outcome.TIMEOUT),
    "cut-in-record": _stream(session.spoiling(spoil.cut_in_record)),
    "killed-in-record": _stream(session.spoiling(spoil.cut_in_record, session.be_killed)),
    "reset-in-record": _stream(session.spoiling(spoil.cut_in_record, session.reset)),
    "eof-without-close": _stream(session.spoiling(spoil.cut_in_record, session.close_output_only)),
    # frames that disagree
    "end-missing": _stream(session.spoiling(spoil.without_end)),
    "end-miscounts": _stream(session.spoiling(spoil.end_miscounts)),
    "record-missing": _stream(session.spoiling(spoil.record_missing)),
    "record-twice": _stream(session.spoiling(spoil.record_twice)),
    "records-out-of-order": _stream(session.spoiling(spoil.records_out_of_order)),
    "payload-cut": _stream(session.spoiling(spoil.payload_cut)),
    "payload-undecodable": _stream(session.spoiling(spoil.payload_undecodable)),
    "foreign-nonce": _stream(session.spoiling(spoil.foreign_nonce)),
    "foreign-frame": _stream(session.spoiling(spoil.foreign_frame)),
    "unknown-verb": _stream(session.spoiling(spoil.unknown_verb)),
    "process-untold": _shell(session.spoiling(spoil.process_untold)),
    # frames that agree, evidence that is not there
    "record-lost": _loss(spoil.lost, loses=True),
    "record-repeated": _loss(spoil.repeated, loses=False),
    "records-swapped": _loss(spoil.swapped, loses=False),
    "payload-corrupted": _loss(spoil.corrupted, loses=True),
    "payload-halved": _loss(spoil.halved, loses=True),
    "record-of-another-state": _loss(spoil.other_state, loses=False),
    "some-denied": Fault(expect=Expect.NO_BETTER, session=session.losing(spoil.some_denied, always=True)),
    "some-failed": Fault(expect=Expect.NO_BETTER, session=session.losing(spoil.some_failed, always=True)),
    "everything-denied": Fault(expect=Expect.NOTHING_GOOD, session=session.losing(spoil.all_denied, always=True)),
    "everything-failed": Fault(expect=Expect.NOTHING_GOOD, session=session.losing(spoil.all_failed, always=True)),
    # whole evidence, and then
    "end-twice": _after(session.spoiling(spoil.end_twice)),
    "text-after-end": _after(session.spoiling(spoil.text_after_end)),
    "status-3-after-end": _after(session.after_round(session.leave_with_3)),
    "killed-after-end": _after(session.after_round(session.be_killed)),
    "reset-after-end": _after(session.after_round(session.reset)),
    # whole evidence of odd hosts
    "noisy-login": _odd(session.noisy_login),
    "hostile-login-banner": _odd(login=Login.BANNER),
    "clock-of-1970": _odd(clock="1970-01-01T00:00:00Z"),
    "no-clock": _odd(clock="\x1b[31m<b>9999-99-99"),
    "hostile-names": _odd(layout="hostile-names"),
    # evidence that keeps an auditor busy
    "many-questions": _busy("crowded"),
    "endless-questions": _busy("endless"),
    "many-accounts": _busy("many-accounts"),
    "heavy-markup": _busy("heavy-markup"),
}
