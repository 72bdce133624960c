"""What `quantos market` shows to people: the report of an import, and what is stored."""

from collections.abc import Sequence
from typing import Any, Final

from quantos.cli.layout import GAP, cells, listed, padded, parted, screen_width
from quantos.cli.output import in_shanghai, print_line, print_table, print_text, shown
from quantos.cli.texts import CHINESE, language, refused, say, word
from quantos.cli.texts.market import REASONS

DAYS_NAMED: Final = 5
EXAMPLES: Final = 3
LOADS: Final = 10
FILE_MIN: Final = 16
ONLY_WHERE_THERE_ARE_ANY: Final = ("unchanged", "changed", "held_back", "quarantined")


def print_report(answer: dict[str, Any]) -> None:
    """An import's report: the files with their counts, what was odd about each, what was not taken, the sum."""
    taken = [file for file in answer["files"] if not (file["refused"] or file["ignored"])]
    counts = [
        {**file, "quarantined": sum(file["quarantined"].values()), "held_back": _held_back(file)}
        for file in taken
    ]
    numbers = ["rows", "stored", *(n for n in ONLY_WHERE_THERE_ARE_ANY if any(file[n] for file in counts))]
    columns = _columns("file", "kind", *(f"{name}>" for name in numbers))
    rows = [(file["source"], kind_of(file["kind"]), *(file[name] for name in numbers)) for file in counts]
    print_table(columns, _fitted(columns, rows))
    for file in taken:
        _print_remarks(file)
    left = [
        (parted(file["source"], screen_width() // 2), refused(file["refused"] or file["ignored"]))
        for file in answer["files"]
        if file not in taken
    ]
    if left:
        print_line("")
        print_table(_columns("file", "why"), left)
    print_line("")
    print_text(
        say("market.total", rows=f"{answer['rows']:,}", seconds=answer["elapsed_s"], parts=_sum_of(answer))
    )
    if answer["quarantined"]:
        print_text(say("market.quarantine.where"))


def _sum_of(answer: dict[str, Any]) -> str:
    """What became of all the rows; what was written or left stands there also where it is nothing."""
    counts = {
        "stored": answer["stored"],
        "changed": answer["changed"],
        "unchanged": answer["unchanged"],
        "settled": sum(map(_held_back, answer["files"])),
        "refused": sum(answer["quarantined"].values()),
    }
    named = [name for name, count in counts.items() if count or name in {"stored", "unchanged"}]
    return say("comma").join(say(f"market.sum.{name}", count=f"{counts[name]:,}") for name in named)


def _held_back(file: dict[str, Any]) -> int:
    """Rows of days that are settled already, which an import does not touch."""
    return int(file["settled"]["rows"]) if file["settled"] else 0


def print_coverage(answer: dict[str, Any]) -> None:
    """What is stored, one table a subject; subjects without anything are left out."""
    _print_heading(answer)
    counts = ("instruments", "with_bars", "bars", "first", "last")
    _titled(
        "boards",
        ("board", "instruments>", "with_bars>", "bars>", "first", "last"),
        [(word("market.board", row["board"]), *(row[name] for name in counts)) for row in answer["boards"]],
    )
    benchmarks = {universe: span for universe, span in answer["benchmarks"].items() if span}
    if answer["bars"] or answer["indices"]:
        _titled(
            "benchmarks",
            ("universe", "series", "days>", "first", "last"),
            [_benchmark(universe, span) for universe, span in answer["benchmarks"].items()],
        )
    used = {span["series"] for span in benchmarks.values()}
    _titled(
        "indices",
        ("symbol", "rows>", "first", "last"),
        [
            (row["symbol"], row["rows"], row["first"], row["last"])
            for row in answer["indices"]
            if row["symbol"] not in used
        ],
    )
    lists = ("index_symbol", "source", "symbols", "first", "last")
    _titled(
        "constituents",
        ("index", "source", "symbols>", "first", "last"),
        [tuple(row[name] for name in lists) for row in answer["constituents"]],
    )
    for subject in ("quarantine", "findings"):
        rows = [(count, meaning(reason)) for reason, count in answer[subject].items()]
        _titled(subject, ("rows>", "meaning"), rows)
    accepted = [(row["date"], row["reason"], row["by"]) for row in answer["accepted"]]
    _titled("accepted", ("day", "reason", "by"), accepted)
    _titled(
        "loads",
        ("file", "kind", "rows>", "stored>", "at"),
        [
            (
                row["source"],
                kind_of(row["kind"]),
                row["rows"],
                row["stored"],
                in_shanghai(row["loaded_at"])[:16],
            )
            for row in answer["loads"][:LOADS]
        ],
    )


def meaning(reason: str) -> str:
    """Why a row was refused, or what was found in it, as a sentence."""
    from quantos.market.core.reasons import SENTENCES  # noqa: PLC0415 - --help needs no market

    if language() == CHINESE:
        return REASONS.get(reason, reason)
    return {str(code): sentence for code, sentence in SENTENCES.items()}.get(reason, reason)


def _print_heading(answer: dict[str, Any]) -> None:
    if answer["bars"]:
        print_text(say("market.synthetic" if answer["synthetic"] else "market.real"))
        print_text(
            say(
                "market.bars",
                bars=f"{answer['bars']:,}",
                with_bars=f"{sum(row['with_bars'] for row in answer['boards']):,}",
                instruments=f"{answer['instruments']:,}",
                first=answer["first_date"],
                last=answer["last_date"],
                actions=f"{answer['corporate_actions']:,}",
            )
        )
    else:
        print_text(say("market.empty"))
    print_calendar(answer["calendar"])


def print_calendar(status: dict[str, Any]) -> None:
    """How far the trading calendar is known, and that the next list is due where it is."""
    sessions = f"{status['sessions']:,}"
    print_text(say("market.calendar", first=status["first"], last=status["last"], sessions=sessions))
    if status["ends_soon"]:
        left = status["days_left"]
        print_text(
            say("market.calendar.ends" if left >= 0 else "market.calendar.over", days=f"{abs(left):,}")
        )


def _print_remarks(file: dict[str, Any]) -> None:
    """What was refused of a file, what was found in what was kept, what would have changed settled days."""
    remarks = [
        ("market.refused", count, _with_examples(reason, file["refused_rows"].get(reason, ())))
        for reason, count in file["quarantined"].items()
    ]
    for kind, found in file["findings"].items():
        remarks.append(("market.found", found["count"], _with_examples(kind, found["examples"])))
    if settled := file["settled"]:
        named = ", ".join(settled["days"][:DAYS_NAMED]) + (", …" if settled["day_count"] > DAYS_NAMED else "")
        detail = say("market.settled.detail", days=f"{settled['day_count']:,}", named=named)
        remarks.append(("market.settled", settled["rows"], detail))
    if not remarks:
        return
    print_line(f"\n{file['source']}")
    digits = max(len(f"{count:,}") for _, count, _ in remarks)
    rows = [(f"{padded(say(key), 8)} {count:>{digits},}", text) for key, count, text in remarks]
    for line in listed(rows, screen_width()):
        print_line(line)


def _with_examples(reason: str, examples: Sequence[str]) -> str:
    told = "; ".join(examples[:EXAMPLES])
    return meaning(reason) + (f" ({told})" if told else "")


def _benchmark(universe: str, span: dict[str, Any] | None) -> tuple[Any, ...]:
    if span is None:
        return (universe, say("market.none"), None, None, None)
    series = say("market.computed") if span["computed"] else span["series"]
    return (universe, series, span["days"], span["first"], span["last"])


def _titled(subject: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    if rows:
        print_line("")
        print_text(say(f"market.title.{subject}"))
        named = _columns(*columns)
        print_table(named, _fitted(named, rows) if columns[0] == "file" else rows)


def _fitted(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[Sequence[Any]]:
    """The rows with the name of a file, which stands first, parted into what the other columns leave of the screen."""
    others = [
        [column.removesuffix(">"), *map(shown, values)]
        for column, *values in zip(columns, *rows, strict=True)
    ]
    left = screen_width() - sum(GAP + max(map(cells, texts)) for texts in others[1:])
    return [(parted(row[0], max(left, FILE_MIN)), *row[1:]) for row in rows]


def _columns(*names: str) -> list[str]:
    return [say(f"market.col.{name.rstrip('>')}") + (">" if name.endswith(">") else "") for name in names]


def kind_of(kind: str) -> str:
    """`bars (baostock)`: what it is, and whose form it had."""
    name, _, provider = kind.partition(" ")
    return f"{word('market.kind', name)} {provider}".strip()
