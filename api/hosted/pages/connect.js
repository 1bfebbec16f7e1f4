// The connect page: it takes the user to the provider or sends the form, waits
// for the outcome, and tells the page around it. What it says outside goes to
// the origins that the connect token names, and holds no credential.
(() => {
  const data = document.body.dataset;
  const inFrame = data.link !== "true" && window.parent !== window;
  const $ = (selector, root = document) => root.querySelector(selector);
  const bearer = { Authorization: `Bearer ${data.token}` };
  let popup = null, timer = 0, before = null, told = false;

  function hearers() {
    const origins = data.origins.trim().split(" ").filter(Boolean);
    if (data.development === "true") {
      // A developer's own machine may hear before its origin was declared.
      for (const url of [location.ancestorOrigins?.[0], document.referrer]) {
        try {
          const { origin, hostname } = new URL(url);
          if (["localhost", "127.0.0.1"].includes(hostname)) origins.push(origin);
        } catch { /* there is none */ }
      }
    }
    return new Set(origins.length ? [...origins, location.origin] : [location.origin]);
  }

  function tell(message) {
    if (inFrame) for (const origin of hearers()) window.parent.postMessage(message, origin);
  }

  function show(name) {
    for (const s of document.querySelectorAll("[data-screen]")) s.hidden = s.dataset.screen !== name;
    $(`[data-screen=${name}] h1`)?.focus();
  }

  function stop() {
    clearInterval(timer);
    timer = 0;
  }

  function close() {
    stop();
    tell({ type: "close" });
  }

  function withParam(url, key, value) {
    const to = new URL(url);
    to.searchParams.set(key, value);
    return to.href;
  }

  function succeed(account) {
    stop();
    if (!told) tell({ type: "success", authProvisionId: account });
    told = true;
    if (!inFrame && data.success) return location.assign(withParam(data.success, "account_id", account));
    show("done");
    if (inFrame) setTimeout(close, 1500);
  }

  function fail(text) {
    stop();
    tell({ type: "error", error: text });
    $("[data-text=failure]").textContent = text;
    show("failed");
  }

  async function status() {
    const answer = await fetch("/connect/status", { headers: bearer, cache: "no-store" });
    return answer.ok ? answer.json() : null;
  }

  async function look() {
    const now = await status().catch(() => null);
    if (!timer || !now || (now.flow ?? "") === before) return; // a flow of an earlier try says nothing of this one
    if (now.status === "succeeded") succeed(now.account.id);
    else if (now.status === "failed") fail(now.problem.message);
    else if (popup?.closed) notice("The window was closed before you were done.");
  }

  function notice(text) {
    const p = $("[data-screen=wait] .error");
    p.textContent = text;
    p.hidden = false;
  }

  function leave(event) {
    if (!inFrame) return; // the form takes this tab along
    event?.preventDefault();
    const form = $("[data-form=oauth]");
    if (!form.reportValidity()) return;
    $("[data-screen=wait] .error").hidden = true;
    // Opened at once, while the click still counts; the form then sends it on.
    popup = window.open("about:blank", "patchbay_connect", "popup,width=560,height=720");
    if (!popup) notice("Your browser kept the window from opening. Allow it for this page, then open it again.");
    else {
      form.target = "patchbay_connect";
      form.submit();
    }
    show("wait");
    if (!timer) timer = setInterval(look, 1000);
  }

  async function sendKeys(event) {
    event.preventDefault();
    const form = event.target, error = $(".error", form), button = $("[type=submit]", form);
    const fields = Object.fromEntries([...new FormData(form)].map(([k, v]) => [k.slice(6, -1), v.trim()]).filter(([, v]) => v));
    for (const input of form.elements) if (input.required) input.setAttribute("aria-invalid", String(!input.value.trim()));
    const empty = $("[aria-invalid=true]", form);
    if (empty) {
      error.textContent = "Please fill this in.";
      error.hidden = false;
      return empty.focus();
    }
    button.disabled = true;
    try {
      const answer = await fetch("/v1/connect/accounts", {
        method: "POST",
        headers: { ...bearer, "Content-Type": "application/json" },
        body: JSON.stringify({
          app_slug: data.app, auth: data.auth || null, cfmap_json: JSON.stringify(fields), connect_token: data.token,
          account_id: data.account || null, app_override_id: data.override || null,
        }),
      });
      const body = await answer.json();
      if (answer.ok) return succeed(body.id);
      error.textContent = body.error;
      tell({ type: "error", error: body.error });
    } catch {
      error.textContent = "The connection broke off. Please try again.";
    } finally {
      button.disabled = false;
    }
    error.hidden = false;
  }

  function reveal(button) {
    const input = button.previousElementSibling, hidden = input.type === "password";
    input.type = hidden ? "text" : "password";
    button.textContent = hidden ? "Hide" : "Show";
    button.setAttribute("aria-pressed", String(hidden));
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-act]");
    const acts = { close, again: leave, back: () => { stop(); show("start"); }, reveal: () => reveal(button) };
    if (button) acts[button.dataset.act](event);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && inFrame) close();
  });
  window.addEventListener("message", (event) => {
    if (event.origin === location.origin && event.source === popup && event.data?.type === "patchbay-flow-ended") look();
  });
  $("[data-form=oauth]")?.addEventListener("submit", leave);
  $("[data-form=keys]")?.addEventListener("submit", sendKeys);
  if (data.problem) tell({ type: "error", error: data.problem });
  else status().then((s) => { before = s?.flow ?? ""; }).catch(() => { before = ""; });
})();
