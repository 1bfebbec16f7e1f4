package workflow_test

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"golang.org/x/sync/errgroup"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/endpoint"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

type rig struct {
	*workflow.Service
	t       *testing.T
	clock   *testkit.Clock
	project string
}

func newRig(t *testing.T) *rig {
	t.Helper()
	d, clock := testkit.DB(t), testkit.NewClock()
	return &rig{&workflow.Service{DB: d, Now: clock.Now}, t, clock, testkit.Scope(t, d).Project()}
}

func define(t *testing.T, src string) *workflow.Definition {
	t.Helper()
	d, err := workflow.ParseJSON([]byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (r *rig) create(src string) *workflow.View {
	r.t.Helper()
	v, err := r.Create(r.t.Context(), r.project, define(r.t, src))
	if err != nil {
		r.t.Fatal(err)
	}
	return v
}

// must returns a view that was made without error.
func (r *rig) must(v *workflow.View, err error) *workflow.View {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
	return v
}

// A draft runs nothing until it is deployed; deploying makes a version, and
// what is edited later runs only after the next deployment. A draft that is the
// same, in whatever order of keys, keeps its version.
func TestDeploy(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.create(with(`"body":{"a":1,"b":2}`))
	if w.Active || w.Version != 0 || !w.DraftDiffers || !strings.HasPrefix(w.EndpointID, endpoint.Open) {
		t.Fatalf("%+v", w)
	}
	if _, _, err := r.Running(t.Context(), r.project, w.ID); !errors.Is(err, workflow.ErrNotFound) {
		t.Fatalf("a draft runs: %v", err)
	}
	v := r.must(r.Deploy(t.Context(), r.project, w.ID))
	if !v.Active || v.Version != 1 || v.DraftDiffers {
		t.Fatalf("%+v", v)
	}
	r.must(r.Update(t.Context(), r.project, w.ID, define(t, with(`"body":{"b":2,"a":1}`))))
	if v = r.must(r.Deploy(t.Context(), r.project, w.ID)); v.Version != 1 {
		t.Fatalf("an unchanged draft made version %d", v.Version)
	}
	r.clock.Pass(time.Minute)
	renamed := define(t, with(`"body":{"a":2}`))
	renamed.Name = "Renamed"
	v = r.must(r.Update(t.Context(), r.project, w.ID, renamed))
	if v.Version != 1 || !v.DraftDiffers || v.Name != "Renamed" || !v.UpdatedAt.Equal(r.clock.Now()) {
		t.Fatalf("%+v", v)
	}
	if _, d, err := r.Running(t.Context(), r.project, w.ID); err != nil || d.Name != "n" {
		t.Fatalf("the draft runs: %+v, %v", d, err)
	}
	if v = r.must(r.Deploy(t.Context(), r.project, w.ID)); v.Version != 2 || v.DraftDiffers {
		t.Fatalf("%+v", v)
	}
	err := r.DB.Project(t.Context(), r.project, func(tx *gorm.DB) error {
		first, err := workflow.AtVersion(tx, w.ID, 1)
		if err == nil && first.Name != "n" {
			t.Errorf("version 1 has become %q", first.Name)
		}
		_, gone := workflow.AtVersion(tx, w.ID, 3)
		if !errors.Is(gone, workflow.ErrNotFound) {
			t.Error(gone)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	off := r.must(r.Disable(t.Context(), r.project, w.ID))
	off = r.must(r.Disable(t.Context(), r.project, off.ID))
	if _, _, err := r.Running(t.Context(), r.project, w.ID); off.Active || !errors.Is(err, workflow.ErrNotFound) {
		t.Fatalf("a workflow that is off runs: %v", err)
	}
	if v = r.must(r.Deploy(t.Context(), r.project, w.ID)); !v.Active || v.Version != 2 {
		t.Fatalf("%+v", v)
	}
}

// However many deploy at once, a draft makes one version.
func TestDeployAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.create(steps(call))
	testkit.Warm(t, r.DB)
	var g errgroup.Group
	for range 8 {
		g.Go(func() error { _, err := r.Deploy(t.Context(), r.project, w.ID); return err })
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	if v := r.must(r.Get(t.Context(), r.project, w.ID)); v.Version != 1 {
		t.Fatalf("version %d", v.Version)
	}
}

// A version never changes: the database refuses it to us.
func TestVersionsAreImmutable(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.create(steps(call))
	r.must(r.Deploy(t.Context(), r.project, w.ID))
	err := r.DB.Project(t.Context(), r.project, func(tx *gorm.DB) error {
		return tx.Exec("UPDATE workflow_versions SET definition = '{}'").Error
	})
	if pg, ok := errors.AsType[*pgconn.PgError](err); !ok || pg.Code != "42501" {
		t.Fatalf("UPDATE = %v, want permission denied", err)
	}
}

// A bearer token is shown when it is made, kept as a hash, and replaced by a
// new one on request, when the old one stops at once.
func TestBearer(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	bearer := strings.Replace(steps(call), `"none"`, `"bearer"`, 1)
	w := r.create(bearer)
	first := w.Bearer.Reveal()
	if first == "" || !w.TakesBearer(first) || w.TakesBearer("") || w.TakesBearer(first+"x") {
		t.Fatalf("%q", first)
	}
	for range 2 { // it is not shown or made again
		if v := r.must(r.Update(t.Context(), r.project, w.ID, define(t, bearer))); v.Bearer != "" || !v.TakesBearer(first) {
			t.Fatal("an update made a new token")
		}
	}
	v := r.must(r.NewBearer(t.Context(), r.project, w.ID))
	second := v.Bearer.Reveal()
	v = r.must(r.Get(t.Context(), r.project, w.ID))
	if second == "" || v.TakesBearer(first) || !v.TakesBearer(second) || v.Bearer != "" {
		t.Fatal("the old token is good, or the new one is not, or is shown again")
	}
	var row string
	err := r.DB.Project(t.Context(), r.project, func(tx *gorm.DB) error {
		return tx.Raw("SELECT workflows::text || encode(bearer_hash, 'escape') FROM workflows").Scan(&row).Error
	})
	if err != nil || row == "" || strings.Contains(row, second) {
		t.Errorf("the token lies in the database: %v", err)
	}
	open := r.create(steps(call))
	if open.Bearer != "" || open.TakesBearer("") {
		t.Error("a workflow without bearer authentication has a token")
	}
	if _, err := r.NewBearer(t.Context(), r.project, open.ID); !errors.Is(err, workflow.ErrNotBearer) {
		t.Error(err)
	}
	if later := r.must(r.Update(t.Context(), r.project, open.ID, define(t, bearer))); later.Bearer == "" || !later.TakesBearer(later.Bearer.Reveal()) {
		t.Error("a draft that turns to bearer authentication gets no token")
	}
}

// To another project a workflow is not there.
func TestAnotherProject(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.create(steps(call))
	r.must(r.Deploy(t.Context(), r.project, w.ID))
	stranger := testkit.Scope(t, r.DB)
	ctx, p := t.Context(), stranger.Project()
	refused := map[string]func() error{
		"get":        func() error { _, err := r.Get(ctx, p, w.ID); return err },
		"update":     func() error { _, err := r.Update(ctx, p, w.ID, define(t, steps(call))); return err },
		"deploy":     func() error { _, err := r.Deploy(ctx, p, w.ID); return err },
		"disable":    func() error { _, err := r.Disable(ctx, p, w.ID); return err },
		"new bearer": func() error { _, err := r.NewBearer(ctx, p, w.ID); return err },
		"delete":     func() error { return r.Delete(ctx, p, w.ID) },
		"running":    func() error { _, _, err := r.Running(ctx, p, w.ID); return err },
		"runnable": func() error {
			return r.DB.In(ctx, stranger, func(tx *gorm.DB) error { _, _, err := workflow.Runnable(tx, w.ID); return err })
		},
	}
	for name, do := range refused {
		if err := do(); !errors.Is(err, workflow.ErrNotFound) {
			t.Errorf("%s: %v, want ErrNotFound", name, err)
		}
	}
	if page, err := r.List(ctx, p, db.Cursor{}); err != nil || page.Total != 0 || page.Items == nil {
		t.Error(page, err)
	}
	if page, err := r.List(ctx, r.project, db.Cursor{}); err != nil || page.Total != 1 || page.Items[0].DraftDiffers {
		t.Error(page, err)
	}
}

// Deleting a workflow takes its versions and its address along.
func TestDelete(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.create(steps(call))
	r.must(r.Deploy(t.Context(), r.project, w.ID))
	if err := r.Delete(t.Context(), r.project, w.ID); err != nil {
		t.Fatal(err)
	}
	if err := r.Delete(t.Context(), r.project, w.ID); !errors.Is(err, workflow.ErrNotFound) {
		t.Fatal(err)
	}
	if _, err := (&endpoint.Service{DB: r.DB}).Find(t.Context(), w.EndpointID); !errors.Is(err, endpoint.ErrNotFound) {
		t.Fatal(err)
	}
	var left int
	err := r.DB.Project(t.Context(), r.project, func(tx *gorm.DB) error { return tx.Raw("SELECT count(*) FROM workflow_versions").Scan(&left).Error })
	if err != nil || left != 0 {
		t.Fatal(left, err)
	}
}

// Clients tell by the address whether a call needs a token of OAuth.
func TestAddress(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.create(strings.Replace(steps(call), `"none"`, `"oauth"`, 1))
	found, err := (&endpoint.Service{DB: r.DB}).Find(t.Context(), w.EndpointID)
	if err != nil || found.TargetID != w.ID || found.Project != r.project || !strings.HasPrefix(w.EndpointID, endpoint.OAuth) {
		t.Fatalf("%+v, %v", found, err)
	}
}

// Of two who saw the same draft one saves; the other is told, and what is there
// stays. Who saw the newest goes on.
func TestUpdateOfWhatWasSeen(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.create(with(`"body":{"a":1}`))
	r.clock.Pass(time.Second)
	var all sync.WaitGroup
	var saved, told atomic.Int32
	for range 6 {
		all.Go(func() {
			switch _, err := r.Update(t.Context(), r.project, w.ID, define(t, with(`"body":{"a":2}`)), w.UpdatedAt); {
			case err == nil:
				saved.Add(1)
			case errors.Is(err, fault.ErrChanged):
				told.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if saved.Load() != 1 || told.Load() != 5 {
		t.Errorf("%d saved, %d were told", saved.Load(), told.Load())
	}
	now := r.must(r.Get(t.Context(), r.project, w.ID))
	r.must(r.Update(t.Context(), r.project, w.ID, define(t, with(`"body":{"a":3}`)), now.UpdatedAt))
}
