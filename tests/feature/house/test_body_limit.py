"""Only uploads may be large: any other body is read as a whole before it is known whose it is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from quantos.kit.clock import parse_instant
from quantos.kit.web import SMALL_BYTES_MAX
from tests.support.platforms import Stage, stage

ANY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def on_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(tmp_path_factory.mktemp("large") / "data", parse_instant("2024-03-01T08:00+08:00")) as opened:
        yield opened


@pytest.mark.parametrize(
    "path", ["/auth/login", "/strategies", "/tickets", f"/factors/{ANY}", "/no/such/route"]
)
def test_a_large_body_that_is_no_upload_is_refused_before_it_is_read(on_stage: Stage, path: str) -> None:
    answer = on_stage.public().call("POST", path, "x" * SMALL_BYTES_MAX)
    assert (answer.status_code, answer.headers["QuantOS-Error-Code"]) == (413, "too_large")
    assert answer.json() == {"detail": f"the body is larger than {SMALL_BYTES_MAX} bytes: send it in parts"}


@pytest.mark.parametrize(
    ("path", "status"),
    [(f"/factors/{ANY}/values", 404), ("/admin/strategies/nobody/backfill", 422)],
)
def test_an_upload_may_be_as_large_as_the_settings_let(on_stage: Stage, path: str, status: int) -> None:
    caller = on_stage.operator if "admin" in path else on_stage.agent()
    assert caller.call("POST", path, {"data": "x" * SMALL_BYTES_MAX}).status_code == status
