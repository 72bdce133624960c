"""The verifier as one file: any Python from 3.11 on runs it, without a package and without the platform."""

from __future__ import annotations

import ast
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from quantos.verification.offline.pack import contents, pack
from tests.feature.verifier.conftest import Record
from tests.support.attestations import save
from tests.support.tampering import VECTORS


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pyz") / "quantos-verify.pyz"
    pack(path)
    return path


def alone(archive: Path, *arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Isolated, without site-packages, elsewhere."""
    command = [sys.executable, "-I", "-S", str(archive), *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def test_it_verifies_a_record_without_any_package(archive: Path, record: Record, tmp_path: Path) -> None:
    packages = save(record.packages, record.folder / "packages")
    ended = alone(archive, packages, "--attestations", record.repository.path, "--lang", "en", cwd=tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.rstrip().endswith("VERIFIED: all 169 checks hold; 28 not checked")


def test_it_catches_what_the_platforms_command_catches(archive: Path, tmp_path: Path) -> None:
    ended = alone(archive, VECTORS / "one-fee-a-cent-lower.json", "--lang", "en", cwd=tmp_path)
    assert ended.returncode == 1
    assert "transfer_fee: expected 1.460, found 1.450" in ended.stdout
    assert alone(archive, "/nothing/here", cwd=tmp_path).returncode == 2


def test_it_says_which_rules_it_knows(archive: Path, tmp_path: Path) -> None:
    from quantos.settlement.core.rules import RULES_VERSION  # noqa: PLC0415

    assert RULES_VERSION in alone(archive, "--version", cwd=tmp_path).stdout


def test_its_imports_are_the_standard_librarys_and_its_own(archive: Path) -> None:
    """Read off every module in the archive."""
    with zipfile.ZipFile(archive) as opened:
        names = set(opened.namelist())
        for name in names:
            for node in ast.walk(ast.parse(opened.read(name))):
                modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom):
                    assert node.level == 0
                    modules = [str(node.module)]
                for module in modules:
                    path = module.replace(".", "/")
                    own = {f"{path}.py", f"{path}/__init__.py"} & names
                    assert module.split(".")[0] in sys.stdlib_module_names or own, f"{name} imports {module}"


def test_it_has_neither_the_ledger_nor_the_server(archive: Path) -> None:
    packed = {name.removeprefix("quantos/") for name in contents()}
    outside = {
        name for name in packed if not name.startswith("verification/") and not name.endswith("__init__.py")
    }
    assert outside == {
        "__main__.py",
        "market/core/symbols.py",
        "market/core/closed_weekdays.py",
        "settlement/core/rules_table.py",
        "settlement/core/rules_texts.py",
    }


def test_the_same_sources_give_the_same_bytes(archive: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.pyz"
    digest = pack(again)
    assert again.read_bytes() == archive.read_bytes()
    with zipfile.ZipFile(archive) as opened:
        assert {entry.date_time for entry in opened.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert len(digest) == 64


def test_packing_is_a_command(tmp_path: Path) -> None:
    target = tmp_path / "verify.pyz"
    command = [sys.executable, "-m", "quantos.verification.offline.pack", str(target)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said.endswith("  verify.pyz\n")
    assert target.stat().st_mode & 0o111


def test_a_reader_that_goes_away_is_no_crash(archive: Path, tmp_path: Path) -> None:
    command = f"{sys.executable} -I -S {archive} {VECTORS} --allow-unattested | head -1"
    ended = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "Traceback" not in ended.stderr
