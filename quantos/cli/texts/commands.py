"""What commands say about themselves and their directory: key → (English, Chinese)."""

from __future__ import annotations

from typing import Final

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "help.usage": ("Usage:", "用法："),
    "help.arguments": ("Arguments:", "参数："),
    "help.options": ("Options:", "选项："),
    "help.commands": ("Commands:", "命令："),
    "settings.bad": ("settings cannot be used: {found}", "设置无法使用：{found}"),
    "settings.unknown": ("{name} is no setting and does nothing", "{name} 不是设置项，不起作用"),
    "settings.meant": ("; is {meant} meant?", "；是否想写 {meant}？"),
    "settings.see": (" (quantos settings lists them)", "（quantos settings 列出全部设置）"),
    "settings.from.default": ("default", "默认值"),
    "settings.from.environment": ("from the environment", "来自环境变量"),
    "settings.from.file": ("from .env", "来自 .env"),
    "settings.from.option": ("from the command line", "来自命令行"),
    "interrupted": (
        "interrupted: nothing is left half done; run the command again",
        "已中断：没有留下做了一半的操作；可重新运行该命令",
    ),
    "given.no_date": ("{text!r} is no date: write YYYY-MM-DD", "{text!r} 不是日期：请写 YYYY-MM-DD"),
    "given.no_instant": (
        "{text!r} is no timestamp: write for example 2024-01-02T08:00, which is Shanghai time, or 2024-01-02T00:00Z",
        "{text!r} 不是时间：请写例如 2024-01-02T08:00（上海时间）或 2024-01-02T00:00Z",
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
    "given.no_number": (
        "{text!r} is no whole number from {least} on",
        "{text!r} 不是不小于 {least} 的整数",
    ),
    "given.no_port": (
        "{text!r} is no port: write a number from 0 to 65535",
        "{text!r} 不是端口：请写 0 到 65535 的数字",
    ),
}
