package connect_test

import (
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/connect"
	"github.com/patchbay-dev/patchbay/internal/demo"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// A whole flow saves one account that works, seals its credential, uses the
// token up, and tells of it in the same transaction.
func TestFlow(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	success, failure := "https://customer.test/done?x=1", "https://customer.test/failed"
	raw := r.token(func(in *connect.TokenInput) { in.SuccessRedirectURI, in.ErrorRedirectURI = &success, &failure })
	out := r.callback(r.consent(connect.Begin{Token: raw, SameTab: true}, true))
	if out.Err != nil || !out.SameTab || out.App.Slug != "acme_crm" || out.RedirectURI != "https://customer.test/done?account_id="+out.AccountID+"&x=1" {
		t.Fatalf("%+v", out)
	}
	rows := r.accounts()
	if len(rows) != 1 || rows[0].ID != out.AccountID {
		t.Fatalf("%+v", rows)
	}
	a := rows[0]
	if *a.Name != "Ada Lovelace" || *a.IdentityID != demo.Ada || a.ExternalID != "user-1" || !a.Healthy || a.Dead || a.NextRefreshAt == nil {
		t.Errorf("%+v", a)
	}
	if diff := cmp.Diff([]string{"contacts.read", "contacts.write", "deals.read", "notes.read"}, a.Scopes); diff != "" {
		t.Error(diff)
	}
	st, err := r.Latest(t.Context(), raw)
	if err != nil || st.Flow != out.FlowID || st.Status != "succeeded" || st.Account.ID != a.ID || st.Account.Title() != "Ada Lovelace" {
		t.Fatalf("%+v, %v", st, err)
	}
	if _, err := r.Check(t.Context(), raw); !errors.Is(err, connect.ErrLinkExpired) {
		t.Fatalf("the token is not used up: %v", err)
	}
	if diff := cmp.Diff([]string{"CONNECTION_SUCCESS"}, r.told()); diff != "" {
		t.Fatal(diff)
	}
	r.nothingInTheClear(raw, a)
}

// nothingInTheClear looks for the secrets of a connection in every column of
// every table that it wrote.
func (r *rig) nothingInTheClear(raw string, a account.Account) {
	r.t.Helper()
	_, c, err := r.Accounts.Fresh(r.t.Context(), r.scope, a.ID)
	if err != nil || c.AccessToken == "" || c.RefreshToken == "" {
		r.t.Fatal(c, err)
	}
	var dump []string
	err = r.DB.In(r.t.Context(), r.scope, func(tx *gorm.DB) error {
		return tx.Raw(`SELECT a::text || c::text || encode(c.sealed, 'escape') FROM accounts a JOIN credentials c ON c.account_id = a.id UNION ALL SELECT f::text || encode(secret, 'escape') FROM connect_flows f
			UNION ALL SELECT t::text FROM connect_tokens t UNION ALL SELECT e::text || encode(secret, 'escape') FROM events e
			UNION ALL SELECT o::text || encode(client_secret, 'escape') FROM oauth_apps o UNION ALL SELECT d::text FROM deliveries d`).Scan(&dump).Error
	})
	if err != nil || len(dump) < 6 {
		r.t.Fatal(len(dump), err)
	}
	for what, text := range map[string]string{
		"the access token": c.AccessToken, "the refresh token": c.RefreshToken, "the connect token": raw, "the client secret": "patchbay's secret",
	} {
		if strings.Contains(strings.Join(dump, "\n"), text) {
			r.t.Errorf("%s lies in the database", what)
		}
	}
}

// What the customer's server hears of a connection names the account and the
// token, is signed, and holds no credential.
func TestSuccessIsTold(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	raw := r.token()
	id := r.connected(connect.Begin{Token: raw})
	calls := r.deliver()
	if len(calls) != 1 {
		t.Fatalf("%d calls", len(calls))
	}
	var body struct {
		Event, Environment string
		ConnectToken       string `json:"connect_token"`
		ExternalUserID     string `json:"external_user_id"`
		EventID            string `json:"event_id"`
		Reconnected        *bool
		Account            struct {
			ID, Name string
			App      struct {
				Slug string `json:"name_slug"`
			}
		}
	}
	if err := json.Unmarshal([]byte(calls[0].Body), &body); err != nil {
		t.Fatal(err)
	}
	if body.Event != "CONNECTION_SUCCESS" || body.Environment != "development" || body.ConnectToken != raw || body.ExternalUserID != "user-1" ||
		body.Account.ID != id || body.Account.Name != "Ada Lovelace" || body.Account.App.Slug != "acme_crm" || body.Reconnected == nil || *body.Reconnected ||
		body.EventID != calls[0].Header.Get("Webhook-Id") {
		t.Fatalf("%s", calls[0].Body)
	}
	_, c, _ := r.Accounts.Fresh(t.Context(), r.scope, id)
	if strings.Contains(calls[0].Body, c.AccessToken) || strings.Contains(calls[0].Body, c.RefreshToken) {
		t.Error("the credential was sent along")
	}
}

// A person who says no is an outcome that is told, and may try again with the
// same token.
func TestDenial(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	failure := "https://customer.test/failed"
	raw := r.token(func(in *connect.TokenInput) { in.ErrorRedirectURI = &failure })
	out := r.callback(r.consent(connect.Begin{Token: raw}, false))
	to := failure + "?" + url.Values{"error": {connect.ErrDenied.Message}, "error_code": {"oauth_denied"}}.Encode()
	if out.AccountID != "" || !errors.Is(out.Err, connect.ErrDenied) || out.RedirectURI != to {
		t.Fatalf("%+v", out)
	}
	if diff := cmp.Diff([]string{"CONNECTION_ERROR"}, r.told()); diff != "" || len(r.accounts()) != 0 {
		t.Fatal(diff, r.accounts())
	}
	if st, err := r.Latest(t.Context(), raw); err != nil || st.Status != "failed" || !errors.Is(st.Problem, connect.ErrDenied) {
		t.Fatalf("%+v, %v", st, err)
	}
	if calls := r.deliver(); len(calls) != 1 || !strings.Contains(calls[0].Body, `"error_code":"oauth_denied"`) || !strings.Contains(calls[0].Body, raw) {
		t.Fatalf("%+v", calls)
	}
	r.connected(connect.Begin{Token: raw})
	if diff := cmp.Diff([]string{"CONNECTION_ERROR", "CONNECTION_SUCCESS"}, r.told()); diff != "" {
		t.Fatal(diff)
	}
}

// A callback that does not belong to an open flow of this browser and this
// client ends nothing: no account, no event, and the flow stays as it was.
func TestCallbackRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]func(r *rig, q url.Values) error{
		"from another browser": func(r *rig, q url.Values) error {
			_, err := r.Callback(r.t.Context(), r.oauth.ID, "another cookie", q)
			return err
		},
		"from no browser that we know": func(r *rig, q url.Values) error {
			_, err := r.Callback(r.t.Context(), r.oauth.ID, "", q)
			return err
		},
		"at the address of another client": func(r *rig, q url.Values) error {
			other := r.register(r.scope, "other")
			_, err := r.Callback(r.t.Context(), other.ID, browser, q)
			return err
		},
		"with another state": func(r *rig, q url.Values) error {
			q.Set("state", "guessed")
			_, err := r.Callback(r.t.Context(), r.oauth.ID, browser, q)
			return err
		},
		"without a state": func(r *rig, q url.Values) error {
			q.Del("state")
			_, err := r.Callback(r.t.Context(), r.oauth.ID, browser, q)
			return err
		},
		"after the flow has expired": func(r *rig, q url.Values) error {
			r.clock.Pass(15*time.Minute + time.Second)
			_, err := r.Callback(r.t.Context(), r.oauth.ID, browser, q)
			return err
		},
	}
	for name, come := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			raw := r.token()
			if err := come(r, r.consent(connect.Begin{Token: raw}, true)); !errors.Is(err, connect.ErrSession) {
				t.Fatalf("Callback() = %v, want ErrSession", err)
			}
			if len(r.accounts()) != 0 || len(r.told()) != 0 {
				t.Fatal("something was saved or told")
			}
			want := "open"
			if name == "after the flow has expired" {
				want = "failed"
			}
			if st, err := r.Latest(t.Context(), raw); err != nil || st.Status != want {
				t.Fatalf("%+v, %v", st, err)
			}
		})
	}
}

// What a provider sends that is not a grant ends the flow without an account,
// and the token stays good.
func TestFailedExchange(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		want   error
		change func(r *rig, q url.Values)
	}{
		"another issuer":                                {connect.ErrExchange, func(_ *rig, q url.Values) { q.Set("iss", "https://evil.test") }},
		"no issuer":                                     {connect.ErrExchange, func(_ *rig, q url.Values) { q.Del("iss") }},
		"a code that was never given":                   {connect.ErrExchange, func(_ *rig, q url.Values) { q.Set("code", "guessed") }},
		"no code":                                       {connect.ErrExchange, func(_ *rig, q url.Values) { q.Del("code") }},
		"an error of the provider's":                    {connect.ErrExchange, func(_ *rig, q url.Values) { q.Set("error", "server_error") }},
		"a token endpoint that is out":                  {connect.ErrExchange, func(r *rig, _ url.Values) { r.acme.SetFaults(demo.Faults{TokenError: "server_error"}) }},
		"a token that does not work":                    {account.ErrTest, func(r *rig, _ url.Values) { r.acme.SetFaults(demo.Faults{APIStatus: 401}) }},
		"a token that expired while the person decided": {connect.ErrLinkExpired, func(r *rig, _ url.Values) { r.clock.Pass(11 * time.Minute) }},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			raw := r.token(func(in *connect.TokenInput) { in.ExpiresIn = 10 * time.Minute })
			q := r.consent(connect.Begin{Token: raw}, true)
			tt.change(r, q)
			out := r.callback(q)
			if !errors.Is(out.Err, tt.want) || out.AccountID != "" || len(r.accounts()) != 0 {
				t.Fatalf("%v with %d accounts, want %v", out.Err, len(r.accounts()), tt.want)
			}
			if diff := cmp.Diff([]string{"CONNECTION_ERROR"}, r.told()); diff != "" {
				t.Fatal(diff)
			}
			if _, err := r.Callback(t.Context(), r.oauth.ID, browser, q); !errors.Is(err, connect.ErrSession) {
				t.Fatalf("the state is good twice: %v", err)
			}
			if errors.Is(tt.want, connect.ErrLinkExpired) {
				return
			}
			r.acme.SetFaults(demo.Faults{})
			r.connected(connect.Begin{Token: raw})
		})
	}
}

// A state is good for one callback, however many come at once; and however many
// flows were begun with one token, it connects one account.
func TestOneAccountForAToken(t *testing.T) {
	t.Parallel()
	const no, yes = "CONNECTION_ERROR", "CONNECTION_SUCCESS"
	tests := map[string]struct {
		begin func(r *rig, raw string) []url.Values
		told  []string
	}{
		// A second exchange of a code would cost the account its grant; there is none.
		"one state, eight times": {func(r *rig, raw string) []url.Values {
			q := r.consent(connect.Begin{Token: raw}, true)
			return []url.Values{q, q, q, q, q, q, q, q}
		}, []string{yes}},
		"three flows of one token": {func(r *rig, raw string) []url.Values {
			in := connect.Begin{Token: raw}
			return []url.Values{r.consent(in, true), r.consent(in, true), r.consent(in, true)}
		}, []string{no, no, yes}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			testkit.Warm(t, r.DB)
			var g errgroup.Group
			for _, q := range tt.begin(r, r.token()) {
				g.Go(func() error {
					_, err := r.Callback(t.Context(), r.oauth.ID, browser, q)
					if errors.Is(err, connect.ErrSession) {
						return nil
					}
					return err
				})
			}
			if err := g.Wait(); err != nil {
				t.Fatal(err)
			}
			told := r.told()
			slices.Sort(told)
			if diff := cmp.Diff(tt.told, told); diff != "" || len(r.accounts()) != 1 {
				t.Fatal(len(r.accounts()), diff)
			}
		})
	}
}

// Reconnecting puts a new credential into the same account, of the same user
// and app only.
func TestReconnect(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.connected(connect.Begin{Token: r.token()})
	_, before, _ := r.Accounts.Fresh(t.Context(), r.scope, id)
	r.deliver()
	r.clock.Pass(time.Minute)
	if again := r.connected(connect.Begin{Token: r.token(), AccountID: id}); again != id {
		t.Fatalf("account %s became %s", id, again)
	}
	_, after, err := r.Accounts.Fresh(t.Context(), r.scope, id)
	if err != nil || after.AccessToken == before.AccessToken || len(r.accounts()) != 1 {
		t.Fatal("the credential is not a new one", err)
	}
	calls := r.deliver()
	if !strings.Contains(calls[len(calls)-1].Body, `"reconnected":true`) {
		t.Errorf("%s", calls[len(calls)-1].Body)
	}
	stranger := r.token(func(in *connect.TokenInput) { in.ExternalUserID = "user-2" })
	for name, in := range map[string]connect.Begin{
		"another user's account":       {Token: stranger, AccountID: id},
		"an account that is not there": {Token: r.token(), AccountID: "apn_00000000000000000000000000"},
	} {
		in.App, in.Browser = "acme_crm", browser
		if _, _, err := r.Start(t.Context(), in); !errors.Is(err, account.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	fields := map[string]string{"api_key": demo.DemoKey}
	if _, err := r.ConnectKeys(t.Context(), r.token(), connect.Keys{App: "acme_crm_key", Fields: fields, AccountID: id}); !errors.Is(err, account.ErrNotFound) {
		t.Errorf("an account of another app: %v", err)
	}
}

// A project without a client of its own cannot use another's.
func TestClientOfAnotherProject(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	mine := r.scope
	r.scope = testkit.Scope(t, r.DB)
	raw := r.token()
	if _, _, err := r.Start(t.Context(), connect.Begin{Token: raw, App: "acme_crm", Browser: browser}); !errors.Is(err, account.ErrNoOAuthApp) {
		t.Errorf("%v, want ErrNoOAuthApp", err)
	}
	_, _, err := r.Start(t.Context(), connect.Begin{Token: raw, App: "acme_crm", OAuthAppID: r.oauth.ID, Browser: browser})
	if !errors.Is(err, account.ErrOAuthApp) {
		t.Errorf("%v, want ErrOAuthApp", err)
	}
	r.scope = mine
	bound := r.register(mine, "bound")
	raw = r.token(func(in *connect.TokenInput) { in.OAuthAppID = &bound.ID })
	_, at, err := r.Start(t.Context(), connect.Begin{Token: raw, App: "acme_crm", OAuthAppID: r.oauth.ID, Browser: browser})
	if err != nil || !strings.Contains(at, "client_id=bound") {
		t.Errorf("a token for one client began with another: %s, %v", at, err)
	}
}
