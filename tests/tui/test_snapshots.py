"""Every screen as text, in both languages and both sizes, and its themes as pictures, against what is kept.

Kept anew, and then to be looked at, by `QUANTOS_KEEP_SNAPSHOTS=1 python -m pytest tests/tui/test_snapshots.py`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.served import ROOT, Served, served_platform
from tests.tui.world import ENDED, build
from tui.app import THEMES

KEPT = Path(__file__).parent / "snapshots"
KEEPS = bool(os.environ.get("QUANTOS_KEEP_SNAPSHOTS"))
SIZES = ("80x24", "160x50")
STEADY = re.compile(r"terminal-\d+|rich-[0-9a-z-]+|(?<=momentum_value-)[0-9a-f]{8}|(?<=user_)[0-9a-f]{6}")
"""Names within an SVG that are made anew each time, and the random ends of a portfolio's and an account's."""


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The platform of everything, which no other test changes."""
    folder: Path = tmp_path_factory.mktemp("untouched") / "data"
    build(folder)
    with pytest.MonkeyPatch.context() as here:
        for name in ("QUANTOS_SLOW_REQUEST_S", "QUANTOS_SLOW_QUERY_S"):
            here.setenv(name, "0")  # how fast the machine is, is no matter of a snapshot
        with served_platform(folder, ENDED) as running:
            yield running


def drawn(served: Served, folder: Path, language: str, *arguments: str) -> None:
    """By a program of its own: keys are named in the language that a program begins with."""
    variables = {**os.environ, "QUANTOS_LANG": language, "QUANTOS_OPERATOR_TOKEN": served.operator_token}
    command = [sys.executable, "-m", "tests.tui.pictures", str(folder), *arguments, "--url", served.url]
    subprocess.run(command, env=variables, cwd=ROOT, check=True)


def compare(found: dict[str, str], kept: Path, ending: str) -> None:
    if KEEPS:
        kept.mkdir(parents=True, exist_ok=True)
        for name, text in found.items():
            (kept / f"{name}{ending}").write_text(text, encoding="utf-8")
    before = {file.stem: file.read_text(encoding="utf-8") for file in kept.glob(f"*{ending}")}
    assert found.keys() == before.keys()
    for name, text in found.items():
        assert text == before[name], f"{kept.name}/{name}"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_screen_is_as_it_is_kept(untouched: Served, tmp_path: Path, language: str, size: str) -> None:
    drawn(untouched, tmp_path, language, "--size", size)
    found = {file.stem: file.read_text(encoding="utf-8") for file in tmp_path.glob("*.txt")}
    compare(found, KEPT / f"{language}-{size}", ".txt")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("theme", THEMES)
def test_every_theme_is_as_it_is_kept(
    untouched: Served, tmp_path: Path, theme: str, language: str, size: str
) -> None:
    asked = ["today", "strategies", "factors-detail", "--svg", "--theme", theme, "--size", size]
    drawn(untouched, tmp_path, language, *asked)
    found = {file.stem: STEADY.sub("steady", file.read_text()) for file in tmp_path.glob("*.svg")}
    compare(found, KEPT / f"{theme}-{language}-{size}", ".svg")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_themes_differ(language: str, size: str) -> None:
    texts = [(KEPT / f"{theme}-{language}-{size}" / "today.svg").read_text() for theme in THEMES]
    assert len(set(texts)) == len(THEMES)
