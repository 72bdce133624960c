"""What commands say about themselves and their directory: key → (English, Chinese)."""

from __future__ import annotations

from typing import Final

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "help.usage": ("Usage: ", "用法："),
    "help.more": ("Try '{command} --help' for help.", "查看帮助：{command} --help"),
    "help.wrong": ("Error", "错误"),
    "help.arguments": ("Arguments:", "参数："),
    "help.options": ("Options:", "选项："),
    "help.commands": ("Commands:", "命令："),
    "colon": (": ", "："),
    "semicolon": ("; ", "；"),
    "comma": (", ", "、"),
    "yes": ("yes", "是"),
    "no": ("no", "否"),
    "col.job": ("job", "任务"),
    "col.date": ("date", "日期"),
    "col.state": ("state", "状态"),
    "col.at": ("at", "时间"),
    "col.last_run": ("last run", "上次运行"),
    "job.for_day": ("for {day}", "交易日 {day}"),
    "col.next_run": ("next run", "下次运行"),
    "state.never_run": ("never run", "从未运行"),
    "state.running": ("running", "运行中"),
    "state.done": ("done", "完成"),
    "state.failed": ("failed", "失败"),
    "state.skipped": ("skipped", "跳过"),
    "state.waiting": ("waiting", "等待"),
    "state.not_available": ("not available", "不可用"),
    "fact.job": ("job", "任务"),
    "fact.date": ("date", "日期"),
    "fact.state": ("state", "状态"),
    "fact.started": ("started", "开始"),
    "fact.finished": ("finished", "结束"),
    "fact.run": ("run", "运行编号"),
    "fact.status": ("status", "结算状态"),
    "fact.settled": ("settled", "已结算"),
    "fact.held": ("held", "保持不变"),
    "fact.failed": ("failed", "失败"),
    "fact.missing": ("missing", "缺少净值"),
    "fact.reason": ("reason", "原因"),
    "clock.days": ("trading days, at {day}", "个交易日，{day}"),
    "directory.none": (
        "there is no data directory at {path}: name another with --data-dir, or start a platform there with quantos serve",
        "{path} 没有数据目录：请用 --data-dir 指定其他目录，或用 quantos serve 在该处启动平台",
    ),
    "directory.other": (
        "{path} is a folder, but no QuantOS data directory: name another with --data-dir, or start a platform in an empty one with quantos serve",
        "{path} 是普通文件夹，不是 QuantOS 数据目录：请用 --data-dir 指定其他目录，或用 quantos serve 在空文件夹中启动平台",
    ),
    "directory.taken": (
        "{path} is a folder with other things in it ({found}) and no QuantOS data directory: name a folder that is absent or empty with --data-dir; nothing was changed",
        "{path} 是已有其他内容（{found}）的文件夹，不是 QuantOS 数据目录：请用 --data-dir 指定不存在的或空的文件夹；未作任何改动",
    ),
    "directory.lost": (
        "{path} has lost its directory.json: restore it from a backup; the stores beside it are not touched",
        "{path} 丢失了 directory.json：请从备份恢复；其他存储文件未被改动",
    ),
    "directory.made": (
        "made a new live data directory: {path}",
        "已新建实盘数据目录：{path}",
    ),
    "clock.kind.live": (
        "live: the platform's clock is the world's",
        "实盘：平台时钟即真实时间",
    ),
    "clock.kind.simulated": (
        "simulated: it stands until it is moved (quantos clock advance 1d)",
        "模拟：时钟停住，移动后才前进（quantos clock advance 1d）",
    ),
    "clock.now": ("{now} Shanghai ({utc})\n{kind}", "上海时间 {now}（{utc}）\n{kind}"),
    "clock.live": (
        "{path} is a live data directory: its clock is the world's and is not moved; only a simulated one's is (quantos serve --simulate)",
        "{path} 是实盘数据目录：时钟即真实时间，不能移动；只有模拟目录的时钟可以移动（quantos serve --simulate）",
    ),
    "clock.calendar_ends": (
        (
            "the trading calendar ends on {last}: on {day} no job would run, and the clock cannot go back; extend it first"
            " with quantos calendar import FILE (the exchange's next list), or move the clock to {last} at the latest;"
            " nothing was changed"
        ),
        (
            "交易日历止于 {last}：{day} 不会运行任何任务，而时钟不能退回；请先用 quantos calendar import FILE"
            " 导入交易所的下一份日历，或最多移动到 {last}；未作任何更改"
        ),
    ),
    "clock.back": (
        "the clock stands at {now} Shanghai and cannot go back to {then}",
        "时钟停在上海时间 {now}，不能退回 {then}",
    ),
    "clock.corrected": (
        (
            "the timetable goes on from {now} Shanghai; it had been followed until {lived_until}; runs of jobs forgotten:"
            " {jobs}. Start the server"
        ),
        "日程表从上海时间 {now} 继续；此前已走到 {lived_until}；已撤去的任务运行：{jobs}。请启动服务",
    ),
    "clock.interrupted": (
        "interrupted: the clock stands at {now} Shanghai, {jobs:job was|jobs were} run; to go on: quantos clock set {then}",
        "已中断：时钟停在上海时间 {now}，已运行 {jobs} 个任务；继续请用：quantos clock set {then}",
    ),
    "clock.interrupted_late": (
        "interrupted, when the clock had arrived",
        "已中断，但时钟已到达目标时间",
    ),
    "clock.server_goes_on": (
        "interrupted: the server at {url} goes on to {then} Shanghai by itself; quantos clock shows how far it is",
        "已中断：{url} 的服务会自行继续前进到上海时间 {then}；quantos clock 可查看进度",
    ),
    "job.server_goes_on": (
        "interrupted: the server at {url} goes on with {job}; quantos job list shows how it ends",
        "已中断：{url} 的服务会继续运行 {job}；quantos job list 可查看结果",
    ),
    "job.finished_first": (
        "{job} is finished first; Ctrl-C again leaves at once, and what is settled stands",
        "先完成 {job}；再按一次 Ctrl-C 立即退出，已结算的部分保留",
    ),
    "job.interrupted": (
        "interrupted: {job} for {date} was finished first ({state})",
        "已中断：{date} 的 {job} 已先运行完毕（{state}）",
    ),
    "job.failed": ("{job} failed: {reason}", "{job} 失败：{reason}"),
    "job.failure": ("{slugs} on {day} is not settled: {reason}", "{slugs} 在 {day} 未结算：{reason}"),
    "job.not_settled": (
        "{count:strategy-day|strategy-days} could not be settled; what to do stands above, and quantos doctor says it again",
        "{count} 个策略日未能结算；处理办法见上，quantos doctor 可再次查看",
    ),
    "job.no_reason": ("the log has the details", "详情见日志"),
    "job.settling": (
        "settling, {done} of {total:strategy-day|strategy-days}",
        "正在结算，策略日 {done} / {total}",
    ),
    "job.under_way": ("{job} is under way", "{job} 运行中"),
    "job.waits": ("{day} waits for market data: {reason}", "{day} 等待行情：{reason}"),
    "interrupted.stopping": (
        "the step under way is finished first; Ctrl-C again leaves at once",
        "先完成正在进行的一步；再按一次 Ctrl-C 立即退出",
    ),
    "interrupted.at_once": (
        "left at once: what was committed stands whole, and the next start goes on from there",
        "已立即退出：已提交的内容完整保留，下次启动从该处继续",
    ),
    "interrupted": (
        "interrupted: nothing is left half done; run the command again",
        "已中断：没有留下做了一半的操作；可重新运行该命令",
    ),
    "given.no_date": ("{text!r} is no date: write YYYY-MM-DD", "{text!r} 不是日期：请写 YYYY-MM-DD"),
    "given.no_instant": (
        "{text!r} is no timestamp: write for example 2024-01-02T08:00, which is Shanghai time, or 2024-01-02T00:00Z",
        "{text!r} 不是时间：请写例如 2024-01-02T08:00（上海时间）或 2024-01-02T00:00Z",
    ),
    "given.past": (
        "{given} Shanghai is past: the platform's clock stands at {now}",
        "上海时间 {given} 已过：平台时钟为 {now}",
    ),
    "given.no_duration": (
        "{text!r} is no duration: write for example 1d, 2h30m or 2w",
        "{text!r} 不是时长：请写例如 1d、2h30m 或 2w",
    ),
    "given.no_length": (
        "the clock only moves forward: a duration is longer than nothing",
        "时钟只能前进：时长必须大于零",
    ),
    "given.too_long": ("{text!r} is longer than time itself", "{text!r} 超出了可表示的时间"),
    "given.no_year": ("there is no such year", "没有这样的年份"),
    "given.no_number": (
        "{text!r} is no whole number from {least} on",
        "{text!r} 不是不小于 {least} 的整数",
    ),
    "given.no_port": (
        "{text!r} is no port: write a number from 0 to 65535",
        "{text!r} 不是端口：请写 0 到 65535 的数字",
    ),
    "tui.token": ("Operator's token: ", "运维令牌："),
    "tui.no_browser": (
        "textual-serve is not installed: uv pip install 'quantos[browser]'",
        "未安装 textual-serve：uv pip install 'quantos[browser]'",
    ),
    "tui.no_server": (
        "no server runs on {path}: start it with quantos serve, or name another with --url",
        "{path} 没有正在运行的服务器：请用 quantos serve 启动，或用 --url 指定其他服务器",
    ),
}
