"""Lines that fit: a Chinese character takes two cells."""

from __future__ import annotations

import pytest

from quantos.cli.layout import cells, clean, listed, padded, parted, wrapped


@pytest.mark.parametrize(
    ("text", "width"), [("NAV", 3), ("净值", 4), ("净值（元）", 10), ("é", 1), ("e\u0301", 1)]
)
def test_cells_of_a_text(text: str, width: int) -> None:
    assert cells(text) == width


def test_a_text_is_parted_at_spaces() -> None:
    assert wrapped("one two three", 8) == ["one two", "three"]


def test_a_chinese_text_is_parted_anywhere_but_before_what_closes_or_after_what_opens() -> None:
    assert wrapped("设置无法使用", 6) == ["设置无", "法使用"]
    assert wrapped("设置无。法", 6) == ["设置", "无。法"]
    assert wrapped("设置（无）", 6) == ["设置", "（无）"]


def test_a_word_that_is_too_long_stays_whole() -> None:
    assert wrapped("a https://example.com/path b", 10) == ["a", "https://example.com/path", "b"]


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("bars.csv", ["bars.csv"]),
        ("daily/hs300_members_2024-12.parquet", ["daily/", "hs300_", "members_", "2024-12.", "parquet"]),
        ("averylongname.csv", ["averylongname.", "csv"]),
        ("日线_沪深.csv", ["日线_", "沪深.csv"]),
        ("", [""]),
    ],
)
def test_the_name_of_a_file_is_parted_at_its_joints_alone(name: str, lines: list[str]) -> None:
    assert parted(name, 8).split("\n") == lines


def test_two_columns_stand_below_each_other() -> None:
    assert listed([("ab", "one two"), ("净", "three")], 24, indent=1) == [" ab  one two", " 净  three"]


def test_padding_counts_cells() -> None:
    assert padded("净值", 6) == "净值  "


def test_nothing_that_is_quoted_moves_the_cursor() -> None:
    said = "its columns (\x1b[31mRED\x1b]0;title\x07, 收盘\u3000价, \x9b2J)\nof a file"
    assert clean(said) == "its columns (\ufffd[31mRED\ufffd]0;title\ufffd, 收盘\u3000价, \ufffd2J)\nof a file"
