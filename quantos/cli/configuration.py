"""The settings a command runs with: environment and `.env`, then the command's own options."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantos.errors import WrongState

if TYPE_CHECKING:
    from quantos.settings import Settings


class BadSettings(WrongState):
    code = "bad_settings"


def load(data_dir: Path | None = None, **options: Any) -> Settings:
    """Raises BadSettings naming each variable that cannot be used. Options that are None are not given."""
    from pydantic import ValidationError  # noqa: PLC0415 - a third of the time that --help may take

    from quantos.settings import Settings  # noqa: PLC0415

    given = {name: value for name, value in {"data_dir": data_dir, **options}.items() if value is not None}
    try:
        settings = Settings(**given)
    except ValidationError as error:
        found = "; ".join(
            f"QUANTOS_{str(item['loc'][0]).upper()}: {item['msg']}"
            for item in error.errors(include_url=False)
        )
        raise BadSettings(f"settings cannot be used: {found}") from None
    return settings.model_copy(update={"data_dir": settings.data_dir.expanduser().absolute()})


def data_directory(data_dir: Path | None) -> Path:
    """Where the data directory is. Reads the whole settings only where they decide."""
    if data_dir is not None:
        return data_dir.expanduser().absolute()
    named = os.environ.get("QUANTOS_DATA_DIR")
    if named:
        return Path(named).expanduser().absolute()
    return load().data_dir
