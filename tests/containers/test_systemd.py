"""A whole machine with systemd, started in a container of its own: the service follows it, and is backed up by it."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.containers.appliance import INSTALL, Appliance, docker, free_name

BASE = os.environ.get("QUANTOS_TEST_BASE", "debian:trixie-slim")
SOCKET = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://")
NETWORK = os.environ.get("QUANTOS_TEST_BUILD_NETWORK", "default")
"""Of the build of that machine, which takes systemd from Debian: `host` where only the host has a network."""

DOCKER_SERVICE = """[Unit]
Description=The engine, which is the host's
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/ln -sf /srv/docker.sock /run/docker.sock
"""


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An image of a machine with systemd and a docker.service."""
    folder = tmp_path_factory.mktemp("system")
    (folder / "docker.service").write_text(DOCKER_SERVICE)
    (folder / "Dockerfile").write_text(
        f"FROM {BASE}\nRUN apt-get update -qq && apt-get install -y -qq --no-install-recommends systemd-sysv >/dev/null"
        '\nCOPY docker.service /etc/systemd/system/\nRUN systemctl mask tmp.mount\nCMD ["/sbin/init"]\nSTOPSIGNAL SIGRTMIN+3\n'
    )
    docker("build", "--quiet", "--network", NETWORK, "--tag", "quantos-test:system", str(folder))
    return "quantos-test:system"


@pytest.fixture
def machine(system: str, appliance: Appliance) -> Iterator[str]:
    """Its name. It shares the engine and the folder of the installation with this one."""
    name, shared = free_name(), appliance.place.parent
    mounts = (
        f"{SOCKET}:/srv/docker.sock",
        f"{shutil.which('docker')}:/usr/bin/docker:ro",
        f"{shared}:{shared}",
    )
    options = [option for mount in (*mounts, f"{INSTALL}:/srv/install.sh:ro") for option in ("-v", mount)]
    privileges = ("--privileged", "--cgroupns", "private", "--tmpfs", "/run", "--tmpfs", "/run/lock")
    docker("run", "-d", "--name", name, *privileges, *options, system)
    try:
        booted(name)
        docker("exec", name, "systemctl", "start", "docker")
        yield name
    finally:
        docker("rm", "-f", "-v", name)


def booted(name: str) -> None:
    for _ in range(300):
        if docker("exec", name, "systemctl", "is-system-running", check=False) in {"running", "degraded"}:
            return
        time.sleep(0.2)
    raise AssertionError(docker("exec", name, "systemctl", "--failed", check=False))


def inside(name: str, *command: str) -> str:
    ended = subprocess.run(["docker", "exec", name, *command], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, f"{command}: {ended.stdout}{ended.stderr}"
    return (ended.stdout + ended.stderr).strip()


def status(of: Appliance) -> str:
    return docker("container", "inspect", "-f", "{{.State.Status}}", of.name, check=False)


def test_the_service_follows_its_machine_and_is_backed_up(
    machine: str, appliance: Appliance, image: str
) -> None:
    place, unit = str(appliance.place), f"{appliance.name}.service"
    options = ("--dir", place, "--name", appliance.name)
    inside(machine, "sh", "/srv/install.sh", *options, "--image", image, "--port", str(appliance.port))
    units = [
        f"/etc/systemd/system/{appliance.name}{end}"
        for end in (".service", "-backup.service", "-backup.timer")
    ]
    assert inside(machine, "systemd-analyze", "verify", *units) == ""
    asked = (unit, f"{appliance.name}-backup.timer")
    assert inside(machine, "systemctl", "is-active", *asked).split() == ["active", "active"]
    assert inside(machine, "systemctl", "is-enabled", *asked).split() == ["enabled", "enabled"]

    inside(machine, "systemctl", "start", f"{appliance.name}-backup.service")
    [backup] = (appliance.place / "backups").glob("daily-*.zip")
    assert "the backup is whole" in appliance.quantos("backup", "verify", f"/backups/{backup.name}")

    inside(machine, "systemctl", "stop", unit)
    assert status(appliance) == "exited"
    inside(machine, "systemctl", "start", unit)
    assert status(appliance) == "running"

    docker("stop", "-t", "120", machine)  # the machine goes down in order, and the service with it
    assert status(appliance) == "exited"
    docker("start", machine)
    booted(machine)
    assert status(appliance) == "running"

    inside(machine, "sh", "/srv/install.sh", *options, "--uninstall", "--purge", "--docker")
    listed = ("systemctl", "list-unit-files", "--no-legend", f"{appliance.name}*")
    assert docker("exec", machine, *listed, check=False) == ""
    assert not Path(place).exists()
