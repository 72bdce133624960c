"""What the platform is built of: locked by hash, installed as locked, each with a licence that is known.

Known weaknesses are looked up in a database that a machine without the internet does not have: see docs/security.md.
"""

from __future__ import annotations

import importlib.metadata
import re
import tomllib
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[3]
LOCK: Final[dict[str, Any]] = tomllib.loads((ROOT / "uv.lock").read_text())
COPYLEFT: Final = {
    "backtrader": "run by the strategy worker, a program of its own",
    "dulwich": "Apache-2.0 by choice",
}
"""Licences of the GPL family, and why they may be here."""


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def licence(of: importlib.metadata.PackageMetadata) -> str:
    """As its maker says it: an expression, a classifier, or a line of text."""
    said = {name: of.get_all(name) or [] for name in ("License-Expression", "Classifier", "License")}
    classified = [
        each.split("::")[-1].strip() for each in said["Classifier"] if each.startswith("License ::")
    ]
    named = [*said["License-Expression"], *classified, *(each.split("\n")[0] for each in said["License"])]
    return next((str(each) for each in named if each), "")


def test_every_package_is_locked_by_hash_and_comes_from_the_index() -> None:
    strangers = [each["name"] for each in LOCK["package"] if "registry" not in each["source"]]
    assert strangers == ["quantos"]
    assert {each["source"].get("registry") for each in LOCK["package"]} == {None, "https://pypi.org/simple"}
    files = [
        (each["name"], file.get("hash", ""))
        for each in LOCK["package"]
        for file in [*each.get("wheels", []), *([each["sdist"]] if "sdist" in each else [])]
    ]
    assert [name for name, digest in files if not re.fullmatch(r"sha256:[0-9a-f]{64}", digest)] == []
    assert {name for name, _ in files} == {each["name"] for each in LOCK["package"]} - {"quantos"}


def test_what_is_installed_is_what_is_locked_and_no_package_is_passed_over() -> None:
    locked: dict[str, set[str]] = {}
    for each in LOCK["package"]:
        locked.setdefault(plain(each["name"]), set()).add(each.get("version", ""))
    installed = {plain(each.metadata["Name"]): each.version for each in importlib.metadata.distributions()}
    assert len(installed) > 50
    others = {name: version for name, version in installed.items() if version not in locked.get(name, set())}
    assert set(others) <= {"quantos", "pip", "setuptools", "wheel"}


def test_every_installed_package_has_a_licence_and_those_that_bind_are_known() -> None:
    found = {
        plain(each.metadata["Name"]): licence(each.metadata) for each in importlib.metadata.distributions()
    }
    assert [name for name, text in found.items() if not text and name != "quantos"] == []
    binding = {name for name, text in found.items() if re.search(r"\b[AL]?GPL|General Public", text)}
    assert binding - {"quantos"} <= set(COPYLEFT)
