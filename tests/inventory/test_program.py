"""Inventory scripts and plugins: what is run, what is not, and what a program can do to us."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.need import need
from tomcat_fleet.errors import InventoryError
from tomcat_fleet.inventory import load
from tomcat_fleet.inventory.program import Bounds, ProgramError, run

_LISTING = '{"_meta": {"hostvars": {"a": {"ansible_port": 2222}}}, "web": {"hosts": ["a"]}}'


def _script(folder: Path, body: str, mode: int = 0o700, name: str = "inventory.sh") -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n", "utf-8")
    path.chmod(mode)
    return path


def _faults(path: Path, bounds: Bounds | None = None) -> list[str]:
    with pytest.raises(InventoryError) as raised:
        load([path], bounds=bounds)
    return [str(fault).removeprefix(str(path)) for fault in raised.value.faults]


def test_a_script_is_asked_for_its_list(tmp_path: Path) -> None:
    (tmp_path / "group_vars").mkdir()
    (tmp_path / "group_vars" / "web.yml").write_text("zone: dmz\n", "utf-8")
    path = _script(tmp_path, f"[ \"$*\" = --list ] || exit 9\necho said >&2\nprintf '%s' '{_LISTING}'")
    inventory = load([path])
    target = inventory.targets[0]
    assert (target.name, target.port, target.zone, target.source) == ("a", 2222, "dmz", f"{path} --list:1")
    assert [str(warning) for warning in inventory.warnings] == [f"{path}: said on stderr: said"]
    assert str(path) in inventory.files


def test_a_script_without_meta_is_asked_for_every_host(tmp_path: Path) -> None:
    path = _script(
        tmp_path,
        """case "$1 $2" in
  "--list ") echo '{"web": ["a", "b"], "db": {"hosts": ["c"]}}' ;;
  "--host a") echo '{"ansible_port": 2222}' ;;
  "--host b") ;;
  "--host c") echo '{"ansible_user": "audit"}' ;;
  *) exit 9 ;;
esac""",
    )
    found = {target.name: (target.port, target.user) for target in load([path]).targets}
    assert found == {"a": (2222, None), "b": (22, None), "c": (22, "audit")}


def test_faults_of_single_hosts_come_together(tmp_path: Path) -> None:
    path = _script(
        tmp_path,
        """case "$1 $2" in
  "--list ") echo '{"web": ["a", "b", "c"]}' ;;
  "--host a") echo nonsense ;;
  "--host b") echo 'no such host' >&2; exit 3 ;;
  "--host c") echo '{"ansible_port": 0}' ;;
esac""",
    )
    assert _faults(path) == [
        ": --host 'a': printed no JSON",
        ": --host 'b': ended with exit code 3: no such host",
        " --list:1: ansible_port: '0' is not a port between 1 and 65535",
    ]


def test_a_script_that_hangs_is_not_asked_for_every_host(tmp_path: Path) -> None:
    path = _script(tmp_path, """[ "$1" = --list ] && echo '{"web": ["a", "b", "c"]}' || sleep 60""")
    wanted = [": --host 'a': did not end within 0.5 s; no other host was asked for"]
    assert _faults(path, Bounds(seconds=0.5)) == wanted


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("echo broken >&2; exit 4", ": ended with exit code 4: broken"),
        ("printf '\\033[31mred\\n\\rtext' >&2; exit 1", ": ended with exit code 1: \\x1b[31mred  text"),
        ("kill -9 $$", ": was ended by signal 9"),
        ("echo '{'", " --list:2: JSON: expecting property name enclosed in double quotes"),
        ("echo '[]'", " --list:1: an inventory in JSON is an object of groups"),
        ("true", " --list:1: JSON: expecting value"),
        ("printf '\\377'", " --list:1: is not UTF-8 text"),
        ("echo why >&2; echo '{}'", ": the inventory names no host (said on stderr: why)"),
    ],
)
def test_a_script_that_fails_is_a_fault(tmp_path: Path, body: str, fault: str) -> None:
    assert _faults(_script(tmp_path, body)) == [fault]


def test_long_errors_are_cut(tmp_path: Path) -> None:
    path = _script(tmp_path, "i=0; while [ $i -lt 2000 ]; do echo line $i >&2; i=$((i+1)); done; exit 1")
    fault = _faults(path)[0]
    assert len(fault) < 400
    assert fault.endswith("line 1999")


def test_a_script_has_bounds(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    endless = _script(tmp_path, f"(sleep 1; touch {mark}) & sleep 60")
    started = time.monotonic()
    assert _faults(endless, Bounds(seconds=0.5)) == [": did not end within 0.5 s"]
    assert time.monotonic() - started < 20
    flood = _script(
        tmp_path, "while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done", name="flood"
    )
    assert _faults(flood, Bounds(size=1 << 20)) == [": printed more than 1 MiB"]
    time.sleep(max(0.0, 1.7 - (time.monotonic() - started)))
    assert not mark.exists()  # what it started ended with it


def test_output_that_closes_early_does_not_last() -> None:
    with pytest.raises(ProgramError, match=r"did not end within 0\.5 s"):
        run([sys.executable, "-c", "import os, time; os.close(1); os.close(2); time.sleep(30)"], Bounds(seconds=0.5))


def test_there_is_no_shell_and_no_input(tmp_path: Path) -> None:
    name = "inv; touch never $(touch never)"
    path = _script(tmp_path, f"cat; printf '%s' '{_LISTING}'", name=name)
    assert [target.name for target in load([path]).targets] == ["a"]
    assert not list(tmp_path.glob("never*"))


@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777])
def test_what_others_may_write_is_not_run(tmp_path: Path, mode: int) -> None:
    mark = tmp_path / "mark"
    path = _script(tmp_path, f"touch {mark}", mode)
    assert _faults(path) == [": is not run: others may write to it (chmod go-w)"]
    assert not mark.exists()


def test_a_directory_that_others_may_write_to(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    path = _script(folder, "echo '{}'")
    folder.chmod(0o777)
    assert _faults(path) == [": is not run: others may write to its directory"]
    folder.chmod(0o1777)
    assert _faults(path) == [": the inventory names no host"]


@pytest.mark.root
def test_what_belongs_to_another_account_is_not_run(tmp_path: Path) -> None:
    need("root")
    path = _script(tmp_path, "echo '{}'")
    os.chown(path, 65534, -1)
    assert _faults(path) == [": is not run: it belongs to another account"]


def test_an_executable_list_is_read_and_not_run(tmp_path: Path) -> None:
    path = tmp_path / "hosts"
    path.write_text("[web]\na\n", "utf-8")
    path.chmod(0o777)  # as on a mounted Windows share
    assert [target.name for target in load([path]).targets] == ["a"]


def test_an_interpreter_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "dynamic.py"
    path.write_text("#!/no/such/python\n", "utf-8")
    path.chmod(0o700)
    assert _faults(path) == [": cannot be run: No such file or directory"]


def test_scripts_in_a_directory_are_run_as_ansible_runs_them(tmp_path: Path) -> None:
    _script(tmp_path, f"printf '%s' '{_LISTING}'")
    (tmp_path / "more.ini").write_text("[db]\nb\n", "utf-8")
    assert sorted(target.name for target in load([tmp_path]).targets) == ["a", "b"]


def test_a_plugin_needs_ansible(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "aws.yml"
    path.write_text("# dynamic\nplugin: amazon.aws.aws_ec2\nregions: [x]\n", "utf-8")
    monkeypatch.setenv("PATH", str(tmp_path))
    wanted = (
        ":2: this configures the inventory plugin 'amazon.aws.aws_ec2', which needs ansible-inventory; it is not on "
        "PATH (where it is, 'ansible-inventory --list' prints a file that can be read here)"
    )
    assert _faults(path) == [wanted]


def test_a_plugin_is_run_by_ansible(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = Path(need("ansible-inventory"))
    monkeypatch.setenv("PATH", f"{tool.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("HOME", str(tmp_path))
    path = tmp_path / "made.yml"
    path.write_text(
        "plugin: ansible.builtin.generator\nhosts: {name: '{{ n }}', parents: [{name: web}]}\nlayers: {n: [a, b]}\n",
        "utf-8",
    )
    targets = load([path]).targets
    assert [(target.name, target.groups) for target in targets] == [("a", ("web",)), ("b", ("web",))]
    assert targets[0].source.startswith(f"ansible-inventory -i {path} --list:")
    path.chmod(0o666)
    assert _faults(path)[0].endswith("is not run: others may write to it (chmod go-w)")


def test_a_plugin_that_ansible_does_not_know(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = Path(need("ansible-inventory"))
    monkeypatch.setenv("PATH", f"{tool.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    path = tmp_path / "odd.yml"
    path.write_text("plugin: no.such.plugin\n", "utf-8")
    faults = _faults(path)
    assert len(faults) == 1
    assert "ansible-inventory for the plugin 'no.such.plugin': ended with exit code" in faults[0]


@pytest.mark.parametrize(
    "text",
    [
        _LISTING,
        "[web]\na ansible_port=2222\n",
        "web:\n  hosts:\n    a: {ansible_port: 2222}\n",
        "[hosts.a]\nport = 2222\n",
        "hostname,port\na,2222\n",
        "audit@a:2222\n",
        "Host a\n  Port 2222\n",
        "호스트명,포트\na,2222\n".encode("cp949").decode("latin-1"),
    ],
    ids=["json", "ini", "yaml", "toml", "csv", "list", "ssh_config", "csv-cp949"],
)
def test_the_standard_input_says_itself_what_it_is(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    raw = text.encode("latin-1" if "\xc8" in text else "utf-8")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
    inventory = load([Path("-")])
    assert [(target.name, target.port) for target in inventory.targets] == [("a", 2222)]
    assert inventory.targets[0].source.startswith("stdin:")
    assert list(inventory.files) == ["stdin"]


def test_a_plugin_cannot_be_piped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"plugin: amazon.aws.aws_ec2\n")))
    with pytest.raises(InventoryError, match=r"stdin:1: .*'amazon.aws.aws_ec2': name its file, not '-'"):
        load([Path("-")])


def test_a_script_piped_through_the_command_line(tmp_path: Path) -> None:
    path = _script(tmp_path, f"printf '%s' '{_LISTING}'")
    listed = subprocess.run([str(path), "--list"], check=True, capture_output=True)
    done = subprocess.run(
        [sys.executable, "-m", "tomcat_fleet", "inventory", "list", "-i", "-", "--lang", "en"],
        input=listed.stdout,
        check=True,
        capture_output=True,
        cwd=Path(__file__).parents[2],
    )
    assert b"a:2222" in done.stdout
    assert b"stdin:1" in done.stdout
