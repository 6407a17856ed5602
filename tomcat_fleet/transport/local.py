"""A shell on this machine, for auditing the machine that runs the sweep.

The shell gets its own session and process group, which is killed with everything in it at the end, and an
environment of its own: ``PATH``, ``HOME``, ``USER``, ``LOGNAME``. Nothing of the operator's environment reaches it,
neither credentials (``env:`` passwords, the agent's socket) nor a locale.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import signal
from contextlib import suppress

from tomcat_fleet.errors import TargetError
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.model.target import Target
from tomcat_fleet.transport import failure
from tomcat_fleet.transport.channel import Limits, Link
from tomcat_fleet.transport.conversation import Conversation
from tomcat_fleet.transport.deadline import Deadline

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_CLOSE_S = 2.0
_STDIN, _STDOUT, _STDERR = 0, 1, 2


class LocalChannel(Conversation):
    """A ``Channel`` to a child process."""

    def __init__(self, limits: Limits, deadline: Deadline, link: Link) -> None:
        super().__init__(limits, deadline)
        self._link = link
        self.process: _Process | None = None

    @property
    def link(self) -> Link:
        """How the target was reached."""
        return self._link

    async def aclose(self) -> None:
        """Kill the shell with all its children and collect it."""
        self.ended()
        if self.process:
            await self.process.kill()


async def open_local(target: Target, limits: Limits) -> LocalChannel:
    """Open a shell on this machine; raises ``TargetError``."""
    account = running_account()
    link = Link(transport="local", address=target.address, account=account)
    channel = LocalChannel(limits, Deadline(limits.total_s), link)
    try:
        _, channel.process = await asyncio.get_running_loop().subprocess_exec(
            lambda: _Process(channel), "/bin/sh", "-s", env=_environment(account), cwd="/", start_new_session=True
        )
    except OSError as error:
        raise TargetError(Outcome.COLLECTOR_FAILED, failure.line("/bin/sh", failure.shown(error))) from None
    return channel


def running_account() -> str:
    """Whose rights this process has, whatever the environment says."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def _environment(account: str) -> dict[str, str]:
    try:
        home = pwd.getpwnam(account).pw_dir
    except KeyError:
        home = "/"
    return {"PATH": _PATH, "HOME": home, "USER": account, "LOGNAME": account}


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name.removeprefix("SIG")
    except ValueError:
        return str(number)


class _Process(asyncio.SubprocessProtocol):
    """The child: hands on what it says, and is the wire to its standard input."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._transport: asyncio.SubprocessTransport | None = None
        self._open = {_STDOUT, _STDERR}
        self._gone = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Become the wire."""
        assert isinstance(transport, asyncio.SubprocessTransport)
        self._transport = transport
        self._conversation.attach(self)

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        """Sort by stream."""
        if fd == _STDOUT:
            self._conversation.received(data)
        else:
            self._conversation.complained(data)

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        """Note the end of a stream; a shell that stops reading is noticed by the next write."""
        del exc
        self._open.discard(fd)
        if fd == _STDOUT:
            self._conversation.drained()
        elif fd == _STDIN:
            self._conversation.release()

    def process_exited(self) -> None:
        """Note how it ended."""
        code = self._transport.get_returncode() if self._transport else None
        if code is not None:
            self._conversation.exited(f"exit status {code}" if code >= 0 else f"signal {_signal_name(-code)}")

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the child is collected and every pipe closed."""
        del exc
        self._gone.set()

    def pause_writing(self) -> None:
        """Hold input back."""
        self._conversation.hold()

    def resume_writing(self) -> None:
        """Let input flow."""
        self._conversation.release()

    def _pipe(self, fd: int) -> asyncio.BaseTransport | None:
        return self._transport.get_pipe_transport(fd) if self._transport else None

    def write(self, data: bytes) -> None:
        """Send to the shell; raises ``BrokenPipeError`` once it stopped reading."""
        pipe = self._pipe(_STDIN)
        if not isinstance(pipe, asyncio.WriteTransport) or pipe.is_closing():
            raise BrokenPipeError
        pipe.write(data)

    def write_eof(self) -> None:
        """Close standard input after what is buffered."""
        pipe = self._pipe(_STDIN)
        if isinstance(pipe, asyncio.WriteTransport) and not pipe.is_closing():
            pipe.close()

    def pause_reading(self) -> None:
        """Stop reading standard output; standard error is drained on."""
        pipe = self._pipe(_STDOUT)
        if isinstance(pipe, asyncio.ReadTransport):
            pipe.pause_reading()

    def resume_reading(self) -> None:
        """Read standard output again."""
        pipe = self._pipe(_STDOUT)
        if isinstance(pipe, asyncio.ReadTransport):
            pipe.resume_reading()

    def abort(self) -> None:
        """Kill the group: the shell, and what it started and did not leave."""
        transport = self._transport
        # With the shell collected and both streams at their end the group is empty, and its number may be another's.
        if transport is None or (transport.get_returncode() is not None and not self._open):
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(transport.get_pid(), signal.SIGKILL)

    async def kill(self) -> None:
        """Kill, close the pipes and collect; waits a moment at most."""
        self.abort()
        if self._transport:
            self._transport.close()
            with suppress(TimeoutError):
                async with asyncio.timeout(_CLOSE_S):
                    await self._gone.wait()
