"""What a person sees: the table, what does not hold and what it means, the verdict last; in both languages."""

from __future__ import annotations

import ast
import io
import json
import re
from pathlib import Path
from string import Formatter

import pytest

from quantos.settlement.core.rules import RULES_VERSION
from quantos.verification import core
from quantos.verification.core.history import Fault
from quantos.verification.core.judgement import DAY_STEPS, FORMAT
from quantos.verification.core.steps_repository import REPOSITORY_STEPS
from quantos.verification.core.steps_run import RUN_STEPS
from quantos.verification.offline.program import parse, run
from quantos.verification.offline.terminal import Terminal, width_of, wrapped
from quantos.verification.offline.texts import TEXTS, Speaker, language, short
from tests.feature.verifier.conftest import Record, ask, tell
from tests.support.attestations import save, shanghai
from tests.support.tampering import DEFECTS, VECTORS

CHANGES = ("replaced", "redated", "edited", "removed", "doubled")


class Screen(io.StringIO):
    """A terminal of 80 columns."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def shown(*arguments: str | Path) -> str:
    screen = Screen()
    run(parse(list(map(str, arguments))), screen)
    return screen.getvalue()


@pytest.fixture
def spoiled(record: Record) -> list[str | Path]:
    """A record with several defects."""
    record.packages[5] = DEFECTS["price-changed-in-a-trade-alone"]()
    record.packages[4]["verification"]["nav"]["cash"] += 1
    del record.packages[6]
    return [save(record.packages, record.folder / "packages"), "--attestations", record.repository.path]


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("key", TEXTS)
def test_both_languages_take_the_same_values(key: str) -> None:
    english, chinese = TEXTS[key]
    assert placeholders(english) == placeholders(chinese)


def codes_in_core() -> set[str]:
    """The codes of every finding that the core can make, read off its sources."""
    found: set[str] = set()
    for path in Path(core.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            named = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            if named and node.func.id in {"Finding", "Unsettleable"} and node.args:  # type: ignore[attr-defined]
                first = node.args[0]  # type: ignore[attr-defined]
                if isinstance(first, ast.Constant):
                    found.add(str(first.value))
                elif isinstance(first, ast.JoinedStr):
                    prefix = first.values[0]
                    assert isinstance(prefix, ast.Constant)
                    found |= {str(prefix.value) + change for change in CHANGES}
    return found


def test_every_finding_has_its_words() -> None:
    known = codes_in_core() - {"step"}
    assert len(known) > 60
    assert {f"found.{code}" for code in known} - TEXTS.keys() == set()


def test_what_is_wrong_with_a_file_is_said_in_words(record: Record) -> None:
    for fault in Fault:
        assert Speaker("en").shown(fault) != Speaker("zh").shown(fault)
    name = "attestations/2024-01-09.json"
    file = record.repository.read(name)
    record.repository.write(name, {**file, "date": "2024-01-10"})
    record.repository.commit(shanghai("2024-01-16", "09:00"), "another")
    told = ask(record.repository.path).failed["readable"]
    assert told[0].endswith("the date that it gives itself is not the one of its name")


def test_every_step_has_its_name_and_says_what_a_failure_means() -> None:
    of_days = [(step.number, step.name) for step in DAY_STEPS]
    of_runs = [(s.number, s.name) for s in RUN_STEPS]
    of_repositories = [(step.number, step.name) for step in REPOSITORY_STEPS]
    names = {name for _, name in (FORMAT, *of_days, *of_runs, *of_repositories)}
    assert {f"{kind}.{name}" for kind in ("step", "means") for name in names} - TEXTS.keys() == set()
    assert [number for number, _ in (FORMAT, *of_days, *of_runs)] == list(range(1, 27))
    assert [number for number, _ in of_repositories] == list(range(1, 10))


@pytest.mark.parametrize("name", sorted(DEFECTS))
@pytest.mark.parametrize("spoken", ["en", "zh"])
def test_every_defect_can_be_told(name: str, spoken: str) -> None:
    code, text = tell(VECTORS / f"{name}.json", "--lang", spoken)
    assert code == 1
    last = text.rstrip().splitlines()[-1]
    assert re.match(
        r"NOT VERIFIED: \d+ of \d+ checks" if spoken == "en" else r"验证未通过：\d+ 项检查有 \d+ 项", last
    )


def test_the_verdict_stands_last_and_says_how_many(record: Record) -> None:
    folder = save(record.packages, record.folder / "packages")
    _, text = tell(folder, "--attestations", record.repository.path, "--lang", "en")
    assert text.rstrip().splitlines()[-1] == "VERIFIED: all 169 checks hold; 28 not checked"
    _, text = tell(folder, "--allow-unattested", "--lang", "en")
    assert text.rstrip().splitlines()[-1] == (
        "VERIFIED, but for 25 of 168 checks that --allow options let pass; 29 not checked"
    )


def test_what_failed_says_where_what_was_expected_and_what_it_means(spoiled: list[str | Path]) -> None:
    _, text = tell(*spoiled, "--lang", "en")
    flat = " ".join(text.split())
    assert "2024-01-09 000001.SZ SELL commission: expected 43.870, found 43.820" in flat
    assert "It means: a trade or a fee is not what order, price and rates give." in flat
    assert "2024-01-10 is a trading day and has no package" in flat


@pytest.mark.parametrize("spoken", ["en", "zh"])
def test_nothing_is_wider_than_the_terminal(
    spoiled: list[str | Path], monkeypatch: pytest.MonkeyPatch, spoken: str
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for arguments in (spoiled, [spoiled[-1]]):
        text = re.sub(r"\x1b\[[0-9;]*m", "", shown(*arguments, "--lang", spoken))
        assert [line for line in text.splitlines() if width_of(line) > 80] == []


def test_a_terminal_has_colours_and_a_pipe_has_none(
    spoiled: list[str | Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[31;1m✗" in shown(*spoiled)
    assert "\x1b" not in tell(*spoiled)[1]
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in shown(*spoiled)


def test_a_terminal_without_the_signs_gets_letters(spoiled: list[str | Path]) -> None:
    raw = io.BytesIO()
    with io.TextIOWrapper(raw, encoding="ascii", write_through=True) as plain:
        run(parse([*map(str, spoiled), "--lang", "en"]), plain)
        text = raw.getvalue().decode("ascii")
    assert " x 14  orders, trades and fees fit each other" in text
    assert " +  1  format" in text


@pytest.mark.parametrize(
    ("edition", "spoken", "name"),
    [("evaluation", "en", "evaluation"), ("test", "zh", "测试版"), ("of-tomorrow", "en", "of-tomorrow")],
)
def test_an_edition_that_is_not_the_standard_one_is_shown(
    record: Record, edition: str, spoken: str, name: str
) -> None:
    for package in record.packages:
        package["edition"] = edition
    folder = save(record.packages, record.folder / "packages")
    code, text = tell(folder, "--allow-unattested", "--lang", spoken)
    assert code == 0
    [line] = [line for line in text.splitlines() if name in line]
    assert line.startswith("edition of the platform: " if spoken == "en" else "平台版本：")
    assert ask(folder, "--allow-unattested").report["reports"][0]["editions"] == [edition]


def test_of_a_standard_edition_nothing_is_said(record: Record) -> None:
    folder = save(record.packages, record.folder / "packages")
    assert "edition" not in tell(folder, "--lang", "en")[1]
    assert ask(folder).report["reports"][0]["editions"] == []


def test_two_copies_of_a_day_that_differ_in_the_edition_alone_are_one(record: Record) -> None:
    marked = {**record.packages[0], "edition": "test"}
    folder = save(record.packages, record.folder / "packages")
    (folder / "copy.json").write_text(json.dumps(marked))
    answer = ask(folder, "--allow-unattested")
    assert (answer.code, answer.report["reports"][0]["editions"]) == (0, ["test"])


@pytest.mark.parametrize("edition", [True, None, "", "Standard", "x" * 33, "\x1b[31m", ["test"]])
def test_an_edition_that_is_no_word_is_malformed(record: Record, edition: object) -> None:
    record.packages[0]["edition"] = edition
    answer = ask(save(record.packages, record.folder / "packages"), "--allow-unattested")
    assert answer.codes["format"] == ["malformed"]


def test_one_reason_for_many_days_is_said_once(record: Record) -> None:
    _, text = tell(save(record.packages, record.folder / "packages"), "--lang", "en")
    flat = " ".join(text.split())
    assert flat.count("no attestation repository was given") == 4  # of steps 9, 10 and 19; 25 and 26
    assert "(and 9 more days)" in flat


def test_every_row_of_the_table_counts_its_days(record: Record) -> None:
    record.packages[5] = DEFECTS["price-changed-in-a-trade-alone"]()
    _, text = tell(save(record.packages, record.folder / "packages"), "--lang", "en")
    assert re.search(r"✗ 18  NAV digest recomputes +9 of 10\n", text)
    assert re.search(r"✓ 16  positions \* close \+ cash = NAV +10 of 10\n", text)


def test_json_has_every_verdict_with_its_facts(record: Record) -> None:
    del record.packages[4]
    report = record.verify().report
    assert report["holds"] is False
    assert report["verifier"]["rules_versions"] == [RULES_VERSION]
    (found,) = [v for v in report["reports"][0]["verdicts"] if v["name"] == "no_day_missing"]
    assert (found["step"], found["outcome"]) == (21, "failed")
    assert found["findings"][0]["facts"] == {"found": "2024-01-08"}


def test_several_inputs_are_judged_together(record: Record) -> None:
    answer = ask(VECTORS / "honest.json", record.repository.path, "--allow-unattested")
    assert [part["kind"] for part in answer.report["reports"]] == ["strategy", "repository"]


def test_two_strategies_have_two_reports_and_share_their_bars(record: Record) -> None:
    from tests.support.honest import honest_packages  # noqa: PLC0415 - for this test alone

    others = honest_packages("beta")
    folder = save([*record.packages, *others], record.folder / "packages")
    assert [p["slug"] for p in ask(folder, "--allow-unattested").report["reports"]] == ["alpha", "beta"]
    others[3]["data_provenance"]["bars"][0]["volume"] += 1
    answer = ask(save(others, record.folder / "packages"), "--allow-unattested")
    assert answer.codes["same_bars"] == ["bars_differ", "bars_differ"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["/nothing/here"], "there is nothing at /nothing/here"),
        (["--attestations", "/nothing/here", "{honest}"], "there is nothing at /nothing/here"),
        (["{empty}"], "has no verification packages"),
        (["{text}"], "is no JSON document"),
        ([""], 'there is nothing at ""'),
        (["--attestations", "", "{honest}"], 'there is nothing at ""'),
        (["x" * 5000], "File name too long"),
        (["--attestations", "x" * 5000, "{honest}"], "File name too long"),
    ],
)
def test_what_cannot_be_read_is_one_line_and_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.json").write_text("hello")
    named = {"honest": VECTORS / "honest.json", "empty": tmp_path / "empty", "text": tmp_path / "text.json"}
    assert run(parse([argument.format(**named) for argument in arguments]), io.StringIO()) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line or "没有" in line or "不存在" in line or "不是" in line


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--no-such-option", "x"],
        ["x", "--lang", "de"],
        ["x", "--timeout", "0"],
        ["x", "--timeout", "nan"],
        ["x", "--timeout", "inf"],
        ["x", "--timeout", "1e300"],
        ["x", "--timeout", "soon"],
    ],
)
def test_wrong_usage_is_exit_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        parse(arguments)
    assert left.value.code == 2
    assert "usage:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"QUANTOS_LANG": "zh"}, "zh"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LC_ALL": "C", "LANG": "zh_CN"}, "en"),
        ({}, "en"),
    ],
)
def test_the_language_is_the_readers(variables: dict[str, str], expected: str) -> None:
    assert language(variables) == expected


def test_the_help_is_in_the_language_that_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["--lang", "zh", "--help"])
    assert "无需信任发布者" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "width", "rows"),
    [
        ("one two three", 8, ["one two", "three"]),
        ("没有缺失的交易日", 8, ["没有缺失", "的交易日"]),
        ("a" * 10, 4, ["aaaa", "aaaa", "aa"]),
        ("日期 2024-01-02 缺失", 12, ["日期", "2024-01-02", "缺失"]),
        ("", 8, []),
    ],
)
def test_text_is_wrapped_by_its_columns(text: str, width: int, rows: list[str]) -> None:
    assert list(wrapped(text, width)) == rows


def test_names_are_shortened_for_people_alone() -> None:
    assert short("a" * 40) == "a" * 12
    assert short("b" * 64) == "b" * 16 + "…"
    assert short("600519.SH") == "600519.SH"


def test_durations_have_two_units() -> None:
    from datetime import timedelta  # noqa: PLC0415

    say = Speaker("en").duration
    assert say(timedelta(days=608, hours=3, minutes=5)) == "608 d 3 h"
    assert say(timedelta(hours=1, minutes=46, seconds=46)) == "1 h 46 min"
    assert say(timedelta(seconds=59)) == "59 s"
    assert Speaker("zh").duration(timedelta(minutes=2)) == "2 分 0 秒"


def test_a_narrow_terminal_is_taken_as_forty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "5")
    assert Terminal(Screen()).width == 40
