"""`quantos backup`: the whole platform in one file, checked, and put back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quantos.cli.configuration import load
from quantos.cli.help import Commands
from quantos.cli.options import DataDir, Json
from quantos.cli.output import print_facts, print_json, print_text
from quantos.cli.progress import spinning
from quantos.cli.reach import reach
from quantos.cli.texts import say, word

if TYPE_CHECKING:
    from quantos.storage.restore import Verified

backup = Commands(help="Backups: the whole data directory in one file.", no_args_is_help=True)

BUNDLE = "attestation.bundle"

BackupFile = Annotated[Path, typer.Argument(metavar="FILE", help="A backup.")]


@backup.command()
def create(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The file to write; it must not be there yet.")
    ],
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Back the data directory up into FILE, also while the server runs; it holds secrets, so keep it safe."""
    with reach(data_dir) as platform, spinning() as show:
        show(say("backup.creating"))
        made = platform.post("/admin/backups", {"path": str(file.expanduser().absolute())})
    if as_json:
        print_json(made)
    else:
        _print(made, ("path", "bytes", "files", "sha256"))


@backup.command()
def verify(file: BackupFile, as_json: Json = False) -> None:
    """Read and check everything in FILE: its form, every digest, and both stores."""
    from quantos.storage.restore import verify as checked  # noqa: PLC0415 - --help needs no stores

    with spinning() as show:
        show(say("backup.verifying"))
        found = checked(file.expanduser().absolute())
    _tell(file, found, {}, as_json=as_json)


@backup.command()
def restore(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="A backup; with --latest the folder to look in."),
    ] = None,
    latest: Annotated[
        bool,
        typer.Option(
            "--latest",
            help="Take the newest backup that is whole; without a folder, of those made from this directory.",
        ),
    ] = False,
    force: Annotated[
        bool,
        typer.Option(
            "--force", help="Take the place of a directory that is there; what it holds is kept beside."
        ),
    ] = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Check FILE and make it the data directory; stop the server first."""
    from quantos.attestation.service import is_to_be_restored, restore_repository  # noqa: PLC0415 - as above
    from quantos.kit.clock import SystemClock  # noqa: PLC0415
    from quantos.storage.newest import first_that_holds  # noqa: PLC0415
    from quantos.storage.restore import restore as put  # noqa: PLC0415

    if file is None and not latest:
        raise typer.BadParameter(say("backup.which"))
    settings = load(data_dir)
    repository = (
        Path(settings.attestation_repo).expanduser().absolute() if settings.attestation_repo else None
    )
    wanted, passed_over = False, list[tuple[Path, str]]()

    def check(unpacked: Path) -> None:
        nonlocal wanted
        if repository is not None and (unpacked / BUNDLE).exists():
            wanted = is_to_be_restored(repository, unpacked / BUNDLE)

    with spinning() as show:
        show(say("backup.restoring"))
        given, now = None if file is None else file.expanduser().absolute(), SystemClock().now()

        def restored(source: Path) -> tuple[Verified, Path | None]:
            return put(source, settings.data_dir, force=force, at=now, check=check)

        if latest:
            source, (found, kept) = first_that_holds(
                settings.data_dir, given, restored, lambda passed, why: passed_over.append((passed, why))
            )
        else:
            assert given is not None, "one of the two was asked for"
            source, (found, kept) = given, restored(given)
        bundle = settings.data_dir / BUNDLE
        if repository is not None and bundle.exists():
            if wanted:
                restore_repository(repository, bundle)
            bundle.unlink()
    where: dict[str, Any] = {"data_dir": str(settings.data_dir), "kept": str(kept) if kept else None}
    where["attestation"] = _attestation(found, repository, wanted=wanted)
    if latest and as_json:
        where["passed_over"] = [{"file": str(passed), "why": why} for passed, why in passed_over]
    _tell(source, found, where, as_json=as_json)
    for passed, why in () if as_json else passed_over:
        print_text(say("backup.passed_over", file=passed, why=why))


def _attestation(found: Verified, repository: Path | None, *, wanted: bool) -> str:
    """What became of the repository."""
    if not found.manifest["attestation"]:
        return "none"
    if repository is None:
        return "left_as_bundle"
    return "restored" if wanted else "kept_as_it_is"


def _tell(file: Path, found: Verified, where: dict[str, Any], *, as_json: bool) -> None:
    manifest = found.manifest
    facts = {
        "file": str(file),
        **{name: manifest[name] for name in ("made_at", "version", "simulated")},
        "files": len(manifest["files"]),
        "users": found.users,
        "strategies": found.strategies,
        "navs": found.navs,
        "last_settled": found.last_settled,
        **where,
    }
    if as_json:
        print_json({"ok": True, **facts})
        return
    if "attestation" in facts:
        facts["attestation"] = word("backup.attestation", facts["attestation"])
    print_facts((word("backup.fact", name), value) for name, value in facts.items() if value is not None)
    print_text(say("backup.restored" if where else "backup.whole"))


def _print(made: dict[str, Any], names: tuple[str, ...]) -> None:
    print_facts((word("backup.fact", name), made[name]) for name in names)
    print_text(say("backup.made"))
