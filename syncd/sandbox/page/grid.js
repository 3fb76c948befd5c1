// The page itself: one spreadsheet, one worksheet in sight, the meter beside it. Here the parts
// meet: the wire brings what the sandbox holds, the hands say what a person means.

import { name, span } from "./a1.js";
import { Editor } from "./editor.js";
import { Hands } from "./hands.js";
import { Menu } from "./menu.js";
import { itemsFor } from "./orders.js";
import { Panel } from "./panel.js";
import { at, between, step, within } from "./selection.js";
import { Drafts, changesBetween, readWorksheet, whereIs } from "./sheet.js";
import { Strip } from "./strip.js";
import { View } from "./view.js";
import { Refused, Unreachable, Wire } from "./wire.js";

const EVERY = 1000; // milliseconds between two looks at the sandbox
const SHARE = 2; // a look that took long is followed by a rest this many times as long
const SINGLE = new Set(["type", "tick", "rename_header", "rename_worksheet"]); // edits of one cell or name
const part = (id) => document.getElementById(id);

class Desk {
  constructor() {
    this.wire = new Wire();
    this.view = new View(part("grid"));
    this.drafts = new Drafts();
    this.sheet = null;
    this.spreadsheet = null; // its id
    this.sheetId = null;
    this.places = new Map(); // worksheet key -> where the person was in it
    this.editor = new Editor(this.view, {
      commit: (row, column, text) => this.type(row, column, text),
      close: (down, across) => this.stepBy(down, across),
    });
    this.menu = new Menu(part("menu"), () => this.view.grid.focus({ preventScroll: true }));
    this.strip = new Strip(part("strip"), {
      choose: (id) => this.turnTo(this.spreadsheet, id),
      rename: (id, title) => this.send("rename_worksheet", { title }, this.worksheet(id)),
      ask: (x, y, id, title) => this.askAboutWorksheet(x, y, id, title),
    });
    this.panel = new Panel(part("panel"), {
      plant: (fault) => this.meddle(this.wire.plant(fault)),
      pullUp: () => this.meddle(this.wire.pullUp()),
    });
    this.hands = new Hands(this);
  }

  get selection() {
    return this.view.selection;
  }

  worksheet(id) {
    return { spreadsheet: this.spreadsheet, id };
  }

  // --- looking

  async look() {
    // One look at a time; a look asked for meanwhile follows, because it may have missed the change.
    if (this.looking) {
      this.again = true;
      return this.looking;
    }
    this.looking = this.lookOnce();
    try {
      await this.looking;
      this.tellLink("live", "Live");
    } catch (problem) {
      this.tellTrouble(problem);
    } finally {
      this.looking = null;
    }
    if (this.again) {
      this.again = false;
      await this.look();
    }
  }

  tellTrouble(problem) {
    if (problem instanceof Unreachable) this.tellLink("lost", "Sandbox gone");
    else if (!(problem instanceof Refused)) throw problem;
    else if (problem.status >= 500) this.complain(problem.message);
    // A worksheet deleted between two questions is no trouble: the next look finds another one.
  }

  async lookOnce() {
    const state = await this.wire.state();
    this.panel.show(state);
    const file = state.spreadsheets.find(({ id }) => id === this.spreadsheet) ?? state.spreadsheets[0];
    this.showFiles(state.spreadsheets, file);
    if (!file) return;
    const leaf = file.worksheets.find(({ sheet_id: id }) => id === this.sheetId) ?? file.worksheets[0];
    this.spreadsheet = file.id;
    this.sheetId = leaf.sheet_id;
    this.strip.show(file.worksheets, this.sheetId);
    const key = keyOf(file.id, leaf.sheet_id);
    const same = this.sheet?.key === key;
    if (same && this.sheet.version === file.version) {
      this.drafts.settle(key, file.version); // an edit that changed nothing brings no snapshot
      this.view.paint();
      return;
    }
    const answer = await this.wire.worksheet(file.id, leaf.sheet_id);
    if (key !== keyOf(this.spreadsheet, this.sheetId)) return; // turned to another meanwhile
    this.take(readWorksheet(answer, key, this.drafts));
  }

  take(sheet) {
    const before = this.sheet?.key === sheet.key ? this.sheet : null;
    if (before) this.update(before, sheet);
    else this.enter(sheet);
    this.tellCell();
    part("extent").textContent = `${sheet.rowCount.toLocaleString("en")} rows`;
    part("grid").setAttribute("aria-label", `Worksheet ${sheet.title}`);
  }

  enter(sheet) {
    if (this.sheet) this.leave();
    this.editor.finish(0, 0, false); // only a draft whose worksheet somebody deleted is still open
    this.sheet = sheet;
    const place = this.places.get(sheet.key);
    this.view.selection = within(place?.selection ?? at(0, 0), sheet);
    this.view.show(sheet);
    this.view.grid.scrollTo(...(place?.scroll ?? [0, 0]));
  }

  // The same worksheet, newer: the selection and a draft stay with their row when others move it.
  update(before, sheet) {
    const own = this.drafts.isOwn(before);
    const changes = changesBetween(before, sheet, [...this.view.drawn.keys()]);
    const { row, column, toRow, toColumn } = this.selection;
    const down = own ? 0 : whereIs(before, sheet, row) - row;
    this.drafts.settle(sheet.key, sheet.version);
    this.sheet = sheet;
    this.view.selection = within(between(row + down, column, toRow + down, toColumn), sheet);
    this.view.show(sheet);
    this.view.flash(changes);
    if (this.editor.isOpen) this.editor.moveTo(this.selection.row, column);
  }

  leave() {
    const { scrollLeft, scrollTop } = this.view.grid;
    this.places.set(this.sheet.key, { selection: this.selection, scroll: [scrollLeft, scrollTop] });
  }

  turnTo(spreadsheet, sheetId) {
    if (spreadsheet === this.spreadsheet && sheetId === this.sheetId) return;
    this.editor.finish(0, 0);
    this.spreadsheet = spreadsheet;
    this.sheetId = sheetId;
    this.look();
  }

  showFiles(files, current) {
    const chooser = part("spreadsheet");
    const shown = JSON.stringify([files.map(({ id, title }) => [id, title]), current?.id]);
    if (shown === this.filesShown || document.activeElement === chooser) return;
    this.filesShown = shown;
    chooser.replaceChildren(...files.map(({ id, title }) => new Option(title, id, false, id === current.id)));
    chooser.disabled = files.length < 2;
    document.title = current ? `${current.title} · syncd sandbox` : "syncd sandbox";
  }

  tellLink(state, words) {
    const link = part("link");
    if (link.dataset.state === state) return;
    link.dataset.state = state;
    link.textContent = words;
  }

  tellCell() {
    const { selection, sheet } = this;
    part("place").textContent = span(selection);
    part("whole").textContent = sheet.cell(selection.row, selection.column).text.replaceAll("\n", " ⏎ ");
    const status = sheet.statusOf(selection.row);
    part("told").textContent = status && `Status: ${status}`;
    part("told").title = status;
  }

  // --- selecting and writing

  select(selection, follow = true) {
    this.view.selection = within(selection, this.sheet);
    if (follow) this.view.reveal(this.selection.toRow, this.selection.toColumn);
    this.view.paint();
    this.tellCell();
  }

  stepBy(down, across) {
    const { row, column } = this.selection;
    this.select(at(...step(this.sheet, row, column, down, across)), Boolean(down || across));
  }

  write(row, column, typing = false) {
    const cell = this.sheet.cell(row, column);
    this.select(at(row, column));
    this.editor.open({
      row,
      column,
      text: cell.input,
      label: name(row, column),
      choices: cell.choices,
      typing,
    });
  }

  type(row, column, text) {
    const action = row === 0 ? "rename_header" : "type";
    const args = row === 0 ? { column, text } : { row, column, text };
    const cell = { ...this.sheet.cell(row, column), text, input: text };
    this.draft(row, column, cell, this.send(action, args));
  }

  tick(row, column) {
    const before = this.sheet.cell(row, column);
    const checked = !before.ticked;
    const cell = { ...before, ticked: checked, text: checked ? "TRUE" : "FALSE" };
    this.draft(row, column, cell, this.send("tick", { row, column, checked }));
  }

  clear() {
    this.send("clear", box(this.selection));
  }

  undo() {
    this.send("undo", {});
  }

  markCut(rectangle) {
    this.view.cutting = rectangle;
    this.view.paint();
  }

  // Cells copied on this page come with all they have; text from elsewhere is typed in.
  paste(rows, own) {
    const { top: row, left: column, bottom, right } = this.selection;
    const width = Math.max(...rows.map((texts) => texts.length));
    this.select(between(row, column, row + rows.length - 1, column + width - 1), false);
    if (own && own.key === this.sheet.key) {
      const action = own.cut ? "cut_paste" : "copy_paste";
      this.send(action, { ...box(own), to_row: row, to_column: column });
      return;
    }
    if (rows.length === 1 && width === 1 && (bottom > row || right > column)) {
      const line = Array(right - column + 1).fill(rows[0][0]);
      this.send("paste", { row, column, rows: Array(bottom - row + 1).fill(line) });
      this.select(between(row, column, bottom, right), false);
    } else this.send("paste", { row, column, rows });
  }

  // Show the edit at once; the sandbox has the last word.
  draft(row, column, cell, sent) {
    this.drafts.hold(this.sheet.key, row, column, cell, sent).then(() => this.repaint());
    this.repaint();
  }

  repaint() {
    this.view.paint();
    this.tellCell();
  }

  // Every edit goes through here: in order, and refused out loud.
  // The worksheet is the one on the screen, which while turning to another is still the old one.
  send(action, args, { spreadsheet, id } = this.sheet) {
    const sent = this.wire.edit(spreadsheet, id, action, args);
    if (!SINGLE.has(action)) this.drafts.move(keyOf(spreadsheet, id), sent);
    return this.meddle(sent);
  }

  // Move whole rows or columns by one; the selection goes along.
  shift(what, start, count, by) {
    this.send(`move_${what}`, { start, count, to: by > 0 ? start + count + 1 : start - 1 });
    const { row, column, toRow, toColumn } = this.selection;
    const [down, across] = what === "rows" ? [by, 0] : [0, by];
    this.select(between(row + down, column + across, toRow + down, toColumn + across), false);
  }

  meddle(sent) {
    sent.then(() => this.look(), (problem) => {
      const refused = problem instanceof Refused;
      this.complain(refused ? problem.message : "No answer came: whether this edit was made is unknown.");
      this.look();
    });
    return sent;
  }

  complain(words) {
    const notice = part("notice");
    notice.textContent = words;
    notice.hidden = false;
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      notice.hidden = true;
    }, 6000);
  }

  // --- menus

  ask(where, x, y) {
    this.menu.open(x, y, itemsFor(where, this));
  }

  askAtCell() {
    const box = this.view.grid.querySelector(".cell.active")?.getBoundingClientRect();
    if (box) this.ask("cell", box.left, box.bottom);
  }

  askAboutWorksheet(x, y, id, title) {
    this.menu.open(x, y, [
      ["Rename", () => this.strip.rename(this.strip.current())],
      ["Duplicate", () => this.send("duplicate_worksheet", {}, this.worksheet(id))],
      null,
      ["Delete", () => {
        if (window.confirm(`Delete the worksheet “${title}” and all it holds?`)) {
          this.send("delete_worksheet", {}, this.worksheet(id));
        }
      }],
    ]);
  }
}

function keyOf(spreadsheet, sheetId) {
  return `${spreadsheet}/${sheetId}`;
}

function box({ top, left, bottom, right }) {
  return { start_row: top, end_row: bottom + 1, start_column: left, end_column: right + 1 };
}

const desk = new Desk();

part("undo").addEventListener("click", () => {
  desk.undo();
  desk.view.grid.focus({ preventScroll: true });
});
part("spreadsheet").addEventListener("change", (event) => {
  event.target.blur();
  desk.turnTo(event.target.value, null);
});

function fold(open) {
  part("panel").hidden = !open;
  part("fold").setAttribute("aria-expanded", open);
}
part("fold").addEventListener("click", () => fold(part("panel").hidden));
fold(window.innerWidth > 900);

// A hidden page asks nothing; coming back it looks at once.
document.addEventListener("visibilitychange", () => document.hidden || desk.look());
async function keepLooking() {
  const start = performance.now();
  try {
    if (!document.hidden) await desk.look();
  } finally {
    setTimeout(keepLooking, Math.max(EVERY, SHARE * (performance.now() - start)));
  }
}
await keepLooking();
desk.view.grid.focus({ preventScroll: true });
