"use strict";
// The page of the Copilot: a form that becomes code, an editor, a backtest as a figure, saved strategies, the leaderboard.
// It calls the guide's own paths, relative to itself, so it works behind a proxy's prefix; texts go in as text alone.

const $ = (id) => document.getElementById(id);
const OPERATORS = [">", "<", ">=", "<=", "crosses_above", "crosses_below"];
const INDICATORS = { entry: ["sma", "ema", "rsi", "zscore", "macd", "bollinger"], exit: ["sma", "ema", "rsi", "macd", "atr"] };
const TABS = ["build", "research", "saved", "board"];
const UNIVERSES = ["hs300", "csi500", "csi1000", "csi2000", "etf_all"];
const LEVELS = new Set(["rsi", "zscore"]);
const FIRST = {
  entry: [{ indicator: "sma", operator: "crosses_above", params: { lookback: 20 } }],
  exit: [{ indicator: "sma", operator: "crosses_below", params: { lookback: 20 } }],
};
let language = localStorage.getItem("copilot.language") || (navigator.language.startsWith("zh") ? "zh" : "en");
let written = ""; // the code as the platform wrote it last; what differs is the person's own
let last = null; // the result that is shown
let board = [], order = { by: "score", down: true }, latest = 0;
const t = (key) => TEXTS[language][key] ?? key;

function node(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function say(text, good = false) {
  $("message").textContent = text;
  $("message").className = good ? "good" : "";
  $("message").hidden = !text;
}

function refusal(detail) {
  if (!Array.isArray(detail)) return detail;
  return detail.map((each) => `${each.loc.filter((part) => part !== "body").join(".")}: ${each.msg}`).join("; ");
}

async function call(method, path, body) {
  const headers = { "Content-Type": "application/json" };
  const token = sessionStorage.getItem("copilot.token");
  if (token) headers.Authorization = `Bearer ${token}`;
  let answer;
  try {
    answer = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    throw new Error(t("away"));
  }
  const told = await answer.json().catch(() => ({}));
  if (answer.status === 401) {
    sessionStorage.removeItem("copilot.token");
    showAccount();
    if (!path.startsWith("auth/")) $("login").showModal();
  }
  if (!answer.ok) throw new Error(told.error ?? refusal(told.detail) ?? `${answer.status}`);
  return told;
}

async function busy(button, place, work) {
  button.disabled = true;
  place.classList.add("busy");
  say("");
  try {
    return await work();
  } catch (error) {
    say(error.message);
    return undefined;
  } finally {
    button.disabled = false;
    place.classList.remove("busy");
  }
}

// ---------------------------------------------------------------- the form

function options(select, names, chosen) {
  select.replaceChildren(...names.map((name) => node("option", { value: name, textContent: t(name), selected: name === chosen })));
}

function addRule(side, rule = {}) {
  const indicator = node("select", { ariaLabel: t(side), name: "indicator" });
  const operator = node("select", { ariaLabel: t(side), name: "operator" });
  options(indicator, INDICATORS[side], rule.indicator ?? "rsi");
  options(operator, OPERATORS, rule.operator ?? (side === "entry" ? "<" : ">"));
  const level = node("input", { name: "level", inputMode: "decimal", placeholder: t("level"), title: t("level"), value: rule.value ?? "" });
  const lookback = node("input", { name: "lookback", inputMode: "numeric", placeholder: t("lookback"), title: t("lookback"), value: rule.params?.lookback ?? "" });
  if (!rule.indicator) level.value = side === "entry" ? 30 : 70;
  const row = node("div", { className: "rule" }, indicator, operator, level, lookback);
  row.append(node("button", { textContent: "×", title: t("remove"), ariaLabel: t("remove"), onclick: () => { row.remove(); preview(); } }));
  indicator.onchange = () => { if (!LEVELS.has(indicator.value)) level.value = ""; };
  $(side).append(row);
}

const number = (text) => { const value = Number(text.trim().replace("%", "")); return text.trim() && Number.isFinite(value) ? value : null; };

function rules(side) {
  return [...$(side).children].map((row) => {
    const [indicator, operator, level, lookback] = [...row.querySelectorAll("select, input")].map((field) => field.value);
    const days = number(lookback);
    return { indicator, operator, value: number(level), params: days === null ? {} : { lookback: days } };
  });
}

function blueprint() {
  const risk = {};
  if ($("stop_loss").value.trim()) risk.stop_loss = number($("stop_loss").value) ?? $("stop_loss").value.trim();
  for (const name of ["take_profit", "trailing_stop"]) if (number($(name).value) !== null) risk[name] = number($(name).value);
  return { asset: $("ticker").value.trim(), timeframe: "1d", entry: rules("entry"), exit: rules("exit"), risk, position_sizing: $("sizing").value };
}

async function translate() {
  const mine = ++latest;
  try {
    const made = await call("POST", "builder/translate", blueprint());
    if (mine !== latest) return; // a later change was asked for meanwhile
    $("preview").textContent = made.prompt;
    $("preview").classList.remove("wrong");
    if (!isEdited()) setCode(made.generated_code);
  } catch (error) {
    if (mine !== latest) return;
    $("preview").textContent = error.message;
    $("preview").classList.add("wrong");
  }
}

let waiting;
function preview() {
  clearTimeout(waiting);
  waiting = setTimeout(translate, 250);
}

// ---------------------------------------------------------------- the editor

const isEdited = () => $("code").value !== written;

function setCode(code) {
  written = code;
  $("code").value = code;
  showNumbers();
}

function showNumbers() {
  const lines = $("code").value.split("\n").length;
  $("numbers").textContent = Array.from({ length: lines }, (_, line) => line + 1).join("\n");
  $("edited").hidden = !isEdited();
  $("explanation").hidden = true;
}

function indent(event) {
  if (event.key !== "Tab" || event.shiftKey || event.altKey || event.ctrlKey) return;
  event.preventDefault();
  $("code").setRangeText("    ", $("code").selectionStart, $("code").selectionEnd, "end");
  showNumbers();
}

async function write() {
  if (isEdited() && !confirm(t("replace"))) return;
  const prompt = $("sentence").value.trim() || $("sentence").placeholder;
  const made = await busy($("write"), $("code").closest(".card"), () => call("POST", "generate", { user_prompt: prompt }));
  if (made) setCode(made.generated_code);
}

async function explain() {
  const made = await busy($("explain"), $("code").closest(".card"), () => call("POST", "explain", { strategy_code: $("code").value }));
  if (!made) return;
  $("explanation").textContent = made.explanation;
  $("explanation").hidden = false;
}

function download() {
  const link = node("a", { href: URL.createObjectURL(new Blob([$("code").value], { type: "text/x-python" })), download: "strategy.py" });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

// ---------------------------------------------------------------- the backtest

const money = (value) => value.toLocaleString(language === "zh" ? "zh-CN" : "en-GB", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const part = (value) => `${value > 0 ? "+" : ""}${(100 * value).toFixed(2)} %`;

function tile(name, text, sign = 0) {
  return node("div", { className: "tile" }, node("span", { textContent: t(name) }), node("b", { textContent: text, className: sign > 0 ? "rise" : sign < 0 ? "fall" : "" }));
}

async function run() {
  const asked = { strategy_code: $("code").value, ticker: $("ticker").value.trim() };
  $("run").textContent = t("running");
  const found = await busy($("run"), $("result"), () => Promise.all([call("POST", "backtest", asked), call("POST", "plot", asked)]));
  $("run").textContent = t("run");
  if (found) show(...(last = found));
}

function show(result, figure) {
  const drawdown = figure.data.find((trace) => trace.yaxis === "y3");
  const fills = figure.data.filter((trace) => trace.mode === "markers").reduce((sum, trace) => sum + trace.x.length, 0);
  const gain = result.pnl / result.start_value;
  $("tiles").replaceChildren(
    tile("start", money(result.start_value)), tile("end", money(result.end_value)), tile("pnl", money(result.pnl), Math.sign(result.pnl)),
    tile("gain", part(gain), Math.sign(gain)), tile("fallen", part(Math.min(0, ...drawdown.y))), tile("orders", String(fills)),
  );
  $("tiles").hidden = $("share").hidden = false;
  $("chart").className = "drawn";
  $("chart").replaceChildren();
  const ink = getComputedStyle(document.body).color;
  const grid = getComputedStyle(document.documentElement).getPropertyValue("--line").trim();
  const layout = { ...figure.layout, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { color: ink }, autosize: true };
  for (const axis of ["xaxis", "yaxis", "yaxis2", "yaxis3"]) layout[axis] = { ...layout[axis], gridcolor: grid, zerolinecolor: grid };
  Plotly.newPlot("chart", figure.data, layout, { responsive: true, displaylogo: false });
}

// ---------------------------------------------------------------- what is the caller's

const isIn = () => Boolean(sessionStorage.getItem("copilot.token"));

function showAccount() {
  $("account").textContent = t(isIn() ? "logout" : "login");
}

function account() {
  if (!isIn()) return void $("login").showModal();
  sessionStorage.removeItem("copilot.token");
  showAccount();
}

async function logIn() {
  const email = $("email").value.trim();
  $("login-message").textContent = "";
  try {
    if ($("otp-line").hidden) {
      await call("POST", "auth/request-otp", { email });
      $("otp-line").hidden = false;
      $("login-go").textContent = t("enter");
      $("otp").focus();
      return;
    }
    const told = await call("POST", "auth/verify-otp", { email, otp_code: $("otp").value.trim() });
    sessionStorage.setItem("copilot.token", told.access_token);
    $("otp-line").hidden = true;
    $("otp").value = "";
    $("login-go").textContent = t("send");
    $("login").close();
    showAccount();
    say("");
    choose(TABS.find((name) => !$(name).hidden));
  } catch (error) {
    $("login-message").textContent = error.message;
  }
}

async function save() {
  if (!isIn()) return void $("login").showModal();
  const name = prompt(t("name"), `${$("ticker").value.trim()} ${new Date().toISOString().slice(0, 10)}`);
  if (!name) return;
  const kept = { name, prompt: $("preview").textContent, code: $("code").value };
  if (await busy($("save"), $("code").closest(".card"), () => call("POST", "strategy/save", kept))) say(t("savedAs"), true);
}

async function submit() {
  if (!isIn()) return void $("login").showModal();
  const name = prompt(t("name"), $("ticker").value.trim());
  if (!name) return;
  const entry = { strategy_id: null, strategy_name: name, code: $("code").value, ticker: $("ticker").value.trim() };
  const told = await busy($("submit"), $("result"), () => call("POST", "leaderboard/submit", entry));
  if (told) say(`${t("submitted")}${told.score}`, true);
}

function table(columns, rows) {
  if (!rows.length) return node("p", { className: "empty", textContent: t("none") });
  const head = node("tr", {}, ...columns.map((each) => node("th", { className: each.number ? "number" : "" }, each.head)));
  const body = rows.map((row) => node("tr", {}, ...columns.map((each) => node("td", { className: each.number ? "number" : "" }, each.cell(row)))));
  return node("table", {}, node("thead", {}, head), node("tbody", {}, ...body));
}

async function showSaved() {
  const list = await busy($("tab-saved"), $("saved-list"), () => call("GET", "strategy/list"));
  if (!list) return;
  const open = (kept) => { setCode(kept.code); choose("build"); };
  const drop = async (kept) => { if (await busy($("tab-saved"), $("saved-list"), () => call("DELETE", `strategy/${kept.id}`))) showSaved(); };
  $("saved-list").replaceChildren(table([
    { head: "#", cell: (kept) => String(kept.id) }, { head: t("strategy"), cell: (kept) => kept.name },
    { head: t("created"), cell: (kept) => new Date(kept.created_at).toLocaleString() },
    { head: "", number: true, cell: (kept) => node("span", {}, node("button", { textContent: t("open"), onclick: () => open(kept) }), " ", node("button", { textContent: t("deploy"), onclick: () => askDeployment(kept) }), " ", node("button", { className: "quiet", textContent: t("drop"), onclick: () => drop(kept) })) },
  ], list));
}

async function showBoard() {
  const asked = new URLSearchParams({ period: $("period").value });
  if ($("dataset").value.trim()) asked.set("dataset", $("dataset").value.trim());
  const told = await busy($("period"), $("board-list"), () => call("GET", `leaderboard/top?${asked}`));
  if (told) { board = told.top; drawBoard(); }
}

function drawBoard() {
  const sign = order.down ? -1 : 1;
  const sorted = [...board].sort((one, other) => {
    const [a, b] = [one[order.by], other[order.by]];
    return sign * (typeof a === "string" ? a.localeCompare(b) : (a ?? -Infinity) - (b ?? -Infinity));
  });
  const head = (by) => node("button", {
    textContent: t({ strategy_name: "strategy", username: "user" }[by] ?? by) + (order.by === by ? (order.down ? " ▾" : " ▴") : ""),
    onclick: () => { order = { by, down: order.by === by ? !order.down : true }; drawBoard(); },
  });
  const figure = (by) => ({ head: head(by), number: true, cell: (entry) => entry[by] === null ? "–" : entry[by].toFixed(2) });
  $("board-list").replaceChildren(table([
    { head: head("strategy_name"), cell: (entry) => entry.strategy_name }, { head: head("username"), cell: (entry) => entry.username },
    { head: head("dataset"), cell: (entry) => entry.dataset }, figure("return_pct"), figure("sharpe"), figure("max_drawdown"), figure("score"),
  ], sorted));
}

// ---------------------------------------------------------------- the page

function choose(name) {
  for (const each of TABS) {
    $(each).hidden = each !== name;
    $(`tab-${each}`).setAttribute("aria-selected", String(each === name));
  }
  if (name === "research") showStudies();
  if (name === "saved") { showSaved(); showDeployed(); }
  if (name === "board") showBoard();
}

function speak() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  for (const each of document.querySelectorAll("[data-t]")) each.textContent = t(each.dataset.t);
  for (const each of document.querySelectorAll("[data-p]")) each.placeholder = t(each.dataset.p);
  for (const each of document.querySelectorAll("[data-l]")) each.ariaLabel = t(each.dataset.l);
  $("language").textContent = t("other");
  $("language").lang = language === "zh" ? "en" : "zh-CN";
  $("login-go").textContent = t($("otp-line").hidden ? "send" : "enter");
  options($("sizing"), ["fixed", "percent", "risk_adjusted"], $("sizing").value || "percent");
  options($("period"), ["daily", "weekly", "alltime"], $("period").value || "daily");
  for (const side of ["entry", "exit"]) {
    const kept = $(side).children.length ? rules(side) : FIRST[side];
    $(side).replaceChildren();
    for (const rule of kept) addRule(side, rule);
  }
  for (const each of document.querySelectorAll("select[name=universe]")) options(each, UNIVERSES, each.value || "hs300");
  showAccount();
  if (last) show(...last);
  document.dispatchEvent(new Event("spoken"));
}

$("language").onclick = () => { language = language === "zh" ? "en" : "zh"; localStorage.setItem("copilot.language", language); speak(); };
$("account").onclick = account;
$("login-go").onclick = logIn;
$("login").onkeydown = (event) => { if (event.key === "Enter") { event.preventDefault(); logIn(); } };
for (const name of TABS) $(`tab-${name}`).onclick = () => choose(name);
for (const side of ["entry", "exit"]) $(`add-${side}`).onclick = () => { addRule(side); preview(); };
document.querySelector(".form").addEventListener("input", (event) => { if (event.target.id !== "sentence") preview(); });
for (const [id, work] of Object.entries({ write, explain, download, save, run, submit })) $(id).onclick = work;
$("code").oninput = showNumbers;
$("code").onkeydown = indent;
$("code").onscroll = () => { $("numbers").scrollTop = $("code").scrollTop; };
$("period").onchange = $("dataset").onchange = showBoard;
speak();
showNumbers();
translate();
