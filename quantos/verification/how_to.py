"""How a stranger checks a package: numbered steps that stand in the package itself."""

from __future__ import annotations

from typing import Any, Final

from quantos.settlement.core.record import DayRecord

BUNDLE: Final = "/api/v1/public/attestation.bundle"

SAVE: Final = "Save this answer as {file}."
SAVE_BOTH: Final = (
    "Save this answer as {file}, and the attestation repository, from {bundle} of this platform or from where its "
    "operator publishes it, as attestation.bundle."
)
RUN: Final = (
    "Run `quantos verify {file}{options}`, or `python3 quantos-verify.pyz {file}{options}`: the same program in one file, "
    "which needs Python 3.11 and no connection (it is also at /api/v1/public/quantos-verify.pyz; better take it from elsewhere, or compare its SHA-256). It checks all that follows, and names what fails. By hand:"
)
HOLD: Final = (
    "Signal: none counted for this day, so nothing was traded. `orders` and `trades` are empty, and the quantities are "
    "those of `previous` after `corporate_actions`. Where the attestation repository has a signal of this day all the "
    "same, its `statuses/` say since when the strategy was paused."
)
SIGNAL: Final = (
    "Signal: the SHA-256 of canonical JSON (RFC 8785) of {{nonce, signals: [{{symbol, weight}}, sorted by symbol], slug, "
    "trade_date}}, with the values of this package, is `signal_attestation.signal_hash`."
)
UNATTESTED: Final = (
    "Time: the signal was not committed to an attestation repository. That it was there before {deadline} is the "
    "platform's word alone."
)
ATTESTED: Final = (
    "Time: in the attestation repository, `attestations/{day}.json` at commit {sha} has an entry of {slug} (or of "
    "SHA-256 of slug and nonce) with that hash, and the commit must lie before {deadline}. How strong the time of a "
    "commit is, the verifier says."
)
MONEY: Final = (
    "Money: the market values of `positions` and `nav.cash` add up to `nav.reported_nav`, exactly. Cash of `previous`, "
    "plus cash of `corporate_actions`, plus sales, less buys, less every fee, is `nav.cash`."
)
SETTLE: Final = (
    "Settlement: settle the day again from `previous`, `corporate_actions`, the weights of the signal, `bars` and "
    "`settings`. Every order, trade, position and the NAV come out the same, to 0.001 CNY. Compare `bars` with prices "
    "from a source that you trust."
)
DIGEST: Final = (
    "Digest: recompute `settlement_attestation.nav_sha256` from this package, as /guides/verification says."
)
UNCOMMITTED: Final = "It is not committed to an attestation repository."
COMMITTED: Final = (
    "In the attestation repository, `settlements/{day}.json` has an entry of {slug} (or of SHA-256 of slug and salt), "
    "revision {revision}, with that digest and this `snapshot_sha256`."
)
FIRST_DAY: Final = "Chain: this is the strategy's first day; `previous` is its initial capital in cash."
CHAIN: Final = (
    "Chain: the package of {before} (this address with ?date={before}) ends with the NAV, the cash and the positions "
    "of `previous`; and so on, back to the first day."
)
MADE_UP: Final = "Mind that this is no record of anything that happened at the time: {why}."


def how_to_verify(slug: str, record: DayRecord, found: dict[str, Any], *, made_up: str | None) -> list[str]:
    """Steps in plain English for the package `found`; `made_up`: why it is no record, where it is none."""
    verification = found["verification"]
    signal, settlement = verification["signal_attestation"], verification["settlement_attestation"]
    signal_committed = signal is not None and signal["github_committed"]
    committed = signal_committed or settlement["committed"]
    steps = [SAVE_BOTH if committed else SAVE, RUN]
    steps += [HOLD] if signal is None else [SIGNAL, ATTESTED if signal_committed else UNATTESTED]
    steps += [MONEY, SETTLE, f"{DIGEST} {COMMITTED if settlement['committed'] else UNCOMMITTED}"]
    steps += [CHAIN if record.before else FIRST_DAY]
    steps += [MADE_UP] if made_up else []
    whole = settlement["committed"] and (signal is None or signal_committed)
    options = {
        " --attestations attestation.bundle": committed,
        " --allow-unattested": not whole,
        " --allow-simulated": made_up is not None,
    }
    values = {
        "file": f"{slug}-{record.trade_date}.json",
        "bundle": BUNDLE,
        "options": "".join(option for option, holds in options.items() if holds),
        "slug": slug,
        "day": record.trade_date,
        "revision": record.revision,
        "deadline": signal and signal["deadline"],
        "sha": signal and signal["commit_sha"],
        "before": record.before and record.before.trade_date,
        "why": made_up,
    }
    return [f"{number}. {step.format_map(values)}" for number, step in enumerate(steps, start=1)]
