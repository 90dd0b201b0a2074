// A list of cases: moving with keys, the case beside the list, selecting.
(() => {
  "use strict";

  const panel = document.getElementById("panel");
  const beside = matchMedia("(min-width: 1280px)");
  const rows = () => [...document.querySelectorAll(".case-row")];
  const link = (row) => row.querySelector("[data-open-case]");
  const opened = () => panel?.querySelector("[data-case]")?.dataset.case;

  /** The row with the focus, else the row of the open case. */
  function current() {
    const focused = document.activeElement.closest?.(".case-row");
    return focused || rows().find((row) => row.dataset.case === opened());
  }

  function move(step) {
    const all = rows();
    if (!all.length) return;
    const at = all.indexOf(current());
    const next = all[at < 0 ? 0 : Math.min(all.length - 1, Math.max(0, at + step))];
    link(next).focus();
    next.scrollIntoView({ block: "nearest" });
    if (panel && !panel.hidden && beside.matches) open(next);
  }

  // --- the case beside the list -----------------------------------------------------------------------------

  function mark() {
    for (const row of rows()) row.classList.toggle("is-open", row.dataset.case === opened());
  }

  function remember(number) {
    const address = new URL(location.href);
    if (number) address.searchParams.set("case", number);
    else address.searchParams.delete("case");
    history.replaceState(history.state, "", address);
  }

  async function open(row) {
    await htmx.ajax("GET", link(row).getAttribute("href"), { target: "#panel", swap: "innerHTML" });
    panel.hidden = false;
    panel.scrollTop = 0;
    document.body.classList.add("with-panel");
    remember(row.dataset.case);
    mark();
  }

  function close() {
    const row = rows().find((each) => each.dataset.case === opened());
    panel.hidden = true;
    panel.replaceChildren();
    document.body.classList.remove("with-panel");
    remember(null);
    mark();
    if (row) link(row).focus();
  }

  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const target = event.target.closest("[data-open-case]");
    if (target && panel && beside.matches && target.closest(".case-row")) {
      event.preventDefault();
      open(target.closest(".case-row"));
    }
    if (event.target.closest("[data-close-panel]")) {
      event.preventDefault();
      close();
    }
  });

  document.addEventListener("htmx:after:swap", mark);
  mark();

  // --- writing to the supplier ------------------------------------------------------------------------------

  async function ask(row) {
    const isElsewhere = row && row.dataset.case !== opened();
    if (isElsewhere && !(panel && beside.matches)) {
      location.href = `${link(row).getAttribute("href")}ask/#ask`;
      return;
    }
    if (isElsewhere) await open(row);
    document.querySelector("#case [data-ask]")?.click();
  }

  document.addEventListener("htmx:after:swap", (event) => {
    if (!event.detail.ctx.sourceElement.matches("[data-asks]")) return;
    document.getElementById("ask").scrollIntoView({ block: "start" });
    document.getElementById("ask-subject")?.focus({ preventScroll: true });
  });

  // A link to a message that is folded in opens it.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-opens]");
    if (link) document.getElementById(link.dataset.opens).open = true;
  });

  // --- selecting --------------------------------------------------------------------------------------------

  const picks = () => [...document.querySelectorAll(".case-row input[name=case]")];
  function count() {
    const words = document.querySelector("[data-picked]");
    const chosen = picks().filter((box) => box.checked).length;
    if (words) words.textContent = chosen || "";
    const all = document.querySelector("[data-pick-all]");
    if (all) {
      all.checked = chosen > 0 && chosen === picks().length;
      all.indeterminate = chosen > 0 && !all.checked;
    }
  }
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-pick-all]")) for (const box of picks()) box.checked = event.target.checked;
    if (event.target.matches("[data-pick-all], .case-row input")) {
      event.stopPropagation();
      count();
    }
  });
  document.addEventListener("reset", () => setTimeout(count));
  document.addEventListener("htmx:after:swap", (event) => {
    count();
    const dialog = document.getElementById("dialog");
    if (event.detail.ctx.sourceElement.hasAttribute("data-opens-dialog") && !dialog.open) dialog.showModal();
  });

  // --- keys -------------------------------------------------------------------------------------------------

  function take(row) {
    const address = `${link(row).getAttribute("href")}do/take/`;
    const isOpen = row.dataset.case === opened();
    htmx.ajax("POST", address, {
      source: document.body,
      target: isOpen ? "#panel" : "#toasts",
      swap: isOpen ? "innerHTML" : "none",
      values: { version: row.dataset.version, answer: isOpen ? "case" : "message" },
    });
  }

  const types = (element) => element.closest?.("input:not([type=checkbox], [type=radio]), textarea, select");
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || types(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    const row = current();
    if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "x" && row) {
      const box = row.querySelector("input[name=case]");
      box.checked = !box.checked;
      count();
    } else if (event.key === "a" && row) take(row);
    else if (event.key === "e" && panel && !panel.hidden) {
      const escalate = panel.querySelector("[data-verb=escalate]");
      if (escalate) {
        event.preventDefault();
        escalate.open = true;
        escalate.querySelector("textarea, input:not([type=hidden])").focus();
      }
    } else if (event.key === "r" && (row || document.querySelector("#case [data-ask]"))) {
      event.preventDefault();
      ask(row);
    } else if (event.key === "Escape" && panel && !panel.hidden) close();
  });
})();
