"""What the platform says of its licence, in one line each: in headers, refusals, alarms and the log.

`until` is told as the day in Shanghai on which the mode ends.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from licensing.verify import SHANGHAI
from quantos.license.core.entitlement import Entitlement, Mode, Why

WHY: Final = {
    Why.VALID: "the licence holds",
    Why.TAMPERED: "license.json is not as the vendor signed it",
    Why.OTHER_MACHINE: "the licence is for another machine",
    Why.CLOCK_SET_BACK: "the system's clock has been set back",
    Why.NOT_YET_VALID: "the licence was issued later than the system's clock shows",
    Why.EXPIRED: "the licence has expired",
    Why.NONE: "no licence is installed",
    Why.REMOVED: "the licence that was installed here is gone",
}
"""Without fingerprints, paths or names: anyone may read it."""

WHY_ZH: Final = {
    Why.VALID: "许可证有效",
    Why.TAMPERED: "license.json 与供应商签发的内容不一致",
    Why.OTHER_MACHINE: "许可证属于另一台机器",
    Why.CLOCK_SET_BACK: "系统时钟被回拨",
    Why.NOT_YET_VALID: "许可证的签发时间晚于系统时钟",
    Why.EXPIRED: "许可证已到期",
    Why.NONE: "未安装许可证",
    Why.REMOVED: "原先安装的许可证已不在",
}
"""The same."""

EDITIONS: Final = {
    "standard": "standard edition",
    "test": "test edition",
    "evaluation": "evaluation edition",
    "none": "without a valid licence",
}
EDITIONS_ZH: Final = {"standard": "正式版", "test": "测试版", "evaluation": "评估版", "none": "无有效许可证"}


def warning(found: Entitlement) -> str:
    """One line of ASCII."""
    why = WHY[found.why]
    if found.mode is Mode.LICENSED:
        return f"{why}, edition {found.edition}, until {ends_on(found)}"
    if found.mode is Mode.EVALUATION:
        return f"evaluation until {ends_on(found)}: {why}"
    if found.mode is Mode.GRACE:
        return f"{why}: new submissions are taken until {ends_on(found)}"
    if found.why is Why.NONE:
        return "the evaluation is over and no licence is installed: no new submissions are taken"
    return f"{why}: no new submissions are taken"


def notice(found: Entitlement, lang: str) -> str | None:
    """What pages for people say of the edition, in `zh` or else in English; nothing where a standard licence holds."""
    if found.mark is None and found.mode is Mode.LICENSED:
        return None
    if lang == "zh":
        return f"QuantOS {EDITIONS_ZH[found.edition]} · {_in_chinese(found)}"
    return f"QuantOS {EDITIONS[found.edition]} · {warning(found)}"


def _in_chinese(found: Entitlement) -> str:
    why, ends = WHY_ZH[found.why], "" if found.until is None else _day(found.until)
    if found.mode is Mode.RESTRICTED:
        over = "评估期已结束，" if found.why is Why.NONE else ""
        return f"{over}{why}：不再接受新的提交"
    if found.mode is Mode.GRACE:
        return f"{why}：新的提交接受至 {ends}（上海时间）"
    return f"{why}，有效至 {ends}（上海时间）"


def refusal(found: Entitlement) -> str:
    """To whoever submits something to a restricted platform."""
    return (
        f"{warning(found)}; what is there goes on being settled and published. The operator installs a licence with"
        " quantos license install FILE"
    )


def ends_on(found: Entitlement) -> str:
    """The day in Shanghai, and the time where it is not midnight."""
    if found.until is None:
        return "further notice"
    return f"{_day(found.until)} Shanghai time"


def _day(until: datetime) -> str:
    return until.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M").removesuffix(" 00:00")
