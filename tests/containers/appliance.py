"""An installation as install.sh makes it, and what is asked of it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

ROOT = Path(__file__).parents[2]
INSTALL = ROOT / "install.sh"
API = "/api/v1"


def docker(*arguments: str, check: bool = True) -> str:
    ended = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    assert not check or ended.returncode == 0, f"docker {arguments}: {ended.stderr[-3000:]}"
    return ended.stdout.strip()


def free_name() -> str:
    return f"qt-{uuid4().hex[:8]}"


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@dataclass(frozen=True)
class Appliance:
    place: Path
    name: str
    port: int

    @classmethod
    @contextmanager
    def at(cls, place: Path, name: str) -> Iterator[Appliance]:
        made = cls(place, name, free_port())
        try:
            yield made
        finally:
            made.run("--uninstall", "--purge", "--docker")

    @property
    def volume(self) -> str:
        return f"{self.name}-data"

    def environment(self, **more: str) -> dict[str, str]:
        inherited = {k: v for k, v in os.environ.items() if k not in {"LC_ALL", "LC_MESSAGES"}}
        return {**inherited, "QUANTOS_LANG": "en", **more}

    def command(self, *arguments: str) -> list[str]:
        return ["sh", str(INSTALL), "--dir", str(self.place), "--name", self.name, *arguments]

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """install.sh with these options, to its end."""
        return subprocess.run(
            self.command(*arguments),
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
            env=self.environment(**environment),
        )

    def install(self, image: str, *options: str) -> str:
        ended = self.run("--image", image, "--port", str(self.port), *options)
        assert ended.returncode == 0, f"{ended.stdout}\n{ended.stderr}"
        return ended.stdout

    def quantos(self, *arguments: str) -> str:
        ended = subprocess.run(
            [str(self.place / "quantos"), *arguments], capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, f"quantos {arguments}: {ended.stdout}\n{ended.stderr}"
        return ended.stdout.strip()

    def state(self) -> str:
        """Status, health and restart policy; empty where there is no container."""
        form = "{{.State.Status}} {{.State.Health.Status}} {{.HostConfig.RestartPolicy.Name}}"
        return docker("container", "inspect", "-f", form, self.name, check=False)

    def image(self) -> str:
        return docker("container", "inspect", "-f", "{{.Config.Image}}", self.name)

    def version(self) -> str:
        form = '{{index .Config.Labels "org.opencontainers.image.version"}}'
        return docker("image", "inspect", "-f", form, self.image())

    def leftovers(self) -> list[str]:
        """Containers of this name beside the service's own."""
        names = docker("ps", "-a", "--filter", f"name={self.name}", "--format", "{{.Names}}").split()
        return sorted(set(names) - {self.name})

    def get(self, path: str, token: str = "") -> Any:
        return self._ask("GET", path, token, None)

    def post(self, path: str, body: Any, token: str = "") -> Any:
        return self._ask("POST", path, token, json.dumps(body).encode())

    def _ask(self, method: str, path: str, token: str, body: bytes | None) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{API}{path}",
            data=body,
            method=method,
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=60) as answer:
            return json.load(answer)

    def run_once(self, image: str, *arguments: str) -> str:
        """A command of the platform on the data of a service that does not run."""
        mount = f"type=bind,src={self.place}/backups,dst=/backups"
        return docker(
            "run",
            "--rm",
            "--network",
            "none",
            "-v",
            f"{self.volume}:/data",
            "--mount",
            mount,
            image,
            *arguments,
        )

    def make_simulated(self, image: str, start: str) -> None:
        """Data of a simulated platform, so that days pass when a test says so."""
        serve = docker(
            "run",
            "-d",
            "--network",
            "none",
            "-v",
            f"{self.volume}:/data",
            image,
            "serve",
            "--simulate",
            start,
        )
        for _ in range(600):
            if "is ready" in docker("logs", serve):
                break
            time.sleep(0.2)
        docker("stop", serve)
        assert "is ready" in docker("logs", serve)
        docker("rm", serve)


def issue(folder: Path, name: str, fingerprint: str) -> Path:
    """A licence by this name for a machine, signed with the key in `folder`, which is made with the first one."""
    environment = {
        **os.environ,
        "QUANTOS_VENDOR_SIGNING_PASSPHRASE": "a long passphrase",
        "PYTHONPATH": str(ROOT),
    }
    terms = ("--customer", "Acme", "--fingerprint", fingerprint, "--expires", "2999-12-31")
    commands = [["issue", "--key", "vendor.pem", *terms, "--out", name]]
    if not (folder / "vendor.pem").exists():
        commands.insert(0, ["keygen", "vendor.pem"])
    for arguments in commands:
        command = [str(ROOT / ".venv/bin/python"), "-m", "licensing", *arguments]
        subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    return folder / name
