"""Why a signal is what it is: made again from what decided it, and shown name by name."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import numpy as np
import orjson
from sqlmodel import Session

from quantos.accounts.service import Caller
from quantos.factors.service import Factors
from quantos.kit.money import MILLS_PER_CNY, cny
from quantos.market.core.boards import boards_of
from quantos.market.service import Market
from quantos.portfolios import store
from quantos.portfolios.core.combining import Combination, combine
from quantos.portfolios.core.days import Outcome
from quantos.portfolios.core.lots import lot_costs, too_dear
from quantos.portfolios.core.recipe import Recipe
from quantos.portfolios.owned import number_of, own
from quantos.portfolios.refusals import PortfolioDayWithoutSignal
from quantos.portfolios.tables import PortfolioDay
from quantos.settlement.core.rules import day_rules
from quantos.settlement.service import Settlement
from quantos.storage.records import Records
from quantos.strategies.service import Strategies

BELOW: Final = 10
"""Names shown that just missed the selection."""


class Explaining:
    """Explains signals."""

    def __init__(
        self,
        records: Records,
        market: Market,
        factors: Factors,
        strategies: Strategies,
        settlement: Settlement,
    ) -> None:
        self._records, self._market, self._factors = records, market, factors
        self._strategies, self._settlement = strategies, settlement

    def explain(self, caller: Caller, portfolio_id: str, trade_date: date) -> dict[str, Any]:
        """As in `Explanation`. Raises PortfolioNotFound, PortfolioDayWithoutSignal."""
        with self._records.read() as session:
            portfolio = own(session, caller, portfolio_id)
            day = store.day_of(session, number_of(portfolio), trade_date)
            number, kept = self._kept(session, portfolio.strategy_number, trade_date, day)
            recipe = Recipe.of_dict(orjson.loads(kept.recipe or ""))
            (strategy,) = self._strategies.by_numbers(session, [number])
            universe = None if kept.members is None else store.universe_symbols(session, kept.members)
        symbols, panel = self._factors.panel_on([each.number for each in recipe.members], recipe.values_of)
        inside = None if universe is None else np.isin(np.array(symbols, np.str_), universe)
        found = combine(panel, inside, recipe.sign, recipe.weight)
        ranked = [
            _ranked(found, symbols, recipe, rank) for rank in range(len(found.order[: recipe.top_n + BELOW]))
        ]
        chosen, below = ranked[: recipe.top_n], ranked[recipe.top_n :]
        capital = self._capital(number, trade_date, strategy.initial_capital)
        return {
            "trade_date": trade_date,
            "values_of": recipe.values_of,
            "universe": recipe.universe,
            "universe_members": None if universe is None else len(universe),
            "cross_section": int(found.inside.sum()),
            "weighting": recipe.weighting,
            "top_n": recipe.top_n,
            "factors": _factors_of(recipe),
            "selected": [{**each, "weight": 1.0 / recipe.top_n} for each in chosen],
            "below_the_cut": below,
            "capital": cny(capital),
            "too_dear": self._too_dear(
                [each["symbol"] for each in chosen], recipe, trade_date, capital, strategy.slippage_e8
            ),
        }

    def _kept(
        self, session: Session, strategy: int | None, trade_date: date, day: PortfolioDay | None
    ) -> tuple[int, PortfolioDay]:
        """The strategy of a day that has a signal, and what is kept of it."""
        signal = None if strategy is None else self._strategies.signal_on(session, strategy, trade_date)
        if strategy is None or signal is None or day is None or day.outcome != Outcome.SIGNALLED.value:
            why = "" if day is None or day.reason is None else f": {day.reason}"
            raise PortfolioDayWithoutSignal(f"the portfolio has no signal for {trade_date}{why}")
        return strategy, day

    def _capital(self, strategy: int, trade_date: date, initial: int) -> int:
        """Mills: the last NAV before the date."""
        settled = self._settlement.nav_series(strategy)
        before = int(np.searchsorted(settled.trade_dates, np.datetime64(trade_date, "D")))
        return int(settled.nav_mills[before - 1]) if before else initial * MILLS_PER_CNY

    def _too_dear(
        self, symbols: list[str], recipe: Recipe, trade_date: date, capital: int, slippage_e8: int
    ) -> list[dict[str, Any]]:
        """By the close of the day whose values were combined: what was known when the signal was made."""
        (bars,) = self._market.day_bars(recipe.values_of, recipe.values_of)
        number_of = self._market.instruments().number_of
        place = np.array([number_of.get(symbol, -1) for symbol in symbols], np.int64)
        known = (place >= 0) & (place < len(bars.close))
        price = np.where(known, bars.close[np.where(known, place, 0)], 0) if len(bars.close) else 0 * place
        lot = day_rules(trade_date).lot_minimum[boards_of(symbols)]
        cost = lot_costs(lot, price, slippage_e8)
        target = capital // recipe.top_n
        return [
            {
                "symbol": symbols[each],
                "price": cny(int(price[each])),
                "lot": int(lot[each]),
                "lot_cost": cny(int(cost[each])),
                "target": cny(target),
            }
            for each in np.flatnonzero(too_dear(cost, price, target)).tolist()
        ]


def _ranked(found: Combination, symbols: tuple[str, ...], recipe: Recipe, rank: int) -> dict[str, Any]:
    column = int(found.order[rank])
    return {
        "rank": rank + 1,
        "symbol": symbols[column],
        "score": float(found.score[column]),
        "factors": [
            {
                "factor_id": member.id,
                "zscore": float(found.z[row, column]),
                "contribution": float(found.contribution[row, column]),
            }
            for row, member in enumerate(recipe.members)
        ],
    }


def _factors_of(recipe: Recipe) -> list[dict[str, Any]]:
    return [
        {
            "factor_id": member.id,
            "name": member.name,
            "ic_mean": member.ic_mean,
            "ic_ir": member.ic_ir,
            "sign": int(sign),
            "weight": weight,
        }
        for member, sign, weight in zip(
            recipe.members, recipe.sign.tolist(), recipe.weight.tolist(), strict=True
        )
    ]
