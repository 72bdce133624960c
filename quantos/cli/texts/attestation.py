"""What `quantos attestation` says: key → (English, Chinese)."""

from __future__ import annotations

from typing import Final

ATTESTATION: Final[dict[str, tuple[str, str]]] = {
    "attestation.none": (
        "nothing is attested: QUANTOS_ATTESTATION_REPO is not set (/guides/attestation)",
        "未启用存证：没有设置 QUANTOS_ATTESTATION_REPO（见 /guides/attestation）",
    ),
    "attestation.acknowledged": ("{count} known: told no more", "已确认 {count} 项，不再提示"),
    "attestation.repository": ("repository", "仓库"),
    "attestation.head": ("newest commit", "最新提交"),
    "attestation.when": ("commits", "存证时机"),
    "attestation.when.submission": ("each signal at its submission", "每条信号提交时"),
    "attestation.when.deadline": (
        "all signals of a deadline, {lead} s before it",
        "截止前 {lead} 秒，一起存证",
    ),
    "attestation.key": ("signed with", "签名密钥"),
    "attestation.unsigned": (
        "not signed (quantos attestation key --generate)",
        "未签名（quantos attestation key --generate）",
    ),
    "attestation.waiting": ("signals that wait", "等待存证的信号"),
    "attestation.in_commit": ("signals in a commit under way", "正在存证的信号"),
    "attestation.remote": ("remote", "远程"),
    "attestation.no_remote": (
        "none: the commit times are this platform's own word",
        "没有：提交时间仅为本平台自述",
    ),
    "attestation.last_push": ("last push", "最近推送"),
    "attestation.unpushed": ("commits not pushed", "未推送的提交"),
    "attestation.push": ("push", "推送"),
    "attestation.check": ("the remote now", "远程当前状态"),
    "attestation.committed": ("committed", "已存证"),
    "attestation.left": ("left", "剩余"),
    "attestation.alarm": ("ALARM: {what}: {said}", "警报：{what}：{said}"),
    "attestation.is_left": (
        "{left:signal is|signals are} not committed: {why}",
        "{left} 条信号未能存证：{why}",
    ),
    "attestation.digests": ("digests committed", "已存证的摘要"),
    "attestation.digests_left": (
        "digests of settled days are not committed: {why}",
        "结算日的摘要未能存证：{why}",
    ),
    "attestation.not_pushed": ("not pushed: {why}: {said}", "未能推送：{why}：{said}"),
    "attestation.no_restatements": ("nothing was ever settled again", "从未重新结算"),
    "attestation.col.number": ("no.", "编号"),
    "attestation.col.from": ("from", "起始日"),
    "attestation.col.days": ("days", "天数"),
    "attestation.col.strategy_days": ("strategy-days", "策略日"),
    "attestation.col.by": ("by", "操作者"),
    "attestation.col.at": ("at", "时间"),
    "attestation.col.reason": ("reason", "原因"),
    "attestation.key.none": (
        "commits are not signed: quantos attestation key --generate makes a key",
        "提交未签名：可用 quantos attestation key --generate 生成密钥",
    ),
    "attestation.key.other": (
        "QUANTOS_ATTESTATION_SIGNING_KEY names another key ({key}): remove it first, or use that key",
        "QUANTOS_ATTESTATION_SIGNING_KEY 指定了其他密钥（{key}）：请先移除，或使用该密钥",
    ),
    "attestation.why.pushed": ("in step with the remote", "已与远程一致"),
    "attestation.why.reachable": ("answers", "响应正常"),
    "attestation.why.remote_diverged": ("the remote has other commits", "远程有其他提交"),
    "attestation.why.remote_rewritten": (
        "the remote's history was rewritten; nothing is forced over it",
        "远程历史被改写；不会强制覆盖",
    ),
    "attestation.why.remote_ahead": (
        "somebody else has pushed to the remote; nothing is forced over it",
        "有人向远程推送了其他提交；不会强制覆盖",
    ),
    "attestation.why.remote_refused": ("the remote refuses", "远程拒绝接收"),
    "attestation.why.remote_unauthorised": ("the remote does not accept the credentials", "远程不接受该凭据"),
    "attestation.why.remote_unreachable": ("the remote does not answer", "无法连接远程"),
    "attestation.why.remote_timed_out": ("the remote did not answer in time", "远程响应超时"),
    "attestation.why.git_not_installed": ("git is not installed", "未安装 git"),
    "attestation.why.disk_full": ("the disk is full", "磁盘已满"),
    "attestation.why.repository_read_only": ("the repository cannot be written", "仓库不可写"),
    "attestation.why.repository_locked": ("another git holds the repository", "仓库被其他 git 进程占用"),
    "attestation.why.repository_in_use": (
        "another platform writes to the repository",
        "另一个平台正在写入该仓库",
    ),
    "attestation.why.repository_of_other_mode": (
        "a simulated platform and a live one need repositories of their own",
        "模拟平台与实盘平台须使用各自的仓库",
    ),
    "attestation.why.repository_broken": ("the repository cannot be used", "仓库无法使用"),
    "attestation.why.repository_history_lost": (
        "the repository has lost what was committed: put it back",
        "仓库丢失了已提交的内容：请恢复",
    ),
    "attestation.why.signing_failed": ("the signing key cannot be used", "签名密钥无法使用"),
    "attestation.why.records_unavailable": ("the records store does not answer", "业务记录存储无响应"),
    "attestation.why.attested_otherwise": (
        "the repository holds another hash of the same strategy and date",
        "仓库中同一策略同一日期已有不同的哈希",
    ),
    "attestation.why.digests_contradict": (
        "the repository holds another digest of a settled day",
        "仓库中已结算日的摘要与此处不同",
    ),
    "doctor.attestation": ("attestation", "存证"),
    "doctor.attestation.none": (
        "no repository is configured: nobody else can check what was signalled",
        "未配置仓库：他人无法核验信号",
    ),
    "doctor.attestation.local": (
        "{repository}, {waiting:signal waits|signals wait}; no remote: the commit times are this platform's own word",
        "{repository}，{waiting} 条信号等待存证；没有远程：提交时间仅为本平台自述",
    ),
    "doctor.attestation.ok": (
        "{repository}, {waiting:signal waits|signals wait}; pushed to {url}, {unpushed:commit|commits} to go",
        "{repository}，{waiting} 条信号等待存证；推送至 {url}，剩余 {unpushed} 个提交",
    ),
    "doctor.attestation.alarm": ("{what}: {said}", "{what}：{said}"),
    "doctor.attestation.remote": ("the remote {url}: {what} {said}", "远程 {url}：{what} {said}"),
    "doctor.attestation.remedy": (
        "/guides/attestation says what to do about each alarm; then quantos attestation retry",
        "各警报的处理办法见 /guides/attestation；处理后运行 quantos attestation retry",
    ),
    "doctor.attestation.set_up": (
        "set QUANTOS_ATTESTATION_REPO (/guides/attestation)",
        "设置 QUANTOS_ATTESTATION_REPO（见 /guides/attestation）",
    ),
}

ATTESTATION_HELP: Final[dict[str, str]] = {
    "The repository in which signals and settlements are attested.": "信号与结算的存证仓库。",
    "Show the repository, its key, what waits for a commit, what waits for a push, and alarms.": "显示仓库、密钥、等待存证与等待推送的内容以及警报。",
    "Commit everything outstanding and push, now; exit 1 where something is left.": "立即存证并推送全部剩余内容；仍有剩余时退出码为 1。",
    "Print the public key by which anyone checks the signatures of commits.": "显示任何人用以核验提交签名的公钥。",
    "List what was settled again in the open, newest first: which attested days have another revision, and why.": "列出公开重新结算的记录（最新在前）：哪些已存证的日子有新版本，以及原因。",
    "Ask the remote as well.": "同时询问远程。",
    "Make an Ed25519 key in the data directory first.": "先在数据目录中生成 Ed25519 密钥。",
}
