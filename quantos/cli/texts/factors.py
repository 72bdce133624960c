"""What `quantos factor` says, and the words of its report: key → (English, Chinese)."""

from __future__ import annotations

from typing import Final

_COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "factor.no_key": (
        "values belong to an agent: set QUANTOS_API_KEY to the key of the agent whose factor this is",
        "因子值归属于智能体：请将 QUANTOS_API_KEY 设为该因子所属智能体的 API key",
    ),
    "factor.none": ("no factors", "没有因子"),
    "factor.which": (
        "name the factor to fill with --factor ID, or make a new one with --name and --universe",
        "请用 --factor ID 指定因子，或用 --name 与 --universe 新建一个",
    ),
    "factor.pickle": (
        (
            "{name} is a pickle: opening one runs whatever code its author put into it, so it is never opened."
            " In pandas: df.to_parquet('values.parquet'), then upload that"
        ),
        (
            "{name} 是 pickle 文件：打开它会执行作者放入的任意代码，因此绝不打开。"
            "请在 pandas 中运行 df.to_parquet('values.parquet')，再上传该文件"
        ),
    ),
    "factor.no_file": ("there is no file {path}", "没有文件 {path}"),
    "factor.unknown_kind": (
        "{name} is none of .parquet, .feather, .arrow, .csv: write it as one of these",
        "{name} 不是 .parquet、.feather、.arrow 或 .csv 文件：请改用其中一种格式",
    ),
    "factor.unreadable": (
        "{name} cannot be read: it is cut off, damaged or of another format; write it again",
        "无法读取 {name}：文件被截断、损坏或格式不符；请重新生成",
    ),
    "factor.no_date": (
        "{name} has no column named date: a wide file has date and a column per symbol, a long one date, symbol, value",
        "{name} 没有名为 date 的列：宽表为 date 加每个代码一列，长表为 date、symbol、value",
    ),
    "factor.empty": ("{name} has no rows", "{name} 没有数据行"),
    "factor.bad_cell": (
        "{name}: row {where}, column {column}: {why}; nothing was sent, and no factor was made",
        "{name}：第 {where} 行，列 {column}：{why}；未发送任何内容，也未新建因子",
    ),
    "factor.cell.no_number": ("{content} is no number", "{content} 不是数字"),
    "factor.cell.not_finite": (
        "{content} is no finite number: leave out a row that has none",
        "{content} 不是有限的数：没有值的行请去掉",
    ),
    "factor.cell.no_date": ("{content} is no date: write YYYY-MM-DD", "{content} 不是日期：请写 YYYY-MM-DD"),
    "factor.cell.no_symbol": (
        "{content} is no symbol such as 600519.SH, 000001.SZ or 920002.BJ",
        "{content} 不是证券代码，应如 600519.SH、000001.SZ、920002.BJ",
    ),
    "factor.uploading": ("{name}: {rows:row|rows}", "{name}：{rows} 行"),
    "factor.stopped": (
        (
            "part {part} of {parts} was refused: {reason}. The days of the parts before it are stored; mend the file and"
            " upload it again, the same days are replaced"
        ),
        "第 {part} / {parts} 部分被拒绝：{reason}。之前各部分的交易日已保存；修正文件后重新上传，相同日期会被替换",
    ),
    "factor.interrupted": (
        "interrupted: {done} of {total:row is|rows are} stored; upload the file again to go on",
        "已中断：已保存 {done} / {total} 行；重新上传该文件即可继续",
    ),
    "factor.uploaded": (
        "{uploaded:day|days} stored, {total} in all: the factor is {status}",
        "已保存 {uploaded} 个交易日，共 {total} 个：因子状态为{status}",
    ),
    "factor.id": ("factor", "因子"),
    "factor.name": ("name", "名称"),
    "factor.owner": ("owner", "所有者"),
    "factor.universe": ("universe", "股票池"),
    "factor.status": ("status", "状态"),
    "factor.status.draft": ("draft", "草稿"),
    "factor.status.ready": ("ready", "就绪"),
    "factor.status.validating": ("validating", "验证中"),
    "factor.status.active": ("active", "已通过"),
    "factor.status.rejected": ("rejected", "未通过"),
    "factor.expression": ("expression", "表达式"),
    "factor.reject_reason": ("rejected for", "未通过原因"),
    "factor.created_at": ("created (Shanghai time)", "创建时间（上海时间）"),
    "factor.validated_at": ("validated (Shanghai time)", "验证时间（上海时间）"),
    "factor.col.passed": ("verdict", "结论"),
    "factor.col.check": ("check", "检查项"),
    "factor.col.value": ("value", "数值"),
    "factor.col.threshold": ("asked for", "要求"),
    "factor.not_validated": (
        "factor {id} has not been validated yet: there is nothing to report",
        "因子 {id} 尚未验证：没有可报告的内容",
    ),
    "factor.report_written": ("written to {path}", "已写入 {path}"),
}

_REPORT: Final[dict[str, tuple[str, str]]] = {
    "report.lang": ("en", "zh-CN"),
    "report.title": ("Factor report: {name}", "因子报告：{name}"),
    "report.made": (
        "Data of {at} (Shanghai time). Values are not part of this page.",
        "数据时间 {at}（上海时间）。本页不含因子值。",
    ),
    "report.edition.standard": ("Made with QuantOS", "由 QuantOS 生成"),
    "report.edition.test": ("Made with QuantOS, test edition", "由 QuantOS 测试版生成"),
    "report.edition.evaluation": ("Made with QuantOS, evaluation edition", "由 QuantOS 评估版生成"),
    "report.edition.none": ("Made with QuantOS, without a valid licence", "由 QuantOS 生成，无有效许可证"),
    "report.edition.lapsed": ("no licence held when this page was made", "生成本页时许可证未生效"),
    "report.os": ("Out of sample", "样本外"),
    "report.os.timely": (
        "Timely days: the platform had the values before the next day's prices began to form.",
        "及时交易日：平台在次日价格形成之前已收到因子值。",
    ),
    "report.os.all": ("All days", "全部交易日"),
    "report.os.timely_row": ("Timely days", "及时交易日"),
    "report.os.late": (
        "Late days: {days}. A value uploaded after the returns were known proves nothing.",
        "迟到 {days} 天：在收益已知之后上传的值不能证明任何事。",
    ),
    "report.os.none": ("No day out of sample has a known return yet.", "尚无收益已知的样本外交易日。"),
    "report.last": ("last {days:day|days}", "最近 {days} 天"),
    "report.checks": ("Five checks", "五项检查"),
    "report.values_since": (
        "Values have arrived since this validation: submit the factor again for a verdict on them.",
        "本次验证之后又收到新的因子值：请重新提交以获得结论。",
    ),
    "report.figures": ("In sample", "样本内"),
    "report.ic_mean": ("IC mean", "IC 均值"),
    "report.ic_ir": ("IC IR", "IC IR"),
    "report.turnover": ("Turnover", "换手率"),
    "report.sharpe": ("Sharpe of long-short", "多空夏普"),
    "report.fitness": ("Fitness", "Fitness"),
    "report.coverage": ("Coverage", "覆盖率"),
    "report.data_days": ("Data days", "数据天数"),
    "report.max_correlation": ("Largest correlation", "最大相关性"),
    "report.claimed": ("claimed {value}", "自报 {value}"),
    "report.charts": ("Day by day", "逐日图表"),
    "report.chart.ic": ("Daily IC and its mean over 20 days", "每日 IC 与 20 日均值"),
    "report.chart.ic.daily": ("IC of a day", "每日 IC"),
    "report.chart.ic.rolling": ("mean of 20 days", "20 日均值"),
    "report.chart.ic_sum": ("Cumulative IC", "累计 IC"),
    "report.chart.decay": ("IC by lag, in days", "IC 衰减（滞后天数）"),
    "report.chart.fifths": ("Growth of 1 in each fifth", "各五分位净值"),
    "report.chart.fifth": ("fifth {number}", "第 {number} 组"),
    "report.chart.long_short": ("Growth of 1 in long-short", "多空净值"),
    "report.chart.fifth_means": ("Mean daily return of each fifth", "各五分位日均收益"),
    "report.chart.turnover": ("Turnover of a day", "每日换手率"),
    "report.chart.coverage": ("Coverage of a day", "每日覆盖率"),
    "report.yearly": ("By year", "分年度"),
    "report.year": ("Year", "年份"),
    "report.returns": ("Long-short return", "多空收益"),
    "report.drawdown": ("Drawdown", "回撤"),
    "report.days": ("Days", "天数"),
    "report.beyond": ("Beside the checks", "检查之外"),
    "report.beyond.lead": ("None of this decides anything.", "以下内容不影响结论。"),
    "report.t_stat": ("t statistic of the IC (Newey-West)", "IC 的 t 统计量（Newey-West）"),
    "report.deflated_sharpe": (
        "Probability of skill; attempts so far: {attempts} (deflated Sharpe)",
        "经 {attempts} 次尝试校正后的有效概率（deflated Sharpe）",
    ),
    "report.half_life_days": ("Half-life of the IC, days", "IC 半衰期（天）"),
    "report.monotonicity": ("Monotonicity of the fifths", "五分位单调性"),
    "report.placebo": (
        "Mean IC by chance ({draws:shuffle|shuffles}): {low} to {high}",
        "随机打乱 {draws} 次的 IC 均值范围：{low} 至 {high}",
    ),
    "report.by_board": ("IC by board", "分板块 IC"),
    "report.board.main": ("main board", "主板"),
    "report.board.chinext": ("ChiNext", "创业板"),
    "report.board.star": ("STAR", "科创板"),
    "report.board.bse": ("BSE", "北交所"),
    "report.board.fund": ("funds", "基金"),
    "report.board.unknown": ("other", "其他"),
    "report.look_ahead": (
        (
            "WARNING: the IC with the return of the very next day (lag 0), which cannot be traded, is far above that of"
            " lag 1. Values made with prices of after the close look like this."
        ),
        "警告：与次日收益（滞后 0，无法交易）的 IC 远高于滞后 1。使用收盘之后的价格计算的因子会出现这种情况。",
    ),
    "report.definitions": (
        (
            "IC of day T: rank correlation of the values of T with close[T+2] / close[T+1] - 1, adjusted for corporate"
            " actions, over the members of the universe on T. Fifths: by value, n // 5 names each. Turnover: share of names"
            " replaced since the day before, mean of the outer fifths. Past returns are no promise."
        ),
        (
            "T 日 IC：T 日因子值与 close[T+2] / close[T+1] - 1（复权）在当日成分股上的秩相关。"
            "五分位：按值排序，每组 n // 5 只。换手率：较前一日被替换的比例，取首末两组均值。过往表现不代表未来。"
        ),
    ),
    "report.passed": ("passed", "通过"),
    "report.failed": ("failed", "未通过"),
    "report.none": ("none", "无"),
}

FACTORS: Final = _COMMANDS | _REPORT

FACTOR_HELP: Final[dict[str, str]] = {
    "Alpha factors: upload values, see verdicts, write reports.": "Alpha 因子：上传因子值、查看结论、生成报告。",
    "Show the factors of the agent whose key is set; without one, everyone's.": "显示所设 API key 对应智能体的因子；未设置则显示全部。",
    "Show one factor: its verdict, its checks, how it does out of sample.": "显示一个因子：结论、检查项与样本外表现。",
    "Upload values out of FILE: Parquet, Feather, Arrow or CSV, wide (date, one column per symbol) or long (date, symbol, value).": "上传 FILE 中的因子值：Parquet、Feather、Arrow 或 CSV，宽表（date，每个代码一列）或长表（date、symbol、value）。",
    "Write one page with every plot and figure of a validated factor, readable offline.": "生成一个离线可读的页面，包含已验证因子的全部图表与数据。",
    "A Parquet, Feather, Arrow or CSV file.": "Parquet、Feather、Arrow 或 CSV 文件。",
    "The factor's id, as quantos factor list shows it.": "因子 id，见 quantos factor list。",
    "The factor to fill, by its id.": "要填充的因子的 id。",
    "Make a new factor of this name.": "以此名称新建因子。",
    "Of a new factor: hs300, csi500 or csi1000.": "新因子的股票池：hs300、csi500 或 csi1000。",
    "Have it validated once everything is uploaded.": "上传完成后立即提交验证。",
    "The file to write.": "要写入的文件。",
    "Only those in this status.": "仅显示此状态的因子。",
}
