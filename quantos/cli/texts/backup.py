"""What `quantos backup` says: key → (English, Chinese)."""

from __future__ import annotations

from typing import Final

BACKUP: Final[dict[str, tuple[str, str]]] = {
    "backup.creating": ("making the backup", "正在备份"),
    "backup.verifying": ("reading and checking the backup", "正在读取并检查备份"),
    "backup.restoring": ("checking and restoring the backup", "正在检查并恢复备份"),
    "backup.made": (
        "made; it holds the platform's secrets: keep it as safe as the data directory, on another disk",
        "备份完成；其中包含平台密钥：请像数据目录一样妥善保管，并放在另一块磁盘上",
    ),
    "backup.whole": (
        "the backup is whole: every file is as it was made, and both stores open",
        "备份完整：所有文件与备份时一致，两个存储均可打开",
    ),
    "backup.which": (
        "name a backup, or take the newest with --latest",
        "请指定备份文件，或用 --latest 取最新的备份",
    ),
    "backup.passed_over": ("{file} is passed over: {why}", "跳过 {file}：{why}"),
    "backup.restored": ("restored: quantos serve starts the platform", "恢复完成：用 quantos serve 启动平台"),
    "backup.fact.path": ("file", "文件"),
    "backup.fact.file": ("file", "文件"),
    "backup.fact.bytes": ("bytes", "字节"),
    "backup.fact.files": ("files in it", "内含文件"),
    "backup.fact.sha256": ("sha256", "sha256"),
    "backup.fact.made_at": ("made at", "备份时间"),
    "backup.fact.version": ("by version", "平台版本"),
    "backup.fact.simulated": ("simulated", "模拟"),
    "backup.fact.users": ("accounts", "账户"),
    "backup.fact.strategies": ("strategies", "策略"),
    "backup.fact.navs": ("settled strategy-days", "已结算策略日"),
    "backup.fact.last_settled": ("last settled day", "最近结算日"),
    "backup.fact.data_dir": ("data directory", "数据目录"),
    "backup.fact.kept": ("what it replaced is in", "被替换的内容保存在"),
    "backup.fact.attestation": ("attestation repository", "存证仓库"),
    "backup.attestation.none": ("none in the backup", "备份中没有"),
    "backup.attestation.restored": ("restored", "已恢复"),
    "backup.attestation.kept_as_it_is": (
        "left as it is: it holds everything that the backup does",
        "保持原样：其中已包含备份的全部内容",
    ),
    "backup.attestation.left_as_bundle": (
        "in attestation.bundle of the data directory: set QUANTOS_ATTESTATION_REPO and git clone it there",
        "在数据目录的 attestation.bundle 中：设置 QUANTOS_ATTESTATION_REPO，并用 git clone 恢复到该处",
    ),
}

BACKUP_HELP: Final[dict[str, str]] = {
    "Backups: the whole data directory in one file.": "备份：把整个数据目录保存为一个文件。",
    "A backup.": "备份文件。",
    "A backup; with --latest the folder to look in.": "备份文件；使用 --latest 时为查找备份的文件夹。",
    "Take the newest backup that is whole; without a folder, of those made from this directory.": "取最新的完整备份；未指定文件夹时，从本目录做过的备份中选取。",
    "The file to write; it must not be there yet.": "要写入的文件；该文件必须尚不存在。",
    "Back the data directory up into FILE, also while the server runs; it holds secrets, so keep it safe.": "把数据目录备份到 FILE，服务运行中也可进行；其中包含密钥，请妥善保管。",
    "Read and check everything in FILE: its form, every digest, and both stores.": "读取并检查 FILE 的全部内容：格式、每个摘要与两个存储。",
    "Check FILE and make it the data directory; stop the server first.": "检查 FILE 并将其恢复为数据目录；请先停止服务。",
    "Take the place of a directory that is there; what it holds is kept beside.": "替换已有的目录；原内容会另行保留。",
}
