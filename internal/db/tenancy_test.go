package db_test

import (
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// user is a row of a tenant's, as a noun would declare it.
type user struct {
	ID         string
	ExternalID string
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

func (user) TableName() string { return "external_users" }

func addUser(tx *gorm.DB, name string) error {
	return tx.Exec("INSERT INTO external_users (id, external_id, created_at, updated_at) VALUES (?, ?, now(), now())", id.New("exu"), name).Error
}

func count(t *testing.T, d *db.DB, s tenant.Scope, query string, args ...any) (n int) {
	t.Helper()
	if err := d.In(t.Context(), s, func(tx *gorm.DB) error { return tx.Raw(query, args...).Scan(&n).Error }); err != nil {
		t.Fatal(err)
	}
	return n
}

// two are tenants with one user each: "mine" and "theirs".
func two(t *testing.T) (d *db.DB, mine, theirs tenant.Scope, myID, theirID string) {
	t.Helper()
	d = testkit.DB(t)
	mine, theirs = testkit.Scope(t, d), testkit.Scope(t, d)
	for s, name := range map[tenant.Scope]string{mine: "mine", theirs: "theirs"} {
		err := d.In(t.Context(), s, func(tx *gorm.DB) error { return addUser(tx, name) })
		if err != nil {
			t.Fatal(err)
		}
	}
	find := func(s tenant.Scope) (out string) {
		err := d.In(t.Context(), s, func(tx *gorm.DB) error { return tx.Raw("SELECT id FROM external_users").Scan(&out).Error })
		if err != nil || out == "" {
			t.Fatal(out, err)
		}
		return out
	}
	return d, mine, theirs, find(mine), find(theirs)
}

// No way to read, however it forgets the tenant, sees a row of another.
func TestReadsStayInTheScope(t *testing.T) {
	t.Parallel()
	d, mine, _, myID, theirID := two(t)
	tests := map[string]func(tx *gorm.DB) *gorm.DB{
		"a raw select":             func(tx *gorm.DB) *gorm.DB { return tx.Raw("SELECT id FROM external_users") },
		"a table without a model":  func(tx *gorm.DB) *gorm.DB { return tx.Table("external_users").Select("id") },
		"a condition that is true": func(tx *gorm.DB) *gorm.DB { return tx.Model(&user{}).Where("id = ?", myID).Or("1 = 1").Select("id") },
		"unscoped":                 func(tx *gorm.DB) *gorm.DB { return tx.Unscoped().Model(&user{}).Select("id") },
		"the other's id among others": func(tx *gorm.DB) *gorm.DB {
			return tx.Model(&user{}).Where("id IN ?", []string{myID, theirID}).Select("id")
		},
		"a join that brings the others": func(tx *gorm.DB) *gorm.DB {
			return tx.Raw("SELECT u.id FROM environments e JOIN external_users u ON true WHERE e.id = ?", mine.Environment())
		},
	}
	for name, query := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var ids []string
			if err := d.In(t.Context(), mine, func(tx *gorm.DB) error { return query(tx).Scan(&ids).Error }); err != nil {
				t.Fatal(err)
			}
			if len(ids) != 1 || ids[0] != myID {
				t.Fatalf("saw %v, want %s alone", ids, myID)
			}
		})
	}
}

// A write without a condition touches the scope's own rows alone.
func TestWritesStayInTheScope(t *testing.T) {
	t.Parallel()
	d, mine, theirs, myID, _ := two(t)
	err := d.In(t.Context(), mine, func(tx *gorm.DB) error {
		res := tx.Exec("UPDATE external_users SET external_id = 'stolen'")
		if res.Error == nil && res.RowsAffected != 1 {
			t.Errorf("the update touched %d rows", res.RowsAffected)
		}
		return res.Error
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := count(t, d, theirs, "SELECT count(*) FROM external_users WHERE external_id = 'theirs'"); n != 1 {
		t.Fatal("another tenant's row was written")
	}
	err = d.In(t.Context(), mine, func(tx *gorm.DB) error {
		return tx.Session(&gorm.Session{AllowGlobalUpdate: true}).Delete(&user{}).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	if count(t, d, mine, "SELECT count(*) FROM external_users WHERE id = ?", myID) != 0 || count(t, d, theirs, "SELECT count(*) FROM external_users") != 1 {
		t.Fatal("the delete did not stay in its scope")
	}
}

// A row cannot be made in, moved to, or taken from another tenant, nor be made
// to point at a row of another's.
func TestForgedOwnersAreRefused(t *testing.T) {
	t.Parallel()
	d, mine, theirs, myID, theirID := two(t)
	const denied, noParent, noRight = "42501", "23503", "42501"
	tests := map[string]struct {
		code string
		do   func(tx *gorm.DB) error
	}{
		"an insert with another's environment": {denied, func(tx *gorm.DB) error {
			return tx.Exec("INSERT INTO external_users (id, environment_id, external_id, created_at, updated_at) VALUES (?, ?, 'x', now(), now())", id.New("exu"), theirs.Environment()).Error
		}},
		"a row given away": {denied, func(tx *gorm.DB) error {
			return tx.Exec("UPDATE external_users SET environment_id = ?", theirs.Environment()).Error
		}},
		"an upsert on another's id": {denied, func(tx *gorm.DB) error {
			return tx.Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "id"}}, DoUpdates: clause.AssignmentColumns([]string{"external_id"})}).
				Create(&user{ID: theirID, ExternalID: "x"}).Error
		}},
		"a trigger of mine for another's user": {noParent, func(tx *gorm.DB) error {
			return tx.Exec(`INSERT INTO triggers (id, user_id, component_key, name, configured_props, endpoint_id, created_at, updated_at)
				VALUES (?, ?, 'k', 'n', '{}', 'en', now(), now())`, id.New("hi"), theirID).Error
		}},
		"an oauth client in another's project": {denied, func(tx *gorm.DB) error {
			return tx.Exec(`INSERT INTO oauth_apps (id, project_id, app, client_id, client_secret, scopes, created_at, updated_at)
				VALUES (?, ?, 'a', 'c', 's', '[]', now(), now())`, id.New("oa"), theirs.Project()).Error
		}},
		"a write to the project itself":    {noRight, func(tx *gorm.DB) error { return tx.Exec("UPDATE projects SET name = 'x'").Error }},
		"a look at the members":            {noRight, func(tx *gorm.DB) error { return tx.Exec("SELECT * FROM members").Error }},
		"a look at the signing keys":       {noRight, func(tx *gorm.DB) error { return tx.Exec("SELECT * FROM signing_keys").Error }},
		"a table emptied in one statement": {noRight, func(tx *gorm.DB) error { return tx.Exec("TRUNCATE external_users CASCADE").Error }},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			err := d.In(t.Context(), mine, tt.do)
			if pg, ok := errors.AsType[*pgconn.PgError](err); !ok || pg.Code != tt.code {
				// TranslateError gives a broken foreign key a name of its own.
				if tt.code != noParent || !errors.Is(err, gorm.ErrForeignKeyViolated) {
					t.Fatalf("got %v, want SQLSTATE %s", err, tt.code)
				}
			}
			if count(t, d, mine, "SELECT count(*) FROM external_users WHERE id = ? AND external_id = 'mine'", myID) != 1 ||
				count(t, d, theirs, "SELECT count(*) FROM external_users WHERE id = ? AND external_id = 'theirs'", theirID) != 1 {
				t.Fatal("a row was changed")
			}
		})
	}
}

// Work for a project sees what its environments share and no environment's rows.
func TestProjectSeesNoEnvironment(t *testing.T) {
	t.Parallel()
	d, mine, theirs, _, _ := two(t)
	for _, s := range []tenant.Scope{mine, theirs} {
		err := d.Project(t.Context(), s.Project(), func(tx *gorm.DB) error {
			return tx.Exec(`INSERT INTO oauth_apps (id, app, client_id, client_secret, scopes, created_at, updated_at)
				VALUES (?, 'a', 'c', 's', '[]', now(), now())`, id.New("oa")).Error
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	var seen struct{ Users, Clients, Projects, Environments int }
	err := d.Project(t.Context(), mine.Project(), func(tx *gorm.DB) error {
		return tx.Raw(`SELECT (SELECT count(*) FROM external_users) AS users, (SELECT count(*) FROM oauth_apps) AS clients,
			(SELECT count(*) FROM projects) AS projects, (SELECT count(*) FROM environments) AS environments`).Scan(&seen).Error
	})
	if err != nil || seen.Users != 0 || seen.Clients != 1 || seen.Projects != 1 || seen.Environments != 2 {
		t.Fatalf("saw %+v, %v", seen, err)
	}
	if n := count(t, d, mine, "SELECT count(*) FROM oauth_apps"); n != 1 {
		t.Fatalf("an environment sees %d clients, want its project's one", n)
	}
}

// A connection that goes back to the pool keeps neither the role nor the scope,
// whether the transaction ended well or not.
func TestAConnectionForgetsItsScope(t *testing.T) {
	t.Parallel()
	d, err := db.Open(testkit.DatabaseURL(t), 1) // one connection: the next transaction is on the same
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	s := testkit.Scope(t, d)
	type standing struct {
		PID                        int
		Role, Project, Environment string
	}
	look := func(tx *gorm.DB) (st standing) {
		err := tx.Raw(`SELECT pg_backend_pid() AS pid, current_user AS role, COALESCE(current_setting('app.project_id', true), '') AS project,
			COALESCE(current_setting('app.environment_id', true), '') AS environment`).Scan(&st).Error
		if err != nil {
			t.Fatal(err)
		}
		return st
	}
	for name, end := range map[string]error{"after a commit": nil, "after a rollback": errors.New("no")} {
		t.Run(name, func(t *testing.T) {
			var inside, after standing
			err := d.In(t.Context(), s, func(tx *gorm.DB) error { inside = look(tx); return end })
			if !errors.Is(err, end) {
				t.Fatal(err)
			}
			if inside.Role != "patchbay_app" || inside.Project != s.Project() || inside.Environment != s.Environment() {
				t.Fatalf("inside: %+v", inside)
			}
			_ = d.System(t.Context(), func(tx *gorm.DB) error { after = look(tx); return nil })
			if after.PID != inside.PID {
				t.Fatal("another connection answered: the test shows nothing")
			}
			if after.Role == "patchbay_app" || after.Project != "" || after.Environment != "" {
				t.Fatalf("after: %+v", after)
			}
		})
	}
}
