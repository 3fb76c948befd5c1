// What can be done with rows and columns, as menu items: the words, and the edit behind each.

import { letters } from "./a1.js";
import { isWhole } from "./selection.js";

export function itemsFor(where, desk) {
  if (where === "letter") return columnItems(desk);
  if (where === "number") return rowItems(desk);
  if (where !== "cell") return [["Clear everything", () => desk.clear()]];
  return [...sortItems(desk), null, ...rowItems(desk), null, ["Clear", () => desk.clear()]];
}

function sortItems(desk) {
  const { column } = desk.selection;
  const letter = letters(column);
  return [
    [`Sort by column ${letter}, A to Z`, () => desk.send("sort", { column, descending: false })],
    [`Sort by column ${letter}, Z to A`, () => desk.send("sort", { column, descending: true })],
  ];
}

function rowItems(desk) {
  const { top: start, bottom } = desk.selection;
  const count = bottom - start + 1;
  const rows = count === 1 ? "row" : `${count} rows`;
  const last = desk.sheet.rowCount - 1;
  const every = isWhole(desk.selection, desk.sheet, "column");
  if (every) return [];
  return [
    [`Insert ${rows} above`, () => desk.send("insert_rows", { start, count })],
    [`Insert ${rows} below`, () => desk.send("insert_rows", { start: bottom + 1, count })],
    [`Move ${rows} up`, start > 0 && (() => desk.shift("rows", start, count, -1))],
    [`Move ${rows} down`, bottom < last && (() => desk.shift("rows", start, count, 1))],
    [`Delete ${rows}`, () => desk.send("delete_rows", { start, count })],
  ];
}

function columnItems(desk) {
  const { left: start, right } = desk.selection;
  const count = right - start + 1;
  const columns = count === 1 ? "column" : `${count} columns`;
  const last = desk.sheet.columnCount - 1;
  return [
    ...(count === 1 ? [...sortItems(desk), null, ["Rename header", () => desk.write(0, start)]] : []),
    [`Insert ${columns} left`, () => desk.send("insert_columns", { start, count })],
    [`Insert ${columns} right`, () => desk.send("insert_columns", { start: right + 1, count })],
    [`Move ${columns} left`, start > 0 && (() => desk.shift("columns", start, count, -1))],
    [`Move ${columns} right`, right < last && (() => desk.shift("columns", start, count, 1))],
    null,
    [`Delete ${columns}`, () => desk.send("delete_columns", { start, count })],
  ];
}
