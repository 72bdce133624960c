"""The seven steps: what holds, what does not, and why."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licensing import Circumstances, State, Verdict, verify
from licensing.document import parse
from licensing.verify import SHANGHAI, expires_at
from tests.unit.licensing.makers import (
    HERE,
    ISSUED,
    KEYS,
    MACHINE,
    NEXT_VENDOR,
    STRANGER,
    VENDOR,
    licence,
    public,
    written,
)

LAST_MOMENT = datetime(2027, 11, 21, 23, 59, 59, tzinfo=SHANGHAI)


def failed(verdict: Verdict) -> list[str]:
    return [step.name for step in verdict.steps if not step.holds]


def test_an_issued_licence_holds_on_its_machine() -> None:
    verdict = verify(licence(), KEYS, HERE)
    assert verdict.valid
    assert [(step.number, step.name) for step in verdict.steps] == [
        (1, "form"), (2, "key"), (3, "signature"), (4, "machine"), (5, "clock"), (6, "begun"), (7, "unexpired"),
        (8, "limits"),
    ]  # fmt: skip
    assert verdict.reasons == ()
    assert verdict.edition == "standard"


@pytest.mark.parametrize(
    "field", ["customer", "fingerprint", "expires", "max_cores", "license_id", "created_at", "edition"]
)
def test_a_changed_field_breaks_the_signature(field: str) -> None:
    other = {
        "customer": "Acme 量化 Corq", "fingerprint": "0e" * 32, "expires": "2037-11-21", "max_cores": 64,
        "license_id": "lic-0002", "created_at": "2026-11-21T08:00:01Z", "edition": "test",
    }[field]  # fmt: skip
    fields = {**json.loads(licence()), field: other}
    content = written(fields)
    verdict = verify(content, KEYS, replace(HERE, fingerprint=fields["fingerprint"]))
    assert (verdict.state, failed(verdict)) == (State.TAMPERED, ["signature"])
    assert "a field was changed after it was signed" in verdict.reasons[0]


def test_a_licence_of_two_licences_parts_is_tampered() -> None:
    one, two = json.loads(licence()), json.loads(licence(expires=ISSUED.date().replace(year=2030)))
    mixed = {**two, "signature": one["signature"]}
    content = written(mixed)
    assert verify(content, KEYS, HERE).state is State.TAMPERED


def test_every_flipped_bit_is_told() -> None:
    content = licence()
    for place in range(len(content)):
        for bit in range(8):
            flipped = bytearray(content)
            flipped[place] ^= 1 << bit
            assert not verify(bytes(flipped), KEYS, HERE).valid, (place, bit)


@given(place=st.integers(0, 600), byte=st.integers(0, 255), length=st.integers(0, 3))
def test_bytes_put_in_or_taken_out_are_told(place: int, byte: int, length: int) -> None:
    content = licence()
    changed = content[:place] + bytes([byte]) * length + content[place + (length == 0) :]
    accepted = {content, content.removesuffix(b"\n"), content.replace(b"\n", b"\r\n")}
    assert verify(changed, KEYS, HERE).valid == (
        changed in accepted
        or changed.replace(b"\r\n", b"\n").removesuffix(b"\n") == content.removesuffix(b"\n")
    )


@given(st.binary(max_size=2000) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda below: st.lists(below) | st.dictionaries(st.text(), below),
).map(lambda value: json.dumps(value).encode()))  # fmt: skip
def test_anything_else_is_tampered_and_never_a_crash(content: bytes) -> None:
    verdict = verify(content, KEYS, HERE)
    assert (verdict.state, verdict.license, verdict.edition) == (State.TAMPERED, None, None)
    assert len(verdict.reasons) == 1


def test_a_strangers_signature_is_not_accepted() -> None:
    verdict = verify(licence(STRANGER), KEYS, HERE)
    assert (verdict.state, failed(verdict)) == (State.TAMPERED, ["key"])
    assert f"accepted: {KEYS[0].id}" in verdict.reasons[0]


def test_a_stranger_who_names_the_vendors_key_is_not_accepted() -> None:
    fields = {**json.loads(licence(STRANGER)), "key_id": KEYS[0].id}
    content = written(fields)
    assert verify(content, KEYS, HERE).state is State.TAMPERED


def test_without_any_key_nothing_holds() -> None:
    verdict = verify(licence(), (), HERE)
    assert verdict.state is State.TAMPERED
    assert "accepted: none" in verdict.reasons[0]


def test_while_a_key_is_replaced_both_keys_licences_hold() -> None:
    both = (public(VENDOR), public(NEXT_VENDOR))
    assert verify(licence(VENDOR), both, HERE).valid
    assert verify(licence(NEXT_VENDOR), both, HERE).valid
    assert not verify(licence(VENDOR), both[1:], HERE).valid


def test_what_a_test_key_signed_reads_test_whatever_it_says() -> None:
    verdict = verify(licence(STRANGER, edition="standard"), (*KEYS, public(STRANGER, test=True)), HERE)
    assert verdict.valid
    assert (verdict.test, verdict.edition) == (True, "test")


def test_another_machine_names_both() -> None:
    verdict = verify(licence(), KEYS, replace(HERE, fingerprint="ee" * 32))
    assert verdict.state is State.OTHER_MACHINE
    assert MACHINE in verdict.reasons[0]
    assert "ee" * 32 in verdict.reasons[0]


def test_a_machine_without_a_fingerprint_says_why() -> None:
    verdict = verify(
        licence(), KEYS, Circumstances(None, HERE.now, no_fingerprint="/etc/machine-id is empty")
    )
    assert verdict.state is State.OTHER_MACHINE
    assert "/etc/machine-id is empty" in verdict.reasons[0]


def test_it_holds_through_the_last_second_of_its_last_day_in_shanghai() -> None:
    assert verify(licence(), KEYS, replace(HERE, now=LAST_MOMENT)).valid
    verdict = verify(licence(), KEYS, replace(HERE, now=LAST_MOMENT + timedelta(seconds=1)))
    assert verdict.state is State.EXPIRED
    assert "2027-11-21" in verdict.reasons[0]
    assert expires_at(parse(licence())) == LAST_MOMENT + timedelta(seconds=1)


def test_before_it_was_issued_it_does_not_hold_but_for_a_days_difference_of_clocks() -> None:
    assert verify(licence(), KEYS, replace(HERE, now=ISSUED - timedelta(hours=23))).valid
    assert (
        verify(licence(), KEYS, replace(HERE, now=ISSUED - timedelta(hours=25))).state is State.NOT_YET_VALID
    )


def test_a_clock_set_back_does_not_make_an_expired_licence_hold() -> None:
    set_back = Circumstances(
        MACHINE, now=ISSUED + timedelta(days=10), highest_seen=LAST_MOMENT + timedelta(days=3)
    )
    verdict = verify(licence(), KEYS, set_back)
    assert verdict.state is State.CLOCK_SET_BACK
    assert failed(verdict) == ["clock", "unexpired"]


def test_a_clock_set_back_within_the_licences_time_is_told() -> None:
    set_back = Circumstances(
        MACHINE, now=ISSUED + timedelta(days=10), highest_seen=ISSUED + timedelta(days=12)
    )
    assert verify(licence(), KEYS, set_back).state is State.CLOCK_SET_BACK


def test_a_clock_corrected_by_less_than_a_day_is_not_set_back() -> None:
    corrected = Circumstances(MACHINE, now=HERE.now, highest_seen=HERE.now + timedelta(hours=23))
    assert verify(licence(), KEYS, corrected).valid


def test_every_reason_is_given_at_once() -> None:
    worst = Circumstances("ee" * 32, now=LAST_MOMENT + timedelta(days=9))
    assert failed(verify(licence(), KEYS, worst)) == ["machine", "unexpired"]


def test_each_reason_says_what_to_do() -> None:
    cases: list[tuple[bytes, Any, Circumstances]] = [
        (b"{", KEYS, HERE),
        (licence(STRANGER), KEYS, HERE),
        (licence(), KEYS, replace(HERE, fingerprint="ee" * 32)),
        (licence(), KEYS, replace(HERE, now=LAST_MOMENT + timedelta(days=2))),
        (licence(), KEYS, replace(HERE, now=ISSUED - timedelta(days=2))),
    ]
    asked = ("download", "upgrade", "apply", "renew", "set")
    for content, keys, here in cases:
        [reason] = verify(content, keys, here).reasons
        assert any(word in reason for word in asked), reason


def test_every_byte_replaced_by_any_of_its_look_alikes_is_told() -> None:
    """Letters and digits that look the same, of other scripts and widths."""
    look_alikes = str.maketrans(
        {
            "0": "\uff10",
            "1": "\u0661",
            "2": "\u0968",
            "6": "\uff16",
            "8": "\U0001d7f6",
            "9": "\uff19",
            "a": "\u0430",
            "c": "\u0441",
            "e": "\u0435",
            "o": "\u03bf",
            "p": "\u0440",
            "A": "\u0391",
            " ": "\u00a0",
            '"': "\u201d",
            ":": "\uff1a",
            ",": "\uff0c",
            "{": "\uff5b",
            "-": "\u2010",
        }
    )
    text = licence().decode()
    tried = 0
    for place, character in enumerate(text):
        changed = character.translate(look_alikes)
        if changed != character:
            tried += 1
            content = f"{text[:place]}{changed}{text[place + 1 :]}".encode()
            assert not verify(content, KEYS, HERE).valid, (place, character)
    assert tried > 200


def test_the_values_of_any_two_fields_swapped_are_told() -> None:
    fields = json.loads(licence())
    for one in fields:
        for other in fields:
            if fields[one] != fields[other]:
                swapped = {**fields, one: fields[other], other: fields[one]}
                assert not verify(written(swapped), KEYS, HERE).valid, (one, other)


def test_names_of_fields_swapped_are_told() -> None:
    text = licence().decode()
    swapped = (
        text.replace("max_cores", "X").replace("max_memory_gb", "max_cores").replace("X", "max_memory_gb")
    )
    assert not verify(swapped.encode(), KEYS, HERE).valid


@pytest.mark.parametrize(
    "value", ["x" * 10_000, 10**4000, [[[[]]]] * 500, {"a": {"b": {}}}, "\ud800", -0.0, True, None, ""]
)
def test_no_value_of_any_field_is_a_crash(value: Any) -> None:
    fields = json.loads(licence())
    for name in fields:
        if fields[name] is value:
            continue
        content = json.dumps({**fields, name: value}, sort_keys=True, indent=2).encode() + b"\n"
        assert not verify(content, KEYS, HERE).valid, name


def test_the_last_day_that_dates_have_is_no_crash() -> None:
    content = licence(expires=date.max)
    assert verify(content, KEYS, HERE).valid
    assert verify(content, KEYS, replace(HERE, now=datetime(9000, 1, 1, tzinfo=SHANGHAI))).valid


@pytest.mark.parametrize("now", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
def test_no_clock_is_a_crash(now: datetime) -> None:
    assert not verify(licence(), KEYS, replace(HERE, now=now)).valid
