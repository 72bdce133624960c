"""Help texts in Chinese, by the English that stands beside each command and option."""

from __future__ import annotations

from typing import Final

from quantos.cli.texts.restate import RESTATE_HELP
from quantos.verification.offline import texts_screen as verifier

_VERIFY: Final = dict(verifier.HELP.values())

HELP: Final[dict[str, str]] = {**_VERIFY, **RESTATE_HELP}
