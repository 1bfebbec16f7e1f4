package archive

// noun is a table whose rows are in the archive.
type noun struct {
	table, file string // file: its name, without an ending
	columns     string // that are written; the others are in without
	without     string // secrets, and what only this installation's workers need
	key         string // by which the rows are read, in its order
	where       string // of which rows; "" = all that the project sees
	history     bool   // it tells what happened: written where that is asked for
}

// ofProject are nouns that both environments share.
var ofProject = []noun{
	{
		table: "projects", file: "project", key: "id",
		columns: "id name app_name support_email connect_require_key_auth_test workflows_in_production created_at updated_at proxy_hosts proxy_log_bodies action_log_values run_keep_days run_keep_mb error_workflow_id event_keep_days log_keep_days development_users log_redactions",
		without: "workspace_id deleted_at",
	},
	{
		table: "environments", file: "environments", key: "id",
		columns: "id name verify_url verify_users mcp_approval mcp_sign_in_url",
		without: "project_id verification_at mcp_at",
	},
	{
		table: "project_terms", file: "limits", key: "project_id",
		columns: "terms updated_at",
		without: "project_id",
	},
	{
		table: "oauth_apps", file: "oauth_clients", key: "id",
		columns: "id app name description client_id scopes additional_scopes created_at updated_at auth secret_set_at secret_used_at previous_secret_until previous_secret_used_at tested_at suspended_at suspended_code retry_at",
		without: "project_id client_secret fields previous_secret",
	},
	{
		table: "app_overrides", file: "app_overrides", key: "id",
		columns: "id app name oauth_app_id cfmap created_at updated_at",
		without: "project_id",
	},
	{
		table: "workflows", file: "workflows", key: "id",
		columns: "id name active version draft endpoint_id created_at updated_at paused_in key canary_version canary_percent",
		without: "project_id bearer_hash",
	},
	{
		table: "workflow_versions", file: "workflow_versions", key: "id",
		columns: "id workflow_id version definition created_at author message",
		without: "project_id",
	},
	{
		table: "workflow_triggers", file: "workflow_triggers", key: "id",
		columns: "id workflow_id name type environment_id definition active running endpoint_id due_at fired_at error created_at updated_at",
		without: "project_id",
	},
	{
		table: "workflow_intakes", file: "workflow_intakes", key: "id",
		columns: "id settings set_at",
		without: "project_id keys",
	},
	{
		table: "list_views", file: "list_views", key: "id",
		columns: "id member_id list name search is_default created_at updated_at",
		without: "project_id",
	},
	{
		table: "notification_routes", file: "notification_routes", key: "id", where: "project_id IS NOT NULL",
		columns: "id environment name channel shown severities event_types time_zone mutes muted_until runbook_url enabled off_reason digest next_digest_at digest_from breaker open_until open_level failures wait_until last_sent_at last_error last_detail created_at updated_at",
		without: "workspace_id project_id target lease_id lease_until",
	},
}

// ofEnvironment are nouns of one environment.
var ofEnvironment = []noun{
	{
		table: "brands", file: "brand", key: "id",
		columns: "id settings created_at updated_at",
		without: "environment_id",
	},
	{
		table: "brand_files", file: "brand_files", key: "id",
		columns: "id kind type created_at",
		without: "environment_id content",
	},
	{
		table: "connect_domains", file: "connect_domain", key: "id",
		columns: "id host created_at",
		without: "environment_id",
	},
	{
		table: "external_users", file: "users", key: "id",
		columns: "id external_id created_at updated_at",
		without: "environment_id",
	},
	{
		table: "accounts", file: "accounts", key: "id",
		columns: "id user_id app auth oauth_app_id name identity_id vars scopes healthy dead error created_at updated_at asked_scopes cause health_since checked_at",
		without: "environment_id probe_at probe_failures",
	},
	{
		table: "account_aliases", file: "account_aliases", key: "id",
		columns: "id alias account_id created_at updated_at",
		without: "environment_id",
	},
	{
		table: "app_addresses", file: "app_addresses", key: "id",
		columns: "id app oauth_app_id endpoint_id route created_at updated_at",
		without: "environment_id keys",
	},
	{
		table: "triggers", file: "triggers", key: "id",
		columns: "id user_id component_key name active emit_on_deploy configured_props endpoint_id created_at updated_at intake intake_at expect_every silent_since hears_app version live_id",
		without: "environment_id intake_keys changed_at",
	},
	{
		table: "trigger_sources", file: "trigger_sources", key: "id",
		columns: "id every props due_at seen looked_at failures failing_since error app cron zone phase hooked paused_at",
		without: "environment_id lease_id lease_until state next_props next_version next_dynamic",
	},
	{
		table: "trigger_workflows", file: "trigger_workflows", key: "trigger_id, workflow_id",
		columns: "trigger_id workflow_id",
		without: "environment_id",
	},
	{
		table: "instances", file: "instances", key: "id",
		columns: "id workflow_id user_id active config accounts created_at updated_at",
		without: "environment_id",
	},
	{
		table: "stores", file: "data_stores", key: "id",
		columns: "id scope subject user_id trigger_id records bytes expires_at created_at workflow_id instance_id",
		without: "environment_id",
	},
	{
		table: "store_records", file: "data_store_records", key: "store_id, key",
		columns: "store_id key value size version expires_at updated_at",
		without: "environment_id",
	},
	{
		table: "webhook_endpoints", file: "endpoints", key: "id",
		columns: "id level subject_id url disabled_at created_at updated_at breaker open_until open_level failing_since failures last_success_at disabled_reason main description event_types hears_triggers payload signatures timeout_ms retry_waits rate burst concurrency ordering on_exhausted certificate_subject certificate_expires_at ordering_path inline_limit",
		without: "environment_id recent recent_count room headers tokens tokens_at certificate warned told",
	},
	{
		table: "events", file: "events", key: "id", history: true,
		columns: "id type subject_id external_user_id body hops created_at stored",
		without: "environment_id secret tx emitted",
	},
	{
		table: "deliveries", file: "deliveries", key: "id", history: true,
		columns: "id event_id endpoint_id event_type external_user_id state attempts next_attempt_at last_status last_error created_at finished_at ordering_key sent_as",
		without: "environment_id lease_id lease_until seq forgiven",
	},
	{
		table: "attempts", file: "delivery_attempts", key: "id", history: true,
		columns: "id delivery_id number started_at duration_ms status error response_excerpt request_headers response_headers remote_address",
		without: "environment_id",
	},
	{
		table: "runs", file: "runs", key: "id", history: true,
		columns: "id workflow_id workflow_name version status external_user_id input error response created_at started_at finished_at trigger signals parent_id parent_path replay_of attempts trace_id test instance accounts parent_call parent_item depth span_id failures retries supersede_key failure_of definition",
		without: "environment_id lease_id lease_until store placed",
	},
	{
		table: "run_steps", file: "run_steps", key: "run_id, path", history: true,
		columns: "run_id position name type status input output error started_at finished_at attempts wake_at path again account_id app pause round flow stored code_ms",
		without: "environment_id",
	},
	{
		table: "run_answers", file: "run_answers", key: "run_id, path, round", history: true,
		columns: "run_id path round choice data answered_at",
		without: "environment_id",
	},
	{
		table: "workflow_firings", file: "workflow_firings", key: "id", history: true,
		columns: "id trigger_id due_at external_user_id state reason fire_at run_id",
		without: "environment_id",
	},
	{
		table: "action_runs", file: "action_runs", key: "id", history: true,
		columns: "id component_key component_version app account_id external_user_id status background failure idempotency_key kept_until attempts cancel_at created_at started_at finished_at repeatable caller_kind caller_id caller_name via arguments_hash approval_id",
		without: "environment_id input_hash input value logs lease_id lease_until",
	},
	{
		table: "proxy_requests", file: "requests", key: "id", history: true,
		columns: "id request_id account_id external_user_id app method host path status error duration_ms bytes_in bytes_out refreshed retried redirects created_at",
		without: "environment_id bodies",
	},
	{
		table: "tool_profiles", file: "tool_profiles", key: "id",
		columns: "id name description meta_tools tools created_at updated_at",
		without: "environment_id",
	},
	{
		table: "mcp_authorizations", file: "mcp_authorizations", key: "id",
		columns: "id user_id client_id client_name client_host redirect_uri scopes profile_id created_at updated_at used_at",
		without: "environment_id",
	},
	{
		table: "connect_sessions", file: "connect_sessions", key: "id", history: true,
		columns: "id token_id external_user_id app auth framed status code account_id reached steps created_at updated_at",
		without: "environment_id",
	},
	{
		table: "connect_steps", file: "connect_steps", key: "id", history: true,
		columns: "id session_id n source name screen detail created_at",
		without: "environment_id",
	},
	{
		table: "account_health", file: "account_health", key: "id", history: true,
		columns: "id account_id state cause error created_at",
		without: "environment_id",
	},
	{
		table: "refresh_attempts", file: "refresh_attempts", key: "id", history: true,
		columns: "id account_id credential_id base_version started_at finished_at outcome http_status provider_code",
		without: "environment_id owner",
	},
	{
		table: "revocations", file: "revocations", key: "id", history: true,
		columns: "id account_id external_user_id app auth oauth_app_id identity_id vars cause status reason http_status attempts next_attempt_at created_at finished_at",
		without: "environment_id credential lease_id lease_until",
	},
	{
		table: "trigger_looks", file: "trigger_looks", key: "id", history: true,
		columns: "id looks",
		without: "environment_id",
	},
	{
		table: "notices", file: "notices", key: "id", history: true,
		columns: "id route_id kind event_id event_type severity title group_id period_from period_to state attempts next_attempt_at code detail created_at finished_at",
		without: "environment_id lease_id lease_until",
	},
	{
		table: "imports", file: "imports", key: "id", history: true,
		columns: "id name format dry_run test total status created_at finished_at",
		without: "environment_id lease_id lease_until",
	},
	{
		table: "import_rows", file: "import_rows", key: "id", history: true,
		columns: "id import_id line key external_user_id status account_id code error",
		without: "environment_id payload",
	},
	{
		table: "inbound_batches", file: "inbound_batches", key: "id", history: true,
		columns: "id trigger_id received accepted duplicate filtered rejected errors created_at",
		without: "environment_id",
	},
	{
		table: "inbound_letters", file: "inbound_letters", key: "id", history: true,
		columns: "id address_id reason said hops state created_at resolved_at",
		without: "environment_id request",
	},
	{
		table: "erasures", file: "erasures", key: "id", history: true,
		columns: "id user_hash external_user_id erased remains grants due_at created_at finished_at",
		without: "environment_id user_id",
	},
	{
		table: "replays", file: "replays", key: "id", history: true,
		columns: "id status filter endpoint_id again rate total done queued cursor next_at created_at finished_at new_ids",
		without: "environment_id",
	},
	{
		table: "run_replays", file: "run_replays", key: "id", history: true,
		columns: "id status filter version from_step again rate total done started refused cursor next_at created_at finished_at",
		without: "environment_id",
	},
	{
		table: "usage_days", file: "usage_days", key: "day, kind, external_user_id, app, workflow_id, trigger_id", history: true,
		columns: "day kind external_user_id app workflow_id trigger_id count credits ms",
		without: "environment_id",
	},
}

// leftOut says of each other table why it is not in the archive.
var leftOut = map[string][]string{
	"It holds credentials, sealed, or secrets that only their holders know.":                             {"credentials", "connect_tokens", "connect_flows", "connect_verifications", "mcp_requests", "mcp_tokens", "webhook_keys"},
	"Values are sealed; names of variables, and the values that are no secrets, are in variables.jsonl.": {"variables"},
	"It is of the workspace and of all its projects.":                                                    {"app_files", "app_logos", "catalogs", "clients", "component_bundles", "component_packages", "mcp_servers", "invitations", "member_projects", "members", "rate_limits", "workspaces", "usage_months"},
	"The list of components is in components.jsonl; what they are made of is the workspace's.":           {"components"},
	"It is of how people sign in.": {
		"authenticators", "directory_groups", "directory_members", "directory_users", "passkey_ceremonies", "passkeys", "people", "recovery_codes", "sessions", "sign_in_devices", "sign_in_links",
		"sign_in_steps", "sso_connections", "sso_domains", "sso_flows", "sso_identities",
	},
	"It is of the installation.":                                      {"backups", "data_keys", "master_key", "mcp_clients", "plans", "schema_marks", "signing_keys"},
	"The audit log has an export of its own, which its chain proves.": {"audit_heads", "audit_log", "audit_pending", "audit_seals", "audit_webhooks"},
	"It is what workers keep to do their work, and means nothing elsewhere.": {
		"blob_holders", "blob_strays", "dead_letter_alerts", "dead_run_alerts", "dynamic_props", "events_unkept", "held_environments", "http_endpoints", "imported_accounts", "inbound_counts", "inbound_seen", "notice_groups",
		"quota_warnings", "run_places", "run_queues", "tool_approvals", "trigger_orphans", "usage_notes", "user_renames",
	},
	"What code said in looks is sealed, and is read one trigger at a time.": {"trigger_look_logs"},
	"Files of runs live for a day, and are fetched by their links.":         {"stash_files"},
}
