"""The fingerprint by its definition: Python and the shell script are held to the same recorded machines."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from licensing.errors import NoMachineId
from licensing.fingerprint import HANDED_IN, fingerprint, fingerprint_of

ROOT = Path(__file__).parents[3]
MACHINES = json.loads((ROOT / "tests/vectors/fingerprints.json").read_text())
SCRIPT = ROOT / "fingerprint.sh"
ID = "b08dfa6083e7567a1921a715000001fb"
TOOLS = ("sh", "cat", "grep", "sed", "head", "tr", "cut", "sha256sum")

ON_LINUX = [machine for machine in MACHINES if machine["system"] in {"linux", "wsl"}]
BY_SCRIPT = [machine for machine in MACHINES if machine["system"] != "windows"]


def named(machines: list[dict[str, Any]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("machine", machines, ids=lambda machine: machine["name"])


def built(folder: Path, machine: dict[str, Any]) -> Path:
    for name, content in machine["files"].items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder


def answers(machine: dict[str, Any]) -> Any:
    return lambda program, *_: machine["commands"].get(Path(program).name, "")


@named(MACHINES)
def test_python_gives_each_recorded_machine_its_fingerprint(machine: dict[str, Any], tmp_path: Path) -> None:
    root = built(tmp_path, machine) if machine["system"] in {"linux", "wsl"} else Path("/")
    system = {"macos": "darwin", "windows": "win32"}.get(machine["system"], "linux")
    if "error" in machine:
        with pytest.raises(NoMachineId, match=machine["error"]):
            fingerprint(root, system, answers(machine))
    else:
        assert fingerprint(root, system, answers(machine)) == machine["fingerprint"]


@named(BY_SCRIPT)
def test_the_shell_script_gives_each_recorded_machine_the_same(
    machine: dict[str, Any], tmp_path: Path
) -> None:
    done = run_script(machine, tmp_path)
    if "error" in machine:
        assert (done.returncode, done.stdout) == (1, "")
        assert machine["error"] in done.stderr
    else:
        assert (done.returncode, done.stdout, done.stderr) == (0, f"{machine['fingerprint']}\n", "")


def run_script(machine: dict[str, Any], folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The script with nothing on its PATH but plain tools and the machine's recorded programs."""
    programs = folder / "bin"
    programs.mkdir()
    for tool in TOOLS:
        found = next(path for path in (Path("/usr/bin") / tool, Path("/bin") / tool) if path.exists())
        (programs / tool).symlink_to(found)
    kernel = "Darwin" if machine["system"] == "macos" else "Linux"
    for name, output in {**machine["commands"], "uname": f"{kernel}\n"}.items():
        (folder / f"{name}.out").write_text(output, newline="")
        (programs / name).write_text(f'#!/bin/sh\ncat "{folder / name}.out"\n')
        (programs / name).chmod(0o755)
    root = ("--root", str(built(folder / "root", machine))) if machine["system"] != "macos" else ()
    return subprocess.run(
        [str(programs / "sh"), str(SCRIPT), *root, *arguments],
        env={"PATH": str(programs), "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_machine_keeps_its_fingerprint_and_differs_from_any_other() -> None:
    found = [
        machine["fingerprint"] for machine in MACHINES if machine["name"] in {"Debian 12", "another machine"}
    ]
    assert len(set(found)) == 2


def test_the_same_id_on_another_system_is_another_machine() -> None:
    uuid = "0b8b2aa7-41aa-4a94-8fe1-614897d327ef"
    assert fingerprint_of("macos", uuid) != fingerprint_of("windows", uuid)


def test_here_python_and_the_script_agree() -> None:
    script = subprocess.run(["sh", str(SCRIPT)], capture_output=True, text=True, check=False)
    try:
        assert script.stdout == f"{fingerprint()}\n"
    except NoMachineId:
        assert (script.returncode, script.stdout) == (1, "")


def test_a_container_in_a_virtual_machine_takes_the_fingerprint_that_was_handed_in(tmp_path: Path) -> None:
    handed = tmp_path / HANDED_IN.relative_to("/")
    handed.parent.mkdir(parents=True)
    handed.write_text("ab" * 32 + "\n")
    assert fingerprint(tmp_path, "linux", lambda *_: "") == "ab" * 32


def test_a_handed_in_fingerprint_never_outweighs_a_machine_id(tmp_path: Path) -> None:
    handed = tmp_path / HANDED_IN.relative_to("/")
    handed.parent.mkdir(parents=True)
    handed.write_text("ab" * 32)
    (tmp_path / "etc/machine-id").write_text(ID)
    assert fingerprint(tmp_path, "linux", lambda *_: "") == fingerprint_of("linux", ID)


def test_a_container_on_wsl_takes_the_fingerprint_that_was_handed_in(tmp_path: Path) -> None:
    built(tmp_path, {"files": {"proc/sys/kernel/osrelease": "5.15.167.4-microsoft-standard-WSL2\n"}})
    handed = tmp_path / HANDED_IN.relative_to("/")
    handed.parent.mkdir(parents=True)
    handed.write_text("ab" * 32)
    assert fingerprint(tmp_path, "linux", lambda *_: "") == "ab" * 32


@pytest.mark.parametrize("content", ["", "ab" * 31, "AB" * 32, "zz" * 32, "ab" * 32 + " and more"])
def test_a_handed_in_file_that_holds_no_fingerprint_is_refused(tmp_path: Path, content: str) -> None:
    handed = tmp_path / HANDED_IN.relative_to("/")
    handed.parent.mkdir(parents=True)
    handed.write_text(content)
    with pytest.raises(NoMachineId, match="64 lower-case hex digits"):
        fingerprint(tmp_path, "linux", lambda *_: "")


def test_the_script_says_in_chinese_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    done = subprocess.run(
        ["sh", str(SCRIPT), "--root", str(tmp_path)],
        env={**os.environ, "QUANTOS_LANG": "zh"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "应为 32 位十六进制" in done.stderr


def test_the_script_without_a_way_to_hash_says_so_and_prints_nothing(tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for tool in TOOLS[:-1]:
        (programs / tool).symlink_to(Path("/usr/bin") / tool)
    done = subprocess.run(
        [str(programs / "sh"), str(SCRIPT)],
        env={"PATH": str(programs)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "sha256sum, shasum and openssl" in done.stderr


def test_the_script_refuses_what_it_does_not_know() -> None:
    done = subprocess.run(["sh", str(SCRIPT), "--mac"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "unknown option --mac" in done.stderr


def test_the_batch_file_hashes_the_same_words_and_has_windows_line_ends() -> None:
    batch = (ROOT / "deploy-kit/fingerprint.bat").read_bytes()
    assert b'"=quantos-fingerprint-1:windows:%GUID%"' in batch
    assert rb'reg query "HKLM\SOFTWARE\Microsoft\Cryptography" /v MachineGuid /reg:64' in batch
    assert batch.count(b"\n") == batch.count(b"\r\n")


def test_fingerprinting_needs_python_alone() -> None:
    code = "import sys, licensing.fingerprint; print([m for m in sys.modules if m.startswith('quantos')])"
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout
    assert printed == "[]\n"
