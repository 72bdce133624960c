"""Where the platform's log goes: stderr, one readable line each.

A server says everything that happened; a command that opens the platform itself says only what went wrong, because
its own answer says the rest. Each line of a server says what work it belongs to. What has the form of a credential is cut out of every line, and of a server's also each
secret that its platform knows.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from quantos.cli.layout import clean
from quantos.kit.masking import Redaction
from quantos.kit.work import WORK, in_brackets

OURS: Final = "quantos"


def of_a_server(form: str = "text") -> None:
    """From now on: what the platform does, and warnings of the libraries, each with its time. `form`: text or json."""
    timed = _Timed("%(asctime)s %(levelname)-7s %(message)s", "%Y-%m-%d %H:%M:%S%z")
    _to_stderr(_Json() if form == "json" else timed)
    logging.getLogger(OURS).setLevel(logging.INFO)


def of_a_command() -> None:
    """From now on: errors, as the command's own complaints."""
    _to_stderr(_OneLine())
    logging.getLogger(OURS).setLevel(logging.ERROR)


def without_secrets(redact: Callable[[str], str]) -> None:
    """From now on lines are redacted so too."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler.formatter, _Redacted):
            handler.formatter.redact = redact


def _to_stderr(form: logging.Formatter) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(form)
    logging.getLogger().handlers = [handler]
    logging.getLogger().setLevel(logging.WARNING)


class _Redacted(logging.Formatter):
    """A line, and the traceback below it, without secrets."""

    redact: Callable[[str], str] = Redaction()

    def format(self, record: logging.LogRecord) -> str:
        return self.redact(super().format(record))


class _Timed(_Redacted):
    """A message on one line, whatever it quotes; below it only where a defect came from."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        line = " ".join(super().formatMessage(record).splitlines())
        return clean(line + in_brackets(WORK.get()))


class _Json(_Redacted):
    """An object a line: at (RFC 3339, UTC), level, logger, message, what it worked on, and of a defect its traceback."""

    def format(self, record: logging.LogRecord) -> str:
        said: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self.redact(record.getMessage()),
            **{name: self.redact(value) for name, value in WORK.get().items()},
        }
        if record.exc_info:
            said["error"] = self.redact(self.formatException(record.exc_info))
        return json.dumps(said, ensure_ascii=False)


class _OneLine(_Redacted):
    """A message, with the error's own first line in place of its traceback."""

    def format(self, record: logging.LogRecord) -> str:
        error = record.exc_info[1] if record.exc_info else None
        lines = str(error).splitlines() if error else []
        why = f": {type(error).__name__}: {lines[0] if lines else 'no message'}" if error else ""
        return clean(self.redact(f"quantos: {record.getMessage()}{why}"))
