"""What stands for a value in `--help`, in Chinese: `FILE` is 文件, in the usage line and wherever a text names it."""

from __future__ import annotations

import re
from typing import Final

PLACEHOLDERS: Final[dict[str, str]] = {
    "CODE": "代号",
    "COMMAND": "命令",
    "DATE": "日期",
    "DAY": "日期",
    "DIR": "目录",
    "DURATION": "时长",
    "FILE": "文件",
    "HOST": "地址",
    "ID": "编号",
    "IMAGE": "镜像",
    "KIND": "类型",
    "LANG": "语言",
    "NAME": "名称",
    "NUMBER": "数值",
    "OPTIONS": "选项",
    "PATH": "路径",
    "PATH-OR-URL": "路径或网址",
    "PORT": "端口",
    "REASON": "原因",
    "REPO": "仓库",
    "SECONDS": "秒数",
    "SOURCE": "数据源",
    "STATUS": "状态",
    "SYMBOL": "代码",
    "TEXT": "文字",
    "TIMESTAMP": "时间",
    "UNIVERSE": "股票池",
    "URL": "网址",
}

_WIDE: Final = "[\u4e00-\u9fff]"
_WORD: Final = re.compile(
    rf"(?:(?<={_WIDE}) )?(?<![A-Za-z0-9_{{])({'|'.join(sorted(PLACEHOLDERS, key=len, reverse=True))})(?![A-Za-z0-9_}}-])"
    rf"(?: (?={_WIDE}))?"
)


def in_chinese(text: str) -> str:
    """A text of the help with its placeholders in Chinese, joined to Chinese words; other words in capitals stay."""
    return _WORD.sub(lambda found: PLACEHOLDERS[found[1]], text)
