"use strict";
// Research backtests and deployments, over the API: asked for, followed while they run, and shown. Uses what copilot.js has.

const API = "api/v1/research";
const UNFINISHED = new Set(["queued", "running"]);
let studies = [], shownStudy = null, following;

const symbols = (text) => text.toUpperCase().split(/[\s,;，；、]+/).filter(Boolean);
const ratio = (value) => value === null ? "–" : part(value);
const plain = (value) => value === null ? "–" : value.toFixed(2);

// What was filled in; what is empty is left to the platform. What is no number goes as it is: the platform says so.
function filled(place) {
  const found = {};
  for (const field of place.querySelectorAll("input, select")) {
    const text = field.value.trim();
    if (field.type === "checkbox") found[field.name] = field.checked;
    else if (field.name === "tickers") found.tickers = symbols(text);
    else if (text) found[field.name] = field.inputMode && Number.isFinite(Number(text)) ? Number(text) : text;
  }
  return found;
}

// ---------------------------------------------------------------- research backtests

async function runStudy() {
  if (!isIn()) return void $("login").showModal();
  const asked = { ...filled($("study")), strategy_code: $("code").value };
  const made = await busy($("study-run"), $("study"), () => call("POST", `${API}/backtests`, asked));
  if (!made) return;
  shownStudy = made.id;
  await showStudies();
}

async function showStudies() {
  clearTimeout(following);
  if (!isIn()) return void $("study-list").replaceChildren(node("p", { className: "empty", textContent: t("none") }));
  const told = await busy($("tab-research"), $("study-list"), () => call("GET", `${API}/backtests?limit=20`));
  if (told) drawStudies(told.backtests);
}

function drawStudies(found) {
  const ended = found.some((each) => each.id === shownStudy && !UNFINISHED.has(each.status) && isUnfinished(each.id));
  studies = found;
  $("study-list").replaceChildren(table([
    { head: t("strategy"), cell: (each) => node("button", { className: "quiet", textContent: each.name || each.tickers.join(" "), onclick: () => showStudy(each.id) }) },
    { head: t("status"), cell: standing }, { head: t("total_return"), number: true, cell: (each) => each.metrics ? ratio(each.metrics.total_return) : "" },
    { head: t("sharpe"), number: true, cell: (each) => each.metrics ? plain(each.metrics.sharpe) : "" },
    { head: "", number: true, cell: (each) => UNFINISHED.has(each.status) ? node("button", { className: "quiet", textContent: t("stopIt"), onclick: () => cancelStudy(each.id) }) : "" },
  ], studies));
  if (ended) showStudy(shownStudy);
  if (!$("research").hidden && studies.some((each) => UNFINISHED.has(each.status))) following = setTimeout(follow, 500);
}

const isUnfinished = (id) => { const known = studies.find((each) => each.id === id); return !known || UNFINISHED.has(known.status); };

function standing(each) {
  if (each.status !== "running" || !each.progress.total) return t(each.status === "running" ? "running_" : each.status) + (each.reason ? `: ${each.reason}` : "");
  const { done, total } = each.progress;
  return node("span", {}, node("progress", { max: total, value: done }), ` ${done} / ${total}`);
}

// Without a sign of work: what is on the page stays until the answer is there.
async function follow() {
  try {
    drawStudies((await call("GET", `${API}/backtests?limit=20`)).backtests);
  } catch (error) {
    say(error.message);
  }
}

async function cancelStudy(id) {
  if (await busy($("tab-research"), $("study-list"), () => call("POST", `${API}/backtests/${id}/cancel`))) await showStudies();
}

async function showStudy(id) {
  shownStudy = id;
  const found = await busy($("tab-research"), $("study-result"), () => call("GET", `${API}/backtests/${id}`));
  if (!found || shownStudy !== id) return;
  $("study-result").hidden = !found.result;
  if (found.result) drawStudy(found);
}

function drawStudy(found) {
  const { metrics, totals, equity, trades } = found.result;
  const signed = (name) => tile(name, ratio(metrics[name]), Math.sign(metrics[name] ?? 0));
  $("study-name").textContent = found.name || found.tickers.join(" ");
  $("study-tiles").replaceChildren(
    tile("end", money(totals.end_value)), signed("total_return"), signed("annual_return"), signed("benchmark_return"), signed("excess_return"),
    tile("volatility", ratio(metrics.volatility).replace("+", "")), tile("sharpe", plain(metrics.sharpe)), tile("excess_sharpe", plain(metrics.excess_sharpe)),
    tile("fallen", ratio(metrics.max_drawdown === null ? null : -metrics.max_drawdown)), tile("calmar", plain(metrics.calmar)), tile("costs", money(totals.costs)),
    tile("turnover", plain(totals.turnover)), tile("orders", String(totals.trades)), tile("refused", String(totals.refused_orders)), tile("days", String(metrics.trading_days)),
  );
  const day = equity.map((each) => each.date);
  const lines = [
    { type: "scatter", mode: "lines", name: t("equity"), x: day, y: equity.map((each) => each.value) },
    { type: "scatter", mode: "lines", name: t("benchmark"), x: day, y: equity.map((each) => each.benchmark && each.benchmark * found.initial_capital), line: { dash: "dot" } },
  ];
  const ink = getComputedStyle(document.body).color, grid = getComputedStyle(document.documentElement).getPropertyValue("--line").trim();
  const axis = (type) => ({ type, gridcolor: grid, zerolinecolor: grid });
  const layout = { paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { color: ink }, margin: { l: 70, r: 20, t: 10, b: 40 }, xaxis: axis("date"), yaxis: axis("linear"), height: 340, legend: { orientation: "h" }, autosize: true };
  $("study-chart").replaceChildren();
  Plotly.newPlot("study-chart", lines, layout, { responsive: true, displaylogo: false });
  const figure = (name) => ({ head: t(name), number: true, cell: (each) => money(each[name]) });
  $("study-trades").replaceChildren(table([
    { head: t("date"), cell: (each) => each.date }, { head: t("ticker"), cell: (each) => each.symbol }, { head: t("side"), cell: (each) => t(each.side === "buy" ? "entry" : "exit") },
    figure("quantity"), figure("price"), figure("costs"),
  ], trades.slice(-200).reverse()));
}

// ---------------------------------------------------------------- deployments

let toDeploy = null;

function askDeployment(kept) {
  toDeploy = kept.id;
  const slug = kept.name.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 49);
  const first = { name: kept.name, slug: slug.length > 2 ? slug : `strategy-${kept.id}`, tickers: $("ticker").value.trim() };
  for (const [name, value] of Object.entries(first)) $("deployment").querySelector(`[name=${name}]`).value = value;
  $("deploy-message").textContent = "";
  $("deploy").showModal();
}

async function deploy() {
  $("deploy-go").disabled = true;
  $("deploy-message").textContent = "";
  try {
    const made = await call("POST", `${API}/deployments`, { ...filled($("deployment")), strategy_id: toDeploy });
    $("deploy").close();
    say(`${t("deployedAs")}${made.slug}`, true);
    drawDeployed(await call("GET", `${API}/deployments`));
  } catch (error) {
    $("deploy-message").textContent = error.message;
  } finally {
    $("deploy-go").disabled = false;
  }
}

async function showDeployed() {
  if (!isIn()) return;
  const told = await busy($("tab-saved"), $("deployed-list"), () => call("GET", `${API}/deployments`));
  if (told) drawDeployed(told);
}

function drawDeployed(told) {
  $("deployed-days").replaceChildren();
  $("deployed-list").replaceChildren(table([
    { head: t("slug"), cell: (each) => node("button", { className: "quiet", textContent: each.slug, onclick: () => showDays(each) }) },
    { head: t("status"), cell: (each) => t(each.strategy_status) }, { head: t("tickers"), cell: (each) => each.tickers.join(" ") }, { head: t("since"), cell: (each) => each.start },
  ], told.deployments));
}

async function showDays(deployment) {
  const found = await busy($("tab-saved"), $("deployed-days"), () => call("GET", `${API}/deployments/${deployment.id}`));
  if (!found) return;
  $("deployed-days").replaceChildren(node("h3", { textContent: found.slug }), table([
    { head: t("date"), cell: (each) => each.trade_date }, { head: t("status"), cell: (each) => t(each.outcome) }, { head: t("reason"), cell: (each) => each.reason ?? "" },
  ], found.days));
}

// ---------------------------------------------------------------- the page

$("study-run").onclick = runStudy;
$("study").onsubmit = (event) => { event.preventDefault(); runStudy(); };
$("study").querySelector("[name=tickers]").value = $("ticker").value;
$("deploy-go").onclick = deploy;
$("deploy").onkeydown = (event) => { if (event.key === "Enter" && event.target.tagName === "INPUT") { event.preventDefault(); deploy(); } };
document.addEventListener("spoken", () => {
  if (!$("research").hidden) { showStudies(); if (shownStudy) showStudy(shownStudy); }
  if (!$("saved").hidden) { showSaved(); showDeployed(); }
  if (!$("board").hidden) drawBoard();
});
