// Names of places, as people read them. Rows and columns count from zero everywhere else.

export function letters(column) {
  let text = "";
  for (let n = column; n >= 0; n = Math.floor(n / 26) - 1) {
    text = String.fromCharCode(65 + (n % 26)) + text;
  }
  return text;
}

export function name(row, column) {
  return `${letters(column)}${row + 1}`;
}

export function span({ top, left, bottom, right }) {
  const from = name(top, left);
  return top === bottom && left === right ? from : `${from}:${name(bottom, right)}`;
}
