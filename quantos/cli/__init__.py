"""The `quantos` command. `main` turns every refusal into one line on stderr and an exit code.

Exit codes: 0 done, 1 refused or a problem found, 2 wrong usage, 70 a defect of the platform.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence

__all__ = ["main"]

REFUSED = 1
DEFECT = 70


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and leave with its exit code."""
    from quantos.cli.interruption import INTERRUPTED, Interrupted, last_line  # noqa: PLC0415 - `import quantos.cli` stays free
    from quantos.cli.texts import refused, say  # noqa: PLC0415
    from quantos.errors import QuantosError  # noqa: PLC0415

    os.umask(0o077)  # whatever a command writes is its owner's alone
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    try:
        _run([argument for argument in given if argument != "--debug"])
    except QuantosError as refusal:
        if debug:
            raise
        _complain(refused(refusal.message))
        sys.exit(REFUSED)
    except Interrupted as interrupted:
        last_line(interrupted.message)
        sys.exit(INTERRUPTED)
    except KeyboardInterrupt:
        last_line(say("interrupted"))
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()  # the reader went away (`quantos … | head`): nothing to say, nobody to say it to
        sys.exit(REFUSED)
    except OSError as error:
        if debug:
            raise
        _complain(_of_the_system(error))
        sys.exit(REFUSED)
    except Exception as error:
        if debug:
            raise
        _complain(f"unexpected {type(error).__name__}: {_first_line(error)}")
        _complain(
            "this is a defect: run it again with --debug for the details, and quantos doctor for the state"
        )
        sys.exit(DEFECT)


def _run(arguments: list[str]) -> None:
    if arguments[:1] == ["serve"]:
        _import_quickly()
    from quantos.cli.app import app  # noqa: PLC0415 - as above
    from quantos.cli.configuration import refuse_unfit_language  # noqa: PLC0415

    if arguments[:1] != ["doctor"]:  # which says itself what is wrong with the settings
        refuse_unfit_language()
    app(arguments, prog_name="quantos")


def _import_quickly() -> None:
    """What a server imports stays, and much of what its libraries describe is never looked at.

    Collecting garbage among the imports is a tenth of the start-up time, and so is building FastAPI's models of
    the OpenAPI description. They alone are deferred until somebody asks for it: a body that is validated by a
    deferred model would make FastAPI build it at its first request.
    """
    gc.disable()
    from pydantic import BaseModel  # noqa: PLC0415 - as above

    BaseModel.model_config["defer_build"] = True
    import fastapi.openapi.models  # noqa: F401, PLC0415

    del BaseModel.model_config["defer_build"]


def _complain(message: str) -> None:
    from quantos.cli.layout import clean  # noqa: PLC0415 - as above

    sys.stderr.write(f"quantos: {clean(message)}\n")


def _of_the_system(error: OSError) -> str:
    """What the system refused, and where."""
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror or error}"


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or ["no message"])[0]
