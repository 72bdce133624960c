"""Lines on stderr, as a server and as a command write them: without secrets, whatever somebody put into them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

import pytest

from quantos.cli import logs
from quantos.kit.masking import MASK, Redaction

LOG = logging.getLogger("quantos.tests.stderr")
FORMS = {
    "an API key": "qgpt_0123456789abcdefghij",
    "an invite code": "qinv_0123456789abcdefghij",
    "a token": "eyJhbGciOiJIUzI1NiIs.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
}
KNOWN = "a-secret-of-this-platform"


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root, ours = logging.getLogger(), logging.getLogger(logs.OURS)
    before = root.handlers, root.level, ours.level
    yield
    root.handlers, root.level, ours.level = before


@pytest.mark.parametrize("start", [logs.of_a_server, logs.of_a_command])
@pytest.mark.parametrize("secret", FORMS.values(), ids=FORMS)
def test_key_10_what_has_the_form_of_a_credential_is_cut_out(
    start: Callable[[], None], secret: str, capsys: pytest.CaptureFixture[str]
) -> None:
    start()
    LOG.error("of %s", secret, exc_info=ValueError(f"refused: {secret}"))
    said = capsys.readouterr().err
    assert f"of {MASK}" in said
    assert f"refused: {MASK}" in said
    assert secret not in said


def test_what_its_platform_knows_is_cut_out_of_a_servers_lines(capsys: pytest.CaptureFixture[str]) -> None:
    logs.of_a_server()
    logs.without_secrets(Redaction([KNOWN]))
    LOG.warning("there is %s", KNOWN)
    assert KNOWN not in capsys.readouterr().err
