"""Commit messages, as the documents and older repositories have them."""

from __future__ import annotations

from datetime import date

from quantos.attestation.core.entries import SignalEntry
from quantos.attestation.core.messages import hashes_in, of_key, of_settlements, of_signals

DAY = date(2024, 1, 2)
ALPHA = SignalEntry("alpha", "aa", "hs300", "open")
BETA = SignalEntry("beta", "bb", "hs300", "close")


def test_att_03_alone_a_signal_names_its_strategy_in_the_subject() -> None:
    assert of_signals(DAY, [ALPHA]) == "signal attestation 2024-01-02 — alpha\n\nhash: aa\n"


def test_att_03_together_each_has_a_line() -> None:
    assert of_signals(DAY, [ALPHA, BETA]) == (
        "signal attestation 2024-01-02 — 2 strategies\n\nhash: aa alpha\nhash: bb beta\n"
    )


def test_the_hashes_of_a_message_are_read_back() -> None:
    assert hashes_in(of_signals(DAY, [ALPHA])) == ["aa"]
    assert hashes_in(of_signals(DAY, [ALPHA, BETA])) == ["aa", "bb"]
    assert hashes_in("signal attestation 2024-09-12 — x\nhash: 027d3cfc3735e246\n\n") == ["027d3cfc3735e246"]
    assert hashes_in(of_key()) == []


def test_settlements_name_their_dates() -> None:
    later = date(2024, 1, 5)
    assert of_settlements([DAY], restated=False) == "settlement digests 2024-01-02\n"
    assert of_settlements([DAY, later], restated=False) == "settlement digests 2024-01-02 to 2024-01-05\n"
    assert of_settlements([DAY], restated=True) == "restatement digests 2024-01-02\n"
