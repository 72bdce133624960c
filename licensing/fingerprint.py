r"""The fingerprint of a machine: 64 hex digits, the same for root, any user and a container on it.

    fingerprint = SHA-256 of "quantos-fingerprint-1:" + system + ":" + id, in lower-case hex

    system    id, in lower case
    linux     /etc/machine-id: 32 hex digits
    macos     IOPlatformUUID, as ioreg prints it
    windows   MachineGuid of HKLM\SOFTWARE\Microsoft\Cryptography; WSL asks Windows by reg.exe

These outlive reboots, new disks, network cards and container restarts. A container on Linux is given the host's
/etc/machine-id, read-only. Where containers run in a virtual machine (Docker Desktop; also WSL), the container cannot
ask its host: there the host's fingerprint is handed in as a file (`HANDED_IN`), which `install.sh` writes.

`fingerprint.sh` and `deploy-kit/fingerprint.bat` compute the same without Python; all three are held to
`tests/vectors/fingerprints.json`.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from licensing.errors import NoMachineId

TAG: Final = "quantos-fingerprint-1"
HANDED_IN: Final = Path("/etc/quantos/fingerprint")

_REGISTRY: Final = ("query", r"HKLM\SOFTWARE\Microsoft\Cryptography", "/v", "MachineGuid", "/reg:64")
_REG_IN_WSL: Final = ("reg.exe", "/mnt/c/Windows/System32/reg.exe")
_TIMEOUT_S: Final = 20

_MACHINE_ID: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_FINGERPRINT: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


def _output(*command: str) -> str:
    """What the program prints; empty where there is none or it fails."""
    try:
        done = subprocess.run(command, capture_output=True, timeout=_TIMEOUT_S, check=False)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else ""


Run = Callable[..., str]


def fingerprint_of(system: str, machine_id: str) -> str:
    """`system`: linux, macos or windows. `machine_id`: as the system writes it. Raises NoMachineId."""
    plain = machine_id.strip().lower()
    pattern = _MACHINE_ID if system == "linux" else _UUID
    if pattern.fullmatch(plain) is None or not plain.replace("-", "").strip("0"):
        raise NoMachineId(_WRONG[system].format(found=plain[:60] or "nothing"))
    return hashlib.sha256(f"{TAG}:{system}:{plain}".encode()).hexdigest()


def fingerprint(root: Path = Path("/"), system: str = sys.platform, run: Run = _output) -> str:
    """Of this machine, or of the Linux system mounted at `root`. Raises NoMachineId, saying what to do.

    `system`: as `sys.platform` names it.  `run`: how a program of the system is asked.
    """
    if system == "win32":
        return fingerprint_of("windows", machine_guid(run("reg", *_REGISTRY)))
    if system == "darwin" and root == Path("/"):
        return fingerprint_of("macos", platform_uuid(run("ioreg", "-rd1", "-c", "IOPlatformExpertDevice")))
    if is_wsl(_text(root / "proc/sys/kernel/osrelease")):
        return _of_windows_below(root, run)
    machine_id = _text(root / "etc/machine-id").strip()
    handed = root / HANDED_IN.relative_to("/")
    if machine_id in {"", "uninitialized"} and handed.exists():
        return handed_in(_text(handed))
    return fingerprint_of("linux", machine_id)


def is_wsl(osrelease: str) -> bool:
    """Whether the kernel is the one that Windows runs Linux with."""
    return "microsoft" in osrelease.lower()


def platform_uuid(ioreg: str) -> str:
    """IOPlatformUUID of the output of `ioreg -rd1 -c IOPlatformExpertDevice`; empty where it has none."""
    found = re.search(r'"IOPlatformUUID"\s*=\s*"([^"]*)"', ioreg)
    return found.group(1) if found else ""


def machine_guid(reg: str) -> str:
    """MachineGuid of the output of `reg query`; empty where it has none."""
    found = re.search(r"^\s*MachineGuid\s+REG_SZ\s+(\S+)\s*$", reg, re.MULTILINE)
    return found.group(1) if found else ""


def handed_in(content: str) -> str:
    """The host's fingerprint, as install.sh gave it to a container in a virtual machine. Raises NoMachineId."""
    plain = content.strip()
    if _FINGERPRINT.fullmatch(plain) is None:
        raise NoMachineId(
            f"{HANDED_IN} holds no fingerprint (64 lower-case hex digits): write the host's there, as fingerprint.sh"
            " or fingerprint.bat prints it"
        )
    return plain


def _of_windows_below(root: Path, run: Run) -> str:
    """WSL: Windows answers; in a container on it only the handed-in file does."""
    for program in _REG_IN_WSL:
        guid = machine_guid(run(program, *_REGISTRY))
        if guid:
            return fingerprint_of("windows", guid)
    handed = root / HANDED_IN.relative_to("/")
    if handed.exists():
        return handed_in(_text(handed))
    raise NoMachineId(_WRONG["windows"].format(found="no answer from reg.exe"))


def _text(path: Path) -> str:
    try:
        return path.read_bytes()[:4096].decode("utf-8", "replace")
    except OSError:
        return ""


_WRONG: Final = {
    "linux": "/etc/machine-id must hold 32 hex digits, and holds {found}: on a host run `systemd-machine-id-setup` (or"
    " `dbus-uuidgen --ensure=/etc/machine-id`) as root; into a container mount the host's, read-only"
    " (-v /etc/machine-id:/etc/machine-id:ro)",
    "macos": "the machine's IOPlatformUUID cannot be read from ioreg ({found}): in a container, hand the host's"
    " fingerprint in as /etc/quantos/fingerprint",
    "windows": "the machine's MachineGuid cannot be read ({found}): in WSL allow Windows programs (/etc/wsl.conf,"
    " [interop] enabled=true); in a container, hand the host's fingerprint in as /etc/quantos/fingerprint",
}
