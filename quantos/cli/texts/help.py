"""Help texts in Chinese, by the English that stands beside each command, option and setting."""

from __future__ import annotations

from typing import Final

from quantos.cli.texts.appliance import APPLIANCE_HELP
from quantos.cli.texts.attestation import ATTESTATION_HELP
from quantos.cli.texts.backup import BACKUP_HELP
from quantos.cli.texts.factors import FACTOR_HELP
from quantos.cli.texts.license import LICENSE_HELP
from quantos.cli.texts.restate import RESTATE_HELP
from quantos.cli.texts.secrets import SECRETS_HELP
from quantos.verification.offline import texts_screen as verifier

_VERIFY: Final = dict(verifier.HELP.values())

_COMMANDS: Final[dict[str, str]] = {
    "Self-hosted quant platform for Chinese A-shares: daily signals, settlement, verifiable track records.": "自托管的 A 股量化平台：每日信号、结算、可验证的业绩记录。",
    "Print the version.": "显示版本。",
    "Run the platform: API, scheduler and background work, until Ctrl-C or SIGTERM.": "运行平台：接口、定时任务与后台工作，直到 Ctrl-C 或 SIGTERM。",
    "Play the main job end to end in simulation: a market, an agent, a year of signals, settlement, NAVs.": "在模拟中完整运行主流程：行情、智能体、一年的信号、结算、净值。",
    "Check settings, disk, secrets, lock, stores, clock, calendar, data, settlement, attestation, licence and backups; exit 1 on a problem.": "检查设置、磁盘、密钥、目录锁、存储、时钟、日历、行情、结算、存证、许可证与备份；发现问题时退出码为 1。",
    "Collect what a helper needs to know of this platform, without secrets, in one zip file.": "将排查问题所需的信息收集为一个 zip 文件，不含任何机密。",
    "Where to; default: quantos-support-DATE.zip in this folder.": "写入位置；默认为当前目录下的 quantos-support-日期.zip。",
    "Show every setting, its variable and what it is for; secrets are masked.": "显示全部设置、对应变量与用途；机密内容会被遮盖。",
    "Market data: import, fetch, see what is there.": "行情数据：导入、抓取、查看。",
    "Load bars, indices, constituents, instruments and corporate actions; every refused row is counted.": "导入日线、指数、成分、标的与公司行为；被拒收的行逐一计数。",
    "Fetch bars from a live source, also while the server runs; run it again to go on where it stopped.": "从在线数据源抓取日线，服务运行时亦可；再次运行即从中断处继续。",
    "Show what is loaded: instruments, spans of dates, gaps, quarantine.": "显示已导入的内容：标的、日期范围、缺口、隔离区。",
    "Show the rows that imports refused, as they came, with the reason of each.": "显示导入时被拒收的行（按原样）及各自的原因。",
    "Only of files that held this: bars, indices, constituents, instruments, corporate_actions or calendar.": "仅限此类文件：bars、indices、constituents、instruments、corporate_actions 或 calendar。",
    "Only of this symbol, such as 600519.SH.": "仅限此代码，例如 600519.SH。",
    "Only of this day.": "仅限此日。",
    "Only those refused for this reason, such as off_tick.": "仅限此原因，例如 off_tick。",
    "Rows to show at the most; default: 50, as JSON or CSV 10000.": "最多显示的行数；默认：50，JSON 或 CSV 为 10000。",
    "Print CSV, for a spreadsheet.": "输出 CSV，供电子表格使用。",
    "Scheduled jobs.": "定时任务。",
    "Run a scheduled job now.": "立即运行一个定时任务。",
    "Show the scheduled jobs with their last and next runs; times are Shanghai's.": "显示定时任务及其最近与下次运行；时间为上海时间。",
    "The trading calendar.": "交易日历。",
    "Extend or correct the trading calendar from FILE; settled days stay as they are.": "用 FILE 扩展或更正交易日历；已结算的日子保持不变。",
    "Show from when to when the calendar is known.": "显示日历已知的起止日期。",
    "The platform's clock; simulated directories can move it.": "平台时钟；模拟目录可以移动它。",
    "Play one simulated day: move the clock from job to job, and tell what each did and how long it took.": "推演一个模拟日：时钟逐个走到各任务的时间，并说明每个任务做了什么、用时多久。",
    "Trading day of the simulation, such as 2024-01-02.": "模拟中的交易日，例如 2024-01-02。",
    "Take the timetable back to the present, after a live machine's clock had run ahead and is right again.": "实盘机器的时钟曾走快、现已校正时，把日程表退回当前时刻。",
    "Why the clock was wrong; kept in the audit.": "时钟出错的原因；记入审计。",
    "Say that what an alarm names is known: it is told no more, another one is.": "确认警报所列各项：不再提示，新出现的照常提示。",
    "attested_otherwise or digests_contradict.": "attested_otherwise 或 digests_contradict。",
    "Why it is let be; kept in the audit.": "不再处理的原因；记入审计。",
    "Move a simulated clock to TIMESTAMP; jobs whose time is passed run in order.": "把模拟时钟移到所给 TIMESTAMP；途中到时的任务按顺序运行。",
    "Move a simulated clock forward by DURATION; jobs whose time is passed run in order.": "把模拟时钟前移所给 DURATION；途中到时的任务按顺序运行。",
    "The operator's credentials.": "管理员凭据。",
    "Print the operator's bearer token.": "显示管理员的访问令牌。",
    "Invite codes.": "邀请码。",
    "Open the operator's dashboard on a running server. The token: QUANTOS_OPERATOR_TOKEN, else it is asked for.": "打开运行中服务器的运维控制台。令牌取自 QUANTOS_OPERATOR_TOKEN，否则会询问。",
    "Print a new invite code.": "生成并显示新的邀请码。",
}

_OPTIONS: Final[dict[str, str]] = {
    "Show this message and exit.": "显示本帮助并退出。",
    "Show where an error came from; anywhere on the line.": "显示错误的来源；可写在命令行任意位置。",
    "Print the version and exit.": "显示版本并退出。",
    "Print one JSON document, for programs.": "输出一个 JSON 文档，供程序使用。",
    "Data directory; default: QUANTOS_DATA_DIR, else the user data folder.": "数据目录；默认：QUANTOS_DATA_DIR，否则为用户数据文件夹。",
    "Trading day, such as 2024-01-02; default: today, or the last one before.": "交易日，例如 2024-01-02；默认：今天，或之前最近的交易日。",
    "Such as 2024-01-02T18:50, which is Shanghai time, or with an offset: 2024-01-02T10:50Z.": "例如 2024-01-02T18:50（上海时间），或带时区：2024-01-02T10:50Z。",
    "Such as 1d, 2h30m or 2w: weeks, days, hours, minutes, seconds.": "例如 1d、2h30m 或 2w：周、天、时、分、秒。",
    "Address to listen on; default: QUANTOS_HOST, else 127.0.0.1.": "监听地址；默认：QUANTOS_HOST，否则 127.0.0.1。",
    "Port to listen on; 0 takes a free one; default: QUANTOS_PORT, else 8000.": "监听端口；0 为自动选择；默认：QUANTOS_PORT，否则 8000。",
    "Run a simulated directory; a new one starts at this time, such as 2024-01-02T08:00 (Shanghai).": "以模拟方式运行；新目录从该时间开始，例如 2024-01-02T08:00（上海时间）。",
    "A new directory to play in and to keep; default: one in the user data folder.": "用于演示并保留的新目录；默认：在用户数据文件夹中新建。",
    "Leave at the end; without it, on a terminal, the demo keeps serving until Ctrl-C.": "结束后退出；不加时，在终端上会继续提供服务，直到 Ctrl-C。",
    "Play on the bars of this folder or file, not on synthetic ones.": "用该文件夹或文件中的日线演示，而不是合成行情。",
    "Draw another synthetic market than the usual one.": "生成另一份合成行情。",
    "Look only: nothing can be changed.": "只读：不能更改任何内容。",
    "Show it in a browser of this machine.": "在本机浏览器中显示。",
    "Of the page that --serve opens; default: 8001.": "--serve 所开页面的端口；默认：8001。",
    "The server to look at; default: that of the data directory.": "要查看的服务器；默认：数据目录的服务器。",
    "Port to serve on; default: a free one.": "服务端口；默认：自动选择。",
    "A folder or file, CSV or Parquet; /guides/market-data lists the columns.": "文件夹或文件，CSV 或 Parquet；各列见 /guides/market-data。",
    "Such as 600519.SH; default: all that are known.": "例如 600519.SH；默认：所有已知代码。",
    "baostock (the default), akshare or akshare-eastmoney.": "baostock（默认）、akshare 或 akshare-eastmoney。",
    "First day, such as 2024-01-02; default: the day after the last bar.": "首日，例如 2024-01-02；默认：最后一条日线的次日。",
    "Last day; default: the last trading day; today counts from 15:30 on.": "末日；默认：最近一个交易日；15:30 起含当日。",
    "Such as settlement_watchdog; quantos job list shows them.": "例如 settlement_watchdog；名称见 quantos job list。",
    "CSV with the columns date (2027-01-04) and is_open (1 or 0), a line for every day of the calendar.": "CSV：列 date（如 2027-01-04）与 is_open（1 或 0），每个自然日一行。",
    "Accounts that may join with it; default: 100.": "可用它加入的账户数；默认：100。",
    "When it stops working, such as 2026-12-31T18:00 (Shanghai); default: never.": "失效时间，例如 2026-12-31T18:00（上海时间）；默认：永不失效。",
}

_SETTINGS: Final[dict[str, str]] = {
    "Where everything is kept.": "存放一切数据的目录。",
    "Address to listen on; loopback unless told otherwise.": "监听地址；未指定时仅本机可访问。",
    "Port to listen on; 0 takes a free one.": "监听端口；0 为自动选择。",
    "Minimum commission in CNY per order, in whole fen; brokers differ, 0 by default.": "每笔委托的最低佣金（元，精确到分）；各券商不同，默认 0。",
    "Largest upload in bytes; beyond it: 413. Other bodies: 8 MiB at the most.": "上传的最大字节数；超出返回 413。其他请求体最多 8 MiB。",
    "Calls that one user, or one address without credentials, may make: such as 600, which is per minute, 10/second or 5000/hour; beyond it: 429. Empty: no limit.": "每个用户（未登录时为每个地址）可发起的请求数：如 600（每分钟）、10/second 或 5000/hour；超出返回 429。留空：不限。",
    "Free space of the data directory's disk, in MiB, below which uploads and large imports are refused while signals and settlement go on; 0: never.": "数据目录所在磁盘的可用空间（MiB），低于此值时拒绝上传与大批量导入，信号与结算照常；0：从不拒绝。",
    "Memory DuckDB may use.": "DuckDB 可用内存。",
    "Local git repository that signals are attested in, made on first use; empty: none are.": "用于信号存证的本地 git 仓库，首次使用时创建；留空：不存证。",
    "URL or path of the git remote to push it to, with credentials if it needs any.": "推送存证的 git 远程地址或路径，必要时包含凭据。",
    "When signals are committed: each at its submission, or together shortly before the deadline.": "信号何时存证：提交时逐条存证，或在截止前不久一起存证。",
    "Seconds before a deadline at which its signals are committed together.": "一起存证时，早于截止时间的秒数。",
    "Key that signs commits: path of an SSH private key, or gpg:FINGERPRINT; empty: the data directory's own, if quantos attestation key --generate has made one.": "为提交签名的密钥：SSH 私钥路径，或 gpg:指纹；留空：数据目录自己的密钥（若已用 quantos attestation key --generate 生成）。",
    "Where anyone reads the repository's files, {sha} for the commit; empty: GitHub's address for a remote there, else this platform's own public route.": "任何人读取仓库文件的地址，{sha} 代表提交；留空：远程在 GitHub 时用其地址，否则用本平台的公开接口。",
    "Seconds after which a push, or a look at the remote, is given up.": "推送或查看远程多少秒后放弃。",
    "Where licensed users are led for container images: a URL, or a path of this platform, to which quantos-{arch}.tar.gz is added.": "授权用户获取容器镜像的地址：网址或本平台的路径，其后加上 quantos-{arch}.tar.gz。",
    "Mail server that log-in codes are sent by: smtp://USER:PASSWORD@HOST:587, with STARTTLS where it is offered, or smtps://HOST:465; empty: they wait in the data directory's outbox for the operator.": "发送登录验证码的邮件服务器：smtp://用户:密码@主机:587（服务器支持时使用 STARTTLS）或 smtps://主机:465；空：验证码存入数据目录的 outbox，由管理员转交。",
    "E-mail that log-in codes come from; empty: quantos@localhost.": "登录验证码的发件地址；空：quantos@localhost。",
    "Redis that log-in codes are kept in, redis://HOST:6379/0; empty: the records store.": "保存登录验证码的 Redis，redis://主机:6379/0；空：保存在记录库中。",
    "Days after which the operator is told that the last backup is old; 0: never.": "最近一次备份超过多少天后提醒管理员；0：不提醒。",
    "Where the host of a container publishes the port, as ADDRESS:PORT; install.sh says it; empty: not known.": "容器端口在主机上的发布位置（地址:端口），由 install.sh 给出；留空：未知。",
    "API key of an agent, by which quantos factor acts as that agent; the server does not read it.": "智能体的 API key，quantos factor 以该身份操作；服务器不读取它。",
    "Whether anyone may generate, explain and backtest without a token; empty: while the server listens on loopback.": "是否无需令牌即可生成、解释和回测策略；留空：仅当服务器只监听本机时。",
    "Endpoint that speaks OpenAI's chat completions, such as http://127.0.0.1:11434/v1, by which strategies are written; empty: they are written by keywords.": "兼容 OpenAI chat completions 的端点，如 http://127.0.0.1:11434/v1，用于生成策略；留空：按关键词生成。",
    "How the server logs: a line to read, or a JSON object a line for what collects logs.": "服务日志的格式：供人阅读的文本行，或供日志采集程序使用的逐行 JSON。",
    "Seconds until an answer begins from which a request is logged; 0: never.": "请求开始应答所需秒数达到此值即记入日志；0 表示从不。",
    "Seconds from which a query of a store is logged; 0: never.": "存储查询耗时（秒）达到此值即记入日志；0 表示从不。",
    "Bearer token by which Prometheus reads /metrics from another machine or through a proxy; empty: only this machine reads it.": "Prometheus 从其他机器或经代理读取 /metrics 时使用的 Bearer 令牌；留空则仅本机可读。",
    "Its key, if it needs one.": "该端点的密钥（如需要）。",
    "The model to ask it for.": "使用的模型名称。",
    "Backtests that run at the same time.": "同时运行的回测数。",
    "Backtests that may wait for their turn; beyond it: 429.": "可排队等待的回测数；超出返回 429。",
    "Seconds before a backtest is ended.": "回测最长运行秒数。",
    "Seconds before a research backtest, of many tickers, is ended.": "研究回测（多只标的）最长运行秒数。",
    "Memory that a backtest may use beyond the libraries, in MiB.": "回测除程序库外可用的内存（MiB）。",
    "Language of messages; empty: as the terminal's.": "消息语言；留空：与终端一致。",
}

HELP: Final[dict[str, str]] = {
    **_VERIFY,
    **RESTATE_HELP,
    **FACTOR_HELP,
    **APPLIANCE_HELP,
    **ATTESTATION_HELP,
    **SECRETS_HELP,
    **BACKUP_HELP,
    **LICENSE_HELP,
    **_COMMANDS,
    **_OPTIONS,
    **_SETTINGS,
}
