"""The gate of QUANTOS_CI_REAL, seen to fail: a skipped test or module fails the run, and only then."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

SAMPLES = {
    "a test": "import pytest\ndef test_skipped():\n    pytest.skip('no data here')\n",
    "a mark": "import pytest\n@pytest.mark.skip(reason='no data here')\ndef test_skipped():\n    pass\n",
    "a fixture": "import pytest\n@pytest.fixture\ndef data():\n    pytest.skip('no data here')\n"
    "def test_skipped(data):\n    pass\n",
    "a module": "import pytest\npytest.skip('no data here', allow_module_level=True)\n",
}
EXPECTED_FAILURE = "import pytest\n@pytest.mark.xfail(reason='known')\ndef test_known():\n    assert False\n"


def run_sample(folder: Path, sample: str, real: str, *options: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_sample.py").write_text(f"{sample}\ndef test_passes():\n    pass\n")
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "tests.plugins.no_skip",
            "-p",
            "no:cacheprovider",
            *options,
            ".",
        ],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "QUANTOS_CI_REAL": real},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_skip_fails_the_run_with_its_reason(tmp_path: Path, kind: str) -> None:
    run = run_sample(tmp_path, SAMPLES[kind], "1")
    assert run.returncode != 0
    assert "QUANTOS_CI_REAL=1 allows no skip" in run.stdout
    assert "no data here" in run.stdout


def test_a_skip_in_a_parallel_run_fails_it_too(tmp_path: Path) -> None:
    run = run_sample(tmp_path, SAMPLES["a test"], "1", "-n", "1")
    assert run.returncode == 1
    assert "1 failed, 1 passed" in run.stdout


def test_without_the_setting_a_skip_is_a_skip(tmp_path: Path) -> None:
    run = run_sample(tmp_path, SAMPLES["a test"], "")
    assert run.returncode == 0
    assert "1 passed, 1 skipped" in run.stdout


def test_an_expected_failure_is_no_skip(tmp_path: Path) -> None:
    run = run_sample(tmp_path, EXPECTED_FAILURE, "1")
    assert run.returncode == 0, run.stdout
