"""What the Dockerfile copies is let through by .dockerignore, which lets nothing else through."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[3]


def copied() -> set[str]:
    """What the Dockerfile takes from the checkout."""
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    found = [line.split()[1:-1] for line in lines if line.startswith("COPY ") and "--from" not in line]
    return {source for sources in found for source in sources}


def let_through() -> set[str]:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert lines[0] == "*"
    return {line.removeprefix("!") for line in lines if line.startswith("!")}


def test_what_the_image_is_made_of_is_let_through_and_nothing_else() -> None:
    assert len(copied()) > 5
    assert copied() == let_through()


def test_all_of_it_is_there() -> None:
    assert [name for name in copied() if not (ROOT / name).exists()] == []
