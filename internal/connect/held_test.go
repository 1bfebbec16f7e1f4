package connect_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/connect"
	"github.com/patchbay-dev/patchbay/internal/demo"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// A grant that is held while its user is asked does not outlive the question: it
// is revoked when nobody answers, when the user gives up or begins again, and
// when a process died over it. Each ends the flow once, with one event.
func TestHeldGrantIsRevoked(t *testing.T) {
	t.Parallel()
	sweep := func(r *rig) {
		for range 2 {
			if err := r.Sweep(r.t.Context()); err != nil {
				r.t.Fatal(err)
			}
		}
	}
	tests := map[string]struct {
		code string
		end  func(r *rig, raw, flow string)
	}{
		"nobody answers": {"connect_session_expired", func(r *rig, _, _ string) {
			r.clock.Pass(15*time.Minute + time.Second)
			sweep(r)
		}},
		"the process dies over the answer": {"connection_failed", func(r *rig, _, flow string) {
			r.exec("UPDATE connect_flows SET status = 'exchanging' WHERE id = ?", flow)
			r.clock.Pass(15*time.Minute + time.Second)
			sweep(r)
		}},
		"the user gives the try up": {"user_cancelled", func(r *rig, raw, flow string) {
			for range 2 {
				if err := r.Cancel(r.t.Context(), raw, flow); err != nil {
					r.t.Fatal(err)
				}
			}
		}},
		"the user gives all up": {"user_cancelled", func(r *rig, raw, _ string) {
			for range 2 {
				if err := r.CancelAll(r.t.Context(), raw); err != nil {
					r.t.Fatal(err)
				}
			}
		}},
		"the user begins again": {"user_cancelled", func(r *rig, raw, _ string) {
			r.consent(connect.Begin{Token: raw, App: desk}, true)
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := deskRig(t)
			raw := r.token()
			r.choosing(raw)
			flow := r.latest(raw).Flow
			tt.end(r, raw, flow)
			if told, revoked := r.told(), r.revoked(); !slices.Equal(told, []string{"CONNECTION_ERROR"}) || !slices.Equal(revoked, []string{"not_saved pending"}) {
				t.Fatal(told, revoked)
			}
			if calls := r.deliver(); len(calls) != 1 || !strings.Contains(calls[0].Body, `"error_code":"`+tt.code+`"`) {
				t.Fatalf("%+v", calls)
			}
			var held int64
			r.count(&held, "SELECT count(*) FROM connect_flows WHERE held IS NOT NULL")
			if _, err := r.Answer(t.Context(), raw, flow, connect.Answer{Choice: "ws_engines"}); !errors.Is(err, connect.ErrAnswered) || held != 0 {
				t.Fatal(held, err)
			}
			r.choosing(raw) // the token is still good
			r.answered(raw, connect.Answer{Choice: "ws_engines"})
		})
	}
}

func (r *rig) count(into *int64, query string) {
	r.t.Helper()
	if err := r.DB.In(r.t.Context(), r.scope, func(tx *gorm.DB) error { return tx.Raw(query).Scan(into).Error }); err != nil {
		r.t.Fatal(err)
	}
}

// A process that died before anything was held leaves a flow that ends.
func TestProcessDiesOverTheCode(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	raw := r.token()
	r.consent(connect.Begin{Token: raw}, true)
	r.exec("UPDATE connect_flows SET status = 'exchanging'")
	if st := r.latest(raw); st.Status != "testing" {
		t.Fatalf("%+v", st)
	}
	r.clock.Pass(16 * time.Minute)
	if err := r.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if st := r.latest(raw); st.Status != "failed" || !errors.Is(st.Problem, connect.ErrFailed) || !slices.Equal(r.told(), []string{"CONNECTION_ERROR"}) {
		t.Fatalf("%+v", st)
	}
}

// What is held lies sealed: no token and no name of a workspace is to be read.
func TestHeldIsSealed(t *testing.T) {
	t.Parallel()
	r := deskRig(t)
	raw := r.token()
	r.choosing(raw)
	var row string
	err := r.DB.In(t.Context(), r.scope, func(tx *gorm.DB) error {
		return tx.Raw("SELECT f::text || encode(held, 'escape') FROM connect_flows f").Scan(&row).Error
	})
	if err != nil || row == "" || strings.Contains(row, "acme_at_") || strings.Contains(row, "Difference") || strings.Contains(row, raw) {
		t.Fatal(err, row)
	}
}

// A user who leaves is told of once, with nothing begun or a try under way, and
// not after the account is there.
func TestCancel(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	raw := r.token()
	back := r.consent(connect.Begin{Token: raw}, true)
	for range 2 {
		if err := r.CancelAll(t.Context(), raw); err != nil {
			t.Fatal(err)
		}
	}
	if told := r.told(); !slices.Equal(told, []string{"CONNECTION_ERROR"}) {
		t.Fatal(told)
	}
	if _, err := r.Callback(t.Context(), r.oauth.ID, browser, back); !errors.Is(err, connect.ErrSession) {
		t.Fatalf("a try that was given up goes on: %v", err)
	}
	flow := func(raw string) string {
		r.consent(connect.Begin{Token: raw}, true)
		return r.latest(raw).Flow
	}
	one := flow(raw)
	if err := r.Cancel(t.Context(), r.token(), one); !errors.Is(err, connect.ErrFlow) {
		t.Errorf("another token's: %v", err)
	}
	if err := r.Cancel(t.Context(), raw, one); err != nil || r.latest(raw).Problem.Code != "user_cancelled" || len(r.told()) != 1 {
		t.Error(err, r.told())
	}
	r.connected(connect.Begin{Token: raw})
	if err := r.CancelAll(t.Context(), raw); err != nil || len(r.told()) != 2 || r.latest(raw).Status != "succeeded" {
		t.Error(err, r.told())
	}
	if err := r.CancelAll(t.Context(), "ctok_nobody"); !errors.Is(err, connect.ErrToken) {
		t.Error(err)
	}
}

// A page that was opened in vain is told of once, by its code.
func TestRefusedPages(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	raw := r.token(func(in *connect.TokenInput) { in.ExpiresIn = time.Minute })
	b, err := r.Check(t.Context(), raw)
	if err != nil {
		t.Fatal(err)
	}
	open := func() {
		_, _, why := r.Chosen(t.Context(), b, connect.Choice{App: "nope"})
		if _, err := r.Check(t.Context(), raw); err != nil {
			why = err
		}
		if err := r.Refused(t.Context(), raw, why); err != nil {
			t.Fatal(err)
		}
	}
	open()
	open()
	r.clock.Pass(2 * time.Minute)
	open()
	open()
	calls := r.deliver()
	if len(calls) != 2 {
		t.Fatalf("%+v", calls)
	}
	for _, code := range []string{"app_not_found", "token_expired"} {
		if !strings.Contains(calls[0].Body+calls[1].Body, `"error_code":"`+code+`"`) {
			t.Errorf("%s is not told", code)
		}
	}
}

// A project may bound its users in development by itself, or not at all, whatever
// the installation says.
func TestUserLimitOfTheProject(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		installation, project int
		refused               bool
	}{
		"neither": {0, -1, false}, "the installation": {1, -1, true}, "the project": {0, 1, true}, "the project has more room": {1, 2, false}, "the project has no bound": {1, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.DevelopmentUsers = tt.installation
			if err := r.DB.System(t.Context(), func(tx *gorm.DB) error {
				return tx.Exec("UPDATE projects SET development_users = ? WHERE id = ?", tt.project, r.scope.Project()).Error
			}); err != nil {
				t.Fatal(err)
			}
			keys := connect.Keys{App: "acme_crm_key", Fields: map[string]string{"api_key": demo.DemoKey}}
			var err error
			for _, user := range []string{"user-1", "user-2"} {
				_, err = r.ConnectKeys(t.Context(), r.token(func(in *connect.TokenInput) { in.ExternalUserID = user }), keys)
			}
			if refused := errors.Is(err, connect.ErrUserLimit); refused != tt.refused || err != nil && !refused {
				t.Errorf("%v", err)
			}
		})
	}
}

// An installation may bound how many users connect in development. Who has an
// account may have more, the last place is taken once, and production is free.
func TestUserLimit(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.DevelopmentUsers = 1
	testkit.Warm(t, r.DB)
	keys := connect.Keys{App: "acme_crm_key", Fields: map[string]string{"api_key": demo.DemoKey}}
	as := func(user string) string {
		return r.token(func(in *connect.TokenInput) { in.ExternalUserID = user })
	}
	tokens := []string{as("user-1"), as("user-2"), as("user-3")}
	errs := make([]error, len(tokens))
	var g errgroup.Group
	for i, raw := range tokens {
		g.Go(func() error {
			_, errs[i] = r.ConnectKeys(t.Context(), raw, keys)
			return nil
		})
	}
	_ = g.Wait()
	refused := slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	if len(refused) != 2 || !errors.Is(refused[0], connect.ErrUserLimit) || len(r.accounts()) != 1 {
		t.Fatal(errs, len(r.accounts()))
	}
	if _, err := r.ConnectKeys(t.Context(), as(r.accounts()[0].ExternalID), keys); err != nil {
		t.Error(err)
	}
	raw := as("user-4")
	b, err := r.Check(t.Context(), raw)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Plan(t.Context(), b, connect.Choice{App: "acme_crm"}); !errors.Is(err, connect.ErrUserLimit) {
		t.Errorf("the page says %v", err)
	}
}
