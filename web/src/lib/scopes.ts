/** What an API client may be allowed to do, as the API spells it, with a word for people. */
export const scopes: { group: string; scopes: [string, string][] }[] = [
  { group: "Everything", scopes: [["*", "All of the API, also what will be added to it"]] },
  {
    group: "Connect",
    scopes: [
      ["connect:*", "All of connect"],
      ["connect:tokens:create", "Make connect tokens"],
      ["connect:accounts:read", "See accounts"],
      ["connect:accounts:write", "Delete and import accounts"],
      ["connect:users:read", "See users"],
      ["connect:users:write", "Delete users"],
      ["connect:apps:*", "See the catalogue"],
      ["connect:actions:*", "Run actions, and see what ran"],
      ["connect:actions:read", "See actions, what ran, and files"],
      ["connect:oauth_apps:read", "See OAuth clients"],
      ["connect:oauth_apps:write", "Change OAuth clients"],
      ["connect:app_overrides:read", "See app overrides"],
      ["connect:app_overrides:write", "Change app overrides"],
      ["connect:proxy", "Call apps as a user's account"],
      ["connect:triggers:*", "See and deploy triggers"],
      ["connect:deployed_triggers:read", "See deployed triggers"],
      ["connect:deployed_triggers:write", "Change deployed triggers"],
      ["connect:webhooks:read", "See webhooks"],
      ["connect:webhooks:write", "Set webhooks"],
      ["connect:projects:read", "See projects"],
      ["connect:projects:write", "Change projects"],
      ["connect:workflow:invoke", "Call workflows"],
      ["connect:instances:read", "See what users have of workflows"],
      ["connect:instances:write", "Change what users have of workflows"],
      ["connect:rate_limits:write", "Make rate limits for users"],
    ],
  },
  {
    group: "Components",
    scopes: [
      ["components:read", "See the workspace's own components, with their sources"],
      ["components:write", "Save, install and remove components"],
    ],
  },
  {
    group: "Workflows",
    scopes: [
      ["workflows:read", "See workflows"],
      ["workflows:write", "Create, deploy and delete workflows"],
      ["runs:read", "See runs, with inputs and outputs"],
      ["runs:write", "Cancel runs, try them again, replay them; pause queues and let them go on"],
    ],
  },
  {
    group: "Events, deliveries, requests, clients and secrets",
    scopes: [
      ["events:read", "See what happens, and listen to it"],
      ["deliveries:read", "See deliveries, with payloads"],
      ["deliveries:write", "Send deliveries again"],
      ["notifications:read", "See notification routes and notices"],
      ["notifications:write", "Change and test notification routes"],
      ["requests:read", "See proxied requests, with kept bodies"],
      ["clients:read", "See API clients"],
      ["clients:write", "Create and delete API clients"],
      ["audit:read", "See the audit log"],
      ["members:read", "See members and invitations"],
      ["members:write", "Change and invite members who are no owners"],
      ["credentials:read", "See accounts' credentials in the clear; each time is logged"],
    ],
  },
];

/** Whether one scope grants another already: "connect:*" covers "connect:users:read". */
export function covers(wide: string, narrow: string): boolean {
  if (wide === narrow) return false;
  return wide === "*" || (wide.endsWith(":*") && narrow.startsWith(wide.slice(0, -1)));
}

/** The choice without what another choice grants already. */
export function slim(chosen: string[]): string[] {
  return chosen.filter((s) => !chosen.some((w) => covers(w, s)));
}
