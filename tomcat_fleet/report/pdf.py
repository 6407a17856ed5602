"""The pages as PDF files, printed by a browser without a window: exactly what its print dialogue would make of them.

A layout engine in Python took two minutes for a report that a browser prints in half a second.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tomcat_fleet.errors import ConfigError
from tomcat_fleet.report.folder import Folder

if TYPE_CHECKING:
    from playwright.sync_api import Page

NAME: Final = "pdf"
BROWSER: Final = "TOMCAT_FLEET_BROWSER"
_PROGRAMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome", "microsoft-edge")
_FOLDERS = ("hosts", "groups")
_PATIENCE_MS = 120_000  # for one page
# What a browser needs to find itself, its fonts and a place to work. Secrets of this process stay here.
_PASSED_ON = frozenset({
    "PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "FONTCONFIG_FILE", "FONTCONFIG_PATH",
    "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_DIRS", "PLAYWRIGHT_NODEJS_PATH",
})  # fmt: skip
_DATE = re.compile(rb"/(CreationDate|ModDate) \(D:\d{14}\+00'00'\)")


def check() -> str:
    """The browser that would print. Raises ConfigError when there is none, or nothing to drive it with."""
    try:
        import playwright.sync_api  # noqa: F401, PLC0415  an extra, and slow to import
    except ImportError:
        raise ConfigError("--format pdf needs the extra: pip install 'tomcat-fleet[pdf]'") from None
    named = os.environ.get(BROWSER)
    found = (shutil.which(name) for name in ([named] if named else _PROGRAMS))
    program = next((path for path in found if path), None)
    if program is None:
        what = f"{BROWSER}={named} cannot be run" if named else "none is on the path"
        raise ConfigError(f"--format pdf needs Chromium, Chrome or Edge: {what}")
    return program


def add(folder: Folder, directory: Path, finished: str) -> Iterator[str]:
    """Print every page of the report in ``directory``, open as ``folder``; yields the names of the files written.

    ``finished`` is the date that they carry, so that the same pages give the same bytes. Must not be called from a
    coroutine. Raises ConfigError as ``check``, OSError when a page cannot be printed.
    """
    from playwright.sync_api import Error, sync_playwright  # noqa: PLC0415  as above

    program = check()
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium has no sandbox for root; nothing is loaded
    try:
        with ExitStack() as stack:
            with _bare_environment():
                play = stack.enter_context(sync_playwright())  # its driver starts here, and starts the browser later
            browser = play.chromium.launch(executable_path=program, args=arguments)
            context = browser.new_context(java_script_enabled=False, offline=True)
            page = context.new_page()
            page.set_default_timeout(_PATIENCE_MS)
            yield from _printed(page, folder, directory, _stamp(finished))
            browser.close()
    except Error as error:
        raise OSError(0, f"the browser failed: {error.message.splitlines()[0]}", str(directory)) from None


@contextmanager
def _bare_environment() -> Iterator[None]:
    """Playwright gives its driver all of this process's environment, and leaves no choice."""
    whole = dict(os.environ)
    for name in whole.keys() - _PASSED_ON:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.update(whole)


def _printed(page: Page, folder: Folder, directory: Path, stamp: bytes) -> Iterator[str]:
    yield _publish(page, folder, directory / "index.html", "index.pdf", stamp)
    for name in _FOLDERS:
        if not (directory / name).is_dir():
            continue
        inner = folder.folder(name)
        try:
            for source in sorted((directory / name).glob("*.html")):
                yield f"{name}/{_publish(page, inner, source, f'{source.stem}.pdf', stamp)}"
        finally:
            inner.close()


def _publish(page: Page, folder: Folder, source: Path, name: str, stamp: bytes) -> str:
    page.set_content(source.read_text("utf-8"))  # an address would put this machine's paths behind every link
    made = page.pdf(prefer_css_page_size=True, print_background=True)
    folder.publish(name, _DATE.sub(rb"/\1 (D:" + stamp + rb"+00'00')", made))
    return name


def _stamp(finished: str) -> bytes:
    return re.sub(r"\D", "", finished).encode()[:14]
