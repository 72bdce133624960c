"""What `quantos settle --restate` says: key → (English, Chinese)."""

from __future__ import annotations

from typing import Final

RESTATE: Final[dict[str, tuple[str, str]]] = {
    "restate.alone": (
        "{option} belongs to a restatement: quantos settle --restate --from DATE --reason TEXT",
        "{option} 仅用于重新结算：quantos settle --restate --from DATE --reason TEXT",
    ),
    "restate.needs": (
        "a restatement needs the first day and the reason: quantos settle --restate --from DATE --reason TEXT",
        "重新结算需要首日和原因：quantos settle --restate --from DATE --reason TEXT",
    ),
    "restate.no_date": (
        "--date does not go with --restate: every settled day from --from on is settled again",
        "--date 不能与 --restate 同用：自 --from 起的每个已结算交易日都会重新结算",
    ),
    "restate.under_way": ("settling again from {first}", "正在自 {first} 起重新结算"),
    "restate.settling": (
        "settling again from {first}: {done} of {total:strategy-day|strategy-days}",
        "正在自 {first} 起重新结算：{done} / {total} 策略日",
    ),
    "restate.finished_first": (
        "the restatement is finished first; Ctrl-C again leaves at once, and what is not committed then never was",
        "将先完成重新结算；再按一次 Ctrl-C 立即退出，尚未提交的内容全部作废",
    ),
    "restate.server_goes_on": (
        "interrupted: the server at {url} goes on with the restatement; GET /api/v1/admin/restatements shows it when it is done",
        "已中断：{url} 的服务会继续重新结算；完成后可在 GET /api/v1/admin/restatements 查看",
    ),
    "restate.interrupted": (
        "interrupted, when the restatement was done",
        "已中断，但重新结算已完成",
    ),
    "restate.days": (
        "{first} to {last}: {days:strategy-day|strategy-days} settled again",
        "{first} 至 {last}：重新结算 {days} 个策略日",
    ),
    "restate.nothing": (
        "nothing came out otherwise: every row stands as it was, and nothing is restated",
        "结果没有任何变化：所有记录保持原样，未产生重述",
    ),
    "restate.dry": ("dry run: nothing was changed", "试运行：未作任何更改"),
    "restate.done": (
        "restatement {number}: what stood before is kept, and the public record shows it and why",
        "第 {number} 次重述：原记录已保留，公开记录会显示重述及其原因",
    ),
    "restate.changed": (
        "{days:strategy-day comes|strategy-days come} out otherwise, of {strategies:strategy|strategies}; {bars:bar|bars} and {actions:corporate action|corporate actions} of settled days are new or corrected",
        "{days} 个策略日的结果改变，涉及 {strategies} 个策略；已结算交易日中新增或更正日线 {bars} 条、公司行为 {actions} 条",
    ),
    "restate.largest": (
        "largest change of a NAV: {slug} on {day}, {before} to {after} CNY ({change})",
        "净值变化最大：{slug}，{day}，由 {before} 元变为 {after} 元（{change}）",
    ),
    "restate.navs.would": (
        "{count:NAV|NAVs} would change, in CNY:",
        "将有 {count} 个净值改变（元）：",
    ),
    "restate.navs": ("{count:NAV|NAVs} changed, in CNY:", "{count} 个净值已改变（元）："),
    "restate.navs.more": (
        "and {count} more; --json names the first {named}",
        "另有 {count} 个；--json 列出前 {named} 个",
    ),
    "restate.col.day": ("day", "交易日"),
    "restate.col.slug": ("strategy", "策略"),
    "restate.col.before": ("from", "原净值"),
    "restate.col.after": ("to", "新净值"),
    "restate.col.change": ("change", "变化"),
    "restate.changed.would": (
        "{days:strategy-day would come|strategy-days would come} out otherwise, of {strategies:strategy|strategies}; {bars:bar|bars} and {actions:corporate action|corporate actions} of settled days are new or corrected",
        "将有 {days} 个策略日的结果改变，涉及 {strategies} 个策略；已结算交易日中新增或更正日线 {bars} 条、公司行为 {actions} 条",
    ),
    "restate.inferred": (
        "newly inferred from the data: {symbol} on {day}, {event}, held by {strategies:strategy|strategies}; check that it happened; where it did not, correct the pre_close of {symbol} on {day} too",
        "由新数据推断出的新事件：{symbol}，{day}，{event}，涉及 {strategies} 个策略；请核实确有其事；若无此事，请一并更正 {symbol} 在 {day} 的 pre_close（前收盘价）",
    ),
    "restate.inferred_more": ("and {count:more event|more events}", "另有 {count} 个事件"),
    "restate.event.inferred_cash": ("a payment in cash", "现金分红"),
    "restate.event.inferred_shares": ("new shares", "送转股"),
    "restate.backfilled": (
        "{count:backfilled curve is|backfilled curves are} made anew",
        "{count} 条回填曲线已重新计算",
    ),
}

RESTATE_HELP: Final[dict[str, str]] = {
    "Settle every strategy that is due, up to a trading day; earlier days without a NAV come first. The server does it"
    " by itself at 18:15. With --restate, settle settled days again: --restate --from DATE --reason TEXT.": (
        "结算所有到期的策略，直至某个交易日；此前缺少净值的交易日先行结算。服务会在 18:15 自动结算。使用 --restate 时，重新结算已结算的交易日："
        "--restate --from 日期 --reason 文本。"
    ),
    "Last trading day to settle, such as 2024-01-02; what is missing before it is settled first; default: today, or the"
    " last trading day before. A day is settled from 18:15 on, Shanghai time.": (
        "结算到哪个交易日为止，例如 2024-01-02；此前缺少的先行结算；默认：今天，或之前最近的交易日。当日 18:15（上海时间）起才能结算。"
    ),
    "Settle settled days again, with corrected data or rules: NAVs that change are published as revised, with the reason,"
    " beside what stood before. Needs --from and --reason; look first with --dry-run.": (
        "用更正后的行情或规则重新结算已结算的交易日：改变的净值连同原因作为修订公布，原记录予以保留。须同时给出 --from 与 --reason；可先用 --dry-run 查看。"
    ),
    "With --restate: the first day to settle again; every settled day after it follows.": (
        "与 --restate 同用：重新结算的首日；其后所有已结算的交易日随之重新结算。"
    ),
    "With --restate: why; shown with the public record.": "与 --restate 同用：原因，会随公开记录显示。",
    "With --restate: a file or folder of corrected market data, imported together with it.": (
        "与 --restate 同用：更正后的行情文件或目录，与重新结算一并导入。"
    ),
    "With --restate: tell what would change, and change nothing.": "与 --restate 同用：只显示将有哪些变化，不作更改。",
}
