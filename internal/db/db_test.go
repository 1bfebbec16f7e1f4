package db_test

import (
	"errors"
	"testing"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// global are the tables that name no owner, each with the reason why a tenant
// cannot harm another by it.
var global = map[string]string{
	"backups":            "belong to the installation; patchbay_app has no right to it",
	"schema_marks":       "the same; patchbay_app has no right to it",
	"goose_db_version":   "the schema's own history; patchbay_app has no right to it",
	"workspaces":         "stands above projects; patchbay_app has no right to it",
	"people":             "belong to the installation; patchbay_app has no right to it",
	"members":            "belongs to a workspace; patchbay_app has no right to it",
	"invitations":        "belongs to a workspace; patchbay_app has no right to it",
	"sessions":           "belongs to a person; patchbay_app has no right to it",
	"sign_in_links":      "belongs to a person; patchbay_app has no right to it",
	"sign_in_devices":    "belongs to a person; patchbay_app has no right to it",
	"clients":            "belongs to a workspace; patchbay_app has no right to it",
	"mcp_clients":        "belong to the installation; patchbay_app has no right to it",
	"signing_keys":       "belongs to the installation; patchbay_app has no right to it",
	"data_keys":          "belongs to the installation; patchbay_app has no right to it",
	"audit_pending":      "belongs to a workspace; patchbay_app has no right to it",
	"audit_seals":        "belongs to a workspace; patchbay_app has no right to it",
	"audit_heads":        "belongs to a workspace; patchbay_app has no right to it",
	"audit_webhooks":     "belongs to a workspace; patchbay_app has no right to it",
	"plans":              "belong to the installation; patchbay_app has no right to it",
	"rate_limits":        "belongs to a workspace; patchbay_app has no right to it",
	"master_key":         "belongs to the installation; patchbay_app has no right to it",
	"projects":           "names the tenants themselves; a policy shows a tenant its own, to read",
	"authenticators":     "belongs to a person; patchbay_app has no right to it",
	"recovery_codes":     "belongs to a person; patchbay_app has no right to it",
	"passkeys":           "belongs to a person; patchbay_app has no right to it",
	"sign_in_steps":      "belongs to a person; patchbay_app has no right to it",
	"passkey_ceremonies": "belongs to a person; patchbay_app has no right to it",
	"sso_connections":    "belongs to a workspace; patchbay_app has no right to it",
	"sso_domains":        "belongs to a workspace; patchbay_app has no right to it",
	"directory_users":    "belongs to a workspace; patchbay_app has no right to it",
	"directory_groups":   "belongs to a workspace; patchbay_app has no right to it",
	"directory_members":  "belongs to a workspace; patchbay_app has no right to it",
	"sso_flows":          "belongs to a workspace; patchbay_app has no right to it",
	"sso_identities":     "belongs to a workspace; patchbay_app has no right to it",
}

// Every table that names an owner is confined to it, and every table names one
// or stands in the list above. A tenant has no right to a table without a policy.
func TestEveryTableHasAnOwner(t *testing.T) {
	t.Parallel()
	var tables []struct {
		Name              string
		Owned, Closed     bool // by the column, by the policy
		Readable, Written bool // by patchbay_app
	}
	err := testkit.DB(t).System(t.Context(), func(tx *gorm.DB) error {
		return tx.Raw(`SELECT c.relname AS name,
			EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname IN ('environment_id', 'project_id'))
				OR EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'workspace') AS owned,
			c.relrowsecurity AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid) AS closed,
			has_table_privilege('patchbay_app', c.oid, 'SELECT') AS readable,
			has_table_privilege('patchbay_app', c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE') AS written
			FROM pg_class c WHERE c.relkind IN ('r', 'p', 'v', 'm') AND c.relnamespace = 'public'::regnamespace`).Scan(&tables).Error
	})
	if err != nil || len(tables) == 0 {
		t.Fatal(tables, err)
	}
	seen := map[string]bool{}
	for _, tb := range tables {
		seen[tb.Name] = true
		switch why := global[tb.Name]; {
		case tb.Owned && why != "":
			t.Errorf("table %s has an owner and stands in the list of global ones", tb.Name)
		case tb.Owned && !tb.Closed:
			t.Errorf("table %s lacks SELECT own_by_environment('%s'), own_by_project or own_by_workspace", tb.Name, tb.Name)
		case !tb.Owned && why == "":
			t.Errorf("table %s has no owner and is not listed as global", tb.Name)
		case !tb.Owned && !tb.Closed && (tb.Readable || tb.Written):
			t.Errorf("patchbay_app has a right to table %s, which no policy closes", tb.Name)
		case !tb.Owned && tb.Written:
			t.Errorf("patchbay_app may write table %s, which names no owner", tb.Name)
		}
	}
	for name := range global {
		if !seen[name] {
			t.Errorf("table %s is listed and does not exist", name)
		}
	}
}

// A scope that names no environment opens nothing.
func TestInRefusesTheZeroScope(t *testing.T) {
	t.Parallel()
	d := testkit.DB(t)
	scopes := map[string]tenant.Scope{
		"the zero scope":              {},
		"a project alone":             tenant.NewScope("proj_x", "", tenant.Development),
		"an environment alone":        tenant.NewScope("", "env_x", tenant.Development),
		"the name of one, and no ids": tenant.NewScope("", "", tenant.Development),
	}
	for name, s := range scopes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := d.In(t.Context(), s, func(*gorm.DB) error { t.Error("it ran"); return nil })
			if !errors.Is(err, db.ErrNoScope) {
				t.Fatalf("In() = %v, want ErrNoScope", err)
			}
		})
	}
	err := d.Project(t.Context(), "", func(*gorm.DB) error { t.Error("it ran"); return nil })
	if !errors.Is(err, db.ErrNoScope) {
		t.Fatalf("Project() = %v, want ErrNoScope", err)
	}
}

// What a transaction did is undone when it ends with an error.
func TestAnErrorUndoes(t *testing.T) {
	t.Parallel()
	d := testkit.DB(t)
	s := testkit.Scope(t, d)
	boom := errors.New("boom")
	err := d.In(t.Context(), s, func(tx *gorm.DB) error {
		if err := addUser(tx, "a"); err != nil {
			return err
		}
		return boom
	})
	if !errors.Is(err, boom) {
		t.Fatal(err)
	}
	if n := count(t, d, s, "SELECT count(*) FROM external_users"); n != 0 {
		t.Fatalf("%d rows were kept", n)
	}
}

// A text that no column can hold is the caller's mistake, not an outage.
func TestTextThatCannotBeStored(t *testing.T) {
	t.Parallel()
	d := testkit.DB(t)
	s := testkit.Scope(t, d)
	for name, text := range map[string]string{"a zero byte": "a\x00b", "bytes that are not UTF-8": "a\xffb"} {
		add := func(tx *gorm.DB) error { return addUser(tx, text) }
		if err := d.In(t.Context(), s, add); !errors.Is(err, db.ErrText) {
			t.Errorf("In, %s: %v", name, err)
		}
		look := func(tx *gorm.DB) error { return tx.Exec("SELECT ?::text", text).Error }
		if err := d.Project(t.Context(), s.Project(), look); !errors.Is(err, db.ErrText) {
			t.Errorf("Project, %s: %v", name, err)
		}
		if err := d.System(t.Context(), look); !errors.Is(err, db.ErrText) {
			t.Errorf("System, %s: %v", name, err)
		}
	}
	err := d.In(t.Context(), s, func(tx *gorm.DB) error { return tx.Exec(`SELECT ?::jsonb`, `"a\u0000b"`).Error })
	if !errors.Is(err, db.ErrText) {
		t.Errorf("a zero character in JSON: %v", err)
	}
}
