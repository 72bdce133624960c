"""What the platform refuses at the terminal, in Chinese. It says it in English, to programs too: its sentences stand here
as its code has them, `{}` where a value comes. What is not among them is shown as it was said.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

_STORAGE: Final[dict[str, str]] = {
    "no data directory at {}: start the platform once, or name another with --data-dir": (
        "{0} 没有数据目录：请先启动一次平台，或用 --data-dir 指定其他目录"
    ),
    "{} cannot be used as a data directory ({}): run as its owner, or name another with --data-dir": (
        "{0} 不能用作数据目录（{1}）：请以其所有者身份运行，或用 --data-dir 指定其他目录"
    ),
    "{} has lost its directory.json: restore it from a backup; the stores beside it are not touched": (
        "{0} 丢失了 directory.json：请从备份恢复；其他存储文件未被改动"
    ),
    (
        "{} is a folder with other things in it ({}) and no QuantOS data directory: name a folder that is absent or"
        " empty with --data-dir; nothing was changed"
    ): (
        "{0} 是已有其他内容（{1}）的文件夹，不是 QuantOS 数据目录：请用 --data-dir 指定不存在的或空的文件夹；未作任何改动"
    ),
    "{} is damaged: restore it from a backup; the stores beside it are not touched": (
        "{0} 已损坏：请从备份恢复；其他存储文件未被改动"
    ),
    "{} was written by a newer version of QuantOS: upgrade before opening it": (
        "{0} 由更新版本的 QuantOS 写入：请先升级再打开"
    ),
    "{} is a {} data directory and stays one: name another with --data-dir": (
        "{0} 是{1}数据目录，不能更改：请用 --data-dir 指定其他目录"
    ),
    "simulated": "模拟",
    "live": "实盘",
    "{} is in use by {}: stop it first, or name another directory with --data-dir": (
        "{0} 正由 {1} 使用：请先停止它，或用 --data-dir 指定其他目录"
    ),
    "process {} on {}, since {}": "进程 {0}（主机 {1}，自 {2} 起）",
    "another process": "另一个进程",
    "the records store was written by a newer version of QuantOS: upgrade before opening it": (
        "记录库由更新版本的 QuantOS 写入：请先升级再打开"
    ),
    "the records store {} cannot be opened ({}): run quantos doctor": (
        "记录库 {0} 无法打开（{1}）：请运行 quantos doctor"
    ),
    "the series store was written by a newer version of QuantOS: upgrade before opening it": (
        "序列库由更新版本的 QuantOS 写入：请先升级再打开"
    ),
    "the series store {} cannot be opened ({}): run quantos doctor": (
        "序列库 {0} 无法打开（{1}）：请运行 quantos doctor"
    ),
    "the series store could not be written ({}): nothing was stored; free disk space or memory and run it again": (
        "序列库无法写入（{0}）：未保存任何内容；请腾出磁盘空间或内存后重新运行"
    ),
    "the server at {} holds the data directory and does not answer ({}): look at its output, or stop it": (
        "{0} 的服务占用该数据目录但没有应答（{1}）：请查看其输出，或停止它"
    ),
    "no operator token in {}: the server makes it when it starts": "{0} 中没有管理员令牌：服务启动时会生成",
    "the server answered {}": "服务返回了 {0}",
}

_BACKUP: Final[dict[str, str]] = {
    "a backup is being made: wait for it": "正在制作备份：请等待其完成",
    "the backup cannot be written ({}): nothing was left": "备份无法写入（{0}）：未留下任何文件",
    "a backup is named by its whole path": "请用完整路径指定备份文件",
    "there is a file of this name already: name another": "已有同名文件：请换一个名称",
    "there is no folder for this file: make it first, or name another": (
        "该文件所在的文件夹不存在：请先创建，或换一个位置"
    ),
    "a backup needs {} GiB of free space and there are {}: free some, or name a file on another disk": (
        "备份需要 {0} GiB 可用空间，现有 {1} GiB：请腾出空间，或指定其他磁盘上的文件"
    ),
    "{} could not be copied: free disk space, and look at its owner and mode": (
        "{0} 无法复制：请腾出磁盘空间，并检查其所有者与权限"
    ),
    "there is no file {}": "没有文件 {0}",
    "{} is damaged ({}): use another backup": "{0} 已损坏（{1}）：请使用其他备份",
    (
        "{} is not empty: name another with --data-dir, or put the backup in its place with --force, which keeps what"
        " is there in a folder beside"
    ): "{0} 不是空的：请用 --data-dir 指定其他目录，或用 --force 以备份取代它（原有内容保留在旁边的文件夹中）",
    "the manifest is larger than any: use another backup": "备份清单过大：请使用其他备份",
    "the file is no backup of QuantOS": "该文件不是 QuantOS 的备份",
    "the backup was made by a newer version of QuantOS: upgrade first": "该备份由更新版本的 QuantOS 制作：请先升级",
    "the backup does not hold the files that its manifest names: use another": (
        "备份中缺少清单所列的文件：请使用其他备份"
    ),
    "the backup names a file outside of itself: use another": "备份指向其自身之外的文件：请使用其他备份",
    "{} in the backup is not as it was made: use another": "备份中的 {0} 与制作时不一致：请使用其他备份",
    "the backup disagrees with itself on whether it is simulated: use another": (
        "备份对自身是否为模拟的说明前后矛盾：请使用其他备份"
    ),
    "a store in the backup does not open ({}): use another": "备份中的一个存储无法打开（{0}）：请使用其他备份",
    "the records store in the backup is damaged: use another": "备份中的记录库已损坏：请使用其他备份",
}

_SETTLEMENT: Final[dict[str, str]] = {
    "{} is not a trading day: nothing is settled on it": "{0} 不是交易日，无需结算",
    "{} is settled at 18:15 Asia/Shanghai of that day, not before": "{0} 在当日 18:15（上海时间）结算，不能提前",
    "{} is not a trading day: jobs are run for trading days": "{0} 不是交易日：任务只为交易日运行",
    "{} has not come: today is {}": "{0} 尚未到来：今天是 {1}",
    "there is no job {}: quantos job list, or GET /api/v1/admin/jobs, names them": (
        "没有任务 {0}：名称见 quantos job list 或 GET /api/v1/admin/jobs"
    ),
    "{} is not available on this platform": "本平台没有 {0}",
    "a settlement is under way: nothing was changed; ask again when it has ended": (
        "结算正在进行：未作任何更改；请在其结束后重试"
    ),
    "no day is settled yet: there is nothing to restate": "尚无已结算的交易日：没有可以重新结算的内容",
    "no strategy is settled for {}: a restatement begins on a settled day ({} to {})": (
        "{0} 没有已结算的策略：重新结算须从已结算的交易日（{1} 至 {2}）开始"
    ),
    "a reason has 1 to {} characters": "原因须为 1 至 {0} 个字符",
    "{}; nothing was changed": "{0}；未作任何更改",
    "there is no file of market data": "没有行情文件",
    "there are no market data of {} and none before: import them": "没有 {0} 及之前的行情：请先导入",
    (
        "the market data of {} are not complete: {} of {} instruments have a row, missing {}{}; import them, or accept"
        " the date"
    ): "{0} 的行情不完整：{2} 个标的中有 {1} 个有数据，缺 {3}{4}；请导入，或放行该日",
    " and {} more": " 等，另有 {0} 个",
    "{} is not a trading day: there is nothing to accept": "{0} 不是交易日：没有可放行的内容",
    "{} has not come: today is {}, and only what has come is accepted": (
        "{0} 尚未到来：今天是 {1}，只能放行已到来的日子"
    ),
    "{} is accepted already": "{0} 已放行",
    "the clock is not moved beyond the year {}": "时钟不能移到 {0} 年之后",
    "the clock stands at {} and cannot go back to {}": "时钟停在 {0}，不能退回 {1}",
    "this platform runs in live time: only a simulated one has a clock to move": (
        "本平台以真实时间运行：只有模拟平台的时钟可以移动"
    ),
    (
        "the system's clock stands at {}, but this platform has already lived {}: set the clock right and start again;"
        " where it is right, and had run ahead, quantos clock correct --reason TEXT takes the timetable back; nothing"
        " was changed"
    ): (
        "系统时钟为 {0}，而本平台已运行到 {1}：请校正时钟后重新启动；若时钟现已正确、此前走快，请用"
        " quantos clock correct --reason TEXT 把日程表退回；未作任何更改"
    ),
    "the trading calendar begins on {}; {} lies before it": "交易日历始于 {0}，{1} 在其之前",
    "the trading calendar ends on {}, the last day known; {} lies beyond: {}": (
        "交易日历止于 {0}（已知的最后一天），{1} 在其之后：{2}"
    ),
    "import the exchange's list with `quantos calendar import FILE`": (
        "请用 quantos calendar import FILE 导入交易所的日历"
    ),
}

_LICENSE: Final[dict[str, str]] = {
    "the licence is not installed: {}": "许可证未安装：{0}",
    "{} cannot be written ({}): make its folder writable, or put the file there by hand": (
        "{0} 无法写入（{1}）：请使其文件夹可写，或手工放入该文件"
    ),
    (
        "the licence is signed with key {}, which is not accepted here (accepted: {}): upgrade the product if the"
        " licence is newer than it, or ask the vendor for a licence signed anew"
    ): "许可证由密钥 {0} 签名，此处不接受（接受：{1}）：若许可证比产品新，请升级产品，否则请向厂商索取重新签名的许可证",
    (
        "the signature of key {} does not fit: a field was changed after it was signed. Download the licence again and"
        " copy it unchanged"
    ): "密钥 {0} 的签名不符：签名后有字段被改动。请重新下载许可证并原样复制",
    "this machine has no fingerprint to compare with: {}": "本机没有可比对的指纹：{0}",
    "the licence is for the machine {}, this one is {}: apply for a licence with this machine's fingerprint": (
        "许可证属于机器 {0}，本机为 {1}：请用本机的指纹申请许可证"
    ),
    "the system's clock shows {}, and has shown {} before: set it right (timedatectl set-ntp true)": (
        "系统时钟为 {0}，此前曾为 {1}：请校正（timedatectl set-ntp true）"
    ),
    (
        "the licence was issued at {}, and the system's clock shows {}: set the clock right (timedatectl set-ntp true)"
    ): "许可证签发于 {0}，而系统时钟为 {1}：请校正时钟（timedatectl set-ntp true）",
    "the licence's last day was {}: renew it, and drop the new file in": (
        "许可证已于 {0} 到期：请续期并放入新文件"
    ),
    "a license.json has at most {} bytes, this file has {}": "license.json 最多 {0} 字节，该文件有 {1} 字节",
    "a license.json has at most {} bytes": "license.json 最多 {0} 字节",
    "the file is not in the form in which it was issued: {}": "该文件与签发时的形式不一致：{0}",
    "the file is not JSON in UTF-8 ({}): {}": "该文件不是 UTF-8 的 JSON（{0}）：{1}",
    "the file holds no JSON object: {}": "该文件不是 JSON 对象：{0}",
    "the file holds what no licence holds": "该文件含有许可证不会有的内容",
    "the file names a field twice": "该文件中同一字段出现两次",
    "the file holds the number {}: a licence has whole numbers only": "该文件含有数字 {0}：许可证只有整数",
    "download it again and copy it unchanged": "请重新下载并原样复制",
}

_MARKET: Final[dict[str, str]] = {
    (
        "Understood are, as CSV or Parquet: bars (symbol, date, open, high, low, close, volume, with pre_close,"
        " adj_factor, trade_status or is_st, or `bars` in the file's name); indices (symbol, date, close; where there are"
        " more columns, `index` in the file's name); constituents (index_symbol, symbol, start_date or asof_date);"
        " instruments (symbol, list_date); corporate actions (symbol, ex_date, bonus_per_million,"
        " cash_mills_per_million); a calendar (date, is_open); and files of BaoStock, Tushare, akshare and quote sites"
    ): (
        "可读取的 CSV 或 Parquet 有：日线（symbol、date、open、high、low、close、volume，另有 pre_close、adj_factor、"
        "trade_status、is_st 之一，或文件名含 bars）；指数（symbol、date、close；列更多时文件名须含 index）；成分"
        "（index_symbol、symbol、start_date 或 asof_date）；标的（symbol、list_date）；公司行为（symbol、ex_date、"
        "bonus_per_million、cash_mills_per_million）；日历（date、is_open）；以及 BaoStock、Tushare、akshare 与行情网站的文件"
    ),
    "and {} more files": "另有 {0} 个文件",
    "there is no such file or folder on this machine": "本机没有该文件或文件夹",
    "the folder holds no Parquet or CSV file": "该文件夹中没有 Parquet 或 CSV 文件",
    "{} is empty: fetch it again": "{0} 是空的：请重新获取",
    "{} begins with an empty line: its first line must name the columns": "{0} 以空行开头：首行须为列名",
    "{} is separated by {}, not by commas: write it as comma-separated CSV": (
        "{0} 以{1}分隔而非逗号：请存为逗号分隔的 CSV"
    ),
    "semicolons": "分号",
    "tabs": "制表符",
    "{} is no UTF-8 text: save it as UTF-8 (of a Chinese spreadsheet: iconv -f GB18030 -t UTF-8)": (
        "{0} 不是 UTF-8 文本：请存为 UTF-8（中文电子表格可用：iconv -f GB18030 -t UTF-8）"
    ),
    "{}: files are read that end in .csv, .parquet or .pq; rename it if it is one of these": (
        "{0}：只读取以 .csv、.parquet 或 .pq 结尾的文件；若确为其中一种，请改名"
    ),
    "{} cannot be read ({}): it is cut off or no {} file; fetch it again": (
        "{0} 无法读取（{1}）：文件不完整或不是 {2} 文件；请重新获取"
    ),
    (
        "{}: {} has {} cells, the first line names {} columns: it is cut off, or a comma is missing or too many; fetch"
        " it again"
    ): "{0}：{1}有 {2} 个单元格，而首行有 {3} 列：文件不完整，或缺少或多出逗号；请重新获取",
    "line {}": "第 {0} 行",
    "a line": "某一行",
    "its columns are those of bars and of indices: put `bars` or `index` into the file's name": (
        "其列既可为日线也可为指数：请在文件名中写明 bars 或 index"
    ),
    "its columns ({}) are none that the market stores": "其列（{0}）不属于任何一种行情数据",
    "column {} holds no {}: {}": "列 {0} 的内容不是 {1}：{2}",
    "{}: column {} holds no {}: {}": "{0}：列 {1} 的内容不是 {2}：{3}",
    "the data directory holds a {} market and stays one: {} data goes into another directory": (
        "该数据目录存放{0}行情，不能更改：{1}数据请放入其他目录"
    ),
    "real": "真实",
    "synthetic": "合成",
    (
        "{}: no symbol is a share or a fund (first: {}): a file of index bars is named indices, or lies in a folder of"
        " that name"
    ): "{0}：没有一个代码是股票或基金（首个：{1}）：指数日线的文件须名为 indices，或放在该名称的文件夹中",
    "{}: amount / volume is about {} times the price ({}): convert to shares and CNY, nothing was stored": (
        "{0}：成交额 / 成交量约为价格的 {1} 倍（{2}）：请换算为股与元；未保存任何内容"
    ),
    (
        "{}: amount / volume does not fit the prices, by a factor that differs from row to row, and {}. Give the prices"
        " that were traded, with the factors in the column adj_factor; nothing was stored"
    ): "{0}：成交额 / 成交量与价格不符，且各行倍数不同；{1}。请提供实际成交价，并把复权因子放在 adj_factor 列；未保存任何内容",
    "divided by adj_factor they fit: the prices are adjusted": "除以 adj_factor 后相符：价格已复权",
    "a wrong unit would be one factor for all: the prices are probably adjusted (qfq, hfq)": (
        "若是单位有误，各行倍数应相同：价格很可能已复权（前复权或后复权）"
    ),
    (
        "{}: {}{}; {}. Convert the prices to CNY; nothing was stored. Where the stored rows are the wrong ones, import"
        " the right ones with their column amount, which proves the unit"
    ): "{0}：{1}{2}；{3}。请把价格换算为元；未保存任何内容。若有误的是已存的行，请导入带 amount 列的正确数据，以证明其单位",
    "{}: refused as {} bars: {}; {}": "{0}：不能作为 {1} 日线采用：{2}；{3}",
    "export raw (unadjusted) prices: adjustflag 3, adjust='' or adj=None": (
        "请导出不复权的价格：adjustflag 3、adjust='' 或 adj=None"
    ),
    "export daily bars": "请导出日线",
    "name the file after the symbol, for example sh600519.csv, or add a symbol column": (
        "请用代码命名文件，例如 sh600519.csv，或增加代码列"
    ),
    "write the exchange too, for example sz000001.csv": "请写明交易所，例如 sz000001.csv",
    "export the file again from the provider, without changing its units": "请从数据源重新导出，不要更改单位",
    "import bars of the symbol from another provider first, or add an amount column": (
        "请先从其他数据源导入该代码的日线，或增加成交额列"
    ),
    "{} rows have adjustflag {}": "{0} 行的 adjustflag 为 {1}",
    "its name says {}": "文件名中有 {0}",
    "{} rows have a price below zero": "{0} 行的价格为负",
    "adj_type is {}": "adj_type 为 {0}",
    "amount / volume is {} times the close in the middle row": "中间一行的成交额 / 成交量为收盘价的 {0} 倍",
    "{} of {} closes differ from the raw bars that are stored": "{1} 个收盘价中有 {0} 个与已存的不复权日线不同",
    "no code of column {} fits a board": "列 {0} 中没有属于任何板块的代码",
    "neither a column nor its name tells the symbol": "列与文件名都没有说明代码",
    "{} is a weekend day: the exchange holds no weekend sessions": "{0} 是周末：交易所周末不开市",
    "the list leaves a hole: {} is not in it; it must join {} .. {}": "清单有缺口：缺少 {0}；须与 {1} .. {2} 相接",
    "the list has a row without a date or without is_open": "清单中有一行缺少 date 或 is_open",
    "the list names a day twice": "清单中同一天出现两次",
    "{} would change, and days up to {} are settled": "{0} 会被更改，而截至 {1} 的日子已结算",
    "{}: the first line must name the columns date and is_open, nothing was imported": (
        "{0}：首行须有列名 date 与 is_open；未导入任何内容"
    ),
    "{} is no CSV text file in UTF-8: nothing was imported": "{0} 不是 UTF-8 的 CSV 文本文件；未导入任何内容",
    "{}, line {}: the date is not written YYYY-MM-DD, nothing was imported": (
        "{0} 第 {1} 行：日期须写作 YYYY-MM-DD；未导入任何内容"
    ),
    "{}, line {}: is_open is neither 1 nor 0, nothing was imported": (
        "{0} 第 {1} 行：is_open 须为 1 或 0；未导入任何内容"
    ),
    "{} is not installed: ./install.sh --extra {}, in the folder of QuantOS, adds it": (
        "未安装 {0}：请在 QuantOS 的文件夹中运行 ./install.sh --extra {1}"
    ),
    "{}: akshare cannot reach its site: {}": "{0}：akshare 无法访问其网站：{1}",
    (
        "{}; gave up after {} attempts with {} of {} symbols stored: check the network, then run the same command again"
        " to go on"
    ): "{0}；尝试 {1} 次后放弃，{3} 个代码中已写入 {2} 个：请检查网络，再运行同一命令即可继续",
    "{} symbols in a row were refused, the last with: {}": "连续 {0} 个代码被拒绝，最后一个的原因：{1}",
    "{} is no symbol: it {}": "{0} 不是代码：{1}",
    "must be six digits, a dot and the exchange SH, SZ or BJ, such as 600519.SH": (
        "须为六位数字加点与交易所 SH、SZ 或 BJ，例如 600519.SH"
    ),
    "{} lies before the first day, {}": "{0} 早于首日 {1}",
    "another fetch into {} is under way: wait for its end": "另一次抓取正在写入 {0}：请等待其结束",
}

_ATTESTATION: Final[dict[str, str]] = {
    "the attestation repository cannot be read: {}": "存证仓库无法读取：{0}",
    "the attestation repository cannot be read ({}): see quantos attestation status": (
        "存证仓库无法读取（{0}）：请看 quantos attestation status"
    ),
    "nothing has been attested yet": "尚无任何存证",
    "no alarm {} stands: there is nothing to acknowledge": "没有警报 {0}：无需确认",
    "this platform attests nothing: QUANTOS_ATTESTATION_REPO is not set": (
        "本平台不做存证：未设置 QUANTOS_ATTESTATION_REPO"
    ),
    "the signing key cannot be used: {}": "签名密钥不可用：{0}",
    "{} is neither empty nor a git repository: name another folder": (
        "{0} 既非空文件夹也不是 git 仓库：请指定其他文件夹"
    ),
    "another platform writes to {}: each needs a repository of its own": "另一平台正在写入 {0}：每个平台须有自己的仓库",
    "git is not installed: install it (apt-get install git)": "未安装 git：请安装（apt-get install git）",
    "{} exists: a new key would not match the signatures made so far": (
        "{0} 已存在：新密钥与此前的签名不一致"
    ),
}

REFUSALS: Final[dict[str, str]] = _STORAGE | _BACKUP | _SETTLEMENT | _LICENSE | _MARKET | _ATTESTATION

FRAGMENT_MAX: Final = 12
"""What has so few characters of its own is a part of a sentence, whose values are single words."""

_NAMED: Final = re.compile(r"([^\s:]+): (.+)", re.DOTALL)
_JOINED: Final = {"; ": "；", ". ": "。"}
_JOINT: Final = re.compile("|".join(map(re.escape, _JOINED)))


def refusal_in_chinese(english: str) -> str:
    """What was refused, or what was said where a part of it is no sentence that is known."""
    return _known(english) or english


def _known(english: str) -> str | None:
    """A sentence or several that follow one another; None where one of them is not known."""
    for joint in _JOINT.finditer(english):
        first = _sentence(english[: joint.start()])
        if first is not None and (others := _known(english[joint.end() :])) is not None:
            return first + _JOINED[joint[0]] + others
    return _sentence(english)


def _sentence(english: str) -> str | None:
    """One sentence, maybe of a file or a field; the values in it may be sentences, too."""
    for pattern, chinese in _patterns():
        if found := pattern.fullmatch(english):
            return chinese.format(*map(refusal_in_chinese, found.groups()))
    if (named := _NAMED.fullmatch(english)) and (told := _sentence(named[2])) is not None:
        return f"{named[1]}：{told}"
    return None


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """Longer sentences first: the more of a sentence is its own, the less it takes another for its values."""
    ordered = sorted(REFUSALS.items(), key=lambda each: -_own(each[0]))
    return [(re.compile(_pattern(english), re.DOTALL), chinese) for english, chinese in ordered]


def _own(english: str) -> int:
    return len(english.replace("{}", ""))


def _pattern(english: str) -> str:
    value = "(.*?)" if _own(english) > FRAGMENT_MAX else r"(\S*?)"
    return value.join(map(re.escape, english.split("{}")))
