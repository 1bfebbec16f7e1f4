// What the documentation consists of. A page is a Markdown file, or a part of one: the section under a heading with what is beneath
// it. README.md is cut into guides, so that what it says is written once.

/** @typedef {{ path: string, title?: string, file: string, section?: string, lead?: string }} Page */

const readme = (path, section, title) => ({ path, file: "README.md", section, title });

/** @type {{ title: string, pages: Page[] }[]} */
export const contents = [
  {
    title: "Start",
    pages: [
      { path: "", title: "Quick start", file: "README.md", until: "How a product uses it" },
      { path: "concepts", file: "web/docs/pages/concepts.md" },
      { path: "migrate", file: "web/docs/pages/migrate.md" },
    ],
  },
  {
    title: "Guides",
    pages: [
      { ...readme("guides/connect", "How a product uses it", "Connect your users"), alone: true },
      readme("guides/verify-users", "Make sure that a link is opened by the user it is for", "Verify your users"),
      readme("guides/branding", "Let it look like your product", "Branding"),
      readme("guides/apps", "Connect other apps", "Apps of your own"),
      readme("guides/actions", "Run actions"),
      readme("guides/agents", "Give it to AI agents", "AI agents"),
      readme("guides/workflows", "Write workflows"),
      readme("guides/workflows-as-code", "Workflows as code"),
      { path: "guides/recipes", title: "Recipes", file: "deploy/examples/workflows/README.md", beside: "deploy/examples/workflows" },
      { path: "guides/components", title: "Components", file: "COMPONENTS.md" },
      { path: "guides/operations", title: "Operations", file: "OPERATIONS.md" },
      readme("guides/cli", "Do it from a terminal", "The command line"),
      readme("guides/webhooks", "Check that a webhook is ours", "Verify webhooks"),
      readme("guides/local", "Develop with webhooks on your own machine", "Webhooks on your machine"),
      readme("guides/recover", "Watch an account break and recover", "When an account breaks"),
      readme("guides/notifications", "Be told when something breaks", "Notifications"),
      readme("guides/import", "Bring accounts along", "Import accounts"),
    ],
  },
  {
    title: "Libraries",
    pages: [
      { path: "sdk", title: "All libraries", file: "sdk/README.md" },
      { path: "sdk/typescript", title: "TypeScript", file: "sdk/typescript/README.md" },
      { path: "sdk/python", title: "Python", file: "sdk/python/README.md" },
      { path: "sdk/go", title: "Go", file: "sdk/go/README.md" },
      { path: "sdk/browser", title: "Browser", file: "sdk/browser/README.md" },
      { path: "sdk/react", title: "React", file: "sdk/react/README.md" },
    ],
  },
  {
    title: "Run it yourself",
    pages: [
      { ...readme("hosting", "Run it for real"), alone: true },
      { path: "hosting/deploy", file: "web/docs/pages/deploy.md" },
      { path: "hosting/scale", file: "web/docs/pages/scale.md" },
      { path: "hosting/benchmarks", file: "BENCHMARKS.md" },
      { path: "hosting/kubernetes", title: "Kubernetes", file: "deploy/helm/patchbay/README.md" },
      readme("hosting/sign-in", "Sign-in"),
      readme("hosting/code", "Code", "Running code"),
      { path: "hosting/observe", title: "How it does", file: "web/docs/pages/observe.md" },
      readme("hosting/keys", "Keys"),
      readme("hosting/data", "Audit log and data protection"),
      readme("hosting/administrators", "For administrators"),
      { path: "hosting/settings", title: "Settings", file: "SETTINGS.md" },
      { path: "hosting/runbook", title: "Runbook", file: "RUNBOOK.md" },
      { path: "hosting/security", file: "web/docs/pages/security.md" },
      { path: "hosting/threats", file: "web/docs/pages/threats.md" },
    ],
  },
  {
    title: "Reference",
    pages: [
      { path: "cli", title: "Command line", file: "web/docs/pages/cli.md" },
      { path: "architecture", file: "ARCHITECTURE.md" },
      { path: "changelog", file: "CHANGELOG.md" },
    ],
  },
];

/** Files that are something else here. What is no page at all keeps its words, and is no link. */
export const elsewhere = { "openapi/openapi.yaml": "/docs/api" };
