"""The verifier as one file: `python -m quantos.verification.offline.pack quantos-verify.pyz`.

The same sources give the same bytes, so that the digest of the file can be published. The archive has the
verifier and the data that it judges by (symbols, calendar, dated rules), not the ledger and nothing of the
server: the packages around that data are empty in it.
"""

from __future__ import annotations

import hashlib
import io
import sys
import zipapp
import zipfile
from pathlib import Path
from typing import Final

import quantos

ROOT: Final = Path(quantos.__file__).parent
WHOLE: Final = ("verification/core", "verification/offline")
DATA: Final = (
    "market/core/symbols.py",
    "market/core/closed_weekdays.py",
    "settlement/core/rules_table.py",
    "settlement/core/rules_texts.py",
)
EMPTY: Final = (
    "market/__init__.py",
    "market/core/__init__.py",
    "settlement/__init__.py",
    "settlement/core/__init__.py",
    "verification/__init__.py",
)
INTERPRETER: Final = "/usr/bin/env python3"
_MAIN: Final = """\
import sys

if sys.version_info < (3, 11):
    sys.stderr.write("quantos-verify needs Python 3.11 or newer; this is %d.%d\\n" % sys.version_info[:2])
    sys.exit(2)

from quantos.verification.offline.program import main

main()
"""
_DATE: Final = (1980, 1, 1, 0, 0, 0)


def contents() -> dict[str, bytes]:
    """The files of the archive by their names."""
    sources = [path for folder in WHOLE for path in sorted((ROOT / folder).glob("*.py"))]
    sources += [ROOT / name for name in ("__init__.py", *DATA)]
    found = {f"quantos/{path.relative_to(ROOT).as_posix()}": path.read_bytes() for path in sources}
    found |= {f"quantos/{name}": b"" for name in EMPTY}
    return {"__main__.py": _MAIN.encode(), **dict(sorted(found.items()))}


def packed() -> bytes:
    """The archive, to be run by Python as it is."""
    inside, whole = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(inside, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents().items():
            entry = zipfile.ZipInfo(name, _DATE)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, content)
    inside.seek(0)
    zipapp.create_archive(inside, whole, INTERPRETER)
    return whole.getvalue()


def pack(target: Path) -> str:
    """Write the archive; its SHA-256."""
    content = packed()
    target.write_bytes(content)
    target.chmod(0o755)
    return hashlib.sha256(content).hexdigest()


def main() -> None:
    """Write the file that the command line names, and print its digest as sha256sum does."""
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "quantos-verify.pyz")
    sys.stdout.write(f"{pack(target)}  {target.name}\n")


if __name__ == "__main__":
    main()
