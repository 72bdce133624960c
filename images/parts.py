"""Prints what the image it runs in is made of, as a CycloneDX 1.6 document: Python's packages and Debian's.

Run inside the image, on Python alone: `docker run --rm -i --entrypoint python3 IMAGE - amd64 <images/parts.py`.
Sorted and without a time or a random number, so that the same image has the same list.
"""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
from typing import Any
from urllib.parse import quote

DPKG = ("dpkg-query", "-W", "-f", "${Package}\t${Version}\t${Architecture}\t${source:Package}\n")


def python_packages() -> list[dict[str, Any]]:
    found = []
    for each in importlib.metadata.distributions():
        name, version = each.metadata["Name"], each.version
        license_ = each.metadata.get("License-Expression")
        found.append(
            {
                "type": "library",
                "bom-ref": f"pkg:pypi/{name.lower().replace('_', '-')}@{version}",
                "name": name,
                "version": version,
                "purl": f"pkg:pypi/{name.lower().replace('_', '-')}@{version}",
                **({"licenses": [{"expression": license_}]} if license_ else {}),
            }
        )
    return found


def debian_packages() -> list[dict[str, Any]]:
    lines = subprocess.run(DPKG, capture_output=True, text=True, check=True).stdout.splitlines()  # noqa: S603 - of this file
    found = []
    for line in lines:
        name, version, arch, source = line.split("\t")
        purl = f"pkg:deb/debian/{quote(name)}@{quote(version)}?arch={arch}"
        found.append(
            {
                "type": "library",
                "bom-ref": purl,
                "name": name,
                "version": version,
                "purl": purl,
                "properties": [{"name": "debian:source", "value": source}],
            }
        )
    return found


def document(arch: str) -> dict[str, Any]:
    parts = sorted([*python_packages(), *debian_packages()], key=lambda part: str(part["bom-ref"]))
    version = next((p["version"] for p in parts if p["name"] == "quantos"), platform_version())
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "container",
                "bom-ref": f"quantos-{arch}",
                "name": "quantos",
                "version": version,
                "properties": [{"name": "platform", "value": f"linux/{arch}"}],
            }
        },
        "components": parts,
    }


def platform_version() -> str:
    from quantos import __version__  # noqa: PLC0415 - only inside the image

    return __version__


if __name__ == "__main__":
    json.dump(document(sys.argv[1]), sys.stdout, indent=1, sort_keys=True)
    sys.stdout.write("\n")
