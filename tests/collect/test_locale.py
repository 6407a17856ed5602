"""Korean locales: names and contents of both encodings stay the bytes they are, whatever language the tools speak."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.collect.cell import ENVIRONMENT, beyond_ascii, differences, lies
from tests.collect.toolset import INTERPRETERS, Workshop
from tests.need import need

pytestmark = pytest.mark.root

LOCALES = ("ko_KR.EUC-KR", "ko_KR.UTF-8")


@pytest.fixture(scope="module")
def locales(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory for LOCPATH that holds both."""
    need("locales")
    made = tmp_path_factory.mktemp("locales")
    for name in LOCALES:
        subprocess.run(["localedef", "-i", "ko_KR", "-f", name.partition(".")[2], made / name], check=True)
    return made


def _environment(locales: Path, name: str) -> dict[str, str]:
    return {**ENVIRONMENT, "LOCPATH": str(locales), "LC_ALL": name, "LANG": name}


@pytest.mark.parametrize("name", LOCALES)
def test_the_locale_is_there(name: str, locales: Path) -> None:
    done = subprocess.run(["locale", "charmap"], env=_environment(locales, name), check=True, capture_output=True)
    assert done.stdout.decode().strip() == name.partition(".")[2]


@pytest.mark.parametrize("name", LOCALES)
@pytest.mark.parametrize("shell", INTERPRETERS)
async def test_bytes_stay_what_they_are(name: str, shell: str, locales: Path, shop: Workshop) -> None:
    environment = _environment(locales, name)
    if shell == "yash":  # what it can hold depends on the locale
        assert await lies(shop, "ls", shell, environment) == {}
    else:
        assert await differences(shop, shell, "ls", shell, environment, beyond_ascii) == {}


@pytest.mark.parametrize("name", LOCALES)
@pytest.mark.parametrize("login", ["zsh", "tcsh", "fish"])
async def test_so_they_do_under_a_login_shell_of_that_locale(
    name: str, login: str, locales: Path, shop: Workshop
) -> None:
    assert await differences(shop, login, "gnu", "dash", _environment(locales, name), beyond_ascii) == {}
