// Keyboard, mouse and clipboard, translated into what a person means. Knows no network.

import { at, between, covers, isWhole, step } from "./selection.js";
import { fromTsv, toTsv } from "./tsv.js";

const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

export class Hands {
  constructor(desk) {
    this.desk = desk;
    this.leaving = false; // after Escape the next Tab goes on to the rest of the page
    this.copied = null; // what this page last put on the clipboard, and from where
    const { grid } = desk.view;
    grid.addEventListener("keydown", (event) => this.key(event));
    grid.addEventListener("pointerdown", (event) => this.press(event));
    grid.addEventListener("dblclick", (event) => this.double(event));
    grid.addEventListener("contextmenu", (event) => this.ask(event));
    grid.addEventListener("click", (event) => this.click(event));
    for (const kind of ["copy", "cut", "paste"]) {
      document.addEventListener(kind, (event) => this.clipboard(event));
    }
  }

  key(event) {
    const { desk } = this;
    const { sheet, selection } = desk;
    if (!sheet || event.target.closest(".editor")) return;
    const ctrl = event.ctrlKey || event.metaKey;
    const { key } = event;
    const leaving = this.leaving;
    this.leaving = key === "Escape";
    const go = (row, column) => {
      if (event.shiftKey) desk.select(between(selection.row, selection.column, row, column));
      else desk.select(at(row, column));
    };
    const from = event.shiftKey ? [selection.toRow, selection.toColumn] : [selection.row, selection.column];
    if (ARROWS[key]) go(...step(sheet, ...from, ...ARROWS[key], ctrl));
    else if (key === "Home") go(ctrl ? 0 : from[0], 0);
    else if (key === "End") {
      const [lastRow, lastColumn] = sheet.lastFilled();
      go(ctrl ? lastRow : from[0], ctrl ? lastColumn : sheet.columnCount - 1);
    } else if (key === "PageDown" || key === "PageUp") {
      const rows = desk.view.rowsInSight() * (key === "PageDown" ? 1 : -1);
      go(Math.max(0, Math.min(from[0] + rows, sheet.rowCount - 1)), from[1]);
    } else if (key === "Tab") {
      if (leaving) return;
      desk.select(at(...step(sheet, selection.row, selection.column, 0, event.shiftKey ? -1 : 1)));
    } else if (key === "Enter" || key === "F2") {
      if (sheet.cell(selection.row, selection.column).kind === "tick") {
        desk.select(at(...step(sheet, selection.row, selection.column, event.shiftKey ? -1 : 1, 0)));
      } else desk.write(selection.row, selection.column);
    } else if (key === "Delete" || key === "Backspace") desk.clear();
    else if (key === "Escape") {
      this.copied = null;
      desk.markCut(null);
    } else if (key === "ContextMenu" || (key === "F10" && event.shiftKey)) desk.askAtCell();
    else if (ctrl && key.toLowerCase() === "z") desk.undo();
    else if (ctrl && key.toLowerCase() === "a") {
      desk.select(between(0, 0, sheet.rowCount - 1, sheet.columnCount - 1), false);
    } else if (ctrl || event.altKey) return;
    else if (key === " " && sheet.cell(selection.row, selection.column).kind === "tick") {
      desk.tick(selection.row, selection.column);
    } else if ([...key].length === 1 || key === "Process" || key === "Dead") {
      // The editor takes the focus now, so the key's own letter lands in it.
      if (sheet.cell(selection.row, selection.column).kind !== "tick") {
        desk.write(selection.row, selection.column, true);
      }
      return;
    } else return;
    event.preventDefault();
  }

  press(event) {
    const { desk } = this;
    const { sheet, view } = desk;
    const found = view.hit(event.target);
    if (!sheet || !found || event.target.closest(".editor")) return;
    event.preventDefault(); // keeps the focus on the grid, where the keys go
    view.grid.focus({ preventScroll: true });
    this.leaving = false;
    if (event.button !== 0 || event.target.type === "checkbox") {
      if (event.target.type === "checkbox") desk.select(at(found.row, found.column));
      return;
    }
    if (found.part === "grip") this.pull(event, found.column);
    else if (found.part === "corner") {
      desk.select(between(0, 0, sheet.rowCount - 1, sheet.columnCount - 1), false);
    } else this.drag(event, found);
  }

  drag(event, found) {
    const { desk } = this;
    const { selection } = desk;
    const start = event.shiftKey ? [selection.row, selection.column] : [found.row, found.column];
    const extend = (to) => {
      const { rowCount, columnCount } = desk.sheet;
      if (found.part === "letter") desk.select(between(0, start[1], rowCount - 1, to.column), false);
      else if (found.part === "number") desk.select(between(start[0], 0, to.row, columnCount - 1), false);
      else desk.select(between(...start, Math.max(0, to.row), Math.max(0, to.column)));
    };
    extend(found);
    let last = event.target;
    follow((move) => {
      const target = document.elementFromPoint(move.clientX, move.clientY);
      if (!target || target === last || !desk.view.grid.contains(target)) return;
      last = target;
      const to = desk.view.hit(target);
      if (to) extend(to);
    });
  }

  pull(event, column) {
    const { view } = this.desk;
    const width = view.widths[column];
    follow((move) => {
      view.pull(column, width + move.clientX - event.clientX);
      view.paint();
    });
  }

  click(event) {
    if (event.target.type !== "checkbox") {
      const found = this.desk.view.hit(event.target);
      const arrow = found?.part === "cell" && event.target.classList.contains("choice")
        && event.offsetX > event.target.clientWidth - 22;
      if (arrow && !event.shiftKey) this.desk.write(found.row, found.column);
      return;
    }
    event.preventDefault(); // the box shows what the sheet holds, once the sheet holds it
    const { row, column } = this.desk.view.hit(event.target);
    this.desk.tick(row, column);
  }

  double(event) {
    const found = this.desk.view.hit(event.target);
    if (found?.part === "cell" && event.target.type !== "checkbox") {
      if (this.desk.sheet.cell(found.row, found.column).kind !== "tick") {
        this.desk.write(found.row, found.column);
      }
    } else if (found?.part === "letter") this.desk.write(0, found.column);
    else if (found?.part === "grip") {
      this.desk.view.fit(found.column);
      this.desk.view.paint();
    }
  }

  ask(event) {
    const { desk } = this;
    const found = desk.view.hit(event.target);
    if (!found || event.target.closest(".editor")) return;
    event.preventDefault();
    const { selection, sheet } = desk;
    if (found.part === "letter" && !(isWhole(selection, sheet, "column") && covers(selection, 0, found.column))) {
      desk.select(between(0, found.column, sheet.rowCount - 1, found.column), false);
    } else if (found.part === "number" && !(isWhole(selection, sheet, "row") && covers(selection, found.row, 0))) {
      desk.select(between(found.row, 0, found.row, sheet.columnCount - 1), false);
    } else if (found.part === "cell" && !covers(selection, found.row, found.column)) {
      desk.select(at(found.row, found.column));
    }
    desk.ask(found.part, event.clientX, event.clientY);
  }

  clipboard(event) {
    const { desk } = this;
    if (document.activeElement !== desk.view.grid || !desk.sheet) return;
    event.preventDefault();
    if (event.type === "paste") {
      const text = event.clipboardData.getData("text/plain");
      if (!text) return;
      const own = this.copied && this.copied.text === text.replace(/\r\n?/g, "\n") ? this.copied : null;
      desk.paste(fromTsv(text), own);
      if (own?.cut) {
        this.copied = null;
        desk.markCut(null);
      }
      return;
    }
    const text = toTsv(desk.sheet.texts(desk.selection));
    event.clipboardData.setData("text/plain", text);
    const cut = event.type === "cut";
    this.copied = { ...desk.selection, key: desk.sheet.key, text, cut };
    desk.markCut(cut ? this.copied : null);
  }
}

function follow(move) {
  const stop = new AbortController();
  window.addEventListener("pointermove", move, { signal: stop.signal });
  for (const end of ["pointerup", "pointercancel", "blur"]) {
    window.addEventListener(end, () => stop.abort(), { signal: stop.signal });
  }
}
