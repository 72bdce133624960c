"""`quantos factor` on a directory with a made-up market: values in, verdict and report out."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from quantos.cli import factor_files
from quantos.cli.factor_cells import bad_cell
from quantos.cli.factor_charts import Line, line_chart, rolling_mean
from quantos.cli.factor_files import opened
from quantos.cli.factor_report import page as page_of
from quantos.cli.reach import Notice
from quantos.kit.clock import parse_instant
from tests.feature.cli.conftest import Said
from tests.feature.factors.made import LAST, NAMES, SESSIONS, Owner, good_values, load
from tests.feature.factors.made import owner as new_owner
from tests.support.platforms import stage

DAYS = SESSIONS[:130]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """A directory with a validated factor: (directory, its owner's key, its id)."""
    folder: Path = tmp_path_factory.mktemp("factors") / "data"
    with stage(folder, parse_instant(f"{LAST}T20:00+08:00")) as on_stage:
        load(on_stage.platform.market)
        owner: Owner = new_owner(on_stage)
        factor = owner.active(name="<b>drift & co</b>")
        return folder, owner.caller.token, factor


@pytest.fixture
def values() -> pd.DataFrame:
    rows = [list(good_values(day, NAMES[:20], seed=9).values()) for day in DAYS]
    frame = pd.DataFrame(rows, columns=list(NAMES[:20]))
    frame.insert(0, "date", list(DAYS))
    return frame


def test_a_parquet_file_is_uploaded_into_a_new_factor_and_submitted(
    said: Said, prepared: tuple[Path, str, str], values: pd.DataFrame, tmp_path: Path
) -> None:
    folder, key, _ = prepared
    file = tmp_path / "values.parquet"
    values.to_parquet(file)
    ended = said(
        *("factor", "upload", file, "--name", "mine", "--universe", "hs300", "--submit"),
        *("--data-dir", folder),
        QUANTOS_API_KEY=key,
    )
    assert ended.code == 0, ended.err
    assert "130 days stored, 130 in all" in ended.out
    assert "SELF_CORRELATION" in ended.out, "its twin is active already"


@pytest.mark.parametrize("form", ["wide", "long"])
def test_a_csv_file_is_uploaded_in_parts_of_whole_days(
    said: Said,
    prepared: tuple[Path, str, str],
    values: pd.DataFrame,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    form: str,
) -> None:
    monkeypatch.setattr(factor_files, "CELLS_A_PART", 105)
    folder, key, _ = prepared
    file = tmp_path / "values.csv"
    table = (
        values
        if form == "wide"
        else values.melt("date", var_name="symbol", value_name="value").sample(frac=1, random_state=1)
    )
    table.to_csv(file, index=False)
    assert len(opened(file)) == 26, "five days of 21 columns, or of 20 rows"
    ended = said(
        *("factor", "upload", file, "--name", form, "--universe", "hs300", "--json", "--data-dir", folder),
        QUANTOS_API_KEY=key,
    )
    assert ended.code == 0, ended.err
    assert (ended.json["uploaded"], ended.json["total_days"], ended.json["status"]) == (130, 130, "ready")


def test_a_part_that_is_refused_says_which_and_what_stands(
    said: Said,
    prepared: tuple[Path, str, str],
    values: pd.DataFrame,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(factor_files, "CELLS_A_PART", 105)
    folder, key, _ = prepared
    values.loc[12, "date"] = LAST + timedelta(days=1)
    file = tmp_path / "values.parquet"
    values.to_parquet(file)
    given = ("factor", "upload", file, "--name", "part", "--universe", "hs300", "--data-dir", folder)
    ended = said(*given, QUANTOS_API_KEY=key)
    assert ended.code == 1
    assert "part 3 of 26" in ended.err
    assert "values are of days up to today" in ended.err
    assert "part" in names_of_factors(said, folder, key), "what is stored belongs to it"


def names_of_factors(said: Said, folder: Path, key: str) -> set[str]:
    listed = said("factor", "list", "--json", "--data-dir", folder, QUANTOS_API_KEY=key).json
    return {each["name"] for each in listed["factors"]}


def text_in(row: int, symbol: str, content: object) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def spoil(values: pd.DataFrame) -> pd.DataFrame:
        spoiled = values.astype({symbol: object})
        spoiled.loc[row, symbol] = content
        return spoiled

    return spoil


def long(values: pd.DataFrame) -> pd.DataFrame:
    """By symbol, then date."""
    return values.melt("date", var_name="symbol", value_name="value")


def spoilt_long(column: str, content: object) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def spoil(values: pd.DataFrame) -> pd.DataFrame:
        return text_in(130 + 4, column, content)(long(values))  # the fifth day of the second symbol

    return spoil


WHERE = f"row 135, {DAYS[4]}, {NAMES[1]}, column"
BAD_CELLS = [
    ("csv", text_in(4, NAMES[2], "abc"), f"row 5, {DAYS[4]}, column {NAMES[2]}: 'abc' is no number"),
    ("csv", text_in(4, NAMES[2], "inf"), f"row 5, {DAYS[4]}, column {NAMES[2]}: inf is no finite number"),
    (
        "parquet",
        text_in(4, NAMES[2], np.inf),
        f"row 5, {DAYS[4]}, column {NAMES[2]}: inf is no finite number",
    ),
    ("csv", text_in(4, "date", "2024-13-01"), "row 5, column date: '2024-13-01' is no date"),
    ("csv", spoilt_long("value", "abc"), f"{WHERE} value: 'abc' is no number"),
    ("csv", spoilt_long("value", ""), f"{WHERE} value: None is no finite number"),
    ("csv", spoilt_long("symbol", "SH600000"), f"row 135, {DAYS[4]}, column symbol: 'SH600000' is no symbol"),
]


@pytest.mark.parametrize(("kind", "spoil", "where"), BAD_CELLS, ids=[where for _, _, where in BAD_CELLS])
def test_a_cell_that_cannot_be_taken_is_named_and_makes_no_factor(
    said: Said,
    prepared: tuple[Path, str, str],
    values: pd.DataFrame,
    tmp_path: Path,
    kind: str,
    spoil: Callable[[pd.DataFrame], pd.DataFrame],
    where: str,
) -> None:
    folder, key, _ = prepared
    file = tmp_path / f"values.{kind}"
    spoiled = spoil(values)
    spoiled.to_csv(file, index=False) if kind == "csv" else spoiled.convert_dtypes().to_parquet(file)
    given = ("factor", "upload", file, "--name", "spoilt", "--universe", "hs300", "--data-dir", folder)
    ended = said(*given, QUANTOS_API_KEY=key)
    assert (ended.code, ended.out) == (1, "")
    assert where in ended.err
    assert "spoilt" not in names_of_factors(said, folder, key)


def test_a_cell_without_a_value_is_no_bad_cell_of_a_wide_file(
    said: Said, prepared: tuple[Path, str, str], values: pd.DataFrame, tmp_path: Path
) -> None:
    folder, key, _ = prepared
    file = tmp_path / "values.csv"
    text_in(4, NAMES[2], "")(values).to_csv(file, index=False)
    given = ("factor", "upload", file, "--name", "gap", "--universe", "hs300", "--data-dir", folder)
    assert said(*given, QUANTOS_API_KEY=key).code == 0


def test_the_columns_of_a_wide_file_are_listed_once_for_all_of_them(values: pd.DataFrame) -> None:
    """A list of 5,000 names, made for each of them, takes longer than the upload."""
    table, listed = pa.Table.from_pandas(values), 0

    class Counted:
        def __getattr__(self, name: str) -> Any:
            nonlocal listed
            listed += name == "column_names"
            return getattr(table, name)

        def __getitem__(self, name: str) -> Any:
            return table[name]

    assert bad_cell(Counted(), "date") is None
    assert listed < len(table.column_names) // 2


def test_a_first_upload_that_the_platform_refuses_leaves_no_draft(
    said: Said, prepared: tuple[Path, str, str], values: pd.DataFrame, tmp_path: Path
) -> None:
    folder, key, _ = prepared
    values.loc[0, "date"] = LAST + timedelta(days=1)
    file = tmp_path / "values.parquet"
    values.to_parquet(file)
    given = ("factor", "upload", file, "--name", "ahead", "--universe", "hs300", "--data-dir", folder)
    ended = said(*given, QUANTOS_API_KEY=key)
    assert ended.code == 1
    assert "values are of days up to today" in ended.err
    assert "ahead" not in names_of_factors(said, folder, key)


@pytest.mark.parametrize("name", ["values.pkl", "values.parquet"])
def test_a_pickle_is_refused_with_a_reason_and_never_opened(
    said: Said, prepared: tuple[Path, str, str], tmp_path: Path, name: str
) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (exec, (f"open({str(tmp_path / 'sprung')!r}, 'w')",))

    file = tmp_path / name
    file.write_bytes(pickle.dumps(Trap()))
    given = ("factor", "upload", file, "--factor", prepared[2], "--data-dir", prepared[0])
    ended = said(*given, QUANTOS_API_KEY=prepared[1])
    assert ended.code == 1
    assert "pickle" in ended.err
    assert "to_parquet" in ended.err
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("values.parquet", b"PAR1 and no more", "cut off"),
        ("values.csv", b"day,600000.SH\n2024-01-02,1\n", "date"),
        ("values.csv", b"date,600000.SH\n", "no rows"),
        ("values.xlsx", b"PK", ".parquet"),
        ("none.csv", None, "no file"),
    ],
)
def test_a_file_that_cannot_be_taken_is_one_line(
    said: Said, prepared: tuple[Path, str, str], tmp_path: Path, name: str, content: bytes | None, word: str
) -> None:
    file = tmp_path / name
    if content is not None:
        file.write_bytes(content)
    given = ("factor", "upload", file, "--factor", prepared[2], "--data-dir", prepared[0])
    ended = said(*given, QUANTOS_API_KEY=prepared[1])
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("quantos: ")
    assert ended.err.count("\n") == 1
    assert word in ended.err


def test_an_upload_needs_a_key_and_a_factor(
    said: Said, prepared: tuple[Path, str, str], values: pd.DataFrame, tmp_path: Path
) -> None:
    file = tmp_path / "values.parquet"
    values.to_parquet(file)
    without = said("factor", "upload", file, "--factor", prepared[2], "--data-dir", prepared[0])
    assert (without.code, "QUANTOS_API_KEY" in without.err) == (1, True)
    for wrong in ((), ("--name", "x"), ("--factor", "x", "--name", "y", "--universe", "hs300")):
        ended = said("factor", "upload", file, *wrong, "--data-dir", prepared[0])
        assert (ended.code, "--factor ID" in ended.err) == (1, True)


def test_the_list_and_a_factor_are_shown_to_its_owner_and_to_the_operator(
    said: Said, prepared: tuple[Path, str, str]
) -> None:
    folder, key, factor = prepared
    for variables in ({}, {"QUANTOS_API_KEY": key}):
        found = said("factor", "list", "--status", "active", "--data-dir", folder, "--json", **variables)
        assert [each["id"] for each in found.json["factors"]] == [factor]
        shown = said("factor", "show", factor, "--data-dir", folder, **variables)
        assert shown.code == 0
        assert "HIGH_TURNOVER" in shown.out
    assert "drift & co" in said("factor", "list", "--data-dir", folder).out
    assert "已通过" in said("factor", "show", factor, "--data-dir", folder, QUANTOS_LANG="zh").out
    assert said("factor", "show", "nothing", "--data-dir", folder).code == 1


class Page(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += f" {data}"


@pytest.fixture(params=["en", "zh"])
def written(
    request: pytest.FixtureRequest, said: Said, prepared: tuple[Path, str, str], tmp_path: Path
) -> tuple[str, str]:
    file = tmp_path / "report.html"
    given = ("factor", "report", prepared[2], "--html", file, "--data-dir", prepared[0])
    ended = said(*given, QUANTOS_LANG=request.param)
    assert ended.code == 0, ended.err
    return request.param, file.read_text()


def test_a_report_is_one_page_that_loads_nothing_and_runs_nothing(written: tuple[str, str]) -> None:
    _, text = written
    page = Page(text)
    assert {tag for tag, _ in page.tags} & {
        "script",
        "link",
        "img",
        "iframe",
        "object",
        "image",
        "use",
    } == set()
    assert all(not {"src", "href", "xlink:href"} & set(given) for _, given in page.tags)
    assert not any(name.startswith("on") for _, given in page.tags for name in given)
    assert "http" not in re.sub(r'http-equiv="Content-Security-Policy"', "", text)
    assert "default-src 'none'" in text


def test_a_report_has_every_plot_and_its_texts_as_they_were_written(written: tuple[str, str]) -> None:
    language, text = written
    page = Page(text)
    assert sum(tag == "svg" for tag, _ in page.tags) == 8
    assert "<b>drift & co</b>" in page.text, "escaped, not interpreted"
    assert "NaN" not in text
    assert ">None<" not in text
    words = {"en": ("Five checks", "Out of sample", "By year"), "zh": ("五项检查", "样本外", "分年度")}
    assert all(word in page.text for word in words[language])
    assert "2024" in page.text
    assert f'lang="{ {"en": "en", "zh": "zh-CN"}[language] }"' in text


def test_a_report_says_of_which_edition_the_platform_was_and_in_which_time_zone_it_tells_times(
    written: tuple[str, str],
) -> None:
    language, text = written
    assert {"en": "Made with QuantOS, evaluation edition", "zh": "由 QuantOS 评估版生成"}[language] in text
    told = re.findall(r".{0,40}20:00.{0,20}", Page(text).text)
    assert len(told) == 2
    assert all({"en": "Shanghai time", "zh": "上海时间"}[language] in each for each in told)


def test_a_report_made_under_a_standard_licence_says_nothing_of_it(
    said: Said, prepared: tuple[Path, str, str]
) -> None:
    factor = said("factor", "show", prepared[2], "--data-dir", prepared[0], "--json").json
    assert "Made with" not in page_of(factor, Notice())
    assert "Made with QuantOS, without a valid licence" in page_of(factor, Notice("none", "restricted"))
    assert "no licence held when this page was made" in page_of(factor, Notice("", "expired"))


def test_a_factor_that_was_not_validated_has_no_report(
    said: Said, prepared: tuple[Path, str, str], values: pd.DataFrame, tmp_path: Path
) -> None:
    folder, key, _ = prepared
    source, file = tmp_path / "values.parquet", tmp_path / "report.html"
    values.to_parquet(source)
    uploaded = ("factor", "upload", source, "--name", "fresh", "--universe", "hs300", "--json")
    factor = said(*uploaded, "--data-dir", folder, QUANTOS_API_KEY=key).json
    ended = said("factor", "report", factor["factor_id"], "--html", file, "--data-dir", folder)
    assert ended.code == 1
    assert not file.exists()


def test_a_factor_that_was_rejected_and_given_new_values_has_a_report_without_a_verdict(
    said: Said, prepared: tuple[Path, str, str], values: pd.DataFrame, tmp_path: Path
) -> None:
    folder, key, _ = prepared
    file, page = tmp_path / "values.parquet", tmp_path / "report.html"
    values.to_parquet(file)
    where = ("--data-dir", folder, "--json")
    new = ("--name", "twin", "--universe", "hs300", "--submit")
    first = said("factor", "upload", file, *new, *where, QUANTOS_API_KEY=key).json
    assert first["validation"]["status"] == "rejected"
    factor = first["factor_id"]
    assert said("factor", "upload", file, "--factor", factor, *where, QUANTOS_API_KEY=key).code == 0
    ended = said("factor", "report", factor, "--html", page, "--data-dir", folder)
    assert ended.code == 0, ended.err
    assert "submit the factor again" in page.read_text()
    assert said("factor", "show", factor, "--data-dir", folder).code == 0


def test_a_report_tells_how_a_value_stands_to_its_threshold(written: tuple[str, str]) -> None:
    cells = Page(written[1]).text
    assert all(asked in cells for asked in ("|IC| > 0.015", "|IR| > 0.15", "< 0.35", "< 0.7", "≥ 120"))


def test_a_rolling_mean_begins_once_its_window_is_full() -> None:
    assert rolling_mean([1.0, 2.0, None, 6.0, 8.0], 3) == [None, None, None, 3.0, pytest.approx(16 / 3)]


def test_a_line_has_a_gap_where_nothing_is_known() -> None:
    drawn = line_chart("t", ["2024-01-01", "2024-01-02", "2024-01-03"], [Line("a", [1.0, None, 2.0], "s1")])
    (path,) = re.findall(r'class="line s1" d="([^"]*)"', drawn)
    assert re.sub(r"[\d. ]+", "", path) == "MM"


def test_a_chart_without_any_value_is_not_drawn() -> None:
    assert line_chart("t", ["2024-01-01"], [Line("a", [None], "s1")]) == ""
