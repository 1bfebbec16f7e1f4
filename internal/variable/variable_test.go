package variable_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/variable"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

type rig struct {
	*variable.Service
	t         *testing.T
	scope     tenant.Scope
	workspace string
}

func newRig(t *testing.T) *rig {
	t.Helper()
	d, clock := testkit.DB(t), testkit.NewClock()
	r := &rig{Service: &variable.Service{DB: d, Box: testkit.Box(t), Now: clock.Now}, t: t, scope: testkit.Scope(t, d)}
	r.workspace = workspaceOf(t, d, r.scope)
	return r
}

func workspaceOf(t *testing.T, d *db.DB, s tenant.Scope) (id string) {
	t.Helper()
	if err := d.In(t.Context(), s, func(tx *gorm.DB) error { return tx.Raw("SELECT workspace_id FROM projects").Scan(&id).Error }); err != nil {
		t.Fatal(err)
	}
	return id
}

func (r *rig) at(level variable.Level) variable.Place {
	return variable.Place{Level: level, Workspace: r.workspace, Scope: r.scope}
}

func text(s string) *secret.Text { return (*secret.Text)(&s) }

func (r *rig) set(level variable.Level, name, value string) *variable.View {
	r.t.Helper()
	v, err := r.Set(r.t.Context(), r.at(level), name, variable.Change{Value: text(value)})
	if err != nil {
		r.t.Fatal(err)
	}
	return v
}

func (r *rig) find(scope tenant.Scope, names ...string) *variable.Set {
	r.t.Helper()
	var out *variable.Set
	err := r.DB.In(r.t.Context(), scope, func(tx *gorm.DB) (err error) {
		out, err = variable.Find(tx, r.Box, names)
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}

// Of several variables of one name the nearest holds; when it goes, the next does.
func TestNearestHolds(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	levels := []variable.Level{variable.Workspace, variable.Project, variable.Environment}
	for _, level := range levels {
		r.set(level, "KEY", "value of "+string(level))
	}
	r.set(variable.Workspace, "ONLY", "of the workspace")
	for i := range levels {
		level := levels[len(levels)-1-i]
		got := r.find(r.scope, "KEY", "NOBODYS")
		if diff := cmp.Diff(map[string]string{"KEY": "value of " + string(level)}, got.Values); diff != "" || len(got.Secrets) != 1 {
			t.Fatal(diff)
		}
		all, err := r.List(t.Context(), r.at(variable.Environment))
		if err != nil || len(all) != 4-i || all[0].Level() != level || all[0].Overridden || all[0].Plain != nil || i < 2 && !all[1].Overridden {
			t.Fatalf("%+v, %v", all, err)
		}
		if err := r.Delete(t.Context(), r.at(level), "KEY"); err != nil {
			t.Fatal(err)
		}
		if err := r.Delete(t.Context(), r.at(level), "KEY"); !errors.Is(err, variable.ErrNotFound) {
			t.Fatal(err)
		}
	}
}

// What is written is sealed; a secret is not shown, and becomes a plain value only
// with another value.
func TestSecretsAreNotShown(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	v := r.set(variable.Project, "API_KEY", "sk_live_123456")
	if v.Plain != nil || !v.Secret {
		t.Fatal("it is shown")
	}
	var raw struct{ Value []byte }
	err := r.DB.Project(t.Context(), r.scope.Project(), func(tx *gorm.DB) error { return tx.Raw("SELECT value FROM variables").Scan(&raw).Error })
	if err != nil || bytes.Contains(raw.Value, []byte("sk_live")) {
		t.Fatal(err, "it is not sealed")
	}
	no, ctx := false, t.Context()
	if _, err := r.Set(ctx, r.at(variable.Project), "API_KEY", variable.Change{Secret: &no}); !errors.Is(err, variable.ErrShown) {
		t.Fatal(err)
	}
	about := "About it."
	if v, err := r.Set(ctx, r.at(variable.Project), "API_KEY", variable.Change{Description: &about}); err != nil || v.Description != about || !v.Secret {
		t.Fatal(v, err)
	}
	if got := r.find(r.scope, "API_KEY"); got.Values["API_KEY"] != "sk_live_123456" {
		t.Fatal("the value went with the description")
	}
	plain, err := r.Set(ctx, r.at(variable.Project), "API_KEY", variable.Change{Secret: &no, Value: text("open")})
	if err != nil || plain.Plain == nil || plain.Plain.Reveal() != "open" {
		t.Fatal(plain, err)
	}
	if got := r.find(r.scope, "API_KEY"); len(got.Secrets) != 0 {
		t.Fatal("a plain value is hidden")
	}
	yes := true
	if _, err := r.Set(ctx, r.at(variable.Project), "API_KEY", variable.Change{Secret: &yes}); !errors.Is(err, variable.ErrShort) {
		t.Fatal(err)
	}
}

// Names and values that cannot be are refused.
func TestRules(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	long := strings.Repeat("x", 64<<10)
	for name, c := range map[string]struct {
		name, value string
		want        error
	}{
		"the longest":          {"A", long, nil},
		"one longer":           {"A", long + "x", variable.ErrTooLarge},
		"the longest name":     {strings.Repeat("A", 64), "longer", nil},
		"one letter more":      {strings.Repeat("A", 65), "longer", variable.ErrName},
		"a digit first":        {"1A", "longer", variable.ErrName},
		"a dash":               {"A-B", "longer", variable.ErrName},
		"a name of ours":       {"patchbay_x", "longer", variable.ErrReserved},
		"a name of the system": {"Path", "longer", variable.ErrReserved},
		"a name of the linker": {"LD_PRELOAD", "longer", variable.ErrReserved},
		"a zero byte":          {"A", "aaaaa\x00", variable.ErrText},
		"no UTF-8":             {"A", "aaaaa\xff", variable.ErrText},
		"a secret too short":   {"A", "12345", variable.ErrShort},
		"no name":              {"", "longer", variable.ErrName},
	} {
		_, err := r.Set(t.Context(), r.at(variable.Environment), c.name, variable.Change{Value: text(c.value)})
		if !errors.Is(err, c.want) || c.want == nil && err != nil {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if _, err := r.Set(t.Context(), r.at(variable.Environment), "NEW", variable.Change{}); !errors.Is(err, variable.ErrNoValue) {
		t.Error(err)
	}
	if f := fault.Of(variable.ErrShort); strings.Contains(f.Message, "%!") {
		t.Error(f.Message)
	}
}

// One tenant sees and changes nothing of another's; a project changes nothing of
// its workspace's.
func TestTenancy(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	stranger := testkit.Scope(t, r.DB)
	for _, level := range []variable.Level{variable.Workspace, variable.Project, variable.Environment} {
		r.set(level, "K_"+string(level), "value of it")
		p := variable.Place{Level: level, Workspace: workspaceOf(t, r.DB, stranger), Scope: stranger}
		if all, err := r.List(t.Context(), p); err != nil || len(all) != 0 {
			t.Errorf("%s: a stranger sees %v, %v", level, all, err)
		}
		if err := r.Delete(t.Context(), p, "K_"+string(level)); !errors.Is(err, variable.ErrNotFound) {
			t.Errorf("%s: %v", level, err)
		}
	}
	if got := r.find(stranger, "K_workspace", "K_project", "K_environment"); len(got.Values) != 0 {
		t.Error("a stranger finds values")
	}
	for _, q := range []string{"DELETE FROM variables WHERE name = 'K_workspace'", "UPDATE variables SET name = 'MINE' WHERE name = 'K_workspace'"} {
		err := r.DB.In(t.Context(), r.scope, func(tx *gorm.DB) error {
			res := tx.Exec(q)
			if res.RowsAffected != 0 {
				return fmt.Errorf("%s changed %d rows", q, res.RowsAffected)
			}
			return res.Error
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// Written by many at once, a variable is one.
func TestSetAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() { r.set(variable.Environment, "KEY", fmt.Sprint("value ", i)) })
	}
	all.Wait()
	if list, err := r.List(t.Context(), r.at(variable.Environment)); err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
}

// Workflows that read a variable are known, by expressions and by code, from the
// project and from the workspace.
func TestUses(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	workflows := &workflow.Service{DB: r.DB, Now: r.Now}
	d, err := workflow.ParseYAML([]byte(`
name: Reads
steps:
  - {name: call, type: http_request, url: 'https://x.test/{{ env.PATH_PART }}', headers: {authorization: 'Bearer {{ env["API_KEY"] }}'}}
  - {name: compute, type: code, language: bash, code: 'echo $IN_CODE # not ${{ env.OUTSIDE }}'}
`))
	if err != nil {
		t.Fatal(err)
	}
	w, err := workflows.Create(t.Context(), r.scope.Project(), d)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"API_KEY", "IN_CODE", "UNUSED"} {
		r.set(variable.Workspace, name, "longer")
	}
	for _, level := range []variable.Level{variable.Workspace, variable.Environment} {
		all, err := r.List(t.Context(), r.at(level))
		if err != nil || len(all) != 3 {
			t.Fatal(all, err)
		}
		for _, v := range all {
			want := []variable.Use{{ProjectID: r.scope.Project(), Workflow: w.ID, Name: "Reads"}}
			if v.Name == "UNUSED" {
				want = []variable.Use{}
			}
			if diff := cmp.Diff(want, v.Uses); diff != "" {
				t.Errorf("%s from the %s: %s", v.Name, level, diff)
			}
		}
	}
}
