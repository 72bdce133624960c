"""The image and its installation, on a real Docker engine. They take minutes, so they run when they are asked for:

    QUANTOS_CONTAINERS=1 ./tests/run -n 0 tests/containers

and at the end of .ci/run, where an engine answers.

QUANTOS_TEST_IMAGE names an image that is there already; otherwise one is built, with QUANTOS_BUILD_OPTIONS handed to
images/build (such as `--network host --ca FILE` behind a proxy).
"""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.containers.appliance import ROOT, Appliance, docker, free_name

ASKED = os.environ.get("QUANTOS_CONTAINERS") == "1"

collect_ignore_glob = [] if ASKED else ["test_*.py"]


def _why_no_engine() -> str:
    try:
        said = subprocess.run(["docker", "info"], capture_output=True, text=True, check=False, timeout=30)
    except FileNotFoundError:
        return "there is no docker on this machine"
    return "" if said.returncode == 0 else f"no Docker engine answers: {said.stderr.strip()[-200:]}"


@pytest.fixture(scope="session", autouse=True)
def engine() -> None:
    """A Docker engine that answers: without one, what was asked for has failed."""
    if fault := _why_no_engine():
        pytest.exit(fault, returncode=1)


@pytest.fixture(scope="session")
def image(engine: None, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The one image that all these tests share."""
    if given := os.environ.get("QUANTOS_TEST_IMAGE"):
        return given
    options = shlex.split(os.environ.get("QUANTOS_BUILD_OPTIONS", ""))
    out = tmp_path_factory.mktemp("images")
    subprocess.run(
        [ROOT / "images/build", "--no-smoke", "--version", "0.0.test", "--out", out, *options], check=True
    )
    return "quantos:0.0.test-amd64"


def _next(image: str, tag: str, folder: Path, lines: str) -> str:
    """An image made from another by a few lines of a Dockerfile."""
    (folder / "Dockerfile").write_text(f"FROM {image}\nUSER 0\n{lines}\nUSER 10001:10001\n")
    (folder / "9001_next.py").write_text(MIGRATION)
    docker("build", "--quiet", "--tag", tag, str(folder))
    return tag


MIGRATION = """
import sqlalchemy as sa
from alembic import op

revision = "9001"
down_revision = "HEAD_OF_BEFORE"


def upgrade():
    op.create_table("of_the_next_version", sa.Column("id", sa.Integer(), primary_key=True))
"""

APP = "/opt/quantos/app/quantos/storage"
NEXT = f"""
LABEL org.opencontainers.image.version="9.1"
COPY 9001_next.py {APP}/migrations/versions/
RUN head=$(sed -n 's/^HEAD: Final = "\\(.*\\)"/\\1/p' {APP}/migrate.py) \\
 && sed -i "s/HEAD_OF_BEFORE/$head/" {APP}/migrations/versions/9001_next.py \\
 && sed -i 's/^HEAD: Final = .*/HEAD: Final = "9001"/' {APP}/migrate.py \\
 && rm -f {APP}/__pycache__/migrate.*
"""
FAILING = (
    NEXT.replace("9.1", "9.2")
    + f"RUN echo '    raise RuntimeError(\"this migration fails\")' >>{APP}/migrations/versions/9001_next.py\n"
)
UNHEALTHY = NEXT.replace("9.1", "9.3") + "HEALTHCHECK --interval=1s --retries=1 CMD false\n"


@pytest.fixture(scope="session")
def next_image(image: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The version after it, with a migration."""
    return _next(image, "quantos-test:next", tmp_path_factory.mktemp("next"), NEXT)


@pytest.fixture(scope="session")
def failing_image(image: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A version whose migration begins, and fails."""
    return _next(image, "quantos-test:failing", tmp_path_factory.mktemp("failing"), FAILING)


@pytest.fixture(scope="session")
def unhealthy_image(image: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A version that migrates and never becomes healthy."""
    return _next(image, "quantos-test:unhealthy", tmp_path_factory.mktemp("unhealthy"), UNHEALTHY)


@pytest.fixture
def appliance(image: str, tmp_path: Path) -> Iterator[Appliance]:
    """A name and a folder of its own, with spaces; whatever was installed is taken away at the end."""
    with Appliance.at(tmp_path / "a place", free_name()) as made:
        yield made
