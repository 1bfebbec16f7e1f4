import { expect, it } from "vitest";
import { entryAt } from "./places";

it.each([
  ["", "Overview"],
  ["users", "Users"],
  ["users/ada%2Fb", "Users"],
  ["users/ada/workflows/p_1", "Users"],
  ["users/ada/triggers/dc_1", "Deployed triggers"],
  ["erasures", "Users"],
  ["imports", "Accounts"],
  ["private-components/create-invoice", "Actions and triggers"],
  ["mcp-servers/acme_tools", "MCP servers"],
  ["event-types", "Endpoints"],
  ["state/ds_1", "State"],
  ["statement", undefined],
])("%s is marked as %s", (rest, label) => expect(entryAt(`/projects/proj_1/development${rest && `/${rest}`}`)?.label).toBe(label));
