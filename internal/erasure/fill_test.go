package erasure_test

import (
	"fmt"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/erasure"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

type rig struct {
	*erasure.Service
	t     *testing.T
	clock *testkit.Clock
	scope tenant.Scope
}

func newRig(t *testing.T) *rig {
	t.Helper()
	d, clock := testkit.DB(t), testkit.NewClock()
	return &rig{t: t, clock: clock, scope: testkit.Scope(t, d), Service: &erasure.Service{DB: d, Now: clock.Now}}
}

func (r *rig) in(s tenant.Scope, fn func(tx *gorm.DB) error) {
	r.t.Helper()
	if err := r.DB.In(r.t.Context(), s, fn); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) system(query string, args ...any) {
	r.t.Helper()
	if err := r.DB.System(r.t.Context(), func(tx *gorm.DB) error { return tx.Exec(query, args...).Error }); err != nil {
		r.t.Fatal(err)
	}
}

type row map[string]any

// put writes a row: what it does not say, the type of the column does.
func (r *rig) put(s tenant.Scope, table string, values row) {
	r.t.Helper()
	r.in(s, func(tx *gorm.DB) error {
		var columns []struct{ Name, Type string }
		err := tx.Raw(`SELECT attname AS name, format_type(atttypid, NULL) AS type FROM pg_attribute
			WHERE attrelid = ?::regclass AND attnum > 0 AND NOT attisdropped AND attnotnull AND NOT atthasdef`, table).Scan(&columns).Error
		if err != nil {
			return err
		}
		all := row{}
		for _, c := range columns {
			all[c.Name] = map[string]any{"text": "x", "jsonb": "{}", "json": "{}", "boolean": false, "timestamp with time zone": r.clock.Now(), "bytea": []byte(id.New("x"))}[c.Type]
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

// user writes a user of whom there is something in each place, which holds a word.
func (r *rig) user(s tenant.Scope, externalID, word string) (userID string) {
	r.t.Helper()
	now, key := r.clock.Now(), id.New("x")[2:]
	as := func(prefix string) string { return prefix + "_" + key }
	userID = as("exu")
	r.put(s, "external_users", row{"id": userID, "external_id": externalID})
	r.put(s, "accounts", row{"id": as("apn"), "user_id": userID, "app": "acme", "auth": "keys", "name": word, "scopes": "[]"})
	r.put(s, "connect_tokens", row{"id": as("ct"), "user_id": userID, "scopes": "[]", "allowed_origins": "[]", "webhook_uri": "https://a.test/" + word})
	r.put(s, "connect_sessions", row{"id": as("cs"), "token_id": as("ct"), "external_user_id": externalID, "status": "open"})
	r.put(s, "connect_steps", row{"id": as("cst"), "session_id": as("cs"), "source": "page", "name": word})
	r.put(s, "triggers", row{"id": as("dc"), "user_id": userID, "name": word, "endpoint_id": as("en")})
	r.put(s, "trigger_orphans", row{"id": as("orp"), "user_id": userID, "configured_props": `{"a":"` + word + `"}`, "props": "[]"})
	r.put(s, "stores", row{"id": as("ds"), "scope": "user", "subject": userID, "user_id": userID})
	r.put(s, "store_records", row{"store_id": as("ds"), "key": "k", "value": `"` + word + `"`})
	r.put(s, "revocations", row{"id": as("rev"), "account_id": as("old"), "external_user_id": externalID, "app": "acme", "cause": "account_deleted", "status": "unsupported", "finished_at": now})
	r.put(s, "refresh_attempts", row{"id": as("rfa"), "account_id": as("old"), "provider_code": word})
	r.put(s, "proxy_requests", row{"id": as("prx"), "account_id": as("old"), "external_user_id": externalID, "path": "/" + word})
	r.put(s, "action_runs", row{"id": as("acr"), "external_user_id": externalID, "status": "failed", "failure": `{"message":"` + word + `"}`, "finished_at": now, "started_at": now})
	r.put(s, "stash_files", row{"id": as("stf"), "stash_id": as("st"), "external_user_id": externalID, "path": word, "stored": `{"key":"` + as("blob") + `"}`})
	r.put(s, "imports", row{"id": as("imp"), "format": "csv", "status": "running"})
	r.put(s, "import_rows", row{"id": as("imr"), "import_id": as("imp"), "external_user_id": externalID, "status": "failed", "error": word})
	r.put(s, "replays", row{"id": as("rpl"), "status": "finished", "filter": `{"external_user_id":"` + externalID + `"}`, "finished_at": now})
	r.put(s, "run_replays", row{"id": as("rrp"), "status": "finished", "filter": `{"external_user_id":"` + externalID + `"}`, "finished_at": now})
	r.put(s, "workflows", row{"id": as("p"), "project_id": s.Project(), "endpoint_id": as("en")})
	r.put(s, "workflow_triggers", row{"id": as("wt"), "project_id": s.Project(), "workflow_id": as("p"), "environment_id": s.Environment(), "type": "schedule"})
	r.put(s, "workflow_firings", row{"id": as("fir"), "trigger_id": as("wt"), "external_user_id": externalID, "state": "fired"})
	r.put(s, "runs", row{"id": as("run"), "workflow_id": as("p"), "status": "running", "external_user_id": externalID, "input": `"` + word + `"`})
	r.put(s, "run_steps", row{"run_id": as("run"), "path": "a", "type": "filter", "status": "succeeded", "output": `"` + word + `"`})
	r.put(s, "webhook_endpoints", row{"id": as("whk"), "level": "project", "url": "https://a.test/" + key})
	r.event(s, as("evt"), as("whk"), row{"type": "ACCOUNT_CONNECTED", "external_user_id": externalID, "body": `{"a":"` + word + `"}`})
	var workspace string
	r.in(s, func(tx *gorm.DB) error { return tx.Raw("SELECT workspace_id FROM projects").Scan(&workspace).Error })
	r.put(s, "notification_routes", row{"id": as("ntr"), "workspace_id": workspace, "project_id": s.Project(), "environment": "development", "name": key, "channel": "webhook"})
	r.put(s, "notice_groups", row{"id": as("ngr"), "route_id": as("ntr"), "key": key, "title": word})
	r.put(s, "notices", row{"id": as("ntc"), "route_id": as("ntr"), "kind": "event", "event_id": as("evt"), "group_id": as("ngr"), "state": "sent", "severity": "info", "detail": word, "finished_at": now})
	return userID
}

// event writes an event with a delivery that waits, of which there was an attempt.
func (r *rig) event(s tenant.Scope, eventID, endpointID string, values row) {
	r.t.Helper()
	values["id"] = eventID
	r.put(s, "events", values)
	r.put(s, "deliveries", row{"id": "dlv_" + eventID[4:], "event_id": eventID, "endpoint_id": endpointID, "external_user_id": values["external_user_id"], "state": "pending"})
	r.put(s, "attempts", row{"id": "att_" + eventID[4:], "delivery_id": "dlv_" + eventID[4:], "response_excerpt": values["body"]})
}

// remove deletes a user as the API does.
func (r *rig) remove(s tenant.Scope, userID, externalID string) (report string) {
	r.t.Helper()
	r.in(s, func(tx *gorm.DB) (err error) {
		if report, err = erasure.Begin(tx, s, userID, externalID, r.clock.Now()); err != nil {
			return err
		}
		return tx.Exec("DELETE FROM external_users WHERE id = ?", userID).Error
	})
	return report
}

// holding counts the rows of each table of an environment that hold a word.
func (r *rig) holding(s tenant.Scope, word string) map[string]int {
	r.t.Helper()
	out := map[string]int{}
	r.in(s, func(tx *gorm.DB) error {
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
