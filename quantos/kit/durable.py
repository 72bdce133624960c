"""What survives a power cut: files that are there as a whole or not at all, and renames that stay."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def create_private(file: Path, content: bytes) -> None:
    """A new file, mode 0600, linked into place after the sync. Raises FileExistsError."""
    temporary = file.with_name(f".{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    try:
        os.link(temporary, file)
    finally:
        temporary.unlink()


def put_private(file: Path, content: bytes) -> None:
    """A file, mode 0600, in the place of what was there: after a power cut there is one or the other. Raises OSError."""
    temporary = file.with_name(f".{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(file.parent)


def sync_folder(folder: Path) -> None:
    """Have what was created, renamed or removed in a folder stay so."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
