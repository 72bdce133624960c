"""The series store's schema, as numbered steps that only ever grow.

Each step is applied once, in order, in its own transaction; `schema_version` says how far a file has come.
A file of a newer platform is refused.
"""

from __future__ import annotations

from typing import Final

import duckdb

from quantos.errors import WrongState

MARKET: Final = """
CREATE TABLE instrument (
    number INTEGER PRIMARY KEY,          -- position in every array; never reused
    symbol VARCHAR NOT NULL UNIQUE,
    name VARCHAR,
    board UTINYINT NOT NULL,
    wide_fund BOOLEAN NOT NULL DEFAULT FALSE,
    list_date DATE,
    delist_date DATE                     -- first day without trading
);
CREATE TABLE bar (                       -- raw prices in mills, volume in shares; each load in date order
    instrument INTEGER NOT NULL,
    trade_date DATE NOT NULL,
    open INTEGER NOT NULL, high INTEGER NOT NULL, low INTEGER NOT NULL, close INTEGER NOT NULL,
    pre_close INTEGER,                   -- the exchange's reference price, NULL where unknown
    volume BIGINT NOT NULL,              -- 0: suspended
    amount DOUBLE,                       -- CNY, NULL where unknown
    adj_factor DOUBLE,                   -- cumulative backward factor
    is_st TINYINT,                       -- 1, 0, NULL unknown
    load INTEGER NOT NULL                -- the load that wrote it
);
CREATE TABLE index_bar (                 -- points; benchmarks, never traded
    symbol VARCHAR NOT NULL, trade_date DATE NOT NULL, close DOUBLE NOT NULL, load INTEGER NOT NULL
);
CREATE TABLE constituent (               -- one row per source, list and member
    index_symbol VARCHAR NOT NULL, source VARCHAR NOT NULL,
    start_date DATE NOT NULL,            -- first day of the spell, or the day of the list
    end_date DATE,                       -- last day of the spell; NULL: a list, known on its day
    symbol VARCHAR NOT NULL, load INTEGER NOT NULL
);
CREATE TABLE corporate_action (
    instrument INTEGER NOT NULL, ex_date DATE NOT NULL, bonus_per_million BIGINT NOT NULL,
    cash_mills_per_million BIGINT NOT NULL, into_instrument INTEGER, note VARCHAR, load INTEGER NOT NULL
);
CREATE TABLE quarantine (                -- refused rows, as they came
    load INTEGER NOT NULL, symbol VARCHAR, trade_date DATE, reason VARCHAR NOT NULL, row_json VARCHAR
);
CREATE TABLE finding (                   -- what is odd about rows that were kept
    load INTEGER NOT NULL, kind VARCHAR NOT NULL, symbol VARCHAR, trade_date DATE,
    value DOUBLE, expected DOUBLE, note VARCHAR
);
CREATE TABLE load (
    id INTEGER PRIMARY KEY, source VARCHAR NOT NULL, kind VARCHAR NOT NULL, synthetic BOOLEAN NOT NULL,
    rows BIGINT NOT NULL, stored BIGINT NOT NULL, quarantined BIGINT NOT NULL, changed BIGINT NOT NULL,
    loaded_at TIMESTAMP NOT NULL,        -- UTC
    report_json VARCHAR NOT NULL
);
CREATE TABLE calendar_day (              -- days beyond, or other than, the calendar of the release
    trade_date DATE PRIMARY KEY, is_open BOOLEAN NOT NULL, source VARCHAR NOT NULL
);
CREATE TABLE accepted_day (              -- doubtful days that the operator let settle
    trade_date DATE PRIMARY KEY, reason VARCHAR NOT NULL, by_whom VARCHAR NOT NULL, accepted_at TIMESTAMP NOT NULL
);
"""

SETTLEMENT: Final = """
CREATE TABLE snapshot (                  -- what decided a settled day: one row per day, rules and settings
    id INTEGER PRIMARY KEY, trade_date DATE NOT NULL, sha256 VARCHAR NOT NULL, rules_version VARCHAR NOT NULL,
    minimum_commission BIGINT NOT NULL,  -- mills an order
    accepted_by VARCHAR, accepted_reason VARCHAR
);
CREATE TABLE snapshot_bar (              -- as settled, for ever; prices in mills
    snapshot INTEGER NOT NULL, instrument INTEGER NOT NULL,
    open INTEGER NOT NULL, close INTEGER NOT NULL, reference INTEGER NOT NULL, last_close INTEGER NOT NULL,
    volume BIGINT NOT NULL, upper INTEGER NOT NULL, lower INTEGER NOT NULL,  -- limits; -1: none
    block UTINYINT NOT NULL, event UTINYINT NOT NULL, st_unknown BOOLEAN NOT NULL
);
CREATE TABLE nav (                       -- a strategy-day is settled exactly when its row stands here; mills
    strategy INTEGER NOT NULL, trade_date DATE NOT NULL, nav BIGINT NOT NULL, cash BIGINT NOT NULL,
    turnover BIGINT NOT NULL, fees BIGINT NOT NULL, stale BIGINT NOT NULL,  -- stale: held though delisted
    rebalanced BOOLEAN NOT NULL, snapshot INTEGER NOT NULL, run INTEGER NOT NULL
);
CREATE TABLE trade_order (               -- bought > 0, sold < 0; reason 0: filled whole
    strategy INTEGER NOT NULL, trade_date DATE NOT NULL, instrument INTEGER NOT NULL,  -- < 0: unknown_symbol
    quantity BIGINT NOT NULL, filled BIGINT NOT NULL, price INTEGER NOT NULL,
    commission BIGINT NOT NULL, stamp_duty BIGINT NOT NULL, transfer_fee BIGINT NOT NULL, reason UTINYINT NOT NULL
);
CREATE TABLE position (
    strategy INTEGER NOT NULL, trade_date DATE NOT NULL, instrument INTEGER NOT NULL, shares BIGINT NOT NULL
);
CREATE TABLE position_event (            -- what corporate actions did to a holding
    strategy INTEGER NOT NULL, trade_date DATE NOT NULL, instrument INTEGER NOT NULL,
    kind UTINYINT NOT NULL,              -- 1 corporate-action row, 2 inferred cash, 3 inferred shares
    shares_before BIGINT NOT NULL, shares_after BIGINT NOT NULL, cash BIGINT NOT NULL
);
CREATE TABLE unknown_symbol (            -- named in signals, never in the market; numbered -1, -2, ...
    number INTEGER PRIMARY KEY, symbol VARCHAR NOT NULL UNIQUE
);
CREATE TABLE event (                     -- facts of this store for the event stream
    sequence BIGINT PRIMARY KEY, "at" TIMESTAMP NOT NULL, kind VARCHAR NOT NULL, payload VARCHAR NOT NULL
);
"""

RESTATEMENT: Final = """
CREATE TABLE restatement (               -- settled days that were settled again, in the open
    id INTEGER PRIMARY KEY, from_date DATE NOT NULL, reason VARCHAR NOT NULL, by_whom VARCHAR NOT NULL,
    "at" TIMESTAMP NOT NULL, run INTEGER NOT NULL
);
-- What stood before, for ever. `revision`: 0 as first settled; the rows of `nav` are the last revision, whose
-- number is that of the superseded rows of the same strategy and day. `restatement`: the one that replaced it.
CREATE TABLE nav_superseded AS SELECT 0 AS revision, 0 AS restatement, * FROM nav WHERE FALSE;
CREATE TABLE trade_order_superseded AS SELECT 0 AS revision, 0 AS restatement, * FROM trade_order WHERE FALSE;
CREATE TABLE position_superseded AS SELECT 0 AS revision, 0 AS restatement, * FROM position WHERE FALSE;
CREATE TABLE position_event_superseded AS SELECT 0 AS revision, 0 AS restatement, * FROM position_event WHERE FALSE;
"""

PUBLICATION: Final = """
CREATE TABLE snapshot_action (           -- terms of the corporate-action rows as settled, those of one day summed
    snapshot INTEGER NOT NULL, instrument INTEGER NOT NULL, bonus_per_million BIGINT NOT NULL,
    cash_mills_per_million BIGINT NOT NULL, into_instrument INTEGER NOT NULL  -- -1: none
);
INSERT INTO snapshot_action              -- of the days settled before this table was there
SELECT s.id, a.instrument, sum(a.bonus_per_million), sum(a.cash_mills_per_million), coalesce(max(a.into_instrument), -1)
FROM (SELECT *, coalesce(lag(trade_date) OVER (ORDER BY trade_date), trade_date - 1) AS previous
      FROM (SELECT DISTINCT trade_date FROM snapshot)) d
JOIN snapshot s ON s.trade_date = d.trade_date
JOIN snapshot_bar b ON b.snapshot = s.id AND b.event = 1
JOIN corporate_action a ON a.instrument = b.instrument AND a.ex_date > d.previous AND a.ex_date <= d.trade_date
GROUP BY s.id, a.instrument;
CREATE TABLE publication (               -- digests of settled days that are in the attestation repository
    run INTEGER NOT NULL,                -- of this run and all before it
    trade_date DATE NOT NULL, nav_sha256 VARCHAR NOT NULL,  -- one of them: the witness that it is this repository
    "at" TIMESTAMP NOT NULL
);
"""

CORRECTION: Final = """
-- Market rows of settled days that the data of a restatement replaced, for ever.
CREATE TABLE bar_superseded AS SELECT 0 AS restatement, * FROM bar WHERE FALSE;
CREATE TABLE corporate_action_superseded AS SELECT 0 AS restatement, * FROM corporate_action WHERE FALSE;
"""

BACKFILL: Final = """
CREATE TABLE backfill (                  -- curves apart, their rows under the negative key; settled from the
    strategy INTEGER NOT NULL,           -- backfilled signals of this revision
    revision INTEGER NOT NULL
);
"""

COMMITS: Final = """
CREATE TABLE settlement_commit (         -- the commit of a day's digests in the attestation repository:
    after_run INTEGER NOT NULL, run INTEGER NOT NULL,  -- of the rows that runs after the first wrote, up to the second
    trade_date DATE NOT NULL, sha VARCHAR NOT NULL, committed_at TIMESTAMP NOT NULL
);
"""

FACTORS: Final = """
CREATE TABLE factor_axis (               -- columns of stored rows; shared by the factors that have the same
    id VARCHAR NOT NULL, symbols VARCHAR NOT NULL  -- SHA-256 of the symbols, which stand in order, one space between
);
CREATE TABLE factor_file (               -- the files of a factor's values, and how far they are written
    factor INTEGER NOT NULL, generation INTEGER NOT NULL, axis VARCHAR NOT NULL,
    values_end BIGINT NOT NULL, codes_end BIGINT NOT NULL
);
CREATE TABLE factor_day (                -- a factor's values of a day are stored exactly when its row stands here
    factor INTEGER NOT NULL, trade_date DATE NOT NULL,
    received_at TIMESTAMP NOT NULL,      -- UTC
    covered INTEGER NOT NULL,            -- symbols with a value
    width INTEGER NOT NULL,              -- columns of the row: the first of the axis
    values_at BIGINT NOT NULL, values_sum BIGINT NOT NULL,  -- where the row stands in its file, and its checksum
    codes_at BIGINT NOT NULL, codes_sum BIGINT NOT NULL
);
"""

EVALUATION: Final = """
CREATE TABLE evaluation (                -- metrics of a strategy's record up to and with a settled day; NULL: undefined
    strategy INTEGER NOT NULL, trade_date DATE NOT NULL,
    source UBIGINT NOT NULL,             -- digest of the NAVs and benchmark returns that they were computed of
    total_return DOUBLE, annual_return DOUBLE, volatility DOUBLE, sharpe DOUBLE, max_drawdown DOUBLE, calmar DOUBLE,
    excess_return DOUBLE, excess_sharpe DOUBLE, benchmark_return DOUBLE, trading_days INTEGER NOT NULL
);
"""

STEPS: Final[tuple[str, ...]] = (
    MARKET,
    SETTLEMENT,
    RESTATEMENT,
    PUBLICATION,
    CORRECTION,
    BACKFILL,
    COMMITS,
    FACTORS,
    EVALUATION,
)


def migrate(connection: duckdb.DuckDBPyConnection) -> None:
    """Bring the file to this platform's schema. Raises WrongState on a file of a newer one."""
    connection.execute("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)")
    row = connection.execute("SELECT max(version) FROM schema_version").fetchone()
    version = (row[0] if row else None) or 0
    if version > len(STEPS):
        raise WrongState(
            "the series store was written by a newer version of QuantOS: upgrade before opening it"
        )
    for number, step in enumerate(STEPS[version:], start=version + 1):
        connection.execute("BEGIN TRANSACTION")
        connection.execute(step)
        connection.execute("INSERT INTO schema_version VALUES (?)", [number])
        connection.execute("COMMIT")
