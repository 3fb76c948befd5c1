// The names of the worksheets, along the bottom. A double click (or F2) renames one in place.

export class Strip {
  constructor(element, { choose, rename, ask }) {
    this.element = element;
    this.deeds = { choose, rename };
    this.renaming = false;
    this.shown = "";
    element.addEventListener("click", (event) => {
      const leaf = event.target.closest(".leaf");
      if (leaf && !this.renaming) choose(Number(leaf.dataset.sheet));
    });
    element.addEventListener("dblclick", (event) => {
      const leaf = event.target.closest(".leaf");
      if (leaf) this.rename(leaf);
    });
    element.addEventListener("contextmenu", (event) => {
      const leaf = event.target.closest(".leaf");
      if (!leaf || this.renaming) return;
      event.preventDefault();
      choose(Number(leaf.dataset.sheet));
      ask(event.clientX, event.clientY, Number(leaf.dataset.sheet), leaf.textContent);
    });
    element.addEventListener("keydown", (event) => this.key(event));
  }

  show(worksheets, current) {
    const shown = JSON.stringify([worksheets, current]);
    if (this.renaming || shown === this.shown) return; // a name being written is left in peace
    this.shown = shown;
    const focused = this.element.contains(document.activeElement);
    const leaves = worksheets.map(({ sheet_id: id, title }) => {
      const leaf = document.createElement("button");
      leaf.type = "button";
      leaf.className = "leaf";
      leaf.dataset.sheet = id;
      leaf.setAttribute("role", "tab");
      leaf.setAttribute("aria-controls", "grid");
      leaf.setAttribute("aria-selected", id === current);
      leaf.tabIndex = id === current ? 0 : -1;
      leaf.textContent = title;
      return leaf;
    });
    // A double click needs both clicks on one element, so leaves that still fit are kept.
    const old = [...this.element.children];
    leaves.forEach((leaf, i) => {
      if (old[i]?.dataset.sheet === leaf.dataset.sheet) {
        const kept = old[i];
        kept.setAttribute("aria-selected", leaf.getAttribute("aria-selected"));
        kept.tabIndex = leaf.tabIndex;
        if (kept.textContent !== leaf.textContent) kept.textContent = leaf.textContent;
        leaves[i] = kept;
      }
    });
    if (leaves.length !== old.length || leaves.some((leaf, i) => leaf !== old[i])) {
      this.element.replaceChildren(...leaves);
    }
    if (focused) this.current()?.focus();
  }

  current() {
    return this.element.querySelector('[aria-selected="true"]');
  }

  key(event) {
    const leaves = [...this.element.children];
    const here = leaves.indexOf(event.target);
    if (here < 0) return;
    const to = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: leaves.length - 1 }[event.key];
    if (to !== undefined) leaves[(to + leaves.length) % leaves.length].click();
    else if (event.key === "F2") this.rename(event.target);
    else return;
    event.preventDefault();
  }

  rename(leaf) {
    if (this.renaming) return;
    this.renaming = true;
    const before = leaf.textContent;
    const input = document.createElement("input");
    input.value = before;
    input.setAttribute("aria-label", "Worksheet name");
    leaf.replaceChildren(input);
    input.select();
    input.focus();
    const end = (keep) => {
      if (!this.renaming) return;
      this.renaming = false;
      const title = input.value.trim();
      leaf.textContent = before;
      this.shown = "";
      if (keep && title && title !== before) this.deeds.rename(Number(leaf.dataset.sheet), title);
    };
    input.addEventListener("blur", () => end(true));
    input.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.isComposing || (event.key !== "Enter" && event.key !== "Escape")) return;
      event.preventDefault();
      end(event.key === "Enter");
      leaf.focus();
    });
    // A space would press the button the field stands in.
    input.addEventListener("keyup", (event) => event.preventDefault());
    input.addEventListener("click", (event) => event.stopPropagation());
  }
}
