"""What was found, by code: key → (English, Chinese)."""

from __future__ import annotations

from typing import Final

from quantos.verification.offline.texts_repository import REPOSITORY

_DIFFERS: Final = ("{what}: expected {expected}, found {found}", "{what}：应为 {expected}，实为 {found}")

_SIGNAL: Final[dict[str, tuple[str, str]]] = {
    "malformed": ("{where}: expected {expected}, found {found}", "{where}：应为 {expected}，实为 {found}"),
    "differs": _DIFFERS,
    "day_twice": (
        "two different packages of {date}: {found} is not the same as another",
        "{date} 有两份不同的证据包：{found} 与另一份不同",
    ),
    "simulated": (
        "a simulation with hindsight (--allow-simulated accepts it)",
        "事后模拟（可用 --allow-simulated 接受）",
    ),
    "times_simulated": (
        (
            "the repository's file SIMULATED says that its commit times were set by hand (--allow-simulated"
            " accepts it)"
        ),
        "仓库的 SIMULATED 文件说明其提交时间由人为设定（可用 --allow-simulated 接受）",
    ),
    "synthetic": (
        "the market is synthetic: nobody traded it (--allow-simulated accepts it)",
        "合成行情，并非真实成交（可用 --allow-simulated 接受）",
    ),
    "rules_unknown": (
        "rules version: this verifier knows {expected}, the package was settled by {found}",
        "规则版本：本验证器所知为 {expected}，证据包所用为 {found}",
    ),
    "rules_do_not_reach": (
        "the rule table begins on {expected}; the package is of {found}",
        "规则表始于 {expected}，证据包日期为 {found}",
    ),
    "calendar_ends": (
        "this verifier's calendar ends on {expected}; {found} lies beyond: take a newer verifier",
        "本验证器的日历止于 {expected}，{found} 超出范围：请使用更新的验证器",
    ),
    "not_a_trading_day": ("the exchange was closed on {found}", "{found} 交易所休市"),
    "hash_differs": (
        "expected {expected}, the hash of slug, date, signals and nonce as shown; found {found}",
        "由所示 slug、日期、信号与随机数算得 {expected}，实为 {found}",
    ),
    "weight_out_of_range": (
        "{symbol}: weight {found} is not in (0, 1]",
        "{symbol}：权重 {found} 不在 (0, 1] 内",
    ),
    "symbol_twice": ("{symbol} stands twice in the signal", "{symbol} 在信号中出现两次"),
    "leverage": ("the weights sum to {found}, more than 1", "权重之和为 {found}，超过 1"),
    "submitted_late": (
        "submitted at {found}, not before the deadline {expected}",
        "提交时间 {found} 不早于截止时间 {expected}",
    ),
    "hold_day": ("a hold day: there was no signal", "持有日：当日没有信号"),
    "no_repository": (
        "no attestation repository was given (--attestations REPO; --allow-unattested does without)",
        "未提供存证仓库（用 --attestations 指定；--allow-unattested 可免）",
    ),
    "nothing_committed": (
        (
            "the package says of itself that nothing of this day was committed to an attestation repository: only its"
            " publisher's word stands for it (--allow-unattested accepts that)"
        ),
        "证据包自称当日没有任何内容存证：仅有发布者的说法为凭（可用 --allow-unattested 接受）",
    ),
    "no_repository_published": (
        "the platform publishes no attestation repository (--allow-unattested does without)",
        "平台没有公开存证仓库（--allow-unattested 可免）",
    ),
    "no_track_record": (
        "no track record was given: the strategy's public URL has it, and a folder that --save has left",
        "未提供公开业绩：策略的公开网址或 --save 留下的目录中有",
    ),
    "no_keys": (
        "no keys were given (--allowed-signers FILE, --gpg-keys FILE)",
        "未提供密钥（--allowed-signers 文件、--gpg-keys 文件）",
    ),
    "one_day": (
        "one day alone was given: a folder of all days, or the strategy's public URL, shows more",
        "只提供了一日：提供全部日期的目录或策略的公开网址可检查更多",
    ),
    "no_common_day": (
        "no day was given of two strategies, so no bar stands in two packages",
        "没有两个策略的同一日：没有行情出现在两份证据包中",
    ),
    "simulated_throughout": (
        "the record and its packages say alike that this is a simulation; the curve is theirs",
        "公开业绩与各证据包一致说明这是模拟；曲线与证据包相符",
    ),
    "synthetic_throughout": (
        "the record and its packages say alike that the market is synthetic; the curve is theirs",
        "公开业绩与各证据包一致说明行情为合成；曲线与证据包相符",
    ),
    "mark_differs": (
        "the record and its packages do not say alike whether this is {what} (--allow-simulated accepts it)",
        "公开业绩与各证据包对标记 {what} 说法不一（可用 --allow-simulated 接受）",
    ),
    "hidden_on_hold_day": (
        (
            "{count} of the day's entries hide their strategy's name: that none is a signal of this strategy, left out,"
            " nothing here shows"
        ),
        "当日有 {count} 条存证隐去了策略名称：其中是否有本策略被漏掉的信号，此处无从证明",
    ),
    "signal_left_out": (
        (
            "a signal {found} was committed for this day (commit {commit}), and the package settles none: no pause or"
            " retirement from before the deadline is in the repository's statuses, so a signal was left out"
        ),
        (
            "当日有已存证的信号 {found}（提交 {commit}），证据包却没有结算它：仓库的 statuses 中没有截止之前的暂停或退役，"
            "即漏掉了信号"
        ),
    ),
    "hold_explained": (
        "a signal was committed and does not count: the strategy was {status} at {found}, committed at {committed} (commit {commit})",
        "当日有已存证但不生效的信号：策略于 {found} 变为 {status}，存证于 {committed}（提交 {commit}）",
    ),
    "status_late": (
        (
            "a signal {found} was committed for this day, and the package settles none: that the strategy was {status} was"
            " committed at {at} (commit {commit}), not before the deadline {expected}, and explains nothing"
        ),
        (
            "当日有已存证的信号 {found}，证据包却没有结算它：策略变为 {status} 的存证时间 {at}（提交 {commit}）不早于截止时间"
            " {expected}，不能作为解释"
        ),
    ),
    "status_changed": (
        (
            "a signal {found} was committed for this day, and the package settles none: the entry that the strategy was"
            " {status} (commit {commit} of {at}, deadline {expected}) was changed afterwards, and explains nothing"
        ),
        (
            "当日有已存证的信号 {found}，证据包却没有结算它：策略变为 {status} 的存证（{at} 的提交 {commit}，截止时间 {expected}）"
            "事后被改动，不能作为解释"
        ),
    ),
    "settled_though_void": (
        "the repository says that the strategy was {status} at {found} (commit {commit}), and the package settles a signal",
        "仓库记载策略于 {found} 已变为 {status}（提交 {commit}），证据包却结算了信号",
    ),
    "resumed_late": (
        (
            "the repository says that the strategy was {status} at {found} (commit {commit}); that it was active again was"
            " committed at {at} only, not before the deadline {expected}"
        ),
        (
            "仓库记载策略于 {found} 已变为 {status}（提交 {commit}）；恢复的存证时间 {at} 不早于截止时间 {expected}"
        ),
    ),
    "claimed_entry_missing": (
        "the package says that the hash {expected} was committed; the repository has no entry of it for {found}",
        "证据包声称哈希 {expected} 已存证，但仓库中 {found} 没有这一条",
    ),
    "never_committed": (
        (
            "the repository has no entry of the hash {expected} for {found}, and the package says of itself that its signal"
            " was not committed (--allow-unattested accepts that)"
        ),
        "仓库中 {found} 没有哈希 {expected}，证据包也自称其信号没有存证（可用 --allow-unattested 接受）",
    ),
    "hash_of_another": (
        "the hash {expected} was committed for another strategy, {owner}",
        "哈希 {expected} 是为另一策略 {owner} 存证的",
    ),
    "entry_differs": (
        "expected {expected}, the package's hash; the repository's entry has {found}",
        "证据包的哈希为 {expected}，仓库中的存证为 {found}",
    ),
    "entry_replaced": (
        "the entry was changed after it had been committed: {expected} became {found} in commit {commit} of {at}",
        "存证在提交之后被改动：{expected} 在 {at} 的提交 {commit} 中变为 {found}",
    ),
    "entry_redated": (
        "the entry was given another time after it had been committed: {expected} became {found} in commit {commit}",
        "存证在提交之后被改时间：{expected} 在提交 {commit} 中变为 {found}",
    ),
    "entry_edited": (
        "the entry was edited after it had been committed, in commit {commit} of {at}",
        "存证在提交之后于 {at} 的提交 {commit} 中被编辑",
    ),
    "entry_removed": (
        "the entry was taken away again in commit {commit} of {at}",
        "存证在 {at} 的提交 {commit} 中被删除",
    ),
    "entry_doubled": (
        "the entry stands twice in one file: {expected} and {found} in commit {commit} of {at}",
        "同一文件中有两条存证：{expected} 与 {found}，见 {at} 的提交 {commit}",
    ),
    "hidden_entry": (
        "the entry hides the strategy's name: whether it is the only one of this day nothing here shows",
        "存证隐去了策略名称：当日是否只有这一条，此处无从证明",
    ),
    "commit_unknown": (
        (
            "the package names commit {found}, and the repository's history (head {expected}) has no such commit: the"
            " history was rewritten, or this is another repository"
        ),
        "证据包所称提交 {found} 不在仓库历史中（最新提交 {expected}）：历史被改写，或并非同一仓库",
    ),
    "no_entry_to_date": ("there is no commit of this hash to date", "没有该哈希的提交可供判断时间"),
    "commit_late": (
        "committed at {found}, {late_by} after the deadline {expected}",
        "提交于 {found}，晚于截止时间 {expected} 达 {late_by}",
    ),
    "pushed": (
        "pushed: a remote's own log has the commit at {found}",
        "pushed：远端自己的日志记录其于 {found} 收到该提交",
    ),
    "self_dated": (
        "self-dated: the commit says {found} of itself",
        "self-dated：提交自称时间为 {found}",
    ),
}

_SETTLEMENT: Final[dict[str, tuple[str, str]]] = {
    "suspended_but_traded": (
        "{symbol}: marked {block} with a volume of {found}",
        "{symbol}：标为 {block}，成交量却为 {found}",
    ),
    "not_traded_but_open": (
        "{symbol}: nothing blocks orders in it, yet it has no volume or no price",
        "{symbol}：没有成交量或价格，却未标明不可交易",
    ),
    "limits_impossible": (
        "{symbol}: limits {found}; the rules allow {expected}",
        "{symbol}：涨跌停价为 {found}，规则允许 {expected}",
    ),
    "action_beside_the_gap": (
        (
            "{symbol}: the announced action ({bonus} shares and {cash} mills a million) does not make the reference"
            " {pre_close} of the last close {last_close}: see whether it was announced"
        ),
        (
            "{symbol}：公布的除权除息（每百万股送 {bonus} 股、派 {cash} 厘）与前收 {last_close}、"
            "除权参考价 {pre_close} 不符：请核对公告"
        ),
    ),
    "unexplained_held": (
        "{symbol}: the reference {pre_close} after {last_close} is unexplained, and it is held: the day had to wait",
        "{symbol}：前收盘 {last_close} 之后的参考价 {pre_close} 无从解释且有持仓：当日本应等待",
    ),
    "event_does_not_fit": (
        "{symbol}: a last close of {last_close} and a reference of {pre_close} do not make the event {found}",
        "{symbol}：前收盘 {last_close}、参考价 {pre_close} 与事件 {found} 不符",
    ),
    "trade_missing": (
        "{symbol}: the order filled, and there is no trade",
        "{symbol}：订单已成交却没有成交记录",
    ),
    "trade_without_order": ("{symbol}: a trade without an order that filled", "{symbol}：成交没有对应的订单"),
    "traded_without_rules": (
        "{symbol}: a trade on a board without rules that day",
        "{symbol}：该板块当日没有规则却有成交",
    ),
    "traded_without_bar": ("{symbol}: a trade without a bar", "{symbol}：没有行情却有成交"),
    "empty_position": ("{symbol}: a position of no shares", "{symbol}：持仓数量为零"),
    "cash_below_zero": ("cash is {cash}, below zero", "现金为 {cash}，低于零"),
    "unexplained_reference_held": (
        "{symbol} is held and its reference price is unexplained: the day had to wait for an explanation",
        "{symbol} 有持仓而参考价无从解释：当日本应等待",
    ),
    "terms_missing": (
        "{symbol} is held through a corporate action whose terms the package does not give",
        "{symbol} 持仓经历公司行为，证据包却未给出条款",
    ),
    "swap_without_price": (
        "{symbol} became {into}, which had no price: the day had to wait",
        "{symbol} 换为尚无价格的 {into}：当日本应等待",
    ),
    "shares_below_zero": (
        "{symbol}: the terms of its corporate action leave less than no shares",
        "{symbol}：公司行为条款使持仓为负",
    ),
    "row_unexpected": ("{what}: {symbol} should not be there", "{what}：不应有 {symbol}"),
    "row_missing": ("{what}: {symbol} is missing", "{what}：缺少 {symbol}"),
    "digest_differs": (
        "expected {expected}, the digest of the package as shown; found {found}",
        "由所示证据包算得 {expected}，实为 {found}",
    ),
    "changed_in_silence": (
        "revision {revision} of the day was never committed: the day was changed in silence",
        "当日的第 {revision} 版从未存证：该日被悄悄改动",
    ),
    "digest_claimed_missing": (
        "the package says that its digest was committed; the repository has none for revision {revision} of {found}",
        "证据包声称摘要已存证，但仓库中没有 {found} 第 {revision} 版的摘要",
    ),
    "digest_never_committed": (
        (
            "the repository has no digest of revision {revision} of {found}, and the package says of itself that none was"
            " committed (--allow-unattested accepts that)"
        ),
        "仓库中没有 {found} 第 {revision} 版的摘要，证据包也自称没有存证（可用 --allow-unattested 接受）",
    ),
    "committed_differs": (
        "changed after it was settled: {what} was committed as {expected}, the package has {found}",
        "结算之后被改动：{what} 存证时为 {expected}，证据包为 {found}",
    ),
    "settled_too_early": (
        "the digest was committed at {found}, before 18:15 of its day, when nothing was settled yet",
        "摘要提交于 {found}，早于当日 18:15，其时尚未结算",
    ),
    "digest_dated": ("digest committed at {found}", "摘要提交于 {found}"),
    "revisions_differ": (
        "the repository has revisions up to {expected}, the package speaks of revisions up to {found}",
        "仓库中有至第 {expected} 版，证据包只提到第 {found} 版",
    ),
}

_RUN: Final[dict[str, tuple[str, str]]] = {
    "begins_in_the_middle": (
        "the first package is of {found}, not the strategy's first day: what came before is taken as given",
        "最早的证据包是 {found}，并非策略首日：此前的内容未经检查",
    ),
    "revision_withheld": (
        (
            "{found} was settled again, and the package of its revision {revision} is not published: that it had the NAV"
            " which the record says nothing shows"
        ),
        "{found} 曾重新结算，但第 {revision} 版的证据包没有公布：无从证明当时的净值确如所称",
    ),
    "revision_not_given": (
        "{found} was settled again; the package of its revision {revision} was not given, so its NAV is not checked",
        "{found} 曾重新结算；未提供第 {revision} 版的证据包，其净值未检查",
    ),
    "day_missing": ("{found} is a trading day and has no package", "{found} 是交易日，却没有证据包"),
    "bars_differ": (
        "{symbol} on {date}: {one} and {other} have different bars",
        "{symbol} 在 {date}：{one} 与 {other} 的行情不同",
    ),
    "record_without_package": (
        "the track record shows {found}; there is no package of it",
        "公开业绩有 {found}，却没有证据包",
    ),
    "package_without_record": (
        "there is a package of {found}; the track record does not show it",
        "有 {found} 的证据包，公开业绩却没有",
    ),
    "record_begins_in_the_middle": (
        "the track record begins on {found}, and its package begins with holdings of the day before: days were left out",
        "公开业绩始于 {found}，而其证据包承接前一日的持仓：此前的日期被略去",
    ),
    "settled_not_shown": (
        "{found} was settled (digest in commit {commit}); the track record does not show it",
        "{found} 已结算（摘要见提交 {commit}），公开业绩却没有",
    ),
    "history_rewritten": (
        "commit {found} was once in this history and is gone: the history was rewritten",
        "提交 {found} 曾在历史中，现已消失：历史被改写",
    ),
    "time_goes_back": (
        "commit {commit} says {found}, earlier than the commit before it ({expected})",
        "提交 {commit} 自称 {found}，早于其前一个提交（{expected}）",
    ),
    "signature_bad": (
        "commit {commit}: the signature is forged or broken",
        "提交 {commit}：签名系伪造或已损坏",
    ),
    "signature_of_unknown_key": (
        "commit {commit}: signed, by a key that is not among those given",
        "提交 {commit}：签名所用密钥不在给定之列",
    ),
    "signature_expired": (
        "commit {commit}: the signature or its key has expired",
        "提交 {commit}：签名或密钥已过期",
    ),
    "signature_revoked": ("commit {commit}: the key has been revoked", "提交 {commit}：密钥已吊销"),
    "signature_missing": ("commit {commit}: not signed", "提交 {commit}：没有签名"),
    "signature_unchecked": (
        "commit {commit}: git could not check the signature with the keys given",
        "提交 {commit}：git 无法用给定的密钥检查签名",
    ),
}

FINDINGS: Final[dict[str, tuple[str, str]]] = {
    f"found.{code}": text for code, text in (_SIGNAL | _SETTLEMENT | _RUN | REPOSITORY).items()
}
