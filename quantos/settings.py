"""Every setting of the platform: environment variables `QUANTOS_...`, or a `.env` in the working directory.

One class, read once at start. Secrets have no default; they are generated in the data directory at first
start. `quantos settings` prints them all, secrets masked.
"""

import ipaddress
import os
import re
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from quantos.kit.masking import masked, password_of

PREFIX: Final = "QUANTOS_"


def default_data_dir() -> Path:
    """The platform's user data folder: ~/.local/share/quantos on Linux, as the system has it elsewhere."""
    return _absolute(_user_data_folder() / "quantos")


def _user_data_folder() -> Path:
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")


def _absolute(path: Path) -> Path:
    return path.expanduser().absolute()


def _amount_of_memory(text: str) -> str:
    """As DuckDB reads it. Found out here, so that nobody takes a slip of the pen for a damaged store."""
    if re.fullmatch(r"\s*[0-9]{1,9}(\.[0-9]{1,3})?\s*[KMGT]i?B?\s*", text, re.IGNORECASE) is None:
        raise ValueError("must be an amount of memory, such as 2GB or 512MiB")
    return text


def _published(text: str) -> str:
    """Empty, or an address and a port. Read here, so that a warning can rely on it."""
    address, _, port = text.rpartition(":")
    try:
        if text:
            ipaddress.ip_address(address.removeprefix("[").removesuffix("]"))
            int(port)
    except ValueError:
        raise ValueError("must be an address and a port, such as 127.0.0.1:8000") from None
    return text


def _url(*schemes: str) -> Callable[[SecretStr], SecretStr]:
    """Takes no URL, or one of these schemes with a host; a refusal does not repeat it, for it may hold a password."""

    def fit(given: SecretStr) -> SecretStr:
        text = given.get_secret_value()
        try:
            place = urlsplit(text)
            found = not text or (place.scheme in schemes and bool(place.hostname) and place.port != 0)
        except ValueError:
            found = False
        if not found:
            raise ValueError(f"must be a URL such as {schemes[0]}://host")
        return given

    return fit


def _git_remote(given: SecretStr) -> SecretStr:
    """Takes what git can read as a remote: a path, user@host:path, or a URL of a scheme that pushes go by."""
    text = given.get_secret_value()
    try:
        place = urlsplit(text)
        is_url = place.scheme in _GIT_SCHEMES and (place.scheme == "file" or bool(place.hostname))
        found = "://" not in text or (is_url and place.port != 0)
    except ValueError:
        found = False
    if not found or not text.isprintable():
        raise ValueError("must be a path, user@host:path, or a URL such as https://host/name.git")
    return given


_GIT_SCHEMES: Final = frozenset({"file", "git", "http", "https", "ssh"})
_mail_server: Final = _url("smtp", "smtps")
_redis_server: Final = _url("redis", "rediss")


class Settings(BaseSettings):
    """What an operator may set."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=".env", extra="ignore", frozen=True)

    data_dir: Annotated[Path, AfterValidator(_absolute)] = Field(
        default_factory=default_data_dir, description="Where everything is kept."
    )
    host: str = Field("127.0.0.1", description="Address to listen on; loopback unless told otherwise.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    published: Annotated[str, AfterValidator(_published)] = Field(
        "",
        description=(
            "Where the host of a container publishes the port, as ADDRESS:PORT; install.sh says it; empty: not known."
        ),
    )
    minimum_commission: Decimal = Field(
        Decimal(0),
        ge=0,
        le=1000,
        decimal_places=2,
        description="Minimum commission in CNY per order, in whole fen; brokers differ, 0 by default.",
    )
    body_bytes_max: int = Field(
        128 * 2**20,
        gt=0,
        description="Largest upload in bytes; beyond it: 413. Other bodies: 8 MiB at the most.",
    )
    disk_free_mb_min: int = Field(
        512,
        ge=0,
        le=10**9,
        description=(
            "Free space of the data directory's disk, in MiB, below which uploads and large imports are refused while"
            " signals and settlement go on; 0: never."
        ),
    )
    rate_limit: str = Field(
        "",
        pattern=r"^([0-9]{1,9}(/(second|minute|hour))?)?$",
        description=(
            "Calls that one user, or one address without credentials, may make: such as 600, which is per minute,"
            " 10/second or 5000/hour; beyond it: 429. Empty: no limit."
        ),
    )
    series_memory_limit: Annotated[str, AfterValidator(_amount_of_memory)] = Field(
        "2GB", description="Memory DuckDB may use."
    )
    attestation_repo: str = Field(
        "",
        description="Local git repository that signals are attested in, made on first use; empty: none are.",
    )
    attestation_remote: Annotated[SecretStr, AfterValidator(_git_remote)] = Field(
        SecretStr(""),
        description="URL or path of the git remote to push it to, with credentials if it needs any.",
    )
    attestation_when: Literal["submission", "deadline"] = Field(
        "submission",
        description="When signals are committed: each at its submission, or together shortly before the deadline.",
    )
    attestation_lead_s: int = Field(
        60,
        ge=5,
        le=3600,
        description="Seconds before a deadline at which its signals are committed together.",
    )
    attestation_signing_key: str = Field(
        "",
        description=(
            "Key that signs commits: path of an SSH private key, or gpg:FINGERPRINT; empty: the data directory's"
            " own, if quantos attestation key --generate has made one."
        ),
    )
    attestation_raw_url: str = Field(
        "",
        description=(
            "Where anyone reads the repository's files, {sha} for the commit; empty: GitHub's address for a remote"
            " there, else this platform's own public route."
        ),
    )
    attestation_push_timeout_s: int = Field(
        60, ge=1, le=3600, description="Seconds after which a push, or a look at the remote, is given up."
    )
    image_url: str = Field(
        "/deploy-kit/images/",
        pattern="^(https?://|/)",
        description=(
            "Where licensed users are led for container images: a URL, or a path of this platform, to which"
            " quantos-{arch}.tar.gz is added."
        ),
    )
    license_file: str = Field(
        "", description="The licence of this platform; empty: license.json in the data directory."
    )
    test_vendor_key: str = Field(
        "",
        description=(
            "Public key, as PEM or the path of its file, whose licences are accepted too and read edition test."
        ),
    )
    vendor_signing_key: SecretStr = Field(
        SecretStr(""),
        description=(
            "The vendor's private key, as encrypted PEM or the path of its file: licences that the operator approves are"
            " signed with it; empty: none can be approved."
        ),
    )
    vendor_signing_passphrase: SecretStr = Field(
        SecretStr(""), description="Passphrase of the vendor's private key."
    )
    api_key: SecretStr = Field(
        SecretStr(""),
        description="API key of an agent, by which quantos factor acts as that agent; the server does not read it.",
    )
    smtp_url: Annotated[SecretStr, AfterValidator(_mail_server)] = Field(
        SecretStr(""),
        description=(
            "Mail server that log-in codes are sent by: smtp://USER:PASSWORD@HOST:587, with STARTTLS where it is offered,"
            " or smtps://HOST:465; empty: they wait in the data directory's outbox for the operator."
        ),
    )
    smtp_from: str = Field(
        "",
        pattern=r"^([^@\s<>]+@[^@\s<>]+)?$",
        description="E-mail that log-in codes come from; empty: quantos@localhost.",
    )
    redis_url: Annotated[SecretStr, AfterValidator(_redis_server)] = Field(
        SecretStr(""),
        description="Redis that log-in codes are kept in, redis://HOST:6379/0; empty: the records store.",
    )
    backup_days_max: int = Field(
        7,
        ge=0,
        le=3650,
        description="Days after which the operator is told that the last backup is old; 0: never.",
    )
    copilot_open: Literal["", "true", "false"] = Field(
        "",
        description=(
            "Whether anyone may generate, explain and backtest without a token; empty: while the server listens on"
            " loopback."
        ),
    )
    llm_base_url: str = Field(
        "",
        pattern="^(https?://.+)?$",
        description=(
            "Endpoint that speaks OpenAI's chat completions, such as http://127.0.0.1:11434/v1, by which strategies are"
            " written; empty: they are written by keywords."
        ),
    )
    llm_api_key: SecretStr = Field(SecretStr(""), description="Its key, if it needs one.")
    llm_model: str = Field("", description="The model to ask it for.")
    backtests_at_once: int = Field(2, ge=1, le=64, description="Backtests that run at the same time.")
    backtests_waiting_max: int = Field(
        64, ge=0, le=10_000, description="Backtests that may wait for their turn; beyond it: 429."
    )
    backtest_wall_s_max: int = Field(30, ge=1, le=3600, description="Seconds before a backtest is ended.")
    research_wall_s_max: int = Field(
        600, ge=1, le=86_400, description="Seconds before a research backtest, of many tickers, is ended."
    )
    backtest_memory_mb_max: int = Field(
        512, ge=64, le=65_536, description="Memory that a backtest may use beyond the libraries, in MiB."
    )
    log_format: Literal["text", "json"] = Field(
        "text",
        description="How the server logs: a line to read, or a JSON object a line for what collects logs.",
    )
    slow_request_s: float = Field(
        1.0,
        ge=0,
        le=3600,
        description="Seconds until an answer begins from which a request is logged; 0: never.",
    )
    slow_query_s: float = Field(
        0.5, ge=0, le=3600, description="Seconds from which a query of a store is logged; 0: never."
    )
    metrics_token: SecretStr = Field(
        SecretStr(""),
        description=(
            "Bearer token by which Prometheus reads /metrics from another machine or through a proxy; empty: only this"
            " machine reads it."
        ),
    )
    lang: Literal["", "en", "zh"] = Field("", description="Language of messages; empty: as the terminal's.")


def listed(found: Settings) -> list[dict[str, Any]]:
    """One row per setting, secrets masked; `given`: set by the environment, `.env` or an option."""
    return [
        {
            "name": name,
            "variable": PREFIX + name.upper(),
            "value": masked(getattr(found, name)),
            "given": name in found.model_fields_set,
            "meaning": field.description or "",
        }
        for name, field in type(found).model_fields.items()
    ]


def secrets_of(found: Settings) -> list[str]:
    """What must never be shown: secret settings, and passwords in URLs."""
    values = [getattr(found, name) for name in type(found).model_fields]
    secret = [value.get_secret_value() for value in values if isinstance(value, SecretStr)]
    urls = [
        text for text in (*secret, *(value for value in values if isinstance(value, str))) if "://" in text
    ]
    return [*secret, *(password for text in urls if (password := password_of(text)))]
