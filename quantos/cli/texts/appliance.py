"""What `quantos appliance` says: key → (English, Chinese)."""

from __future__ import annotations

from typing import Final

APPLIANCE: Final[dict[str, tuple[str, str]]] = {
    "appliance.no_part": (
        "this needs an optional part: ./install.sh --extra appliance, in the folder of QuantOS, adds it",
        "需要可选部分：在 QuantOS 目录中运行 ./install.sh --extra appliance 即可安装",
    ),
    "appliance.no_engine": (
        "the Docker engine does not answer ({reason}): start it, or run this as a user it admits",
        "Docker 没有应答（{reason}）：请启动 Docker，或换用有权限的用户运行",
    ),
    "appliance.none": (
        "there is no container {name} on this machine: install.sh --image makes one, --name names another",
        "本机没有容器 {name}：用 install.sh --image 安装，或用 --name 指定另一个",
    ),
    "appliance.no_installer": (
        "the container {name} was not made by install.sh, or its folder has moved: there is no {path}",
        "容器 {name} 不是由 install.sh 创建，或其目录已移走：没有 {path}",
    ),
    "appliance.fact.name": ("container", "容器"),
    "appliance.fact.state": ("state", "状态"),
    "appliance.fact.health": ("health", "健康"),
    "appliance.fact.version": ("version", "版本"),
    "appliance.fact.image": ("image", "镜像"),
    "appliance.fact.address": ("address", "地址"),
    "appliance.fact.since": ("since", "起始时间"),
    "appliance.fact.restarts": ("restarts", "重启次数"),
    "appliance.fact.memory_bytes": ("memory in bytes", "内存（字节）"),
    "appliance.fact.place": ("folder", "目录"),
}

APPLIANCE_HELP: Final[dict[str, str]] = {
    "The container of an installation, from its host.": "在主机上查看和管理已安装的容器。",
    "The container's name.": "容器名。",
    "Show how the container is: its version, health, memory, address and folder.": "显示容器的版本、健康状态、内存、地址与目录。",
    "Print what the platform has said last.": "显示平台最近的输出。",
    "So many of the last lines.": "显示最后多少行。",
    "Go on with what is said from now on.": "持续显示之后的输出。",
    "Go to another version: backup, migration, health check; undone by itself where one fails.": "升级到另一版本：备份、迁移、健康检查；失败时自动撤销。",
    "A file, a folder, a URL, or a name in a registry.": "文件、目录、URL，或镜像仓库中的名称。",
    "Go back to the version before.": "回到上一版本。",
    "Also to the data of before, where that version cannot read today's.": "上一版本读不了现有数据时，连同当时的数据一起恢复。",
}
