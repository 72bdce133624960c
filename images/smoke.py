"""Starts an image as install.sh does, confined and without a network, and looks whether it does its work.

    python3 images/smoke.py quantos:0.1.0-amd64

Needs the Docker SDK (the package docker). Prints what was measured; the first fault is exit code 1. Under emulation
the figures say nothing of the machine that the image is for.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import docker

READY_S_MAX = 120
DEMO_S_MAX = 900
IMPORTS = (
    "pyarrow.parquet, pyarrow.dataset, pyarrow.compute, pyarrow.csv, pyarrow.ipc, duckdb, numba, uvloop, httptools,"
    " psycopg, baostock, cryptography.fernet, argon2, dulwich, alembic, sqlmodel, quantos.app, licensing"
)
HEALTH = "import urllib.request as r; print(r.urlopen('http://127.0.0.1:8000/api/v1/health').read().decode())"
WHO = "import os; print(os.getuid(), sorted(l for l in open('/proc/self/status') if l.startswith('CapEff')))"
WRITE = "open('/opt/quantos/written', 'w')"
CONFINED = {
    "network_mode": "none",
    "read_only": True,
    "tmpfs": {"/tmp": "rw,nosuid,nodev,size=512m"},  # noqa: S108 - in the container
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges"],
    "pids_limit": 1024,
    "mem_limit": "4g",
}


class SmokeError(Exception):
    """The image does not do what it is for."""


@contextmanager
def running(client: Any, image: str, *command: str) -> Iterator[Any]:
    """A container of it, gone with its data at the end."""
    name = f"quantos-smoke-{uuid4().hex[:8]}"
    container = client.containers.run(image, list(command) or None, name=name, detach=True, **CONFINED)
    try:
        yield container
    finally:
        container.remove(force=True, v=True)


def told(container: Any, *command: str) -> str:
    code, output = container.exec_run(list(command))
    text = str(output.decode("utf-8", "replace"))
    if code != 0:
        raise SmokeError(f"{' '.join(command)[:120]} ended with {code}: {text[-2000:]}")
    return text


def wait_until_ready(container: Any) -> float:
    """Seconds from the start to the first answer, as its own health check counts them."""
    began = time.monotonic()
    while time.monotonic() - began < READY_S_MAX:
        container.reload()
        if container.status == "exited":
            break
        code, _ = container.exec_run(["test", "-s", "/data/quantos/server.json"])
        if code == 0:
            return time.monotonic() - began
        time.sleep(0.05)
    raise SmokeError(f"not ready after {READY_S_MAX} s: {container.logs(tail=20).decode('utf-8', 'replace')}")


def check(image: str) -> dict[str, Any]:
    client = docker.from_env()
    found: dict[str, Any] = {"image": image, "bytes": client.images.get(image).attrs["Size"]}
    with running(client, image) as container:
        found["ready_s"] = round(wait_until_ready(container), 2)
        if json.loads(told(container, "python3", "-c", HEALTH)) != {"status": "ok"}:
            raise SmokeError("the health check answers something else")
        found["idle_mib"] = container.stats(stream=False)["memory_stats"]["usage"] // 2**20
        told(container, "python3", "-c", f"import {IMPORTS}")
        who = told(container, "python3", "-c", WHO)
        if not who.startswith("10001 ") or "0000000000000000" not in who:
            raise SmokeError(f"it runs with more rights than it needs: {who}")
        code, _ = container.exec_run(["python3", "-c", WRITE])
        if code == 0:
            raise SmokeError("its own files can be written")
        if told(container, "cat", "/proc/1/comm").strip() != "tini":
            raise SmokeError("process 1 is not tini")
        found["version"] = told(container, "quantos", "--version").strip()
        container.stop(timeout=30)
        container.reload()
        if container.attrs["State"]["ExitCode"] not in {0, 143}:
            raise SmokeError(f"stopped with {container.attrs['State']['ExitCode']}")
    found["demo_s"] = demo(client, image)
    return found


def demo(client: Any, image: str) -> float:
    """Seconds of the main job on the built-in market, settlement and verification included."""
    began = time.monotonic()
    with running(client, image, "demo", "--once") as container:
        ended = container.wait(timeout=DEMO_S_MAX)
        if ended["StatusCode"] != 0:
            raise SmokeError(f"the demo failed: {container.logs(tail=20).decode('utf-8', 'replace')}")
    return round(time.monotonic() - began, 1)


def main() -> int:
    try:
        found = check(sys.argv[1])
    except SmokeError as fault:
        sys.stderr.write(f"images/smoke.py: {fault}\n")
        return 1
    except docker.errors.DockerException as fault:
        sys.stderr.write(f"images/smoke.py: {str(fault)[-2000:]}\n")
        return 1
    sys.stdout.write(json.dumps(found, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
