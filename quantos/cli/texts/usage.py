"""What is wrong with a command line, in Chinese. The parser says it in English: its sentences are known here."""

from __future__ import annotations

import re
from typing import Final

_SENTENCES: Final[tuple[tuple[re.Pattern[str], str], ...]] = tuple(
    (re.compile(english, re.DOTALL), chinese)
    for english, chinese in (
        (r"No such option: (\S+) \(Possible options: (.+)\)", "没有选项 {0}，相近的选项：{1}"),
        (r"No such option: (\S+)", "没有选项 {0}"),
        (r"No such command '(.+)'\. Did you mean (.+)\?", "没有命令 {0}，相近的命令：{1}"),
        (r"No such command '(.+)'\.", "没有命令 {0}"),
        (r"Missing command\.", "缺少命令"),
        (r"Missing argument '(.+)'\. Choose from:\s*(.+)", "缺少参数 {0}，可用的有：{1}"),
        (r"Missing argument '(.+)'\.", "缺少参数 {0}"),
        (r"Missing option '(.+)'\.", "缺少选项 {0}"),
        (r"Option '(.+)' requires an argument\.", "选项 {0} 需要一个值"),
        (r"Option '(.+)' does not take a value\.", "选项 {0} 不带值"),
        (r"Got unexpected extra arguments?(?:\(s\))? \((.+)\)", "多余的参数：{0}"),
        (r"Invalid value for '?(.+?)'?: (.+)", "{0} 的值不可用：{1}"),
        (r"Invalid value: (.+)", "{0}"),
        (r"\w+ '(.+)' is a file\.", "{0} 是文件"),
        (r"\w+ '(.+)' is a directory\.", "{0} 是文件夹"),
        (r"\w+ '(.+)' does not exist\.", "{0} 不存在"),
        (r"\w+ '(.+)' is not readable\.", "{0} 不可读"),
    )
)


def wrong_usage_in_chinese(english: str) -> str:
    """The sentence, or what was said where it is none that is known; a part of it may be a sentence, too."""
    for pattern, chinese in _SENTENCES:
        if found := pattern.fullmatch(english):
            return chinese.format(*map(wrong_usage_in_chinese, found.groups()))
    return english
