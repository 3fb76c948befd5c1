// Bad luck at the press of a button: the fault the sandbox plants, and what it means to a newcomer.

export const TROUBLES = [
  {
    label: "Lose the next purchase’s answer",
    says: "Seleqt takes the credits, but its answer never arrives; nobody may be bought twice.",
    fault: { kind: "drop_after", vendor: "seleqt", method: "POST", path: "/enrichment/" },
  },
  {
    label: "Lose the next Sheets write’s answer",
    says: "The sheet changes, but the daemon is not told; it has to look before it writes again.",
    fault: {
      kind: "drop_after",
      vendor: "sheets",
      method: "POST",
      path: ":(batchUpdate|append|clear|batchClear)",
    },
  },
  {
    label: "Too many requests",
    says: "The next ten requests, to whomever, are turned away with a 429; the daemon should slow down.",
    fault: { kind: "429", next: 10 },
  },
  {
    label: "Google Sheets is out",
    says: "Every request to the sheet gets a 503 until you press Stop; nothing may get lost meanwhile.",
    fault: { kind: "503", vendor: "sheets", rate: 1 },
  },
  {
    label: "Seleqt is down",
    says: "Seleqt hangs up on every request until you press Stop; rows wait, and nothing is spent.",
    fault: { kind: "drop_before", vendor: "seleqt", rate: 1 },
  },
];

export function tell(rule) {
  const known = TROUBLES.find(({ fault }) =>
    ["kind", "method", "path", "next", "rate"].every((name) => (rule[name] ?? null) === (fault[name] ?? null))
    && rule.vendor === (fault.vendor ?? "any"));
  const name = known?.label ?? `Fault ${rule.kind}`;
  if (isOver(rule)) return `${name}: done`;
  if (rule.next > 1) return `${name}: ${rule.fired} of ${rule.next} so far`;
  return rule.fired ? `${name}: ${rule.fired} so far` : `${name}: waiting for it`;
}

export function isOver({ rate, nth, next, fired }) {
  return rate === null && fired >= (nth === null ? (next ?? 1) : 1);
}
