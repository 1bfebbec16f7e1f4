package instance_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/instance"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

type rig struct {
	*instance.Service
	t        *testing.T
	clock    *testkit.Clock
	scope    tenant.Scope
	workflow string
}

// newRig has a workflow with settings.
func newRig(t *testing.T, settings string) *rig {
	t.Helper()
	d, clock := testkit.DB(t), testkit.NewClock()
	r := &rig{Service: &instance.Service{DB: d, Now: clock.Now}, t: t, clock: clock, scope: testkit.Scope(t, d)}
	workflows := &workflow.Service{DB: d, Now: clock.Now}
	def, err := workflow.ParseJSON([]byte(`{"name":"Flow","settings":` + settings + `,"steps":[{"name":"a","type":"respond","body":1}]}`))
	if err != nil {
		t.Fatal(err)
	}
	v, err := workflows.Create(t.Context(), r.scope.Project(), def)
	if err == nil {
		_, err = workflows.Deploy(t.Context(), r.scope.Project(), v.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	r.workflow = v.ID
	return r
}

func (r *rig) put(user string, w instance.Wish) *instance.Instance {
	r.t.Helper()
	i, err := r.Put(r.t.Context(), r.scope, r.workflow, user, w)
	if err != nil {
		r.t.Fatal(err)
	}
	return i
}

func (r *rig) list(scope tenant.Scope, f instance.Filter) (users []string) {
	r.t.Helper()
	page, err := r.List(r.t.Context(), scope, f, db.Cursor{})
	if err != nil {
		r.t.Fatal(err)
	}
	for i := range page.Items {
		users = append(users, page.Items[i].ExternalUserID)
	}
	return users
}

// forRun is what a run of a user's would have.
func (r *rig) forRun(user string) (i *instance.Instance, err error) {
	r.t.Helper()
	_ = r.DB.In(r.t.Context(), r.scope, func(tx *gorm.DB) error {
		d, broken := workflow.AtVersion(tx, r.workflow, 1)
		if broken != nil {
			r.t.Fatal(broken)
		}
		i, err = instance.ForRun(tx, d, r.workflow, user)
		return nil
	})
	return i, err
}

// What a user has is made with the user, changed in its place, switched on and off,
// and deleted, and each list and each run has it as it is.
func TestLife(t *testing.T) {
	t.Parallel()
	r := newRig(t, `{}`)
	made := r.put("ada", instance.Wish{Active: true, Config: map[string]any{"channel": "#ops"}})
	r.put("bob", instance.Wish{})
	if made.ExternalUserID != "ada" || !made.Active || made.Config["channel"] != "#ops" || made.Accounts == nil {
		t.Fatalf("%+v", made)
	}
	if i, err := r.forRun("ada"); err != nil || i.ID != made.ID || i.Config["channel"] != "#ops" {
		t.Errorf("a run has %+v, %v", i, err)
	}
	if _, err := r.forRun("bob"); !errors.Is(err, instance.ErrOff) {
		t.Errorf("one that is off: %v", err)
	}
	if i, err := r.forRun("eve"); i != nil || err != nil {
		t.Errorf("a user without one: %+v, %v", i, err)
	}
	on, off := true, false
	for name, tt := range map[string]struct {
		filter instance.Filter
		want   string
	}{
		"all":             {instance.Filter{}, "bob ada"},
		"on":              {instance.Filter{Active: &on}, "ada"},
		"off":             {instance.Filter{Active: &off}, "bob"},
		"a user's":        {instance.Filter{ExternalUserID: "bob"}, "bob"},
		"the workflow's":  {instance.Filter{WorkflowID: r.workflow}, "bob ada"},
		"of another flow": {instance.Filter{WorkflowID: "wf_none"}, ""},
	} {
		if got := strings.Join(r.list(r.scope, tt.filter), " "); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
	if again := r.put("ada", instance.Wish{}); again.ID != made.ID || again.Active || len(again.Config) != 0 {
		t.Errorf("changed: %+v", again)
	}
	if err := r.Delete(t.Context(), r.scope, r.workflow, "ada", false); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Get(t.Context(), r.scope, r.workflow, "ada"); !errors.Is(err, instance.ErrNotFound) {
		t.Error(err)
	}
	if err := r.Delete(t.Context(), r.scope, r.workflow, "ada", false); !errors.Is(err, instance.ErrNotFound) {
		t.Errorf("deleted twice: %v", err)
	}
}

// Of a workflow that asks for them nobody's runs go without one.
func TestRequired(t *testing.T) {
	t.Parallel()
	r := newRig(t, `{"instances":{"required":true}}`)
	if _, err := r.forRun("ada"); !errors.Is(err, instance.ErrRequired) {
		t.Error(err)
	}
	r.put("ada", instance.Wish{Active: true})
	if _, err := r.forRun("ada"); err != nil {
		t.Error(err)
	}
}

// Users change what they have where the workflow says that they may.
func TestSelfService(t *testing.T) {
	t.Parallel()
	for settings, want := range map[string]error{`{}`: instance.ErrForbid, `{"instances":{"self_service":true}}`: nil} {
		r := newRig(t, settings)
		if _, err := r.Put(t.Context(), r.scope, r.workflow, "ada", instance.Wish{Active: true, Self: true}); !errors.Is(err, want) {
			t.Errorf("%s: %v", settings, err)
		}
		r.put("ada", instance.Wish{Active: true})
		if err := r.Delete(t.Context(), r.scope, r.workflow, "ada", true); !errors.Is(err, want) {
			t.Errorf("%s: deleted: %v", settings, err)
		}
	}
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, `{}`)
	for name, tt := range map[string]struct {
		workflow string
		wish     instance.Wish
		want     error
	}{
		"no workflow":          {"wf_none", instance.Wish{}, workflow.ErrNotFound},
		"a config without end": {r.workflow, instance.Wish{Config: map[string]any{"a": strings.Repeat("x", 64<<10)}}, instance.ErrConfig},
		"a zero character":     {r.workflow, instance.Wish{Config: map[string]any{"a": "\x00"}}, instance.ErrConfig},
		"no account":           {r.workflow, instance.Wish{Accounts: map[string]string{"slack": "apn_none"}}, account.ErrMap},
	} {
		if _, err := r.Put(t.Context(), r.scope, tt.workflow, "ada", tt.wish); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
	if users := r.list(r.scope, instance.Filter{}); len(users) > 0 {
		t.Errorf("%v have one all the same", users)
	}
}

// Another tenant neither sees nor touches it, and it goes with its user.
func TestWhose(t *testing.T) {
	t.Parallel()
	r := newRig(t, `{}`)
	r.put("ada", instance.Wish{Active: true})
	other := testkit.Scope(t, r.DB)
	if _, err := r.Get(t.Context(), other, r.workflow, "ada"); !errors.Is(err, instance.ErrNotFound) {
		t.Error(err)
	}
	if _, err := r.Put(t.Context(), other, r.workflow, "ada", instance.Wish{}); !errors.Is(err, workflow.ErrNotFound) {
		t.Error(err)
	}
	if err := r.Delete(t.Context(), other, r.workflow, "ada", false); !errors.Is(err, instance.ErrNotFound) {
		t.Error(err)
	}
	if users := r.list(other, instance.Filter{}); len(users) > 0 {
		t.Errorf("another tenant lists %v", users)
	}
	if i, err := r.Get(t.Context(), r.scope, r.workflow, "ada"); err != nil || !i.Active {
		t.Errorf("%+v, %v", i, err)
	}
	err := r.DB.In(context.WithoutCancel(t.Context()), r.scope, func(tx *gorm.DB) error { return tx.Exec("DELETE FROM external_users WHERE external_id = 'ada'").Error })
	if err != nil {
		t.Fatal(err)
	}
	if users := r.list(r.scope, instance.Filter{}); len(users) > 0 {
		t.Errorf("%v outlive their users", users)
	}
}

// Of many who saw the same, one writes: whether they make it or change it.
func TestPutAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, `{}`)
	seen := time.Time{}
	for _, what := range []string{"make", "change"} {
		var wg sync.WaitGroup
		var wrote atomic.Int32
		for range 8 {
			wg.Go(func() {
				_, err := r.Put(t.Context(), r.scope, r.workflow, "ada", instance.Wish{Active: true, Seen: []time.Time{seen}})
				if err == nil {
					wrote.Add(1)
				} else if !errors.Is(err, fault.ErrChanged) {
					t.Errorf("%s: %v", what, err)
				}
			})
		}
		wg.Wait()
		if wrote.Load() != 1 {
			t.Errorf("%d of 8 did %s it", wrote.Load(), what)
		}
		i, err := r.forRun("ada")
		if err != nil {
			t.Fatal(err)
		}
		seen = i.UpdatedAt
		r.clock.Pass(time.Second)
	}
}
