// Who works in a workspace: an owner invites somebody, who comes in with a browser of their own and sees what their
// role may; the role is changed, workspaces are gone between, and a project is deleted.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { browser, client, start, until } from "./stack.mjs";

const root = resolve(import.meta.dirname, "../..");
const shots = join(root, ".patchbay/screenshots/members");
const axe = readFileSync(join(root, "web/node_modules/axe-core/axe.min.js"), "utf8");
let stack, api, chrome, owner, member, link;
const wrong = [];

async function window(context) {
  const page = await context.newPage();
  await page.emulateMedia({ reducedMotion: "reduce" });
  page.on("pageerror", (e) => wrong.push(e.message));
  return page;
}

before(async () => {
  mkdirSync(shots, { recursive: true });
  stack = await start();
  [api, chrome] = [await client(stack), await browser()];
  owner = await window(chrome.context);
  member = await window(await chrome.browser.newContext({ viewport: { width: 1280, height: 860 } }));
  await owner.goto(stack.signIn);
  await owner.getByRole("heading", { name: "Overview" }).waitFor();
});

after(async () => {
  await chrome?.browser.close();
  await stack?.stop();
  assert.deepEqual(wrong, []);
});

const place = (path) => `${stack.env.PATCHBAY_BASE_URL}/projects/${stack.env.PATCHBAY_PROJECT_ID}/development${path}`;

/** What axe-core has to say of a page on a desk and on a phone, in light and in dark, and whether it fits. */
async function look(page, name) {
  const faults = [], size = page.viewportSize();
  await page.evaluate(axe);
  for (const width of [1280, 360]) {
    await page.setViewportSize({ width, height: 860 });
    for (const theme of ["light", "dark"]) {
      await page.evaluate((t) => {
        const still = new CSSStyleSheet(); // a colour that is still changing is none to judge
        still.replaceSync("* { transition: none !important; animation: none !important }");
        document.adoptedStyleSheets = [still];
        document.documentElement.dataset.theme = t;
      }, theme);
      if (process.env.SHOTS) await page.screenshot({ path: join(shots, `${name}-${width}-${theme}.png`), fullPage: true });
      const runOnly = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
      const { violations } = await page.evaluate((only) => globalThis.axe.run(document, { resultTypes: ["violations"], runOnly: only }), runOnly);
      faults.push(...violations.map((v) => `${name} at ${width} px in ${theme}: ${v.id}: ${v.nodes.map((n) => n.html.slice(0, 300)).join("; ")}`));
    }
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (wide > 0) faults.push(`${name} is ${wide} px too wide at ${width}`);
  }
  await page.setViewportSize(size);
  assert.deepEqual(faults, []);
}

/** Presses the button of a question that is asked. */
const answer = (page, name) => page.getByRole("alertdialog").getByRole("button", { name, exact: true }).click();

test("an owner invites a viewer, and hands the link over", async () => {
  await owner.goto(place(""));
  await owner.getByRole("link", { name: "Members" }).click();
  await owner.getByText("You are alone here").waitFor();
  await look(owner, "alone");
  await owner.getByRole("button", { name: "Invite somebody" }).click();
  await owner.getByLabel("E-mail").fill("kim@example.com");
  await owner.getByRole("combobox", { name: "Role", exact: true }).click();
  await owner.getByRole("option", { name: "Viewer" }).click();
  await owner.getByRole("dialog").getByRole("button", { name: "Invite", exact: true }).click();
  link = await owner.getByRole("dialog", { name: "Hand this link over" }).locator("code").innerText();
  await owner.getByLabel("I have stored it in a safe place").click();
  await owner.getByRole("button", { name: "Done" }).click();
  await owner.getByRole("row", { name: /kim@example\.com/ }).waitFor();

  // Invited again, they are said to be at the field.
  await owner.getByRole("button", { name: "Invite somebody" }).click();
  await owner.getByLabel("E-mail").fill("Kim@example.com");
  await owner.getByRole("dialog").getByRole("button", { name: "Invite", exact: true }).click();
  await owner.getByText("This person is invited already.", { exact: false }).waitFor();
  assert.equal(await owner.getByLabel("E-mail").getAttribute("aria-invalid"), "true");
  await owner.keyboard.press("Escape");

  await owner.goto(link);
  await owner.getByText(/You are signed in as .*, and this invitation is for kim@example\.com\./).waitFor();
});

test("they come in with a name and a password, and see what a viewer may", async () => {
  await member.goto(link);
  await member.getByLabel("Name").fill("Kim");
  await look(member, "invitation");
  await member.getByLabel("Password").fill("correct horse battery");
  await member.getByRole("button", { name: "Join the workspace" }).click();
  await member.getByRole("heading", { name: "Overview" }).waitFor();
  await member.goto(place("/members"));
  await member.getByRole("heading", { name: "Your part" }).waitFor();
  await member.getByRole("columnheader", { name: "Viewer you" }).waitFor();
  assert.equal(await member.getByRole("button", { name: "Invite somebody" }).count(), 0);
  await look(member, "viewer");
  await member.getByRole("button", { name: /^Project:/ }).click();
  await member.getByRole("menuitem").first().waitFor();
  assert.equal(await member.getByRole("menuitem", { name: /New project/ }).count(), 0);
  await member.keyboard.press("Escape");

  // The link is good once.
  await member.goto(link);
  await member.getByRole("heading", { name: "This invitation is over" }).waitFor();
  await member.getByText("was used or taken back, or has expired", { exact: false }).waitFor();
  await look(member, "over");
});

test("the owner makes them an admin, and it counts from their next click on", async () => {
  await owner.goto(place("/members"));
  await owner.getByRole("button", { name: "Change kim@example.com" }).click();
  await owner.getByRole("combobox", { name: "Role", exact: true }).click();
  await owner.getByRole("option", { name: "Admin" }).click();
  await owner.getByRole("button", { name: "Save" }).click();
  await owner.getByRole("row", { name: /kim@example\.com/ }).getByText("admin", { exact: true }).waitFor();
  await look(owner, "members");
  await member.goto(place("/members"));
  await member.getByRole("button", { name: "Invite somebody" }).waitFor();
  assert.equal(await member.getByRole("button", { name: /^Change admin@/ }).count(), 0, "an admin may change an owner");
});

test("the owner makes another workspace, and goes from one to the other", async () => {
  await owner.goto(place(""));
  await owner.getByRole("button", { name: /^Workspace:/ }).click();
  await owner.getByRole("menuitem", { name: "New workspace…" }).click();
  await owner.getByLabel("Name").fill("Second");
  await owner.getByRole("button", { name: "Create workspace" }).click();
  await owner.getByRole("heading", { name: "Begin with a project" }).waitFor();
  await look(owner, "empty");
  // The address decides: what is of the first workspace opens it, whatever another window shows.
  await owner.goto(place(""));
  await owner.getByRole("heading", { name: "Overview" }).waitFor();
  await owner.getByRole("button", { name: "Workspace: My workspace" }).first().waitFor();
  await owner.keyboard.press("Control+k");
  await owner.getByRole("combobox", { name: /Search pages/ }).fill("Second");
  await owner.getByRole("option", { name: /^Second/, selected: true }).waitFor();
  await owner.keyboard.press("Enter");
  await owner.getByRole("heading", { name: "Begin with a project" }).waitFor();
  await owner.getByRole("button", { name: "Workspace: Second" }).click();
  await owner.getByRole("menuitem", { name: /My workspace/ }).click();
  await owner.getByRole("heading", { name: "Overview" }).waitFor();
});

test("two windows of two workspaces stand side by side, and neither does in one what was meant for the other", async () => {
  const first = await window(chrome.context), second = await window(chrome.context);
  await first.goto(place("/settings"));
  await first.getByRole("button", { name: "Workspace: My workspace" }).first().waitFor();
  // The other window makes its workspace the one that the session has chosen, with a project of its own.
  await second.goto(place(""));
  await second.getByRole("button", { name: /^Workspace:/ }).first().click();
  await second.getByRole("menuitem", { name: /^Second/ }).click();
  await second.getByRole("button", { name: "New project" }).click();
  await second.getByLabel("Name").fill("Beside");
  await second.getByRole("button", { name: "Create project" }).click();
  await second.getByRole("heading", { name: "Overview" }).waitFor();
  const beside = new globalThis.URL(second.url()).pathname.replace(/\/$/, "");
  // The first goes on in its own: what it writes is of its workspace, and its other pages open.
  await first.getByLabel("Name of the workspace").fill("Ours");
  await first.getByRole("button", { name: "Rename" }).click();
  await first.getByRole("button", { name: "Workspace: Ours" }).first().waitFor();
  await first.getByRole("link", { name: "Members", exact: true }).first().click();
  await first.getByRole("row", { name: /kim@example\.com/ }).waitFor();
  await second.goto(stack.env.PATCHBAY_BASE_URL + beside + "/members");
  await second.getByRole("button", { name: "Workspace: Second" }).first().waitFor();
  await second.getByText("You are alone here").waitFor();
  // Both stay where they are when they are loaded anew, and an address of the other opens it.
  for (const [page, name] of [[first, "Ours"], [second, "Second"]]) {
    await page.reload();
    await page.getByRole("button", { name: `Workspace: ${name}` }).first().waitFor();
  }
  await first.goto(stack.env.PATCHBAY_BASE_URL + beside);
  await first.getByRole("button", { name: "Workspace: Second" }).first().waitFor();
  // For who is in one of them alone the other one's project is not there.
  await member.goto(stack.env.PATCHBAY_BASE_URL + beside);
  await member.getByRole("heading", { name: "There is no such project here" }).waitFor();
  await first.goto(place("/settings"));
  await first.getByLabel("Name of the workspace").fill("My workspace");
  await first.getByRole("button", { name: "Rename" }).click();
  await first.getByRole("button", { name: "Workspace: My workspace" }).first().waitFor();
  await Promise.all([first.close(), second.close()]);
});

test("a project is given a logo, and deleted by its name", async () => {
  await api("POST", "/v1/connect/projects", { name: "Going" });
  await owner.goto(place(""));
  await owner.getByRole("button", { name: /^Project:/ }).click();
  await owner.getByRole("menuitem", { name: "Going" }).click();
  await owner.getByRole("button", { name: "Project: Going" }).waitFor();
  await owner.getByRole("link", { name: "Settings" }).click();
  await owner.getByLabel("Logo file").setInputFiles({ name: "logo.svg", mimeType: "image/svg+xml", buffer: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20"><rect width="40" height="20" fill="#4a42d4"/></svg>') });
  for (const environment of ["development", "production"]) {
    const logo = owner.getByAltText(`Logo in ${environment}`);
    await logo.waitFor();
    await until(`the logo of ${environment}`, () => logo.evaluate((img) => img.naturalWidth > 0));
  }
  await look(owner, "settings");
  await owner.getByRole("button", { name: "Take away" }).click();
  await owner.getByRole("button", { name: "Upload a logo" }).waitFor();

  await owner.getByRole("button", { name: "Delete this project…" }).click();
  const act = owner.getByRole("alertdialog").getByRole("button", { name: "Delete project" });
  assert.equal(await act.isDisabled(), true);
  await owner.getByLabel("Type the name to confirm").fill("Going");
  await act.click();
  await owner.getByRole("heading", { name: "The project is gone" }).waitFor();
  await look(owner, "gone");
  await owner.getByRole("main").getByRole("link", { name: "Back to the console" }).click();
  await owner.getByRole("heading", { name: "Overview" }).waitFor();
  await owner.getByRole("button", { name: /^Project:/ }).click();
  await owner.getByRole("menuitem").first().waitFor();
  assert.equal(await owner.getByRole("menuitem", { name: "Going" }).count(), 0);
  await owner.keyboard.press("Escape");
});

test("they leave, and reach nothing any more", async () => {
  await member.goto(place("/members"));
  await member.getByRole("button", { name: "Leave the workspace…" }).click();
  await answer(member, "Leave workspace");
  await member.getByRole("heading", { name: "Sign in to Patchbay" }).waitFor();
  assert.equal(await member.evaluate(async () => (await fetch("/v1/connect/projects")).status), 401);
  await owner.goto(place("/members"));
  await owner.getByText("You are alone here").waitFor();
});
