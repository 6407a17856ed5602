"""What start-up files of the login account print, swallow or define: all the evidence, or a host that failed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.collect.cell import ENVIRONMENT, differences
from tests.collect.toolset import Workshop
from tests.need import need
from tests.shell_channel import shell
from tomcat_fleet.collect.session import collect
from tomcat_fleet.errors import TargetError
from tomcat_fleet.model.evidence import Content, Question, Verb
from tomcat_fleet.model.fact import Known
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.model.target import InstanceHint, Target

TITLE = r"\033]0;host\007"
FILES = {
    "bash": ".bashrc",
    "zsh": ".zshenv",
    "bsd-csh": ".cshrc",
    "tcsh": ".tcshrc",
    "fish": ".config/fish/config.fish",
}
SILENCE_S = 3  # long enough for a shell to answer, if it ever does


@dataclass(frozen=True, slots=True)
class Case:
    """A line of the start-up file of ``login``, and what becomes of the host."""

    login: str
    line: str
    ending: str  # whole, failed, or silent: what the deadline of the connection ends


WHOLE = {
    "bash-title": Case("bash", f"printf '{TITLE}'", "whole"),
    "bash-banner": Case("bash", "echo; echo '@0 BEGIN 1 base64 0 0'; echo WARNING >&2", "whole"),
    "bash-prompt": Case("bash", "PS1='$ ' PROMPT_COMMAND='echo x'; shopt -s expand_aliases; set -x", "whole"),
    "bash-aliases": Case("bash", "alias ls='ls --color=always' sh='sh -x'; LS_COLORS=di=1; export LS_COLORS", "whole"),
    "bash-umask-and-limits": Case("bash", "umask 777; ulimit -c 0; cd /proc", "whole"),
    "bash-bytes": Case("bash", r"printf '\000\377\033[31m\r'", "whole"),
    "bash-exit": Case("bash", "exit 0", "failed"),
    "bash-exec": Case("bash", "exec /bin/true", "failed"),
    "bash-flood": Case("bash", "head -c 400000 /dev/zero", "failed"),
    "bash-read": Case("bash", "read -r line", "failed"),
    "bash-cut": Case("bash", "head -c 5000 >/dev/null", "failed or silent"),
    "bash-late": Case("bash", "{ sleep 0.2; echo late; } &", "whole or failed"),
    "bash-swallow": Case("bash", "cat >/dev/null", "silent"),
    "bash-hush": Case("bash", "exec >/dev/null", "failed"),
    "zsh-title": Case("zsh", f"printf '{TITLE}'; setopt xtrace", "whole"),
    "zsh-exit": Case("zsh", "exit 0", "failed"),
    "csh-banner": Case("bsd-csh", "echo 'hello!'; set prompt='% '; alias sh 'echo no'", "failed"),
    "csh-title": Case("bsd-csh", r"printf '\033]0;host\007'; set echo", "whole"),
    "tcsh-banner": Case("tcsh", "echo hello; set prompt='%m%% '", "whole"),
    "tcsh-exit": Case("tcsh", "exit", "whole"),
    "fish-title": Case("fish", r"printf '\e]0;host\a'; echo hello; set -gx PAGER cat", "whole"),
    "fish-exit": Case("fish", "exit 0", "whole"),
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "base/conf").mkdir(parents=True)
    (tmp_path / "base/conf/server.xml").write_text("<Server/>")
    (tmp_path / "base/conf/context.xml").write_text("<Context/>")
    return tmp_path


async def _ending(home: Path, argv: list[str]) -> str:
    """What became of the host; fails when half of its evidence came."""
    base = str(home / "base")
    target = Target(name="t", address="local", discover=False, instances=(InstanceHint(base=base),))
    questions = [Question(Verb.CONTENT, f"{base}/conf/{name}.xml") for name in ("server", "context")]
    environment = ENVIRONMENT | {"HOME": str(home), "SSH_CLIENT": "192.0.2.1 1 22", "SSH_CONNECTION": "x"}
    async with shell(argv, env=environment) as channel:
        try:
            async with asyncio.timeout(SILENCE_S):
                collected = await collect(channel, target, key=b"k" * 32, want=lambda _: questions)
        except (TargetError, ConnectionError) as error:
            return "failed" if getattr(error, "outcome", Outcome.COLLECTOR_FAILED) is Outcome.COLLECTOR_FAILED else "?"
        except TimeoutError:
            return "silent"
    for question in questions:
        answer = collected.evidence.answers[question]
        assert isinstance(answer, Known)
        assert isinstance(answer.value, Content)
    return "whole"


@pytest.mark.parametrize("name", WHOLE)
async def test_all_or_nothing(name: str, home: Path) -> None:
    case = WHOLE[name]
    file = home / FILES[case.login]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"echo started >'{home}/started'\n{case.line}\n")
    assert await _ending(home, [need(case.login), "-c", "sh -s"]) in case.ending.split(" or ")
    assert (home / "started").exists(), "the start-up file was not read"


LOUD = {
    "TIME_STYLE": "+%s a b",
    "QUOTING_STYLE": "shell-always",
    "LS_BLOCK_SIZE": "human-readable",
    "BLOCK_SIZE": "1M",
    "GREP_OPTIONS": "-v",
    "UNZIP": "-qq -x *",
    "PERL5OPT": "-Mnone",
    "CDPATH": "/etc:/proc",
    "ENV": "/etc/passwd",
    "BASH_ENV": "/etc/passwd",
    "IFS": "/",
    "TF_NONCE": "0" * 32,
    "TF_MODE": "raised",
    "tf_uids": "0 7 65534",
    "TF_COUNT": "9",
}
DEFINED = ("ls", "stat", "awk", "[", "cd", "printf", "id", "dd", "tr", "readlink")


@pytest.mark.root
@pytest.mark.parametrize("tools", ["gnu", "ls", "perl"])
async def test_no_variable_of_theirs_changes_the_evidence(tools: str, shop: Workshop) -> None:
    assert await differences(shop, "bash", tools, "dash", {**ENVIRONMENT, **LOUD}) == {}


@pytest.mark.root
async def test_no_function_of_theirs_does(shop: Workshop, tmp_path: Path) -> None:
    lines = [f"{name}() {{ echo defined; }}; export -f {name}\n" for name in DEFINED]
    (tmp_path / ".bashrc").write_text("".join(lines))
    assert await differences(shop, "bash", "gnu", "bash", {**ENVIRONMENT, "BASH_ENV": str(tmp_path / ".bashrc")}) == {}
