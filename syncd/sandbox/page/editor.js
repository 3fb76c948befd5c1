// The one cell being written. It keeps its draft whatever happens to the sheet underneath.

export class Editor {
  constructor(view, { commit, close }) {
    this.view = view;
    this.commit = commit; // (row, column, text) => void
    this.close = close; // (down, across) => void: where the selection goes afterwards
    this.cell = null;
    this.input = document.createElement("textarea");
    this.input.className = "editor";
    this.input.rows = 1;
    this.input.spellcheck = false;
    this.input.autocomplete = "off";
    this.list = document.createElement("ul");
    this.list.className = "choices";
    this.list.id = "choices";
    this.list.setAttribute("role", "listbox");
    this.list.hidden = true;
    document.body.append(this.list);
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("input", () => this.offer(true));
    this.list.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      const option = event.target.closest("li");
      if (!option) return;
      this.input.value = option.textContent;
      this.finish(0, 0);
    });
    document.addEventListener("pointerdown", (event) => {
      if (!this.cell || this.input.contains(event.target) || this.list.contains(event.target)) return;
      this.finish(0, 0);
    }, { capture: true });
    view.grid.addEventListener("scroll", () => this.placeList(), { passive: true });
  }

  get isOpen() {
    return this.cell !== null;
  }

  // `typing`: opened by a key that will be the first letter, so the arrows still move the selection.
  open({ row, column, text, label, choices = null, typing = false }) {
    this.cell = { row, column, before: text };
    this.typing = typing;
    this.choices = choices;
    this.input.value = typing ? "" : text;
    this.input.setAttribute("aria-label", label);
    this.place();
    this.input.focus({ preventScroll: true });
    const { length } = this.input.value;
    this.input.setSelectionRange(choices ? 0 : length, length); // a choice is replaced, not continued
    this.offer(typing);
  }

  // Follow the cell when rows or columns moved under the draft.
  moveTo(row, column) {
    if (!this.cell) return;
    Object.assign(this.cell, { row, column });
    this.place();
  }

  place() {
    const { layer, left, top, width, height } = this.view.placeOf(this.cell.row, this.cell.column);
    // Moving an element takes its focus and its composition, so it changes layers only when it must.
    if (this.input.parentNode !== layer) layer.append(this.input);
    Object.assign(this.input.style, {
      left: `${left}px`,
      top: `${top}px`,
      minWidth: `${width}px`,
      minHeight: `${height}px`,
    });
    this.placeList();
  }

  offer(filtered) {
    const wish = filtered ? this.input.value.trim().toLowerCase() : "";
    const options = (this.choices ?? []).filter((choice) => choice.toLowerCase().includes(wish));
    this.list.replaceChildren(
      ...options.map((choice, i) => {
        const option = document.createElement("li");
        option.id = `choice-${i}`;
        option.setAttribute("role", "option");
        option.textContent = choice;
        return option;
      }),
    );
    this.list.hidden = options.length === 0;
    if (this.choices) {
      this.input.setAttribute("role", "combobox");
      this.input.setAttribute("aria-controls", "choices");
      this.input.setAttribute("aria-expanded", !this.list.hidden);
    } else for (const name of ["role", "aria-controls", "aria-expanded"]) this.input.removeAttribute(name);
    const current = options.indexOf(this.input.value);
    this.point(current >= 0 ? current : wish && options.length ? 0 : -1);
    this.placeList();
  }

  point(index) {
    this.pointed = index;
    [...this.list.children].forEach((option, i) => {
      option.setAttribute("aria-selected", i === index);
      if (i === index) option.scrollIntoView({ block: "nearest" });
    });
    if (index >= 0) this.input.setAttribute("aria-activedescendant", `choice-${index}`);
    else this.input.removeAttribute("aria-activedescendant");
  }

  placeList() {
    if (this.list.hidden || !this.cell) return;
    const box = this.input.getBoundingClientRect();
    this.list.style.minWidth = `${box.width}px`;
    const below = box.bottom + 4 + this.list.offsetHeight <= window.innerHeight;
    const top = below ? box.bottom + 4 : box.top - 4 - this.list.offsetHeight;
    this.list.style.top = `${top}px`;
    this.list.style.left = `${Math.max(4, Math.min(box.left, window.innerWidth - this.list.offsetWidth - 4))}px`;
  }

  key(event) {
    event.stopPropagation();
    if (event.isComposing) return; // the letters still belong to the input method
    const arrows = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const options = this.list.hidden ? 0 : this.list.children.length;
    if (event.key === "Escape") this.finish(0, 0, false);
    else if (event.key === "Enter" && (event.altKey || event.ctrlKey)) {
      this.input.setRangeText("\n", this.input.selectionStart, this.input.selectionEnd, "end");
    } else if (event.key === "Enter" || event.key === "Tab") {
      if (options && this.pointed >= 0) this.input.value = this.list.children[this.pointed].textContent;
      const back = event.shiftKey ? -1 : 1;
      if (event.key === "Enter") this.finish(back, 0);
      else this.finish(0, back);
    } else if (options && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      const next = this.pointed + (event.key === "ArrowDown" ? 1 : -1);
      this.point((next + options) % options);
    } else if (this.typing && arrows[event.key] && !event.shiftKey) this.finish(...arrows[event.key]);
    else return;
    event.preventDefault();
  }

  finish(down, across, keep = true) {
    if (!this.cell) return;
    const { row, column, before } = this.cell;
    const text = this.input.value;
    this.cell = null;
    this.list.hidden = true;
    const held = document.activeElement === this.input;
    this.input.remove();
    if (held) this.view.grid.focus({ preventScroll: true });
    if (keep && text !== before) this.commit(row, column, text);
    this.close(down, across);
  }
}
