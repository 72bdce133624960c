"""What strategy code is refused for, where, and what is let through."""

from __future__ import annotations

import ast

import pytest

from quantos.research.core.policy import Rule, StrategyCodeRefused, admit, findings, strategy_classes

STRATEGY = "import backtrader as bt\nclass S(bt.Strategy):\n    def next(self):\n        pass\n"

REFUSED = [
    ("import os", Rule.IMPORT),
    ("import numpy, subprocess", Rule.IMPORT),
    ("import os.path as math", Rule.IMPORT),
    ("from os import path", Rule.IMPORT),
    ("from . import math", Rule.IMPORT),
    ("from .math import sqrt", Rule.IMPORT),
    ("from math import *", Rule.IMPORT),
    ("import re", Rule.IMPORT),
    ("import numpyx", Rule.IMPORT),
    ("def f():\n    import sys", Rule.IMPORT),
    *[(f"{name}('x')", Rule.BUILTIN) for name in ("open", "eval", "exec", "compile", "input", "breakpoint")],
    ("globals()", Rule.BUILTIN),
    ("__import__('os')", Rule.BUILTIN),
    ("f = open", Rule.BUILTIN),
    ("[vars][0](math)", Rule.BUILTIN),
    ("__builtins__['open']", Rule.BUILTIN),
    ("().__class__.__bases__", Rule.ATTRIBUTE),
    ("bt.Strategy.__init__.__globals__", Rule.ATTRIBUTE),
    ("super().__init__.__globals__", Rule.ATTRIBUTE),
    ("bt.sys.exit()", Rule.ATTRIBUTE),
    ("bt.os.system('x')", Rule.ATTRIBUTE),
    ("from backtrader import sys", Rule.ATTRIBUTE),
    ("from backtrader import os as harmless", Rule.ATTRIBUTE),
    ("import collections\ncollections._sys", Rule.ATTRIBUTE),
    ("import numpy.ctypeslib", Rule.ATTRIBUTE),
    ("from numpy.ctypeslib import as_array", Rule.ATTRIBUTE),
    ("bt.utils.py3.urlopen('http://x')", Rule.ATTRIBUTE),
    ("(x for x in ()).gi_frame", Rule.ATTRIBUTE),
    ("import pandas as pd\npd.read_pickle('x')", Rule.ATTRIBUTE),
    ("import numpy as np\nnp.save('x', 1)", Rule.ATTRIBUTE),
    ("frame.query('@x')", Rule.ATTRIBUTE),
    ("match 1:\n    case object(__class__=c):\n        pass", Rule.ATTRIBUTE),
    ("getattr(bt, 'os')", Rule.ATTRIBUTE),
    ("getattr(1, '__class__')", Rule.ATTRIBUTE),
    ("getattr(bt, 'o' + 's')", Rule.COMPUTED),
    ("getattr(bt, *['os'])", Rule.COMPUTED),
    ("getattr(bt, name='os')", Rule.COMPUTED),
    ("g = getattr", Rule.COMPUTED),
    ("map(getattr, [bt], ['os'])", Rule.COMPUTED),
    ("getattr(bt, 'x', getattr)(bt, 'o' 's')", Rule.COMPUTED),
    ("sorted([bt], key=getattr)", Rule.COMPUTED),
    ("setattr(bt, name, 1)", Rule.COMPUTED),
    ("'{0.__class__}'.format(1)", Rule.COMPUTED),
    ("x = 0x1" + "0" * 256, Rule.SIZE),
]


@pytest.mark.parametrize(("code", "rule"), REFUSED, ids=[code for code, _ in REFUSED])
def test_code_that_reaches_out_is_refused(code: str, rule: Rule) -> None:
    assert rule in {finding.rule for finding in findings(STRATEGY + code)}


def test_the_future_is_no_module_of_the_list() -> None:
    (finding,) = findings("from __future__ import annotations\n" + STRATEGY)
    assert (finding.rule, finding.line) == (Rule.IMPORT, 1)


ADMITTED = [
    "import math, statistics, datetime, collections, itertools, functools, typing, numpy, pandas",
    "import collections.abc",
    "from collections import deque",
    "import numpy as np\nnp.log(np.array([1.0]))",
    "def f(self):\n    return self.data.open[0] > self.datas[0].close[-1]",
    "class T(S):\n    def __init__(self):\n        super().__init__()\n        self.__private = 1",
    "class T(S):\n    def __init__(self):\n        super(T, self).__init__()",
    "if __name__ == '__main__':\n    print('__main__')",
    "getattr(bt, 'Strategy')",
    "hasattr(bt, 'Strategy') and setattr(S, 'x', 1)",
    "'{0} of {1}'.format(1, 2)",
    "# os.system is not called, eval( neither",
    "x = 'import os'",
]


@pytest.mark.parametrize("code", ADMITTED)
def test_ordinary_code_is_let_through(code: str) -> None:
    assert findings(STRATEGY + code) == []


def test_findings_are_numbered_in_the_order_of_the_text_and_placed_in_it() -> None:
    code = STRATEGY + "价格 = '贵'; bt.os\nif 1:\n    eval('1')\nexec('1')\n"
    assert [(each.number, each.line, each.column, each.rule) for each in findings(code)] == [
        (1, 5, 14, Rule.ATTRIBUTE),
        (2, 7, 5, Rule.BUILTIN),
        (3, 8, 1, Rule.BUILTIN),
    ]


def test_a_refusal_tells_its_first_finding_and_counts_the_others() -> None:
    with pytest.raises(StrategyCodeRefused) as refused:
        admit(STRATEGY + "eval('1')\nexec('1')\nopen('1')")
    assert refused.value.message == "line 5, column 1: eval is not allowed (and 2 more)"
    assert (refused.value.status, len(refused.value.findings)) == (400, 3)


def test_there_are_no_more_findings_than_one_reads() -> None:
    assert len(findings(STRATEGY + "eval('1')\n" * 50)) == 20


@pytest.mark.parametrize(
    ("code", "line", "column", "message"),
    [
        ("x = 1\ny = (", 2, 5, "the code is not valid Python: '(' was never closed"),
        ("return 1", 1, 1, "the code is not valid Python: 'return' outside function"),
        ("x = '\0'", 1, 1, "the code has characters that are no text"),
        ("x = '\ud800'", 1, 1, "the code has characters that are no text"),
        ("", 1, 1, "there is no class that has backtrader's Strategy as its base"),
    ],
)
def test_code_that_is_no_strategy_is_told_so(code: str, line: int, column: int, message: str) -> None:
    (finding,) = findings(code)
    assert (finding.line, finding.column, finding.message) == (line, column, message)


@pytest.mark.parametrize(
    "code",
    [
        "x = 1\n" * 11_000,
        "x = 1\n" * 10_000,
        "x = " + "-" * 150 + "1",
        "x = " + "-" * 60_000 + "1",
        "x = " + "(" * 30_000 + ")" * 30_000,
        "x = 1" + "+1" * 30_000,
        "x = a" + ".b" * 30_000,
        "x = " + "[" * 190 + "]" * 190,
        "if 1:\n  x\n" + "elif 1:\n  x\n" * 3_000,
    ],
    ids=["bytes", "parts", "deep", "deeper", "parentheses", "sum", "attributes", "lists", "elif"],
)
def test_code_too_large_or_deep_is_refused_without_being_walked(code: str) -> None:
    (finding,) = findings(code)
    assert finding.rule in {Rule.SIZE, Rule.SYNTAX}


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("import backtrader\nclass A(backtrader.Strategy): pass", ["A"]),
        ("from backtrader import Strategy as Base\nclass A(Base): pass\nclass B(A): pass", ["A", "B"]),
        ("import backtrader as bt\nclass A(bt.strategy.Strategy): pass", ["A"]),
        ("import backtrader as bt\nclass A(bt.Indicator): pass\nclass Strategy: pass", []),
        ("import numpy as np\nclass A(np.Strategy): pass", []),
        ("import backtrader as bt\ndef f():\n    class A(bt.Strategy): pass", []),
    ],
)
def test_strategies_are_classes_at_the_top_that_derive_from_backtraders(code: str, names: list[str]) -> None:
    assert [each.name for each in strategy_classes(ast.parse(code))] == names
