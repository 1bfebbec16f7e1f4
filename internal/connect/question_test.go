package connect_test

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/connect"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/demo"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// desk is the app whose users may have several workspaces.
const desk = "acme_crm_desk"

// deskRig is a rig whose project is set up for it.
func deskRig(t *testing.T) *rig {
	t.Helper()
	r := newRig(t)
	r.oauth = r.registerFor(r.scope, desk, "desk")
	return r
}

func (r *rig) latest(raw string) *connect.Standing {
	r.t.Helper()
	st, err := r.Latest(r.t.Context(), raw)
	if err != nil {
		r.t.Fatal(err)
	}
	return st
}

// asked returns what the user of a flow is asked. Nothing is saved by then.
func (r *rig) asked(raw string, out *connect.Outcome) *connect.Question {
	r.t.Helper()
	st := r.latest(raw)
	if !out.Asking || out.Err != nil || out.AccountID != "" || out.RedirectURI != "" || st.Status != "asking" || st.Flow != out.FlowID || st.Question == nil {
		r.t.Fatalf("nobody is asked: %+v, %+v", out, st)
	}
	return st.Question
}

// choosing takes Ada to where she has to choose a workspace.
func (r *rig) choosing(raw string) *connect.Question {
	r.t.Helper()
	return r.asked(raw, r.callback(r.consent(connect.Begin{Token: raw, App: desk}, true)))
}

// answered answers the latest flow and returns the account that came of it.
func (r *rig) answered(raw string, a connect.Answer) string {
	r.t.Helper()
	st, err := r.Answer(r.t.Context(), raw, r.latest(raw).Flow, a)
	if err != nil || st.Status != "succeeded" {
		r.t.Fatalf("%+v, %v", st, err)
	}
	return st.Account.ID
}

// revoked returns why credentials of no account are to be revoked.
func (r *rig) revoked() (causes []string) {
	r.t.Helper()
	page, err := r.Accounts.Revocations(r.t.Context(), r.scope, account.RevocationFilter{}, db.Cursor{})
	if err != nil {
		r.t.Fatal(err)
	}
	for _, v := range page.Items {
		causes = append(causes, string(v.Cause)+" "+string(v.Status))
	}
	return causes
}

// exec changes rows as a process that died would have left them.
func (r *rig) exec(statement string, args ...any) {
	r.t.Helper()
	if err := r.DB.In(r.t.Context(), r.scope, func(tx *gorm.DB) error { return tx.Exec(statement, args...).Error }); err != nil {
		r.t.Fatal(err)
	}
}

// Who has several workspaces says which; who has one is not asked, nor is who
// connects the same one again.
func TestChoice(t *testing.T) {
	t.Parallel()
	r := deskRig(t)
	raw := r.token()
	q := r.choosing(raw)
	want := []string{"ws_engines Analytical Engines engines.acme.test", "ws_difference Difference Works difference.acme.test"}
	var got []string
	for _, o := range q.Pick.Options {
		got = append(got, o.Value+" "+o.Label+" "+o.Hint)
	}
	if q.Kind != connect.AskChoice || q.Pick.Name != "workspace" || q.Pick.Label != "Which workspace do you want to connect?" || !slices.Equal(got, want) {
		t.Fatalf("%+v", q)
	}
	if len(r.accounts()) != 0 || len(r.told()) != 0 {
		t.Fatal("something was saved or told")
	}
	flow := r.latest(raw).Flow
	for name, value := range map[string]string{"nothing": "", "another's": "ws_compilers"} {
		if _, err := r.Answer(t.Context(), raw, flow, connect.Answer{Choice: value}); !errors.Is(err, connect.ErrAnswer) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := r.Answer(t.Context(), r.token(), flow, connect.Answer{Choice: "ws_engines"}); !errors.Is(err, connect.ErrFlow) {
		t.Errorf("by another token: %v", err)
	}
	id := r.answered(raw, connect.Answer{Choice: "ws_difference"})
	if a := r.accounts()[0]; a.ID != id || a.Vars["workspace"] != "ws_difference" || *a.Name != "Ada Lovelace" {
		t.Errorf("%+v", a)
	}
	if _, err := r.Answer(t.Context(), raw, flow, connect.Answer{Choice: "ws_engines"}); !errors.Is(err, connect.ErrAnswered) {
		t.Errorf("a second time: %v", err)
	}
	if again := r.connected(connect.Begin{Token: r.token(), App: desk, AccountID: id}); again != id || r.accounts()[0].Vars["workspace"] != "ws_difference" {
		t.Errorf("reconnected: %+v", r.accounts())
	}
	q2 := r.consentOf(connect.Begin{Token: r.token(), App: desk}, demo.Grace)
	if out := r.callback(q2); out.AccountID == "" || r.accounts()[0].Vars["workspace"] != "ws_compilers" {
		t.Errorf("with one workspace: %+v", out)
	}
	if told := r.told(); !slices.Equal(told, []string{"CONNECTION_SUCCESS", "CONNECTION_SUCCESS", "CONNECTION_SUCCESS"}) || len(r.revoked()) != 0 {
		t.Error(told, r.revoked())
	}
}

// consentOf lets somebody allow it at Acme.
func (r *rig) consentOf(in connect.Begin, person string) url.Values {
	r.t.Helper()
	in.Browser = browser
	_, at, err := r.Start(r.t.Context(), in)
	if err != nil {
		r.t.Fatal(err)
	}
	back, err := r.acme.Consent(at, person, true)
	if err != nil {
		r.t.Fatal(err)
	}
	u, err := url.Parse(back)
	if err != nil {
		r.t.Fatal(err)
	}
	return u.Query()
}

// Of several answers at once one counts, so that one account is made.
func TestOneAnswerCounts(t *testing.T) {
	t.Parallel()
	r := deskRig(t)
	testkit.Warm(t, r.DB)
	raw := r.token()
	r.choosing(raw)
	flow := r.latest(raw).Flow
	var g errgroup.Group
	for range 6 {
		g.Go(func() error {
			_, err := r.Answer(t.Context(), raw, flow, connect.Answer{Choice: "ws_engines"})
			if errors.Is(err, connect.ErrAnswered) {
				return nil
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	if told := r.told(); len(r.accounts()) != 1 || !slices.Equal(told, []string{"CONNECTION_SUCCESS"}) {
		t.Fatal(r.accounts(), told)
	}
}

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
	calls := r.deliver() // of the two at once
	if told := calls[0].Body + calls[len(calls)-1].Body; len(calls) != 2 || !strings.Contains(told, `"error_code":"app_not_found"`) || !strings.Contains(told, `"error_code":"token_expired"`) {
		t.Fatalf("%+v", calls)
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
