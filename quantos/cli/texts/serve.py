"""What `quantos serve` says: key → (English, Chinese)."""

from __future__ import annotations

from typing import Final

SERVE: Final[dict[str, tuple[str, str]]] = {
    "serve.ready": (
        "QuantOS {version} is ready at {url}  (API, to read and try: {url}/docs)",
        "QuantOS {version} 已就绪：{url}（接口说明与试用：{url}/docs）",
    ),
    "serve.made.live": ("a new live data directory was made: {path}", "已新建实盘数据目录：{path}"),
    "serve.made.simulated": (
        "a new simulated data directory was made: {path}",
        "已新建模拟数据目录：{path}",
    ),
    "serve.simulated": (
        "simulated: the clock stands at {now} Shanghai until it is moved (quantos clock advance 1d)",
        "模拟运行：时钟停在上海时间 {now}，移动后才会前进（quantos clock advance 1d）",
    ),
    "serve.synthetic": (
        "the market in this directory is synthetic: nobody traded it",
        "本目录中的行情是合成数据，并非真实成交",
    ),
    "serve.exposed": (
        "warning: the server listens on {address}, other machines can reach it, and nothing that is sent is encrypted (no TLS): put a reverse proxy with TLS in front of it, or listen on 127.0.0.1",
        "警告：服务监听 {address}，其他机器可以访问，且传输内容未加密（无 TLS）：请在前面部署带 TLS 的反向代理，或改为监听 127.0.0.1",
    ),
    "serve.in_container": (
        "note: in this container the server listens for its host, and who reaches it is decided by where the host publishes the port; nothing that is sent is encrypted (no TLS): publish it on loopback (docker run -p 127.0.0.1:8000:8000), or put a reverse proxy with TLS in front of it",
        "提示：容器内的服务供主机访问，谁能访问取决于主机把端口发布在何处；传输内容未加密（无 TLS）：请只发布到本机（docker run -p 127.0.0.1:8000:8000），或在前面部署带 TLS 的反向代理",
    ),
    "server.awaited": (
        "{path} is in use by {holder}: waiting a moment for it to serve or to end",
        "{path} 正由 {holder} 使用：稍候，等它开始提供服务或结束",
    ),
    "serve.stopping": ("stopped", "已停止"),
    "serve.in_use": (
        "port {port} of {host} is in use: choose another with --port, or --port 0 for a free one",
        "{host} 的端口 {port} 已被占用：用 --port 换一个，或用 --port 0 自动选择",
    ),
    "serve.no_address": (
        "{host} is no address of this machine ({reason}): choose one with --host",
        "{host} 不是本机地址（{reason}）：请用 --host 指定",
    ),
    "serve.no_permission": (
        "port {port} needs more rights than this user has: choose one above 1023 with --port",
        "当前用户无权使用端口 {port}：请用 --port 选择 1023 以上的端口",
    ),
}
