"""`python -m licensing`, as the vendor and as a customer run it."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from licensing import keyring, keys
from licensing.__main__ import main
from licensing.errors import UnusableKey
from tests.unit.licensing.makers import MACHINE, VENDOR

ROOT = Path(__file__).parents[3]
PASSPHRASE = "correct horse battery"


def licensing(*arguments: object, passphrase: str | None = PASSPHRASE) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("QUANTOS_")}
    if passphrase is not None:
        environment["QUANTOS_VENDOR_SIGNING_PASSPHRASE"] = passphrase
    return subprocess.run(
        [sys.executable, "-m", "licensing", *map(str, arguments)],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def vendor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    private = tmp_path_factory.mktemp("vendor") / "vendor.pem"
    made = licensing("keygen", private)
    assert made.returncode == 0, made.stderr
    return private


def issued(vendor: Path, *more: object) -> subprocess.CompletedProcess[str]:
    return licensing(
        "issue",
        "--key",
        vendor,
        "--customer",
        "Acme",
        "--fingerprint",
        MACHINE,
        "--expires",
        "2099-01-01",
        *more,
    )


def test_a_key_pair_is_made_encrypted_and_for_its_owner_only(vendor: Path) -> None:
    assert stat.S_IMODE(vendor.stat().st_mode) == 0o600
    assert "BEGIN ENCRYPTED PRIVATE KEY" in vendor.read_text()
    assert "BEGIN PUBLIC KEY" in vendor.with_suffix(".pub.pem").read_text()


def test_a_key_is_never_overwritten(vendor: Path) -> None:
    before = vendor.read_bytes()
    again = licensing("keygen", vendor)
    assert again.returncode == 1
    assert "never overwritten" in again.stderr
    assert vendor.read_bytes() == before


def test_a_short_passphrase_is_refused(tmp_path: Path) -> None:
    refused = licensing("keygen", tmp_path / "key.pem", passphrase="short")
    assert refused.returncode == 1
    assert "at least 12 characters" in refused.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_issued_licence_verifies_and_is_read(vendor: Path, tmp_path: Path) -> None:
    file = tmp_path / "license.json"
    assert issued(vendor, "--max-cores", 8, "--out", file).returncode == 0
    public = vendor.with_suffix(".pub.pem")
    judged = licensing("verify", file, "--key", public, "--fingerprint", MACHINE)
    assert judged.returncode == 0
    assert "valid: Acme, edition standard, last day 2099-01-01" in judged.stdout
    shown = json.loads(licensing("inspect", file).stdout)
    assert (shown["max_cores"], shown["max_memory_gb"]) == (8, None)


def test_a_licence_is_printed_where_no_file_is_named(vendor: Path) -> None:
    assert json.loads(issued(vendor).stdout)["customer"] == "Acme"


def test_a_licence_file_is_never_overwritten(vendor: Path, tmp_path: Path) -> None:
    file = tmp_path / "license.json"
    file.write_text("kept")
    assert issued(vendor, "--out", file).returncode == 1
    assert file.read_text() == "kept"


def test_a_licence_that_does_not_hold_ends_with_1_and_its_reasons(vendor: Path, tmp_path: Path) -> None:
    file = tmp_path / "license.json"
    issued(vendor, "--out", file)
    judged = licensing(
        "verify", file, "--key", vendor.with_suffix(".pub.pem"), "--fingerprint", "ee" * 32, "--json"
    )
    assert judged.returncode == 1
    report = json.loads(judged.stdout)
    assert (report["state"], report["valid"]) == ("other_machine", False)
    assert [step["name"] for step in report["steps"] if not step["holds"]] == ["machine"]


@pytest.mark.parametrize(
    ("passphrase", "reason"),
    [("not the one at all", "does not fit"), (None, "set QUANTOS_VENDOR_SIGNING_PASSPHRASE")],
)
def test_without_the_passphrase_nothing_is_signed(vendor: Path, passphrase: str | None, reason: str) -> None:
    refused = licensing(
        "issue", "--key", vendor, "--customer", "Acme", "--fingerprint", MACHINE, "--expires", "2099-01-01",
        passphrase=passphrase,
    )  # fmt: skip
    assert (refused.returncode, refused.stdout) == (1, "")
    assert reason in refused.stderr


def test_a_field_out_of_bounds_is_named(vendor: Path) -> None:
    refused = issued(vendor, "--max-cores", 0)
    assert refused.returncode == 1
    assert "max_cores must be a whole number" in refused.stderr


def test_a_missing_file_is_named_without_a_traceback() -> None:
    refused = licensing("verify", "/nowhere/license.json")
    assert refused.returncode == 1
    assert refused.stderr == "licensing: /nowhere/license.json: No such file or directory\n"


def test_keys_of_another_kind_are_refused(tmp_path: Path) -> None:
    pem = tmp_path / "rsa.pem"
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    pem.write_bytes(
        key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    with pytest.raises(UnusableKey, match="Ed25519"):
        keys.public_key(pem.read_bytes())
    with pytest.raises(UnusableKey, match=r"rsa\.pem: the key is of another kind"):
        keyring.vendor_keys(tmp_path)
    with pytest.raises(UnusableKey, match="no public key"):
        keys.public_key(b"nonsense")


def test_an_unencrypted_private_key_is_not_used() -> None:
    plain = VENDOR.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(UnusableKey, match="not encrypted"):
        keys.private_key(plain, PASSPHRASE)


def test_the_test_key_of_the_environment_is_accepted_and_what_it_signed_reads_test(
    vendor: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "license.json"
    issued(vendor, "--out", file)
    arguments = ["verify", str(file), "--fingerprint", MACHINE, "--json"]
    assert main(arguments) == 1
    monkeypatch.setenv("QUANTOS_TEST_VENDOR_KEY", vendor.with_suffix(".pub.pem").read_text())
    capture = StringIO()
    monkeypatch.setattr(sys, "stdout", capture)
    assert main(arguments) == 0
    assert json.loads(capture.getvalue())["edition"] == "test"


def test_a_test_key_is_given_by_its_words_or_its_file(vendor: Path) -> None:
    file = vendor.with_suffix(".pub.pem")
    by_file, by_words = keyring.key_for_tests(str(file)), keyring.key_for_tests(file.read_text())
    assert by_file == by_words
    assert by_file.test
    with pytest.raises(UnusableKey, match="cannot be read"):
        keyring.key_for_tests("/nowhere.pem")


def test_a_checkout_accepts_no_key_of_its_own() -> None:
    assert keyring.vendor_keys() == ()
