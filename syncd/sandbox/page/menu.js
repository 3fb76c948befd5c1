// A menu that opens where it was asked for. Items are [label, deed] or null for a rule between groups.

export class Menu {
  constructor(element, back) {
    this.element = element;
    this.back = back; // gives the focus back
    element.addEventListener("keydown", (event) => this.key(event));
    element.addEventListener("contextmenu", (event) => event.preventDefault());
    document.addEventListener("pointerdown", (event) => {
      if (!element.contains(event.target)) this.close(false);
    }, { capture: true });
    window.addEventListener("blur", () => this.close(false));
  }

  open(x, y, items) {
    this.element.replaceChildren(...items.map((item) => (item ? this.button(item) : rule())));
    this.element.hidden = false;
    const { offsetWidth, offsetHeight } = this.element;
    this.element.style.left = `${Math.max(4, Math.min(x, window.innerWidth - offsetWidth - 4))}px`;
    this.element.style.top = `${Math.max(4, Math.min(y, window.innerHeight - offsetHeight - 4))}px`;
    this.element.querySelector("button:enabled")?.focus();
  }

  button([label, deed]) {
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("role", "menuitem");
    button.tabIndex = -1;
    button.textContent = label;
    button.disabled = !deed;
    button.addEventListener("click", () => {
      this.close(true);
      deed();
    });
    return button;
  }

  key(event) {
    const items = [...this.element.querySelectorAll("button:enabled")];
    const here = items.indexOf(document.activeElement);
    const to = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: -1 }[event.key];
    if (to !== undefined) items.at(to % items.length)?.focus();
    else if (event.key === "Escape" || event.key === "Tab") this.close(true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  close(focus) {
    if (this.element.hidden) return;
    this.element.hidden = true;
    if (focus) this.back();
  }
}

function rule() {
  return document.createElement("hr");
}
