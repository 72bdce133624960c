"""What `quantos doctor` and `quantos support-bundle` say: key → (English, Chinese)."""

from __future__ import annotations

from typing import Final

DOCTOR: Final[dict[str, tuple[str, str]]] = {
    "doctor.ok": ("ok", "正常"),
    "doctor.problem": ("PROBLEM", "问题"),
    "doctor.note": ("note", "提示"),
    "doctor.sound": ("everything checked is in order", "检查项目全部正常"),
    "doctor.problems": ("problems found: {count}", "发现 {count} 个问题"),
    "doctor.remedy": ("remedy", "处理办法"),
    "doctor.settings": ("settings", "设置"),
    "doctor.settings.ok": ("every setting can be used", "所有设置均可用"),
    "doctor.settings.remedy": ("correct the variable, or remove it", "改正该变量，或将其删除"),
    "doctor.directory": ("data directory", "数据目录"),
    "doctor.directory.ok": ("{path}, {kind}", "{path}，{kind}"),
    "doctor.live": ("live", "实盘"),
    "doctor.simulation": ("simulated", "模拟"),
    "doctor.directory.missing": ("there is none at {path}", "{path} 没有数据目录"),
    "doctor.directory.remedy": (
        "start the platform once (quantos serve), or name the directory with --data-dir",
        "启动一次平台（quantos serve），或用 --data-dir 指定目录",
    ),
    "doctor.directory.broken": (
        "directory.json cannot be read: {reason}",
        "directory.json 无法读取：{reason}",
    ),
    "doctor.directory.restore": ("restore the directory from a backup", "从备份恢复该目录"),
    "doctor.secrets": ("secrets", "密钥"),
    "doctor.secrets.ok": ("readable by their owner alone", "仅所有者可读"),
    "doctor.secrets.open": ("others can read {files}", "其他用户可以读取 {files}"),
    "doctor.secrets.remedy": ("chmod 600 {files}", "chmod 600 {files}"),
    "doctor.disk": ("disk", "磁盘"),
    "doctor.disk.free": ("{free:.1f} GiB free of {total:.1f}", "剩余 {free:.1f} GiB，共 {total:.1f}"),
    "doctor.disk.refused": (
        "{detail}: uploads and large imports are refused, signals and settlement go on",
        "{detail}：暂不接受上传和大批量导入，信号与结算照常进行",
    ),
    "doctor.disk.remedy": (
        "free space on the disk of {path}: at least 1 GiB, better twice the size of the data directory",
        "清理 {path} 所在磁盘：至少 1 GiB，最好为数据目录大小的两倍",
    ),
    "doctor.lock": ("lock", "目录锁"),
    "doctor.lock.free": ("free: no server runs", "空闲：没有服务在运行"),
    "doctor.lock.server": ("held by the server at {url}, which answers", "由 {url} 的服务持有，响应正常"),
    "doctor.lock.silent": (
        "held by the server at {url}, which does not answer",
        "由 {url} 的服务持有，但无响应",
    ),
    "doctor.lock.other": ("held by {holder}, which is no server", "由 {holder} 持有，且不是服务进程"),
    "doctor.lock.remedy": ("stop that process, then start the platform again", "停止该进程，再重新启动平台"),
    "doctor.stores": ("stores", "存储"),
    "doctor.stores.ok": ("records and series open and are whole", "业务记录与时间序列均可打开且完整"),
    "doctor.stores.damaged": ("{file} is damaged ({found})", "{file} 已损坏（{found}）"),
    "doctor.stores.restore": (
        "stop the server and put the newest backup in its place: {command}",
        "停止服务，用最新备份恢复：{command}",
    ),
    "doctor.stores.remedy": (
        "restore the directory from a backup, or upgrade",
        "从备份恢复该目录，或升级版本",
    ),
    "doctor.clock": ("clock", "时钟"),
    "doctor.clock.live": (
        "live, {now} Shanghai, in step with the records",
        "实盘，上海时间 {now}，与记录一致",
    ),
    "doctor.clock.simulated": ("simulated, stands at {now} Shanghai", "模拟时钟，停在上海时间 {now}"),
    "doctor.clock.remedy": (
        (
            "set the machine's time (for example with chrony); deadlines follow it. Where it is right and had run ahead:"
            " quantos clock correct --reason TEXT"
        ),
        "校准本机时间（例如使用 chrony）；信号截止时间以它为准。若现在的时间正确而此前走快了：quantos clock correct --reason TEXT",
    ),
    "doctor.calendar": ("trading calendar", "交易日历"),
    "doctor.calendar.ok": ("known to {last}, {days:day|days} ahead", "已知至 {last}，还有 {days} 天"),
    "doctor.calendar.over": (
        "ended on {last}, {days:day|days} before the platform's day",
        "已于 {last} 到期，比平台日期早 {days} 天",
    ),
    "doctor.calendar.remedy": (
        "quantos calendar import FILE, with the exchange's list of the next year",
        "quantos calendar import FILE，导入交易所公布的下一年日历",
    ),
    "doctor.data": ("market data", "行情数据"),
    "doctor.data.none": ("no bars are loaded", "尚未导入日线"),
    "doctor.data.ok": (
        "bars to {last}, the last trading day that is over by the platform's clock (since 18:15)",
        "日线至 {last}，即平台时钟下最近一个已结束（18:15 之后）的交易日",
    ),
    "doctor.data.behind": (
        "bars end on {last}; the last trading day that is over by the platform's clock is {over}; missing trading days: {days}",
        "日线止于 {last}；平台时钟下最近一个已结束的交易日为 {over}：缺 {days} 个交易日",
    ),
    "doctor.data.ahead": (
        "bars to {last}, beyond {over}, the last trading day that is over by the simulated clock: none is missing",
        "日线至 {last}，晚于模拟时钟下最近一个已结束的交易日 {over}：没有缺失",
    ),
    "doctor.data.later": (
        "bars begin on {first}; the last trading day that is over by the platform's clock is {over}: nothing can be settled yet",
        "日线始于 {first}；平台时钟下最近一个已结束的交易日为 {over}：尚无可结算的交易日",
    ),
    "doctor.data.later.remedy": (
        "import earlier bars, or move a simulated clock on: quantos clock set {first}T08:00",
        "导入更早的日线，或前移模拟时钟：quantos clock set {first}T08:00",
    ),
    "doctor.data.unknown": (
        "bars from {first} to {last}; the calendar does not know the weeks before {today}, the platform's day",
        "日线自 {first} 至 {last}；日历不含平台日期 {today} 之前的几周",
    ),
    "doctor.data.remedy": (
        "quantos market fetch, or quantos market import PATH",
        "quantos market fetch，或 quantos market import PATH",
    ),
    "doctor.settlement": ("settlement", "结算"),
    "doctor.settlement.ok": ("the last run: {date}, {status}", "最近一次：{date}，{status}"),
    "doctor.status.running": ("running", "运行中"),
    "doctor.status.done": ("done", "完成"),
    "doctor.status.waiting_for_data": ("waiting for data", "等待行情"),
    "doctor.status.failed": ("failed", "失败"),
    "doctor.status.interrupted": ("interrupted", "被中断"),
    "doctor.settlement.more": (
        "{count:reason|reasons} more why strategies are not settled",
        "另有 {count} 种原因使策略未能结算",
    ),
    "doctor.settlement.none": ("nothing has been settled yet", "尚未结算"),
    "doctor.backups": ("backups", "备份"),
    "doctor.backups.none": ("no backup was made here yet", "尚未做过备份"),
    "doctor.backups.last": (
        "the last one: {at} Shanghai, {days:day|days} ago, {path}",
        "最近一次：上海时间 {at}，{days} 天前，{path}",
    ),
    "doctor.backups.remedy": (
        "quantos backup create FILE, on another disk",
        "quantos backup create FILE，保存到另一块磁盘",
    ),
    "doctor.settlement.remedy": (
        "quantos settle --date {date} goes on with the days that are missing",
        "执行 quantos settle --date {date}，继续结算尚缺的交易日",
    ),
    "support_bundle.exists": (
        "{path} is there already: name another file, or remove it",
        "{path} 已存在：请指定其他文件名，或将其删除",
    ),
    "support_bundle.written": ("written: {path} ({size} KiB)", "已写入：{path}（{size} KiB）"),
    "support_bundle.left_out": ("left out: {part}: {why}", "未包含：{part}：{why}"),
    "support_bundle.look": (
        "Secrets are cut out, and nothing of what users sent is in it. Look through it before you send it.",
        "机密已去除，也不含用户提交的任何内容。发送前请先自行查看。",
    ),
}
