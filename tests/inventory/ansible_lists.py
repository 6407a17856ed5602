"""Run in a process of its own: ``ansible-inventory --list`` over many inventories, its start paid for once.

    python ansible_lists.py CONSOLE_SCRIPT FOLDER

The tool is started on ``FOLDER/hosts`` and held at the moment when it first opens that file, everything being loaded.
Every line on stdin then asks for a listing of what ``FOLDER`` holds by now: a forked child goes on from there. One line
of JSON each on stdout: exit code, output, errors.
"""

from __future__ import annotations

import gc
import json
import os
import runpy
import sys
from pathlib import Path


class Gate:
    """An audit hook that does not return in the parent."""

    def __init__(self, folder: Path) -> None:
        self._hosts = str(folder / "hosts")
        self._out = folder.with_name("out")
        self._errors = folder.with_name("errors")
        self._is_open = False
        self._answers = os.fdopen(os.dup(1), "w", encoding="utf-8")

    @property
    def output(self) -> str:
        return str(self._out)

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        if self._is_open or event != "open" or not arguments or not isinstance(arguments[0], str | bytes):
            return
        if os.fsdecode(arguments[0]) != self._hosts:
            return
        self._is_open = True
        gc.freeze()
        gc.disable()
        while os.read(0, 1):
            child = os.fork()
            if child == 0:
                self._redirect()
                return
            _, status = os.waitpid(child, 0)
            self._answer(os.waitstatus_to_exitcode(status))
        os._exit(0)

    def _redirect(self) -> None:
        with self._errors.open("wb") as file, open(os.devnull, "rb") as nothing:  # noqa: PTH123  no path of ours
            os.dup2(nothing.fileno(), 0)
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)

    def _answer(self, code: int) -> None:
        found = {"code": code}
        for name, path in (("output", self._out), ("errors", self._errors)):
            found[name] = path.read_text("utf-8", "replace") if path.exists() else ""
            path.unlink(missing_ok=True)
        self._answers.write(json.dumps(found) + "\n")
        self._answers.flush()


def main() -> None:
    """Start the tool and answer until stdin ends."""
    script, name = sys.argv[1:]
    gate = Gate(Path(name))
    sys.addaudithook(gate)
    sys.argv = ["ansible-inventory", "-i", f"{name}/hosts", "--list", "--output", gate.output]
    code = 0
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(bool(ended.code))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # to take the interpreter apart costs more than the listing


if __name__ == "__main__":
    main()
