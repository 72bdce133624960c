"""`python -m quantos.cli`: the same as `quantos`."""

from __future__ import annotations

from quantos.cli import main

if __name__ == "__main__":
    main()
