"""The rules of source_rules.py, on the project's own files; each rule is also seen to fail on a sample."""

from __future__ import annotations

import pytest

from tests.architecture import source_rules as rules
from tests.architecture.source_rules import Rule, Source

FEATURE = "quantos/market/service.py"
CORE = "quantos/market/core/calendar.py"

BITES: list[tuple[Rule, str, str, str]] = [
    (rules.one_clock, FEATURE, "from datetime import datetime\nx = datetime.now()", "datetime.now"),
    (rules.one_clock, FEATURE, "import datetime\nx = datetime.datetime.utcnow()", "datetime.utcnow"),
    (rules.one_clock, FEATURE, "from datetime import date\nx = date.today()", "date.today"),
    (rules.one_clock, FEATURE, "import time\nx = time.time()", "time.time"),
    (rules.one_clock, FEATURE, "from time import time", "time.time"),
    (rules.one_clock, FEATURE, "from datetime import datetime\nf = datetime.now", "datetime.now"),
    (rules.one_clock, FEATURE, "import numpy as np\nx = np.datetime64('now')", "datetime64"),
    (rules.no_print, FEATURE, "print('done')", "print outside"),
    (rules.no_swallowed_error, FEATURE, "try:\n    f()\nexcept:\n    raise", "bare except"),
    (rules.no_swallowed_error, FEATURE, "try:\n    f()\nexcept OSError:\n    pass", "does nothing"),
    (
        rules.no_swallowed_error,
        FEATURE,
        "try:\n    f()\nexcept Exception:\n    x = 1",
        "caught and forgotten",
    ),
    (rules.no_swallowed_error, FEATURE, "with suppress(Exception):\n    f()", "suppressed"),
    (rules.states_the_facts, FEATURE, "x = 1", "no module docstring"),
    (rules.fits_a_screenful, FEATURE, "x = 1\n" * 451, "the file has 451 lines"),
    (rules.fits_a_screenful, FEATURE, "def long():\n" + "    x = 1\n" * 80, "long has 81 lines"),
    (
        rules.core_takes_time_as_an_argument,
        CORE,
        "from quantos.kit.clock import Clock",
        "the core imports Clock",
    ),
    (
        rules.shapes_hold_their_annotations,
        "quantos/market/schemas.py",
        "from __future__ import annotations",
        "no annotations",
    ),
]

ALLOWED: list[tuple[Rule, str, str]] = [
    (rules.one_clock, "quantos/kit/clock.py", "from datetime import datetime\nx = datetime.now()"),
    (rules.one_clock, FEATURE, "import time\nx = time.perf_counter()"),
    (rules.one_clock, FEATURE, "x = clock.now()"),
    (rules.no_print, "quantos/cli/market.py", "print('done')"),
    (rules.no_swallowed_error, FEATURE, "try:\n    f()\nexcept Exception as error:\n    answer(error)"),
    (rules.no_swallowed_error, FEATURE, "try:\n    f()\nexcept OSError:\n    return None"),
    (rules.states_the_facts, FEATURE, '"""The facts."""'),
    (rules.fits_a_screenful, FEATURE, "x = 1\n" * 450),
    (rules.core_takes_time_as_an_argument, CORE, "from quantos.kit.clock import shanghai"),
    (rules.shapes_hold_their_annotations, FEATURE, "from __future__ import annotations"),
]


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_the_packages_keep_the_rule(rule: Rule) -> None:
    assert [finding for source in rules.project_sources() for finding in rule(source)] == []


@pytest.mark.parametrize(
    "rule",
    [rules.no_swallowed_error, rules.states_the_facts, rules.fits_a_screenful],
    ids=lambda r: r.__name__,
)
def test_the_tests_keep_the_rule(rule: Rule) -> None:
    empty = {source.path for source in rules.sources_of_tests() if not source.text.strip()}
    found = [f for s in rules.sources_of_tests() if s.path not in empty for f in rule(s)]
    assert found == []


@pytest.mark.parametrize(("rule", "path", "text", "finding"), BITES)
def test_the_rule_finds_its_sample(rule: Rule, path: str, text: str, finding: str) -> None:
    found = rule(Source(path, text))
    assert len(found) == 1
    assert finding in found[0]


@pytest.mark.parametrize(("rule", "path", "text"), ALLOWED)
def test_the_rule_leaves_what_is_right(rule: Rule, path: str, text: str) -> None:
    assert rule(Source(path, text)) == []


def test_every_rule_has_a_sample_that_breaks_it() -> None:
    assert {rule for rule, *_ in BITES} == set(rules.RULES)


def test_no_exemption_outlives_its_reason() -> None:
    assert list(rules.stale_exemptions([*rules.project_sources(), *rules.sources_of_tests()])) == []
