"""What is said of settings: key → (English, Chinese); and in Chinese why a value does not fit."""

from __future__ import annotations

from typing import Final

SETTINGS: Final[dict[str, tuple[str, str]]] = {
    "settings.bad": ("settings cannot be used: {found}", "设置无法使用：{found}"),
    "settings.unknown": ("{name} is no setting and does nothing", "{name} 不是设置项，不起作用"),
    "settings.meant": ("; is {meant} meant?", "；是否想写 {meant}？"),
    "settings.see": (" (quantos settings lists them)", "（quantos settings 列出全部设置）"),
    "settings.from.default": ("default", "默认值"),
    "settings.from.environment": ("from the environment", "来自环境变量"),
    "settings.from.file": ("from .env", "来自 .env"),
    "settings.from.option": ("from the command line", "来自命令行"),
    "settings.or_empty": ("{words}, or empty", "{words}，或留空"),
}

UNFIT: Final[dict[str, str]] = {
    "decimal_max_places": "小数不得超过 {decimal_places} 位",
    "decimal_parsing": "须为数字",
    "finite_number": "须为有限的数",
    "greater_than": "须大于 {gt}",
    "greater_than_equal": "不得小于 {ge}",
    "int_parsing": "须为整数，只用数字书写",
    "int_parsing_size": "数字位数过多",
    "less_than_equal": "不得大于 {le}",
    "literal_error": "须为 {expected} 之一",
    "string_pattern_mismatch": "须符合格式 {pattern}",
    "must be an amount of memory, such as 2GB or 512MiB": "须为内存大小，例如 2GB 或 512MiB",
    "must be a path, user@host:path, or a URL such as https://host/name.git": "须为路径、user@host:path 或网址，例如 https://host/name.git",
}
"""By the kind of what was found, or by the English of our own validators."""
