"""Long work that is attended: Ctrl-C asks it to stop, and it is waited for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from textwrap import dedent

import pytest

from quantos.cli.attend import attended
from quantos.cli.fetching import _shown
from quantos.cli.interruption import Interrupted, ends_with
from quantos.market.providers.fetch import FetchProgress


def test_work_is_looked_at_until_it_ends() -> None:
    looked = threading.Event()
    assert attended(lambda: looked.wait(60), look=looked.set, stop=pytest.fail) == (True, False)


def test_ctrl_c_asks_the_work_to_stop_and_waits_for_it() -> None:
    stopped = threading.Event()
    interrupts = iter([signal.SIGINT])

    def look() -> None:
        for which in interrupts:
            signal.raise_signal(which)

    assert attended(lambda: stopped.wait(60), look=look, stop=stopped.set) == (True, True)


def test_where_nobody_need_wait_ctrl_c_ends_the_command_at_once() -> None:
    never = threading.Event()

    def stop() -> None:
        raise Interrupted("the server goes on")

    with pytest.raises(Interrupted, match="the server goes on"):
        attended(never.wait, look=lambda: signal.raise_signal(signal.SIGINT), stop=stop)
    never.set()


def test_a_second_ctrl_c_leaves_at_once_even_while_the_first_is_being_answered() -> None:
    program = dedent("""
        import signal, threading
        from quantos.cli.attend import attended

        def press():
            signal.raise_signal(signal.SIGINT)

        attended(threading.Event().wait, look=press, stop=press)
    """)
    left = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "QUANTOS_LANG": "en"},
    )
    assert (left.returncode, left.stdout) == (130, "")
    assert left.stderr.startswith("quantos: left at once: what was committed stands whole")


def test_ctrl_c_means_afterwards_what_it_meant_before() -> None:
    before = signal.getsignal(signal.SIGINT)
    attended(lambda: None, look=lambda: None, stop=lambda: None)
    assert signal.getsignal(signal.SIGINT) is before


def test_what_the_work_raises_is_raised() -> None:
    def fail() -> None:
        raise ValueError("no such file")

    with pytest.raises(ValueError, match="no such file"):
        attended(fail, look=lambda: None, stop=lambda: None)


def test_a_command_may_say_itself_what_ctrl_c_leaves() -> None:
    with pytest.raises(Interrupted, match="two stand"), ends_with(lambda: "two stand"):
        signal.raise_signal(signal.SIGINT)


@pytest.mark.usefixtures("english")
def test_an_interrupted_fetch_says_how_far_it_came() -> None:
    with pytest.raises(Interrupted, match="1 of 3 symbols were fetched and stay"), _shown() as told:
        told(FetchProgress(1, 3, "600519.SH", 242))
        signal.raise_signal(signal.SIGINT)
