"""What `quantos demo` says: key → (English, Chinese)."""

from __future__ import annotations

from typing import Final

_STEPS: Final[dict[str, tuple[str, str]]] = {
    "demo.title": ("QuantOS demo: one day, one NAV", "QuantOS 演示：一日一净值"),
    "demo.hindsight": (
        "A simulation with hindsight: every record made here is marked simulated, for ever.",
        "这是事后模拟：此处产生的所有记录都永久标记为 simulated（模拟）。",
    ),
    "demo.synthetic": (
        "The market is SYNTHETIC (seed {seed}): nobody traded it, and nothing below says anything about a real one.",
        "行情为合成数据（种子 {seed}）：并非真实成交，以下结果不代表任何真实市场。",
    ),
    "demo.real": ("Real bars from {path}", "真实日线：{path}"),
    "demo.taken": (
        "{path} is not empty: the past cannot be played twice in one directory; name a new one with --data-dir",
        "{path} 不是空目录：同一目录不能重演历史；请用 --data-dir 指定新目录",
    ),
    "demo.swept": (
        "directories of demos that were killed were removed: {count}",
        "已删除此前被强行终止的演示目录：{count} 个",
    ),
    "demo.earlier": (
        "earlier demos that are kept in {path}: {count}; remove them when you need them no more",
        "{path} 中保留着 {count} 个以往的演示目录；不再需要时可删除",
    ),
    "demo.removed": (
        "the demo did not come to its end: {path}, which it had made, was removed",
        "演示未完成：它所创建的 {path} 已删除",
    ),
    "demo.kept": (
        "stopped; {path} is kept: quantos serve --data-dir {path} opens it again",
        "已停止；{path} 予以保留：可用 quantos serve --data-dir {path} 再次打开",
    ),
    "demo.kept_unfinished": (
        "the demo did not come to its end: {path} was named with --data-dir and is kept as it is; rm -r {path} removes it",
        "演示未完成：{path} 由 --data-dir 指定，按原样保留；可用 rm -r {path} 删除",
    ),
    "demo.interrupted": (
        "interrupted{where}: {what}; quantos demo plays it again from the start",
        "已中断{where}：{what}；用 quantos demo 可从头重新演示",
    ),
    "demo.interrupted.at": (" at {day}", "（{day}）"),
    "demo.no_path": (
        "there is nothing at {path}: name a folder or file of bars",
        "{path} 不存在：请指定日线文件或目录",
    ),
    "demo.no_bars": (
        "no bars were found at {path}: a folder or file with daily bars (CSV or Parquet) is needed{why}",
        "{path} 中没有日线：需要含日线的目录或文件（CSV 或 Parquet）{why}",
    ),
    "demo.too_short": (
        "{path} has bars of {count:trading day|trading days}: the demo needs at least {least}",
        "{path} 只有 {count} 个交易日的日线：演示至少需要 {least} 个",
    ),
    "demo.step.market": ("Market data", "行情数据"),
    "demo.step.start": ("The platform", "启动平台"),
    "demo.step.agent": ("An agent joins, over HTTP", "智能体通过 HTTP 接入"),
    "demo.step.days": (
        "Day by day: signals in before the deadline, settlement at 18:15",
        "逐日运行：截止前提交信号，18:15 结算",
    ),
    "demo.step.results": ("Three track records", "三条净值曲线"),
    "demo.step.explain": ("One day, order by order", "逐笔解释一个交易日"),
    "demo.step.checks": ("What was checked", "核对内容"),
    "demo.step.verify": (
        "Verified by a program of its own, from what is public",
        "由独立程序仅凭公开信息验证",
    ),
    "demo.bars": (
        "{bars:bar|bars} of {instruments:instrument|instruments}, {first} to {last}",
        "{bars} 条日线，{instruments} 个标的，{first} 至 {last}",
    ),
    "demo.span": (
        "to be played: {days:trading day|trading days}, {first} to {last}; what lies before is the agents' history",
        "将运行 {days} 个交易日，{first} 至 {last}；之前的数据作为智能体的历史",
    ),
    "demo.quarantine": (
        "{rows:row|rows} refused, into quarantine: {reasons}",
        "{rows} 行被拒收并隔离：{reasons}",
    ),
    "demo.findings": ("found in rows that were kept: {kinds}", "在保留的数据中发现：{kinds}"),
    "demo.vague": ("not said, or not exactly, by the source: {kinds}", "数据源未给出或不精确：{kinds}"),
    "demo.counted": ("{what} ({count})", "{what}（{count}）"),
    "demo.stated": (
        "{day}: {symbol} opens from a reference that nothing explains; the demo's operator states: no corporate action",
        "{day}：{symbol} 的参考价无从解释；演示管理员声明：无公司行为",
    ),
    "demo.refused": ("{file}: not taken: {reason}", "{file}：未采用：{reason}"),
    "demo.accepted": (
        "{day}: {present} of the {expected:instrument|instruments} that traded the day before have a bar; accepted by the demo's operator, because a source ends there",
        "{day}：前一日成交的 {expected} 个标的中有 {present} 个有日线；因某一数据源到此为止，由演示管理员确认放行",
    ),
    "demo.nothing_refused": ("no row was refused", "没有被拒收的行"),
    "demo.directory": ("data directory {path}", "数据目录 {path}"),
    "demo.unsynced": (
        "this directory does not wait for the disk at every call: a power cut may cost it, a live one never",
        "本目录不会每次调用都等待磁盘落盘：断电可能丢失演示数据；实盘目录绝不会",
    ),
    "demo.serving": ("API at {url}, clock at {now} Shanghai", "接口 {url}，时钟停在上海时间 {now}"),
    "demo.joined": (
        "invite code → account {nickname} → API key {key} (POST /auth/invite, /billing/api-keys)",
        "邀请码 → 账户 {nickname} → API 密钥 {key}（POST /auth/invite、/billing/api-keys）",
    ),
    "demo.created": (
        "strategy {slug}: {what}; {capital} CNY, trades at the {price}",
        "策略 {slug}：{what}；{capital} 元，以{price}成交",
    ),
    "demo.open": ("open", "开盘价"),
    "demo.close": ("close", "收盘价"),
    "demo.what.demo-momentum": (
        "the strongest liquid names of a quarter, chosen weekly",
        "一个季度内最强的活跃标的，每周选取",
    ),
    "demo.what.demo-equal": ("the names that trade most, equally weighted", "成交最活跃的标的，等权"),
    "demo.what.demo-chaser": (
        "yesterday's limit-ups and suspended names, on purpose: it meets the rules",
        "专门追昨日涨停和停牌标的，用来触碰规则",
    ),
    "demo.played": (
        "{days:trading day|trading days}, {signals:signal|signals} accepted, {jobs:job|jobs} run on time, {calls:HTTP call|HTTP calls}",
        "{days} 个交易日，接受 {signals} 条信号，按时运行 {jobs} 次任务，{calls} 次 HTTP 调用",
    ),
    "demo.running": ("{nav}m", "{nav}万"),
    "demo.done": ("done in {seconds:.1f} s", "用时 {seconds:.1f} 秒"),
    "demo.total": ("The whole demo took {seconds:.1f} s.", "演示全程用时 {seconds:.1f} 秒。"),
}

_RESULTS: Final[dict[str, tuple[str, str]]] = {
    "demo.col.nav": ("NAV, CNY", "净值（元）"),
    "demo.col.total": ("total return", "累计收益"),
    "demo.col.annual": ("yearly return", "年化收益"),
    "demo.col.volatility": ("volatility", "波动率"),
    "demo.col.sharpe": ("Sharpe", "夏普比率"),
    "demo.col.drawdown": ("max drawdown", "最大回撤"),
    "demo.col.excess": ("over benchmark", "超过基准"),
    "demo.benchmark": ("benchmark\nCSI 300", "基准\n沪深300"),
    "demo.benchmark_synthetic": ("benchmark\nsynthetic", "基准\n合成指数"),
    "demo.too_few": (
        "fewer than {least} trading days: nothing is said about a year",
        "不足 {least} 个交易日：不显示年化指标",
    ),
    "demo.no_benchmark": (
        "no benchmark: the data have no CSI 300 series for these days",
        "无基准：数据中没有这些日期的沪深300",
    ),
    "demo.stale": (
        "stale: {part} of the NAV of {slug} is in delisted shares, kept at their last close",
        "陈旧估值：{slug} 净值的 {part} 为已退市股票，按最后收盘价计",
    ),
    "demo.plot": ("NAV, the start being 1.0", "净值（起点为 1.0）"),
    "demo.plot_synthetic": (
        "NAV on the synthetic market, the start being 1.0",
        "合成行情上的净值（起点为 1.0）",
    ),
    "demo.explain": ("{slug} on {day} (from the store of this process)", "{slug}，{day}（取自本进程的存储）"),
    "demo.col.symbol": ("symbol", "代码"),
    "demo.col.name": ("name", "名称"),
    "demo.col.side": ("side", "方向"),
    "demo.col.quantity": ("ordered", "委托"),
    "demo.col.filled": ("filled", "成交"),
    "demo.col.price": ("price", "价格"),
    "demo.col.fees": ("fees", "费用"),
    "demo.col.result": ("result", "结果"),
    "demo.buy": ("buy", "买"),
    "demo.sell": ("sell", "卖"),
    "demo.filled": ("filled", "成交"),
    "demo.cut": ("cut: {reason}", "削减：{reason}"),
    "demo.refused_order": ("refused: {reason}", "拒绝：{reason}"),
    "demo.reason.NO_MARKET_DATA": ("no_market_data", "no_market_data，尚无行情"),
    "demo.reason.DELISTED": ("delisted", "delisted，已退市"),
    "demo.reason.SUSPENDED": ("suspended", "suspended，当日停牌"),
    "demo.reason.UNEXPLAINED_REFERENCE": (
        "unexplained_reference ({reference})",
        "unexplained_reference，参考价 {reference}",
    ),
    "demo.reason.NO_RULE": ("no_rule", "no_rule，该日无规则"),
    "demo.reason.LIMIT_UP": ("limit_up ({upper})", "limit_up，涨停价 {upper}"),
    "demo.reason.LIMIT_DOWN": ("limit_down ({lower})", "limit_down，跌停价 {lower}"),
    "demo.reason.BELOW_ONE_LOT": ("below_one_lot", "below_one_lot，不足一手"),
    "demo.reason.INSUFFICIENT_CASH": ("insufficient_cash", "insufficient_cash，现金不足"),
    "demo.reason.T_PLUS_1": ("t_plus_1", "t_plus_1，T+1 当日不可卖"),
    "demo.sum.NO_MARKET_DATA": ("no_market_data", "尚无行情"),
    "demo.sum.DELISTED": ("delisted", "已退市"),
    "demo.sum.SUSPENDED": ("suspended", "停牌"),
    "demo.sum.UNEXPLAINED_REFERENCE": ("unexplained_reference", "参考价无从解释"),
    "demo.sum.NO_RULE": ("no_rule", "该日无规则"),
    "demo.sum.LIMIT_UP": ("limit_up", "涨停"),
    "demo.sum.LIMIT_DOWN": ("limit_down", "跌停"),
    "demo.sum.BELOW_ONE_LOT": ("below_one_lot", "不足一手"),
    "demo.sum.INSUFFICIENT_CASH": ("insufficient_cash", "现金不足"),
    "demo.sum.T_PLUS_1": ("t_plus_1", "T+1 当日不可卖"),
    "demo.means.UNEXPLAINED_REFERENCE": (
        "unexplained_reference: the day's reference price differs from the last close, and no corporate action says why",
        "参考价无从解释：当日参考价与前收盘价不同，且没有公司行为可以解释",
    ),
    "demo.means.LIMIT_UP": (
        "limit_up: at the day's highest price allowed nobody sells",
        "涨停：达到当日最高限价，无法买入",
    ),
    "demo.means.LIMIT_DOWN": (
        "limit_down: at the lowest nobody buys",
        "跌停：达到当日最低限价，无法卖出",
    ),
    "demo.means.BELOW_ONE_LOT": (
        "below_one_lot: fewer shares than one order must have (100; 200 on STAR), and not the whole of a holding",
        "不足一手：股数少于一笔委托的下限（100 股，科创板 200 股），又不是清仓",
    ),
    "demo.means.INSUFFICIENT_CASH": (
        "insufficient_cash: the cash bought fewer shares than ordered, or none",
        "现金不足：现金只够买入部分股数，或一股也不够",
    ),
    "demo.cash": (
        "cash {before} + sales {sold} - buys {bought} - fees {fees} + corporate actions {events} = {cash}",
        "现金 {before} + 卖出 {sold} - 买入 {bought} - 费用 {fees} + 公司行为 {events} = {cash}",
    ),
    "demo.nav": (
        "NAV {nav} = cash {cash} + {positions:position|positions} worth {value}",
        "净值 {nav} = 现金 {cash} + {positions} 个持仓市值 {value}",
    ),
    "demo.orders": (
        "{orders:order|orders} over all days: {results}",
        "全部交易日共 {orders} 笔委托：{results}",
    ),
}

_CHECKS: Final[dict[str, tuple[str, str]]] = {
    "demo.from.public": ("from the public API alone", "仅用公开接口"),
    "demo.from.operator": ("from the operator's API", "用管理员接口"),
    "demo.from.store": ("in this process, from the store", "在本进程中，取自存储"),
    "demo.check.returns": (
        "daily and cumulative returns follow from the NAVs",
        "日收益与累计收益由净值推出",
    ),
    "demo.check.days": ("no trading day is missing between first and last", "首末之间没有缺失的交易日"),
    "demo.check.money": (
        "the listed NAV in CNY is the record times the capital",
        "列表净值（元）等于曲线乘以初始资金",
    ),
    "demo.check.metrics": (
        "the metrics follow from the track records, by other code",
        "绩效指标由净值曲线以另一套代码重算一致",
    ),
    "demo.check.simulated": ("every track record says that it is simulated", "每条曲线都注明为模拟"),
    "demo.check.settled": (
        "each accepted signal is settled, no run failed or waits",
        "每条已接受的信号都已结算，没有失败或等待的运行",
    ),
    "demo.check.nav": (
        "cash + Σ shares * close = NAV, to the mill",
        "现金 + Σ 股数 * 收盘价 = 净值，精确到厘",
    ),
    "demo.check.cash": (
        "cash moved by sales - buys - fees + corporate actions, to the mill",
        "现金变动 = 卖出 - 买入 - 费用 + 公司行为，精确到厘",
    ),
    "demo.check.fees": ("the fees of the orders add up to the day's", "各笔费用之和等于当日费用"),
    "demo.check.negative": ("no cash and no holding below zero", "现金与持仓均不为负"),
    "demo.compared": ("{compared} compared, {differing} differ", "比较 {compared} 项，{differing} 项不符"),
    "demo.verified.holds": (
        "{days:day|days}: hashes, commits before the deadline, each day settled again to the mill, an unbroken chain",
        "{days} 天：哈希、截止前的提交、逐日重新结算精确到厘、链条完整",
    ),
    "demo.verified.broken": ("{days:day|days}: NOT verified", "{days} 天：未通过验证"),
    "demo.verified.steps": (
        "{passed:step|steps} passed, {unchecked} not checked",
        "{passed} 步通过，{unchecked} 步未检查",
    ),
    "demo.verified.unchecked": (
        "not checked are steps that need a remote repository or keys to check signatures by: the demo has none",
        "未检查的步骤需要远程仓库或用于检查签名的密钥，演示中没有",
    ),
    "demo.broken": (
        "an identity does not hold: this is a defect of the platform, please report it with this directory",
        "有恒等式不成立：这是平台缺陷，请连同该目录一起反馈",
    ),
}

_AFTER: Final[dict[str, tuple[str, str]]] = {
    "demo.keeps": ("Still serving at {url}; Ctrl-C ends it.", "服务仍在 {url} 运行；按 Ctrl-C 结束。"),
    "demo.after.ahead": (
        "The market goes on for {days:trading day|trading days}: an agent of yours can go on too (/guides/agents); {program} clock advance 1d --data-dir {folder} brings the next evening.",
        "市场还有 {days} 个交易日，你的智能体可以接着运行（/guides/agents）；{program} clock advance 1d --data-dir {folder} 前进到下一晚。",
    ),
    "demo.seed_alone": (
        "--seed belongs to the synthetic market: give --market or --seed, not both",
        "--seed 仅用于合成行情：--market 与 --seed 只能给一个",
    ),
    "demo.after.api": ("API description", "接口说明"),
    "demo.after.key": ("the agent's API key", "智能体的 API 密钥"),
    "demo.after.try": ("try", "试一试"),
    "demo.after.operator": ("operator's token", "管理员令牌"),
    "demo.after.again": ("serve it again", "再次启动"),
    "demo.after.verify": ("and verify a record", "再核验一条业绩记录"),
    "demo.after.remove": ("remove it", "删除"),
}

DEMO: Final[dict[str, tuple[str, str]]] = _STEPS | _RESULTS | _CHECKS | _AFTER
