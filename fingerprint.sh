#!/bin/sh
# Prints the fingerprint of this machine: 64 hex digits, the same each time, for any user. Linux, WSL and macOS.
#
#     fingerprint = SHA-256 of "quantos-fingerprint-1:" + system + ":" + id, in lower case
#
#     linux     /etc/machine-id
#     macos     IOPlatformUUID, as ioreg prints it
#     windows   MachineGuid of the registry, which WSL asks for by reg.exe
#
# Nothing else is read and nothing is sent. `fingerprint.sh --root DIR` reads the Linux system mounted at DIR.
set -eu

case ${QUANTOS_LANG:-${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}} in
  zh*) ZH=yes ;;
  *) ZH=no ;;
esac

stop() { # ENGLISH CHINESE
  if [ "$ZH" = yes ]; then printf 'fingerprint.sh: %s\n' "$2" >&2; else printf 'fingerprint.sh: %s\n' "$1" >&2; fi
  exit 1
}

lower() { tr 'ABCDEFGHIJKLMNOPQRSTUVWXYZ' 'abcdefghijklmnopqrstuvwxyz'; }

if command -v sha256sum >/dev/null 2>&1; then
  sha256() { sha256sum; }
elif command -v shasum >/dev/null 2>&1; then
  sha256() { shasum -a 256; }
elif command -v openssl >/dev/null 2>&1; then
  sha256() { openssl dgst -sha256 -r; }
else
  stop "this machine has none of sha256sum, shasum and openssl: install one of them" \
    "本机没有 sha256sum、shasum 或 openssl：请安装其中之一"
fi

is_uuid() {
  printf '%s\n' "$1" | grep -Eqx '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}'
}

is_zero() {
  [ -z "$(printf '%s' "$1" | tr -d '0-')" ]
}

of_linux() {
  id=$(head -c 4096 "$ROOT/etc/machine-id" 2>/dev/null | tr -d ' \t\r\n' | lower)
  if ! printf '%s\n' "$id" | grep -Eqx '[0-9a-f]{32}' || is_zero "$id"; then
    stop "/etc/machine-id must hold 32 hex digits, and holds ${id:-nothing}: run systemd-machine-id-setup (or dbus-uuidgen --ensure=/etc/machine-id) as root" \
      "/etc/machine-id 应为 32 位十六进制，实际为「${id:-空}」：请以 root 运行 systemd-machine-id-setup（或 dbus-uuidgen --ensure=/etc/machine-id）"
  fi
  system=linux
}

of_macos() {
  id=$(ioreg -rd1 -c IOPlatformExpertDevice 2>/dev/null | sed -n 's/.*"IOPlatformUUID"[ ]*=[ ]*"\([^"]*\)".*/\1/p' | head -n 1 | lower)
  if ! is_uuid "$id" || is_zero "$id"; then
    stop "ioreg does not say the IOPlatformUUID of this machine (${id:-nothing})" \
      "ioreg 没有给出本机的 IOPlatformUUID（${id:-空}）"
  fi
  system=macos
}

of_windows() {
  id=''
  for reg in reg.exe /mnt/c/Windows/System32/reg.exe; do
    id=$("$reg" query 'HKLM\SOFTWARE\Microsoft\Cryptography' /v MachineGuid /reg:64 2>/dev/null </dev/null |
      tr -d '\r' | sed -n 's/^[ 	]*MachineGuid[ 	][ 	]*REG_SZ[ 	][ 	]*\([^ 	]*\)[ 	]*$/\1/p' | head -n 1 | lower)
    if [ -n "$id" ]; then break; fi
  done
  if ! is_uuid "$id" || is_zero "$id"; then
    stop "Windows does not answer with its MachineGuid (${id:-nothing}): allow Windows programs in WSL (/etc/wsl.conf, [interop] enabled=true), or run fingerprint.bat in Windows" \
      "Windows 没有返回 MachineGuid（${id:-空}）：请在 WSL 中允许运行 Windows 程序（/etc/wsl.conf，[interop] enabled=true），或在 Windows 中运行 fingerprint.bat"
  fi
  system=windows
}

ROOT=''
case ${1:-} in
  '') ;;
  --root)
    [ $# -eq 2 ] || stop "--root needs a folder" "--root 后面要写目录"
    ROOT=${2%/}
    ;;
  -h | --help)
    sed -n '2,/^set /{/^#/s/^# \{0,1\}//p;}' "$0"
    exit 0
    ;;
  *) stop "unknown option $1: see fingerprint.sh --help" "未知选项 $1：请看 fingerprint.sh --help" ;;
esac

case $(uname -s)${ROOT:+ mounted} in
  Darwin) of_macos ;;
  Linux | *mounted)
    if [ -n "$ROOT" ]; then kernel=$(cat "$ROOT/proc/sys/kernel/osrelease" 2>/dev/null || true); else kernel=$(uname -r); fi # no such file: not WSL
    case $kernel in *[Mm]icrosoft*) of_windows ;; *) of_linux ;; esac
    ;;
  *) stop "this system is $(uname -s): fingerprint.sh knows Linux, WSL and macOS; on Windows run fingerprint.bat" \
    "本系统是 $(uname -s)：fingerprint.sh 支持 Linux、WSL 和 macOS；Windows 请运行 fingerprint.bat" ;;
esac

printf 'quantos-fingerprint-1:%s:%s' "$system" "$id" | sha256 | cut -c 1-64
