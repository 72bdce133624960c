"""What was found in an attestation repository, and how a file is not of its kind: key → (English, Chinese)."""

from __future__ import annotations

from typing import Final

REPOSITORY: Final[dict[str, tuple[str, str]]] = {
    "file_unreadable": ("{path} in commit {commit}: {found}", "提交 {commit} 中的 {path}：{found}"),
    "entries_on_a_closed_day": (
        "{found}: {count} entries for a day on which the exchange was closed",
        "{found}：交易所休市，却有 {count} 条存证",
    ),
    "imported_afterwards": (
        (
            "commit {commit} of {at} brought {count} entries for {first} to {last} after the fact;"
            " {claiming} of them give themselves a time before their deadline"
        ),
        (
            "{at} 的提交 {commit} 在事后一次导入 {first} 至 {last} 的 {count} 条存证，"
            "其中 {claiming} 条自称时间早于截止"
        ),
    ),
    "entry_late": (
        "{date} {strategy}: committed at {found}, {late_by} late",
        "{date} {strategy}：提交于 {found}，迟到 {late_by}",
    ),
    "entry_time_unknown": (
        "{date} {strategy}: committed at {found}; in time only if it executes at the close, which it does not say",
        "{date} {strategy}：提交于 {found}；仅当以收盘价成交时才算及时，但存证未说明",
    ),
    "line_replaced": (
        "{date} {strategy}: {expected} became {found} in commit {commit} of {at}",
        "{date} {strategy}：{expected} 在 {at} 的提交 {commit} 中变为 {found}",
    ),
    "line_redated": (
        "{date} {strategy}: dated {expected}, then {found}, in commit {commit}; the hash is the same",
        "{date} {strategy}：时间由 {expected} 在提交 {commit} 中改为 {found}，哈希未变",
    ),
    "line_edited": (
        "{date} {strategy}: edited in commit {commit} of {at}; the hash is the same",
        "{date} {strategy}：在 {at} 的提交 {commit} 中被编辑，哈希未变",
    ),
    "line_doubled": (
        "{date} {strategy}: stands twice in one file, with {expected} and {found}, in commit {commit} of {at}",
        "{date} {strategy}：同一文件中出现两次，{expected} 与 {found}，见 {at} 的提交 {commit}",
    ),
    "line_removed": (
        "{date} {strategy}: taken away in commit {commit} of {at}",
        "{date} {strategy}：在 {at} 的提交 {commit} 中被删除",
    ),
    "hash_of_several": (
        "{found}: one hash under {strategies}, {first} to {last}",
        "{found}：{first} 至 {last} 同一哈希用于 {strategies}",
    ),
    "hash_of_several_dates": (
        "{found}: one hash for {count} dates of {strategies}, {first} to {last}",
        "{found}：同一哈希用于 {strategies} 的 {count} 个日期，{first} 至 {last}",
    ),
    "digest_replaced": (
        "{date} {strategy} revision {revision}: exchanged in commit {commit} of {at}",
        "{date} {strategy} 第 {revision} 版：在 {at} 的提交 {commit} 中被调换",
    ),
    "digest_redated": (
        "{date} {strategy} revision {revision}: dated anew in commit {commit} of {at}",
        "{date} {strategy} 第 {revision} 版：在 {at} 的提交 {commit} 中被改时间",
    ),
    "digest_edited": (
        "{date} {strategy} revision {revision}: edited in commit {commit} of {at}",
        "{date} {strategy} 第 {revision} 版：在 {at} 的提交 {commit} 中被编辑",
    ),
    "digest_removed": (
        "{date} {strategy} revision {revision}: taken away in commit {commit} of {at}",
        "{date} {strategy} 第 {revision} 版：在 {at} 的提交 {commit} 中被删除",
    ),
    "digest_doubled": (
        "{date} {strategy} revision {revision}: stands twice in one file, in commit {commit} of {at}",
        "{date} {strategy} 第 {revision} 版：同一文件中出现两次，见 {at} 的提交 {commit}",
    ),
    "digest_too_early": (
        "{date} {strategy} revision {revision}: committed at {found}, before the day was settled",
        "{date} {strategy} 第 {revision} 版：提交于 {found}，其时当日尚未结算",
    ),
    "revision_missing": (
        "{date} {strategy}: revisions {found}, with a gap: the day was changed in silence",
        "{date} {strategy}：版本 {found} 有缺口：该日被悄悄改动",
    ),
}

FAULTS: Final[dict[str, tuple[str, str]]] = {
    "fault.name": ("its name is no date, YYYY-MM-DD.json", "文件名不是日期（YYYY-MM-DD.json）"),
    "fault.date": ("the date that it gives itself is not the one of its name", "文件内的日期与文件名不符"),
    "fault.list": ("it has no list of entries of its kind", "没有该类存证的列表"),
    "fault.entry": (
        "an entry lacks what its kind has, or has it in another form",
        "有一条存证缺少应有的内容，或形式不符",
    ),
    "fault.doubled": (
        "an entry stands twice, and each reader may take the one that he likes",
        "同一条存证出现两次，各人可任取其一",
    ),
}
"""How a file of a repository is not of its kind."""
