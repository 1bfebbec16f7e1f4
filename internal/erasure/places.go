package erasure

import "github.com/patchbay-dev/patchbay/internal/event"

// A user is erased at three times. What they have goes with their row, by foreign
// keys and the database's own triggers: some of it is counted (atOnce). What
// happened to them is erased in batches (inBatches). The rest stays, and stays
// lists why.

// place is a table of which rows go with the user's own.
type place struct {
	kind, table, of string // of: the condition that counts, by @user, the id of ours
}

var atOnce = []place{
	{"accounts", "accounts", "user_id = @user"},
	{"credentials", "credentials", "account_id IN (SELECT id FROM accounts WHERE user_id = @user)"},
	{"connect_tokens", "connect_tokens", "user_id = @user"},
	{"connect_sessions", "connect_sessions", "token_id IN (SELECT id FROM connect_tokens WHERE user_id = @user)"},
	{"mcp_authorizations", "mcp_authorizations", "user_id = @user"},
	{"triggers", "triggers", "user_id = @user"},
	{"instances", "instances", "user_id = @user"},
	{"stores", "stores", "user_id = @user"},
}

// batch is something of which rows are erased by a condition: of @user, the
// customer's own id, and written up to @until; @id is ours, @since the time at
// which the user was deleted.
type batch struct {
	kind, table, where string
	last               bool   // only when nothing else is left
	blank              string // what is set instead of deleting the row; "" = the row goes
}

// told are the events that tell of the deletion itself. They are sent first.
const told = "(type = '" + event.AccountDeleted + "' AND created_at >= @since)"

// waits are deliveries of such events that are not over, as long as they are waited for.
const waits = "@patient AND EXISTS (SELECT FROM deliveries d WHERE d.event_id = events.id AND d.finished_at IS NULL)"

// accountsOf are the accounts that the user had: each left a revocation.
const accountsOf = "account_id IN (SELECT account_id FROM revocations WHERE external_user_id = @user AND created_at <= @until)"

var inBatches = []batch{
	{kind: "runs", table: "runs", where: "external_user_id = @user AND created_at <= @until"},
	{kind: "firings", table: "workflow_firings", where: "external_user_id = @user AND due_at <= @until"},
	{kind: "notices", table: "notice_groups", where: "title <> '' AND id IN (SELECT n.group_id FROM notices n JOIN events e ON e.id = n.event_id WHERE e.external_user_id = @user AND e.created_at <= @until)", blank: "title = ''"},
	{kind: "notices", table: "notices", where: "event_id IN (SELECT id FROM events WHERE external_user_id = @user AND created_at <= @until)"},
	{kind: "deliveries", table: "deliveries", where: "event_id IN (SELECT id FROM events WHERE external_user_id = @user AND created_at <= @until AND NOT " + told + ")"},
	{kind: "events", table: "events", where: "external_user_id = @user AND created_at <= @until AND NOT (" + told + " AND " + waits + ")"},
	{kind: "action_runs", table: "action_runs", where: "external_user_id = @user AND created_at <= @until"},
	{kind: "requests", table: "proxy_requests", where: accountsOf},
	{kind: "refresh_attempts", table: "refresh_attempts", where: accountsOf},
	{kind: "connect_sessions", table: "connect_sessions", where: "external_user_id = @user AND created_at <= @until"},
	{kind: "files", table: "stash_files", where: "external_user_id = @user AND created_at <= @until"},
	{kind: "import_rows", table: "import_rows", where: "external_user_id = @user AND import_id IN (SELECT id FROM imports WHERE created_at <= @until)"},
	{kind: "replays", table: "replays", where: "filter->>'external_user_id' = @user AND created_at <= @until AND finished_at IS NOT NULL"},
	{kind: "replays", table: "run_replays", where: "filter->>'external_user_id' = @user AND created_at <= @until AND finished_at IS NOT NULL"},
	// What is left at an app stays on the list of what is left, without what the user filled in.
	{kind: "left_webhooks", table: "trigger_orphans", where: "user_id = @id AND due_at IS NULL AND configured_props <> '{}'", blank: "configured_props = '{}', props = '[]', state = NULL, keys = NULL, error = NULL"},
	{kind: "renames", table: "user_renames", where: "user_id = @id AND finished_at IS NOT NULL", last: true},
	// By these the accounts are known, to the last.
	{kind: "revocations", table: "revocations", where: "external_user_id = @user AND created_at <= @until AND finished_at IS NOT NULL", last: true},
}

// pending is what may hold an erasure up, and for how long it is waited for.
var pending = []struct{ kind, count, reason string }{
	{"events", "SELECT count(*) FROM events WHERE external_user_id = @user AND created_at <= @until AND " + told + " AND " + waits, "They tell your servers of the deletion, and go when that is done or given up."},
	{"revocations", "SELECT count(*) FROM revocations WHERE external_user_id = @user AND created_at <= @until AND finished_at IS NULL", "Grants are being revoked at their apps, which is tried for about a day. The sealed credential is kept for that."},
	{"left_webhooks", "SELECT count(*) FROM trigger_orphans WHERE user_id = @id AND due_at IS NOT NULL", "Webhooks are being taken down at their apps."},
	{"renames", "SELECT count(*) FROM user_renames WHERE user_id = @id AND finished_at IS NULL", "The user had another id until lately, under which something may still be written down."},
	{"replays", "SELECT count(*) FROM replays WHERE filter->>'external_user_id' = @user AND created_at <= @until AND finished_at IS NULL", "A replay under way names the user."},
	{"replays", "SELECT count(*) FROM run_replays WHERE filter->>'external_user_id' = @user AND created_at <= @until AND finished_at IS NULL", "A replay under way names the user."},
}

// goesWith are tables whose rows go with those of another, by a foreign key, or,
// where that is said, by a trigger of the database.
var goesWith = map[string]string{ //nolint:gosec // names of tables
	"account_aliases": "accounts", "account_health": "accounts", "credentials": "accounts", "imported_accounts": "accounts",
	"accounts": "external_users", "connect_tokens": "external_users", "triggers": "external_users", "instances": "external_users", "stores": "external_users",
	"mcp_authorizations": "external_users", "mcp_requests": "external_users", "mcp_tokens": "mcp_authorizations",
	"connect_flows": "connect_tokens", "connect_verifications": "connect_tokens", "connect_steps": "connect_sessions",
	"store_records": "stores", "trigger_sources": "triggers", "trigger_looks": "triggers", "trigger_look_logs": "triggers",
	"inbound_batches": "triggers", "trigger_workflows": "triggers", "attempts": "deliveries", "run_answers": "runs", "run_places": "runs",
	"run_steps":         "runs by delete_run_steps",
	"inbound_counts":    "triggers by forget_trigger",
	"inbound_seen":      "triggers by forget_trigger",
	"http_endpoints":    "triggers by forget_trigger",
	"webhook_endpoints": "triggers by forget_trigger",
	"usage_days":        "external_users by forget_usage", // their name does; what was used stays counted
	"usage_notes":       "external_users by forget_usage",
	"external_users":    "the user's own row, which is deleted",
}

// stays says of each other table why nothing of it is erased.
var stays = map[string][]string{
	"It is the log of who did what. Nothing of it is ever changed, and it goes by its age.": {"audit_log"},
	"It holds no more than hashes and numbers of the audit log.":                            {"audit_seals", "audit_pending", "audit_heads"},
	"It is of programs, and names nobody who uses them.":                                    {"mcp_clients"},
	"It is the report itself, which holds a hash.":                                          {"erasures"},
	"It holds what developers wrote and set, and no user's data.": {
		"app_addresses", "app_files", "app_logos", "app_overrides", "brand_files", "brands", "catalogs", "component_bundles", "component_packages", "components", "mcp_servers",
		"connect_domains", "environments", "notification_routes", "oauth_apps", "projects", "run_queues", "variables", "webhook_keys", "workflow_intakes", "workflow_triggers",
		"workflow_versions", "workflows", "workspaces", "list_views", "held_environments", "tool_profiles",
	},
	"It is of people who run the product, and of their programs.": {
		"audit_webhooks", "authenticators", "clients", "invitations", "member_projects", "members", "passkey_ceremonies", "passkeys", "people", "rate_limits", "recovery_codes",
		"sessions", "sign_in_devices", "sign_in_links", "sign_in_steps", "sso_connections", "sso_domains", "sso_flows", "sso_identities", "directory_users", "directory_groups", "directory_members",
	},
	"It holds keys of the installation.":                                                                            {"data_keys", "master_key", "signing_keys"},
	"It says when somebody was told of dead letters, and of whom nothing.":                                          {"dead_letter_alerts", "dead_run_alerts"},
	"It is of what whole projects use and may use, and names no user.":                                              {"usage_months", "plans", "project_terms", "quota_warnings"},
	"It says when the installation was backed up, and of what schema it is.":                                        {"backups", "schema_marks"},
	"It holds forms that apps made of what was filled in, of no user by name, and goes in a day.":                   {"dynamic_props"},
	"It names files in the store of payloads, which go with the rows that hold them.":                               {"blob_holders", "blob_strays"},
	"It says of an import how many rows it had.":                                                                    {"imports"},
	"It holds requests of apps that no user was found for, and goes when somebody has dealt with it or by its age.": {"inbound_letters"},
	"It holds hashes of what users were asked to approve, and goes in a day.":                                       {"tool_approvals"},
	"It holds ids of events, and of nobody whose they were.":                                                        {"events_unkept"},
}
