"""Strategies in code: judged, run on the platform's bars, shown and explained."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from quantos.market.service import Market
from quantos.research.backtests import Backtests
from quantos.research.bars import Bars
from quantos.research.core import account, explain, plot, policy
from quantos.research.core.account import Ran
from quantos.research.core.blueprint import read_blueprint
from quantos.research.core.compiler import compile_blueprint
from quantos.research.core.feed import Feed
from quantos.research.core.outcome import told
from quantos.research.core.wording import Language, prompt
from quantos.research.deployments import Deployments
from quantos.research.model import LanguageModel, ModelFailed
from quantos.research.refusals import BacktestFailed, PromptEmpty
from quantos.research.sandbox import RunLimits, Sandbox
from quantos.research.saved import Saved, owned
from quantos.research.studies import Studies

__all__ = [
    "Backtests",
    "Deployments",
    "LanguageModel",
    "Research",
    "RunLimits",
    "Sandbox",
    "Saved",
    "Studies",
    "owned",
]

START_CASH: Final = 100_000.0


class Research:
    """What people do with a strategy before it is tracked."""

    def __init__(
        self,
        market: Market,
        backtests: Backtests,
        saved: Saved,
        studies: Studies,
        deployments: Deployments,
        model: LanguageModel | None = None,
        language: Language = "en",
    ) -> None:
        """`language`: of explanations and figures. Without a model, or where it fails, code is written by keywords."""
        self._model = model
        self.saved, self.studies, self.deployments = saved, studies, deployments
        self._bars, self._backtests, self._language = Bars(market), backtests, language

    def close(self) -> None:
        """End the program that runs strategies."""
        self.studies.stop()
        self._backtests.close()

    async def backtest(self, code: str, ticker: str) -> dict[str, Any]:
        """COP-20. Raises StrategyCodeRefused, UnknownTicker, BacktestFailed, BacktestsFull, BacktestsUnavailable."""
        _, ran = await self.ran(code, ticker)
        return {"start_value": ran.cash, "end_value": ran.value, "pnl": ran.value - ran.cash}

    async def ran(self, code: str, ticker: str) -> tuple[Feed, Ran]:
        """One backtest over all bars of a ticker, without costs, from 100,000 CNY. Raises as `backtest`."""
        policy.admit(code)
        feed = self._bars.of(ticker, date.min, date.max)
        answer = await self._backtests.run({"code": code, "cash": START_CASH, "feeds": [feed.message()]})
        if "error" in answer:
            raise BacktestFailed(told(answer["error"]))
        return feed, account.settle(START_CASH, [feed], answer)

    async def plot(self, code: str, ticker: str) -> dict[str, Any]:
        """COP-24. Raises as `backtest`."""
        feed, ran = await self.ran(code, ticker)
        return plot.figure(feed, ran, self._language)

    def explain(self, code: str) -> dict[str, Any]:
        """COP-25. Raises StrategyCodeRefused."""
        return {"explanation": explain.explain(policy.admit(code), self._language)}

    async def generate(self, user_prompt: str) -> dict[str, Any]:
        """COP-08. Raises PromptEmpty."""
        if not user_prompt.strip():
            raise PromptEmpty("user_prompt: say what the strategy is to do")
        failed = ""
        if self._model is not None:
            try:
                return {"generated_code": await self._model.code(user_prompt)}
            except ModelFailed as reason:
                failed = f"# Written by keywords, not by the language model: {reason.message}\n"
        from quantos.research.core.prompting import read_prompt, written  # noqa: PLC0415 - its many patterns are not for the start

        return {"generated_code": failed + written(read_prompt(user_prompt))}

    def translate(self, body: Any) -> dict[str, Any]:
        """COP-10. Raises BlueprintInvalid."""
        blueprint = read_blueprint(body)
        return {"prompt": prompt(blueprint), "generated_code": compile_blueprint(blueprint)}
