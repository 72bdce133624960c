"""A body beyond the limit, sent whole to a real server: the sender gets the answer, not a broken connection."""

from __future__ import annotations

import http.client
import json

from tests.feature.cli.conftest import Serving

TOO_LARGE = 9 * 2**20


def test_a_sender_who_reads_only_after_sending_all_reads_413(server: Serving) -> None:
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=30)
    connection.request("POST", "/api/v1/auth/invite", bytes(TOO_LARGE), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    assert answer.status == 413
    assert isinstance(json.loads(answer.read())["detail"], str)
    connection.request("GET", "/api/v1/health")
    assert connection.getresponse().status == 200
    connection.close()


def test_a_body_of_7_megabytes_is_read(server: Serving) -> None:
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=30)
    body = b'{"invite_code":"unknown","more":"%b"}' % (b"x" * 7_000_000)
    connection.request("POST", "/api/v1/auth/invite", body, {"Content-Type": "application/json"})
    assert connection.getresponse().status == 401
    connection.close()
