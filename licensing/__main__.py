"""`python -m licensing`: fingerprint, verify and inspect for anyone; keygen and issue for the vendor.

Exit codes: 0 done, or the licence holds; 1 refused, or it does not hold; 2 wrong usage.
"""

from __future__ import annotations

import argparse
import getpass
import json
import os
import secrets
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from licensing import keyring, keys
from licensing.document import EDITIONS, License, parse
from licensing.errors import LicensingError, NoMachineId, UnusableKey
from licensing.fingerprint import fingerprint
from licensing.issue import issue
from licensing.machine import machine
from licensing.verify import Circumstances, Verdict, verify

PASSPHRASE = "QUANTOS_VENDOR_SIGNING_PASSPHRASE"  # noqa: S105 - the name of a variable
TEST_KEY = "QUANTOS_TEST_VENDOR_KEY"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    given = _parser().parse_args(arguments)
    try:
        return int(given.run(given))
    except LicensingError as error:
        sys.stderr.write(f"licensing: {error}\n")
    except OSError as error:
        sys.stderr.write(f"licensing: {error.filename}: {error.strerror}\n")
    return 1


def _fingerprint(given: argparse.Namespace) -> int:
    _print(fingerprint(given.root))
    return 0


def _keygen(given: argparse.Namespace) -> int:
    public = given.public or given.private.with_suffix(".pub.pem")
    made = keyring.generate(given.private, public, _passphrase(new=True))
    _print(f"key id       {made.id}")
    _print(f"private key  {given.private}: encrypted; keep it away from images and repositories")
    _print(f"public key   {public}: place it in licensing/vendor_keys/ of a build")
    return 0


def _issue(given: argparse.Namespace) -> int:
    key = keys.private_key(given.key.read_bytes(), _passphrase())
    terms = License(
        license_id=given.license_id or secrets.token_hex(8),
        customer=given.customer,
        fingerprint=given.fingerprint.lower(),
        edition=given.edition,
        expires=given.expires,
        max_cores=given.max_cores,
        max_memory_gb=given.max_memory_gb,
        created_at=datetime.now(UTC),
    )
    content = issue(terms, key)
    if given.out is None:
        sys.stdout.write(content.decode())
    else:
        with given.out.open("xb") as file:
            file.write(content)
        _print(f"{given.out}: licence {terms.license_id} for {terms.customer}, until {terms.expires}")
    return 0


def _inspect(given: argparse.Namespace) -> int:
    fields = asdict(parse(given.file.read_bytes()))
    fields["signature"] = fields["signature"].hex()
    _print(json.dumps(fields, ensure_ascii=False, indent=2, default=str))
    return 0


def _verify(given: argparse.Namespace) -> int:
    verdict = verify(given.file.read_bytes(), _accepted(given), _circumstances(given))
    _print(json.dumps(_as_json(verdict), ensure_ascii=False, indent=2) if given.json else _as_text(verdict))
    return 0 if verdict.valid else 1


def _accepted(given: argparse.Namespace) -> list[keys.PublicKey]:
    accepted = list(keyring.vendor_keys())
    accepted += [keys.public_key(file.read_bytes()) for file in given.key]
    if os.environ.get(TEST_KEY):
        accepted.append(keyring.key_for_tests(os.environ[TEST_KEY]))
    return accepted


def _circumstances(given: argparse.Namespace) -> Circumstances:
    now, size = datetime.now(UTC), machine()
    if given.fingerprint:
        return Circumstances(given.fingerprint.lower(), now, machine=size)
    try:
        return Circumstances(fingerprint(), now, machine=size)
    except NoMachineId as error:
        return Circumstances(None, now, no_fingerprint=str(error), machine=size)


def _as_json(verdict: Verdict) -> dict[str, Any]:
    return {
        "state": verdict.state,
        "valid": verdict.valid,
        "edition": verdict.edition,
        "steps": [asdict(step) for step in verdict.steps],
        "notes": list(verdict.notes),
    }


def _as_text(verdict: Verdict) -> str:
    lines = [f"{'ok  ' if step.holds else 'FAIL'}  {step.number} {step.name}" for step in verdict.steps]
    lines += [f"      {said}" for said in (*verdict.reasons, *verdict.notes)]
    if verdict.license is not None:
        of = verdict.license
        lines.append(f"{verdict.state}: {of.customer}, edition {verdict.edition}, last day {of.expires}")
    else:
        lines.append(str(verdict.state))
    return "\n".join(lines)


def _passphrase(*, new: bool = False) -> str:
    """From the environment, or asked for on the terminal; never an argument, which others could read."""
    if PASSPHRASE in os.environ:
        return os.environ[PASSPHRASE]
    if not sys.stdin.isatty():
        raise UnusableKey(f"set {PASSPHRASE}, or run this on a terminal to be asked for the passphrase")
    given = getpass.getpass("Passphrase of the private key: ")
    if new and getpass.getpass("Once more: ") != given:
        raise UnusableKey("the two passphrases differ: nothing was written")
    return given


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m licensing",
        description="QuantOS licences: this machine's fingerprint, what a licence says, whether it holds here.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    command = commands.add_parser("fingerprint", help="print the fingerprint of this machine")
    command.add_argument("--root", type=Path, default=Path("/"), help="of the Linux system mounted here")
    command.set_defaults(run=_fingerprint)

    command = commands.add_parser("verify", help="judge a license.json on this machine, step by step")
    command.add_argument("file", type=Path)
    command.add_argument("--key", type=Path, action="append", default=[], help="accept this public key too")
    command.add_argument("--fingerprint", help="judge it for this machine instead")
    command.add_argument("--json", action="store_true")
    command.set_defaults(run=_verify)

    command = commands.add_parser("inspect", help="print what a license.json says, without judging it")
    command.add_argument("file", type=Path)
    command.set_defaults(run=_inspect)

    command = commands.add_parser("keygen", help="vendor: make a key pair, the private key encrypted")
    command.add_argument("private", type=Path, help="new file for the private key")
    command.add_argument("--public", type=Path, help="new file for the public key; default: beside it")
    command.set_defaults(run=_keygen)

    command = commands.add_parser("issue", help="vendor: sign a licence for a machine")
    command.add_argument("--key", type=Path, required=True, help="the private key, an encrypted PEM")
    command.add_argument("--customer", required=True)
    command.add_argument("--fingerprint", required=True, help="64 hex digits, as fingerprint.sh prints")
    command.add_argument("--expires", type=date.fromisoformat, required=True, help="last day, 2027-11-21")
    command.add_argument("--edition", choices=EDITIONS, default="standard")
    command.add_argument("--max-cores", type=int, help="default: no limit")
    command.add_argument("--max-memory-gb", type=int, help="default: no limit")
    command.add_argument("--license-id", help="default: a new one")
    command.add_argument("--out", type=Path, help="new file; default: print it")
    command.set_defaults(run=_issue)
    return parser


if __name__ == "__main__":
    sys.exit(main())
