"""The report of a validated factor: one page with everything in it, which loads nothing and runs nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any, Final

from quantos.cli.factor_charts import Line, bar_chart, line_chart, rolling_mean, running_sum, shown
from quantos.cli.output import in_shanghai
from quantos.cli.reach import Notice
from quantos.cli.texts import say, word

ROLLING: Final = 20
FIFTHS: Final = 5
OS_DAYS: Final = (30, 60, 120)
FIGURES: Final = (
    ("ic_mean", False),
    ("ic_ir", False),
    ("turnover", True),
    ("sharpe", False),
    ("fitness", False),
    ("coverage", True),
    ("data_days", False),
    ("max_correlation", False),
)

ASKED: Final = {
    "IC_MEAN": "|IC| >",
    "IC_IR": "|IR| >",
    "HIGH_TURNOVER": "<",
    "SELF_CORRELATION": "<",
    "DATA_COVERAGE": "≥",
}
"""How a value stands to the threshold that it passes."""

STYLE: Final = """
:root{--ink:#1b1f24;--soft:#5c6670;--line:#d9dee3;--back:#fff;--card:#f6f8fa;
--c0:#9db8d9;--c1:#c2410c;--c2:#0f766e;--c3:#1d4ed8;--c4:#7c3aed;--c5:#be185d;--good:#15803d;--bad:#b91c1c}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ec;--soft:#9aa5b1;--line:#363d45;--back:#15191e;--card:#1d232a;
--c0:#3e5f87;--c1:#fb923c;--c2:#2dd4bf;--c3:#60a5fa;--c4:#a78bfa;--c5:#f472b6;--good:#4ade80;--bad:#f87171}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:64rem;padding:1.5rem;background:var(--back);color:var(--ink);line-height:1.5;
font:15px/1.5 system-ui,-apple-system,"Segoe UI","PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif}
h1{font-size:1.5rem;margin:0 0 .25rem;overflow-wrap:anywhere}h2{font-size:1.1rem;margin:2rem 0 .6rem}
p{margin:.3rem 0}.soft{color:var(--soft)}code{overflow-wrap:anywhere}
.badge{font-size:.85rem;padding:.1rem .6rem;border-radius:1rem;border:1px solid;margin-left:.6rem;vertical-align:middle}
.good{color:var(--good)}.bad{color:var(--bad)}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(9.5rem,1fr));gap:.6rem}
.card{background:var(--card);border-radius:.5rem;padding:.5rem .8rem}.card b{display:block;font-size:1.2rem;
font-variant-numeric:tabular-nums}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:right;padding:.3rem .6rem;border-bottom:1px solid var(--line)}
th:first-child,td:first-child{text-align:left}th{font-weight:600;color:var(--soft)}
.wide{overflow-x:auto}
.warn{border:2px solid var(--bad);border-radius:.5rem;padding:.6rem .9rem;margin:1rem 0}
.edition{border:2px solid #b45309;border-radius:.3rem;background:#fef3c7;color:#78350f;padding:.3rem .9rem;font-weight:600}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(28rem,100%),1fr));gap:1.2rem}
figure{margin:0}figcaption{font-weight:600;font-size:.92rem;margin-bottom:.2rem}
svg{width:100%;height:auto;display:block}
svg text{font-size:18px;fill:var(--soft)}.grid{stroke:var(--line);stroke-width:.6}
.zero{stroke:var(--soft);stroke-width:1}
.line{fill:none;stroke-width:1.6}.b{fill:var(--c3)}
.legend span{font-weight:400;margin-left:.9rem;display:inline-block;white-space:nowrap}.legend span::before{content:"";display:inline-block;width:.8rem;
height:.2rem;margin-right:.3rem;vertical-align:middle;background:currentColor}
.s0{stroke:var(--c0);color:var(--c0)}.s1{stroke:var(--c1);color:var(--c1)}.s2{stroke:var(--c2);color:var(--c2)}
.s3{stroke:var(--c3);color:var(--c3)}.s4{stroke:var(--c4);color:var(--c4)}.s5{stroke:var(--c5);color:var(--c5)}
@media print{body{max-width:none}figure,.card,tr{break-inside:avoid}}
"""


def page(factor: dict[str, Any], notice: Notice) -> str:
    """The page of a factor as the API shows it, with `diagnostics` and `plots`, in the reader's language.

    `notice`: what the platform that it was made on said of its licence then.
    """
    title = say("report.title", name=factor["name"])
    more: dict[str, Any] = factor["diagnostics"] or {}
    sections = (
        _edition(notice),
        _head(factor),
        _warning(more),
        _out_of_sample(factor["os"]),
        _checks(factor["checks"]),
        _figures(factor),
        _charts(factor, more),
        _yearly(factor["yearly_stats"] or []),
        _beyond(more),
        f"<p class=soft>{escape(say('report.definitions'))}</p>",
        f"<p class=soft>{escape(say('report.made', at=in_shanghai(factor['validated_at'])))}</p>",
    )
    return (
        f'<!doctype html><html lang="{say("report.lang")}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>{''.join(sections)}</body></html>\n"
    )


def _head(factor: dict[str, Any]) -> str:
    kind = "good" if factor["status"] == "active" else "bad" if factor["status"] == "rejected" else "soft"
    facts = [
        (say("factor.universe"), factor["universe"]),
        (say("factor.validated_at"), in_shanghai(factor["validated_at"])),
        (say("factor.id"), factor["id"]),
    ]
    lines = [f"<p class=soft>{' · '.join(f'{escape(name)} {escape(value)}' for name, value in facts)}</p>"]
    if factor["expression"]:
        lines.append(f"<p><code>{escape(factor['expression'])}</code></p>")
    if factor["description"]:
        lines.append(f"<p>{escape(factor['description'])}</p>")
    if factor["reject_reason"]:
        lines.append(
            f"<p class=bad>{escape(say('factor.reject_reason'))}: {escape(factor['reject_reason'])}</p>"
        )
    status = escape(word("factor.status", factor["status"]))
    return f'<h1>{escape(factor["name"])}<span class="badge {kind}">{status}</span></h1>{"".join(lines)}'


def _edition(notice: Notice) -> str:
    if notice == Notice():
        return ""
    edition = say(f"report.edition.{notice.edition or 'standard'}")
    lapsed = f" · {say('report.edition.lapsed')}" if notice.warning else ""
    return f"<p class=edition>{escape(edition + lapsed)}</p>"


def _warning(more: dict[str, Any]) -> str:
    return f"<p class=warn>{escape(say('report.look_ahead'))}</p>" if more.get("look_ahead") else ""


def _out_of_sample(found: dict[str, Any]) -> str:
    """The timely figure comes first."""
    if found.get("timely") is None:
        return ""
    heading = f"<h2>{escape(say('report.os'))}</h2>"
    if found["start_date"] is None:
        return f"{heading}<p class=soft>{escape(say('report.os.none'))}</p>"
    heads = ["", *(say("report.last", days=days) for days in OS_DAYS)]
    rows = [
        [say(title), *(shown(means[f"ic_mean_{days}d"]) for days in OS_DAYS)]
        for title, means in (("report.os.timely_row", found["timely"]), ("report.os.all", found))
    ]
    late = say("report.os.late", days=found["late_days"]) if found["late_days"] else ""
    told = f"<p class=soft>{escape(say('report.os.timely'))} {escape(late)}</p>"
    return f"{heading}{_table(heads, rows)}{told}"


def _checks(checks: Sequence[dict[str, Any]] | None) -> str:
    """None: values that came since have made a rejected factor new."""
    heading = f"<h2>{escape(say('report.checks'))}</h2>"
    if checks is None:
        return f"{heading}<p class=soft>{escape(say('report.values_since'))}</p>"
    heads = [say(f"factor.col.{name}") for name in ("check", "value", "threshold", "passed")]
    rows = [
        [
            check["name"],
            shown(check["value"]),
            f"{ASKED[check['name']]} {shown(check['threshold'])}",
            _verdict(check["passed"]),
        ]
        for check in checks
    ]
    return f"{heading}{_table(heads, rows, marked=True)}"


def _verdict(passed: bool) -> str:
    kind, text = ("good", say("report.passed")) if passed else ("bad", say("report.failed"))
    return f"<span class={kind}>{escape(text)}</span>"


def _figures(factor: dict[str, Any]) -> str:
    cards = []
    for name, percent in FIGURES:
        value = shown(factor["is"][name], percent=percent)
        claimed = factor["claimed"].get(name)
        told = "" if claimed is None else say("report.claimed", value=shown(claimed))
        cards.append(
            f"<div class=card><span class=soft>{escape(say(f'report.{name}'))}</span><b>{escape(value)}</b>"
            f"<span class=soft>{escape(told)}</span></div>"
        )
    return f"<h2>{escape(say('report.figures'))}</h2><div class=cards>{''.join(cards)}</div>"


def _charts(factor: dict[str, Any], more: dict[str, Any]) -> str:
    plots: dict[str, Any] = factor["plots"] or {}
    dates: list[str] = plots.get("dates", [])
    if not dates:
        return ""
    ic = plots["ic"]
    lines = [
        Line(say("report.chart.ic.daily"), ic, "s0", bars=True),
        Line(say("report.chart.ic.rolling"), rolling_mean(ic, ROLLING), "s1"),
    ]
    fifths = [
        Line(say("report.chart.fifth", number=number), values, f"s{number}")
        for number, values in enumerate(plots["fifths"], start=1)
    ]
    by_day = {point["date"]: point["cumulative"] for point in factor["ls_cumulative_returns"] or []}
    long_short = [Line("", [by_day.get(day) for day in dates], "s3")]
    decay = factor["is"]["ic_decay"] or []
    numbers = [str(number) for number in range(1, FIFTHS + 1)]
    drawn = [
        line_chart(say("report.chart.ic"), dates, lines),
        line_chart(say("report.chart.ic_sum"), dates, [Line("", running_sum(ic), "s3")]),
        line_chart(say("report.chart.fifths"), dates, fifths),
        line_chart(say("report.chart.long_short"), dates, long_short),
        bar_chart(say("report.chart.decay"), [str(lag) for lag in range(1, len(decay) + 1)], decay),
        bar_chart(say("report.chart.fifth_means"), numbers, more.get("fifth_means", []), percent=True)
        if more.get("fifth_means")
        else "",
        line_chart(say("report.chart.turnover"), dates, [Line("", plots["turnover"], "s4")], percent=True),
        line_chart(
            say("report.chart.coverage"), dates, [Line("", plots["coverage"], "s2")], percent=True, whole=True
        ),
    ]
    return f"<h2>{escape(say('report.charts'))}</h2><div class=charts>{''.join(drawn)}</div>"


def _yearly(years: Sequence[dict[str, Any]]) -> str:
    names = ("ic_mean", "ic_ir", "returns", "drawdown", "turnover", "days")
    heads = [say(f"report.{name}") for name in ("year", *names)]
    percent = {"returns", "drawdown", "turnover"}
    rows = [
        [str(year["year"]), *(shown(year[name], percent=name in percent) for name in names)] for year in years
    ]
    return f"<h2>{escape(say('report.yearly'))}</h2>{_table(heads, rows)}" if rows else ""


def _beyond(more: dict[str, Any]) -> str:
    rows = [
        [say("report.t_stat"), shown(more.get("t_stat"))],
        [
            say("report.deflated_sharpe", attempts=more.get("attempts", 1)),
            shown(more.get("deflated_sharpe"), percent=True),
        ],
        [say("report.half_life_days"), shown(more.get("half_life_days"))],
        [say("report.monotonicity"), shown(more.get("monotonicity"))],
    ]
    if placebo := more.get("placebo"):
        low, high = shown(placebo["low"]), shown(placebo["high"])
        rows.append([say("report.placebo", draws=placebo["draws"], low=low, high=high), ""])
    rows += [
        [f"{say('report.by_board')}: {word('report.board', board)}", shown(ic)]
        for board, ic in (more.get("ic_by_board") or {}).items()
    ]
    lead = f"<p class=soft>{escape(say('report.beyond.lead'))}</p>"
    return f"<h2>{escape(say('report.beyond'))}</h2>{lead}{_table(['', ''], rows)}"


def _table(heads: Iterable[str], rows: Iterable[Sequence[str]], *, marked: bool = False) -> str:
    """`marked`: the last cell of a row is HTML already."""
    head = "".join(f"<th>{escape(each)}</th>" for each in heads)
    body = "".join(
        "<tr>"
        + "".join(
            f"<td>{cell if marked and place == len(row) - 1 else escape(cell)}</td>"
            for place, cell in enumerate(row)
        )
        + "</tr>"
        for row in rows
    )
    return f"<div class=wide><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
