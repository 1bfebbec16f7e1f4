package audit_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

func workspaceOf(t *testing.T, d *db.DB, s tenant.Scope) (id string) {
	t.Helper()
	if err := d.In(t.Context(), s, func(tx *gorm.DB) error { return tx.Raw("SELECT workspace_id FROM projects").Scan(&id).Error }); err != nil {
		t.Fatal(err)
	}
	return id
}

// The log is read back by actor, action, subject, user and time; what belongs to
// no project is in it, and another workspace's is not.
func TestList(t *testing.T) {
	t.Parallel()
	d, clock := testkit.DB(t), testkit.NewClock()
	s := testkit.Scope(t, d)
	workspace, log := workspaceOf(t, d, s), &audit.Service{DB: d}
	ada := audit.With(t.Context(), audit.Actor{Kind: audit.Member, ID: "u_ada", Name: "ada@example.com"})
	began := clock.Now()
	err := d.In(ada, s, func(tx *gorm.DB) error {
		return audit.Record(tx, clock.Now(), audit.Entry{Action: audit.AccountDeleted, Subject: "apn_1", ExternalUserID: "user-1"})
	})
	if err != nil {
		t.Fatal(err)
	}
	clock.Pass(time.Hour)
	err = d.System(t.Context(), func(tx *gorm.DB) error {
		return audit.RecordOf(tx, clock.Now(), workspace, audit.Entry{Action: audit.APIClientDeleted, Subject: "cli_1"})
	})
	if err != nil {
		t.Fatal(err)
	}
	later := began.Add(time.Minute)
	tests := map[string]struct {
		filter audit.Filter
		want   []string
	}{
		"all, newest first": {audit.Filter{}, []string{"cli_1", "apn_1"}},
		"by an actor":       {audit.Filter{Actor: "u_ada"}, []string{"apn_1"}},
		"by a kind":         {audit.Filter{Actor: "system"}, []string{"cli_1"}},
		"of an action":      {audit.Filter{Action: audit.AccountDeleted}, []string{"apn_1"}},
		"of a subject":      {audit.Filter{Subject: "cli_1"}, []string{"cli_1"}},
		"of a user":         {audit.Filter{ExternalUserID: "user-1"}, []string{"apn_1"}},
		"of a project":      {audit.Filter{ProjectID: s.Project(), Environment: s.EnvironmentName()}, []string{"apn_1"}},
		"since":             {audit.Filter{Since: &later}, []string{"cli_1"}},
		"until":             {audit.Filter{Until: &later}, []string{"apn_1"}},
		"of nobody":         {audit.Filter{Actor: "u_eve"}, []string{}},
	}
	for name, tt := range tests {
		page, err := log.List(t.Context(), workspace, tt.filter, db.Cursor{})
		if err != nil {
			t.Fatal(err)
		}
		got := []string{}
		for _, e := range page.Items {
			got = append(got, e.Subject)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	page, err := log.List(t.Context(), workspaceOf(t, d, testkit.Scope(t, d)), audit.Filter{}, db.Cursor{})
	if err != nil || page.Total != 0 {
		t.Fatal(page, err)
	}
}

// Nobody changes the log or takes from it, neither a tenant nor the owner of the database.
func TestOnlyAddedTo(t *testing.T) {
	t.Parallel()
	d := testkit.DB(t)
	s := testkit.Scope(t, d)
	record := func(tx *gorm.DB) error {
		return audit.Record(tx, testkit.NewClock().Now(), audit.Entry{Action: audit.AccountDeleted, Subject: "apn_1"})
	}
	if err := d.In(t.Context(), s, record); err != nil {
		t.Fatal(err)
	}
	for _, query := range []string{"UPDATE audit_log SET subject = 'apn_2'", "DELETE FROM audit_log", "TRUNCATE audit_log"} {
		do := func(tx *gorm.DB) error { return tx.Exec(query).Error }
		if d.In(t.Context(), s, do) == nil || d.System(t.Context(), do) == nil {
			t.Errorf("%s was done", query)
		}
	}
	// Nor does a tenant write into another's.
	other := testkit.Scope(t, d)
	err := d.In(t.Context(), s, func(tx *gorm.DB) error {
		return tx.Exec(`INSERT INTO audit_log (id, workspace_id, project_id, actor_kind, actor_id, action, subject, created_at)
			VALUES ('aud_1', 'o', ?, 'system', 'x', 'x', 'x', now())`, other.Project()).Error
	})
	if err == nil {
		t.Error("a line was written into another project's log")
	}
}

// What is written of a workspace itself is its own: neither another workspace
// nor a project reads it, and neither writes into it.
func TestOfAWorkspace(t *testing.T) {
	t.Parallel()
	d := testkit.DB(t)
	s := testkit.Scope(t, d)
	mine, other := workspaceOf(t, d, s), workspaceOf(t, d, testkit.Scope(t, d))
	record := func(tx *gorm.DB) error {
		return audit.RecordOf(tx, testkit.NewClock().Now(), mine, audit.Entry{Action: audit.AppFileChanged, Subject: "ours"})
	}
	if err := d.Workspace(t.Context(), mine, record); err != nil {
		t.Fatal(err)
	}
	var n int
	count := func(tx *gorm.DB) error { return tx.Raw("SELECT count(*) FROM audit_log").Scan(&n).Error }
	for name, in := range map[string]struct {
		enter func(func(*gorm.DB) error) error
		sees  int
	}{
		"the workspace":        {func(fn func(*gorm.DB) error) error { return d.Workspace(t.Context(), mine, fn) }, 1},
		"another workspace":    {func(fn func(*gorm.DB) error) error { return d.Workspace(t.Context(), other, fn) }, 0},
		"a project of its":     {func(fn func(*gorm.DB) error) error { return d.Project(t.Context(), s.Project(), fn) }, 0},
		"an environment of it": {func(fn func(*gorm.DB) error) error { return d.In(t.Context(), s, fn) }, 0},
	} {
		if err := in.enter(count); err != nil || n != in.sees {
			t.Errorf("%s sees %d entries, want %d: %v", name, n, in.sees, err)
		}
		if in.sees == 0 && in.enter(record) == nil {
			t.Errorf("%s wrote an entry of the workspace", name)
		}
	}
}
