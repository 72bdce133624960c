"""From a sentence in English or Chinese to a blueprint, by keywords: the same sentence, the same blueprint.

1. The text is made plain: NFKC, small letters, Chinese punctuation as ASCII.
2. Risk (stop loss, take profit, trailing stop), sizing and ticker are read and taken out.
3. What is left falls into clauses, and each clause into pieces, one for each word of buying or selling in it. Where a
   condition stands before the first such word, a piece ends with its word (当 RSI 低于 30 时买入), else it begins with it.
   A clause without such a word belongs to the one before, or to the one after where none has been.
4. In each piece `prompt_terms` finds conditions. One without an indicator is about the last that was named.
5. A side without conditions is the other one turned round; a text without any is a crossing of two averages.

What is not understood is told, never guessed in silence.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any, Final

from quantos.research.core.blueprint import read_blueprint
from quantos.research.core.compiler import compile_blueprint
from quantos.research.core.prompt_terms import Found, conditions, turned_round

ASSET: Final = "600519.SH"
TOLD_MAX: Final = 20
TOLD_CHARS_MAX: Final = 120

READ_CHARS_MAX: Final = 2_000
"""What the patterns read takes a time that grows with its square: of so much a fraction of a second."""

_DIGITS: Final = re.compile(r"\d{13,}")
_RUNS: Final = re.compile(r"[^\S\n]+")
_PLAIN: Final = str.maketrans("，。；：！？、（）", ",.;:!?,()")
_SIDES: Final = re.compile(
    r"(?P<entry>\b(?:buy|buys|buying|enter|enters|entry|go long|open a (?:long )?position)\b"
    r"|(?<!超)买入|(?<!超)买进|做多|入场|开仓|建仓|进场|(?<!超)买)"
    r"|(?P<exit>\b(?:sell|sells|selling|exit|exits|get out|close (?:the |my |a )?(?:long |position|trade))\b"
    r"|(?<!超)卖出|平仓|离场|出场|清仓|(?<!超)卖)"
)
_CLAUSES: Final = re.compile(
    r"(?:,(?![^()]*\))|[;!?\n])+|\.(?!\d)|\b(?:and|then|but)\s+(?=(?:then\s+)?(?:buy|sell|exit|enter|close (?:the|my|a)|go long|get out))"
)
_NUMBER: Final = r"(\d+(?:\.\d+)?)"
_RISKS: Final = (
    (
        "trailing_stop",
        rf"(?:trailing[- ]?stop|移动止损|跟踪止损|追踪止损)[^\d,;]{{0,12}}{_NUMBER}\s*(?:%|percent)?",
    ),
    (
        "trailing_stop",
        rf"{_NUMBER}\s*(?:%|percent)\s*(?:的)?\s*(?:trailing[- ]?stop|移动止损|跟踪止损|追踪止损)",
    ),
    ("stop_atr", rf"(?:stop[- ]?loss|止损)[^\d,;]{{0,12}}{_NUMBER}\s*(?:x|times|倍|\*)?\s*(?:the )?atr"),
    ("stop_atr", rf"{_NUMBER}\s*(?:x|times|倍|\*)?\s*(?:the )?atr\s*(?:的)?\s*(?:stop[- ]?loss|stop|止损)"),
    ("stop_loss", rf"{_NUMBER}\s*(?:%|percent)\s*(?:的)?\s*(?:stop[- ]?loss|stop|止损)"),
    ("stop_loss", rf"(?:stop[- ]?loss|止损)[^\d,;]{{0,12}}{_NUMBER}\s*(?:%|percent)?"),
    ("take_profit", rf"{_NUMBER}\s*(?:%|percent)\s*(?:的)?\s*(?:take[- ]?profit|profit target|止盈)"),
    ("take_profit", rf"(?:take[- ]?profit|profit target|止盈)[^\d,;]{{0,12}}{_NUMBER}\s*(?:%|percent)?"),
)
_SIZINGS: Final = (
    (
        "risk_adjusted",
        r"risk[- ]adjusted(?: (?:position )?siz\w+)?|风险调整(?:仓位)?|按风险(?:调整)?(?:仓位)?",
    ),
    (
        "percent",
        r"(?:\d+\s*)?(?:%|percent(?:age)?) of (?:my |the )?(?:equity|capital|portfolio|account)|percent(?:age)? sizing|百分比仓位|按(?:权益)?百分比(?:仓位)?|按比例(?:仓位)?|满仓",
    ),
    ("fixed", r"fixed (?:number of shares|size|sizing|position size|lots?)|固定(?:股数|手数|仓位)"),
)
_TICKER: Final = re.compile(r"(?<!\d)(\d{6}\.(?:sh|sz|bj))(?![a-z])")
_FILLERS: Final = re.compile(
    r"create|build|make|write|generate|give me|please|design|want|need|would like|\ba\b|\ban\b|\bthe\b|\bi\b|\bme\b"
    r"|\bfor\b|\bon\b|\bin\b|\bwith\b|\bof\b|\busing\b|\bthat\b|\bwhich\b|\bto\b|\bmy\b|\bis\b|\bit\b|\bat\b|\band\b"
    r"|\bwhen(?:ever)?\b|\bif\b|\bonce\b|\bthen\b|\bor\b|\buse\b|\bset\b|\badd\b"
    r"|trading|strategy|strategies|simple|daily|stock|shares?|long(?:[- ]only)?|position|bars?|candles?|mean[- ]reversion"
    r"|trend[- ]following|momentum|crossover|reversal"
    r"|请|帮我|给我|写|创建|构建|生成|设计|一个|一条|简单|的|策略|交易|量化|日线|股票|当|对|时候?|就|则|如果|若|并且?|且|或者?"
    r"|用|在|我|要|想|使用|基于|做|设置?|加上?|持有|仓位|均值回归|趋势跟踪|反转|[\s\d.,;:!?()%'\"/-]+"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """`body` as `read_blueprint` takes it; the texts tell what of the prompt is in it, and what is not."""

    body: dict[str, Any]
    understood: tuple[str, ...]
    not_understood: tuple[str, ...]


@dataclass(slots=True)
class _Left:
    """A text from which is taken what is understood."""

    text: str

    def take(self, pattern: str) -> re.Match[str] | None:
        found = re.search(pattern, self.text)
        if found is not None:
            self.text = f"{self.text[: found.start()]} {self.text[found.end() :]}"
        return found


def _readable(prompt: str) -> str:
    """In small letters and plain punctuation, without runs that no sentence has: patterns search them again and again."""
    plain = unicodedata.normalize("NFKC", prompt).lower().translate(_PLAIN)
    return _RUNS.sub(" ", _DIGITS.sub(" ", plain))


def read_prompt(prompt: str) -> Reading:
    """Of any text; what is said beyond its first characters is not read, and told so."""
    plain = _readable(prompt)
    left = _Left(plain[:READ_CHARS_MAX])
    understood: list[str] = []
    ticker = left.take(_TICKER.pattern)
    risk = _risk(left, understood)
    sizing = _sizing(left, understood)
    sides, lost = _sides(left.text)
    if len(plain) > READ_CHARS_MAX:
        lost.append(f"what follows the first {READ_CHARS_MAX} characters")
    entry, exit_ = _of_a_side(sides, "entry", lost), _of_a_side(sides, "exit", lost)
    understood += [f"buy: {found.text}" for found in entry] + [f"sell: {found.text}" for found in exit_]
    if not entry and not exit_:
        lost.append("no condition was found: a crossing of two averages was taken")
        entry = [
            Found(
                {"indicator": "sma", "operator": "crosses_above", "params": {"lookback": 20, "against": 50}}
            )
        ]
    body: dict[str, Any] = {
        "asset": ticker[1].upper() if ticker else ASSET,
        "entry": [found.condition for found in entry] or [turned_round(exit_[0].condition, "entry")],
        "exit": [found.condition for found in exit_],
        "position_sizing": sizing,
    }
    body["exit"] = body["exit"] or [turned_round(body["entry"][0], "exit")]
    if risk:
        body["risk"] = risk
    return Reading(body, _told(understood), _told(lost))


def written(reading: Reading) -> str:
    """The code of a reading; comments at its head tell what was understood, and what was not."""
    code = compile_blueprint(read_blueprint(reading.body))
    told = [
        f"# {head}: {'; '.join(texts)}"
        for head, texts in (("Understood", reading.understood), ("Not understood", reading.not_understood))
        if texts
    ]
    return "\n".join([*told, code])


def _of_a_side(sides: dict[str, list[Found]], side: str, lost: list[str]) -> list[Found]:
    """The conditions that a blueprint has on this side; others are told."""
    barred, name = ({"atr"}, "purchase") if side == "entry" else ({"zscore", "bollinger"}, "sale")
    kept = []
    for found in sides[side]:
        if found.condition["indicator"] in barred:
            lost.append(f"{found.text}: a {name} has no {found.condition['indicator']}")
        else:
            kept.append(found)
    return kept


def _risk(left: _Left, understood: list[str]) -> dict[str, Any]:
    risk: dict[str, Any] = {}
    for name, pattern in _RISKS:
        field = "stop_loss" if name == "stop_atr" else name
        if field in risk or (found := left.take(pattern)) is None:
            continue
        amount = float(found[1])
        if not 0 < amount < (100 if field != "take_profit" else 10_000):
            continue
        risk[field] = f"{found[1]}atr" if name == "stop_atr" else amount
        understood.append(found[0])
    return risk


def _sizing(left: _Left, understood: list[str]) -> str:
    for name, pattern in _SIZINGS:
        found = left.take(pattern)
        if found is not None:
            understood.append(found[0])
            return name
    return "fixed"


def _sides(text: str) -> tuple[dict[str, list[Found]], list[str]]:
    sides: dict[str, list[Found]] = {"entry": [], "exit": []}
    lost: list[str] = []
    waiting: list[Found] = []
    side, last = "", None
    for clause in _CLAUSES.split(text):
        pieces = list(_pieces(clause, last))
        for named, piece in pieces:
            found, rest = conditions(piece, last)
            last = found[-1].condition if found else last
            if _FILLERS.sub("", _SIDES.sub("", rest)):
                lost.append(_SIDES.sub("", rest).strip())
            lost += _wrongly_joined(named or side, found, rest)
            if named:
                side = named
                found, waiting = [*waiting, *found], []
            if side:
                sides[side] += found
            else:
                waiting += found
    sides["entry"] += waiting
    return sides, lost


def _wrongly_joined(side: str, found: list[Found], rest: str) -> list[str]:
    """A purchase needs all of its conditions, a sale any of them: what asks for the other is told."""
    if len(found) < 2:
        return []
    if side == "exit" and re.search(r"\band\b|且|同时", rest):
        return ["and: any one of the conditions of a sale is enough here"]
    if side != "exit" and re.search(r"\bor\b|或", rest):
        return ["or: all conditions of a purchase must hold here"]
    return []


def _pieces(clause: str, last: dict[str, Any] | None) -> list[tuple[str, str]]:
    """(side or "", text) of each part of a clause."""
    words = list(_SIDES.finditer(clause))
    if not words:
        return [("", clause)] if clause.strip() else []
    names = [str(word.lastgroup) for word in words]
    before, _ = conditions(clause[: words[0].start()], last)
    if before:
        starts = [0, *(word.end() for word in words[:-1])]
        ends = [*(word.end() for word in words[:-1]), len(clause)]
    else:
        starts = [0, *(word.start() for word in words[1:])]
        ends = [*starts[1:], len(clause)]
    return [(name, clause[start:end]) for name, start, end in zip(names, starts, ends, strict=True)]


def _told(texts: list[str]) -> tuple[str, ...]:
    """Fit for a comment: printable, short, in one line each."""
    plain = (" ".join("".join(c if c.isprintable() else " " for c in text).split()) for text in texts)
    return tuple(dict.fromkeys(text[:TOLD_CHARS_MAX] for text in plain if text))[:TOLD_MAX]
