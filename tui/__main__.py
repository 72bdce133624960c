"""`python -m tui --url URL`, with the operator's token in QUANTOS_OPERATOR_TOKEN: so no other user reads it."""

from __future__ import annotations

import argparse
import os
import sys


def main() -> None:
    parser = argparse.ArgumentParser(prog="quantos tui")
    parser.add_argument("--url", required=True)
    parser.add_argument("--read-only", action="store_true")
    given = parser.parse_args()
    token = os.environ.pop("QUANTOS_OPERATOR_TOKEN", "")
    if not token:
        sys.exit("quantos tui: QUANTOS_OPERATOR_TOKEN is not set: start it with quantos tui")
    from tui.app import Dashboard  # noqa: PLC0415 - wrong usage needs no dashboard
    from tui.state import state_file  # noqa: PLC0415

    Dashboard(given.url, token, read_only=given.read_only, remembered=state_file()).run()


if __name__ == "__main__":
    main()
