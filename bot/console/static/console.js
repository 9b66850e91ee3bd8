// What makes the console quicker; every page works without it.
"use strict";

(() => {
  const typing = (target) => target.closest("input:not([type=checkbox], [type=radio]), textarea, select, dialog");

  // The inbox by keyboard: one row is current; keys move on and act on it.
  const rows = () => [...document.querySelectorAll("[data-row]")];
  const current = () => document.querySelector("[data-row].current");

  const makeCurrent = (row) => {
    current()?.classList.remove("current");
    row.classList.add("current");
  };

  const move = (by) => {
    const all = rows();
    if (!all.length) return;
    const to = all.indexOf(current()) + by;
    const row = all[Math.max(0, Math.min(all.length - 1, to))];
    makeCurrent(row);
    row.querySelector("a.title").focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  };

  const act = (name) => {
    const control = current()?.querySelector(`[data-key="${name}"]`);
    if (!control) return;
    if (control.tagName === "DETAILS") {
      control.open = true;
      control.querySelector("select, button, a")?.focus();
    } else {
      control.click();
    }
  };

  // An act leads back to its row: the keys go on from there.
  const landed = document.querySelector("[data-row]:target");
  if (landed) makeCurrent(landed);

  document.addEventListener("focusin", (event) => {
    const row = event.target.closest("[data-row]");
    if (row) makeCurrent(row);
  });

  // New claims are announced. They are put on top of the list once the moderator asks for them:
  // what was there stays where it is, ticked as it was.
  const news = document.querySelector("[data-news]");
  const list = document.querySelector("[data-list]");
  let announced = "";

  const askForNews = async () => {
    if (document.hidden) return;
    const answer = await fetch(news.dataset.news, { redirect: "error" }).catch(() => null);
    if (!answer?.ok) return;
    const said = await answer.text();
    if (said !== announced) news.innerHTML = announced = said;
  };

  const showNews = async (address) => {
    const found = [];
    let since;
    while (address) {
      const answer = await fetch(address, { redirect: "error" });
      if (!answer.ok) throw new Error(answer.status);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      found.push(...page.querySelectorAll("[data-row]"));
      since ??= page.querySelector("[data-news]").dataset.news;
      address = page.querySelector("a[rel=next]")?.getAttribute("href");
    }
    const known = new Set(rows().map((row) => row.dataset.row));
    const fresh = found.filter((row) => !known.has(row.dataset.row));
    const { search } = new URL(document.querySelector("#bulk").action);
    fresh.forEach((row) => {
      row.classList.add("new");
      // An act leads back to this list, not to that of the new ones.
      row.querySelectorAll("form").forEach((form) => {
        form.action = new URL(form.action).pathname + search;
      });
    });
    const read = rows().find((row) => row.getBoundingClientRect().bottom > 0);
    const place = read?.getBoundingClientRect().top;
    const above = list.getBoundingClientRect().top < 0;
    list.prepend(...fresh);
    if (above && read) {
      window.scrollBy({ top: read.getBoundingClientRect().top - place, behavior: "instant" });
    }
    news.dataset.news = since;
    const shown = document.createElement("p");
    shown.className = "said";
    shown.textContent = news.dataset.shown;
    news.replaceChildren(shown);
    announced = null;
    (current() ?? fresh[0])?.querySelector("a.title").focus({ preventScroll: true });
  };

  if (news) {
    setInterval(askForNews, 30_000);
    document.addEventListener("visibilitychange", askForNews);
    news.addEventListener("click", (event) => {
      const link = event.target.closest("a[data-show]");
      if (!link || !list || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      showNews(link.href).catch(() => location.assign(link.href));
    });
  }

  const help = document.querySelector("dialog[data-help]");
  document.querySelectorAll("[data-opens-help]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => help.showModal());
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (event.key === "?" && help) help.showModal();
    else if (!rows().length) return;
    else if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "Enter" && event.target === document.body) {
      current()?.querySelector("a.title").click();
      return;
    } else if (["a", "s", "r", "x"].includes(event.key)) act(event.key);
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
      const details = marked.closest("details");
      details.open = true;
      // Where there is a choice, the words that were marked are it.
      details.querySelectorAll("input[type=radio]").forEach((each) => (each.checked = true));
    });
  }

  // "All" ticks the boxes of its form, as many as are taken at once; how many are is counted.
  const boxes = (form, name) =>
    [...form.elements].filter((each) => each.type === "checkbox" && each.name === name);
  document.querySelectorAll("input[data-all]").forEach((all) => {
    all.closest("label").hidden = false;
    all.addEventListener("change", () => {
      const most = Number(all.dataset.most ?? Infinity);
      boxes(all.form, all.dataset.all).forEach((box, number) => {
        box.checked = all.checked && number < most;
      });
      count();
    });
  });
  const count = () => {
    document.querySelectorAll("[data-ticked]").forEach((place) => {
      const ticked = boxes(place.closest("form"), place.dataset.ticked).filter((box) => box.checked);
      place.textContent = ticked.length ? `(${ticked.length})` : "";
    });
  };
  document.addEventListener("change", count);
  window.addEventListener("pageshow", count);
  count();

  // The time in which something can be taken back runs down; then its button does nothing.
  document.querySelectorAll("[data-draining]").forEach((bar) => {
    const until = performance.now() + 1000 * bar.max;
    bar.hidden = false;
    bar.previousElementSibling.hidden = true;
    const drain = setInterval(() => {
      bar.value = Math.max(0, (until - performance.now()) / 1000);
      if (bar.value > 0) return;
      clearInterval(drain);
      bar.closest("form").querySelector("button").disabled = true;
    }, 250);
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
