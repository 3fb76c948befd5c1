// What is selected: a rectangle with one active cell in a corner of it. Plain data, never changed.

export function at(row, column) {
  return { row, column, toRow: row, toColumn: column, top: row, left: column, bottom: row, right: column };
}

export function between(row, column, toRow, toColumn) {
  return {
    row,
    column,
    toRow,
    toColumn,
    top: Math.min(row, toRow),
    left: Math.min(column, toColumn),
    bottom: Math.max(row, toRow),
    right: Math.max(column, toColumn),
  };
}

export function covers({ top, left, bottom, right }, row, column) {
  return row >= top && row <= bottom && column >= left && column <= right;
}

export function within(selection, sheet) {
  const row = (r) => Math.max(0, Math.min(r, sheet.rowCount - 1));
  const column = (c) => Math.max(0, Math.min(c, sheet.columnCount - 1));
  return between(
    row(selection.row),
    column(selection.column),
    row(selection.toRow),
    column(selection.toColumn),
  );
}

// One step of the keyboard from a cell; `far` jumps to the edge of the data, as spreadsheets do.
export function step(sheet, row, column, down, across, far) {
  const inside = (r, c) => r >= 0 && c >= 0 && r < sheet.rowCount && c < sheet.columnCount;
  const full = (r, c) => inside(r, c) && sheet.cell(r, c).text !== "";
  let r = row + down;
  let c = column + across;
  if (!inside(r, c)) return [row, column];
  if (!far) return [r, c];
  const run = full(row, column) && full(r, c);
  while (inside(r + down, c + across)) {
    if (run ? !full(r + down, c + across) : full(r, c)) break;
    r += down;
    c += across;
  }
  return [r, c];
}

export function isWhole(selection, sheet, what) {
  return what === "column"
    ? selection.top === 0 && selection.bottom === sheet.rowCount - 1
    : selection.left === 0 && selection.right === sheet.columnCount - 1;
}
