"""license.json: one form, every field bounded, nothing else read."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licensing.document import LABEL, SIZE_MAX, License, in_issued_form, parse
from licensing.errors import NotALicense
from tests.unit.licensing.makers import TERMS, licence, written


def test_the_file_says_what_the_guide_names_in_sorted_order() -> None:
    fields = json.loads(licence())
    assert list(fields) == [
        "created_at", "customer", "edition", "expires", "fingerprint", "format", "key_id", "license_id", "max_cores",
        "max_memory_gb", "signature",
    ]  # fmt: skip
    assert fields["created_at"] == "2026-11-21T08:00:00Z"
    assert fields["expires"] == "2027-11-21"
    assert fields["customer"] == "Acme 量化 Corp"
    assert fields["max_memory_gb"] is None


def test_what_is_signed_is_canonical_json_under_a_label() -> None:
    signed = replace(TERMS, key_id="ab" * 8).signed_bytes()
    assert (
        signed
        == LABEL
        + (
            '{"created_at":"2026-11-21T08:00:00Z","customer":"Acme 量化 Corp","edition":"standard",'
            '"expires":"2027-11-21","fingerprint":"' + "0f" * 32 + '","format":"quantos-license/1",'
            '"key_id":"abababababababab","license_id":"lic-0001","max_cores":8,"max_memory_gb":null}'
        ).encode()
    )


customers = st.text(st.characters(exclude_categories=["C", "Z"]) | st.just(" "), min_size=1, max_size=200)


@given(
    customer=customers, cores=st.none() | st.integers(1, 65_536), expires=st.dates(min_value=date(1000, 1, 1))
)
def test_what_was_issued_is_read_back(customer: str, cores: int | None, expires: date) -> None:
    content = licence(customer=customer, max_cores=cores, expires=expires)
    read = parse(content)
    assert (read.customer, read.max_cores, read.expires) == (customer, cores, expires)
    assert read.to_file() == content


@pytest.mark.parametrize(
    "carried",
    [
        lambda content: b"\xef\xbb\xbf" + content,
        lambda content: content.replace(b"\n", b"\r\n"),
        lambda content: content.removesuffix(b"\n"),
    ],
    ids=["byte order mark", "CR LF", "no last newline"],
)
def test_what_transport_does_to_text_files_is_undone(carried: Any) -> None:
    assert parse(carried(licence())).license_id == "lic-0001"


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("customer", "", "1 to 200"),
        ("customer", "a\u202eb", "printable"),
        ("customer", "a\u200bb", "printable"),
        ("customer", "a\nb", "printable"),
        ("customer", 7, "printable"),
        ("fingerprint", "0F" * 32, "lower-case"),
        ("fingerprint", "0f" * 31, "64"),
        ("fingerprint", "０f" + "0f" * 31, "64"),  # noqa: RUF001 - a look-alike of zero
        ("edition", "Standard", "standard or test"),
        ("expires", "2027-02-30", "a date"),
        ("expires", 20271121, "a date"),
        ("max_cores", 0, "whole number"),
        ("max_cores", True, "whole number"),
        ("max_cores", "8", "whole number"),
        ("max_cores", 65_537, "whole number"),
        ("max_memory_gb", -1, "whole number"),
        ("created_at", "2026-11-21T08:00:00+08:00", "a time"),
        ("created_at", None, "a time"),
        ("key_id", "0" * 15, "16"),
        ("license_id", "", "1 to 64"),
        ("license_id", "а-1", "letters"),  # noqa: RUF001 - a Cyrillic letter
        ("signature", "AAAA", "64 bytes"),
        ("signature", ["x"], "64 bytes"),
        ("format", "quantos-license/2", "quantos-license/1"),
    ],
)
def test_a_field_that_is_not_as_issued_is_named(field: str, value: Any, reason: str) -> None:
    fields = {**json.loads(licence()), field: value}
    with pytest.raises(NotALicense, match=field) as refused:
        parse(written(fields))
    assert reason in str(refused.value)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not JSON"),
        (b"null", "no JSON object"),
        (b"[]", "no JSON object"),
        (b"{}", "misses created_at"),
        (b"\xff\xfe{}", "not JSON in UTF-8"),
        (b"[" * 10_000, "nested too deeply"),
        (b" " * (SIZE_MAX + 1), "at most"),
        (b'{"a": 1e999}', "whole numbers only"),
        (b'{"a": NaN}', "whole numbers only"),
        (b'{"a": 1, "a": 1}', "twice"),
        (b'{"a": ' + b"9" * 5000 + b"}", "not JSON"),
    ],
    ids=str,
)
def test_what_is_no_licence_is_refused_with_the_reason(content: bytes, reason: str) -> None:
    with pytest.raises(NotALicense, match=reason):
        parse(content)


def test_a_field_more_or_less_is_named() -> None:
    fields = json.loads(licence())
    with pytest.raises(NotALicense, match="it has 1 more than a licence has"):
        parse(written({**fields, "max_users": 3}))
    del fields["max_cores"]
    with pytest.raises(NotALicense, match="misses max_cores"):
        parse(written(fields))


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: text.replace('": ', '":'),
        lambda text: text.replace("Acme", "\\u0041cme"),
        lambda text: text.replace("\n", " \n", 1),
        lambda text: text + "\n",
        lambda text: text.replace('"expires": "2027-11-21"', '"expires": "20271121"'),
        lambda text: (
            json.dumps(dict(reversed(json.loads(text).items())), ensure_ascii=False, indent=2) + "\n"
        ),
    ],
    ids=[
        "spaces",
        "an escape",
        "a space at a line's end",
        "a newline",
        "a date's other form",
        "another order",
    ],
)
def test_an_edit_that_changes_no_value_is_still_told(edit: Any) -> None:
    with pytest.raises(NotALicense, match="not in the form in which it was issued"):
        parse(edit(licence().decode()).encode())


def test_a_licence_that_could_not_be_read_again_is_never_issued() -> None:
    for changed in ({"customer": ""}, {"fingerprint": "0F" * 32}, {"max_cores": 0}, {"edition": "gold"}):
        with pytest.raises(NotALicense, match=next(iter(changed))):
            licence(**changed)


def test_a_license_shows_no_limit_as_none() -> None:
    assert isinstance(TERMS, License)
    assert parse(licence(max_cores=None)).max_cores is None


@pytest.mark.parametrize("customer", ["某某\u3000投资", "Ä Ö", "\U0001f600", "Société Générale"])
def test_a_customers_name_in_any_script_is_issued(customer: str) -> None:
    assert parse(licence(customer=customer)).customer == customer


@pytest.mark.parametrize(
    "laid_out",
    [
        json.dumps,
        lambda fields: json.dumps(dict(reversed(fields.items())), indent=7),
        lambda fields: "\ufeff" + json.dumps(fields, ensure_ascii=False, separators=(",", ":")),
    ],
)
def test_values_in_another_layout_are_brought_into_the_one_form(laid_out: Any) -> None:
    assert in_issued_form(laid_out(json.loads(licence())).encode()) == licence()


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"\xff", b"[" * 9000, b" " * 20_000, b'{"a": "\\ud800"}', b'{"a": 1.5}']
)
def test_what_is_no_object_of_json_has_no_form(content: bytes) -> None:
    with pytest.raises(NotALicense):
        in_issued_form(content)
