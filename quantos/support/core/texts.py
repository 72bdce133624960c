"""What notifications say, in English and Chinese. Both take the same placeholders, which a test holds."""

from __future__ import annotations

from typing import Any, Final, Literal

Language = Literal["en", "zh"]

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "ticket.title": ('Your ticket "{title}"', "您的工单「{title}」"),
    "ticket.changed": ("It is now {status}.", "状态变为{status}。"),
    "ticket.reply": ("Reply: {reply}", "回复：{reply}"),
    "ticket.status.open": ("open", "待处理"),
    "ticket.status.in_progress": ("in progress", "处理中"),
    "ticket.status.resolved": ("resolved", "已解决"),
    "ticket.status.closed": ("closed", "已关闭"),
    "tier.title": ("Your tier is now {after}", "您的等级变为 {after}"),
    "tier.message": (
        "It was {before}. You may now have {count} strategies that are not retired.",
        "此前为 {before}。现在最多可有 {count} 个未退役的策略。",
    ),
    "license.approved.title": ("Your licence request is approved", "您的许可证申请已批准"),
    "license.approved.message": (
        "The licence for {customer} can be downloaded: GET /api/v1/deploy/my-license/download.",
        "{customer} 的许可证可以下载：GET /api/v1/deploy/my-license/download。",
    ),
    "license.rejected.title": ("Your licence request is rejected", "您的许可证申请未获批准"),
    "license.rejected.message": (
        "The request for {customer} was rejected: {reply} Submit a new one after addressing this.",
        "{customer} 的申请未获批准：{reply} 请解决后重新提交。",
    ),
    "settlement.title": ("No NAV of {slug} for {trade_date}", "{slug} 在 {trade_date} 没有净值"),
    "settlement.message": (
        "The day is not settled: {reason}. It is made up in order as soon as that is possible.",
        "该日尚未结算：{reason}。条件具备后将按日期顺序补结算。",
    ),
    "settlement.mended": ("Settled since.", "现已结算。"),
    "factor.active.title": ("Factor {name} is active", "因子 {name} 已通过验证"),
    "factor.active.message": (
        "It passed its validation and is tracked out of sample from now on.",
        "已通过验证，从现在起进行样本外跟踪。",
    ),
    "factor.rejected.title": ("Factor {name} is rejected", "因子 {name} 未通过验证"),
    "factor.rejected.message": (
        "It failed its validation: {reasons}. Upload more or better data and submit it again.",
        "未通过验证：{reasons}。请补充或改进数据后重新提交。",
    ),
    "attestation.title": (
        "The signal of {slug} for {trade_date} is not attested",
        "{slug} 在 {trade_date} 的信号尚未存证",
    ),
    "attestation.message": (
        "Its deadline has passed without a commit. It is committed as soon as that is possible, and shown as late.",
        "截止时间已过仍未提交。条件具备后将补提交，并标为迟到。",
    ),
    "attestation.mended": ("Attested since.", "现已存证。"),
    "values.title": ("{name} lacks values of {trade_date}", "{name} 缺少 {trade_date} 的因子值"),
    "values.message": (
        "No values of {factors} are there for the day. They must come before 09:15 of the next trading day.",
        "{factors} 没有该日的因子值，须在下一交易日 09:15 之前上传。",
    ),
    "values.mended": ("The values are there now.", "因子值现已到达。"),
    "portfolio.title": ("No signal of {name} for {trade_date}", "{name} 在 {trade_date} 没有信号"),
    "portfolio.message": (
        "The portfolio has no signal for the day: {reason}. It holds what it has.",
        "该日没有生成信号：{reason}。组合保持现有持仓。",
    ),
    "portfolio.mended": ("A signal was made since.", "此后已生成信号。"),
    "deployment.title": ("No signal of {slug} for {trade_date}", "{slug} 在 {trade_date} 没有信号"),
    "deployment.message": (
        "The deployed code gave no signal for the day: {reason}. The strategy holds what it has.",
        "部署的代码该日没有给出信号：{reason}。策略保持现有持仓。",
    ),
    "deployment.mended": ("It ran since.", "此后已运行成功。"),
}


def say(key: str, language: Language, /, **values: Any) -> str:
    """The text of a key."""
    english, chinese = TEXTS[key]
    return (chinese if language == "zh" else english).format(**values)
