"""The rule tables of earlier releases, whole, by the versions that packages name.

A published day is checked by the table that settled it, for as long as anyone may check it. Whoever changes the
present table after a release puts the rows of before here, under their version: a test compares both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from quantos.settlement.core.rules_table import Rule

EARLIER: Final[Mapping[str, tuple[Rule, ...]]] = {}

RELEASED: Final[tuple[str, ...]] = ()
"""Versions that a release has settled by; each release adds its own. None is ever unknown to a later verifier."""
