// What every page does: theme, messages, dialogs, and refreshes that leave alone what a person is doing.
(() => {
  "use strict";

  // A refresh morphs the page into what the server says now. The server does not know which menu a person has
  // opened or which row they are in, so those stay as they are.
  htmx.registerExtension("keep-what-is-open", {
    htmx_before_morph_attr(element, detail) {
      if (detail.attrName === "open" && element.matches("details, dialog")) return false;
      if (detail.attrName === "class" && element.matches(".case-row.is-open")) return false;
    },
  });

  document.addEventListener("htmx:before:request", (event) => {
    const { sourceElement, sourceEvent } = event.detail.ctx;
    const nobodyLooks = document.hidden && sourceEvent?.type === "every";
    if (nobodyLooks && sourceElement.hasAttribute("data-polling")) event.preventDefault();
  });

  // A field left empty says nothing, so the address leaves it out.
  document.addEventListener("htmx:config:request", (event) => {
    const { ctx } = event.detail;
    if (ctx.sourceElement.id !== "filters") return;
    for (const [name, value] of [...ctx.request.body]) if (value === "") ctx.request.body.delete(name);
  });

  // A form that did its work closes behind itself; one that was refused stays open with what was typed.
  document.addEventListener("htmx:before:swap", (event) => {
    const { sourceElement, request, response } = event.detail.ctx;
    if (request.method !== "POST" || response.status >= 300) return;
    for (let box = sourceElement.closest("details"); box; box = box.parentElement.closest("details"))
      box.open = false;
  });

  // Whatever was done to a case, the lists around it read themselves again.
  document.addEventListener("htmx:before:response", (event) => {
    if (event.detail.ctx.response.headers.has("Case-Changed")) document.body.dispatchEvent(new Event("case-changed"));
  });

  // Silence must not look like an empty queue.
  const lost = document.querySelector("#lost-connection");
  if (lost) {
    document.addEventListener("htmx:error", (event) => {
      // A request that a newer one took the place of was not lost.
      if (event.detail.error?.name !== "AbortError") lost.hidden = false;
    });
    document.addEventListener("htmx:after:swap", () => (lost.hidden = true));
  }

  // What scrolls sideways must be within reach of the keyboard; what does not would only be one stop more.
  function reachScrollers() {
    for (const box of document.querySelectorAll(".table-wrap")) {
      if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    }
  }
  document.addEventListener("htmx:after:swap", reachScrollers);
  addEventListener("resize", reachScrollers);
  reachScrollers();

  // --- messages ---------------------------------------------------------------------------------------------

  const toasts = document.querySelector("#toasts");
  const fade = (toast) => setTimeout(() => toast.remove(), toast.matches(".error, .warning") ? 12000 : 6000);
  if (toasts) {
    toasts.querySelectorAll("[data-toast]").forEach(fade);
    new MutationObserver((changes) => {
      for (const change of changes)
        for (const node of change.addedNodes) if (node.matches?.("[data-toast]")) fade(node);
    }).observe(toasts, { childList: true });
  }

  // --- clicks that need no server ---------------------------------------------------------------------------

  document.addEventListener("click", (event) => {
    const dismissed = event.target.closest("[data-dismiss]");
    if (dismissed) dismissed.closest("[data-toast]").remove();

    const closer = event.target.closest("dialog [data-close-dialog]");
    if (closer) {
      event.preventDefault();
      closer.closest("dialog").close();
    }

    const opener = event.target.closest("[data-open-dialog]");
    if (opener) document.getElementById(opener.dataset.openDialog).showModal();

    for (const menu of document.querySelectorAll("details.menu[open]"))
      if (!menu.contains(event.target)) menu.open = false;
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.activeElement.closest?.("details.menu[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
    event.stopImmediatePropagation();
  });

  // --- theme ------------------------------------------------------------------------------------------------

  document.addEventListener("submit", (event) => {
    const form = event.target.closest("[data-theme-form]");
    if (!form) return;
    event.preventDefault();
    const theme = event.submitter.value;
    document.documentElement.dataset.theme = theme;
    const body = new FormData(form);
    body.set("theme", theme);
    fetch(form.action, { method: "POST", body, headers: { "HX-Request": "true" } });
    form.closest("details").open = false;
  });

  // --- keys that work everywhere ----------------------------------------------------------------------------

  const types = (element) => element.closest?.("input:not([type=checkbox], [type=radio]), textarea, select");
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || types(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "/") {
      event.preventDefault();
      document.querySelector("[data-search]")?.focus();
    } else if (event.key === "?") {
      document.getElementById("keys")?.showModal();
    }
  });
})();
