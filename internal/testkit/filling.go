package testkit

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Filling writes rows straight into tables, for tests about all tables there are.
type Filling struct {
	t   testing.TB
	db  *db.DB
	now func() time.Time
}

// NewFilling fills a database.
func NewFilling(t testing.TB, d *db.DB, now func() time.Time) *Filling { return &Filling{t, d, now} }

func (f *Filling) in(s tenant.Scope, fn func(tx *gorm.DB) error) {
	f.t.Helper()
	if err := f.db.In(f.t.Context(), s, fn); err != nil {
		f.t.Fatal(err)
	}
}

// Row is what a row holds that a test says.
type Row map[string]any

// Put writes a row: what it does not say, the type of the column does.
func (f *Filling) Put(s tenant.Scope, table string, values Row) {
	f.t.Helper()
	f.in(s, func(tx *gorm.DB) error {
		var columns []struct{ Name, Type string }
		err := tx.Raw(`SELECT attname AS name, format_type(atttypid, NULL) AS type FROM pg_attribute
			WHERE attrelid = ?::regclass AND attnum > 0 AND NOT attisdropped AND attnotnull AND NOT atthasdef`, table).Scan(&columns).Error
		if err != nil {
			return err
		}
		all := Row{}
		for _, c := range columns {
			all[c.Name] = map[string]any{"text": "x", "jsonb": "{}", "json": "{}", "boolean": false, "timestamp with time zone": f.now(), "bytea": []byte(id.New("x"))}[c.Type]
			if all[c.Name] == nil {
				all[c.Name] = 1
			}
		}
		for k, v := range values {
			all[k] = v
		}
		var names, marks []string
		var args []any
		for k, v := range all {
			names, marks, args = append(names, k), append(marks, "?"), append(args, v)
		}
		if err := tx.Exec("INSERT INTO "+table+" ("+strings.Join(names, ", ")+") VALUES ( "+strings.Join(marks, ", ")+")", args...).Error; err != nil {
			return fmt.Errorf("%s: %w", table, err)
		}
		return nil
	})
}

// User writes a user of whom there is something in each place, which holds a word.
func (f *Filling) User(s tenant.Scope, externalID, word string) (userID string) {
	f.t.Helper()
	now, key := f.now(), id.New("x")[2:]
	as := func(prefix string) string { return prefix + "_" + key }
	userID = as("exu")
	f.Put(s, "external_users", Row{"id": userID, "external_id": externalID})
	f.Put(s, "accounts", Row{"id": as("apn"), "user_id": userID, "app": "acme", "auth": "keys", "name": word, "scopes": "[]"})
	f.Put(s, "connect_tokens", Row{"id": as("ct"), "user_id": userID, "scopes": "[]", "allowed_origins": "[]", "webhook_uri": "https://a.test/" + word})
	f.Put(s, "connect_sessions", Row{"id": as("cs"), "token_id": as("ct"), "external_user_id": externalID, "status": "open"})
	f.Put(s, "user_renames", Row{"id": as("urn"), "user_id": userID, "from_hash": word, "to_id": externalID, "finished_at": now})
	f.Put(s, "connect_steps", Row{"id": as("cst"), "session_id": as("cs"), "source": "page", "name": word})
	f.Put(s, "triggers", Row{"id": as("dc"), "user_id": userID, "name": word, "endpoint_id": as("en")})
	f.Put(s, "trigger_orphans", Row{"id": as("orp"), "user_id": userID, "configured_props": `{"a":"` + word + `"}`, "props": "[]"})
	f.Put(s, "stores", Row{"id": as("ds"), "scope": "user", "subject": userID, "user_id": userID})
	f.Put(s, "store_records", Row{"store_id": as("ds"), "key": "k", "value": `"` + word + `"`})
	f.Put(s, "revocations", Row{"id": as("rev"), "account_id": as("old"), "external_user_id": externalID, "app": "acme", "cause": "account_deleted", "status": "unsupported", "finished_at": now})
	f.Put(s, "refresh_attempts", Row{"id": as("rfa"), "account_id": as("old"), "provider_code": word})
	f.Put(s, "proxy_requests", Row{"id": as("prx"), "account_id": as("old"), "external_user_id": externalID, "path": "/" + word})
	f.Put(s, "action_runs", Row{"id": as("acr"), "external_user_id": externalID, "status": "failed", "failure": `{"message":"` + word + `"}`, "finished_at": now, "started_at": now})
	f.Put(s, "stash_files", Row{"id": as("stf"), "stash_id": as("st"), "external_user_id": externalID, "path": word, "stored": `{"key":"` + as("blob") + `"}`})
	f.Put(s, "imports", Row{"id": as("imp"), "format": "csv", "status": "running"})
	f.Put(s, "import_rows", Row{"id": as("imr"), "import_id": as("imp"), "external_user_id": externalID, "status": "failed", "error": word})
	f.Put(s, "replays", Row{"id": as("rpl"), "status": "finished", "filter": `{"external_user_id":"` + externalID + `"}`, "finished_at": now})
	f.Put(s, "run_replays", Row{"id": as("rrp"), "status": "finished", "filter": `{"external_user_id":"` + externalID + `"}`, "finished_at": now})
	f.Put(s, "workflows", Row{"id": as("p"), "project_id": s.Project(), "endpoint_id": as("en")})
	f.Put(s, "workflow_triggers", Row{"id": as("wt"), "project_id": s.Project(), "workflow_id": as("p"), "environment_id": s.Environment(), "type": "schedule"})
	f.Put(s, "workflow_firings", Row{"id": as("fir"), "trigger_id": as("wt"), "external_user_id": externalID, "state": "fired"})
	f.Put(s, "runs", Row{"id": as("run"), "workflow_id": as("p"), "status": "running", "external_user_id": externalID, "input": `"` + word + `"`})
	f.Put(s, "run_steps", Row{"run_id": as("run"), "path": "a", "type": "filter", "status": "succeeded", "output": `"` + word + `"`})
	f.Put(s, "webhook_endpoints", Row{"id": as("whk"), "level": "project", "url": "https://a.test/" + key})
	f.Event(s, as("evt"), as("whk"), Row{"type": "ACCOUNT_CONNECTED", "external_user_id": externalID, "body": `{"a":"` + word + `"}`})
	var workspace string
	f.in(s, func(tx *gorm.DB) error { return tx.Raw("SELECT workspace_id FROM projects").Scan(&workspace).Error })
	f.Put(s, "notification_routes", Row{"id": as("ntr"), "workspace_id": workspace, "project_id": s.Project(), "environment": "development", "name": key, "channel": "webhook"})
	f.Put(s, "notice_groups", Row{"id": as("ngr"), "route_id": as("ntr"), "key": key, "title": word})
	f.Put(s, "notices", Row{"id": as("ntc"), "route_id": as("ntr"), "kind": "event", "event_id": as("evt"), "group_id": as("ngr"), "state": "sent", "severity": "info", "detail": word, "finished_at": now})
	return userID
}

// Event writes an event with a delivery that waits, of which there was an attempt.
func (f *Filling) Event(s tenant.Scope, eventID, endpointID string, values Row) {
	f.t.Helper()
	values["id"] = eventID
	f.Put(s, "events", values)
	f.Put(s, "deliveries", Row{"id": "dlv_" + eventID[4:], "event_id": eventID, "endpoint_id": endpointID, "external_user_id": values["external_user_id"], "state": "pending"})
	f.Put(s, "attempts", Row{"id": "att_" + eventID[4:], "delivery_id": "dlv_" + eventID[4:], "response_excerpt": values["body"]})
}

// Holding counts the rows of each table of an environment that hold a word.
func (f *Filling) Holding(s tenant.Scope, word string) map[string]int {
	f.t.Helper()
	out := map[string]int{}
	f.in(s, func(tx *gorm.DB) error {
		var tables []string
		err := tx.Raw(`SELECT c.relname FROM pg_class c WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace
			AND has_table_privilege('patchbay_app', c.oid, 'SELECT')`).Scan(&tables).Error
		if err != nil {
			return err
		}
		for _, name := range tables {
			var n int
			if err := tx.Raw("SELECT count(*) FROM "+name+" x WHERE strpos(x::text, ?) > 0", word).Scan(&n).Error; err != nil {
				return err
			}
			if n > 0 {
				out[name] = n
			}
		}
		return nil
	})
	return out
}
