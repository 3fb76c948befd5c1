// The other side of the daemon: what it spent, what it asked for, and ways to make its life hard.

import { TROUBLES, isOver, tell } from "./troubles.js";

const KINDS = {
  FIND_EMAIL: "Email",
  FIND_EMAIL_WATERFALL: "Email (waterfall)",
  FIND_PHONE: "Phone",
};

export class Panel {
  constructor(root, { plant, pullUp }) {
    this.part = (id) => root.querySelector(`#${id}`);
    this.logs = new Map(); // list id -> what it shows, so that an idle poll touches nothing
    this.part("troubles").replaceChildren(
      ...TROUBLES.map(({ label, says, fault }) => {
        const button = element("button", "quiet trouble", label);
        button.type = "button";
        button.addEventListener("click", () => plant(fault));
        const item = element("li");
        item.append(button, element("p", "", says));
        return item;
      }),
    );
    this.part("stop").addEventListener("click", () => pullUp());
  }

  show({ meter, journal, faults }) {
    this.part("balance").textContent = figure(meter.balance);
    this.showKinds(meter);
    this.showLog("charges", meter.charges, "Nothing bought yet.", (charge) => [
      clock(charge.at),
      charge.kind ? `${KINDS[charge.kind] ?? charge.kind} · ${people(charge)}` : charge.cause,
      figure(charge.credits),
      charge.cause === "enrichment" ? "" : "bad",
    ]);
    this.showCounts(journal.counts);
    this.showLog("requests", journal.entries, "No request yet.", (entry) => [
      clock(entry.at),
      `${entry.method} ${placeOf(entry.path)}`,
      entry.status === null ? "no answer" : String(entry.status),
      entry.status === null || entry.status >= 400 ? "bad" : "",
    ]);
    this.showPlanted(faults);
  }

  showKinds({ charged, refunded, bought_twice: twice, by_kind: kinds }) {
    const rows = Object.keys(KINDS).map((kind) => kinds[kind] ?? { people: 0, credits: 0 });
    const lines = rows.map(({ people: count, credits }, i) =>
      line(Object.values(KINDS)[i], figure(credits), plural(count, "person", "people"), i),
    );
    lines.push(line("Charged in total", figure(charged)));
    if (refunded) lines.push(line("Refunded", figure(refunded)));
    if (twice) {
      lines.push(line("Bought twice", plural(twice, "person", "people")));
      lines.at(-1).classList.add("bad");
    }
    this.once("kinds", lines.map((item) => item.textContent).join("|"), lines);
    const total = rows.reduce((sum, { credits }) => sum + credits, 0);
    this.once(
      "bar",
      JSON.stringify(rows),
      rows.flatMap(({ credits }, i) => {
        if (!credits) return [];
        const part = element("i");
        part.dataset.tone = i;
        part.style.width = `${(100 * credits) / total}%`;
        return [part];
      }),
    );
  }

  showCounts(counts) {
    const rows = [
      ["Sheets reads", counts.sheets?.read ?? 0],
      ["Sheets writes", counts.sheets?.write ?? 0],
      ["Seleqt calls", sum(counts.seleqt)],
    ];
    this.once(
      "counts",
      JSON.stringify(rows),
      rows.flatMap(([name, count]) => [element("dt", "", name), element("dd", "", figure(count))]),
    );
  }

  showLog(id, entries, empty, read) {
    const items = [...entries].reverse().map((entry) => {
      const [time, text, count, tone] = read(entry);
      const item = element("li", tone);
      item.title = text;
      item.append(element("time", "", time), element("span", "", text), element("b", "", count));
      return item;
    });
    if (!items.length) items.push(element("li", "none", empty));
    this.once(id, items.map((item) => item.textContent).join("\n"), items);
  }

  showPlanted(faults) {
    this.part("planted").hidden = faults.length === 0;
    this.part("stop").textContent = faults.every(isOver) ? "Clear" : "Stop";
    const rules = faults.map((rule) => element("li", isOver(rule) ? "over" : "", tell(rule)));
    this.once("rules", rules.map((item) => item.textContent).join("\n"), rules);
  }

  once(id, shown, children) {
    if (this.logs.get(id) === shown) return;
    this.logs.set(id, shown);
    this.part(id).replaceChildren(...children);
  }
}

function line(name, count, whose = "", tone = null) {
  const item = element("li", tone === null ? "total" : "");
  if (tone !== null) item.dataset.tone = tone;
  item.append(element("span", "", name), element("em", "", whose), element("b", "", count));
  return item;
}

function element(tag, className = "", text = "") {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.textContent = text;
  return made;
}

function sum(counts = {}) {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

function figure(count) {
  return Number(count ?? 0).toLocaleString("en");
}

function plural(count, one, many) {
  return `${figure(count)} ${count === 1 ? one : many}`;
}

// A request's path without what is the same in all of them.
function placeOf(path) {
  return path
    .replace(/\/?(\?.*)?$/, "")
    .replace(/^\/v4\/spreadsheets\/[^/:]+\/?/, "Sheets ")
    .replace(/^\/api\/v1\/public\/(lead-lists\/(?=\d))?/, "Seleqt ");
}

function people({ prospect_ids: ids }) {
  return plural(ids.length, "person", "people");
}

function clock(at) {
  return new Date(at).toLocaleTimeString("en-GB");
}
