// Draws a worksheet. Only the rows in sight stand in the document (and the active one, because
// the focus points at it), so fifty thousand rows cost what forty cost.

import { letters, name } from "./a1.js";
import { covers } from "./selection.js";
import { STATUS } from "./sheet.js";

const ROW = 30; // pixels, as --row in grid.css
const GUTTER = 52; // pixels, as --gutter
const SPARE = 8; // rows drawn beyond either edge, so that a fast scroll shows no gap
const SENTENCE = 400; // pixels for a column of sentences
const WORDS = 116; // pixels of text a column shows at first, unless it offers a choice
const LINK = 84; // the same for addresses of web pages, whose beginnings are all alike
const MAIL = 176; // and for what was bought
const MEASURED = 200; // rows looked at for a column's first width
const FRESH = 2400; // milliseconds, as the animation in grid.css

export class View {
  constructor(grid) {
    this.grid = grid;
    this.canvas = grid.querySelector(".canvas");
    this.head = grid.querySelector(".head");
    this.body = grid.querySelector(".body");
    this.sheet = null;
    this.selection = null;
    this.cutting = null;
    this.drawn = new Map(); // row number -> its element
    this.fresh = new Map(); // "row:column" -> when its tint has faded
    this.widths = [];
    this.pulled = new Map(); // "worksheet:column header" -> width a person dragged
    grid.addEventListener("scroll", () => this.paint(), { passive: true });
    new ResizeObserver(() => this.paint()).observe(grid);
  }

  show(sheet) {
    const same = this.sheet && this.sheet.key === sheet.key;
    this.sheet = sheet;
    this.measure(same ? this.widths : []);
    this.grid.setAttribute("aria-rowcount", sheet.rowCount + 1);
    this.grid.setAttribute("aria-colcount", sheet.columnCount + 1);
    this.body.style.height = `${(sheet.rowCount - sheet.frozen) * ROW}px`;
    if (!same) {
      this.fresh.clear();
      this.clear();
      this.grid.scrollTo(0, 0);
    }
    this.paint();
  }

  // A column keeps its first width while its header stays: results must not push the page about.
  measure(before) {
    const { sheet } = this;
    const shape = `${sheet.columnCount}:${sheet.frozen}`;
    this.widths = Array.from({ length: sheet.columnCount }, (_, c) => {
      const header = sheet.cell(0, c).text;
      const pulled = this.pulled.get(`${sheet.key}:${header || c}`);
      if (pulled) return pulled;
      const known = before[c];
      return known && before.headers[c] === header ? known : breadth(sheet, c);
    });
    this.widths.headers = this.widths.map((_, c) => sheet.cell(0, c).text);
    this.canvas.style.setProperty(
      "--columns",
      `${GUTTER}px ${this.widths.map((width) => `${width}px`).join(" ")}`,
    );
    this.canvas.style.setProperty("--width", `${this.left(sheet.columnCount)}px`);
    if (shape !== this.shape) this.clear();
    this.shape = shape;
  }

  pull(column, width) {
    const header = this.sheet.cell(0, column).text || column;
    this.pulled.set(`${this.sheet.key}:${header}`, Math.min(900, Math.max(36, Math.round(width))));
    this.measure(this.widths);
  }

  // Make a column as wide as what stands in it, in the rows in sight.
  fit(column) {
    const texts = [...this.drawn.keys()].map((r) => this.sheet.cell(r, column).text);
    this.pull(column, 24 + Math.max(...texts.map((text) => inked(text, "600 "))));
  }

  clear() {
    this.drawn.clear();
    for (const row of this.canvas.querySelectorAll(".row")) row.remove();
  }

  left(column) {
    return this.widths.slice(0, column).reduce((sum, width) => sum + width, GUTTER);
  }

  top(row) {
    return (row < this.sheet.frozen ? row : row - this.sheet.frozen) * ROW;
  }

  rowsInSight() {
    return Math.max(1, Math.floor((this.grid.clientHeight - this.head.offsetHeight) / ROW));
  }

  paint() {
    const { sheet } = this;
    if (!sheet) return;
    if (!this.head.querySelector(".letters")) this.head.prepend(lettersRow(sheet));
    const first = sheet.frozen + Math.floor(this.grid.scrollTop / ROW) - SPARE;
    const last = first + this.rowsInSight() + 2 * SPARE + 1;
    const wanted = new Set();
    for (let r = 0; r < sheet.frozen; r += 1) wanted.add(r);
    for (let r = Math.max(first, sheet.frozen); r <= Math.min(last, sheet.rowCount - 1); r += 1) {
      wanted.add(r);
    }
    if (this.selection && this.selection.row < sheet.rowCount) wanted.add(this.selection.row);
    for (const [r, element] of this.drawn) {
      if (!wanted.has(r)) {
        element.remove();
        this.drawn.delete(r);
      }
    }
    for (const r of wanted) {
      let element = this.drawn.get(r);
      if (!element) {
        element = emptyRow(r, sheet.columnCount);
        if (r >= sheet.frozen) element.style.transform = `translateY(${this.top(r)}px)`;
        (r < sheet.frozen ? this.head : this.body).append(element);
        this.drawn.set(r, element);
      }
      this.paintRow(element, r);
    }
    this.paintHeads();
  }

  paintRow(element, r) {
    const now = performance.now();
    for (let c = 0; c < this.sheet.columnCount; c += 1) {
      const box = element.children[c + 1];
      const cell = this.sheet.cell(r, c);
      const state = this.stateOf(r, c, now);
      if (box.cell !== cell) {
        fill(box, cell, name(r, c));
        box.cell = cell;
        box.state = null;
      }
      if (box.state !== state) {
        box.className = `cell ${cell.kind} ${state}`;
        box.setAttribute("aria-selected", state.includes("held"));
        box.state = state;
      }
    }
  }

  stateOf(r, c, now) {
    const { selection } = this;
    let state = this.sheet.isWaiting(r, c) ? "waiting " : "";
    if (selection && covers(selection, r, c)) {
      state += selection.row === r && selection.column === c ? "held active " : "held ";
    }
    if (this.cutting && this.cutting.key === this.sheet.key && covers(this.cutting, r, c)) {
      state += "cutting ";
    }
    if (this.sheet.hiddenRows.has(r) || this.sheet.hiddenColumns.has(c)) state += "hushed ";
    const { look } = this.sheet.cell(r, c);
    if (look.background) state += "tinted ";
    if (look.colour) state += "shaded ";
    if (look.note) state += "noted ";
    if (this.fresh.get(`${r}:${c}`) > now) state += "fresh";
    return state;
  }

  paintHeads() {
    const { selection } = this;
    for (const [r, element] of this.drawn) {
      const held = selection && r >= selection.top && r <= selection.bottom;
      element.firstChild.classList.toggle("held", Boolean(held));
    }
    const row = this.head.querySelector(".letters");
    for (let c = 0; c < this.sheet.columnCount; c += 1) {
      const held = selection && c >= selection.left && c <= selection.right;
      row.children[c + 1].classList.toggle("held", Boolean(held));
    }
    const active = selection && this.drawn.has(selection.row);
    if (active) {
      this.grid.setAttribute("aria-activedescendant", idOf(selection.row, selection.column));
    } else this.grid.removeAttribute("aria-activedescendant");
  }

  // Tint the cells that somebody else changed.
  flash(changes) {
    const now = performance.now();
    for (const [key, until] of this.fresh) if (until <= now) this.fresh.delete(key);
    if (!changes.length) return;
    for (const [r, c] of changes) {
      this.fresh.set(`${r}:${c}`, now + FRESH);
      const box = this.drawn.get(r)?.children[c + 1];
      if (box?.classList.contains("fresh")) {
        for (const animation of box.getAnimations()) animation.currentTime = 0;
      }
    }
    this.paint();
    setTimeout(() => this.paint(), FRESH + 50);
  }

  reveal(r, c) {
    const { grid } = this;
    if (r >= this.sheet.frozen) {
      const room = grid.clientHeight - this.head.offsetHeight;
      const top = this.top(r);
      if (top < grid.scrollTop) grid.scrollTop = top;
      else if (top + ROW > grid.scrollTop + room) grid.scrollTop = top + ROW - room;
    }
    const left = this.left(c);
    const width = this.widths[c];
    if (left - GUTTER < grid.scrollLeft) grid.scrollLeft = left - GUTTER;
    else if (left + width > grid.scrollLeft + grid.clientWidth) {
      grid.scrollLeft = Math.min(left - GUTTER, left + width - grid.clientWidth);
    }
  }

  // Where an editor for this cell lies: the layer to put it in, and its box inside that layer.
  placeOf(r, c) {
    const frozen = r < this.sheet.frozen;
    return {
      layer: frozen ? this.head : this.body,
      left: this.left(c),
      top: this.top(r) + (frozen ? this.head.querySelector(".letters").offsetHeight : 0),
      width: this.widths[c],
      height: ROW,
    };
  }

  // What lies under the pointer: {part: "cell" | "letter" | "number" | "corner" | "grip", row, column}.
  hit(target) {
    const box = target.closest?.(".cell, .letter, .number, .corner");
    if (!box) return null;
    const column = [...box.parentNode.children].indexOf(box) - 1;
    const row = Number(box.parentNode.getAttribute("aria-rowindex")) - 2;
    if (target.classList.contains("grip")) return { part: "grip", row, column };
    return { part: box.classList[0], row, column };
  }
}

// A column's first width in pixels, from its header and the first rows. Long words are cut short, so
// that what the daemon answers stands on the screen too; the selected cell shows whole above.
function breadth(sheet, column) {
  const wished = sheet.wished[column];
  if (wished) return Math.max(36, wished);
  const header = sheet.cell(0, column).text;
  if (STATUS.test(header)) return SENTENCE;
  const most = sheet.raw[0]?.filter(Boolean).length > 4 ? WORDS : SENTENCE; // two columns have room
  let widest = 0;
  let ticks = false;
  for (let r = 1; r < Math.min(sheet.raw.length, MEASURED); r += 1) {
    const { text, kind, choices } = sheet.cell(r, column);
    if (kind === "tick") ticks = true;
    else if (/^https?:/.test(text)) widest = Math.max(widest, LINK);
    else widest = Math.max(widest, Math.min(text.includes("@") ? MAIL : most, inked(text)));
    for (const choice of choices ?? []) widest = Math.max(widest, inked(choice) + 14);
  }
  // A column with a header and nothing below waits for results: an address, a phone, a date.
  const waits = header && !ticks && !widest;
  const body = waits ? WORDS : widest;
  return Math.ceil(Math.max(72, 20 + inked(header, "600 "), 20 + body));
}

const pen = document.createElement("canvas").getContext("2d");

function inked(text, weight = "") {
  const { fontSize, fontFamily } = getComputedStyle(document.body);
  pen.font = `${weight}${fontSize} ${fontFamily}`;
  return pen.measureText(text.slice(0, 80)).width;
}

function idOf(r, c) {
  return `cell-${r}-${c}`;
}

function lettersRow(sheet) {
  const row = document.createElement("div");
  row.className = "row letters";
  row.setAttribute("role", "row");
  row.setAttribute("aria-rowindex", 1);
  const corner = document.createElement("div");
  corner.className = "corner";
  corner.setAttribute("role", "columnheader");
  corner.setAttribute("aria-label", "Select everything");
  row.append(corner);
  for (let c = 0; c < sheet.columnCount; c += 1) {
    const letter = document.createElement("div");
    letter.className = "letter";
    letter.setAttribute("role", "columnheader");
    letter.setAttribute("aria-colindex", c + 2);
    letter.textContent = letters(c);
    const grip = document.createElement("span");
    grip.className = "grip";
    letter.append(grip);
    row.append(letter);
  }
  return row;
}

function emptyRow(r, columns) {
  const row = document.createElement("div");
  row.className = "row";
  row.setAttribute("role", "row");
  row.setAttribute("aria-rowindex", r + 2);
  const number = document.createElement("div");
  number.className = "number";
  number.setAttribute("role", "rowheader");
  number.textContent = r + 1;
  row.append(number);
  for (let c = 0; c < columns; c += 1) {
    const box = document.createElement("div");
    box.id = idOf(r, c);
    box.setAttribute("role", "gridcell");
    box.setAttribute("aria-colindex", c + 2);
    row.append(box);
  }
  return row;
}

function fill(box, cell, place) {
  dress(box, cell.look);
  if (cell.kind !== "tick") {
    box.textContent = cell.text; // never markup: whatever a cell holds, it is text
    return;
  }
  let tick = box.querySelector("input");
  if (!tick) {
    tick = document.createElement("input");
    tick.type = "checkbox";
    tick.tabIndex = -1;
    box.replaceChildren(tick);
  }
  tick.checked = cell.ticked;
  tick.setAttribute("aria-label", place);
}

function dress(box, { bold, background, colour, note }) {
  box.style.fontWeight = bold ? "600" : "";
  box.style.setProperty("--tint", background ?? "");
  box.style.setProperty("--shade", colour ?? "");
  if (note) box.title = note;
  else box.removeAttribute("title");
}
