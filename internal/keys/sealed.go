// Package keys keeps the keys that seal every secret. Data keys seal; they lie
// in the database, wrapped by a master key that does not. The package makes
// them, finds them for internal/secret, and changes them while others work.
package keys

// column is a place where sealed values lie.
type column struct {
	table, name string
	associated  string // SQL over the table's row: the associated data of the value
}

func (c column) String() string { return c.table + "." + c.name }

// sealed lists every sealed column. A rotation seals anew what is listed here,
// and nothing else; TestEverySealedColumn holds it against the schema.
var sealed = []column{
	{"master_key", "canary", `'canary|' || id`},
	{"signing_keys", "private_key", `'signing_key|' || id`},
	{"events", "secret", `'event|' || id`},
	{"webhook_keys", "key", `'webhook_key|' || id`},
	{"webhook_endpoints", "headers", `'webhook_headers|' || id`},
	{"webhook_endpoints", "certificate", `'webhook_certificate|' || id`},
	{"oauth_apps", "client_secret", `'oauth_app|' || id`},
	{"oauth_apps", "previous_secret", `'oauth_app|' || id`},
	{"oauth_apps", "fields", `'oauth_app_fields|' || id`},
	{"credentials", "sealed", `'credential|' || environment_id || '|' || account_id || '|' || name`},
	{"connect_flows", "secret", `'connect_flow|' || id`},
	{"connect_verifications", "secret", `'connect_verification|' || id`},
	{"connect_flows", "held", `'connect_held|' || id`},
	{"revocations", "credential", `'revocation|' || environment_id || '|' || id`},
	{"proxy_requests", "bodies", `'proxy_request|' || environment_id || '|' || id`},
	{"triggers", "intake_keys", `'trigger|' || id`},
	{"trigger_sources", "state", `'trigger_source|' || id`},
	{"trigger_look_logs", "record", `'trigger_look|' || id`},
	{"trigger_orphans", "state", `'trigger_source|' || trigger_id`},
	{"trigger_orphans", "keys", `'trigger|' || trigger_id`},
	{"workflow_intakes", "keys", `'workflow_intake|' || id`},
	{"app_addresses", "keys", `'app_address|' || id`},
	{"notification_routes", "target", `'notification_route|' || id`},
	{"action_runs", "input", `'action_input|' || id`},
	{"action_runs", "value", `'action_value|' || id`},
	{"action_runs", "logs", `'action_logs|' || id`},
	{"variables", "value", `'variable|' || id`},
	{"authenticators", "secret", `'authenticator|' || id`},
	{"sso_connections", "client_secret", `'sso_connection|' || id`},
	{"audit_webhooks", "key", `'audit_webhook|' || id`},
	{"audit_webhooks", "previous_key", `'audit_webhook|' || id`},
	{"import_rows", "payload", `'import_row|' || id`},
}
