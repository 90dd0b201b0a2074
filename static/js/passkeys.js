// Lets the browser make or show a passkey when a form with data-passkey is sent, and sends what it gave.
(() => {
  "use strict";

  const read = (id) => JSON.parse(document.getElementById(id).textContent);

  // The page brings the options along, or names where to ask for them when they are needed.
  async function options(form) {
    if (!form.dataset.optionsFrom) return read("passkey-options");
    const answer = await fetch(form.dataset.optionsFrom, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(`No passkey options: ${answer.status}`);
    return answer.json();
  }

  function alone(asked, isAlone) {
    const wanted = asked.publicKey.authenticatorSelection;
    wanted.residentKey = isAlone ? "required" : "discouraged";
    wanted.requireResidentKey = isAlone;
    if (isAlone) wanted.userVerification = "required";
    return asked;
  }

  async function credential(form) {
    const asked = await options(form);
    if (form.dataset.passkey === "create")
      return webauthnJSON.create(alone(asked.creation_options, form.elements.passwordless.checked));
    return webauthnJSON.get(asked.request_options);
  }

  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("[data-passkey]");
    if (!form || form.elements.credential.value) return;
    event.preventDefault();
    const trouble = form.querySelector("[data-passkey-trouble]");
    trouble.hidden = true;
    try {
      form.elements.credential.value = JSON.stringify(await credential(form));
    } catch {
      // The person changed their mind, or the device has no passkey for us: the browser tells no more.
      trouble.hidden = false;
      return;
    }
    form.requestSubmit();
  });

  // Sent before this script is here, a form would bring no passkey along: its button waits for it.
  for (const button of document.querySelectorAll("[data-passkey] [type=submit]")) {
    button.disabled = false;
    if (button.autofocus) button.focus();
  }
})();
