"""The documents tell what there is: nothing exists undocumented, nothing documented is gone."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Annotated

import pytest
import typer

from quantos.errors import QuantosError
from quantos.scheduler.core.timetable import TIMETABLE
from quantos.settings import Settings
from tests.docs import documents

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", documents.SECTIONS)
def test_the_generated_section_is_up_to_date(name: str) -> None:
    text = documents.document(name).read_text()
    assert text == documents.with_section(text, name, documents.SECTIONS[name]()), (
        f"docs/{name}.md is out of date: run python -m tests.docs.regenerate"
    )


def test_a_section_out_of_date_is_found() -> None:
    text = documents.document("settings").read_text()
    stale = documents.with_section(text, "settings", "| nothing of this is so |\n")
    assert stale != documents.with_section(stale, "settings", documents.settings())


def test_a_document_without_its_section_is_refused() -> None:
    with pytest.raises(ValueError, match="has no section"):
        documents.with_section("# Settings\n", "settings", "")


def test_every_setting_has_a_description() -> None:
    fields = Settings.model_fields
    assert [name for name, field in fields.items() if not field.description] == []


def test_every_error_has_a_code_of_its_own() -> None:
    codes = Counter(
        error.code for error in documents.error_classes() if error.__module__.startswith("quantos.")
    )
    assert [code for code, count in codes.items() if count > 1] == []


def test_an_error_of_a_feature_reaches_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    class NewRefusal(QuantosError):
        code = "new_refusal"

    monkeypatch.setattr(NewRefusal, "__module__", "quantos.market.service")
    monkeypatch.setattr(documents, "error_classes", lambda: [NewRefusal])
    assert "`new_refusal`" in documents.errors()


def test_a_command_and_its_options_reach_the_table() -> None:
    market = typer.Typer()

    @market.command("import")
    def import_(path: str, *, as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
        """Load a folder."""

    @market.command("status")
    def status() -> None:
        """Show what is there."""

    clock = typer.Typer(invoke_without_command=True)

    @clock.callback()
    def show() -> None:
        """Show the time."""

    @clock.command("set")
    def set_(timestamp: str) -> None:
        """Move it."""

    root = typer.Typer()
    root.add_typer(market, name="market")
    root.add_typer(clock, name="clock")
    assert documents.rows_of(typer.main.get_command(root), "quantos") == [
        ("`quantos clock`", "", "Show the time."),
        ("`quantos clock set`", "`TIMESTAMP`", "Move it."),
        ("`quantos market import`", "`PATH`, `--json`", "Load a folder."),
        ("`quantos market status`", "", "Show what is there."),
    ]


def test_every_command_has_a_help_text() -> None:
    assert [name for name, _, text in documents.command_rows() if not text] == []


def test_the_jobs_documented_are_those_of_the_timetable() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\d\d:\d\d) \|", (ROOT / "docs/jobs.md").read_text(), re.MULTILINE)
    assert rows == [(job.name, f"{job.at:%H:%M}") for job in TIMETABLE]


@pytest.mark.parametrize("readme", ["README.md", "README.zh.md"])
def test_the_readme_names_the_two_commands(readme: str) -> None:
    text = (ROOT / readme).read_text()
    assert "./install.sh --demo" in text
    assert "./tests/run" in text


@pytest.mark.parametrize("readme", ["README.md", "README.zh.md"])
def test_every_command_in_the_readme_exists(readme: str) -> None:
    text = (ROOT / readme).read_text()
    known = [tuple(name.strip("`").split()) for name, *_ in documents.command_rows()]
    used = [
        tuple(words.split())
        for words in re.findall(r"^quantos .*|(?<=`)quantos .*?(?=`)", text, re.MULTILINE)
    ]
    unknown = [words for words in used if not any(words[: len(name)] == name for name in known)]
    assert used
    assert unknown == []


def test_every_link_inside_the_documents_leads_somewhere() -> None:
    broken = [
        f"{file.relative_to(ROOT)}: {target}"
        for file in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", file.read_text())
        if not (file.parent / target).exists()
    ]
    assert broken == []


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = sorted(int(file.name[:4]) for file in (ROOT / "docs/decisions").glob("*.md"))
    assert numbers == list(range(len(numbers)))
