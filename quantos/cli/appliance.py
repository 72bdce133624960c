"""`quantos appliance`: the container of an installation, seen from its host.

What can be looked at is asked of the engine by the Docker SDK, an optional part that is loaded when a command runs.
What changes an installation is done by the installer that the installation keeps, so that there is one way to do it.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from quantos.cli.help import Commands
from quantos.cli.options import Json, number_option
from quantos.cli.output import print_facts, print_json
from quantos.cli.texts import say, word
from quantos.errors import NotFound, Unavailable

appliance = Commands(help="The container of an installation, from its host.", no_args_is_help=True)

PLACE = "quantos.place"
"""The label by which a container names the folder of its installation."""

Name = Annotated[str, typer.Option("--name", metavar="NAME", help="The container's name.")]


class EngineUnavailable(Unavailable):
    code = "engine_unavailable"


class ApplianceNotFound(NotFound):
    code = "appliance_not_found"


@appliance.command()
def status(name: Name = "quantos", as_json: Json = False) -> None:
    """Show how the container is: its version, health, memory, address and folder."""
    with container_of(name) as container:
        found = facts_of(container)
    if as_json:
        print_json(found)
    else:
        print_facts((word("appliance.fact", key), value) for key, value in found.items() if value is not None)


@appliance.command()
def logs(
    name: Name = "quantos",
    lines: Annotated[int, number_option("--lines", 1, "So many of the last lines.")] = 100,
    follow: Annotated[bool, typer.Option("--follow", help="Go on with what is said from now on.")] = False,
) -> None:
    """Print what the platform has said last."""
    with container_of(name) as container, suppress(KeyboardInterrupt):
        for chunk in container.logs(tail=lines, stream=True, follow=follow):
            sys.stdout.write(chunk.decode("utf-8", "replace"))
            sys.stdout.flush()


@appliance.command()
def upgrade(
    image: Annotated[
        str, typer.Argument(metavar="IMAGE", help="A file, a folder, a URL, or a name in a registry.")
    ],
    name: Name = "quantos",
) -> None:
    """Go to another version: backup, migration, health check; undone by itself where one fails."""
    _install(name, "--upgrade", "--image", image)


@appliance.command()
def rollback(
    name: Name = "quantos",
    restore_backup: Annotated[
        bool,
        typer.Option(
            "--restore-backup", help="Also to the data of before, where that version cannot read today's."
        ),
    ] = False,
) -> None:
    """Go back to the version before."""
    _install(name, "--rollback", *(["--restore-backup"] if restore_backup else []))


@contextmanager
def container_of(name: str) -> Iterator[Any]:
    """The engine's container. Raises EngineUnavailable, ApplianceNotFound."""
    try:
        import docker  # noqa: PLC0415 - an optional part, and heavy
    except ImportError:
        raise EngineUnavailable(say("appliance.no_part")) from None
    try:
        with closing(docker.from_env()) as client:
            yield client.containers.get(name)
    except docker.errors.NotFound:
        raise ApplianceNotFound(say("appliance.none", name=name)) from None
    except docker.errors.DockerException as error:
        raise EngineUnavailable(say("appliance.no_engine", reason=str(error)[:200])) from None


def facts_of(container: Any) -> dict[str, Any]:
    """What an operator asks first. `memory_bytes` is None where it does not run."""
    state, config = container.attrs["State"], container.attrs["Config"]
    running = state["Status"] == "running"
    return {
        "name": container.name,
        "state": state["Status"],
        "health": state.get("Health", {}).get("Status"),
        "version": config["Labels"].get("org.opencontainers.image.version"),
        "image": config["Image"],
        "address": _address(container.attrs["HostConfig"]["PortBindings"] or {}),
        "since": state["StartedAt"] if running else state["FinishedAt"],
        "restarts": container.attrs["RestartCount"],
        "memory_bytes": container.stats(stream=False)["memory_stats"].get("usage") if running else None,
        "place": config["Labels"].get(PLACE),
    }


def _address(bindings: dict[str, list[dict[str, str]] | None]) -> str | None:
    for binding in bindings.get("8000/tcp") or []:
        return f"http://{binding['HostIp'] or '0.0.0.0'}:{binding['HostPort']}"  # noqa: S104 - where it listens
    return None


def _install(name: str, *options: str) -> None:
    """Run the installer of the installation and end as it ends. Raises ApplianceNotFound."""
    with container_of(name) as container:
        place = container.attrs["Config"]["Labels"].get(PLACE)
    installer = Path(place or "/nowhere") / "install.sh"
    if not installer.is_file():
        raise ApplianceNotFound(say("appliance.no_installer", name=name, path=installer))
    command = ["sh", str(installer), "--dir", str(installer.parent), "--name", name, *options]
    raise typer.Exit(subprocess.run(command, check=False).returncode)  # noqa: S603 - the installation's own
