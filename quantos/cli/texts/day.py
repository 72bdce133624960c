"""What `quantos day` says."""

from __future__ import annotations

from typing import Final

DAY: Final[dict[str, tuple[str, str]]] = {
    "day.live": (
        "{path} runs in live time: days are played in a directory that quantos serve --simulate TIMESTAMP made",
        "{path} 以真实时间运行：只有 quantos serve --simulate TIMESTAMP 新建的目录可以推演日子",
    ),
    "day.past": (
        "{day} is over: the clock stands at {now}; quantos job list shows what ran last",
        "{day} 已经过去：时钟现在是 {now}；quantos job list 显示上一次运行的任务",
    ),
    "day.closed": (
        "{day} is no trading day: no job runs on it. The next one is {following}",
        "{day} 不是交易日，没有任务运行。下一个交易日是 {following}",
    ),
    "day.beyond": (
        "{day} lies beyond the trading calendar: import the exchange's next list with quantos calendar import FILE",
        "{day} 超出交易日历的范围：请用 quantos calendar import FILE 导入交易所的下一份日历",
    ),
    "day.before": (
        "Before {day}, {jobs:job|jobs} of earlier days ran first.",
        "{day} 之前，先运行了此前各日的 {jobs} 个任务。",
    ),
    "day.took": ("took", "用时"),
    "day.did": ("what it did", "做了什么"),
    "day.seconds": ("{seconds} s", "{seconds} 秒"),
    "day.over": ("{day} is over: its jobs took {seconds} s.", "{day} 结束：任务共用时 {seconds} 秒。"),
    "state.earlier": ("ran before", "此前已运行"),
    "fact.portfolios": ("portfolios", "组合"),
    "fact.made": ("made", "已生成"),
    "fact.already": ("already there", "已有"),
    "fact.no_values": ("without values", "缺少因子值"),
    "fact.missed": ("missed", "错过"),
    "fact.committed": ("committed", "已提交"),
    "fact.left": ("left", "剩余"),
    "fact.digests": ("digests", "摘要"),
    "fact.digests_left": ("digests left because of", "摘要未提交原因"),
    "fact.strategies": ("strategies", "策略"),
    "fact.factors": ("factors", "因子"),
    "fact.days": ("days", "天数"),
    "fact.data": ("days without data", "缺少行情的日子"),
    "fact.unattested": ("signals not attested", "未存证信号"),
    "fact.without_values": ("portfolios without values", "缺少因子值的组合"),
}
