"""What a file or a person says is shown as text: it colours, moves and hides nothing."""

from __future__ import annotations

from pathlib import Path

from tests.feature.cli.conftest import Run

HEADER = "date,\x1b[31mRED\x1b]0;title\x07,x\n1,2,3\n"


def test_a_refusal_that_quotes_a_file_brings_no_control_sequence_to_the_screen(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / "odd.csv").write_text(HEADER)
    ended = run("market", "import", tmp_path / "odd.csv", data_dir=tmp_path / "data")
    assert ended.code == 1
    assert "RED" in ended.err
    assert ended.err.replace("\n", "").isprintable()


def test_a_table_that_quotes_a_file_neither(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "odd\x1b[2J.csv").write_text(HEADER)
    (folder / "bars.csv").write_text(
        "symbol,date,open,high,low,close,volume,pre_close\n600519.SH,2024-01-02,1,1,1,1,1,1\n"
    )
    ended = run("market", "import", folder, data_dir=tmp_path / "data")
    assert ended.code == 0
    assert "RED" in ended.out
    assert "\x1b" not in ended.out


def test_a_file_in_another_encoding_is_told_how_to_become_utf_8(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bars.csv").write_bytes("日期,开盘,收盘\n2024-01-02,1,1\n".encode("gb18030"))
    ended = run("market", "import", tmp_path / "bars.csv", data_dir=tmp_path / "data")
    assert ended.code == 1
    assert "iconv -f GB18030 -t UTF-8" in ended.err
