#!/bin/sh
# Installs QuantOS: from a checkout into a virtual environment, or as one container on a server. Linux, macOS, WSL2.
# This file needs no other beside it, and running it again is safe: what is done is kept, what was broken off is
# completed or undone first. See --help.
#
#   Words and language        options             checks of the machine
#   native                    Python, locked dependencies, a virtual environment
#   container                 engine, image, folder, container, health, unit; upgrade, rollback, uninstall
set -eu

VERSION=1
PYTHON_MINOR_MIN=11
ENGINE_MAJOR_MIN=20
MEMORY_MB_MIN=1500
DISK_MB_MIN=3000
CLOCK_YEAR_MIN=2026
WAIT_S_USUAL=180

# --- Words ----------------------------------------------------------------------------------------------------

case ${QUANTOS_LANG:-${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}} in
  zh*) ZH=yes ;;
  *) ZH=no ;;
esac
QUIET=no
LOG=''

text() { # ENGLISH CHINESE
  if [ "$ZH" = yes ]; then printf '%s' "$2"; else printf '%s' "$1"; fi
}

say() { # ENGLISH CHINESE
  if [ "$QUIET" = no ]; then printf '%s\n' "$(text "$1" "$2")"; fi
}

stop() { # ENGLISH CHINESE [CODE]: one line that says what to do, and the end
  printf 'install.sh: %s\n' "$(text "$1" "$2")" >&2
  exit "${3:-1}"
}

misused() { stop "$1" "$2" 2; } # ENGLISH CHINESE: wrong usage

quoted() { # TEXT: as a shell reads it back
  case $1 in
    *[!A-Za-z0-9_./:@%+=,-]* | '') printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")" ;;
    *) printf '%s' "$1" ;;
  esac
}

# --- Options --------------------------------------------------------------------------------------------------

usage() {
  text "\
Usage: ./install.sh [options] [-- arguments of quantos demo]

In a checkout, into a virtual environment (--native, the default there):
  --demo            install, then run the main job on the built-in market (quantos demo --once)
  --prefix DIR      the virtual environment to install into (default: .venv of this checkout)
  --extra NAME      with an optional part, may be repeated: baostock or akshare (live bars), postgres,
                    appliance (quantos appliance: a container from its host)
  --dev             with the tools of the tests, types and style checks

On a server, as one container (--docker, the default elsewhere; needs Docker):
  --image WHERE     the image: a file, a folder with quantos-ARCH.tar.gz, a URL, or a name in a registry
  --offline BUNDLE  the image and its checksums from one file, quantos-offline-ARCH.tar
  --sha256 HEX      what the image file's SHA-256 must be (default: read from SHA256SUMS beside it)
  --key FILE        the vendor's public key (PEM), which must have signed SHA256SUMS
  --license FILE    license.json to install
  --dir DIR         settings, licence and backups (default: /opt/quantos as root, otherwise ~/.quantos)
  --name NAME       of the container; its data are in the volume NAME-data (default: quantos)
  --bind ADDRESS    address to listen on (default: 127.0.0.1)
  --port N          port to listen on (default: 8000)
  --memory SIZE     the most it may use (default: 4g)
  --cpus N          the most it may use (default: all)
  --env NAME=VALUE  a setting, may be repeated; kept in DIR/quantos.env
  --wait SECONDS    how long it may take to be healthy (default: 180)
  --no-service      without systemd's unit

  --check           look whether this machine can run it, and change nothing
  --upgrade         to the image of --image or --offline: backup, migration, health check; undone if it fails
  --rollback        to the version before; --restore-backup: also to its data, where it cannot read today's
  --uninstall       take it away and keep the data, backups and licence; --purge: take these away too

  --quiet           say nothing where nothing goes wrong
  --help            this text

Packages come from where pip and uv are configured to look; proxies and certificates are taken from the
environment. QUANTOS_API_KEY is sent to the URL of --image. QUANTOS_LANG=en|zh chooses the language of the messages.
" "\
用法：./install.sh [选项] [-- quantos demo 的参数]

在源码目录中，安装到虚拟环境（--native，此处的默认方式）：
  --demo            安装，然后在内置行情上运行一次主流程（quantos demo --once）
  --prefix 目录     安装到哪个虚拟环境（默认：本目录下的 .venv）
  --extra 名称      同时安装可选部分，可重复：baostock 或 akshare（在线行情），postgres，
                    appliance（quantos appliance：在主机上管理容器）
  --dev             同时安装测试、类型检查和代码风格检查工具

在服务器上，以单个容器运行（--docker，其他位置的默认方式；需要 Docker）：
  --image 来源      镜像：文件、含 quantos-ARCH.tar.gz 的目录、URL，或镜像仓库中的名称
  --offline 安装包  从单个文件 quantos-offline-ARCH.tar 取得镜像及校验和
  --sha256 十六进制 镜像文件应有的 SHA-256（默认：读取同目录的 SHA256SUMS）
  --key 文件        供应商公钥（PEM），SHA256SUMS 必须由它签名
  --license 文件    要安装的 license.json
  --dir 目录        设置、许可证和备份的位置（默认：root 为 /opt/quantos，否则 ~/.quantos）
  --name 名称       容器名；数据在卷 NAME-data 中（默认：quantos）
  --bind 地址       监听地址（默认：127.0.0.1）
  --port 端口       监听端口（默认：8000）
  --memory 大小     内存上限（默认：4g）
  --cpus 数量       处理器上限（默认：不限）
  --env 名称=值     一项设置，可重复；保存在 目录/quantos.env
  --wait 秒数       最长等待多久变为健康（默认：180）
  --no-service      不安装 systemd 单元

  --check           检查本机能否运行，不做任何改动
  --upgrade         升级到 --image 或 --offline 的镜像：备份、迁移、健康检查；失败则自动撤销
  --rollback        回到上一版本；--restore-backup：上一版本读不了现有数据时，连同数据一起恢复
  --uninstall       卸载，保留数据、备份和许可证；--purge：这些也一并删除

  --quiet           没有问题就不输出
  --help            显示本说明

软件包从 pip 和 uv 已配置的源获取；代理和证书取自环境变量。QUANTOS_API_KEY 会发送给 --image 的 URL。
QUANTOS_LANG=en|zh 指定提示语言。
"
}

HERE=$(CDPATH='' cd -- "$(dirname -- "$0")" 2>/dev/null && pwd) || HERE=$PWD
ROUTE='' ACTION=install DEMO=no
PREFIX='' DEV=no EXTRAS=''
IMAGE='' OFFLINE='' SHA256='' KEY='' LICENSE='' PLACE='' NAME='' GIVEN_SETTINGS=''
BIND='' PORT='' MEMORY='' CPUS='' WAIT_S=$WAIT_S_USUAL SERVICE='' RESTORE=no PURGE=no
NEWLINE='
'

needs_value() { # OPTION COUNT-OF-ARGUMENTS-LEFT WHAT-ENGLISH WHAT-CHINESE
  [ "$2" -gt 1 ] || misused "$1 needs $3" "$1 后面要写$4"
}

while [ $# -gt 0 ]; do
  case $1 in
    --prefix=* | --image=* | --offline=* | --sha256=* | --key=* | --license=* | --dir=* | --name=* | --bind=* | --port=* | --memory=* | --cpus=* | --env=* | --wait=*)
      OPTION=${1%%=*} VALUE=${1#*=}
      shift
      set -- "$OPTION" "$VALUE" "$@"
      ;;
  esac
  case $1 in
    --demo) DEMO=yes ;;
    --dev) DEV=yes ROUTE=native ;;
    --quiet) QUIET=yes ;;
    --native) ROUTE=native ;;
    --docker) ROUTE=docker ;;
    --prefix)
      needs_value "$1" $# "a folder" "目录"
      PREFIX=$2
      [ -n "$PREFIX" ] || misused "--prefix needs a folder" "--prefix 后面要写目录"
      shift
      ;;
    --extra)
      case ${2:-} in
        baostock | akshare | postgres | appliance) EXTRAS="$EXTRAS --extra $2" ;;
        *) misused "--extra needs baostock, akshare, postgres or appliance" "--extra 后面要写 baostock、akshare、postgres 或 appliance" ;;
      esac
      shift
      ;;
    --image) needs_value "$1" $# "a file, folder, URL or name" "文件、目录、URL 或名称"; IMAGE=$2 ROUTE=docker; shift ;;
    --offline) needs_value "$1" $# "a file" "文件"; OFFLINE=$2 ROUTE=docker; shift ;;
    --sha256) needs_value "$1" $# "64 hex digits" "64 位十六进制"; SHA256=$2; shift ;;
    --key) needs_value "$1" $# "a file" "文件"; KEY=$2; shift ;;
    --license) needs_value "$1" $# "a file" "文件"; LICENSE=$2 ROUTE=docker; shift ;;
    --dir) needs_value "$1" $# "a folder" "目录"; PLACE=$2 ROUTE=docker; shift ;;
    --name) needs_value "$1" $# "a name" "名称"; NAME=$2 ROUTE=docker; shift ;;
    --bind) needs_value "$1" $# "an address" "地址"; BIND=$2 ROUTE=docker; shift ;;
    --port) needs_value "$1" $# "a port" "端口"; PORT=$2 ROUTE=docker; shift ;;
    --memory) needs_value "$1" $# "a size, such as 4g" "大小，例如 4g"; MEMORY=$2; shift ;;
    --cpus) needs_value "$1" $# "a number" "数量"; CPUS=$2; shift ;;
    --wait) needs_value "$1" $# "seconds" "秒数"; WAIT_S=$2; shift ;;
    --env)
      needs_value "$1" $# "NAME=VALUE" "名称=值"
      GIVEN_SETTINGS="$GIVEN_SETTINGS$2$NEWLINE" ROUTE=docker
      shift
      ;;
    --no-service) SERVICE=no ;;
    --check) ACTION=check ROUTE=docker ;;
    --upgrade) ACTION=upgrade ROUTE=docker ;;
    --rollback) ACTION=rollback ROUTE=docker ;;
    --restore-backup) RESTORE=yes ;;
    --uninstall) ACTION=uninstall ;;
    --purge) PURGE=yes ;;
    --help | -h)
      usage
      exit 0
      ;;
    --)
      shift
      break
      ;;
    *) misused "unknown option $1: see ./install.sh --help" "未知选项 $1：请看 ./install.sh --help" ;;
  esac
  shift
done # what is left are the arguments of quantos demo

if [ "$PURGE" = yes ] && [ "$ACTION" != uninstall ]; then misused "--purge goes with --uninstall" "--purge 要与 --uninstall 一起使用"; fi
if [ "$RESTORE" = yes ] && [ "$ACTION" != rollback ]; then misused "--restore-backup goes with --rollback" "--restore-backup 要与 --rollback 一起使用"; fi
if [ -n "$LICENSE" ]; then
  case $ACTION in install | upgrade) ;; *) misused "--license goes with an installation or --upgrade" "--license 用于安装或 --upgrade" ;; esac
fi
if [ -z "$ROUTE" ]; then
  if [ -f "$HERE/pyproject.toml" ] && [ -f "$HERE/uv.lock" ]; then ROUTE=native; else ROUTE=docker; fi
fi

# --- Steps that show themselves -------------------------------------------------------------------------------

now_s() { date +%s; }

disk_free() { df -h -P -- "$HERE" | awk 'NR==2 {print $4}'; }

open_log() {
  LOG=$(mktemp "${TMPDIR:-/tmp}/quantos-install.XXXXXX")
  trap 'leave $?' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
}

leave() { # CODE: whatever the end is, nothing of the work stays in the temporary folder
  trap - EXIT
  rm -f -- "$LOG"
  if [ -n "${UNPACKED:-}" ]; then rm -rf -- "$UNPACKED"; fi
  if [ "${LOCKED:-no}" = yes ]; then
    rm -rf -- "$PLACE/.lock"
    rmdir -- "$PLACE" 2>/dev/null || true # a run that came to nothing leaves no empty folder; one with files in it stays
  fi
  exit "$1"
}

step() { # ENGLISH CHINESE COMMAND...: one line of progress; on failure the end of the command's own words
  step_title=$(text "$1" "$2") step_started=$(now_s)
  shift 2
  if [ "$QUIET" = no ]; then printf '  %s ... ' "$step_title"; fi
  if "$@" >"$LOG" 2>&1 </dev/null; then
    say "done ($(($(now_s) - step_started)) s)" "完成（$(($(now_s) - step_started)) 秒）"
    return 0
  fi
  say "failed" "失败"
  tail -n 25 -- "$LOG" >&2
  return 1
}

or_stop() { # COMMAND...: of step; its failure is the end
  "$@" || stop "\"$step_title\" failed, see the lines above. Check the network, the proxy and the disk ($(disk_free) free), then run it again: what is done is kept." \
    "「$step_title」失败，原因见上。请检查网络、代理和磁盘（剩余 $(disk_free)），然后重新运行：已完成的部分会保留。"
}

# --- Native: what the machine must have -----------------------------------------------------------------------

recent_enough() { "$1" -c "import sys; sys.exit(sys.version_info < (3, $PYTHON_MINOR_MIN))" >/dev/null 2>&1; }

find_python() { # sets PYTHON to the first Python that is recent enough, or to nothing
  PYTHON=''
  for candidate in "$PREFIX/bin/python" python3 python3.14 python3.13 python3.12 python3.11; do
    if recent_enough "$candidate"; then
      PYTHON=$("$candidate" -c "import sys; print(sys._base_executable)")
      return 0
    fi
  done
}

as_root() { # COMMAND...
  if [ -n "${no_proxy:-}" ]; then set -- "no_proxy=$no_proxy" "$@"; fi
  if [ -n "${https_proxy:-}" ]; then set -- "https_proxy=$https_proxy" "$@"; fi
  if [ -n "${http_proxy:-}" ]; then set -- "http_proxy=$http_proxy" "$@"; fi
  if [ "$(id -u)" = 0 ]; then
    env DEBIAN_FRONTEND=noninteractive "$@"
  else
    sudo -n env DEBIAN_FRONTEND=noninteractive "$@"
  fi
}

may_install() {
  command -v apt-get >/dev/null || return 1
  [ "$(id -u)" = 0 ] || sudo -n true >/dev/null 2>&1 || { [ -t 0 ] && command -v sudo >/dev/null && sudo -v; }
}

apt_install() { as_root apt-get update -qq && as_root apt-get install -y -qq --no-install-recommends "$@"; }

provide() { # PACKAGES...: from the system's own packages, or named in one line
  may_install || stop "this machine lacks $*. Install them (as root: apt-get install $*) and run it again." \
    "本机缺少 $*。请先安装（以 root 运行：apt-get install $*），然后重新运行。"
  or_stop step "System packages: $*" "系统软件包：$*" apt_install "$@"
}

venv_package() { # the Debian package that completes $PYTHON
  "$PYTHON" - <<'PYTHON'
import os, sys
default = os.path.realpath("/usr/bin/python3") == os.path.realpath(sys.executable)
print("python3-venv" if default else "python3.%d-venv" % sys.version_info[1])
PYTHON
}

prepare_machine() {
  set --
  command -v python3 >/dev/null || provide python3
  find_python
  [ -n "$PYTHON" ] || stop "QuantOS needs Python 3.$PYTHON_MINOR_MIN or newer, this machine has $(python3 -V 2>&1): install a newer one (for example python3.12 and python3.12-venv) and run it again." \
    "QuantOS 需要 Python 3.$PYTHON_MINOR_MIN 或更新版本，本机是 $(python3 -V 2>&1)：请安装新版本（例如 python3.12 和 python3.12-venv）后重新运行。"
  if [ ! -x "$UV" ] && ! "$PYTHON" -c 'import ensurepip, venv' >/dev/null 2>&1; then set -- "$@" "$(venv_package)"; fi
  command -v git >/dev/null || set -- "$@" git
  if [ "$DEV" = yes ]; then # the tests have signatures and codes kept and judged by the real thing
    command -v ssh-keygen >/dev/null || set -- "$@" openssh-client
    command -v gpg >/dev/null || set -- "$@" gnupg
    command -v redis-server >/dev/null || set -- "$@" redis-server
    command -v tmux >/dev/null || set -- "$@" tmux
    command -v chromium >/dev/null || set -- "$@" chromium # the dashboard and the Copilot's page are opened in it
  fi
  if command -v apt-get >/dev/null && [ ! -s /etc/ssl/certs/ca-certificates.crt ]; then set -- "$@" ca-certificates; fi
  if [ $# -gt 0 ]; then provide "$@"; fi
}

# --- Native: the environment ----------------------------------------------------------------------------------

install_uv() { # the pinned uv, checked against its hashes, kept for all checkouts of this user
  uv_folder=$(mktemp -d "${TMPDIR:-/tmp}/quantos-uv.XXXXXX")
  uv_status=0
  {
    "$PYTHON" -m venv "$uv_folder/venv" &&
      "$uv_folder/venv/bin/python" -m pip install --quiet --require-hashes --no-deps --only-binary :all: -r "$HERE/requirements-uv.txt" &&
      mkdir -p "$TOOLS" &&
      cp "$uv_folder/venv/bin/uv" "$UV.$$" &&
      mv "$UV.$$" "$UV"
  } || uv_status=1
  rm -rf -- "$uv_folder"
  return $uv_status
}

configured_index() { # the package index that the user has configured for uv or pip; empty: their default
  index=${UV_DEFAULT_INDEX:-${UV_INDEX_URL:-${PIP_INDEX_URL:-}}}
  if [ -z "$index" ]; then
    index=$("$PYTHON" -m pip config get global.index-url 2>/dev/null || true) # fails where none is configured
  fi
  printf '%s' "$index"
}

uv_reads_an_index() { grep -qs index "${XDG_CONFIG_HOME:-${HOME:-}/.config}/uv/uv.toml" /etc/uv/uv.toml; }

is_editable() { [ "$PREFIX" = "$HERE/.venv" ] || [ "$DEV" = yes ]; }

sync_locked() { # GROUPS...
  set -- --locked --inexact "$@"
  if ! is_editable; then set -- "$@" --no-editable --reinstall-package quantos; fi
  "$UV" sync --project "$HERE" --python "$PYTHON" "$@"
}

sync_from_index() { # INDEX GROUPS...: the same locked versions and hashes, from another index than the lock names
  if [ -n "$1" ]; then export UV_DEFAULT_INDEX="$1"; fi
  shift
  requirements=$(mktemp "${TMPDIR:-/tmp}/quantos-requirements.XXXXXX")
  sync_status=0
  {
    env -u UV_DEFAULT_INDEX -u UV_INDEX_URL "$UV" export --project "$HERE" --quiet --frozen "$@" --no-emit-project --output-file "$requirements" &&
      "$UV" venv --quiet --allow-existing --python "$PYTHON" "$PREFIX" &&
      "$UV" pip install --python "$PREFIX/bin/python" --require-hashes -r "$requirements" &&
      if is_editable; then set -- --editable "$HERE"; else set -- "$HERE"; fi &&
      "$UV" pip install --python "$PREFIX/bin/python" --no-deps --reinstall-package quantos "$@"
  } || sync_status=1
  rm -f -- "$requirements"
  return $sync_status
}

install_dependencies() {
  index=$(configured_index)
  # shellcheck disable=SC2086 # EXTRAS are words of ours
  set -- --no-default-groups $EXTRAS
  if [ "$DEV" = yes ]; then set -- "$@" --group dev; fi
  if [ -n "$index" ] || uv_reads_an_index; then sync_from_index "$index" "$@"; else sync_locked "$@"; fi
}

can_compile() {
  "$PREFIX/bin/python" -c 'import importlib.util as u, sys; sys.exit(u.find_spec("quantos.settlement.warm") is None)'
}

native_paths() {
  [ -f "$HERE/pyproject.toml" ] || stop "--native installs from a checkout, and there is none beside install.sh: get the sources, or use --image" \
    "--native 从源码目录安装，而 install.sh 旁边没有源码：请获取源码，或使用 --image"
  [ -n "$PREFIX" ] || PREFIX=$HERE/.venv
  case $PREFIX in /*) ;; *) PREFIX=$PWD/$PREFIX ;; esac
  UV_VERSION=$(sed -n 's/^uv==\([0-9.]*\).*/\1/p' "$HERE/requirements-uv.txt")
  TOOLS=${XDG_CACHE_HOME:-${HOME:-$HERE}/.cache}/quantos
  UV=$TOOLS/uv-$UV_VERSION
  export UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT="$PREFIX" UV_NO_PROGRESS=1 UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-1}"
  export PIP_DISABLE_PIP_VERSION_CHECK=1
  unset VIRTUAL_ENV PYTHONPATH PYTHONHOME
  for bundle in "${PIP_CERT:-}" "${REQUESTS_CA_BUNDLE:-}" "${CURL_CA_BUNDLE:-}"; do
    if [ -z "${SSL_CERT_FILE:-}" ] && [ -n "$bundle" ]; then export SSL_CERT_FILE="$bundle"; fi
  done
}

install_native() { # ARGUMENTS of quantos demo
  native_paths
  open_log
  say "QuantOS: installing into $PREFIX" "QuantOS：安装到 $PREFIX"
  prepare_machine
  if [ ! -x "$UV" ]; then or_stop step "Installer tool (uv $UV_VERSION)" "安装工具（uv $UV_VERSION）" install_uv; fi
  or_stop step "Locked dependencies" "锁定版本的依赖" install_dependencies
  if can_compile; then
    or_stop step "Settlement engine, compiled for this machine" "为本机编译结算引擎" "$PREFIX/bin/python" -m quantos.settlement.warm
    or_stop step "Factor measures, compiled for this machine" "为本机编译因子评价" "$PREFIX/bin/python" -m quantos.factors.warm
  fi
  command=$(quoted "$PREFIX/bin/quantos")
  say "
Next:
  $command demo      the main job as a story, then a server to look at
  $command serve     the platform on http://127.0.0.1:8000
  $command --help    every command
" "
接下来：
  $command demo      主流程演示，完成后继续运行服务
  $command serve     启动平台：http://127.0.0.1:8000
  $command --help    全部命令
"
  if [ "$DEMO" = yes ]; then
    rm -f -- "$LOG"
    exec "$PREFIX/bin/quantos" demo --once "$@"
  fi
}

uninstall_native() {
  native_paths
  if [ ! -x "$PREFIX/bin/quantos" ]; then
    say "QuantOS is not installed in $PREFIX" "$PREFIX 中没有安装 QuantOS"
    return 0
  fi
  [ "$PURGE" = no ] || misused "--purge is for the container: delete the data directory yourself (quantos settings names it)" \
    "--purge 只用于容器方式：数据目录请自行删除（quantos settings 会显示其位置）"
  rm -rf -- "$PREFIX"
  say "Removed $PREFIX; data directories stay." "已删除 $PREFIX；数据目录保留。"
}

# --- Container: the engine and the machine --------------------------------------------------------------------

engine_fault() { # prints, in one line, why Docker cannot be used; nothing where it can
  if ! command -v docker >/dev/null 2>&1; then
    text "Docker is not installed: see https://docs.docker.com/engine/install, or install from a checkout with --native" \
      "没有安装 Docker：见 https://docs.docker.com/engine/install，或在源码目录中用 --native 安装"
    return 0
  fi
  if engine_said=$(docker info --format '{{.ServerVersion}}' 2>&1); then
    major=${engine_said%%.*}
    case $major in
      *[!0-9]* | '') ;;
      *)
        if [ "$major" -lt "$ENGINE_MAJOR_MIN" ]; then
          text "Docker $engine_said is too old: QuantOS needs $ENGINE_MAJOR_MIN.10 or newer" "Docker $engine_said 版本过低：需要 $ENGINE_MAJOR_MIN.10 或更新版本"
        fi
        return 0
        ;;
    esac
  fi
  case $engine_said in
    *'permission denied'*)
      text "Docker does not admit this user: run it as root, or join the group docker (sudo usermod -aG docker $(id -un 2>/dev/null || id -u)) and log in again" \
        "当前用户无权使用 Docker：请以 root 运行，或加入 docker 组（sudo usermod -aG docker $(id -un 2>/dev/null || id -u)）后重新登录"
      ;;
    *)
      if [ "$(uname -s)" = Linux ] && ! is_wsl; then
        text "Docker does not run: start it (sudo systemctl start docker) and run this again" "Docker 没有运行：请启动（sudo systemctl start docker）后重新运行"
      else
        text "Docker does not run: start Docker Desktop and run this again" "Docker 没有运行：请启动 Docker Desktop 后重新运行"
      fi
      ;;
  esac
}

is_wsl() { case $(uname -r) in *[Mm]icrosoft*) ;; *) return 1 ;; esac; }

need_engine() {
  fault=$(engine_fault)
  [ -z "$fault" ] || stop "$fault" "$fault"
  case $(docker info --format '{{.Architecture}}') in
    x86_64 | amd64) ARCH=amd64 ;;
    aarch64 | arm64) ARCH=arm64 ;;
    *) stop "there is no image for $(docker info --format '{{.Architecture}}'): QuantOS runs on amd64 and arm64" \
      "没有 $(docker info --format '{{.Architecture}}') 的镜像：QuantOS 支持 amd64 和 arm64" ;;
  esac
  # In a virtual machine (macOS, Docker Desktop) and in WSL a container cannot ask the machine who it is.
  VIRTUAL=no
  if [ "$(uname -s)" != Linux ] || is_wsl || [ "$(docker info --format '{{.OperatingSystem}}')" = 'Docker Desktop' ]; then VIRTUAL=yes; fi
}

port_is_taken() { # PORT: 0 where something listens on it that is not this installation
  if ours=$(docker container inspect -f '{{.State.Running}} {{range .HostConfig.PortBindings}}{{range .}}{{.HostPort}}{{end}}{{end}}' "$NAME" 2>/dev/null); then
    [ "$ours" != "true $1" ] || return 1
  fi
  if [ -r /proc/net/tcp ]; then
    hex=$(printf '%04X' "$1")
    cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
      awk -v port=":$hex" '$4 == "0A" && substr($2, length($2) - 4) == port {found = 1} END {exit !found}'
  elif command -v lsof >/dev/null 2>&1; then
    lsof -nP -iTCP:"$1" -sTCP:LISTEN >/dev/null 2>&1
  else
    return 1
  fi
}

memory_mb() { echo $(($(docker info --format '{{.MemTotal}}') / 1048576)); }

disk_mb() { # free where the images and the data are; on a virtual machine's disk nobody can look from here
  disk_at=$(docker info --format '{{.DockerRootDir}}')
  [ -d "$disk_at" ] && [ "$VIRTUAL" = no ] || disk_at=$(nearest_folder "$PLACE")
  df -P -k -- "$disk_at" | awk 'NR==2 {print int($4 / 1024)}'
}

nearest_folder() { # PATH: it, or the first folder above it that is there
  nearest=$1
  while [ ! -d "$nearest" ]; do nearest=$(dirname -- "$nearest"); done
  printf '%s' "$nearest"
}

clock_fault() {
  if [ "$(date -u +%Y)" -lt "$CLOCK_YEAR_MIN" ]; then
    text "the clock says $(date -u '+%Y-%m-%d'): set it, deadlines and licences go by it" "系统时间是 $(date -u '+%Y-%m-%d')：请校准，截止时间和许可证都以它为准"
  fi
}

# Where there is no timedatectl nobody can tell: the time is shown, and not doubted.
clock_is_kept() { [ "$(timedatectl show -p NTPSynchronized --value 2>/dev/null || echo yes)" = yes ]; }

FAULTS=0
judge() { # ok|warn|fail ENGLISH CHINESE
  case $1 in
    ok) mark=$(text "ok  " "正常") ;;
    warn) mark=$(text "note" "注意") ;;
    *) mark=$(text "FAIL" "不行") FAULTS=$((FAULTS + 1)) ;;
  esac
  printf '  %s  %s\n' "$mark" "$(text "$2" "$3")"
}

check_machine() { # every check and its finding; exit code 1 where one fails
  fault=$(engine_fault)
  if [ -n "$fault" ]; then
    judge fail "$fault" "$fault"
  else
    need_engine
    judge ok "Docker $(docker info --format '{{.ServerVersion}}'), $ARCH" "Docker $(docker info --format '{{.ServerVersion}}')，$ARCH"
    found=$(memory_mb)
    if [ "$found" -ge "$MEMORY_MB_MIN" ]; then judge ok "memory: $found MiB" "内存：$found MiB"; else judge fail "memory: $found MiB, QuantOS needs $MEMORY_MB_MIN" "内存：$found MiB，至少需要 $MEMORY_MB_MIN"; fi
    found=$(disk_mb)
    if [ "$found" -ge "$DISK_MB_MIN" ]; then judge ok "disk: $found MiB free" "磁盘：剩余 $found MiB"; else judge fail "disk: $found MiB free, QuantOS needs $DISK_MB_MIN" "磁盘：剩余 $found MiB，至少需要 $DISK_MB_MIN"; fi
    if port_is_taken "$PORT"; then judge fail "port $PORT is taken: choose another with --port" "端口 $PORT 已被占用：请用 --port 另选一个"; else judge ok "port $PORT is free" "端口 $PORT 可用"; fi
    fault=$(machine_fault)
    if [ -n "$fault" ]; then judge warn "$fault" "$fault"; else judge ok "this machine has a fingerprint" "本机有指纹"; fi
  fi
  fault=$(clock_fault)
  if [ -n "$fault" ]; then
    judge fail "$fault" "$fault"
  elif clock_is_kept; then
    judge ok "clock: $(date -u '+%Y-%m-%dT%H:%MZ')" "时钟：$(date -u '+%Y-%m-%dT%H:%MZ')"
  else
    judge warn "the clock is not synchronised (timedatectl set-ntp true)" "时钟没有同步（timedatectl set-ntp true）"
  fi
  if command -v systemctl >/dev/null 2>&1 && [ -d /run/systemd/system ]; then judge ok "systemd" "systemd"; else judge warn "no systemd here: the engine starts QuantOS" "没有 systemd：由 Docker 负责启动 QuantOS"; fi
  [ "$FAULTS" = 0 ]
}

machine_fault() { # why this machine has no fingerprint, in a line
  if [ "$VIRTUAL" = no ] && ! grep -Eqx '[0-9a-f]{32}' /etc/machine-id 2>/dev/null; then
    text "/etc/machine-id is missing or empty, so no licence can be for this machine: run systemd-machine-id-setup as root" \
      "/etc/machine-id 缺失或为空，许可证无法绑定本机：请以 root 运行 systemd-machine-id-setup"
  fi
}

need_room() { # what an installation asks of the machine; the first fault is the end
  fault=$(clock_fault)
  [ -z "$fault" ] || stop "$fault" "$fault"
  need_disk
  ! port_is_taken "$PORT" || stop "port $PORT is taken: choose another with --port" "端口 $PORT 已被占用：请用 --port 另选一个"
}

need_disk() {
  found=$(disk_mb)
  [ "$found" -ge "$DISK_MB_MIN" ] || stop "$found MiB are free on the disk, QuantOS needs $DISK_MB_MIN: make room and run it again" \
    "磁盘剩余 $found MiB，至少需要 $DISK_MB_MIN：请腾出空间后重新运行"
}

# --- Container: the folder and what is remembered there -------------------------------------------------------

place_paths() { # the copy that an installation keeps knows its own folder, and that its name
  if [ -z "$PLACE$NAME" ] && [ -f "$HERE/install.conf" ]; then PLACE=$HERE; fi
  if [ -z "$NAME" ] && [ -n "$PLACE" ]; then NAME=$(remembered name "$PLACE/install.conf"); fi
  NAME=${NAME:-quantos}
  case $NAME in
    [a-z0-9]*) ;;
    *) misused "--name begins with a small letter or a digit" "--name 必须以小写字母或数字开头" ;;
  esac
  case $NAME in *[!a-z0-9_.-]*) misused "--name takes small letters, digits, - _ and ." "--name 只能用小写字母、数字和 - _ ." ;; esac
  if [ -z "$PLACE" ]; then
    if [ "$(id -u)" = 0 ] && [ "$(uname -s)" = Linux ]; then PLACE=/opt/$NAME; else PLACE=$HOME/.$NAME; fi
  fi
  case $PLACE in /*) ;; *) PLACE=$PWD/$PLACE ;; esac
  case $PLACE in *[,\"]* | *"$NEWLINE"*) misused "--dir takes no comma and no quotation mark" "--dir 不能含逗号或引号" ;; esac
  CONF=$PLACE/install.conf
  PENDING=$PLACE/upgrade.pending
  VOLUME=$NAME-data
}

remembered() { # KEY [FILE]
  sed -n "s/^$1=//p" "${2:-$CONF}" 2>/dev/null | tail -n 1
}

write_atomically() { # FILE MODE: from standard input; it is there whole or not at all, and read by nobody else meanwhile
  if (umask 077 && cat >"$1.new") && chmod "$2" "$1.new" && mv -f -- "$1.new" "$1"; then return 0; fi
  rm -f -- "$1.new"
  stop "$1 cannot be written: is the disk full?" "无法写入 $1：磁盘是否已满？"
}

remember() { # writes what the next run goes by
  write_atomically "$CONF" 0600 <<CONF
format=$VERSION
name=$NAME
image=$CURRENT
previous=$PREVIOUS
previous_backup=$PREVIOUS_BACKUP
bind=$BIND
port=$PORT
memory=$MEMORY
cpus=$CPUS
service=$SERVICE
CONF
}

recall() { # options win over what was remembered, that over the defaults
  CURRENT=$(remembered image) PREVIOUS=$(remembered previous) PREVIOUS_BACKUP=$(remembered previous_backup)
  BIND=${BIND:-$(remembered bind)} BIND=${BIND:-127.0.0.1}
  PORT=${PORT:-$(remembered port)} PORT=${PORT:-8000}
  MEMORY=${MEMORY:-$(remembered memory)} MEMORY=${MEMORY:-4g}
  CPUS=${CPUS:-$(remembered cpus)}
  SERVICE=${SERVICE:-$(remembered service)} SERVICE=${SERVICE:-yes}
  case $BIND in
    *[!0-9A-Fa-f.:\[\]]* | '') misused "--bind takes an address, such as 127.0.0.1 or 0.0.0.0" "--bind 后面要写地址，例如 127.0.0.1 或 0.0.0.0" ;;
    \[*) ;;
    *:*) BIND="[$BIND]" ;;
  esac
  case $PORT in *[!0-9]* | '' | ??????*) misused "'$PORT' is no port" "「$PORT」不是端口号" ;; esac
  if [ "$PORT" -lt 1 ] || [ "$PORT" -gt 65535 ]; then misused "'$PORT' is no port" "「$PORT」不是端口号"; fi
  case $WAIT_S in *[!0-9]* | '') misused "--wait takes seconds" "--wait 后面要写秒数" ;; esac
}

lock_place() { # one at a time; a lock whose owner is gone is taken over
  mkdir -p -- "$PLACE" 2>/dev/null || stop "$PLACE cannot be made: run it as root, or choose another folder with --dir" \
    "无法创建 $PLACE：请以 root 运行，或用 --dir 另选目录"
  [ -w "$PLACE" ] || stop "$PLACE cannot be written: run it as root, or choose another folder with --dir" \
    "无法写入 $PLACE：请以 root 运行，或用 --dir 另选目录"
  if ! mkdir -- "$PLACE/.lock" 2>/dev/null; then
    [ -s "$PLACE/.lock/owner" ] || sleep 1 # it may be a moment old, and about to say whose it is
    holder=$(sed -n 1p "$PLACE/.lock/owner" 2>/dev/null || true) # none: its owner ended before it said so
    if [ -n "$holder" ] && [ "$(born "${holder%% *}")" = "${holder#* }" ]; then
      holder=${holder%% *}
      stop "another install.sh (process $holder) is at work in $PLACE: wait for it" "另一个 install.sh（进程 $holder）正在处理 $PLACE：请等它结束"
    fi
    rm -rf -- "$PLACE/.lock"
    mkdir -- "$PLACE/.lock"
  fi
  LOCKED=yes
  printf '%s %s\n' $$ "$(born $$)" >"$PLACE/.lock/owner" || stop "$PLACE cannot be written: is the disk full?" "无法写入 $PLACE：磁盘是否已满？"
}

born() { # PID: when it was started; after a restart of the machine another process may have the same number
  if [ -d /proc/self ]; then
    sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20 || true # it has ended
  else
    ps -p "$1" -o lstart= 2>/dev/null || true # it has ended
  fi
}

prepare_place() { # folders, settings, licence, fingerprint
  mkdir -p -- "$PLACE/etc" "$PLACE/backups"
  chmod 0755 -- "$PLACE/etc"
  if [ ! -f "$PLACE/quantos.env" ]; then
    write_atomically "$PLACE/quantos.env" 0600 <<ENV
# Settings of QuantOS, one NAME=VALUE a line without quotes; /guides/settings of the platform lists them. After a
# change run install.sh again: it starts the container anew.
QUANTOS_LANG=$(text en zh)
ENV
  fi
  printf '%s' "$GIVEN_SETTINGS" | while IFS= read -r setting; do
    [ -z "$setting" ] || keep_setting "$setting"
  done
  if [ -n "$LICENSE" ]; then write_atomically "$PLACE/etc/$OFFERED" 0644 <"$LICENSE"; fi
  give_backups_away
  hand_fingerprint_in
}

give_backups_away() { # the platform's user in the container writes them; only its engine can say who that is here
  backups=type=bind,src=$PLACE/backups,dst=/backups
  if docker run --rm --network none --user 0 --entrypoint install --mount "$backups" "$TARGET" -d -o 10001 -g 10001 -m 0700 /backups >"$LOG" 2>&1; then return 0; fi
  # Docker Desktop gives folders of its host to nobody, and lets every user write there.
  docker run --rm --network none --entrypoint test --mount "$backups" "$TARGET" -w /backups >>"$LOG" 2>&1 ||
    stop "$PLACE/backups cannot be given to the platform, which writes its backups there: $(head -n 1 -- "$LOG")" \
      "无法把 $PLACE/backups 交给平台写入备份：$(head -n 1 -- "$LOG")"
}

keep_setting() { # NAME=VALUE
  case $1 in
    [A-Z]*=*) ;;
    *) misused "--env takes NAME=VALUE, not '$1'" "--env 要写成 名称=值，而不是「$1」" ;;
  esac
  case ${1%%=*} in
    *[!A-Z0-9_]*) misused "--env takes NAME=VALUE, not '$1'" "--env 要写成 名称=值，而不是「$1」" ;;
    QUANTOS_HOST | QUANTOS_PORT | QUANTOS_PUBLISHED) misused "--bind and --port say where it listens, not ${1%%=*}" "监听位置由 --bind 和 --port 指定，而不是 ${1%%=*}" ;;
  esac
  others=$(sed "/^${1%%=*}=/d" "$PLACE/quantos.env") || stop "$PLACE/quantos.env cannot be read" "无法读取 $PLACE/quantos.env"
  printf '%s\n%s\n' "$others" "$1" | write_atomically "$PLACE/quantos.env" 0600
}

hand_fingerprint_in() { # where the container cannot ask the machine, its answer is put beside the licence
  [ "$VIRTUAL" = yes ] || return 0
  kept=$(of_image "$TARGET" fingerprint.sh)
  printf '%s\n' "$kept" | write_atomically "$PLACE/fingerprint.sh" 0755
  if found=$(sh "$PLACE/fingerprint.sh" 2>"$LOG"); then
    printf '%s\n' "$found" | write_atomically "$PLACE/etc/fingerprint" 0644
  else
    say "Note: this machine has no fingerprint: $(cat "$LOG")" "注意：本机没有指纹：$(cat "$LOG")"
  fi
}

of_image() { # IMAGE NAME: a file of the deploy kit, as the image has it
  docker run --rm --network none --entrypoint cat "$1" "/opt/quantos/app/deploy-kit/$2" ||
    stop "$2 cannot be read from the image $1" "无法从镜像 $1 读取 $2"
}

keep_tools() { # DIR/quantos: the commands of the platform, from the host; DIR/install.sh: the image's own installer
  kept=$(of_image "$CURRENT" install.sh)
  printf '%s\n' "$kept" | write_atomically "$PLACE/install.sh" 0755
  write_atomically "$PLACE/quantos" 0755 <<COMMAND
#!/bin/sh
# quantos, in the container $NAME
if [ -t 0 ] && [ -t 1 ]; then set -- -t $NAME quantos "\$@"; else set -- $NAME quantos "\$@"; fi
exec docker exec -i "\$@"
COMMAND
}

# --- Container: the image -------------------------------------------------------------------------------------

sha256_of() { # FILE
  if command -v sha256sum >/dev/null 2>&1; then
    sha256sum <"$1" | cut -c 1-64
  elif command -v shasum >/dev/null 2>&1; then
    shasum -a 256 <"$1" | cut -c 1-64
  else
    openssl dgst -sha256 -r <"$1" | cut -c 1-64
  fi
}

fetch() { # URL FILE: resumes what was broken off
  if command -v curl >/dev/null 2>&1; then
    set -- -fsSL --retry 3 -C - -o "$2" "$1"
    if [ -n "${QUANTOS_API_KEY:-}" ]; then
      printf 'header = "Authorization: Bearer %s"\n' "$QUANTOS_API_KEY" | curl -K - "$@"
    else
      curl "$@"
    fi
  elif command -v wget >/dev/null 2>&1; then
    if [ -n "${QUANTOS_API_KEY:-}" ]; then
      wget -q -O "$2" --header "Authorization: Bearer $QUANTOS_API_KEY" "$1"
    else
      wget -q -c -O "$2" "$1"
    fi
  else
    echo "neither curl nor wget is installed"
    return 1
  fi
}

download_image() { # URL: sets ARCHIVE and, where its folder has them, the checksums beside it
  case $1 in */) image_url=$1quantos-$ARCH.tar.gz ;; *) image_url=$1 ;; esac
  downloads=$PLACE/downloads
  mkdir -p -- "$downloads"
  ARCHIVE=$downloads/quantos-$ARCH.tar.gz
  sums_url=${image_url%%\?*}
  sums_url=${sums_url%/*}/SHA256SUMS
  rm -f -- "$downloads/SHA256SUMS" "$downloads/SHA256SUMS.sig"
  fetch "$sums_url" "$downloads/SHA256SUMS" >/dev/null 2>&1 || rm -f -- "$downloads/SHA256SUMS"
  fetch "$sums_url.sig" "$downloads/SHA256SUMS.sig" >/dev/null 2>&1 || rm -f -- "$downloads/SHA256SUMS.sig"
  [ -n "$SHA256" ] || [ -f "$downloads/SHA256SUMS" ] || stop "there is no $sums_url: give the image's SHA-256 with --sha256" \
    "没有 $sums_url：请用 --sha256 给出镜像的 SHA-256"
  expected=${SHA256:-$(sum_named "$downloads/SHA256SUMS" "quantos-$ARCH.tar.gz")}
  if [ -f "$ARCHIVE" ] && [ "$(sha256_of "$ARCHIVE")" = "$expected" ]; then return 0; fi
  rm -f -- "$ARCHIVE"
  if [ -f "$ARCHIVE.part-of" ] && [ "$(cat "$ARCHIVE.part-of")" != "$expected" ]; then rm -f -- "$ARCHIVE.part"; fi
  printf '%s\n' "$expected" >"$ARCHIVE.part-of"
  or_stop step "Image from $image_url" "下载镜像 $image_url" fetch "$image_url" "$ARCHIVE.part"
  mv -- "$ARCHIVE.part" "$ARCHIVE"
}

sum_named() { # SUMS-FILE NAME
  awk -v name="$2" '$2 == name || $2 == "*" name {print $1}' "$1"
}

check_archive() { # FILE: against the sum that was given, or that stands beside it
  [ -r "$1" ] || stop "$1 cannot be read" "无法读取 $1"
  sums=$(dirname -- "$1")/SHA256SUMS
  expected=$SHA256
  if [ -n "$KEY" ]; then check_signature "$sums"; fi
  if [ -z "$expected" ] && [ -f "$sums" ]; then
    expected=$(sum_named "$sums" "$(basename -- "$1")")
    [ -n "$expected" ] || stop "$sums does not name $(basename -- "$1")" "$sums 中没有 $(basename -- "$1")"
  fi
  SUM=$(sha256_of "$1")
  if [ -z "$expected" ]; then
    say "Note: no SHA256SUMS beside $1 and no --sha256: it is taken as it is." "注意：$1 旁边没有 SHA256SUMS，也没有 --sha256：按原样使用。"
  elif [ "$SUM" != "$(printf '%s' "$expected" | tr 'ABCDEF' 'abcdef')" ]; then
    stop "$1 is damaged or of another version (SHA-256 $SUM, expected $expected): fetch it again" \
      "$1 已损坏或版本不符（SHA-256 为 $SUM，应为 $expected）：请重新获取"
  fi
}

check_signature() { # SUMS-FILE
  [ -f "$1.sig" ] || stop "$1.sig is missing: with --key the checksums must be signed" "缺少 $1.sig：使用 --key 时校验和必须有签名"
  command -v openssl >/dev/null 2>&1 || stop "openssl is needed to check the signature: install it" "验证签名需要 openssl：请先安装"
  openssl pkeyutl -verify -pubin -inkey "$KEY" -rawin -in "$1" -sigfile "$1.sig" >"$LOG" 2>&1 ||
    stop "the signature of $1 does not hold for $KEY ($(head -n 1 "$LOG")): do not use this image" \
      "$1 的签名与 $KEY 不符（$(head -n 1 "$LOG")）：请勿使用此镜像"
}

load_archive() { # FILE: sets TARGET, a name of ours that no other image takes over
  check_archive "$1"
  TARGET=$NAME-image:$(printf '%s' "$SUM" | cut -c 1-16)
  if docker image inspect "$TARGET" >/dev/null 2>&1; then return 0; fi
  or_stop step "Image $(basename -- "$1")" "载入镜像 $(basename -- "$1")" docker load -i "$1"
  loaded=$(sed -n 's/^Loaded image: //p; s/^Loaded image ID: //p' "$LOG" | tail -n 1)
  [ -n "$loaded" ] || stop "$1 holds no image" "$1 中没有镜像"
  docker tag "$loaded" "$TARGET"
}

unpack_bundle() { # sets ARCHIVE
  [ -r "$OFFLINE" ] || stop "$OFFLINE cannot be read" "无法读取 $OFFLINE"
  UNPACKED=$PLACE/.bundle # which a run that was killed leaves, and the next one finds
  rm -rf -- "$UNPACKED"
  mkdir -- "$UNPACKED"
  or_stop step "Bundle $(basename -- "$OFFLINE")" "解开安装包 $(basename -- "$OFFLINE")" tar -xf "$OFFLINE" -C "$UNPACKED"
  ARCHIVE=$UNPACKED/quantos-$ARCH.tar.gz
  [ -f "$ARCHIVE" ] || stop "$OFFLINE holds no image for $ARCH" "$OFFLINE 中没有 $ARCH 的镜像"
}

take_image() { # sets TARGET: the image that was asked for, on this engine, checked
  ARCHIVE=''
  if [ -n "$OFFLINE" ]; then
    unpack_bundle
  elif [ -z "$IMAGE" ] && [ -f "$HERE/quantos-$ARCH.tar.gz" ]; then
    ARCHIVE=$HERE/quantos-$ARCH.tar.gz
  elif [ -z "$IMAGE" ]; then
    stop "which image? Name it with --image (a file, a folder, a URL, a registry's name) or --offline" \
      "使用哪个镜像？请用 --image（文件、目录、URL 或仓库名称）或 --offline 指定"
  elif [ -d "$IMAGE" ]; then
    ARCHIVE=${IMAGE%/}/quantos-$ARCH.tar.gz
    [ -f "$ARCHIVE" ] || stop "there is no quantos-$ARCH.tar.gz in $IMAGE" "$IMAGE 中没有 quantos-$ARCH.tar.gz"
  elif [ -f "$IMAGE" ]; then
    ARCHIVE=$IMAGE
  fi
  case $IMAGE in
    http://* | https://*) download_image "$IMAGE" ;;
    /* | ./* | ../* | *.tar | *.tar.gz | *.tgz) [ -n "$ARCHIVE" ] || stop "there is no $IMAGE" "没有 $IMAGE" ;;
  esac
  if [ -n "$ARCHIVE" ]; then load_archive "$ARCHIVE"; else pull_image; fi
  found=$(docker image inspect -f '{{.Os}}/{{.Architecture}} {{index .Config.Labels "org.opencontainers.image.title"}}' "$TARGET")
  case $found in
    "linux/$ARCH QuantOS") ;;
    *" QuantOS") stop "the image is for ${found% *}, this engine needs linux/$ARCH" "镜像适用于 ${found% *}，本机需要 linux/$ARCH" ;;
    *) stop "$IMAGE is no image of QuantOS" "$IMAGE 不是 QuantOS 的镜像" ;;
  esac
}

pull_image() { # a name that this engine has already is taken from there
  if ! docker image inspect "$IMAGE" >/dev/null 2>&1; then
    or_stop step "Image $IMAGE" "拉取镜像 $IMAGE" docker pull --quiet "$IMAGE"
  fi
  found=$(docker image inspect -f '{{.Id}}' "$IMAGE")
  found=${found#sha256:}
  TARGET=$NAME-image:$(printf '%s' "$found" | cut -c 1-16)
  docker tag "$IMAGE" "$TARGET"
}

version_of() { # IMAGE
  docker image inspect -f '{{index .Config.Labels "org.opencontainers.image.version"}}' "$1" 2>/dev/null || echo '?'
}

# --- Container: run, wait, replace ----------------------------------------------------------------------------

confined() { # create|run OPTIONS... IMAGE COMMAND...: with the data and the folder, and no right beyond them
  confined_verb=$1
  shift
  if [ "$VIRTUAL" = no ] && [ -f /etc/machine-id ]; then
    set -- --mount type=bind,src=/etc/machine-id,dst=/etc/machine-id,readonly "$@"
  fi
  if [ -n "$CPUS" ]; then set -- --cpus "$CPUS" "$@"; fi
  docker "$confined_verb" --read-only --tmpfs /tmp:rw,nosuid,nodev,size=512m --cap-drop ALL \
    --security-opt no-new-privileges --pids-limit 1024 --memory "$MEMORY" --env-file "$PLACE/quantos.env" \
    --env QUANTOS_HOST=0.0.0.0 --env QUANTOS_PORT=8000 --env "QUANTOS_PUBLISHED=$BIND:$PORT" \
    --mount "type=volume,src=$VOLUME,dst=/data" \
    --mount "type=bind,src=$PLACE/etc,dst=/etc/quantos,readonly" \
    --mount "type=bind,src=$PLACE/backups,dst=/backups" "$@"
}

terms() { # IMAGE: a digest of all that the container is made from; another one means that it is made anew
  (umask 077 && { printf '%s\n' "$1" "$BIND" "$PORT" "$MEMORY" "$CPUS" "$PLACE" "$VIRTUAL" "$VERSION"; cat "$PLACE/quantos.env"; } >"$PLACE/.terms")
  sha256_of "$PLACE/.terms"
  rm -f -- "$PLACE/.terms"
}

remove_container() { # NAME: 0 where it is gone, whoever took it away
  docker rm -f "$1" >/dev/null 2>&1 || true # the next line looks
  ! docker container inspect "$1" >/dev/null 2>&1
}

clear_away() { # NAME: or it is the end
  remove_container "$1" || stop "the container $1 cannot be removed: see docker rm -f $1" "无法移除容器 $1：请看 docker rm -f $1 的提示"
}

healthy() { # NAME: waits until it is; 1 when it has ended or the time is over
  healthy_until=$(($(now_s) + WAIT_S))
  while :; do
    found=$(docker container inspect -f '{{.State.Status}} {{if .State.Health}}{{.State.Health.Status}}{{end}}' "$1" 2>/dev/null) || return 1
    case $found in
      'running healthy') return 0 ;;
      running* | created*) ;;
      *) return 1 ;;
    esac
    [ "$(now_s)" -lt "$healthy_until" ] || return 1
    sleep 1
  done
}

started() { # NAME: starts it and waits; on failure its last words are printed
  docker start "$1" || return 1
  if healthy "$1"; then return 0; fi
  docker logs --tail 15 "$1" 2>&1 || true # it failed, whether or not it says why
  docker container inspect -f '{{.State.Status}}, exit code {{.State.ExitCode}}{{if .State.OOMKilled}}, out of memory{{end}}' "$1" || true
  return 1
}

serve_with() { # IMAGE: makes the service anew with this image; it restarts by itself only once it was healthy
  docker stop -t 60 "$NAME" >/dev/null 2>&1 || true # in order, so that what is under way is finished; there may be none
  remove_container "$NAME"
  serve_terms=$(terms "$1")
  confined create --name "$NAME" --label "quantos.terms=$serve_terms" --label "quantos.place=$PLACE" --stop-timeout 60 --publish "$BIND:$PORT:8000" "$1" || return 1
  if started "$NAME"; then
    docker update --restart unless-stopped "$NAME"
    return 0
  fi
  remove_container "$NAME"
  return 1
}

is_served() { # IMAGE: the service runs with it, is healthy, and is made as it would be made now
  found=$(docker container inspect -f '{{index .Config.Labels "quantos.terms"}} {{.State.Status}} {{.HostConfig.RestartPolicy.Name}}' "$NAME" 2>/dev/null) || return 1
  [ "$found" = "$(terms "$1") running unless-stopped" ] && healthy "$NAME"
}

task() { # IMAGE COMMAND...: a command of the platform on the data of a service that does not run
  remove_container "$NAME-task"
  task_image=$1
  shift
  confined run --rm --name "$NAME-task" --network none "$task_image" "$@"
}

port_refused() { grep -Eqi 'port is already allocated|address already in use|ports are not available' "$LOG"; }

# --- Container: systemd ---------------------------------------------------------------------------------------

has_systemd() { [ "$SERVICE" = yes ] && [ "$(id -u)" = 0 ] && command -v systemctl >/dev/null 2>&1 && [ -d /run/systemd/system ]; }

UNITS=/etc/systemd/system

install_units() { # the service follows systemd's start and stop; a backup is made each evening, after the settlement
  has_systemd || return 0
  docker_at=$(command -v docker)
  write_atomically "$UNITS/$NAME.service" 0644 <<UNIT
[Unit]
Description=QuantOS
Requires=docker.service
After=docker.service network-online.target
Wants=network-online.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=$docker_at start $NAME
ExecStop=$docker_at stop -t 60 $NAME
TimeoutStopSec=90

[Install]
WantedBy=multi-user.target
UNIT
  write_atomically "$UNITS/$NAME-backup.service" 0644 <<UNIT
[Unit]
Description=Backup of QuantOS
After=$NAME.service

[Service]
Type=oneshot
ExecStart=/bin/sh -c '$docker_at exec $NAME quantos backup create /backups/daily-\$\$(date -u +%%Y%%m%%dT%%H%%M%%SZ).zip'
ExecStart=$docker_at exec $NAME find /backups -name 'daily-*.zip' -mtime +30 -delete
UNIT
  write_atomically "$UNITS/$NAME-backup.timer" 0644 <<UNIT
[Unit]
Description=Backup of QuantOS, after each day's settlement

[Timer]
OnCalendar=*-*-* 20:30:00 Asia/Shanghai
RandomizedDelaySec=10m
Persistent=true

[Install]
WantedBy=timers.target
UNIT
  systemctl daemon-reload
  systemctl enable --quiet --now "$NAME.service" "$NAME-backup.timer"
}

remove_units() {
  for unit in "$NAME-backup.timer" "$NAME-backup.service" "$NAME.service"; do
    if [ -f "$UNITS/$unit" ]; then
      systemctl disable --quiet --now "$unit" >/dev/null 2>&1 || true # masked, or systemd does not run: the file goes all the same
      rm -f -- "$UNITS/$unit"
    fi
  done
  if [ -d /run/systemd/system ] && [ "$(id -u)" = 0 ]; then systemctl daemon-reload >/dev/null 2>&1 || true; fi # else at its next start
}

# --- Container: install ---------------------------------------------------------------------------------------

begin_container_work() {
  open_log
  need_license
  place_paths
  recall
  need_engine
  lock_place
  clear_away "$NAME-task"
  clear_away "$NAME-trial"
  finish_interrupted_upgrade
}

install_container() { # ARGUMENTS of quantos demo
  begin_container_work
  say "QuantOS: one container, $NAME, with its settings in $PLACE" "QuantOS：单个容器 $NAME，设置在 $PLACE"
  if [ -n "$CURRENT" ] && [ -z "$IMAGE$OFFLINE" ]; then
    TARGET=$CURRENT
    docker image inspect "$TARGET" >/dev/null 2>&1 || stop "the image $TARGET is gone from this engine: name it again with --image" \
      "镜像 $TARGET 已不在本机：请用 --image 重新指定"
  else
    need_room
    take_image
    if [ -n "$CURRENT" ] && [ "$TARGET" != "$CURRENT" ]; then
      stop "$NAME is installed with another image ($(version_of "$CURRENT")): --upgrade --image goes to this one ($(version_of "$TARGET"))" \
        "$NAME 已用另一个镜像安装（$(version_of "$CURRENT")）：要换成此镜像（$(version_of "$TARGET")）请用 --upgrade --image"
    fi
  fi
  fresh=yes
  if docker volume inspect "$VOLUME" >/dev/null 2>&1; then fresh=no; fi
  prepare_place
  if [ "$fresh" = yes ]; then : >"$PLACE/.invite"; fi # before there are data: a run that is killed next still owes it
  if ! is_served "$TARGET"; then
    ! port_is_taken "$PORT" || stop "port $PORT is taken: choose another with --port" "端口 $PORT 已被占用：请用 --port 另选一个"
    begin_service
  fi
  CURRENT=$TARGET
  remember
  keep_tools
  install_units
  warm
  tell_how_to_go_on
  install_license
  if [ "$DEMO" = yes ]; then demo_in_container "$@"; fi
}

OFFERED=license.offered.json # beside the one that was taken, until the platform has looked whether it holds

need_license() { # before anything is made
  [ -z "$LICENSE" ] || [ -r "$LICENSE" ] || stop "$LICENSE cannot be read" "无法读取 $LICENSE"
}

install_license() { # by the platform itself, which looks whether it holds here and takes it up at once
  if [ -z "$LICENSE" ]; then return 0; fi
  if step "Licence" "许可证" docker exec "$NAME" quantos license install "/etc/quantos/$OFFERED"; then
    mv -f -- "$PLACE/etc/$OFFERED" "$PLACE/etc/license.json"
    return 0
  fi
  rm -f -- "$PLACE/etc/$OFFERED"
  stop "the licence was not taken, see the lines above; QuantOS runs as it did without it. Once it is right: $(quoted "$PLACE/install.sh") --license FILE" \
    "许可证未被接受，原因见上；QuantOS 照常运行，许可状态不变。更正后运行：$(quoted "$PLACE/install.sh") --license 文件"
}

begin_service() {
  if step "Service $NAME" "服务 $NAME" serve_with "$TARGET"; then return 0; fi
  if [ -n "$CURRENT" ]; then remember_nothing=no; else remember_nothing=yes; fi
  if port_refused; then stop "port $PORT is taken: choose another with --port" "端口 $PORT 已被占用：请用 --port 另选一个"; fi
  if [ "$remember_nothing" = yes ] && [ "$fresh" = yes ]; then
    docker volume rm "$VOLUME" >/dev/null 2>&1 || true # nothing is in it; one that stays is used by the next run
  fi
  stop "the service did not become healthy, see the lines above; it was taken away again and the data kept. Correct the cause and run it again." \
    "服务未能进入健康状态，原因见上；容器已移除，数据保留。请排除原因后重新运行。"
}

warm() { # compiles the settlement for this machine's processor beside the service, so that the first day need not wait
  # ls fails where there is none; and without the compilation only the first settlement takes longer.
  case $(docker exec "$NAME" sh -c 'ls -d /data/cache/quantos/quantos-compiled-* 2>/dev/null' || true) in
    ?*) ;;
    *) docker exec --detach "$NAME" nice python3 -m quantos.settlement.warm || true ;;
  esac
}

demo_in_container() { # ARGUMENTS: beside the service, on data of its own that are gone with it
  docker run --rm --network none --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges \
    --memory "$MEMORY" --env "QUANTOS_LANG=$(text en zh)" "$CURRENT" demo --once "$@"
}

tell_how_to_go_on() {
  command=$(quoted "$PLACE/quantos") again=$(quoted "$PLACE/install.sh")
  say "
QuantOS $(version_of "$CURRENT") is running.
  Address     http://$BIND:$PORT
  Dashboard   docker exec -it $NAME quantos tui
  Commands    $command --help
  Settings    $(quoted "$PLACE/quantos.env"), then $again" "
QuantOS $(version_of "$CURRENT") 正在运行。
  地址        http://$BIND:$PORT
  控制台      docker exec -it $NAME quantos tui
  命令        $command --help
  设置        $(quoted "$PLACE/quantos.env")，修改后运行 $again"
  case $BIND in
    127.* | '[::1]') ;;
    *) say "  Note        other machines reach it, and nothing is encrypted: put a reverse proxy with TLS in front of it" \
      "  注意        其他机器可以访问，且传输未加密：请在前面部署带 TLS 的反向代理" ;;
  esac
  if [ -f "$PLACE/.invite" ]; then # asked for once: a run that was broken off before it was shown asks again
    invite=$(docker exec "$NAME" quantos invite create) || stop "no invite code could be made: $command invite create" "无法创建邀请码：$command invite create"
    printf '%s%s\n' "$(text '  Invite      ' '  邀请码      ')" "$invite"
    rm -f -- "$PLACE/.invite"
  fi
  if [ ! -f "$PLACE/etc/license.json" ] && [ -z "$LICENSE" ]; then
    say "  Licence     none yet; this machine's fingerprint: $(fingerprint_here)" "  许可证      尚无；本机指纹：$(fingerprint_here)"
  fi
}

fingerprint_here() { docker exec "$NAME" python3 -m licensing fingerprint 2>/dev/null || text "it has none" "没有"; }

# --- Container: upgrade, rollback, uninstall ------------------------------------------------------------------

need_installed() {
  [ -n "$CURRENT" ] || stop "there is no QuantOS in $PLACE: install it first, or name its folder with --dir" \
    "$PLACE 中没有 QuantOS：请先安装，或用 --dir 指定其目录"
}

pend() { # PHASE: what an interrupted upgrade is undone by
  write_atomically "$PENDING" 0600 <<PENDING
phase=$1
from=$CURRENT
to=$TARGET
backup=$BACKUP
PENDING
}

backup_now() { # REASON: of a service that is stopped, so that no signal is taken after it; sets BACKUP
  BACKUP=$1-$(date -u +%Y%m%dT%H%M%SZ).zip
  step "Backup $PLACE/backups/$BACKUP" "备份 $PLACE/backups/$BACKUP" task "$CURRENT" backup create "/backups/$BACKUP"
}

trial() { # IMAGE: the image on the data, migration and all, where nobody can reach it
  remove_container "$NAME-trial"
  confined create --name "$NAME-trial" --network none --stop-timeout 60 "$1" || return 1
  trial_status=0
  started "$NAME-trial" || trial_status=1
  docker stop "$NAME-trial" >/dev/null 2>&1 || true # one that failed has ended already
  remove_container "$NAME-trial"
  return $trial_status
}

upgrade_container() {
  begin_container_work
  need_installed
  need_disk
  take_image
  if [ "$TARGET" = "$CURRENT" ]; then
    say "QuantOS $(version_of "$CURRENT") is that image already." "QuantOS $(version_of "$CURRENT") 已经是此镜像。"
    prepare_place
    is_served "$TARGET" || begin_service
    install_license
    return 0
  fi
  say "QuantOS: $(version_of "$CURRENT") to $(version_of "$TARGET")" "QuantOS：$(version_of "$CURRENT") 升级到 $(version_of "$TARGET")"
  prepare_place
  BACKUP=''
  pend stopping
  docker stop -t 60 "$NAME" >/dev/null 2>&1 || true # one that runs on keeps its data locked, so that no backup is made
  if ! backup_now before-upgrade; then
    start_current
    rm -f -- "$PENDING"
    stop "no backup could be made, so nothing was changed: QuantOS $(version_of "$CURRENT") runs again" \
      "无法备份，因此没有做任何改动：QuantOS $(version_of "$CURRENT") 已恢复运行"
  fi
  pend migrating
  if step "Migration and trial start" "迁移并试运行" trial "$TARGET" && step "Service $NAME" "服务 $NAME" serve_with "$TARGET"; then
    complete_upgrade
    keep_tools
    tell_how_to_go_on
    install_license
    return 0
  fi
  undo_upgrade
  stop "the upgrade failed, see the lines above, and was undone: QuantOS $(version_of "$CURRENT") runs again on the data of before" \
    "升级失败（原因见上）并已撤销：QuantOS $(version_of "$CURRENT") 已在升级前的数据上恢复运行"
}

complete_upgrade() {
  PREVIOUS=$CURRENT PREVIOUS_BACKUP=$BACKUP CURRENT=$TARGET
  remember
  rm -f -- "$PENDING"
  docker images --format '{{.Repository}}:{{.Tag}}' "$NAME-image" | while IFS= read -r found; do
    # An image that something else uses stays.
    [ "$found" = "$CURRENT" ] || [ "$found" = "$PREVIOUS" ] || docker rmi "$found" >/dev/null 2>&1 || true
  done
}

start_current() { # which has run here before: it is given its time, however short the trial of another was
  if [ "$WAIT_S" -lt "$WAIT_S_USUAL" ]; then WAIT_S=$WAIT_S_USUAL; fi
  step "Service $NAME" "服务 $NAME" serve_with "$CURRENT" || stop "QuantOS $(version_of "$CURRENT") does not start either, see the lines above. The data are in the volume $VOLUME and $PLACE/backups" \
    "QuantOS $(version_of "$CURRENT") 也无法启动，原因见上。数据在卷 $VOLUME 和 $PLACE/backups 中"
}

restore_data() { # IMAGE BACKUP
  step "Data of $2" "恢复数据 $2" task "$1" backup restore "/backups/$2" --force
}

undo_upgrade() { # back to CURRENT and the data of BACKUP
  remove_container "$NAME-trial"
  remove_container "$NAME"
  restore_data "$CURRENT" "$BACKUP" || stop "the data of before could not be restored, see the lines above: run install.sh again, or restore $PLACE/backups/$BACKUP by hand" \
    "升级前的数据未能恢复，原因见上：请重新运行 install.sh，或手动恢复 $PLACE/backups/$BACKUP"
  start_current
  rm -f -- "$PENDING"
}

finish_interrupted_upgrade() { # what was broken off is undone, unless it had come to its end
  [ -f "$PENDING" ] || return 0
  if [ "$(remembered to "$PENDING")" = "$CURRENT" ]; then
    rm -f -- "$PENDING"
    return 0
  fi
  say "An upgrade was broken off: it is undone first." "上次升级中断：先撤销。"
  BACKUP=$(remembered backup "$PENDING")
  if [ "$(remembered phase "$PENDING")" = stopping ]; then
    start_current
    rm -f -- "$PENDING"
  else
    undo_upgrade
  fi
}

rollback_container() {
  begin_container_work
  need_installed
  [ -n "$PREVIOUS" ] || stop "there is no version before this one" "没有更早的版本"
  docker image inspect "$PREVIOUS" >/dev/null 2>&1 || stop "the image $PREVIOUS is gone from this engine" "镜像 $PREVIOUS 已不在本机"
  if [ "$RESTORE" = yes ] && ! has_backup "$PREVIOUS_BACKUP"; then
    stop "there is no $PLACE/backups/$PREVIOUS_BACKUP" "没有 $PLACE/backups/$PREVIOUS_BACKUP"
  fi
  TARGET=$PREVIOUS BACKUP=''
  say "QuantOS: $(version_of "$CURRENT") back to $(version_of "$TARGET")" "QuantOS：$(version_of "$CURRENT") 退回到 $(version_of "$TARGET")"
  pend stopping
  docker stop -t 60 "$NAME" >/dev/null 2>&1 || true # as before an upgrade
  backup_now before-rollback || { start_current; rm -f -- "$PENDING"; exit 1; }
  pend migrating
  if restored_if_told && step "Trial start" "试运行" trial "$TARGET" && step "Service $NAME" "服务 $NAME" serve_with "$TARGET"; then
    complete_rollback
    tell_how_to_go_on
    return 0
  fi
  undo_upgrade
  if [ "$RESTORE" = yes ]; then stop "the rollback failed, see the lines above, and was undone" "回退失败（原因见上）并已撤销"; fi
  stop "$(version_of "$TARGET") cannot run on today's data, see the lines above; nothing was changed. --rollback --restore-backup goes back to the data of before the upgrade ($PREVIOUS_BACKUP); what came since is then only in the backup made now" \
    "$(version_of "$TARGET") 无法在现有数据上运行，原因见上；没有做任何改动。--rollback --restore-backup 会回到升级前的数据（$PREVIOUS_BACKUP）；此后的内容届时只在刚才的备份中"
}

has_backup() { # NAME: only the platform's user looks into that folder
  docker run --rm --network none --entrypoint test --mount "type=bind,src=$PLACE/backups,dst=/backups,readonly" "$CURRENT" -s "/backups/$1"
}

restored_if_told() { [ "$RESTORE" = no ] || restore_data "$TARGET" "$PREVIOUS_BACKUP"; }

complete_rollback() {
  if [ "$RESTORE" = yes ]; then
    say "What came since the upgrade is in $PLACE/backups/$BACKUP." "升级之后的内容在 $PLACE/backups/$BACKUP 中。"
  fi
  complete_upgrade
}

delete_backups() { # they are the platform's user's: another one than root deletes them by the image, while it is there
  image=$(remembered image)
  if [ -z "$image" ] || [ ! -d "$PLACE/backups" ] || [ "$(id -u)" = 0 ]; then return 0; fi
  docker run --rm --network none --user 0 --entrypoint find --mount "type=bind,src=$PLACE/backups,dst=/backups" \
    "$image" /backups -mindepth 1 -delete >/dev/null 2>&1 || true # what stays is told when the folder goes
}

uninstall_container() {
  open_log
  place_paths
  fault=$(engine_fault)
  [ -z "$fault" ] || stop "$fault" "$fault"
  [ ! -d "$PLACE" ] || lock_place
  docker stop -t 60 "$NAME" >/dev/null 2>&1 || true # in order; there may be none
  remove_units
  for found in "$NAME-task" "$NAME-trial" "$NAME"; do clear_away "$found"; done
  if [ "$PURGE" = yes ]; then delete_backups; fi
  docker images --format '{{.Repository}}:{{.Tag}}' "$NAME-image" | while IFS= read -r found; do
    docker rmi "$found" >/dev/null 2>&1 || true # an image that something else uses stays
  done
  rm -rf -- "$PLACE/downloads" "$PLACE/.bundle"
  rm -f -- "$CONF" "$PENDING" "$PLACE/quantos" "$PLACE/install.sh" "$PLACE/fingerprint.sh" "$PLACE/.invite" "$PLACE/.terms"
  if [ "$PURGE" = yes ]; then
    docker volume rm "$VOLUME" >/dev/null 2>&1 || ! docker volume inspect "$VOLUME" >/dev/null 2>&1 ||
      stop "the volume $VOLUME is used by another container, and stays (docker ps -a --filter volume=$VOLUME)" \
        "卷 $VOLUME 正被其他容器使用，未删除（docker ps -a --filter volume=$VOLUME）"
    rm -rf -- "${PLACE:?}/etc" "$PLACE/backups" "$PLACE/quantos.env" "$PLACE/.lock" ||
      stop "$PLACE cannot be removed, see above: run it as root (sudo rm -rf $(quoted "$PLACE"))" "无法删除 $PLACE，原因见上：请以 root 运行（sudo rm -rf $(quoted "$PLACE")）"
    LOCKED=no
    rmdir -- "$PLACE" 2>/dev/null || true # other files in it are not ours
    say "QuantOS is gone from this machine, its data too." "QuantOS 及其数据已从本机删除。"
  else
    take_away="docker volume rm $VOLUME && sudo rm -rf $(quoted "$PLACE")"
    say "QuantOS is gone; its data stay in the volume $VOLUME, settings, licence and backups in $PLACE, for the next installation. To delete these too: $take_away" \
      "QuantOS 已卸载；数据仍在卷 $VOLUME 中，设置、许可证和备份在 $PLACE，供下次安装使用。如需一并删除：$take_away"
  fi
}

# --- The work -------------------------------------------------------------------------------------------------

if [ "$ROUTE" = native ]; then
  case $ACTION in
    install) install_native "$@" ;;
    uninstall) uninstall_native ;;
  esac
else
  case $ACTION in
    install) install_container "$@" ;;
    upgrade) upgrade_container ;;
    rollback) rollback_container ;;
    uninstall) uninstall_container ;;
    check)
      place_paths
      recall
      VIRTUAL=no
      check_machine
      ;;
  esac
fi
