#!/usr/bin/env bash
# Installs QuantOS from this checkout, with its locked dependencies, into a virtual environment; sets up what a
# bare Debian or Ubuntu with python3 >= 3.11 lacks. Running it again is safe and takes seconds. See --help.
set -euo pipefail

ROOT=$(CDPATH="" cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
PYTHON_MINOR_MIN=11
PREFIX=$ROOT/.venv
DEMO=no
DEMO_ARGUMENTS=()
DEV=no
EXTRAS=()
QUIET=no
LOG=''

case ${QUANTOS_LANG:-${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}} in
  zh*) ZH=yes ;;
  *) ZH=no ;;
esac

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

usage() {
  text "\
Usage: ./install.sh [options] [-- arguments of quantos demo]

  --demo          install, then run the main job on the built-in market (quantos demo --once)
  --prefix DIR    the virtual environment to install into (default: .venv of this checkout)
  --extra NAME    with an optional part, may be repeated: baostock or akshare (live bars), postgres
  --dev           with the tools of the tests, types and style checks
  --quiet         say nothing where nothing goes wrong
  --help          this text

Packages come from where pip and uv are configured to look; proxies and certificates are taken from the
environment. QUANTOS_LANG=en|zh chooses the language of the messages.
" "\
用法：./install.sh [选项] [-- quantos demo 的参数]

  --demo          安装，然后在内置行情上运行一次主流程（quantos demo --once）
  --prefix 目录   安装到哪个虚拟环境（默认：本目录下的 .venv）
  --extra 名称    同时安装可选部分，可重复：baostock 或 akshare（在线行情），postgres
  --dev           同时安装测试、类型检查和代码风格检查工具
  --quiet         没有问题就不输出
  --help          显示本说明

软件包从 pip 和 uv 已配置的源获取；代理和证书取自环境变量。QUANTOS_LANG=en|zh 指定提示语言。
"
}

while [ $# -gt 0 ]; do
  case $1 in
    --demo) DEMO=yes ;;
    --dev) DEV=yes ;;
    --quiet) QUIET=yes ;;
    --prefix)
      [ $# -gt 1 ] || misused "--prefix needs a folder" "--prefix 后面要写目录"
      PREFIX=$2
      shift
      ;;
    --prefix=*) PREFIX=${1#*=} ;;
    --extra)
      case ${2:-} in
        baostock | akshare | postgres) EXTRAS+=(--extra "$2") ;;
        *) misused "--extra needs baostock, akshare or postgres" "--extra 后面要写 baostock、akshare 或 postgres" ;;
      esac
      shift
      ;;
    --help | -h)
      usage
      exit 0
      ;;
    --)
      shift
      DEMO_ARGUMENTS=("$@")
      break
      ;;
    *) misused "unknown option $1: see ./install.sh --help" "未知选项 $1：请看 ./install.sh --help" ;;
  esac
  shift
done
[ -n "$PREFIX" ] || misused "--prefix needs a folder" "--prefix 后面要写目录"
case $PREFIX in /*) ;; *) PREFIX=$PWD/$PREFIX ;; esac

LOG=$(mktemp "${TMPDIR:-/tmp}/quantos-install.XXXXXX")
trap 'rm -f -- "$LOG"' EXIT

step() { # ENGLISH CHINESE COMMAND...: one line of progress; on failure the end of the command's own words
  local title started=$SECONDS
  title=$(text "$1" "$2")
  shift 2
  if [ "$QUIET" = no ]; then printf '  %s ... ' "$title"; fi
  if "$@" >"$LOG" 2>&1 </dev/null; then
    say "done ($((SECONDS - started)) s)" "完成（$((SECONDS - started)) 秒）"
    return
  fi
  say "failed" "失败"
  tail -n 25 -- "$LOG" >&2
  stop "\"$title\" failed, see the lines above. Check the network, the proxy and the disk ($(disk_free) free), then run it again: what is done is kept." \
    "「$title」失败，原因见上。请检查网络、代理和磁盘（剩余 $(disk_free)），然后重新运行：已完成的部分会保留。"
}

disk_free() { df -h -P -- "$ROOT" | awk 'NR==2 {print $4}'; }

# --- What the machine must have -------------------------------------------------------------------------------

recent_enough() { "$1" -c "import sys; sys.exit(sys.version_info < (3, $PYTHON_MINOR_MIN))" >/dev/null 2>&1; }

find_python() { # sets PYTHON to the first Python that is recent enough, or to nothing
  local name
  PYTHON=''
  for name in "$PREFIX/bin/python" python3 python3.14 python3.13 python3.12 python3.11; do
    if recent_enough "$name"; then
      PYTHON=$("$name" -c "import sys; print(sys._base_executable)")
      return
    fi
  done
}

as_root() { # COMMAND...
  local carried=(DEBIAN_FRONTEND=noninteractive) name
  for name in http_proxy https_proxy no_proxy; do
    if [ -n "${!name:-}" ]; then carried+=("$name=${!name}"); fi
  done
  if [ "$(id -u)" = 0 ]; then env "${carried[@]}" "$@"; else sudo -n env "${carried[@]}" "$@"; fi
}

may_install() {
  command -v apt-get >/dev/null || return 1
  [ "$(id -u)" = 0 ] || sudo -n true >/dev/null 2>&1 || { [ -t 0 ] && command -v sudo >/dev/null && sudo -v; }
}

apt_install() { as_root apt-get update -qq && as_root apt-get install -y -qq --no-install-recommends "$@"; }

provide() { # PACKAGES...: from the system's own packages, or named in one line
  may_install || stop "this machine lacks $*. Install them (as root: apt-get install $*) and run it again." \
    "本机缺少 $*。请先安装（以 root 运行：apt-get install $*），然后重新运行。"
  step "System packages: $*" "系统软件包：$*" apt_install "$@"
}

venv_package() { # the Debian package that completes $PYTHON
  "$PYTHON" - <<'PYTHON'
import os, sys
default = os.path.realpath("/usr/bin/python3") == os.path.realpath(sys.executable)
print("python3-venv" if default else "python3.%d-venv" % sys.version_info[1])
PYTHON
}

prepare_machine() {
  local missing=()
  command -v python3 >/dev/null || provide python3
  find_python
  [ -n "$PYTHON" ] || stop "QuantOS needs Python 3.$PYTHON_MINOR_MIN or newer, this machine has $(python3 -V 2>&1): install a newer one (for example python3.12 and python3.12-venv) and run it again." \
    "QuantOS 需要 Python 3.$PYTHON_MINOR_MIN 或更新版本，本机是 $(python3 -V 2>&1)：请安装新版本（例如 python3.12 和 python3.12-venv）后重新运行。"
  if [ ! -x "$UV" ] && ! "$PYTHON" -c 'import ensurepip, venv' >/dev/null 2>&1; then missing+=("$(venv_package)"); fi
  command -v git >/dev/null || missing+=(git)
  if [ "$DEV" = yes ]; then # the tests have signatures judged by those who made the formats
    command -v ssh-keygen >/dev/null || missing+=(openssh-client)
    command -v gpg >/dev/null || missing+=(gnupg)
  fi
  if command -v apt-get >/dev/null && [ ! -s /etc/ssl/certs/ca-certificates.crt ]; then missing+=(ca-certificates); fi
  if [ ${#missing[@]} -gt 0 ]; then provide "${missing[@]}"; fi
}

# --- The environment ------------------------------------------------------------------------------------------

UV_VERSION=$(sed -n 's/^uv==\([0-9.]*\).*/\1/p' "$ROOT/requirements-uv.txt")
TOOLS=${XDG_CACHE_HOME:-${HOME:-$ROOT}/.cache}/quantos
UV=$TOOLS/uv-$UV_VERSION

export UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=$PREFIX UV_NO_PROGRESS=1 UV_SYSTEM_CERTS=${UV_SYSTEM_CERTS:-1}
export PIP_DISABLE_PIP_VERSION_CHECK=1
unset VIRTUAL_ENV PYTHONPATH PYTHONHOME
for bundle in "${PIP_CERT:-}" "${REQUESTS_CA_BUNDLE:-}" "${CURL_CA_BUNDLE:-}"; do
  if [ -z "${SSL_CERT_FILE:-}" ] && [ -n "$bundle" ]; then export SSL_CERT_FILE=$bundle; fi
done

install_uv() { # the pinned uv, checked against its hashes, kept for all checkouts of this user
  local folder status=0
  folder=$(mktemp -d "${TMPDIR:-/tmp}/quantos-uv.XXXXXX")
  {
    "$PYTHON" -m venv "$folder/venv" &&
      "$folder/venv/bin/python" -m pip install --quiet --require-hashes --no-deps --only-binary :all: -r "$ROOT/requirements-uv.txt" &&
      mkdir -p "$TOOLS" &&
      cp "$folder/venv/bin/uv" "$UV.$$" &&
      mv "$UV.$$" "$UV"
  } || status=1
  rm -rf -- "$folder"
  return $status
}

configured_index() { # the package index that the user has configured for uv or pip; empty: their default
  local index=${UV_DEFAULT_INDEX:-${UV_INDEX_URL:-${PIP_INDEX_URL:-}}}
  if [ -z "$index" ]; then
    index=$("$PYTHON" -m pip config get global.index-url 2>/dev/null || true)
  fi
  printf '%s' "$index"
}

uv_reads_an_index() { grep -qs index "${XDG_CONFIG_HOME:-${HOME:-}/.config}/uv/uv.toml" /etc/uv/uv.toml; }

groups=(--no-default-groups ${EXTRAS[@]+"${EXTRAS[@]}"})
if [ "$DEV" = yes ]; then groups+=(--group dev); fi
project=(--editable "$ROOT")
if [ "$PREFIX" != "$ROOT/.venv" ] && [ "$DEV" = no ]; then project=("$ROOT"); fi

sync_locked() {
  local options=(--locked --inexact "${groups[@]}")
  if [ "${project[0]}" != --editable ]; then options+=(--no-editable --reinstall-package quantos); fi
  "$UV" sync --project "$ROOT" --python "$PYTHON" "${options[@]}"
}

sync_from_index() { # INDEX: the same locked versions and hashes, from another index than the lock names
  local list
  list=$(mktemp "${TMPDIR:-/tmp}/quantos-requirements.XXXXXX")
  if [ -n "$1" ]; then export UV_DEFAULT_INDEX=$1; fi
  {
    env -u UV_DEFAULT_INDEX -u UV_INDEX_URL "$UV" export --project "$ROOT" --quiet --frozen "${groups[@]}" --no-emit-project --output-file "$list" &&
      "$UV" venv --quiet --allow-existing --python "$PYTHON" "$PREFIX" &&
      "$UV" pip install --python "$PREFIX/bin/python" --require-hashes -r "$list" &&
      "$UV" pip install --python "$PREFIX/bin/python" --no-deps --reinstall-package quantos "${project[@]}"
  } || { rm -f -- "$list"; return 1; }
  rm -f -- "$list"
}

install_dependencies() {
  local index
  index=$(configured_index)
  if [ -n "$index" ] || uv_reads_an_index; then sync_from_index "$index"; else sync_locked; fi
}

can_compile() {
  "$PREFIX/bin/python" -c 'import importlib.util as u, sys; sys.exit(u.find_spec("quantos.settlement.warm") is None)'
}

# --- The work -------------------------------------------------------------------------------------------------

say "QuantOS: installing into $PREFIX" "QuantOS：安装到 $PREFIX"
prepare_machine
if [ ! -x "$UV" ]; then step "Installer tool (uv $UV_VERSION)" "安装工具（uv $UV_VERSION）" install_uv; fi
step "Locked dependencies" "锁定版本的依赖" install_dependencies
if can_compile; then
  step "Settlement engine, compiled for this machine" "为本机编译结算引擎" "$PREFIX/bin/python" -m quantos.settlement.warm
  step "Factor measures, compiled for this machine" "为本机编译因子评价" "$PREFIX/bin/python" -m quantos.factors.warm
fi

quantos=$(printf '%q' "$PREFIX/bin/quantos")
say "
Next:
  $quantos demo      the main job as a story, then a server to look at
  $quantos serve     the platform on http://127.0.0.1:8000
  $quantos --help    every command
" "
接下来：
  $quantos demo      主流程演示，完成后继续运行服务
  $quantos serve     启动平台：http://127.0.0.1:8000
  $quantos --help    全部命令
"
if [ "$DEMO" = yes ]; then
  rm -f -- "$LOG"
  exec "$PREFIX/bin/quantos" demo --once "${DEMO_ARGUMENTS[@]}"
fi
