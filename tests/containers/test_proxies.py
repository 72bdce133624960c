"""The proxies of the kit, by the programs themselves as Debian has them, in front of a platform."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.containers.appliance import INSTALL, Appliance, docker, free_name
from tests.containers.test_systemd import BASE, NETWORK

KIT = INSTALL.parent / "deploy-kit"
NAME = "quantos.example.com"
CALLS = "2/hour"
"""How often one address may call, so that two addresses are told apart."""


@pytest.fixture(scope="module")
def proxies(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An image with both programs, and a certificate where nginx.conf names one."""
    folder = tmp_path_factory.mktemp("proxies")
    certificate = (
        f"mkdir /etc/nginx/tls && openssl req -x509 -newkey ed25519 -nodes -days 2 -subj /CN={NAME}"
        f" -keyout /etc/nginx/tls/{NAME}.key -out /etc/nginx/tls/{NAME}.crt"
    )
    (folder / "Dockerfile").write_text(
        f"FROM {BASE}\nRUN apt-get update -qq && apt-get install -y -qq --no-install-recommends caddy curl nginx openssl"
        f" >/dev/null\nRUN {certificate}\nCOPY Caddyfile /etc/caddy/Caddyfile\nCOPY nginx.conf /etc/nginx/conf.d/quantos.conf\n"
    )
    # Without a network no certificate is to be had from anybody, so Caddy signs one itself.
    (folder / "Caddyfile").write_text("{\n\tlocal_certs\n}\n" + (KIT / "Caddyfile").read_text())
    (folder / "nginx.conf").write_bytes((KIT / "nginx.conf").read_bytes())
    docker("build", "--quiet", "--network", NETWORK, "--tag", "quantos-test:proxies", str(folder))
    return "quantos-test:proxies"


@contextmanager
def before(platform: Appliance, image: str, *command: str) -> Iterator[str]:
    """A proxy to which the platform is at 127.0.0.1:8000, as its file has it: it shares the platform's network."""
    name = free_name()
    docker("run", "-d", "--name", name, "--network", f"container:{platform.name}", image, *command)
    try:
        for _ in range(100):
            if curl(name, "https", "/api/v1/health").startswith("200 "):
                break
            time.sleep(0.2)
        yield name
    finally:
        docker("rm", "-f", name)


def curl(inside: str, scheme: str, path: str, *options: str) -> str:
    """Status, where it leads, and the body."""
    resolved = [part for port in (80, 443) for part in ("--resolve", f"{NAME}:{port}:127.0.0.1")]
    form = ("-w", "%{stderr}%{http_code} %{redirect_url}", "-sk", "--max-time", "30")
    command = ["docker", "exec", inside, "curl", *form, *resolved, *options, f"{scheme}://{NAME}{path}"]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    return f"{said.stderr} {said.stdout}"


RUN = {"nginx": ("nginx", "-g", "daemon off;"), "caddy": ("caddy", "run", "--config", "/etc/caddy/Caddyfile")}
LOOK = {"nginx": ("nginx", "-t"), "caddy": ("caddy", "validate", "--config", "/etc/caddy/Caddyfile")}


@pytest.mark.parametrize("program", RUN)
def test_a_proxy_of_the_kit_takes_tls_and_tells_who_calls(
    appliance: Appliance, image: str, proxies: str, program: str
) -> None:
    looked = subprocess.run(
        ["docker", "run", "--rm", "--network", "none", proxies, *LOOK[program]],
        capture_output=True,
        text=True,
        check=False,
    )
    assert looked.returncode == 0, looked.stderr
    assert "[warn]" not in looked.stderr
    appliance.install(image, "--env", f"QUANTOS_RATE_LIMIT={CALLS}")
    with before(appliance, proxies, *RUN[program]) as proxy:
        assert curl(proxy, "https", "/api/v1/health") == '200  {"status":"ok"}', docker("logs", proxy)
        assert curl(proxy, "http", "/docs").startswith(f"308 https://{NAME}/docs")
        large = ("-X", "POST", "--data-binary", "@/usr/bin/caddy", "-H", "Content-Type: application/json")
        assert "413 Request Entity Too Large" not in curl(proxy, "https", "/api/v1/auth/invite", *large)
        here, there = ("--interface", "127.0.0.2"), ("--interface", "127.0.0.3")
        calls = (here, here, here, there)
        statuses = [curl(proxy, "https", "/api/v1/public/strategies", *by)[:3] for by in calls]
        assert statuses == ["200", "200", "429", "200"]


def test_a_proxy_on_the_host_tells_who_calls_where_the_platform_trusts_it(
    appliance: Appliance, image: str
) -> None:
    """The host's own connections come to a container from the gateway of its network."""
    appliance.install(image, "--env", f"QUANTOS_RATE_LIMIT={CALLS}")
    form = "{{range .NetworkSettings.Networks}}{{.Gateway}}{{end}}"
    gateway = docker("inspect", "-f", form, appliance.name)
    assert _statuses(appliance) == ["200", "200", "429", "429"]
    trusted = appliance.run("--env", f"FORWARDED_ALLOW_IPS={gateway}")
    assert trusted.returncode == 0, trusted.stderr
    assert _statuses(appliance) == ["200", "200", "429", "200"]


def _statuses(of: Appliance) -> list[str]:
    """Of four calls, the last one for another caller."""
    url = f"http://127.0.0.1:{of.port}/api/v1/public/strategies"
    command = ["curl", "-s", "--noproxy", "*", "-o", os.devnull, "-w", "%{http_code}", url, "-H"]
    callers = ("203.0.113.1", "203.0.113.1", "203.0.113.1", "203.0.113.2")
    said = [
        subprocess.run([*command, f"X-Forwarded-For: {caller}"], capture_output=True, text=True, check=True)
        for caller in callers
    ]
    return [each.stdout for each in said]
