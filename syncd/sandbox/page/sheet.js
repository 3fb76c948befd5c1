// A worksheet as the page holds it: one snapshot, plus what the person wrote since and the sandbox
// has not shown yet. Also what is different between two snapshots.

export const STATUS = /status/i; // the header of the column where the daemon writes its sentences
const FIGURE = /^[-−]?[\d.,\u00a0]*\d[\d.,]*%?$/;
const MISTAKE = /^#(REF|N\/A|NAME|VALUE|DIV\/0|NUM|NULL|ERROR)[!?]?$/;

// The control API's answer as a Sheet. Cells are read when they are first looked at: of fifty
// thousand rows most never are.
export function readWorksheet(answer, key, drafts) {
  return new Sheet(answer, key, drafts);
}

class Sheet {
  constructor({ spreadsheet, sheet_id: id, title, version, snapshot }, key, drafts) {
    Object.assign(this, { spreadsheet, id, title, version, key, drafts });
    this.raw = snapshot.rows; // texts, ragged: empty cells at the end are missing
    this.details = snapshot.cells; // "row,column" -> what is more than plain text
    this.rowCount = snapshot.row_count;
    this.columnCount = snapshot.column_count;
    this.frozen = Math.min(this.rowCount, Math.max(1, snapshot.frozen_rows)); // headers stay in sight
    this.wished = snapshot.column_widths; // "column" -> pixels
    // What a spreadsheet would hide stands here faded: this page is for looking behind the scenes.
    this.hiddenRows = new Set(snapshot.hidden_rows);
    this.hiddenColumns = new Set(snapshot.hidden_columns);
    this.read = new Map(); // row -> its cells
  }

  cell(row, column) {
    const draft = this.drafts.of(this.key, row, column);
    if (draft) return draft;
    let cells = this.read.get(row);
    if (!cells) this.read.set(row, (cells = []));
    cells[column] ??= readCell(this.raw[row]?.[column] ?? "", this.details[`${row},${column}`]);
    return cells[column];
  }

  isWaiting(row, column) {
    return this.drafts.of(this.key, row, column) !== undefined;
  }

  // The sentence the daemon wrote into a row, which may stand far to the right of what is in sight.
  statusOf(row) {
    const column = (this.raw[0] ?? []).findIndex((text) => STATUS.test(text));
    return row > 0 && column >= 0 ? this.cell(row, column).text : "";
  }

  texts({ top, left, bottom, right }) {
    const rows = [];
    for (let r = top; r <= bottom; r += 1) {
      const row = [];
      for (let c = left; c <= right; c += 1) row.push(this.cell(r, c).text);
      rows.push(row);
    }
    return rows;
  }

  lastFilled() {
    const widest = this.raw.reduce((most, row) => Math.max(most, row.length), 1);
    return [Math.max(0, this.raw.length - 1), widest - 1];
  }
}

const EMPTY = Object.freeze({ text: "", input: "", kind: "text", ticked: false, choices: null, look: {} });

function readCell(text, details) {
  if (!details) return text === "" ? EMPTY : { ...EMPTY, text, input: text, kind: kindOf(text) };
  const { checkbox, options, formula } = details;
  return {
    text,
    input: formula ?? text,
    kind: checkbox !== undefined ? "tick" : options ? "choice" : kindOf(text),
    ticked: checkbox === true,
    choices: options ?? null,
    look: details,
  };
}

function kindOf(text) {
  return FIGURE.test(text) ? "figure" : MISTAKE.test(text) ? "mistake" : "text";
}

// What the person did and the sandbox has not shown yet, so that a cell never blinks back.
export class Drafts {
  constructor() {
    this.cells = new Map(); // "worksheet:row:column" -> {cell, version}; version null: not answered
    this.moves = new Set(); // own edits that change many cells: {key, version}
  }

  of(key, row, column) {
    return this.cells.get(`${key}:${row}:${column}`)?.cell;
  }

  // Show a cell as the person left it until a snapshot from after the edit has come.
  hold(key, row, column, cell, sent) {
    const place = `${key}:${row}:${column}`;
    const draft = { cell, version: Infinity };
    this.cells.set(place, draft);
    return sent.then(
      ({ version }) => {
        draft.version = version;
      },
      () => {
        if (this.cells.get(place) === draft) this.cells.delete(place);
      },
    );
  }

  // Remember an edit of one's own, so that its many changes are not tinted as somebody else's.
  move(key, sent) {
    const move = { key, version: Infinity };
    this.moves.add(move);
    sent.then(
      ({ version }) => {
        move.version = version;
      },
      () => this.moves.delete(move),
    );
  }

  isOwn(before) {
    return [...this.moves].some(({ key, version }) => key === before.key && version > before.version);
  }

  settle(key, version) {
    for (const [place, draft] of this.cells) {
      if (place.startsWith(`${key}:`) && draft.version <= version) this.cells.delete(place);
    }
    for (const move of this.moves) if (move.key === key && move.version <= version) this.moves.delete(move);
  }
}

// The cells of these rows that somebody else changed. A row that only moved has not changed.
export function changesBetween(before, after, rows) {
  if (before.columnCount !== after.columnCount || after.drafts.isOwn(before)) return [];
  const other = rows.filter((r) => !alike(before.raw[r], after.raw[r]));
  const known = new Set(other.length > 3 ? before.raw.map(signature) : []);
  return other
    .filter((r) => !known.has(signature(after.raw[r] ?? [])))
    .flatMap((r) => differences(before.raw[r] ?? [], after.raw[r] ?? []).map((c) => [r, c]))
    .filter(([r, c]) => !after.drafts.of(after.key, r, c));
}

// Where a row of the snapshot before stands in the one after: it may have been moved or sorted away.
// A row changed in place, or one that stands there twice, is taken to have stayed.
export function whereIs(before, after, row) {
  const was = before.raw[row];
  if (!was || signature(was).trim() === "" || alike(was, after.raw[row])) return row;
  const found = [];
  after.raw.forEach((raw, r) => alike(was, raw) && found.push(r));
  return found.length === 1 ? found[0] : row;
}

function alike(one, other) {
  return differences(one ?? [], other ?? []).length === 0;
}

function differences(one, other) {
  const found = [];
  for (let c = 0; c < Math.max(one.length, other.length); c += 1) {
    if ((one[c] ?? "") !== (other[c] ?? "")) found.push(c);
  }
  return found;
}

function signature(row) {
  return row.join("\t");
}
