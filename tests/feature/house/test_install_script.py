"""install.sh at its edges: what it says, in which language, and how it ends."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
OLD_PYTHON = '#!/bin/sh\n[ "$1" = -V ] && echo Python 3.9.2 && exit 0\nexit 1\n'
NAMES = ["python3", *(f"python3.{minor}" for minor in range(11, 15))]


def install(*arguments: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {k: v for k, v in os.environ.items() if k not in {"LC_ALL", "LC_MESSAGES", "QUANTOS_LANG"}}
    return subprocess.run(
        [ROOT / "install.sh", *arguments],
        cwd=cwd,
        env={**inherited, "LANG": "C.UTF-8", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture
def old_machine(tmp_path: Path) -> Path:
    """A folder of programs in which every Python is 3.9."""
    for name in NAMES:
        (tmp_path / name).write_text(OLD_PYTHON)
        (tmp_path / name).chmod(0o755)
    return tmp_path


@pytest.mark.parametrize(
    ("language", "fact"),
    [
        ("en", "needs Python 3.11 or newer, this machine has Python 3.9.2"),
        ("zh", "需要 Python 3.11 或更新版本"),
    ],
)
def test_a_python_too_old_is_one_clear_line(old_machine: Path, language: str, fact: str) -> None:
    path = f"{old_machine}:{os.environ['PATH']}"
    run = install("--prefix", str(old_machine / "env"), PATH=path, QUANTOS_LANG=language)
    assert run.returncode == 1
    assert len(run.stderr.splitlines()) == 1
    assert fact in run.stderr


def test_an_unknown_option_is_named(tmp_path: Path) -> None:
    run = install("--dmeo", cwd=tmp_path)
    assert (run.returncode, run.stdout) == (2, "")
    assert "--dmeo" in run.stderr


def test_a_prefix_without_a_folder_is_refused(tmp_path: Path) -> None:
    assert install("--prefix", cwd=tmp_path).returncode == 2
    assert install("--prefix=", cwd=tmp_path).returncode == 2


@pytest.mark.parametrize(
    ("variable", "value", "word"),
    [
        ("LANG", "en_GB.UTF-8", "Usage"),
        ("LANG", "zh_CN.UTF-8", "用法"),
        ("LC_ALL", "zh_CN.UTF-8", "用法"),
        ("QUANTOS_LANG", "zh", "用法"),
    ],
)
def test_help_speaks_the_language_of_the_terminal(variable: str, value: str, word: str) -> None:
    run = install("--help", cwd=ROOT, **{variable: value})
    assert run.returncode == 0
    assert run.stdout.startswith(word)


def test_help_names_every_option() -> None:
    shown = install("--help").stdout
    script = (ROOT / "install.sh").read_text()
    options = script[script.index("while [ $# -gt 0 ]") : script.index("done # what is left")]
    named = set(re.findall(r"^    (--[a-z0-9-]+)(?: \| -h)?\)", options, re.MULTILINE))
    assert {"--demo", "--prefix", "--extra", "--dev", "--image", "--upgrade", "--help"} <= named
    assert [option for option in sorted(named) if option not in shown] == []


@pytest.fixture
def without_docker(tmp_path: Path) -> str:
    """A PATH that leads to what every system has, and to no docker."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in [
        "awk",
        "cat",
        "chmod",
        "cut",
        "date",
        "df",
        "dirname",
        "grep",
        "head",
        "id",
        "mkdir",
        "mktemp",
        "mv",
        "rm",
        "rmdir",
        "sed",
        "sh",
        "tail",
        "tr",
        "uname",
    ]:
        (folder / name).symlink_to(shutil.which(name) or name)
    return str(folder)


def test_a_machine_without_docker_is_told_how_to_get_it(without_docker: str, tmp_path: Path) -> None:
    place = tmp_path / "place"
    run = install("--image", "quantos.tar.gz", "--dir", str(place), PATH=without_docker)
    assert (run.returncode, len(run.stderr.splitlines())) == (1, 1)
    assert "Docker is not installed" in run.stderr
    assert not place.exists()


def test_a_look_at_the_machine_names_every_fault_and_makes_nothing(
    without_docker: str, tmp_path: Path
) -> None:
    run = install("--check", "--dir", str(tmp_path / "place"), PATH=without_docker)
    assert run.returncode == 1
    assert "FAIL  Docker is not installed" in run.stdout
    assert "ok    clock" in run.stdout
    assert not (tmp_path / "place").exists()


ENGINE = """#!/bin/sh
case "$*" in
  *ServerVersion*) echo "$ENGINE_VERSION" ;;
  *Architecture*) echo "$ENGINE_ARCH" ;;
  *OperatingSystem*) echo "Debian GNU/Linux 12" ;;
  *DockerRootDir*) echo /nowhere ;;
  *) exit 1 ;;
esac
"""


def with_engine(folder: Path, *options: str, arch: str = "x86_64", version: str = "27.1.0") -> str:
    """What install.sh says where an engine answers so."""
    programs = folder / "programs"
    programs.mkdir()
    (programs / "docker").write_text(ENGINE)
    (programs / "docker").chmod(0o755)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    path = f"{programs}:{os.environ['PATH']}"
    place = ("--dir", str(folder / "place"), "--port", port)
    run = install(*place, *options, PATH=path, ENGINE_ARCH=arch, ENGINE_VERSION=version)
    assert (run.returncode, len(run.stderr.splitlines())) == (1, 1), run.stderr
    assert not (folder / "place").exists()
    return run.stderr


@pytest.mark.parametrize(
    ("engine", "arch"),
    [("x86_64", "amd64"), ("amd64", "amd64"), ("aarch64", "arm64"), ("arm64", "arm64")],
)
def test_lic_12_the_image_is_that_of_the_engines_architecture(tmp_path: Path, engine: str, arch: str) -> None:
    images = tmp_path / "images"
    images.mkdir()
    said = with_engine(tmp_path, "--image", str(images), arch=engine)
    assert f"there is no quantos-{arch}.tar.gz in {images}" in said


def test_lic_12_another_architecture_is_named(tmp_path: Path) -> None:
    said = with_engine(tmp_path, "--image", "x", arch="riscv64")
    assert "there is no image for riscv64: QuantOS runs on amd64 and arm64" in said


def test_an_engine_too_old_is_named(tmp_path: Path) -> None:
    said = with_engine(tmp_path, "--image", "x", version="19.03.8")
    assert "Docker 19.03.8 is too old: QuantOS needs 20.10 or newer" in said


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--port", "0"), "'0' is no port"),
        (("--port", "65536"), "'65536' is no port"),
        (("--bind", "localhost"), "--bind takes an address"),
        (("--name", "Quant OS"), "--name"),
        (("--dir", "/srv/a,b"), "--dir takes no comma"),
        (("--image",), "--image needs"),
        (("--purge",), "--purge goes with --uninstall"),
        (("--upgrade", "--restore-backup"), "--restore-backup goes with --rollback"),
        (("--rollback", "--license", "x"), "--license goes with"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_an_option_that_cannot_be_is_wrong_usage(
    tmp_path: Path, options: tuple[str, ...], complaint: str
) -> None:
    run = install("--docker", *options, cwd=tmp_path)
    assert (run.returncode, len(run.stderr.splitlines())) == (2, 1)
    assert complaint in run.stderr


def test_alone_without_a_checkout_it_installs_the_container(without_docker: str, tmp_path: Path) -> None:
    shutil.copy(ROOT / "install.sh", tmp_path)
    run = subprocess.run(
        [shutil.which("sh") or "sh", tmp_path / "install.sh", "--native"],
        env={"PATH": without_docker},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "there is none beside install.sh" in run.stderr
    run = subprocess.run(
        [shutil.which("sh") or "sh", tmp_path / "install.sh"],
        env={"PATH": without_docker, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Docker is not installed" in run.stderr


@pytest.mark.parametrize("extra", ["baostok", ""])
def test_an_optional_part_that_there_is_not_is_named_before_anything_is_installed(extra: str) -> None:
    refused = install("--extra", extra)
    assert refused.returncode == 2
    assert "baostock, akshare, postgres or appliance" in refused.stderr


@pytest.mark.parametrize("path", ["tests/unit/nothere", "./tests/nothere.py", "tests/nothere.py::test_it"])
def test_tests_that_there_are_not_are_named_before_anything_is_installed(tmp_path: Path, path: str) -> None:
    run = subprocess.run(
        [ROOT / "tests" / "run", path, "-q"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == f"tests/run: there is no {path.partition('::')[0]} in {ROOT}\n"
    assert list(tmp_path.iterdir()) == []
