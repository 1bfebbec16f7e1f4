package project_test

import (
	"errors"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/project"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

type rig struct {
	*project.Service
	t            *testing.T
	clock        *testkit.Clock
	mine, theirs string // workspaces
}

func newRig(t *testing.T) *rig {
	t.Helper()
	clock := testkit.NewClock()
	r := &rig{&project.Service{DB: testkit.DB(t), Now: clock.Now}, t, clock, id.New("o"), id.New("o")}
	err := r.DB.System(t.Context(), func(tx *gorm.DB) error {
		return tx.Exec("INSERT INTO workspaces (id, name, created_at) VALUES (?, 'Mine', now()), (?, 'Theirs', now())", r.mine, r.theirs).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) create(name string, c project.Change) *project.Project {
	r.t.Helper()
	p, err := r.Create(r.t.Context(), r.mine, name, c)
	if err != nil {
		r.t.Fatal(err)
	}
	return p
}

func to[T any](v T) *T { return &v }

// A project has two environments from the start, each a scope of its own.
func TestCreate(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	p := r.create("CRM", project.Change{SupportEmail: to("help@example.com"), ConnectRequireKeyAuthTest: to(true)})
	got, err := r.Get(t.Context(), r.mine, p.ID)
	if err != nil || got.Name != "CRM" || *got.SupportEmail != "help@example.com" || !got.ConnectRequireKeyAuthTest || !got.WorkflowsInProduction || got.Title() != "CRM" {
		t.Fatalf("%+v, %v", got, err)
	}
	dev, err := r.Scope(t.Context(), r.mine, p.ID, tenant.Development)
	if err != nil {
		t.Fatal(err)
	}
	prod, err := r.Scope(t.Context(), r.mine, p.ID, tenant.Production)
	if err != nil {
		t.Fatal(err)
	}
	if dev.Project() != p.ID || prod.Project() != p.ID || dev.Environment() == prod.Environment() || dev.EnvironmentName() != tenant.Development {
		t.Fatalf("%+v, %+v", dev, prod)
	}
	if _, err := r.Scope(t.Context(), r.mine, p.ID, "staging"); !errors.Is(err, project.ErrNotFound) {
		t.Errorf("an environment that is not there: %v", err)
	}
	err = r.DB.In(t.Context(), dev, func(tx *gorm.DB) error {
		current, err := project.Current(tx)
		if err != nil || current.ID != p.ID {
			t.Errorf("Current() = %+v, %v", current, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A change changes what it names and nothing else.
func TestUpdate(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	p := r.create("CRM", project.Change{AppName: to("Acme"), SupportEmail: to("help@example.com")})
	r.clock.Pass(time.Minute)
	got, err := r.Update(t.Context(), r.mine, p.ID, project.Change{AppName: to(""), WorkflowsInProduction: to(false)})
	if err != nil || got.Name != "CRM" || *got.SupportEmail != "help@example.com" || got.WorkflowsInProduction || !got.UpdatedAt.Equal(r.clock.Now()) {
		t.Fatalf("%+v, %v", got, err)
	}
	if p.Title() != "Acme" || got.Title() != "CRM" {
		t.Errorf("users see %q, then %q", p.Title(), got.Title())
	}
	if got, err = r.Update(t.Context(), r.mine, p.ID, project.Change{Name: to("New"), SupportEmail: to("x"), ConnectRequireKeyAuthTest: to(true)}); err != nil ||
		got.Name != "New" || *got.SupportEmail != "x" || !got.ConnectRequireKeyAuthTest || got.WorkflowsInProduction {
		t.Fatalf("%+v, %v", got, err)
	}
}

// Of two who saw the same project and change it, the second is told; who says
// nothing of what they saw changes it in any case.
func TestTwoChangeOneProject(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	p := r.create("CRM", project.Change{})
	r.clock.Pass(time.Second)
	first, err := r.Update(t.Context(), r.mine, p.ID, project.Change{Name: to("Ann's")}, p.UpdatedAt)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Update(t.Context(), r.mine, p.ID, project.Change{Name: to("Bob's")}, p.UpdatedAt); !errors.Is(err, fault.ErrChanged) {
		t.Errorf("the second: %v", err)
	}
	if got, err := r.Get(t.Context(), r.mine, p.ID); err != nil || got.Name != "Ann's" || !got.UpdatedAt.Equal(first.UpdatedAt) {
		t.Errorf("%+v, %v", got, err)
	}
	r.clock.Pass(time.Second)
	if _, err := r.Update(t.Context(), r.mine, p.ID, project.Change{Name: to("Bob's")}); err != nil {
		t.Errorf("who saw nothing: %v", err)
	}
}

// To another workspace a project is not there.
func TestAnotherWorkspace(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	p := r.create("CRM", project.Change{})
	ctx := t.Context()
	refused := map[string]func() error{
		"get":    func() error { _, err := r.Get(ctx, r.theirs, p.ID); return err },
		"update": func() error { _, err := r.Update(ctx, r.theirs, p.ID, project.Change{Name: to("stolen")}); return err },
		"scope":  func() error { _, err := r.Scope(ctx, r.theirs, p.ID, tenant.Development); return err },
		"none":   func() error { _, err := r.Scope(ctx, "", p.ID, tenant.Development); return err },
	}
	for name, do := range refused {
		if err := do(); !errors.Is(err, project.ErrNotFound) {
			t.Errorf("%s: %v, want ErrNotFound", name, err)
		}
	}
	if page, err := r.List(ctx, r.theirs, nil, "", db.Cursor{}); err != nil || page.Total != 0 {
		t.Error(page, err)
	}
	if got, err := r.Get(ctx, r.mine, p.ID); err != nil || got.Name != "CRM" {
		t.Fatal(got, err)
	}
}

// Whoever runs the installation finds a project of any workspace by its id, and none
// that was deleted.
func TestFind(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	p := r.create("CRM", project.Change{})
	scope, err := r.Find(t.Context(), p.ID, tenant.Development)
	if err != nil || scope.Project() != p.ID || scope.EnvironmentName() != tenant.Development {
		t.Fatal(scope, err)
	}
	if err := r.Delete(t.Context(), r.mine, p.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Find(t.Context(), p.ID, tenant.Development); !errors.Is(err, project.ErrNotFound) {
		t.Errorf("one that was deleted: %v", err)
	}
}

// A list is narrowed by a part of the name, in whatever letters; a percent sign
// is a character like any other.
func TestList(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, name := range []string{"Shop", "Bishop 100%", "CRM"} {
		r.create(name, project.Change{})
	}
	for q, want := range map[string]int{"": 3, "SHOP": 2, "100%": 1, "%": 1, "zzz": 0} {
		if page, err := r.List(t.Context(), r.mine, nil, q, db.Cursor{}); err != nil || page.Total != want {
			t.Errorf("%q: %d, want %d, %v", q, page.Total, want, err)
		}
	}
}
