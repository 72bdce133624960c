"""Writes the generated sections of docs/ anew: `python -m tests.docs.regenerate`, from the project's folder."""

from __future__ import annotations

import sys

from tests.docs.documents import SECTIONS, document, with_section


def main() -> None:
    for name, generate in SECTIONS.items():
        file = document(name)
        before = file.read_text()
        after = with_section(before, name, generate())
        if after != before:
            file.write_text(after)
        sys.stdout.write(f"docs/{name}.md {'written' if after != before else 'as it was'}\n")


if __name__ == "__main__":
    main()
