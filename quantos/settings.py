"""Every setting of the platform: environment variables `QUANTOS_...`, or a `.env` in the working directory.

One class, read once at start. Secrets have no default; they are generated in the data directory at first
start. `quantos settings` prints them all, secrets masked.
"""

from __future__ import annotations

import os
import sys
from decimal import Decimal
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


def default_data_dir() -> Path:
    """The platform's user data folder: ~/.local/share/quantos on Linux, as the system has it elsewhere."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "quantos"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "quantos"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "quantos"


class Settings(BaseSettings):
    """What an operator may set."""

    model_config = SettingsConfigDict(env_prefix="QUANTOS_", env_file=".env", extra="ignore", frozen=True)

    data_dir: Path = Field(default_factory=default_data_dir, description="Where everything is kept.")
    host: str = Field("127.0.0.1", description="Address to listen on; loopback unless told otherwise.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    records_url: str = Field("", description="Records store; default SQLite in the data directory.")
    series_url: str = Field("", description="Series store; default a DuckDB file in the data directory.")
    attestation_repo: str = Field(
        "", description="Path of the local attestation repository; empty: not configured."
    )
    attestation_remote: str = Field("", description="Remote the attestation repository is pushed to.")
    attestation_when: Literal["submission", "deadline"] = Field(
        "submission", description="Commit each signal at submission, or all just before the deadline."
    )
    minimum_commission: Decimal = Field(
        Decimal(0),
        ge=0,
        le=1000,
        description="Minimum commission in CNY per order; brokers differ, 0 by default.",
    )
    body_bytes_max: int = Field(
        64 * 2**20, gt=0, description="Largest request body in bytes; beyond it: 413."
    )
    series_memory_limit: str = Field("2GB", description="Memory DuckDB may use.")
    lang: Literal["", "en", "zh"] = Field("", description="Language of messages; empty: as the terminal's.")
    license_file: str = Field("", description="Path of license.json; default in the data directory.")
    redis_url: SecretStr = Field(
        SecretStr(""), description="Redis for one-time codes; empty: the records store."
    )
    smtp_url: SecretStr = Field(
        SecretStr(""), description="SMTP server; empty: the outbox of the data directory."
    )
    llm_base_url: str = Field("", description="OpenAI-compatible endpoint; empty: the built-in generator.")
    llm_api_key: SecretStr = Field(SecretStr(""), description="Key of the language model's endpoint.")
    llm_model: str = Field("", description="Model name at the language model's endpoint.")
