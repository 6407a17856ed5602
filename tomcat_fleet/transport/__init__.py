"""How bytes reach a shell on a target: one connection, one channel, one ``sh -s``.

asyncssh looks for C libraries when it is imported, with a compiler where there is one. What the operator's environment
holds, passwords among it, is none of that compiler's business, so the first import is made here, without it.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

_PLAIN = frozenset({"PATH", "HOME", "TMPDIR", "TEMP", "TMP", "LANG", "LC_ALL"})


@contextmanager
def _bare_environment() -> Iterator[None]:
    hidden = {name: value for name, value in os.environ.items() if name not in _PLAIN}
    for name in hidden:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.update(hidden)


with _bare_environment():
    import asyncssh as asyncssh
