"""Runs that users hand in, and the best of them."""

from __future__ import annotations

import csv
import io
from typing import Any, Final

from quantos.accounts.service import Accounts, Caller
from quantos.kit.clock import Clock
from quantos.leaderboard import store
from quantos.leaderboard.core import score
from quantos.leaderboard.core.score import Period
from quantos.leaderboard.schemas import Submission, entry_out
from quantos.leaderboard.tables import LeaderboardEntry
from quantos.research.service import Research, owned
from quantos.storage.records import Records

COLUMNS: Final = ("run_at", "dataset", "ticker", "return_pct", "sharpe", "max_drawdown", "score")


class Leaderboard:
    """Every run on it was run here, on all bars of its ticker."""

    def __init__(self, records: Records, clock: Clock, accounts: Accounts, research: Research) -> None:
        self._records, self._clock, self._accounts, self._research = records, clock, accounts, research

    async def submit(self, caller: Caller, new: Submission) -> dict[str, Any]:
        """COP-28. Raises SavedStrategyNotFound, and as `Research.backtest`."""
        if new.strategy_id is not None:
            self._research.saved.one(caller, new.strategy_id)
        feed, ran = await self._research.ran(new.code, new.ticker)
        found = score.scored(ran.equity, ran.cash)
        entry = LeaderboardEntry(
            user_id=caller.user_id,
            strategy_number=new.strategy_id,
            strategy_name=new.strategy_name,
            dataset=new.dataset,
            ticker=feed.name,
            run_at=self._clock.now(),
            return_pct=found.return_pct,
            sharpe=found.sharpe,
            max_drawdown=found.max_drawdown_pct,
            score=found.score,
        )
        number = await self._records.commit(lambda session: store.add(session, entry))
        metrics = {
            "Sharpe Ratio": found.sharpe,
            "Max Drawdown": found.max_drawdown,
            "Total Return": found.total_return,
        }
        return {"entry_id": number, "metrics": metrics, "score": found.score}

    def top(self, period: Period, dataset: str | None, limit: int) -> dict[str, Any]:
        """COP-30."""
        since = score.since(period, self._clock.now())
        with self._records.read() as session:
            entries = store.top(session, since, dataset, limit)
            users = self._accounts.numbers_and_emails(session, {entry.user_id for entry in entries})
        shown = [entry_out(entry, *users[entry.user_id]) for entry in entries]
        return {"period": period, "dataset": dataset, "top": shown}

    def runs_as_csv(self, caller: Caller, number: int) -> str:
        """COP-27: the runs of one of the caller's strategies. Raises SavedStrategyNotFound."""
        with self._records.read() as session:
            owned(session, caller, number)
            entries = store.of_strategy(session, number)
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(COLUMNS)
        for entry in entries:
            row = {name: getattr(entry, name) for name in COLUMNS}
            writer.writerow(_plain(value) for value in {**row, "run_at": entry.run_at.isoformat()}.values())
        return text.getvalue()


def _plain(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula is one no more."""
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"
    return value
