import { render, screen, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { Markdown } from "./Markdown";

const show = (source: string) => render(<Markdown source={source} />).container.firstElementChild as HTMLElement;

it("draws a setup guide: heading, numbered steps, the redirect URI on a line of its own", () => {
  const root = show(`# Slack: register your app

1. Make an app at <https://api.slack.com/apps>, *From scratch*, in a workspace
   of your own.
2. Under **OAuth & Permissions** add this redirect URL:

   \`https://localhost:8081/connect/oauth/oa_1/callback\`

3. Copy the \`client_id\` into Patchbay.

Apps outside the marketplace
have lower limits.
`);
  expect(screen.getByRole("heading", { level: 3 }).textContent).toBe("Slack: register your app");
  expect(root.querySelectorAll("ol")).toHaveLength(1);
  const items = within(screen.getByRole("list")).getAllByRole("listitem");
  expect(items).toHaveLength(3);
  expect(items[0]?.textContent).toBe("Make an app at https://api.slack.com/apps, From scratch, in a workspace of your own.");
  expect(items[0]?.querySelector("em")?.textContent).toBe("From scratch");
  expect(items[1]?.querySelector("strong")?.textContent).toBe("OAuth & Permissions");
  expect(items[1]?.querySelector("pre")?.textContent).toBe("https://localhost:8081/connect/oauth/oa_1/callback");
  expect(items[2]?.querySelector("pre")).toBeNull();
  expect(items[2]?.querySelector("code")?.textContent).toBe("client_id");
  expect(root.lastElementChild?.outerHTML).toBe("<p>Apps outside the marketplace have lower limits.</p>");
});

it("keeps bullets apart from numbers, nests them, and goes on counting after a break", () => {
  const root = show("- a\n- b\n  - deep\n\nText.\n\n4. four\n5. five");
  expect([...root.children].map((c) => c.tagName)).toEqual(["UL", "P", "OL"]);
  expect(root.querySelector("ul ul li")?.textContent).toBe("deep");
  expect(root.querySelector("ol")?.getAttribute("start")).toBe("4");
});

it("shows HTML as the text that it is", () => {
  const evil = `<img src=x onerror="alert(1)"> and <script>alert(1)</script>`;
  const root = show(`# ${evil}\n\n${evil}\n\n- **${evil}**\n- \`${evil}\`\n\n\`\`\`\n${evil}\n\`\`\``);
  expect(root.querySelector("img, script")).toBeNull();
  expect(root.querySelector("p")?.textContent).toBe(evil);
  expect(root.querySelector("strong")?.textContent).toBe(evil);
  expect(root.textContent?.split(evil)).toHaveLength(6);
});

it("makes a link of https only", () => {
  const root = show("<javascript:alert(1)> <http://a.example> <data:text/html,x> [x](javascript:alert(1)) <https://b.example/?a=1>");
  const links = [...root.querySelectorAll("a")];
  expect(links.map((a) => a.getAttribute("href"))).toEqual(["https://b.example/?a=1"]);
  expect(links[0]?.rel).toContain("noopener");
  expect(root.textContent).toContain("<javascript:alert(1)> <http://a.example>");
});

it("comes to an end on whatever it is given", () => {
  for (const odd of ["", "```", "1.", "- ", "#", "**", "* * *", "`", "a\n2. b", "1. a\n\n\n", "   1. x\n y\n  2. z", "-\n-\n", "\t- a\n\t\t- b"]) expect(() => show(odd)).not.toThrow();
  expect(show("It began in\n2026. A good year.").outerHTML).toContain("<p>It began in 2026. A good year.</p>");
});
