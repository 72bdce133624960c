"""A disk that is full: a clear message, nothing lost, nothing half stored.

The disk is real enough: a limit on the size of files makes the kernel refuse the write in the middle.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]

RECORDS = """
import resource, sys, signal
from pathlib import Path
from sqlalchemy import text
from quantos.errors import QuantosError
from quantos.storage.migrate import upgrade
from quantos.storage.records import Records
import quantos.app
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
records = Records(Path(sys.argv[1]))
upgrade(records)
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, resource.RLIM_INFINITY))
stored = 0
try:
    while True:
        with records.write() as session:
            session.execute(text("INSERT INTO platform_state VALUES (:k, :v)"), {"k": f"k{stored}", "v": "x" * 50_000})
        stored += 1
except QuantosError as error:
    print(error.message)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
with records.write() as session:
    session.execute(text("INSERT INTO platform_state VALUES ('after', 'x')"))
with records.read() as session:
    print(stored, session.scalar(text("SELECT count(*) FROM platform_state")))
"""

SERIES = """
import resource, sys, signal
from pathlib import Path
from quantos.errors import QuantosError
from quantos.storage.series import Series
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
series = Series(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, resource.RLIM_INFINITY))
try:
    for day in range(1000):
        with series.write() as cursor:
            cursor.execute("INSERT INTO position SELECT hash(i) % 1000, DATE '2024-01-02' + ?::INT, hash(i * 7) % 5000,"
                           " hash(i * 13) % 100000 FROM range(20000) t(i)", [day])
except QuantosError as error:
    print(error.message)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
with series.write() as cursor:
    cursor.execute("INSERT INTO unknown_symbol VALUES (-1, 'afterwards')")
series.close()
series = Series(Path(sys.argv[1]))
with series.read() as cursor:
    print(day, cursor.execute("SELECT count(*) / 20000, count(DISTINCT trade_date) FROM position").fetchone())
    print(cursor.execute("SELECT count(*) FROM unknown_symbol").fetchone())
"""


def run(script: str, file: Path) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", script, str(file)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_records_on_a_full_disk_keep_what_was_acknowledged_and_go_on_afterwards(tmp_path: Path) -> None:
    message, counts = run(RECORDS, tmp_path / "records.db")
    assert "nothing was stored" in message or "quantos doctor" in message
    stored, found = map(int, counts.split())
    assert stored > 3
    assert found == stored + 1


def test_series_on_a_full_disk_keep_whole_days_alone_and_go_on_afterwards(tmp_path: Path) -> None:
    message, counts, after = run(SERIES, tmp_path / "series.duckdb")
    assert "nothing was stored" in message
    day, found = counts.split(" ", 1)
    assert int(day) > 0
    assert found == f"({float(day)}, {day})"
    assert after == "(1,)"
