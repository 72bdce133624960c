"""How hard the properties are tried.

By default a test tries few examples, always the same ones, so that a run is repeatable and short.
QUANTOS_HYPOTHESIS=thorough tries fifty times as many, new ones each time.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

THOROUGH = os.environ.get("QUANTOS_HYPOTHESIS") == "thorough"


def tries(examples: int) -> settings:
    """The settings of a property that is tried with this many examples by default."""
    return settings(
        max_examples=examples * 50 if THOROUGH else examples,
        derandomize=not THOROUGH,
        database=None,
        deadline=None,  # the first example compiles the ledger
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.data_too_large,
            HealthCheck.large_base_example,
        ],
    )
