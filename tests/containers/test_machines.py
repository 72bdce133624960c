"""install.sh on machines unlike this one: not root, without a home, a full disk, macOS and WSL by their recorded answers."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.containers.appliance import INSTALL, Appliance, docker

ROOT = INSTALL.parent
BASE = os.environ.get("QUANTOS_TEST_BASE", "debian:trixie-slim")
SOCKET = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://")
USER = f"1234:{Path(SOCKET).stat().st_gid if Path(SOCKET).exists() else 0}"
"""No root; of the group whose the engine's socket is."""
RECORDED = {
    machine["name"]: machine for machine in json.loads((ROOT / "tests/vectors/fingerprints.json").read_text())
}


def bare(script: str, *options: str) -> subprocess.CompletedProcess[str]:
    """A shell in a bare Debian that has no more than the engine's socket, the docker program and install.sh."""
    mounts = ("-v", f"{SOCKET}:/var/run/docker.sock", "-v", f"{shutil.which('docker')}:/usr/bin/docker:ro")
    own = ("-v", f"{INSTALL}:/srv/install.sh:ro", "-e", "QUANTOS_LANG=en")
    command = ["docker", "run", "--rm", *mounts, *own, *options, BASE, "bash", "-c", script]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def anyones(appliance: Appliance) -> Appliance:
    """A folder in which any user may install."""
    appliance.place.parent.chmod(0o777)
    return appliance


def test_a_user_who_is_not_root_and_has_no_home_installs_uses_and_removes_it(
    anyones: Appliance, image: str
) -> None:
    place = anyones.place.parent / "not root's"
    options = f'--dir "{place}" --name {anyones.name}'
    mount = ("-u", USER, "-e", "HOME=/proc/nowhere", "-v", f"{place.parent}:{place.parent}")
    done = bare(
        f'sh /srv/install.sh --image {image} --port {anyones.port} {options} && "{place}/quantos" backup create /backups/a.zip',
        *mount,
    )
    assert done.returncode == 0, done.stderr
    assert anyones.get("/health") == {"status": "ok"}
    assert (place / "quantos.env").stat().st_uid == 1234
    assert (place / "quantos.env").stat().st_mode & 0o777 == 0o600
    gone = bare(f"sh /srv/install.sh --uninstall --purge --docker {options}", *mount)
    assert gone.returncode == 0, gone.stderr
    assert not place.exists()
    assert anyones.state() == ""


def test_a_home_that_cannot_be_written_is_one_line_that_says_what_to_do(
    anyones: Appliance, image: str
) -> None:
    done = bare(f"sh /srv/install.sh --image {image} --name {anyones.name}", "-u", USER, "-e", "HOME=/usr")
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert (
        f"/usr/.{anyones.name} cannot be made: run it as root, or choose another folder with --dir"
        in done.stderr
    )


def test_a_disk_that_is_full_is_one_line_and_leaves_no_container(appliance: Appliance, image: str) -> None:
    fill = "mkdir -p /full/q && head -c 1M /dev/zero >/full/rest 2>/dev/null"
    script = f"{fill}; sh /srv/install.sh --dir /full/q --image {image} --name {appliance.name} --port {appliance.port}"
    done = bare(script, "--tmpfs", "/full:size=128k")
    assert done.returncode == 1
    assert "is the disk full?" in done.stderr.splitlines()[-1]
    assert (appliance.state(), appliance.leftovers()) == ("", [])


def with_programs(folder: Path, **said: str) -> dict[str, str]:
    """An environment in which these programs answer what was recorded of another machine."""
    folder.mkdir()
    for name, script in said.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}"}


def test_a_machine_with_too_little_room_is_told_before_anything_is_made(
    appliance: Appliance, image: str, tmp_path: Path
) -> None:
    little = "printf 'Filesystem 1024-blocks Used Available Capacity Mounted on\\n/dev/vda 9999999 9000000 999999 91%% /\\n'"
    ended = appliance.run("--image", image, **with_programs(tmp_path / "bin", df=little))
    assert ended.returncode == 1
    assert "976 MiB are free on the disk, QuantOS needs 3000" in ended.stderr
    assert not appliance.place.exists()


MAC = "case $1 in -s) echo Darwin ;; -r) echo 24.1.0 ;; *) echo arm64 ;; esac"
WSL = "case $1 in -s) echo Linux ;; -r) echo 5.15.153.1-microsoft-standard-WSL2 ;; *) echo x86_64 ;; esac"


@pytest.mark.parametrize(
    ("machine", "uname", "program"),
    [("macOS on Apple silicon", MAC, "ioreg"), ("WSL on that Windows", WSL, "reg.exe")],
    ids=["macOS", "WSL"],
)
def test_where_containers_run_in_a_virtual_machine_its_host_says_who_it_is(
    appliance: Appliance, image: str, tmp_path: Path, machine: str, uname: str, program: str
) -> None:
    recorded = RECORDED[machine]
    answer = tmp_path / "answer"
    answer.write_text(recorded["commands"][program], newline="")
    programs = with_programs(tmp_path / "bin", **{"uname": uname, program: f"cat '{answer}'"})
    ended = appliance.run("--image", image, "--port", str(appliance.port), **programs)
    assert ended.returncode == 0, ended.stderr
    inside = docker("exec", appliance.name, "python3", "-m", "licensing", "fingerprint")
    assert inside == recorded["fingerprint"]
    assert f"this machine's fingerprint: {inside}" in ended.stdout
    assert "machine-id" not in docker("inspect", "-f", "{{.Mounts}}", appliance.name)
    assert appliance.run("--check", "--port", str(appliance.port), **programs).returncode == 0


def test_what_is_said_of_its_reach_is_true_of_the_host(appliance: Appliance, image: str) -> None:
    quiet = appliance.install(image)
    assert "TLS" not in quiet + docker("logs", appliance.name)
    assert f"ready at http://127.0.0.1:{appliance.port}" in docker("logs", appliance.name)
    loud = appliance.run("--bind", "0.0.0.0")
    assert loud.returncode == 0, loud.stderr
    assert "other machines reach it, and nothing is encrypted" in loud.stdout
    form = "{{range .HostConfig.PortBindings}}{{.}}{{end}}"
    assert docker("inspect", "-f", form, appliance.name) == f"[{{0.0.0.0 {appliance.port}}}]"
    wrong = appliance.run("--env", "QUANTOS_PORT=9000")
    assert (wrong.returncode, "--bind and --port say where it listens" in wrong.stderr) == (2, True)
