// Talks to the sandbox's control API. Looking may overlap; meddling goes one request at a time, in
// the order of the hands that did it, because row numbers mean something only in that order.

export class Wire {
  constructor() {
    this.line = Promise.resolve();
  }

  state() {
    return ask("/control/state");
  }

  worksheet(spreadsheet, sheet) {
    return ask(`/control/worksheet?${new URLSearchParams({ spreadsheet, sheet })}`);
  }

  edit(spreadsheet, sheet, action, args) {
    return this.inTurn(() => post("/control/edit", { spreadsheet, sheet, action, args }));
  }

  plant(fault) {
    return this.inTurn(() => post("/control/faults", fault));
  }

  pullUp() {
    return this.inTurn(() => ask("/control/faults", { method: "DELETE" }));
  }

  inTurn(send) {
    const answer = this.line.then(send);
    this.line = answer.catch(() => {}); // a refused edit does not hold up the next one
    return answer;
  }
}

// No answer came: the sandbox has gone, or hung up.
export class Unreachable extends Error {}

// A refusal, in the API's own words.
export class Refused extends Error {
  constructor(status, words) {
    super(words);
    this.status = status;
  }
}

function post(path, body) {
  return ask(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
}

async function ask(path, options = {}) {
  const answer = await fetch(path, { cache: "no-store", ...options }).catch((problem) => {
    throw new Unreachable(problem.message);
  });
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(answer.status, body.error ?? `The sandbox answered ${answer.status}.`);
  return body;
}
