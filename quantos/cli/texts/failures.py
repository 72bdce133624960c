"""Why strategies or a day are not settled, and what to do, in Chinese; in English the platform says it itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

NAMED_MAX: Final = 5

_REASONS: Final[dict[tuple[str, bool], str]] = {
    (
        "unexplained_reference",
        True,
    ): "{symbol} 的参考价为 {reference}，而前收盘价为 {last_close}，没有公司行为可以解释",
    ("no_price", True): "持仓将转换为 {symbol}，而该标的尚无价格",
    ("overflow", True): "{symbol} 的公司行为使金额超出账本范围",
    ("overflow", False): "金额超出账本范围",
}
"""By code, and whether a symbol is named."""

_FILES: Final[dict[tuple[str, bool], str]] = {
    ("unexplained_reference", True): (
        "FILE 为 corporate_actions.csv，共两行：symbol,ex_date,bonus_per_million,cash_mills_per_million 与"
        " {symbol},{trade_date},0,0（未发生公司行为时填零，否则填每百万股的送转股数与现金厘数）；若参考价有误，则 FILE 含 {symbol} 在 {trade_date} 的日线及正确的 pre_close"
    ),
    ("no_price", True): "FILE 含 {symbol} 在 {trade_date} 的日线",
    ("overflow", True): "FILE 为 corporate_actions.csv，含 {symbol} 在 {trade_date} 的更正行",
    ("overflow", False): "FILE 含 {trade_date} 更正后的日线或公司行为",
}

_IMPORT: Final = "quantos market import FILE，导入后立即结算；"
_RESTATE: Final = (
    "quantos settle --restate --from {restate_from} --reason TEXT --data FILE，重新结算时一并结算"
    "（前后已有结算完毕的交易日，单纯导入不会生效）；"
)


def in_chinese(failed: Mapping[str, Any]) -> tuple[str, str] | None:
    """Reason and remedy; None where the reason is of a kind that has no words here."""
    kind = failed["code"], failed["symbol"] is not None
    if kind not in _REASONS:
        return None
    way = _RESTATE if failed["restate_from"] else _IMPORT
    return f"{failed['code']}：{_REASONS[kind].format_map(failed)}", (way + _FILES[kind]).format_map(failed)


def waiting_in_chinese(waiting: Mapping[str, Any]) -> tuple[str, str]:
    """Of a day that waits for market data: for what, and what to do."""
    day, expected, present = waiting["trade_date"], waiting["expected"], waiting["present"]
    bars = f"{day} 的日线"
    if not expected:
        reason, bars = "前一交易日没有日线，无从得知应有哪些标的", f"{day} 及前一交易日的日线"
    elif not present:
        reason = f"整日缺失，前一日成交的 {expected:,} 个标的均无日线"
    else:
        named = "、".join(waiting["missing"][:NAMED_MAX])
        more = expected - present - min(len(waiting["missing"]), NAMED_MAX)
        beyond = f" 等，另有 {more:,} 个" if more else ""
        reason = f"前一日成交的 {expected:,} 个标的中有 {present:,} 个有日线，缺 {named}{beyond}"
    remedy = f"quantos market fetch，或 quantos market import PATH 导入{bars}，导入后立即结算"
    if waiting["quarantined"]:
        remedy += (
            f"；该日有 {waiting['quarantined']:,} 行被拒收进入隔离区，原因见"
            f" GET /api/v1/admin/quarantine?first={day}&last={day}"
        )
    return reason, f"{remedy}；若不会再有数据，可用 POST /api/v1/admin/market/accept 放行该日"
