/** What the audit log knows, as the contract lists it: a test of internal/audit holds the two together. */
export const actions = [
  "account.credentials_read", "account.deleted", "account_alias.deleted", "account_alias.set", "api_key.changed", "api_key.created", "api_key.revoked",
  "app_address.changed", "app_address.created", "app_address.deleted", "app_file.changed", "app_file.removed", "app_logo.changed", "app_logo.removed",
  "app_override.changed", "app_override.created", "app_override.deleted", "audit_log.expired", "audit_log.exported", "audit_webhook.changed",
  "audit_webhook.created", "audit_webhook.deleted", "audit_webhook.entries_missed", "audit_webhook.key_changed", "audit_webhook.paused",
  "audit_webhook.resumed", "brand.changed", "brand.copied", "client.changed", "client.created", "client.deleted", "client.previous_secret_ended",
  "client.secret_changed", "component.removed", "component.saved", "component_package.installed", "component_package.removed", "connect_domain.changed",
  "connect_domain.removed", "data_store.cleared", "data_store.created", "data_store.deleted", "dead_letters.discarded", "delivery.retried",
  "directory.token_changed", "directory.token_ended", "endpoint.changed", "endpoint.created", "endpoint.deleted", "endpoint.disabled",
  "endpoint.enabled", "endpoint.key_changed", "import.started", "inbound_letter.resolved", "instance.changed", "instance.deleted", "invitation.resent",
  "invitation.revoked", "mcp_authorization.allowed", "mcp_authorization.revoked", "mcp_authorization.tokens_ended", "mcp_server.accepted",
  "mcp_server.changed", "mcp_server.declined", "mcp_server.removed", "mcp_sign_in.changed", "member.address_refused", "member.changed",
  "member.factor_added", "member.factor_removed", "member.invited", "member.joined", "member.left", "member.password_changed", "member.removed",
  "member.sessions_ended", "member.sign_in_failed", "member.signed_in", "notification_route.changed", "notification_route.created",
  "notification_route.deleted", "oauth_app.changed", "oauth_app.created", "oauth_app.deleted", "project.changed", "project.created", "project.deleted",
  "project.exported", "project.limits_changed", "rate_limit.created", "replay.cancelled", "replay.paused", "replay.resumed", "replay.started",
  "run.answered", "run.canceled", "run.replayed", "run.retried", "run_queue.cleared", "run_queue.paused", "run_queue.released", "run_queue.resumed",
  "run_replay.cancelled", "run_replay.paused", "run_replay.resumed", "run_replay.started", "runs.canceled", "runs.discarded", "runs.retried",
  "settings.promoted", "sso.changed", "sso.removed", "sso_domain.added", "sso_domain.proved", "sso_domain.removed", "tool_approval.changed",
  "tool_call.approved", "tool_call.declined", "tool_profile.changed", "tool_profile.created", "tool_profile.deleted", "trigger.changed",
  "trigger.deleted", "trigger.deployed", "trigger.intake_changed", "trigger.webhooks_changed", "trigger.workflows_changed", "trigger_orphan.forgotten",
  "user.deleted", "user.renamed", "user_verification.changed", "variable.changed", "variable.created", "variable.deleted", "workflow.changed",
  "workflow.created", "workflow.deleted", "workflow.deployed", "workflow.disabled", "workflow.intake_changed", "workflow.token_changed",
  "workflow.trigger_changed", "workflow.version_run", "workflows.applied", "workspace.addresses_changed", "workspace.changed", "workspace.created",
  "workspace.deleted", "workspace.deletion_asked", "workspace.plan_changed", "workspace.renamed", "workspace.sign_in_changed", "workspace.taken_back",
  "workspace.transferred",
];

/** What a change's entry tells of a field. */
export interface FieldChange {
  name: string;
  before?: unknown;
  after?: unknown;
}

/** The fields that an entry's details say have changed, with what they were and are. */
export function changesOf(details: Record<string, unknown>): FieldChange[] {
  const before = objectOf(details.before);
  const after = objectOf(details.after);
  const fields = Array.isArray(details.fields) ? details.fields.filter((f): f is string => typeof f === "string") : [];
  return fields.map((name) => ({ name, before: before[name], after: after[name] }));
}

function objectOf(v: unknown): Record<string, unknown> {
  return v && typeof v === "object" && !Array.isArray(v) ? (v as Record<string, unknown>) : {};
}

/** A value in one line. */
export function inOneLine(v: unknown): string {
  if (v === undefined || v === null || v === "") return "—";
  return typeof v === "string" ? v : JSON.stringify(v);
}
