"""Writes the generated sections of docs/ and modules of the client anew.

    python -m tests.docs.regenerate

From the project's folder.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.docs.client_modules import ROOT, written
from tests.docs.documents import SECTIONS, document, with_section


def main() -> None:
    for name, generate in SECTIONS.items():
        file = document(name)
        _write(file, with_section(file.read_text(), name, generate()))
    for file, text in written().items():
        _write(file, text)


def _write(file: Path, text: str) -> None:
    changed = not file.exists() or file.read_text() != text
    if changed:
        file.write_text(text)
    sys.stdout.write(f"{file.relative_to(ROOT)} {'written' if changed else 'as it was'}\n")


if __name__ == "__main__":
    main()
