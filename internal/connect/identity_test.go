package connect_test

import (
	"errors"
	"net/url"
	"slices"
	"testing"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/connect"
	"github.com/patchbay-dev/patchbay/internal/demo"
)

// asGrace goes through a flow that is Grace's at Acme.
func (r *rig) asGrace(in connect.Begin) *connect.Outcome {
	r.t.Helper()
	in.App, in.Browser = "acme_crm", browser
	_, at, err := r.Start(r.t.Context(), in)
	if err != nil {
		r.t.Fatal(err)
	}
	back, err := r.acme.Consent(at, demo.Grace, true)
	if err != nil {
		r.t.Fatal(err)
	}
	u, err := url.Parse(back)
	if err != nil {
		r.t.Fatal(err)
	}
	return r.callback(u.Query())
}

// An account is not reconnected as another person by mistake: the user is asked.
// They may have a second account of it, and take the first one's place only
// where the token allows that; the account then keeps its id.
func TestReconnectAsAnother(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.connected(connect.Begin{Token: r.token()})
	raw := r.token()
	q := r.asked(raw, r.asGrace(connect.Begin{Token: raw, AccountID: id}))
	if q.Kind != connect.AskIdentity || q.Expected != "Ada Lovelace" || q.Got != "Grace Hopper" || q.MayReplace {
		t.Fatalf("%+v", q)
	}
	flow := r.latest(raw).Flow
	if _, err := r.Answer(t.Context(), raw, flow, connect.Answer{Identity: "replace"}); !errors.Is(err, account.ErrIdentity) {
		t.Fatal(err)
	}
	if _, err := r.Answer(t.Context(), raw, flow, connect.Answer{Identity: "whatever"}); !errors.Is(err, connect.ErrAnswer) {
		t.Fatal(err)
	}
	if second := r.answered(raw, connect.Answer{Identity: "add"}); second == id || len(r.accounts()) != 2 {
		t.Fatal(second)
	}
	raw = r.token(func(in *connect.TokenInput) { in.AllowIdentityChange = true })
	if q = r.asked(raw, r.asGrace(connect.Begin{Token: raw, AccountID: id})); !q.MayReplace {
		t.Fatalf("%+v", q)
	}
	if again := r.answered(raw, connect.Answer{Identity: "replace"}); again != id {
		t.Fatal(again)
	}
	if all := r.accounts(); len(all) != 2 || *all[1].IdentityID != demo.Grace || *all[1].Name != "Grace Hopper" {
		t.Fatalf("%+v", all)
	}
	if told := r.told(); !slices.Equal(told, []string{"CONNECTION_SUCCESS", "CONNECTION_SUCCESS", "CONNECTION_SUCCESS"}) {
		t.Fatal(told)
	}
}

// The same with keys.
func TestReconnectWithAnothersKey(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	key := func(raw, id string) (*account.Account, error) {
		return r.ConnectKeys(t.Context(), raw, connect.Keys{App: "acme_crm_key", AccountID: id, Fields: map[string]string{"api_key": demo.DemoKey}})
	}
	a, err := key(r.token(), "")
	if err != nil {
		t.Fatal(err)
	}
	r.becomes(a.ID, demo.Grace)
	if _, err := key(r.token(), a.ID); !errors.Is(err, account.ErrIdentity) {
		t.Fatalf("ConnectKeys() = %v, want ErrIdentity", err)
	}
	allow := func(in *connect.TokenInput) { in.AllowIdentityChange = true }
	if _, err := key(r.token(allow), a.ID); err != nil || *r.accounts()[0].IdentityID != demo.Ada {
		t.Fatal(err)
	}
	if told := r.told(); !slices.Equal(told, []string{"CONNECTION_SUCCESS", "CONNECTION_ERROR", "CONNECTION_SUCCESS"}) {
		t.Fatal(told)
	}
}

// becomes makes an account somebody else's at the app.
func (r *rig) becomes(id, person string) {
	r.t.Helper()
	err := r.DB.In(r.t.Context(), r.scope, func(tx *gorm.DB) error {
		return tx.Exec("UPDATE accounts SET identity_id = ? WHERE id = ?", person, id).Error
	})
	if err != nil {
		r.t.Fatal(err)
	}
}
