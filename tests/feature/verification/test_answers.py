"""The cache of finished answers: bounded, stamped, made once."""

from __future__ import annotations

import asyncio
import threading

import pytest

from quantos.verification.answers import Answers


def test_an_answer_counts_for_its_stamp_alone() -> None:
    answers = Answers()
    asyncio.run(answers.make("key", 1, lambda: b"one"))
    assert answers.fresh("key", 1) == b"one"
    assert answers.fresh("key", 2) is None


def test_the_least_recently_used_go_first_beyond_the_bound() -> None:
    answers = Answers(bytes_max=10)

    async def fill() -> None:
        await answers.make("a", 1, lambda: b"4444")
        await answers.make("b", 1, lambda: b"4444")
        assert answers.fresh("a", 1)
        await answers.make("c", 1, lambda: b"4444")

    asyncio.run(fill())
    assert [answers.fresh(key, 1) is not None for key in "abc"] == [True, False, True]


def test_a_replaced_answer_frees_its_bytes() -> None:
    answers = Answers(bytes_max=10)

    async def fill() -> None:
        for stamp in range(50):
            await answers.make("a", stamp, lambda: b"4444")
        await answers.make("b", 1, lambda: b"4444")

    asyncio.run(fill())
    assert answers.fresh("a", 49) and answers.fresh("b", 1)


def test_an_answer_larger_than_the_bound_is_given_and_not_kept() -> None:
    answers = Answers(bytes_max=3)
    assert asyncio.run(answers.make("a", 1, lambda: b"4444")) == b"4444"
    assert answers.fresh("a", 1) is None


def test_those_who_ask_together_wait_for_one_making() -> None:
    answers, made = Answers(), []

    def work() -> bytes:
        made.append(threading.current_thread())
        return b"x"

    async def together() -> list[bytes]:
        return await asyncio.gather(*[answers.make("a", 1, work) for _ in range(10)])

    assert asyncio.run(together()) == [b"x"] * 10
    assert len(made) == 1
    assert made[0] is not threading.main_thread()


def test_a_failed_making_is_tried_again() -> None:
    answers, tries = Answers(), []

    def work() -> bytes:
        tries.append(1)
        if len(tries) == 1:
            raise OSError("disk")
        return b"x"

    async def twice() -> bytes:
        with pytest.raises(OSError, match="disk"):
            await answers.make("a", 1, work)
        return await answers.make("a", 1, work)

    assert asyncio.run(twice()) == b"x"


def test_one_who_goes_away_does_not_take_the_answer_from_the_others() -> None:
    answers, go_on = Answers(), threading.Event()

    def work() -> bytes:
        assert go_on.wait(10)
        return b"x"

    async def one_leaves() -> bytes:
        first = asyncio.create_task(answers.make("a", 1, work))
        second = asyncio.create_task(answers.make("a", 1, work))
        await asyncio.sleep(0.01)
        first.cancel()
        go_on.set()
        return await second

    assert asyncio.run(one_leaves()) == b"x"
