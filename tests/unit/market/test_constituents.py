"""Lists, spells, holding and the choice of one source."""

from datetime import date, timedelta

from quantos.market.core.constituents import (
    Spell,
    constituents_on,
    member_lists,
    odd_sizes,
    starts_at_month_ends,
)

INDEX = "000016.SH"  # 50 members
SMALL = "399001.SZ"  # a size that nobody wrote down


def a_list(day: date, count: int, prefix: str = "6000") -> list[Spell]:
    return [(day, None, f"{prefix}{k:02}.SH") for k in range(count)]


def test_a_list_holds_until_the_next_one() -> None:
    lists = member_lists(SMALL, "a", a_list(date(2024, 1, 1), 2) + a_list(date(2024, 2, 1), 3))
    assert [(one.start, one.valid_to, len(one.members)) for one in lists] == [
        (date(2024, 1, 1), date(2024, 1, 31), 2),
        (date(2024, 2, 1), date(2024, 2, 1) + timedelta(days=190), 3),
    ]


def test_a_list_is_held_190_days_at_the_most() -> None:
    lists = {"a": member_lists(SMALL, "a", a_list(date(2024, 1, 1), 2))}
    assert constituents_on(dict(lists), date(2024, 7, 9)) is not None
    assert constituents_on(dict(lists), date(2024, 7, 10)) is None


def test_nobody_speaks_before_the_first_list() -> None:
    lists = {"a": member_lists(SMALL, "a", a_list(date(2024, 1, 1), 2))}
    assert constituents_on(dict(lists), date(2023, 12, 31)) is None


def test_a_spell_ends_on_its_last_day() -> None:
    spells: list[Spell] = [
        (date(2024, 1, 1), date(2024, 6, 30), "600000.SH"),
        (date(2024, 1, 1), date(2024, 12, 31), "600001.SH"),
        (date(2024, 7, 1), date(2024, 12, 31), "600002.SH"),
    ]
    lists = {"a": member_lists(SMALL, "a", spells)}
    before, after = (
        constituents_on(dict(lists), date(2024, 6, 30)),
        constituents_on(dict(lists), date(2024, 7, 1)),
    )
    assert before is not None
    assert after is not None
    assert before.chosen.members == {"600000.SH", "600001.SH"}
    assert after.chosen.members == {"600001.SH", "600002.SH"}


def test_members_do_not_leave_because_the_data_end() -> None:
    spells: list[Spell] = [(date(2024, 1, 1), date(2024, 3, 31), "600000.SH")]
    answer = constituents_on({"a": member_lists(SMALL, "a", spells)}, date(2024, 4, 30))
    assert answer is not None
    assert answer.chosen.members == {"600000.SH"}


def test_a_complete_list_counts_before_a_later_incomplete_one() -> None:
    lists = {
        "whole": member_lists(INDEX, "whole", a_list(date(2024, 1, 1), 50)),
        "survivors": member_lists(INDEX, "survivors", a_list(date(2024, 2, 1), 44)),
    }
    answer = constituents_on(dict(lists), date(2024, 2, 15))
    assert answer is not None
    assert answer.chosen.source == "whole"
    assert [other.source for other in answer.others] == ["survivors"]


def test_of_complete_lists_the_later_counts() -> None:
    lists = {
        "a": member_lists(INDEX, "a", a_list(date(2024, 1, 1), 50)),
        "b": member_lists(INDEX, "b", a_list(date(2024, 2, 1), 50)),
    }
    answer = constituents_on(dict(lists), date(2024, 2, 15))
    assert answer is not None
    assert answer.chosen.source == "b"


def test_a_list_of_the_wrong_size_is_odd() -> None:
    lists = member_lists(INDEX, "a", a_list(date(2024, 1, 1), 50) + a_list(date(2024, 2, 1), 49))
    assert [one.start for one in odd_sizes(lists)] == [date(2024, 2, 1)]


def test_lists_that_start_at_month_ends_are_late() -> None:
    ends = [date(2022, 6, 30), date(2022, 12, 30), date(2023, 6, 30), date(2023, 12, 29), date(2024, 6, 28)]
    spells = [spell for day in ends for spell in a_list(day, 2)]
    assert starts_at_month_ends(member_lists(SMALL, "a", spells), frozenset(ends))
    middle = [spell for day in ends for spell in a_list(day.replace(day=13), 2)]
    assert not starts_at_month_ends(member_lists(SMALL, "b", middle), frozenset(ends))
