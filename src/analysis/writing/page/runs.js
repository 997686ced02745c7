// The table of all runs: searched, narrowed, sorted, and shown fifty rows at a time.
// The form holds the whole view, and the address holds the form, so that a view can be linked.
"use strict";
(() => {
  const { columns, rows, states, causes, words } = JSON.parse(document.getElementById("data").textContent);
  const PAGE = 50;
  const at = new Map(columns.map((column, i) => [column.key, i]));
  const cell = (row, key) => row[at.get(key)];
  const form = document.getElementById("view");
  const body = document.querySelector("#all tbody");
  const heads = [...document.querySelectorAll("#all th[data-key]")];
  const numbers = new Intl.NumberFormat("en");
  const filled = (text, fields) => text.replace(/\{(\w+)\}/g, (_, name) => numbers.format(fields[name]));

  // What matches.

  const plain = (text) => text.normalize("NFKC").toLowerCase();
  const texts = new Map();
  function text(row) {
    if (!texts.has(row)) texts.set(row, plain([cell(row, "unit"), cell(row, "years"), ...cell(row, "told")].join("\n")));
    return texts.get(row);
  }
  const counted = (row, severity) => (cell(row, severity) ? cell(row, severity)[0] : null);

  function matching(view) {
    const tests = [];
    const { q, state, kind, year, severity, cause } = view;
    for (const term of plain(q).split(/\s+/).filter(Boolean)) tests.push((row) => text(row).includes(term));
    if (state === "not_good") tests.push((row) => cell(row, "state") !== "good");
    else if (state) tests.push((row) => cell(row, "state") === state);
    if (kind) tests.push((row) => cell(row, "kind") === kind);
    if (year) tests.push((row) => cell(row, "each_year").includes(year));
    if (severity === "no_error") tests.push((row) => counted(row, "error") === 0);
    else if (severity) tests.push((row) => counted(row, severity) > 0);
    if (cause) tests.push((row) => cell(row, "cause") === cause);
    return rows.filter((row) => tests.every((test) => test(row)));
  }

  // In which order. Texts are compared once: what is sorted are their places among all texts of the column.

  const collator = new Intl.Collator("zh", { numeric: true });
  const orders = new Map();
  function order(key) {
    if (orders.has(key)) return orders.get(key);
    const { type } = columns[at.get(key)];
    let value = (row) => cell(row, key);
    if (type === "number" || type === "count") value = (row) => cell(row, key)?.[0];
    else if (type === "state") value = (row) => states.indexOf(cell(row, key));
    else {
      const raw = { kind: (row) => words[cell(row, key)], told: (row) => cell(row, key)[0] }[type] ?? value;
      const sorted = [...new Set(rows.map(raw))].filter(Boolean).sort(collator.compare);
      const places = new Map(sorted.map((one, i) => [one, i]));
      value = (row) => places.get(raw(row));
    }
    orders.set(key, new Map(rows.map((row) => [row, value(row) ?? null])));
    return orders.get(key);
  }

  function sorted(found, sort) {
    const down = sort.startsWith("-");
    const key = down ? sort.slice(1) : sort;
    if (!heads.some((head) => !head.hidden && head.dataset.key === key)) return found;
    const values = order(key);
    const known = found.filter((row) => values.get(row) !== null);
    known.sort((a, b) => (down ? values.get(b) - values.get(a) : values.get(a) - values.get(b)));
    return [...known, ...found.filter((row) => values.get(row) === null)];
  }

  // What is shown. Texts of a run are set as text, never as HTML.

  function make(tag, content = "", kind = "") {
    const node = document.createElement(tag);
    if (kind) node.className = kind;
    node.append(...[content].flat());
    return node;
  }
  function link(href, name) {
    const node = make("a", name);
    node.href = href;
    return node;
  }
  const chip = (word, kind) => make("span", word, `chip ${kind}`);

  const shown = {
    unit: (value, row) => {
      const files = ["html", "docx", "ipynb", "log"].filter((name) => cell(row, name));
      const links = files.flatMap((name) => [link(cell(row, name), words[name]), " "]);
      return [make("b", value), ...(cell(row, "synthetic") ? [" ", make("span", words.made_up, "role")] : []),
        make("div", links, "files")];
    },
    state: (value) => chip(words[value], value),
    kind: (value) => words[value],
    told: ([first = "", ...rest]) => {
      if (!rest.length) return first;
      const more = make("details", make("summary", filled(words.more_told, { n: rest.length })));
      more.append(...rest.map((sentence) => make("div", sentence)));
      return [make("div", first), more];
    },
    number: (value) => value?.[1] ?? "",
    count: (value, row, key) => (value?.[0] > 0 && key !== "note" ? chip(value[1], key) : value?.[1] ?? ""),
    text: (value) => value ?? "",
  };

  function line(row) {
    const visible = heads.filter((head) => !head.hidden);
    return make("tr", visible.map((head, n) => {
      const { key, type } = columns[at.get(head.dataset.key)];
      const node = make(n ? "td" : "th", shown[type](cell(row, key), row, key), `${type} ${key}`);
      if (!n) node.scope = "row";
      return node;
    }));
  }

  function draw() {
    const view = Object.fromEntries(new FormData(form));
    for (const head of heads) {
      const { kinds } = columns[at.get(head.dataset.key)];
      head.hidden = Boolean(view.kind && kinds.length && !kinds.includes(view.kind));
      const sign = view.sort.startsWith("-") ? "descending" : "ascending";
      if (view.sort.replace(/^-/, "") === head.dataset.key) head.setAttribute("aria-sort", sign);
      else head.removeAttribute("aria-sort");
    }
    const found = sorted(matching(view), view.sort);
    const pages = Math.max(1, Math.ceil(found.length / PAGE));
    const page = Math.min(Math.max(1, Number.parseInt(view.page, 10) || 1), pages);
    form.elements.page.value = page > 1 ? page : "";
    const from = (page - 1) * PAGE;
    body.replaceChildren(...found.slice(from, from + PAGE).map(line));
    const to = Math.min(from + PAGE, found.length);
    document.querySelector(".pager [role=status]").textContent =
      found.length ? filled(words.shown, { from: from + 1, to, found: found.length }) : words.nothing;
    for (const button of document.querySelectorAll(".pager button")) {
      button.disabled = page + Number(button.value) < 1 || page + Number(button.value) > pages;
      button.hidden = pages === 1;
    }
    document.getElementById("cause").hidden = !view.cause;
    document.querySelector("#cause span").textContent = causes[view.cause] ?? "";
  }

  // The view and the address.

  function restore() {
    const asked = new URLSearchParams(location.hash.slice(1));
    for (const field of form.elements) {
      if (!field.name) continue;
      field.value = asked.get(field.name) ?? "";
      if (field.selectedIndex < 0) field.value = "";
    }
    draw();
    if (location.hash.length > 1) document.getElementById("all").scrollIntoView();
  }
  function keep(page = "") {
    form.elements.page.value = page;
    draw();
    const view = [...new FormData(form)].filter(([, value]) => value);
    history.replaceState(null, "", `#${new URLSearchParams(view)}`);
  }

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => keep());
  document.getElementById("clear").addEventListener("click", () => {
    for (const field of form.elements) field.value = "";
    keep();
  });
  for (const head of heads) {
    head.firstElementChild.addEventListener("click", () => {
      const { sort } = form.elements;
      sort.value = sort.value === head.dataset.key ? `-${head.dataset.key}` : head.dataset.key;
      keep();
    });
  }
  for (const button of document.querySelectorAll(".pager button")) {
    button.addEventListener("click", () => keep((Number(form.elements.page.value) || 1) + Number(button.value)));
  }
  window.addEventListener("hashchange", restore);
  document.getElementById("all").hidden = false;
  restore();
  // Made ready while nobody waits, so that the first search is as fast as the next.
  setTimeout(() => rows.forEach(text));
})();
