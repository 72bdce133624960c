"""What else the program says: key → (English, Chinese)."""

from __future__ import annotations

from typing import Final

_REFUSALS: Final[dict[str, tuple[str, str]]] = {
    "refused.not_there": (
        (
            "there is nothing at {path}: name a package file, a folder of packages, a strategy's public URL"
            " (https://HOST/api/v1/public/strategies/SLUG), or an attestation repository (folder, .bundle, URL)"
        ),
        (
            "{path} 不存在：请指定证据包文件、证据包目录、策略的公开网址"
            "（https://HOST/api/v1/public/strategies/SLUG）或存证仓库（目录、.bundle、网址）"
        ),
    ),
    "refused.not_readable": ("{path} cannot be read: {reason}", "无法读取 {path}：{reason}"),
    "refused.not_json": ("{path} is no JSON document: {reason}", "{path} 不是 JSON 文档：{reason}"),
    "refused.no_packages": (
        "{path} has no verification packages (*.json) in it",
        "{path} 中没有证据包（*.json）",
    ),
    "refused.no_days": ("{path}: the strategy has no settled day yet", "{path}：该策略尚无已结算的交易日"),
    "refused.too_large": ("{path} is larger than {limit} MiB", "{path} 超过 {limit} MiB"),
    "refused.no_git": (
        "attestation repositories are read with the git program, and there is none on this machine: install git",
        "读取存证仓库需要 git 程序，本机没有：请安装 git",
    ),
    "refused.no_gpg": (
        "OpenPGP keys are read with the gpg program, and there is none on this machine: install gnupg",
        "读取 OpenPGP 公钥需要 gpg 程序，本机没有：请安装 gnupg",
    ),
    "refused.no_repository": (
        "{path} is no git repository, bundle or URL of one that can be read: {reason}",
        "{path} 不是可读取的 git 仓库、bundle 或其网址：{reason}",
    ),
    "refused.no_record": (
        "{path} is neither a strategy's public URL, which has the form https://HOST/api/v1/public/strategies/SLUG, nor that of a git repository: {reason}",
        "{path} 既不是策略的公开网址（形如 https://主机/api/v1/public/strategies/SLUG），也不是 git 仓库的网址：{reason}",
    ),
    "refused.no_scheme": (
        "{path} begins with neither http:// nor https://: a strategy's public URL has the form https://HOST/api/v1/public/strategies/SLUG",
        "{path} 缺少开头的 http:// 或 https://：策略的公开网址形如 https://主机/api/v1/public/strategies/SLUG",
    ),
    "refused.no_attestations": (
        "{path} has no attestations/DATE.json or settlements/DATE.json in any commit: there is nothing to check",
        "{path} 的所有提交中都没有 attestations/日期.json 或 settlements/日期.json：没有可验证的内容",
    ),
    "refused.branches": (
        "{path} has several branches and none is its head: {names}",
        "{path} 有多个分支且未指明主分支：{names}",
    ),
    "refused.shallow": (
        "{path} is a shallow clone: its history is cut off, and the first commit of an entry cannot be told",
        "{path} 是浅克隆：历史被截断，无法判断存证最早的提交",
    ),
    "refused.keys": ("{path} has no key that can be read: {reason}", "{path} 中没有可读取的密钥：{reason}"),
    "refused.no_strategy": (
        "{path}: there is no public strategy of this name, {slug}; the list of the public ones is at /api/v1/public/strategies",
        "{path}：没有名为 {slug} 的公开策略；公开策略的列表在 /api/v1/public/strategies",
    ),
    "refused.not_fetched": ("{path} could not be fetched: {reason}", "无法获取 {path}：{reason}"),
    "refused.save_of_another": (
        "{path} holds what was kept of another strategy, {slug}: name a folder for each strategy",
        "{path} 中已保存另一策略 {slug} 的内容：请为每个策略指定单独的目录",
    ),
    "refused.not_writable": ("{path} cannot be written: {reason}", "无法写入 {path}：{reason}"),
}

HELP: Final[dict[str, tuple[str, str]]] = {
    "help.program": (
        "Check a record without trusting whoever publishes it; exit code 0 only if everything holds.",
        "无需信任发布者即可验证业绩记录；全部成立时退出码才为 0。",
    ),
    "help.exit_codes": (
        "Exit code 0: everything holds; 1: something does not; 2: wrong usage, or input that cannot be read.",
        "退出码 0：全部成立；1：有不成立之处；2：用法错误或输入无法读取。",
    ),
    "help.input": (
        "Package file, folder of packages, public URL of a strategy, or attestation repository.",
        "证据包文件、证据包目录、策略的公开网址，或存证仓库。",
    ),
    "help.attestations": (
        "Attestation repository (folder, .bundle, URL) to hold the packages against.",
        "用于核对证据包的存证仓库（目录、.bundle、网址）。",
    ),
    "help.allow_simulated": ("Accept simulated and synthetic records.", "接受模拟与合成行情的记录。"),
    "help.allow_unattested": (
        "Accept what was never committed, or admits to be late; never what contradicts a commitment.",
        "接受从未存证或自认迟到的信号；与存证矛盾者仍不接受。",
    ),
    "help.allowed_signers": (
        "Check commit signatures by the SSH keys of this allowed-signers file.",
        "用此 allowed-signers 文件中的 SSH 密钥检查提交签名。",
    ),
    "help.gpg_keys": (
        "Check commit signatures by the OpenPGP public keys of this file.",
        "用此文件中的 OpenPGP 公钥检查提交签名。",
    ),
    "help.save": (
        "Keep what a URL answers in this folder, to be checked again offline.",
        "把网址返回的内容保存到此目录，供离线复验。",
    ),
    "help.json": ("Print JSON.", "输出 JSON。"),
    "help.lang": (
        "Language of the report: en or zh; default: QUANTOS_LANG, else the terminal's.",
        "报告的语言：en 或 zh；默认：QUANTOS_LANG，否则随终端。",
    ),
    "help.timeout": (
        "Seconds that one request, or one run of git, may take; default: 60.",
        "单次请求或 git 运行的秒数上限；默认：60。",
    ),
    "help.version": ("Print the version and the rules that it knows.", "输出版本与所知规则。"),
}

_SCREEN: Final[dict[str, tuple[str, str]]] = {
    "screen.span": ("{first} to {last}, {count} trading days", "{first} 至 {last}，{count} 个交易日"),
    "screen.one_day": ("{first}", "{first}"),
    "screen.files": ("files that are no packages", "不是证据包的文件"),
    "screen.repository": ("attestation repository", "存证仓库"),
    "screen.commits": (
        "{count} commits, {first} to {last}, head {head}",
        "{count} 个提交，{first} 至 {last}，最新 {head}",
    ),
    "screen.empty": ("no commits", "没有提交"),
    "screen.older": (
        "{count} superseded revisions, checked by themselves",
        "{count} 份被取代的旧版，已单独检查",
    ),
    "screen.edition": (
        "edition of the platform: {name} (it holds no standard licence; no digest covers this)",
        "平台版本：{name}（未持有正式许可证；此标记不在任何摘要之内）",
    ),
    "screen.edition.evaluation": ("evaluation", "评估版"),
    "screen.edition.test": ("test", "测试版"),
    "screen.edition.none": ("none", "无"),
    "screen.all": ("{count} of {count}", "{count}/{count}"),
    "screen.some": ("{passed} of {count}", "{passed}/{count}"),
    "screen.count": ("{count} found", "{count} 处"),
    "screen.failed": ("What does not hold", "不成立之处"),
    "screen.allowed": ("Allowed", "已获准"),
    "screen.notes": ("Notes", "说明"),
    "screen.not_run": ("not checked", "未检查"),
    "screen.not_run_heading": ("Not checked", "未检查"),
    "screen.of_days": (" ({count} days)", "（{count} 日）"),
    "screen.skipped": ("; {count} not checked", "；{count} 项未检查"),
    "screen.means": ("It means: {text}.", "意味着：{text}。"),
    "screen.more_days": (" (and {count} more days)", "（另有 {count} 日）"),
    "screen.one_more_day": (" (and one more day)", "（另有 1 日）"),
    "screen.more": ("… and {count} more (--json has all)", "…… 另有 {count} 处（--json 输出全部）"),
    "screen.time": ("Strength of the times", "时间的证明力"),
    "screen.time_of_days": (
        "{pushed} of {count} signals pushed, {self_dated} self-dated",
        "{count} 个信号中 {pushed} 个 pushed，{self_dated} 个 self-dated",
    ),
    "screen.time_none": ("none: no time of any signal is proved", "无：没有任何信号的时间得到证明"),
    "screen.time_pushed": (
        "pushed: a remote's own log has them before their deadlines; as strong as that remote is independent",
        "pushed：远端自己的日志显示在截止前收到；远端越独立，证明力越强",
    ),
    "screen.time_self_dated": (
        "self-dated: commit times are the platform's own word",
        "self-dated：提交时间仅为平台自称",
    ),
    "screen.time_dark": ("no signal in these days", "这些日子没有信号"),
    "screen.limits": ("Not shown by this", "以上不能证明"),
    "screen.verified": ("VERIFIED: all {count} checks hold", "验证通过：{count} 项检查全部成立"),
    "screen.verified_allowed": (
        "VERIFIED, but for {allowed} of {count} checks that --allow options let pass",
        "验证通过，但 {count} 项检查中有 {allowed} 项按 --allow 选项放行",
    ),
    "screen.not_verified": (
        "NOT VERIFIED: {failed} of {count} checks do not hold",
        "验证未通过：{count} 项检查有 {failed} 项不成立",
    ),
    "screen.progress": ("fetched {done} of {total} days", "已获取 {done}/{total} 日"),
    "screen.usage": ("usage error", "用法错误"),
}

_LIMITS: Final[dict[str, tuple[str, str]]] = {
    "limit.bars": (
        "that the bars are those of the market: compare them with another source",
        "行情是否为真实市场行情：请与其他来源比对",
    ),
    "limit.list_dates": (
        (
            "facts behind a bar that it does not carry: list date, risk warning, which index a fund tracks, why an"
            " instrument did not trade"
        ),
        "行情背后的事实：上市日期、风险警示、基金跟踪的指数、未交易的原因",
    ),
    "limit.benchmark": (
        (
            "that the benchmark's returns are the index's: no digest binds them; packages and track record only have to"
            " say the same"
        ),
        "基准收益是否为指数的真实收益：不在任何摘要之内，仅要求证据包与公开业绩一致",
    ),
    "limit.self_dated": (
        (
            "that self-dated commits were made when they say: a remote of somebody else's, or an earlier copy of the"
            " repository, shows more"
        ),
        "自称时间的提交是否真在当时作出：他人的远端或更早的仓库副本可提供更强证明",
    ),
    "limit.other_strategies": (
        "strategies that were started and are not on show",
        "是否还有启动过却未展示的策略",
    ),
    "limit.previous": (
        "that the day before ended so: a folder of all days shows it",
        "前一日是否确实如此：提供全部日期的目录方可证明",
    ),
    "limit.unattested": (
        "when any signal was made: there is no repository",
        "任何信号的产生时间：没有存证仓库",
    ),
    "limit.unsigned": (
        "who wrote the commits: no keys were given",
        "提交出自何人：未提供密钥",
    ),
    "limit.whole_record": (
        "that these are all the days that were ever published: the strategy's public URL shows it",
        "是否为公布过的全部日期：策略的公开网址可证明",
    ),
    "limit.signals": (
        "what was signalled: a hash says nothing without its package",
        "信号的内容：没有证据包，哈希什么也不说明",
    ),
    "limit.hidden": (
        "anything of strategies that hide their names",
        "隐去名称的策略的任何情况",
    ),
}

_TABLE: Final[dict[str, tuple[str, str]]] = {
    "table.check": ("check", "检查"),
    "table.days": ("days", "天数"),
    "table.strategy": ("strategy", "策略"),
    "table.entries": ("entries", "条目"),
    "table.in_time": ("in time", "及时"),
    "table.late": ("late", "迟到"),
    "table.imported": ("imported", "导入"),
    "table.unknown": ("unknown", "不明"),
    "table.changed": ("changed", "改动"),
    "table.worst": ("latest by", "最多迟到"),
    "table.sum": ("together", "合计"),
    "table.others": ("{count} others", "其余 {count} 个"),
    "table.lenient": (
        "{count} entries do not say at which price they execute and are judged leniently, by 15:00",
        "{count} 条存证未说明成交价方式，从宽按 15:00 判断",
    ),
    "table.bulk": (
        "imported: late entries of several dates that one commit brought at once",
        "导入：同一提交一次带入多个日期的迟到存证",
    ),
    "table.unsigned": ("{count} of {total} commits are not signed", "{total} 个提交中有 {count} 个没有签名"),
    "table.signed": (
        "{count} of {total} commits carry a signature; none was checked, for want of a key",
        "{total} 个提交中有 {count} 个带签名；未给密钥，均未检查",
    ),
}

SCREEN: Final[dict[str, tuple[str, str]]] = _REFUSALS | HELP | _SCREEN | _LIMITS | _TABLE
