package db_test

import (
	"slices"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// An environment is what a database is sharded by: its rows lie together, and nearly all
// that grows has environment_id. What has none is small and on every shard (a reference
// table, in the words of Citus).

// everywhere are the tables on every shard, and why they may be.
var everywhere = map[string]string{
	"the installation's: a few rows": "backups data_keys goose_db_version master_key plans schema_marks signing_keys mcp_clients",
	"people and how they sign in: as many as members": "authenticators directory_groups directory_members directory_users passkey_ceremonies passkeys people recovery_codes " +
		"sessions sign_in_devices sign_in_links sign_in_steps sso_connections sso_domains sso_flows sso_identities",
	"what stands above environments": "workspaces projects environments members member_projects invitations clients rate_limits notification_routes list_views project_terms quota_warnings catalogs",
	"what a workspace or project makes by hand, and its environments share": "app_files app_logos app_overrides components component_bundles component_packages mcp_servers oauth_apps variables http_endpoints " +
		"workflows workflow_versions workflow_intakes",
	"a chain over all of a workspace, which has one writer":     "audit_log audit_heads audit_pending audit_seals audit_webhooks",
	"a row for each month: what was used, folded from the days": "usage_months",
}

// alone are keys of sharded tables that do not name the environment, and why a shard can
// have them: with it they say no less.
var alone = map[string]string{
	"the first column is the id, made at random, of a row of the same environment": "connect_steps session_id,n; deliveries event_id,endpoint_id; import_rows import_id,line; inbound_seen source_id,key; run_steps run_id,path; " +
		"trigger_workflows trigger_id,workflow_id; workflow_firings trigger_id,due_at,external_user_id; mcp_authorizations user_id,client_id,profile_id; runs parent_id,parent_path,parent_call,parent_item; " +
		"triggers live_id,user_id; erasures user_id",
	"a few rows for each workflow, found by what the environments of a project share":                  "workflow_triggers id; workflow_triggers project_id,id; workflow_triggers workflow_id,name; workflow_firings trigger_id -> workflow_triggers",
	"the hash of something made at random":                                                             "connect_flows state_hash; connect_tokens token_hash; connect_verifications key_hash; connect_verifications nonce_hash; mcp_requests code_hash; mcp_requests key_hash; mcp_requests request_hash; mcp_tokens token_hash",
	"an id, made at random, of a table that is a part for each day":                                    "attempts id",
	"the address of a blob, which begins with its environment":                                         "blob_holders key; blob_strays key",
	"a host name, which is one environment's in the whole world: a small table that may be everywhere": "connect_domains host",
}

// What grows can be sharded by environment: each key of such a table names it, or can
// (an id has a twin of environment and id, which can take its place), what refers from
// one sharded table to another does so within the environment, and no table that is
// everywhere refers to one that is not.
func TestKeysNameTheirOwner(t *testing.T) {
	t.Parallel()
	d := testkit.DB(t)
	var tables []struct {
		Name    string
		Sharded bool
	}
	var keys, references []struct{ Table, Columns, To string }
	err := d.System(t.Context(), func(tx *gorm.DB) error {
		const ours = `c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1, 2`
		if err := tx.Raw(`SELECT c.relname AS name, EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attname = 'environment_id' AND attnotnull) AS sharded FROM pg_class c WHERE ` + ours).Scan(&tables).Error; err != nil {
			return err
		}
		if err := tx.Raw(`SELECT c.relname AS table, (SELECT string_agg(pg_get_indexdef(indexrelid, k, true), ',' ORDER BY k) FROM generate_series(1, indnkeyatts) k) AS columns
			FROM pg_index JOIN pg_class c ON c.oid = indrelid WHERE indisunique AND ` + ours).Scan(&keys).Error; err != nil {
			return err
		}
		return tx.Raw(`SELECT c.relname AS table, (SELECT string_agg(attname, ',') FROM unnest(conkey) k JOIN pg_attribute ON attrelid = conrelid AND attnum = k) AS columns, confrelid::regclass::text AS to
			FROM pg_constraint JOIN pg_class c ON c.oid = conrelid WHERE contype = 'f' AND conparentid = 0 AND ` + ours).Scan(&references).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	excuses, needed := map[string]bool{}, map[string]bool{}
	for _, names := range everywhere {
		for _, name := range strings.Fields(names) {
			excuses[name] = true
		}
	}
	for _, list := range alone {
		for _, one := range strings.Split(list, "; ") {
			excuses[one] = true
		}
	}
	check := func(what, complaint string) {
		if needed[what] = true; !excuses[what] {
			t.Errorf("%s: %s", what, complaint)
		}
	}
	sharded := map[string]bool{}
	for _, table := range tables {
		if sharded[table.Name] = table.Sharded; !table.Sharded {
			check(table.Name, "it has no environment_id that is never NULL: say why it may be on every shard")
		}
	}
	named := func(columns string) bool { return slices.Contains(strings.Split(columns, ","), "environment_id") }
	twin := map[string]bool{}
	for _, k := range keys {
		twin[k.Table] = twin[k.Table] || k.Columns == "environment_id,id"
	}
	for _, k := range keys {
		if sharded[k.Table] && !named(k.Columns) && (k.Columns != "id" || !twin[k.Table]) {
			check(k.Table+" "+k.Columns, "this key does not name the environment")
		}
	}
	for _, r := range references {
		if sharded[r.To] && (!sharded[r.Table] || !named(r.Columns)) {
			check(r.Table+" "+r.Columns+" -> "+r.To, "this reference leads out of the environment")
		}
	}
	for what := range excuses {
		if !needed[what] {
			t.Errorf("nothing needs the excuse for %q", what)
		}
	}
	for _, large := range strings.Fields("events deliveries attempts runs run_steps action_runs proxy_requests trigger_looks inbound_seen connect_sessions accounts credentials external_users refresh_attempts store_records usage_days") {
		if !sharded[large] {
			t.Errorf("%s grows with what is done, and is not sharded", large)
		}
	}
}
