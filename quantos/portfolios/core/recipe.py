"""What decided a signal, as it is kept: enough to make the signal again from the values, which are written once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from quantos.portfolios.core.combining import Floats, factor_weights, signs


@dataclass(frozen=True, slots=True)
class Member:
    """A factor as it entered: its number in the series store, and its figures in sample."""

    number: int
    id: str
    name: str
    ic_mean: float | None
    ic_ir: float | None


@dataclass(frozen=True, slots=True)
class Recipe:
    """`values_of`: the trading day whose values were combined."""

    values_of: date
    universe: str
    weighting: str
    top_n: int
    members: tuple[Member, ...]

    @property
    def sign(self) -> Floats:
        """[k]."""
        return signs(_known([member.ic_mean for member in self.members]))

    @property
    def weight(self) -> Floats:
        """[k]."""
        return factor_weights(self.weighting, _known([member.ic_ir for member in self.members]))

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "values_of": self.values_of.isoformat(),
            "universe": self.universe,
            "weighting": self.weighting,
            "top_n": self.top_n,
            "members": [[each.number, each.id, each.name, each.ic_mean, each.ic_ir] for each in self.members],
        }

    @classmethod
    def of_dict(cls, kept: dict[str, Any]) -> Recipe:
        members = tuple(Member(*each) for each in kept["members"])
        return cls(
            date.fromisoformat(kept["values_of"]),
            kept["universe"],
            kept["weighting"],
            kept["top_n"],
            members,
        )


def _known(figures: Sequence[float | None]) -> Floats:
    """NaN where there is none."""
    return np.array([np.nan if figure is None else figure for figure in figures], np.float64)
