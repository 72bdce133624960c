"""What the platform says of its licence, in one line each: in headers, refusals, alarms and the log.

`until` is told as the day in Shanghai on which the mode ends.
"""

from __future__ import annotations

from typing import Final

from licensing.verify import SHANGHAI
from quantos.license.core.entitlement import Entitlement, Mode, Why

WHY: Final = {
    Why.VALID: "the licence holds",
    Why.TAMPERED: "license.json is not as the vendor signed it",
    Why.OTHER_MACHINE: "the licence is for another machine",
    Why.CLOCK_SET_BACK: "the system's clock has been set back",
    Why.NOT_YET_VALID: "the licence was issued later than the system's clock shows",
    Why.EXPIRED: "the licence has expired",
    Why.NONE: "no licence is installed",
    Why.REMOVED: "the licence that was installed here is gone",
}
"""Without fingerprints, paths or names: anyone may read it."""


def warning(found: Entitlement) -> str:
    """One line of ASCII."""
    why = WHY[found.why]
    if found.mode is Mode.LICENSED:
        return f"{why}, edition {found.edition}, until {ends_on(found)}"
    if found.mode is Mode.EVALUATION:
        return f"evaluation until {ends_on(found)}: {why}"
    if found.mode is Mode.GRACE:
        return f"{why}: new submissions are taken until {ends_on(found)}"
    if found.why is Why.NONE:
        return "the evaluation is over and no licence is installed: no new submissions are taken"
    return f"{why}: no new submissions are taken"


def refusal(found: Entitlement) -> str:
    """To whoever submits something to a restricted platform."""
    return (
        f"{warning(found)}; what is there goes on being settled and published. The operator installs a licence with"
        " quantos license install FILE"
    )


def ends_on(found: Entitlement) -> str:
    """The day in Shanghai, and the time where it is not midnight."""
    if found.until is None:
        return "further notice"
    return (
        found.until.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M").removesuffix(" 00:00") + " Shanghai time"
    )
