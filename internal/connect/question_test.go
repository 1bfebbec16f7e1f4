package connect_test

import (
	"errors"
	"net/url"
	"slices"
	"testing"

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
