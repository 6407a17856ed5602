"""What the process says when something of ours fails where nobody catches it: where, and never what."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.terminal import environment

CANARY = "C4NARY-7f3a"
START = """
import asyncio, gc, logging, sys, threading, warnings
from tomcat_fleet.cli.guard import guard, run_loop
from tomcat_fleet.cli.logs import verbose
guard()
verbose(2)
secret = "C4NARY-" + "7f3a"

def deep(local):
    raise ValueError(local)
"""
FAILURES = {
    "uncaught": ("deep(secret)", "in deep"),
    "uncaught and no Exception": ("class End(BaseException): pass\nraise End(secret)", "End"),
    "in a group": ("raise ExceptionGroup(secret, [ValueError(secret)])", "ValueError"),
    "in a thread": ("t = threading.Thread(target=deep, args=(secret,), name=secret)\nt.start(); t.join()", "in deep"),
    "in a finaliser": ("class X:\n    def __del__(self): deep(secret)\nX(); gc.collect()", "in deep"),
    "in a task that nobody asks": (
        (
            "async def task(): deep(secret)\n"
            "async def main():\n    one = asyncio.create_task(task(), name=secret)\n    await asyncio.sleep(0.01)\n"
            "    del one\n    gc.collect()\nrun_loop(main())"
        ),
        "never retrieved",
    ),
    "in a callback": (
        (
            "async def main():\n    asyncio.get_running_loop().call_soon(deep, secret)\n    await asyncio.sleep(0.01)\n"
            "run_loop(main())"
        ),
        "in deep",
    ),
    "slow in the loop": (
        (
            "import time\ndef slow(local): time.sleep(0.3)\n"
            "async def main():\n    asyncio.get_running_loop().call_soon(slow, secret)\n"
            "    await asyncio.sleep(0.4)\nrun_loop(main())\nprint('done', file=sys.stderr)"
        ),
        "done",
    ),
    "with an error to log": (
        "try:\n    deep(secret)\nexcept ValueError:\n    logging.getLogger('x').exception('it failed')",
        "it failed",
    ),
    "in a message that does not fit": ("logging.getLogger('x').error('%d %d', secret)", "cannot be put together"),
    "in a message that says it": ("logging.getLogger('x').error('password=%s', secret)", "password=[redacted]"),
    "in a debug message": ("logging.getLogger('asyncssh').debug('at jdbc:x://u:%s@h', secret)", "u:[redacted]@h"),
    "in a warning": ("warnings.simplefilter('always')\nwarnings.warn('password=' + secret)", "UserWarning"),
    "in many lines": ("logging.getLogger('x').error('a\\n\\x1b[31mb password: %s\\n\\u202ec', secret)", "\\x1b"),
}


def run(code: str, start: str = START, **extra: str) -> subprocess.CompletedProcess[str]:
    kept = {**environment(), "PYTHONWARNINGS": "default", **extra}
    return subprocess.run(
        [sys.executable, "-c", start + code], env=kept, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("where", FAILURES)
def test_a_failure_says_where_and_quotes_nothing(where: str) -> None:
    code, said = FAILURES[where]
    done = run(code, PYTHONASYNCIODEBUG="1", PYTHONFAULTHANDLER="1", PYTHONDEVMODE="1")
    assert said in done.stderr
    assert CANARY not in done.stdout + done.stderr
    assert "7f3a" not in done.stdout + done.stderr
    assert "\x1b" not in done.stderr


def test_no_core_and_no_dump_of_memory_is_left(tmp_path: Path) -> None:
    code = (
        "import faulthandler, os, resource\n"
        "print(resource.getrlimit(resource.RLIMIT_CORE), faulthandler.is_enabled(), oct(os.umask(0)))\n"
        "from pathlib import Path\nmask = Path('/proc/self/coredump_filter')\n"
        "print(int(mask.read_text(), 16) if mask.exists() else 0)\n"
        "sys.stdout.flush(); os.abort()\n"
    )

    def allow_cores() -> None:
        os.chdir(tmp_path)
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))

    done = subprocess.run(
        [sys.executable, "-c", START + code],
        env=environment(PYTHONFAULTHANDLER="1"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=allow_cores,
    )
    assert done.stdout.splitlines() == ["(0, 0) False 0o77", "0"]
    assert done.returncode == -6
    assert 'File "' not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_command_itself_keeps_these_hooks(tmp_path: Path) -> None:
    """An error that is no Exception passes the command's own handler by."""
    code = (
        "import sys\nimport tomcat_fleet.cli.app as app\n"
        "class End(BaseException): pass\n"
        "def verb(): raise End('C4NARY-' + '7f3a')\n"
        "app.app.command('end')(verb)\n"
        "sys.argv = ['tomcat-fleet', 'end']\n"
        "app.main()\n"
    )
    done = run(code, start="", TMPDIR=str(tmp_path))
    assert "End" in done.stderr.splitlines()[-1]
    assert "in verb" in done.stderr
    assert CANARY not in done.stderr
