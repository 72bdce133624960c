"""The client covers what the platform offers: its generated modules are those of the description as it stands."""

from __future__ import annotations

import inspect

from quantos.client import calls
from quantos.kit.openapi import operations
from tests.docs.client_modules import CHECK, openapi, written


def test_the_generated_modules_are_up_to_date() -> None:
    stale = [file.name for file, text in written().items() if file.read_text() != text]
    assert stale == [], "run: python -m tests.docs.regenerate"


def test_every_operation_that_is_no_redirect_and_no_stream_has_its_call() -> None:
    named = {
        operation["operationId"]
        for _, _, operation in operations(openapi())
        if "301" not in operation["responses"] and "308" not in operation["responses"]
    }
    offered = {
        name
        for name, made in vars(calls).items()
        if inspect.isfunction(made) and made.__module__ == calls.__name__
    }
    assert named - offered == {"follow_events"}
    assert {name.removesuffix(f"_{CHECK}") for name in offered} <= named
