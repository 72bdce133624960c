"""The image: what is in it, what it may do, and that it does its work without a network."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import tomllib
from typing import Any

import pytest

from tests.containers.appliance import ROOT, docker


def parts_of(image: str) -> dict[str, Any]:
    said = subprocess.run(
        ["docker", "run", "--rm", "-i", "--network", "none", "--entrypoint", "python3", image, "-", "amd64"],
        input=(ROOT / "images/parts.py").read_text(),
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(said.stdout)
    return found


@pytest.fixture(scope="module")
def smoke() -> Any:
    spec = importlib.util.spec_from_file_location("smoke", ROOT / "images/smoke.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_does_its_work_confined_and_without_a_network(smoke: Any, image: str) -> None:
    found = smoke.check(image)
    assert found["idle_mib"] < 300
    assert found["version"].startswith("quantos ")


def test_an_image_in_which_a_part_is_missing_does_not_pass(smoke: Any, image: str, tmp_path: Any) -> None:
    lines = f"FROM {image}\nUSER 0\nRUN rm -rf /opt/quantos/lib/pyarrow\nUSER 10001:10001\n"
    (tmp_path / "Dockerfile").write_text(lines)
    docker("build", "--quiet", "--tag", "quantos-test:broken", str(tmp_path))
    with pytest.raises(smoke.SmokeError, match="pyarrow"):
        smoke.check("quantos-test:broken")


def test_the_list_of_parts_names_the_locked_versions(image: str) -> None:
    listed = {part["name"].lower(): part["version"] for part in parts_of(image)["components"]}
    lock = tomllib.loads((ROOT / "uv.lock").read_text())
    locked = {package["name"]: package.get("version") for package in lock["package"]}
    for name in ("duckdb", "numpy", "pyarrow", "cryptography", "fastapi", "numba"):
        assert listed[name] == locked[name]
    assert {"git", "python3.13", "tini", "libc6"} <= set(listed)


def test_the_list_of_parts_is_the_same_each_time(image: str) -> None:
    assert parts_of(image) == parts_of(image)


def test_no_secret_of_a_build_and_no_test_is_in_it(image: str) -> None:
    script = (
        "import pathlib;"
        "[print(p) for p in pathlib.Path('/').rglob('*') if not str(p).startswith(('/proc', '/sys'))"
        " and (p.name == '.git' or '/run/secrets' in str(p) or p.suffix == '.pem'"
        " and b'PRIVATE' in p.read_bytes() or '/app/tests' in str(p))]"
    )
    run = ("run", "--rm", "--network", "none", "--user", "0", "--entrypoint", "python3", image, "-c", script)
    assert docker(*run) == ""
