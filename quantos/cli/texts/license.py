"""What `quantos license`, and others of the licence, say: key → (English, Chinese)."""

from __future__ import annotations

from typing import Final

LICENSE: Final[dict[str, tuple[str, str]]] = {
    "license.mode.evaluation": (
        "Evaluation until {until} (Shanghai): everything works, and every page and package is marked.",
        "评估版，至 {until}（上海时间）：功能齐全，所有页面与证据包均带评估标记。",
    ),
    "license.mode.licensed": (
        "Licensed: edition {edition}, until {until} (Shanghai).",
        "已授权：{edition}，有效至 {until}（上海时间）。",
    ),
    "license.mode.grace": (
        "Grace until {until} (Shanghai), because {why}: afterwards no new submissions are taken.",
        "宽限期，至 {until}（上海时间），原因：{why}。此后不再接受新的提交。",
    ),
    "license.mode.restricted": (
        "Restricted, because {why}: no new submissions are taken. Everything else goes on, and nothing is lost.",
        "受限，原因：{why}。不再接受新的提交；其余功能照常，数据不受影响。",
    ),
    "license.why.valid": ("the licence holds", "许可证有效"),
    "license.why.tampered": (
        "license.json is not as the vendor signed it",
        "license.json 与供应商签发的内容不一致",
    ),
    "license.why.other_machine": ("the licence is for another machine", "许可证属于另一台机器"),
    "license.why.clock_set_back": ("the system's clock has been set back", "系统时钟被回拨"),
    "license.why.not_yet_valid": (
        "the licence was issued later than the system's clock shows",
        "许可证的签发时间晚于系统时钟",
    ),
    "license.why.expired": ("the licence has expired", "许可证已到期"),
    "license.why.none": ("no licence is installed", "未安装许可证"),
    "license.why.removed": ("the licence that was installed here is gone", "原先安装的许可证已不在"),
    "license.edition.standard": ("standard", "正式版"),
    "license.edition.test": ("test", "测试版"),
    "license.edition.evaluation": ("evaluation", "评估版"),
    "license.edition.none": ("none", "无"),
    "license.fact.edition": ("edition", "版本"),
    "license.fact.customer": ("customer", "客户"),
    "license.fact.license_id": ("licence", "许可证编号"),
    "license.fact.expires": ("last day", "最后有效日"),
    "license.fact.cores": ("cores", "CPU 核心"),
    "license.fact.memory": ("memory", "内存"),
    "license.fact.fingerprint": ("this machine", "本机指纹"),
    "license.fact.file": ("file", "文件"),
    "license.none_there": ("none at {file}", "{file} 处没有文件"),
    "license.cores": ("{used} of {cores}", "使用 {used} 个，共 {cores} 个"),
    "license.memory": ("up to {memory} GB", "至多 {memory} GB"),
    "license.step.form": (
        "the file is not as it was issued: download it again and copy it unchanged ({reason})",
        "文件不是签发时的形式：请重新下载，并原样复制（{reason}）",
    ),
    "license.step.key": (
        "it is signed with key {key_id}, which is not accepted here: upgrade the product if the licence is newer than it, or ask the vendor for one signed anew",
        "签名密钥 {key_id} 不被本版本接受：若许可证较新，请升级产品，否则请供应商重新签发",
    ),
    "license.step.signature": (
        "the signature does not fit, a field was changed after it was signed: download it again and copy it unchanged",
        "签名不符：有字段在签发后被改动。请重新下载，并原样复制",
    ),
    "license.step.machine": (
        "it is for the machine {expected}, this one is {found}: apply for a licence with this machine's fingerprint",
        "许可证属于机器 {expected}，本机为 {found}：请用本机指纹重新申请",
    ),
    "license.step.clock": (
        "the system's clock stands before a time that was seen: set it right (timedatectl set-ntp true)",
        "系统时钟早于此前见过的时间：请校准时钟（timedatectl set-ntp true）",
    ),
    "license.step.begun": (
        "it was issued at {created_at} (Shanghai), after what the system's clock shows: set the clock right (timedatectl set-ntp true)",
        "许可证签发于 {created_at}（上海时间），晚于系统时钟：请校准时钟（timedatectl set-ntp true）",
    ),
    "license.step.unexpired": (
        "its last day was {expires}: renew it, and drop the new file in",
        "许可证的最后有效日为 {expires}：请续期，并放入新文件",
    ),
    "license.key_problem": (
        "a key that should be accepted cannot be read: {reason}",
        "应接受的密钥无法读取：{reason}",
    ),
    "license.unreadable": ("{reason}", "许可证文件无法读取：请检查其所有者与权限（{reason}）"),
    "license.remedy": (
        "Apply for a licence for the machine {fingerprint}, then run quantos license install FILE (on the host of a container: install.sh --license FILE), or put it at {file}.",
        "用本机指纹 {fingerprint} 申请许可证，然后执行 quantos license install FILE（容器方式则在主机上执行 install.sh --license FILE），或把文件放到 {file}。",
    ),
    "license.installed": ("The licence is installed.", "许可证已安装。"),
    "license.no_file": ("{file} cannot be read: {reason}", "{file} 无法读取：{reason}"),
    "doctor.license": ("licence", "许可证"),
}

LICENSE_HELP: Final[dict[str, str]] = {
    "The licence of this platform.": "本平台的许可证。",
    "Show what holds: edition, machine, last day, limits, and what to do where no licence holds.": "显示许可状态：版本、机器、最后有效日、上限，以及未获授权时应做什么。",
    "Install a licence that holds on this machine; it takes effect at once.": "安装对本机有效的许可证，立即生效。",
    "license.json, as the vendor issued it.": "供应商签发的 license.json。",
    "Print the fingerprint of this machine, which a licence is applied for with.": "显示本机指纹，用于申请许可证。",
    "The licence of this platform; empty: license.json in the data directory.": "本平台的许可证文件；留空：数据目录中的 license.json。",
    "Public key, as PEM or the path of its file, whose licences are accepted too and read edition test.": "额外接受的公钥（PEM 或其文件路径），由它签发的许可证一律显示为测试版。",
    "The vendor's private key, as encrypted PEM or the path of its file: licences that the operator approves are signed with it; empty: none can be approved.": "供应商私钥（加密的 PEM 或其文件路径），管理员批准的许可证用它签名；留空：无法批准。",
    "Passphrase of the vendor's private key.": "供应商私钥的口令。",
}
