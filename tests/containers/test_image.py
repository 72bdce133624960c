"""The image: what is in it, what it may do, and that it does its work without a network."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from quantos.kit.handbook import PAGES
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


def test_the_handbook_that_messages_name_is_in_it(image: str) -> None:
    script = (
        "from quantos.kit.handbook import PAGES, handbook_file;"
        "print(len(PAGES), [name for name in PAGES if handbook_file(name) is None])"
    )
    run = ("run", "--rm", "--network", "none", "--entrypoint", "python3", image, "-c", script)
    assert docker(*run) == f"{len(PAGES)} []"


def _licensing(image: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`python -m licensing` of an image, on a machine of its own."""
    (folder / "machine-id").write_text("0123456789abcdef0123456789abcdef\n")
    mounts = ("-v", f"{folder}:/l", "-v", f"{folder}/machine-id:/etc/machine-id:ro")
    secret = ("-e", "QUANTOS_VENDOR_SIGNING_PASSPHRASE=a long passphrase")
    run = ("docker", "run", "--rm", "--network", "none", "--user", "0", "--workdir", "/l", *secret, *mounts)
    command = [*run, "--entrypoint", "python3", image, "-m", "licensing", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_vendors_key_is_built_in_and_replaced_by_the_next(image: str, tmp_path: Path) -> None:
    """Three builds: with the old key, with both while it is replaced, with the new one alone."""
    keys = tmp_path / "keys"
    keys.mkdir()
    issued: dict[str, str] = {}
    print_ = _licensing(image, keys, "fingerprint").stdout.strip()
    for name in ("old", "new"):
        assert _licensing(image, keys, "keygen", f"{name}.pem").returncode == 0
        terms = ("--customer", name, "--fingerprint", print_, "--expires", "2999-12-31")
        ended = _licensing(image, keys, "issue", "--key", f"{name}.pem", *terms, "--out", f"{name}.json")
        assert ended.returncode == 0, ended.stderr
        issued[name] = f"{name}.json"
    holds = {}
    for tag, built_in in {"old": ["old"], "both": ["old", "new"], "new": ["new"]}.items():
        names = " ".join(f"{name}.pub.pem" for name in built_in)
        lines = f"FROM {image}\nCOPY {names} /opt/quantos/app/licensing/vendor_keys/\n"
        (keys / "Dockerfile").write_text(lines)
        docker("build", "--quiet", "--tag", f"quantos-test:key-{tag}", str(keys))
        for name, file in issued.items():
            ended = _licensing(f"quantos-test:key-{tag}", keys, "verify", file)
            holds[tag, name] = ended.returncode == 0
    assert holds == {
        ("old", "old"): True, ("old", "new"): False, ("both", "old"): True, ("both", "new"): True,
        ("new", "old"): False, ("new", "new"): True,
    }  # fmt: skip


def test_a_key_in_its_folder_of_a_checkout_goes_into_the_build_and_a_private_one_does_not(
    tmp_path: Path,
) -> None:
    """By the same .dockerignore, and the same line of the Dockerfile."""
    for name in (".dockerignore", "Dockerfile"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    folder = tmp_path / "licensing" / "vendor_keys"
    folder.mkdir(parents=True)
    (folder / "vendor.pub.pem").write_text("public")
    (tmp_path / "vendor.pem").write_text("private")
    [copy] = [
        line for line in (ROOT / "Dockerfile").read_text().splitlines() if line.startswith("COPY licensing")
    ]
    (tmp_path / "Dockerfile").write_text(f"FROM scratch\n{copy}\n")
    subprocess.run(
        [
            "docker",
            "buildx",
            "build",
            "--quiet",
            "--output",
            f"type=local,dest={tmp_path}/out",
            str(tmp_path),
        ],
        check=True,
        capture_output=True,
    )
    found = [str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*.pem")]
    assert found == ["opt/quantos/app/licensing/vendor_keys/vendor.pub.pem"]
