"""Licence and appliance: what holds, requests, backups, attestation, the log, settings, the audit trail."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.widgets import Static, TabbedContent, TabPane

from quantos.client import Call, ClientError, calls, shapes
from tui.cells import at, check, marked, plain, words, yes
from tui.link import Link
from tui.screens.changing import Asked, Change
from tui.screens.report import Report
from tui.screens.tabbed import Tabbed, Table
from tui.shown import NOTHING, in_shanghai, size
from tui.texts import say, word
from tui.widgets.columns import Column
from tui.widgets.records import Records

LOG_LINES = 200
"""More are not given at once: `quantos logs` follows them all."""

UPGRADE = "sudo /opt/quantos/install.sh --upgrade --image ./quantos-amd64.tar.gz"
LEVELS = {"WARNING": "yellow", "ERROR": "bold red", "CRITICAL": "bold red", "DEBUG": "dim"}
REQUESTS = (
    Column("status", lambda of: of["status"], marked("request")),
    Column("customer", lambda of: of["customer"]),
    Column("owner", lambda of: of["owner"]),
    Column("fingerprint", lambda of: of["fingerprint"]),
    Column("note", lambda of: of["note"], plain),
    Column("reply", lambda of: of["admin_reply"], plain),
    Column("created_at", lambda of: of["created_at"], at()),
)
BACKUPS = (
    Column("made_at", lambda of: of["made_at"], at("%Y-%m-%d %H:%M:%S")),
    Column("bytes", lambda of: of["bytes"], lambda v: Text(size(v)), right=True),
    Column("present", lambda of: of["present"], check),
    Column("path", lambda of: of["path"]),
    Column("sha256", lambda of: of["sha256"]),
)
LOGS = (
    Column("at", lambda of: of["at"], at("%m-%d %H:%M:%S")),
    Column("level", lambda of: of["level"], lambda v: Text(v, LEVELS.get(v, ""))),
    Column("logger", lambda of: of["logger"]),
    Column("message", lambda of: of["message"]),
)
SETTINGS = (
    Column("variable", lambda of: of["variable"]),
    Column("value", lambda of: of["value"]),
    Column("given", lambda of: of["given"], yes),
    Column("meaning", lambda of: of["meaning"]),
)


def _pairs(found: Mapping[str, Any] | None) -> str:
    return ", ".join(f"{key} {value}" for key, value in (found or {}).items())


AUDIT = (
    Column("number", lambda of: of["number"], right=True),
    Column("at", lambda of: of["at"], at("%Y-%m-%d %H:%M:%S")),
    Column("action", lambda of: of["action"], words("action")),
    Column("target", lambda of: of["target"], plain),
    Column("state", lambda of: of["state"], marked("state")),
    Column("before", lambda of: _pairs(of["before"])),
    Column("after", lambda of: _pairs(of["after"])),
)


async def _requests(link: Link) -> list[Any]:
    return [each async for each in link.each(calls.list_license_requests())]


async def _backups(link: Link) -> list[Any]:
    return (await link.ask(calls.list_backups(limit=200)))["backups"]


async def _logs(link: Link) -> list[Any]:
    """The newest first."""
    return (await link.ask(calls.tail_log(limit=LOG_LINES)))["logs"][::-1]


async def _settings(link: Link) -> list[Any]:
    return (await link.ask(calls.list_settings()))["settings"]


async def _audit(link: Link) -> list[Any]:
    return (await link.ask(calls.list_audit(limit=200)))["audit"]


class Appliance(Tabbed):
    """Everything of the machine and its licence."""

    TABLES: ClassVar[tuple[Table, ...]] = (
        Table("requests", REQUESTS, "id", _requests),
        Table("backups", BACKUPS, "path", _backups),
        Table("logs", LOGS, "number", _logs),
        Table("settings", SETTINGS, "name", _settings),
        Table("audit", AUDIT, "number", _audit),
    )
    POLL_S: ClassVar[float] = 5.0
    BINDINGS: ClassVar[list[Any]] = [
        Binding("K", "back_up", say("key.back_up")),
        Binding("I", "install", say("key.install")),
        Binding("A", "approve", say("key.approve")),
        Binding("X", "reject", say("key.reject")),
        Binding("U", "upgrade", say("key.upgrade")),
        Binding("W", "attest", say("key.attest"), show=False),
    ]

    def path(self) -> list[str]:
        return [say("appliance.title")]

    def body(self) -> ComposeResult:
        with TabbedContent():
            with TabPane(say("tab.license"), id="pane-license"), VerticalScroll():
                yield Static(id="standing")
            for table in self.TABLES:
                with TabPane(say(f"tab.{table.key}"), id=f"pane-{table.key}"):
                    yield Records(table.columns, table.identity, say(f"empty.{table.key}"), id=table.key)

    async def load(self) -> None:
        if self.query_one(TabbedContent).active != "pane-license":
            await super().load()
            return
        license_ = await self.dashboard.link.ask(calls.get_own_license())
        attestation = await self.dashboard.link.ask(calls.get_attestation_status())
        self.query_one("#standing", Static).update(_standing(license_).append_text(_attested(attestation)))

    def action_back_up(self) -> None:
        self.change(
            Change(
                say("appliance.back_up"),
                say("appliance.back_up_says"),
                lambda given: calls.make_backup(path=given["path"] or None),
                (Asked("path", wanted=False),),
                lambda made: f"{made['path']}  {size(made['bytes'])}  sha256 {made['sha256']}",
            )
        )

    def action_install(self) -> None:
        self.change(
            Change(
                say("appliance.install"),
                say("appliance.install_says"),
                _install,
                (Asked("path", "license.json"),),
            )
        )

    def action_approve(self) -> None:
        if request := self._request():
            said = say("appliance.approve_says", customer=request["customer"], owner=request["owner"])
            fields = (
                Asked("expires"),
                Asked("max_cores", wanted=False),
                Asked("max_memory_gb", wanted=False),
            )
            self.change(
                Change(say("appliance.approve"), said, lambda given: _approve(request["id"], given), fields)
            )

    def action_reject(self) -> None:
        if request := self._request():
            said = say("appliance.reject_says", customer=request["customer"], owner=request["owner"])
            self.change(
                Change(
                    say("appliance.reject"),
                    said,
                    lambda given: calls.reject_license_request(request["id"], admin_reply=given["reply"]),
                    (Asked("reply"),),
                )
            )

    def action_attest(self) -> None:
        self.change(
            Change(
                say("appliance.attest"), say("appliance.attest_says"), lambda _: calls.retry_attestation(), (),
                lambda done: say("appliance.attested", committed=done["committed"], left=done["left"]),
            )
        )  # fmt: skip

    @work(exclusive=True, group="upgrade")
    async def action_upgrade(self) -> None:
        """Nothing of this container may replace it: its version, and the host's command, to copy."""
        try:
            version = (await self.dashboard.link.ask(calls.get_overview()))["version"]
        except ClientError:
            version = NOTHING  # the banner says why
        self.app.copy_to_clipboard(UPGRADE)
        said = say("appliance.upgrade_says", version=version, command=UPGRADE)
        self.app.push_screen(Report(say("appliance.upgrade"), said))

    def _request(self) -> Any:
        """The request under the cursor, where the table is in view; else it comes into view."""
        if self.table.key != "requests" or self.query_one(TabbedContent).active != "pane-requests":
            self.visit_tab("requests")
            return None
        return self.records.selected

    @on(Records.Opened)
    def _opened(self, event: Records.Opened) -> None:
        """A row in full."""
        text = "\n".join(f"{key}: {value}" for key, value in event.record.items())
        self.app.push_screen(Report(say(f"tab.{self.table.key}"), text))


def _install(given: Mapping[str, str]) -> Call[Any]:
    """From a file of the machine that the dashboard runs on."""
    try:
        found = json.loads(Path(given["path"]).expanduser().read_text(encoding="utf-8"))
        return calls.install_own_license(**found)
    except (OSError, ValueError, TypeError) as error:
        raise ValueError(say("appliance.no_file", path=given["path"], reason=error)) from None


def _approve(request_id: str, given: Mapping[str, str]) -> Call[Any]:
    def limit(key: str) -> int | None:
        return int(given[key]) if given[key] else None

    return calls.approve_license_request(
        request_id,
        expires=given["expires"],
        max_cores=limit("max_cores"),
        max_memory_gb=limit("max_memory_gb"),
    )


def _standing(found: shapes.OwnLicenseOut) -> Text:
    """What holds, step by step."""
    text = Text(f"{word('edition', found['edition'])}  ·  {word('mode', found['mode'])}\n", "bold")
    text.append(found["message"] + "\n\n")
    for step in found["steps"]:
        text.append("✓ " if step["holds"] else "✗ ", "green" if step["holds"] else "red")
        text.append(f"{step['number']}. {step['name']}")
        text.append(f"  {step['reason'] or ''}\n", "dim")
    license_, machine = found["license"], found["machine"]
    if license_ is not None:
        text.append(
            "\n"
            + say("appliance.licensed", customer=license_["customer"], expires=license_["expires"])
            + "\n"
        )
    text.append(
        "\n"
        + say(
            "appliance.machine", fingerprint=machine["fingerprint"] or machine["problem"] or NOTHING,
            cores=machine["cores"], memory=f"{machine['memory_gb']:.1f}", used=found["used"]["cores"],
        )
        + "\n",
        "dim",
    )  # fmt: skip
    return text


def _attested(found: shapes.AttestationOut) -> Text:
    text = Text("\n" + say("appliance.attestation") + "\n", "bold")
    if not found["configured"]:
        return text.append(say("appliance.no_attestation") + "\n", "default")
    head, signals = found.get("head"), found.get("signals")
    text.append(f"{found.get('repository')}  {found.get('branch')}  {(head or NOTHING)[:12]}\n", "default")
    if signals:
        text.append(say("appliance.waiting", waiting=signals["waiting"]) + "\n", "default")
    if remote := found.get("remote"):
        pushed = in_shanghai(remote["last_push"])
        text.append(
            say("appliance.remote", url=remote["url"], at=pushed, detail=remote["detail"]) + "\n", "default"
        )
    for alarm in found["alarms"]:
        text.append(f"✗ {alarm['code']}: {alarm['message']}\n", "bold red")
    return text
