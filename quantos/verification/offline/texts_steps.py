"""The steps by name: key → (English, Chinese). `means.*` says what a failure of the step means."""

from __future__ import annotations

from typing import Final

STEPS: Final[dict[str, tuple[str, str]]] = {
    "step.format": (
        "format: the package is complete and can be read one way",
        "格式：证据包完整且只有一种读法",
    ),
    "means.format": (
        "nothing can be said of this file; nothing else was checked",
        "无法对该文件作出判断，其余各项均未检查",
    ),
    "step.real_record": ("a record: neither simulated nor synthetic", "真实记录：非模拟、非合成行情"),
    "means.real_record": (
        "a replay of the past, or made-up prices, proves nothing about the strategy's future",
        "事后重演或虚构行情，不能证明策略的任何表现",
    ),
    "step.known_rules": ("the rules that settled it are known here", "结算所用规则版本为本验证器所知"),
    "means.known_rules": (
        (
            "the platform settled by a rule table that this verifier does not have: one of the two is older; take the"
            " verifier of the platform's release"
        ),
        "平台结算所用的规则表本验证器没有：两者版本新旧不同，请使用与平台同一版本的验证器",
    ),
    "step.trading_day": ("the exchange traded on the date", "该日为交易日"),
    "means.trading_day": (
        "a day without trading cannot have a settlement; or this verifier's calendar ends too early",
        "休市日不可能有结算；或本验证器的交易日历已到期",
    ),
    "step.signal_hash": ("signal hash recomputes", "信号哈希可重算"),
    "means.signal_hash": (
        "the signal, date, slug or nonce shown is not the one that was committed to",
        "所示的信号、日期、slug 或随机数并非当时承诺的那一份",
    ),
    "step.symbols_hash": ("symbols hash recomputes", "标的哈希可重算"),
    "means.symbols_hash": ("the list of symbols is not the one that was hashed", "标的列表与哈希不符"),
    "step.weights": ("weights valid: each in (0, 1], no leverage", "权重合法：均在 (0, 1] 内，无杠杆"),
    "means.weights": ("such a signal is refused by the rules of the platform", "平台规则不接受这样的信号"),
    "step.deadline": ("deadline stated as date and price give it", "截止时间与日期、成交价方式相符"),
    "means.deadline": (
        "the package names a deadline, or a submission, that the rules do not allow",
        "证据包所称的截止时间或提交时间不合规则",
    ),
    "step.attested": ("the day's attestation carries the hash", "当日存证文件载有该哈希"),
    "means.attested": (
        "nobody can show that this signal, and no other, stood before the day was known",
        "无法证明该信号（而非别的信号）在当日行情揭晓之前已经存在",
    ),
    "step.in_time": ("committed before the deadline", "在截止时间之前提交存证"),
    "means.in_time": (
        "the commitment may have been made with the day's prices at hand",
        "该承诺可能是在看到当日价格之后作出的",
    ),
    "step.bars": ("bars fit together", "行情自洽"),
    "means.bars": (
        "a bar contradicts itself or the rules of its board",
        "行情自相矛盾，或与所属板块规则不符",
    ),
    "step.limits": (
        "price limits possible for board, date and reference",
        "涨跌停价符合板块、日期与前收盘价",
    ),
    "means.limits": (
        "with wrong limits, orders fill that the market would not have filled, or the reverse",
        "涨跌停价有误时，本不能成交的订单会成交，或相反",
    ),
    "step.events": ("corporate actions fit the price gap", "公司行为与价格缺口相符"),
    "means.events": ("cash or shares may have been made out of nothing", "可能凭空产生了现金或股份"),
    "step.trades": ("orders, trades and fees fit each other", "订单、成交与费用相互吻合"),
    "means.trades": (
        "a trade or a fee is not what order, price and rates give",
        "成交或费用与订单、价格、费率不符",
    ),
    "step.books": ("shares and cash add up", "股份与现金勾稽"),
    "means.books": (
        "holdings or cash appeared or vanished without a trade or a corporate action",
        "持仓或现金无成交、无公司行为而增减",
    ),
    "step.nav": ("positions * close + cash = NAV", "持仓 * 收盘价 + 现金 = 净值"),
    "means.nav": ("the NAV shown is not the value of what is held", "所示净值并非持仓的价值"),
    "step.settled_again": ("settled again from the bars, to the mill", "用行情重新结算，精确到厘"),
    "means.settled_again": (
        "the published day does not follow from the holdings, the signal and the bars by the published rules",
        "按公布的规则，由持仓、信号与行情得不出所公布的结果",
    ),
    "step.nav_digest": ("NAV digest recomputes", "净值摘要可重算"),
    "means.nav_digest": ("the package was changed after its digest was made", "证据包在生成摘要之后被改动"),
    "step.digest_committed": ("the committed digest is this package's", "存证的摘要即本证据包的摘要"),
    "means.digest_committed": (
        "what is shown today is not what was fixed when the day was settled",
        "现在展示的并非当日结算时固定下来的内容",
    ),
    "step.chain": ("each day begins where the day before ended", "每日起点即前一日终点"),
    "means.chain": (
        "between two days cash, holdings or terms were exchanged",
        "两日之间现金、持仓或条款被调换",
    ),
    "step.no_day_missing": ("no trading day missing", "没有缺失的交易日"),
    "means.no_day_missing": ("bad days can hide in a gap", "缺口里可能藏着亏损的日子"),
    "step.closes_continue": ("last closes continue the day before", "前收盘价与前一日收盘价衔接"),
    "means.closes_continue": (
        "money was made of a price gap that the day before does not show",
        "由前一日并不存在的价格缺口产生了收益",
    ),
    "step.same_bars": ("one bar a symbol and date in all packages", "同一标的同一日的行情在各证据包中一致"),
    "means.same_bars": ("two strategies were settled by different prices", "两个策略用了不同的价格结算"),
    "step.track_record": ("the track record shows these NAVs", "公开业绩与净值一致"),
    "means.track_record": ("the curve on show is not the one that is proved", "展示的曲线并非被证明的曲线"),
    "step.history": ("the repository's history only grew", "存证仓库的历史只增不改"),
    "means.history": ("commitments may have been exchanged afterwards", "承诺可能在事后被调换"),
    "step.signatures": ("commits are signed by a given key", "提交由给定的密钥签名"),
    "means.signatures": ("somebody else may have written these commits", "这些提交可能出自他人之手"),
    "step.readable": ("every file can be read as what it is named", "每个文件都可按其名称读取"),
    "means.readable": ("what a file says cannot be judged", "无法判断该文件的内容"),
    "step.on_trading_days": ("every trade date is a trading day", "每个交易日期都是交易日"),
    "means.on_trading_days": ("nobody traded on those days", "这些日子没有交易"),
    "step.all_in_time": ("every entry was committed before its deadline", "每条存证都在截止时间之前提交"),
    "means.all_in_time": (
        "such an entry shows that the hash existed at its commit, and nothing about the time before",
        "这样的存证只说明哈希在提交时已存在，不能说明更早的时间",
    ),
    "step.unchanged": ("no entry was changed or removed afterwards", "没有存证在事后被改动或删除"),
    "means.unchanged": ("what once stood there is not what stands there now", "原先的内容与现在的内容不同"),
    "step.hashes_unique": ("no hash stands twice", "没有重复的哈希"),
    "means.hashes_unique": (
        "the hash binds neither strategy nor date: it may be reused for whichever does well",
        "哈希既不绑定策略也不绑定日期：可被事后挑选的策略或日期使用",
    ),
    "step.digests_kept": ("settlement digests were only added", "结算摘要只增不改"),
    "means.digests_kept": ("a settled day was exchanged", "已结算的日子被调换"),
    "step.real_times": ("the commit times were not chosen", "提交时间并非人为设定"),
    "means.real_times": (
        "a replay of the past: nothing shows what was known when",
        "事后重演：不能说明何时知道了什么",
    ),
    "step.all_signed": ("every commit is signed by a given key", "每个提交都由给定的密钥签名"),
    "means.all_signed": ("somebody else may have written these commits", "这些提交可能出自他人之手"),
}
