"""The dated rule table: what held on which board, from when to when, and who says so.

A row answers one rule for one board over [start, end): `start` is the first day it holds, `end` the first
day it no longer does (None: still in force). Rows of one rule and board never overlap. The table answers for
every date from COVERED_FROM on and for every board from its opening on (ChiNext 2009-10-30, STAR 2019-07-22,
BSE 2021-11-15); where a row starts earlier, that is the rule's own start date.

    rule                      unit           meaning
    lot_step                  shares         order quantities move in steps of this
    lot_minimum               shares         smallest order that does not close the position
    tick                      mills          smallest price step
    limit_up, limit_down      ppm            ordinary price limit, of the reference price
    limit_up_st, _down_st     ppm            the same for a share under risk warning (ST, *ST)
    limit_wide_fund           ppm            both sides, funds on the list that track ChiNext or STAR
    listing_free_sessions     sessions       sessions without any limit, counted from the list date
    listing_first_day_up,     ppm            limit of the first session where it is not free, of the issue
    listing_first_day_down                   price; no row where the first session is free or ordinary
    stamp_duty_sell           1e-8           of the notional, sales only
    transfer_fee              1e-8           of the notional, both sides
    t_plus_1                  sessions       a purchase can be sold after this many sessions

The three listing rules are selected by the LIST DATE, all others by the trade date.

`confirmed` is True where the issuer's own words were read: the exchange, the ministry or the depository, at
the address given or quoted verbatim with that address. Most of those quotations were read in the public
compilation marina-rules 2026.10.26.5 (its data are CC0), which keeps a hash of each page. `confirmed` False
means that the value rests on secondary texts, or on the specification alone where the texts differ from it;
`note` says which and what is missing.

Not in the table: the delisting period, convertible bonds, B shares, REITs (first day 30 %, then 10 %),
closed-end funds (first day free), maximum order sizes, price cages, and the funds that may be sold on the
day they were bought.
"""

from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from quantos.market.core.symbols import Board
from quantos.settlement.core import rules_texts as texts

COVERED_FROM: Final = date(2010, 1, 1)


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: `rule` on `board` is `value` (in `unit`) from `start` up to, not including, `end`."""

    rule: str
    board: Board
    start: date
    end: date | None
    value: int
    unit: str
    source: str
    confirmed: bool
    note: str = ""

    def __post_init__(self) -> None:
        if self.end is not None and self.end <= self.start:
            raise ValueError(f"{self.rule} on {self.board.name}: ends {self.end}, starts {self.start}")

    def holds(self, on: date) -> bool:
        """Whether the row is in force on the day."""
        return self.start <= on and (self.end is None or on < self.end)


# Days on which something changed.
_LIMITS = date(1996, 12, 16)
_ST = date(1998, 4, 22)
_RULES_2006 = date(2006, 7, 1)
_STAMP_DUTY_SELLER_ONLY = date(2008, 9, 19)
_CHINEXT_OPENS = date(2009, 10, 30)
_FIRST_DAY_BAND = date(2014, 6, 13)
_TRANSFER_FEE_UNIFIED = date(2015, 8, 1)
_STAR_OPENS = date(2019, 7, 22)
_CHINEXT_REFORM = date(2020, 8, 24)
_BSE_OPENS = date(2021, 11, 15)
_TRANSFER_FEE_HALVED = date(2022, 4, 29)
_MAIN_REFORM = date(2023, 4, 10)
_STAMP_DUTY_HALVED = date(2023, 8, 28)
_ST_MAIN_WIDENED = date(2026, 7, 6)

_UNITS: Final[dict[str, str]] = {
    "lot_step": "shares",
    "lot_minimum": "shares",
    "tick": "mills",
    "limit_up": "ppm",
    "limit_down": "ppm",
    "limit_up_st": "ppm",
    "limit_down_st": "ppm",
    "limit_wide_fund": "ppm",
    "listing_free_sessions": "sessions",
    "listing_first_day_up": "ppm",
    "listing_first_day_down": "ppm",
    "stamp_duty_sell": "1e-8",
    "transfer_fee": "1e-8",
    "t_plus_1": "sessions",
}


def _row(
    rule: str,
    board: Board,
    span: tuple[date, date | None],
    value: int,
    source: str,
    confirmed: bool,
    note: str = "",
) -> Rule:
    return Rule(rule, board, span[0], span[1], value, _UNITS[rule], source, confirmed, note)


_LOTS_SSE_SZSE = f"{texts.SSE_2023} and {texts.SZSE_2023}, both art. 3.3.8"
_LOTS_NOTE = "read in the 2023 revisions, said to be unchanged in 2026; earlier wordings were not read"
_STAR_LOTS = "SSE STAR Special Trading Rules (2019); Trading Rules (2023) art. 6.1.7, (2026) art. 6.7"
_STAR_LOTS_NOTE = "articles named, their text not read; at least 200, then single shares, is secondary"
_BSE_LOTS_NOTE = "read only in press summaries of these rules: at least 100, then single shares"

_LOTS = tuple(
    _row(rule, board, (start, None), value, source, confirmed, note)
    for board, start, step, minimum, source, confirmed, note in (
        (Board.MAIN, _RULES_2006, 100, 100, _LOTS_SSE_SZSE, True, _LOTS_NOTE),
        (Board.CHINEXT, _CHINEXT_OPENS, 100, 100, texts.SZSE_2023, True, _LOTS_NOTE),
        (Board.STAR, _STAR_OPENS, 1, 200, _STAR_LOTS, False, _STAR_LOTS_NOTE),
        (Board.BSE, _BSE_OPENS, 1, 100, texts.BSE_2021, False, _BSE_LOTS_NOTE),
        (Board.FUND, _RULES_2006, 100, 100, _LOTS_SSE_SZSE, True, _LOTS_NOTE),
    )
    for rule, value in (("lot_step", step), ("lot_minimum", minimum))
)

_TICKS_2006 = f"{texts.SSE_2006} art. 3.4.11 and {texts.SZSE_2006} art. 3.3.12"

_TICKS = (
    _row("tick", Board.MAIN, (_RULES_2006, None), 10, _TICKS_2006, True),
    _row("tick", Board.CHINEXT, (_CHINEXT_OPENS, None), 10, texts.SZSE_2006, True, "A shares, art. 3.3.12"),
    _row("tick", Board.STAR, (_STAR_OPENS, None), 10, texts.SSE_2023, True, "A shares"),
    _row("tick", Board.BSE, (_BSE_OPENS, None), 10, texts.BSE_2021, False, "the article was not read"),
    _row("tick", Board.FUND, (_RULES_2006, None), 1, _TICKS_2006, True),
)

_ST_START_NOTE = "SSE says 1998-04-22, SZSE 1998-04-27"
_CHINEXT_ST_NOTE = (
    "the specification narrows the limit of main-board ST shares only; a secondary reading of the SZSE rules "
    "puts ChiNext ST shares at 5 % too until the reform, and no official wording was read"
)
_WIDE_NOTE = "SZSE funds from this day; SSE funds from 2020-08-21, before the first STAR fund was listed"

_TEN_SINCE_1996 = f"{texts.SZSE_HISTORY}; {texts.SSE_2026} art. 3.3.13"
_BSE_THIRTY = f"{texts.BSE_2021} art. 3.3.11; {texts.BSE_QA}"
_ST_FIVE = f"{texts.SZSE_HISTORY}; {texts.SSE_1998}"
_ST_TEN = f"{texts.SSE_2026_RELEASE}; {texts.SZSE_2026}"
_ONE_LIMIT = "one limit for every share of the board"
_WIDE_SOURCE = f"{texts.SZSE_CHINEXT_2020}; {texts.SSE_WIDE_FUNDS}"

_UPPER_LIMITS = (
    _row("limit_up", Board.MAIN, (_LIMITS, None), 100_000, _TEN_SINCE_1996, True),
    _row(
        "limit_up", Board.CHINEXT, (_CHINEXT_OPENS, _CHINEXT_REFORM), 100_000, texts.SZSE_CHINEXT_2009, True
    ),
    _row("limit_up", Board.CHINEXT, (_CHINEXT_REFORM, None), 200_000, texts.SZSE_CHINEXT_2020, True),
    _row("limit_up", Board.STAR, (_STAR_OPENS, None), 200_000, texts.SSE_STAR_2019, True),
    _row("limit_up", Board.BSE, (_BSE_OPENS, None), 300_000, _BSE_THIRTY, True),
    _row("limit_up", Board.FUND, (_LIMITS, None), 100_000, _TEN_SINCE_1996, True),
    _row("limit_up_st", Board.MAIN, (_ST, _ST_MAIN_WIDENED), 50_000, _ST_FIVE, True, _ST_START_NOTE),
    _row("limit_up_st", Board.MAIN, (_ST_MAIN_WIDENED, None), 100_000, _ST_TEN, True),
    _row(
        "limit_up_st",
        Board.CHINEXT,
        (_CHINEXT_OPENS, _CHINEXT_REFORM),
        100_000,
        texts.SPEC,
        False,
        _CHINEXT_ST_NOTE,
    ),
    _row("limit_up_st", Board.CHINEXT, (_CHINEXT_REFORM, None), 200_000, texts.SZSE_CHINEXT_ST, True),
    _row("limit_up_st", Board.STAR, (_STAR_OPENS, None), 200_000, texts.SSE_STAR_2019, True, _ONE_LIMIT),
    _row("limit_up_st", Board.BSE, (_BSE_OPENS, None), 300_000, texts.BSE_2021, True, _ONE_LIMIT),
)

_PRICE_LIMITS = (
    *_UPPER_LIMITS,
    *(replace(upper, rule=upper.rule.replace("_up", "_down")) for upper in _UPPER_LIMITS),
    _row(
        "limit_wide_fund",
        Board.FUND,
        (_LIMITS, _CHINEXT_REFORM),
        100_000,
        _TEN_SINCE_1996,
        True,
        "as any fund",
    ),
    _row("limit_wide_fund", Board.FUND, (_CHINEXT_REFORM, None), 200_000, _WIDE_SOURCE, True, _WIDE_NOTE),
)

_MAIN_EARLY_NOTE = (
    "the specification decides; by the exchanges' texts the first day had no daily limit before 2013-12-13 "
    "(SSE, 上证发[2013]47号) and 2014-06-13 (SZSE, 深证会[2014]54号)"
)
_FIRST_DAY_SOURCE = f"{texts.SSE_FIRST_DAY_2013}; {texts.SZSE_FIRST_DAY_2014}"
_FIRST_DAY_NOTE = "64 % to 144 % of the issue price"
_FREE_MAIN_SOURCE = f"{texts.SSE_2023}; {texts.SZSE_MAIN_2023}"
_BSE_FREE_NOTE = (
    "public offerings; companies moved over from the NEEQ Select tier had 30 % on 2021-11-15 already and "
    "need their NEEQ list date"
)
_FUND_FREE_NOTE = "ETF and LOF are not among the exceptions of art. 3.4.13; closed-end funds are"

_LISTING = (
    _row(
        "listing_free_sessions",
        Board.MAIN,
        (_LIMITS, _FIRST_DAY_BAND),
        0,
        texts.SPEC,
        False,
        _MAIN_EARLY_NOTE,
    ),
    _row("listing_free_sessions", Board.MAIN, (_FIRST_DAY_BAND, _MAIN_REFORM), 0, _FIRST_DAY_SOURCE, True),
    _row("listing_free_sessions", Board.MAIN, (_MAIN_REFORM, None), 5, _FREE_MAIN_SOURCE, True),
    _row(
        "listing_free_sessions",
        Board.CHINEXT,
        (_CHINEXT_OPENS, _FIRST_DAY_BAND),
        1,
        f"{texts.SZSE_CHINEXT_2009}; {texts.SZSE_HISTORY}",
        True,
        "halts only; from 2013-12-13 also a range for the opening auction",
    ),
    _row(
        "listing_free_sessions",
        Board.CHINEXT,
        (_FIRST_DAY_BAND, _CHINEXT_REFORM),
        0,
        texts.SZSE_FIRST_DAY_2014,
        True,
    ),
    _row("listing_free_sessions", Board.CHINEXT, (_CHINEXT_REFORM, None), 5, texts.SZSE_CHINEXT_2020, True),
    _row("listing_free_sessions", Board.STAR, (_STAR_OPENS, None), 5, texts.SSE_STAR_2019, True),
    _row("listing_free_sessions", Board.BSE, (_BSE_OPENS, None), 1, texts.BSE_QA, True, _BSE_FREE_NOTE),
    _row("listing_free_sessions", Board.FUND, (_LIMITS, None), 0, texts.SSE_2012, True, _FUND_FREE_NOTE),
    _row(
        "listing_first_day_up",
        Board.MAIN,
        (_LIMITS, _FIRST_DAY_BAND),
        440_000,
        texts.SPEC,
        False,
        _MAIN_EARLY_NOTE,
    ),
    _row(
        "listing_first_day_down",
        Board.MAIN,
        (_LIMITS, _FIRST_DAY_BAND),
        360_000,
        texts.SPEC,
        False,
        _MAIN_EARLY_NOTE,
    ),
    *(
        _row(rule, board, (_FIRST_DAY_BAND, end), value, source, True, _FIRST_DAY_NOTE)
        for board, end, source in (
            (Board.MAIN, _MAIN_REFORM, _FIRST_DAY_SOURCE),
            (Board.CHINEXT, _CHINEXT_REFORM, texts.SZSE_FIRST_DAY_2014),
        )
        for rule, value in (("listing_first_day_up", 440_000), ("listing_first_day_down", 360_000))
    ),
)

_HALVED_NOTE = "the notice says halved; the rate follows"
_BSE_DUTY_NOTE = (
    "no text that names Beijing shares was read; the notice of 2023 halves the duty on all securities trading"
)
_FUND_DUTY_NOTE = "the duty is on documents that transfer A and B shares; funds are not among them"
_FEE_EARLY_NOTE = (
    "the specification decides; by China Clear's text SSE took 0.03 % of the par value and SZSE 0.00255 % "
    "of the notional before 2015-08-01"
)
_FUND_FEE_NOTE = "brokers' schedules show none under China Clear's rules; its own text on funds was not read"

_FEES = (
    *(
        row
        for board, start in (
            (Board.MAIN, _STAMP_DUTY_SELLER_ONLY),
            (Board.CHINEXT, _CHINEXT_OPENS),
            (Board.STAR, _STAR_OPENS),
        )
        for row in (
            _row("stamp_duty_sell", board, (start, _STAMP_DUTY_HALVED), 100_000, texts.MOF_2008, True),
            _row(
                "stamp_duty_sell",
                board,
                (_STAMP_DUTY_HALVED, None),
                50_000,
                texts.MOF_2023,
                True,
                _HALVED_NOTE,
            ),
        )
    ),
    _row(
        "stamp_duty_sell",
        Board.BSE,
        (_BSE_OPENS, _STAMP_DUTY_HALVED),
        100_000,
        texts.MOF_2008,
        False,
        _BSE_DUTY_NOTE,
    ),
    _row(
        "stamp_duty_sell",
        Board.BSE,
        (_STAMP_DUTY_HALVED, None),
        50_000,
        texts.MOF_2023,
        False,
        _BSE_DUTY_NOTE,
    ),
    _row(
        "stamp_duty_sell",
        Board.FUND,
        (_STAMP_DUTY_SELLER_ONLY, None),
        0,
        texts.MOF_2008,
        True,
        _FUND_DUTY_NOTE,
    ),
    _row(
        "transfer_fee",
        Board.MAIN,
        (COVERED_FROM, _TRANSFER_FEE_UNIFIED),
        2_000,
        texts.SPEC,
        False,
        _FEE_EARLY_NOTE,
    ),
    _row(
        "transfer_fee",
        Board.CHINEXT,
        (_CHINEXT_OPENS, _TRANSFER_FEE_UNIFIED),
        2_000,
        texts.SPEC,
        False,
        _FEE_EARLY_NOTE,
    ),
    *(
        _row("transfer_fee", board, (start, _TRANSFER_FEE_HALVED), 2_000, texts.CHINACLEAR_2015, True)
        for board, start in (
            (Board.MAIN, _TRANSFER_FEE_UNIFIED),
            (Board.CHINEXT, _TRANSFER_FEE_UNIFIED),
            (Board.STAR, _STAR_OPENS),
        )
    ),
    _row("transfer_fee", Board.BSE, (_BSE_OPENS, _TRANSFER_FEE_HALVED), 2_500, texts.CHINACLEAR_2022, True),
    *(
        _row("transfer_fee", board, (_TRANSFER_FEE_HALVED, None), 1_000, texts.CHINACLEAR_2022, True)
        for board in (Board.MAIN, Board.CHINEXT, Board.STAR, Board.BSE)
    ),
    _row("transfer_fee", Board.FUND, (COVERED_FROM, None), 0, texts.SPEC, False, _FUND_FEE_NOTE),
)

_T1_2006 = f"{texts.SSE_2006} and {texts.SZSE_2006}, both art. 3.1.4 and 3.1.5"
_T1_FUND_NOTE = "share funds; bond, money, gold, commodity and many cross-border funds are exempt"

_HOLDING = (
    _row("t_plus_1", Board.MAIN, (_RULES_2006, None), 1, _T1_2006, True),
    _row("t_plus_1", Board.CHINEXT, (_CHINEXT_OPENS, None), 1, texts.SZSE_2006, True),
    _row("t_plus_1", Board.STAR, (_STAR_OPENS, None), 1, texts.SSE_2023, True),
    _row("t_plus_1", Board.BSE, (_BSE_OPENS, None), 1, texts.BSE_2021, False, "the article was not read"),
    _row("t_plus_1", Board.FUND, (_RULES_2006, None), 1, _T1_2006, True, _T1_FUND_NOTE),
)

RULES: Final[tuple[Rule, ...]] = (*_LOTS, *_TICKS, *_PRICE_LIMITS, *_LISTING, *_FEES, *_HOLDING)
