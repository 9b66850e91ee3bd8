// What makes the console quicker; every page works without it.
"use strict";

(() => {
  const typing = (target) => target.closest("input:not([type=checkbox], [type=radio]), textarea, select, dialog");

  // The inbox by keyboard: one row is current; keys move on and act on it.
  const rows = [...document.querySelectorAll("[data-row]")];
  let current = -1;

  const move = (to) => {
    if (!rows.length) return;
    rows[current]?.classList.remove("current");
    current = Math.max(0, Math.min(rows.length - 1, to));
    rows[current].classList.add("current");
    const link = rows[current].querySelector("a.title");
    link.focus({ preventScroll: true });
    rows[current].scrollIntoView({ block: "nearest" });
  };

  const act = (name) => {
    const control = rows[current]?.querySelector(`[data-key="${name}"]`);
    if (!control) return;
    if (control.tagName === "DETAILS") {
      control.open = true;
      control.querySelector("select, button")?.focus();
    } else {
      control.click();
    }
  };

  rows.forEach((row, number) => {
    row.addEventListener("focusin", () => {
      rows[current]?.classList.remove("current");
      current = number;
      row.classList.add("current");
    });
  });

  const help = document.querySelector("dialog[data-help]");
  document.querySelectorAll("[data-opens-help]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => help.showModal());
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (event.key === "?" && help) help.showModal();
    else if (!rows.length) return;
    else if (event.key === "j") move(current + 1);
    else if (event.key === "k") move(current - 1);
    else if (event.key === "Enter" && event.target === document.body) {
      rows[current]?.querySelector("a.title").click();
      return;
    } else if (["a", "s", "r"].includes(event.key)) act(event.key);
    else return;
    event.preventDefault();
  });

  // A file that is dropped on a text area goes into the file field of its form.
  document.querySelectorAll("textarea[data-drop]").forEach((area) => {
    const form = area.form;
    const file = form.querySelector("input[type=file]");
    area.addEventListener("dragover", (event) => {
      if ([...event.dataTransfer.types].includes("Files")) {
        event.preventDefault();
        area.classList.add("dropping");
      }
    });
    area.addEventListener("dragleave", () => area.classList.remove("dropping"));
    area.addEventListener("drop", (event) => {
      area.classList.remove("dropping");
      if (!event.dataTransfer.files.length) return;
      event.preventDefault();
      file.files = event.dataTransfer.files;
      file.dispatchEvent(new Event("change", { bubbles: true }));
      file.focus();
    });
    const most = Number(form.dataset.most);
    const check = () => {
      const sent = new Blob([area.value]).size + [...file.files].reduce((sum, one) => sum + one.size, 0);
      const field = file.files.length ? file : area;
      area.setCustomValidity("");
      file.setCustomValidity("");
      if (sent > most) field.setCustomValidity(form.dataset.tooMuch);
      area.required = !file.files.length;
    };
    area.addEventListener("input", check);
    file.addEventListener("change", check);
  });

  // Words marked in a report's text are offered as a statement.
  const body = document.querySelector("[data-body]");
  const marked = document.querySelector("textarea[data-marked]");
  if (body && marked) {
    document.addEventListener("selectionchange", () => {
      const selection = document.getSelection();
      if (!selection.rangeCount || selection.isCollapsed) return;
      const range = selection.getRangeAt(0);
      if (!body.contains(range.startContainer) || !body.contains(range.endContainer)) return;
      marked.value = range.toString().trim();
      marked.closest("details").open = true;
    });
  }

  // "All" ticks every box of its form.
  document.querySelectorAll("input[data-all]").forEach((all) => {
    all.closest("label").hidden = false;
    all.addEventListener("change", () => {
      all.form.querySelectorAll(`input[name="${all.dataset.all}"]`).forEach((box) => {
        box.checked = all.checked;
      });
    });
  });

  // A form is sent once, however often its button is pressed.
  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    if (event.target.dataset.sent) event.preventDefault();
    event.target.dataset.sent = "yes";
  });
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
  });
})();
