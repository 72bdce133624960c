"""Reading what was named on the command line: packages, repositories, public URLs."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from time import sleep
from typing import Any, Final

from quantos.verification.core.documents import NotJson, read_json
from quantos.verification.core.evidence import NO_REPOSITORY, TrackRecord
from quantos.verification.core.fields import Malformed
from quantos.verification.core.history import History
from quantos.verification.core.judgement import (
    Attestations,
    Given,
    read_given,
    read_track_record,
)
from quantos.verification.core.package_reader import looks_like_a_package
from quantos.verification.core.verdict import Finding, Waiver
from quantos.verification.offline import fetch
from quantos.verification.offline.git import bundle_head, looks_like_a_repository, read_history
from quantos.verification.offline.refusal import Refused
from quantos.verification.offline.request import Request
from quantos.verification.offline.terminal import progress
from quantos.verification.offline.texts import Speaker

PACKAGES_MAX: Final = 200_000
RECORD: Final = "track-record.json"
BUNDLE: Final = "attestation.bundle"
BUNDLE_WAITS_S: Final = (1.0, 4.0, 15.0)
"""Before each further look at a repository that ends before the packages do."""
NOT_PUBLISHED: Final = Finding("no_repository_published", waiver=Waiver.UNATTESTED)


@dataclass(slots=True)
class Read:
    """Everything that was named, read.

    `own`: by strategy, the repository that came with its packages. `attestations`: the one that was named for all
    of them; else, for packages that came without one, the only one that there is.
    """

    given: list[Given] = field(default_factory=list)
    records: dict[str, TrackRecord] = field(default_factory=dict)
    repositories: list[tuple[str, History]] = field(default_factory=list)
    own: dict[str, Attestations] = field(default_factory=dict)
    attestations: Attestations = field(default_factory=Attestations)


class Reader:
    """Reads inputs in a folder of its own. Every method raises Refused."""

    def __init__(self, request: Request, folder: Path) -> None:
        self._request, self._folder, self._read = request, folder, Read()
        self._speaker = Speaker(request.language)
        self._workplaces = 0

    def read(self) -> Read:
        for name in self._request.inputs:
            with _readable(name):
                self._take(name)
        if self._request.attestations is not None:
            with _readable(self._request.attestations):
                self._read.attestations = Attestations(self._history(self._request.attestations))
        elif len(self._read.own) == 1:
            (self._read.attestations,) = self._read.own.values()
        return self._read

    def _take(self, name: str) -> None:
        url = fetch.strategy_url(name) if fetch.is_web_address(name) else None
        path = Path(name)
        if url is not None:
            self._take_strategy(url)
        elif fetch.lacks_a_scheme(name) and not path.exists():
            raise Refused("no_scheme", path=name)
        elif "://" in name or (not path.exists() and _is_remote(name)):
            self._take_repository(name)
        elif not path.exists():
            raise Refused("not_there", path=name)
        elif looks_like_a_repository(path):
            self._take_repository(name)
        elif path.is_dir():
            self._take_folder(path)
        else:
            self._read.given.append(read_given(name, _document(path)))

    def _take_repository(self, name: str) -> None:
        """A repository to be judged by itself; one that holds nothing to judge proves nothing."""
        try:
            history = self._history(name)
        except Refused as refusal:
            if fetch.is_web_address(name) and refusal.key == "refused.no_repository":
                raise Refused("no_record", **refusal.values) from None
            raise
        if not (history.signals or history.digests or history.problems):
            raise Refused("no_attestations", path=name)
        self._read.repositories.append((name, history))

    def _take_folder(self, folder: Path) -> None:
        """A folder of packages, or what `--save` left."""
        saved = (folder / "packages").is_dir()
        found = list(_packages_in(folder / "packages" if saved else folder))
        if not found:
            raise Refused("no_packages", path=folder)
        self._read.given += found
        slugs = {given.package.slug for given in found if given.package is not None}
        if (folder / RECORD).is_file() and len(slugs) == 1:
            try:
                record = read_track_record(read_json(_content(folder / RECORD, fetch.RECORD_BYTES_MAX)))
            except (NotJson, Malformed) as error:
                raise Refused("not_json", path=folder / RECORD, reason=str(error)) from None
            self._read.records |= dict.fromkeys(slugs, record)
        if (folder / BUNDLE).is_file() and self._request.attestations is None:
            self._read.own |= dict.fromkeys(slugs, Attestations(self._history(str(folder / BUNDLE))))

    def _take_strategy(self, url: fetch.StrategyUrl) -> None:
        """A strategy's public record, with the repository that its platform publishes."""
        web = fetch.Web(self._request.timeout_s)
        fetched, bundle, history = self._fetch(web, url)
        if history is not None and _has_days_after(history, url.slug, fetched.record):
            fetched, bundle, history = self._fetch(web, url)  # a day was settled in between, or is left out
        for wait_s in BUNDLE_WAITS_S:
            if history is None or not _lags(history, fetched.given):
                break
            sleep(wait_s)
            bundle, history = self._fetch_bundle(web, url)
        self._read.given += fetched.given
        if fetched.record is not None:
            self._read.records[url.slug] = fetched.record
        if self._request.save is not None:
            self._save(self._request.save, url.slug, fetched.files, bundle, history)
        if self._request.attestations is None:
            self._read.own[url.slug] = (
                Attestations(None, NOT_PUBLISHED) if history is None else Attestations(history, NO_REPOSITORY)
            )

    def _fetch(
        self, web: fetch.Web, url: fetch.StrategyUrl
    ) -> tuple[fetch.Fetched, bytes | None, History | None]:
        """The packages, and after them the repository, so that it has whatever they name."""
        if url.query:
            fetched = fetch.fetch_package(web, url)
        else:
            fetched = fetch.fetch_strategy(web, url, self._show_progress)
        if self._request.attestations is not None:
            return fetched, None, None
        return fetched, *self._fetch_bundle(web, url)

    def _fetch_bundle(self, web: fetch.Web, url: fetch.StrategyUrl) -> tuple[bytes | None, History | None]:
        """The repository that the platform publishes."""
        bundle = web.get(url.bundle, fetch.BUNDLE_BYTES_MAX)
        if bundle is None:
            return None, None
        path = self._workplace() / BUNDLE
        path.write_bytes(bundle)
        return bundle, self._history(str(path))

    def _save(
        self,
        folder: Path,
        slug: str,
        files: list[tuple[str, bytes]],
        bundle: bytes | None,
        history: History | None,
    ) -> None:
        """Write what was answered. A repository that lost what was saved before does not take its place.

        A folder is of one strategy: days of two would take each other's place.
        """
        there = next((given.package for given in _packages_in(folder / "packages") if given.package), None)
        if there is not None and there.slug != slug:
            raise Refused("save_of_another", path=folder, slug=there.slug)
        try:
            (folder / "packages").mkdir(parents=True, exist_ok=True)
            for name, content in files:
                (folder / name).write_bytes(content)
            if bundle is None or history is None:
                return
            known = folder / BUNDLE
            before = (
                bundle_head(known, self._workplace(), self._request.timeout_s) if known.is_file() else None
            )
            if before is not None and before not in history.commits:
                history.rewritten.append(before)
            else:
                known.write_bytes(bundle)
        except OSError as error:
            raise Refused("not_writable", path=folder, reason=error.strerror or error) from None

    def _history(self, source: str) -> History:
        folder = self._workplace()
        if fetch.is_web_address(source) and source.endswith(".bundle"):
            content = fetch.Web(self._request.timeout_s).get(source, fetch.BUNDLE_BYTES_MAX)
            if content is None:
                raise Refused("not_fetched", path=source, reason="HTTP 404")
            (folder / BUNDLE).write_bytes(content)
            source = str(folder / BUNDLE)
        elif "://" not in source and not Path(source).exists() and not _is_remote(source):
            raise Refused("not_there", path=source)
        for key in (self._request.keys.allowed_signers, self._request.keys.gpg_keys):
            if key is not None and not key.is_file():
                raise Refused("keys", path=key, reason="no such file")
        return read_history(source, folder, self._request.keys, self._request.timeout_s)

    def _workplace(self) -> Path:
        self._workplaces += 1
        folder = self._folder / str(self._workplaces)
        folder.mkdir()
        return folder

    def _show_progress(self, done: int, total: int) -> None:
        progress("" if done == total else self._speaker.say("screen.progress", done=done, total=total))


@contextmanager
def _readable(name: str) -> Iterator[None]:
    """What the system refuses of an input. An empty name would be the folder that one happens to stand in."""
    if not name:
        raise Refused("not_there", path='""')
    try:
        yield
    except OSError as error:
        raise Refused("not_readable", path=name, reason=error.strerror or error) from None


def _has_days_after(history: History, slug: str, record: TrackRecord | None) -> bool:
    """Whether the repository has a digest of a day after the last one of the record."""
    last = record.rows[-1].date if record else date.max
    return any(
        day > last and any(name == slug for name, _ in found) for day, found in history.digests.items()
    )


def _lags(history: History, given: Iterable[Given]) -> bool:
    """Whether the packages name commits that the repository lacks, and all of them say to be later than its last.

    A platform does not pack its repository anew for every visitor.
    """
    named = [
        (attested.commit_sha, attested.committed_at)
        for package in (one.package for one in given)
        if package is not None
        for attested in (package.signal, package.settlement)
        if attested is not None and attested.commit_sha is not None
    ]
    lacking = [at for sha, at in named if sha not in history.commits]
    head = history.head
    return bool(lacking) and head is not None and all(at is not None and at >= head.at for at in lacking)


def _is_remote(name: str) -> bool:
    """host:path, as git and ssh write it."""
    host, colon, _ = name.partition(":")
    return bool(colon) and len(host) > 1 and os.sep not in host and not name.startswith("-")


def _packages_in(folder: Path) -> Iterator[Given]:
    """The packages of a folder; other JSON documents are let be, what cannot be read is not."""
    paths = sorted(path for path in folder.glob("*.json") if path.is_file())
    for path in paths[:PACKAGES_MAX]:
        document = _document(path)
        if looks_like_a_package(document):
            yield read_given(str(path), document)


def _document(path: Path) -> Any:
    try:
        return read_json(_content(path, fetch.PACKAGE_BYTES_MAX))
    except NotJson as error:
        raise Refused("not_json", path=path, reason=str(error)) from None


def _content(path: Path, bytes_max: int) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(bytes_max + 1)
    except OSError as error:
        raise Refused("not_readable", path=path, reason=error.strerror or error) from None
    if len(content) > bytes_max:
        raise Refused("too_large", path=path, limit=bytes_max // 2**20)
    return content
