"""Settlement: yesterday's holdings, today's signals and today's market become orders, holdings and NAV.

Where to look, from the outside in:

    the daily run        jobs -> service -> plan (what is due), days (the market day by day), core.ledger,
                         writer -> store (one transaction a day); missing (what has no NAV)
    the ledger           core: day (what the market says), kernel and orders (what a strategy does), exact,
                         rules and limits, facts (the columns they share), books (some of many strategies),
                         snapshot (what decided a day)
    reading it back      records -> record_rows, span, snapshots -> core.recorded -> core.record; audited
    settling again       restate -> replay -> revisions
    backfilled signals   backfill -> backfill_store, replay
    compiled ahead       warm
"""

from quantos.kit.compile_cache import use_own_folder

use_own_folder()
