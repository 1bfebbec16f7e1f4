package connect_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/connect"
	"github.com/patchbay-dev/patchbay/internal/demo"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/secret"
)

// through makes a call with an account, as the proxy does.
func (r *rig) through(a string, method, target, kind, body string) (int, string) {
	r.t.Helper()
	again := func() io.ReadCloser { return io.NopCloser(strings.NewReader(body)) }
	call := &account.Call{Method: method, Target: target, Header: http.Header{}, Body: again(), Length: int64(len(body)), Again: again}
	if kind != "" {
		call.Header.Set("Content-Type", kind)
	}
	res, err := r.Accounts.Forward(r.t.Context(), r.scope, a, call)
	if err != nil {
		return 0, fault.Of(err).Code
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

// keyed connects Ada by a method that asks for fields.
func (r *rig) keyed(method string, fields map[string]string) (*account.Account, error) {
	r.t.Helper()
	return r.ConnectKeys(r.t.Context(), r.token(), connect.Keys{App: doors, Auth: method, Fields: fields})
}

// strict makes the project refuse keys that do not work.
func (r *rig) strict() {
	r.t.Helper()
	err := r.DB.System(r.t.Context(), func(tx *gorm.DB) error {
		return tx.Exec("UPDATE projects SET connect_require_key_auth_test = true WHERE id = ?", r.scope.Project()).Error
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// A key travels where the app wants it: within the JSON or the form that the
// caller sends, whose other parts arrive as they were, or in the path.
func TestKeyInBodyAndPath(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.strict()
	const form, doc = "application/x-www-form-urlencoded", "application/json"
	tests := map[string][]struct {
		method, target, kind, body string
		status                     int
		want                       string
	}{
		"in_json": {
			{"POST", "/doors/json/send", doc, `{"to":["a","b"],"n":1.50}`, 200, `"said":{"n":1.5,"to":["a","b"]}`},
			{"POST", "/doors/json/send", "", ``, 200, demo.Ada},
			{"POST", "/doors/json/send", doc, `[1]`, 0, "body_kind"},
			{"POST", "/doors/json/send", form, `a=b`, 0, "body_kind"},
			{"POST", "/doors/json/send", doc, `{"key":"another","x":"` + strings.Repeat("y", 1<<20) + `"}`, 0, "body_size"},
		},
		"in_form": {
			{"POST", "/doors/form/send", form, `to=a&to2=b+c&key=another`, 200, `"said":{"to":["a"],"to2":["b c"]}`},
			{"POST", "/doors/form/send", doc, `{}`, 0, "body_kind"},
		},
		"in_path": {
			{"GET", "/doors/path/getMe?x=1", "", ``, 200, `"said":"getMe"`},
		},
	}
	for method, calls := range tests {
		a, err := r.keyed(method, map[string]string{"key": demo.DemoKey})
		if err != nil || *a.IdentityID != demo.Ada {
			t.Errorf("%s: %+v, %v", method, a, err)
			continue
		}
		for _, c := range calls {
			if status, got := r.through(a.ID, c.method, c.target, c.kind, c.body); status != c.status || !strings.Contains(got, c.want) || strings.Contains(got, demo.DemoKey) {
				t.Errorf("%s: %d %s, want %d %s", method, status, got, c.status, c.want)
			}
		}
		if _, err := r.keyed(method, map[string]string{"key": "acme_no"}); fault.Of(err).Code != "test_request_failed" {
			t.Errorf("%s with a wrong key: %v", method, err)
		}
	}
}

// A session is opened in two steps and carried by calls; when it is over before
// its time it is opened again, by what the user typed.
func TestSteps(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	fields := map[string]string{"username": demo.DoorUser, "password": demo.DoorPassword}
	if _, err := r.keyed("session", fields); fault.Of(err).Code != "no_oauth_app" {
		t.Fatalf("without the operator's key: %v", err)
	}
	if _, err := r.Accounts.Register(t.Context(), r.scope.Project(), doors, account.OAuthAppInput{Auth: "session", Fields: map[string]string{"door": "x", "dev_key": demo.DoorKey}}); err != nil {
		t.Fatal(err)
	}
	a, err := r.keyed("session", fields)
	if err != nil || *a.Name != "Ada Lovelace" || a.ExpiresAt == nil || a.OauthAppID == nil {
		t.Fatalf("%+v, %v", a, err)
	}
	if status, got := r.through(a.ID, "GET", "/doors/session/me", "", ""); status != 200 || !strings.Contains(got, demo.Ada) {
		t.Fatal(status, got)
	}
	r.renews(a.ID, time.Hour, "/doors/session/me")
	r.acme.EndSessions()
	if status, got := r.through(a.ID, "GET", "/doors/session/me", "", ""); status != 200 {
		t.Errorf("after the session's end: %d %s", status, got)
	}
	if _, err := r.keyed("session", map[string]string{"username": demo.DoorUser, "password": `","x":"`}); fault.Of(err).Code != "test_request_failed" {
		t.Errorf("a wrong password: %v", err)
	}
}

// Signed requests get in as they were sent, and nothing else does.
func TestSigV4(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.strict()
	a, err := r.keyed("aws", map[string]string{"access_key_id": demo.AccessKeyID, "secret_access_key": demo.SecretAccessKey})
	if err != nil || *a.IdentityID != demo.Ada {
		t.Fatalf("%+v, %v", a, err)
	}
	for _, target := range []string{"/doors/aws/queue?Action=Send&b=2&a=1+2&c=", "/doors/aws/a%20b/c", "/doors/aws/"} {
		if status, got := r.through(a.ID, "POST", target, "application/json", `{"hello":"world"}`); status != 200 || !strings.Contains(got, "world") {
			t.Errorf("%s: %d %s", target, status, got)
		}
	}
	if _, err := r.keyed("aws", map[string]string{"access_key_id": demo.AccessKeyID, "secret_access_key": strings.Repeat("x", 40)}); fault.Of(err).Code != "test_request_failed" {
		t.Errorf("another secret: %v", err)
	}
	if status, got := r.through(a.ID, "POST", "/doors/aws/", "application/json", strings.Repeat("x", 1<<20+1)); status != 0 || got != "body_size" {
		t.Errorf("a body too long to sign: %d %s", status, got)
	}
}

// visit follows the address of a flow to the provider and returns what the
// browser brings back.
func (r *rig) visit(in connect.Begin, change ...func(url.Values)) url.Values {
	r.t.Helper()
	in.Browser, in.App = browser, doors
	_, at, err := r.Start(r.t.Context(), in)
	if err != nil {
		r.t.Fatal(err)
	}
	to, err := url.Parse(at)
	if err != nil {
		r.t.Fatal(err)
	}
	q := to.Query()
	for _, fn := range change {
		fn(q)
	}
	to.RawQuery = q.Encode()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, to.String(), http.NoBody)
	if err != nil {
		r.t.Fatal(err)
	}
	res, err := client.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	_ = res.Body.Close()
	back, err := res.Location()
	if err != nil {
		r.t.Fatalf("%s: %d, %v", to, res.StatusCode, err)
	}
	return back.Query()
}

// OAuth 1.0a from the request token to calls whose query and form are signed. A
// callback for another request token, and one that comes again, are refused.
func TestOAuth1(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.client("oauth1")
	back := r.visit(connect.Begin{Token: r.token(), Auth: "oauth1"})
	out := r.callback(back)
	if out.Err != nil {
		t.Fatal(out.Err)
	}
	if _, err := r.Callback(t.Context(), r.oauth.ID, browser, back); err == nil {
		t.Error("the same callback was taken twice")
	}
	const form = "application/x-www-form-urlencoded"
	for _, c := range [][4]string{
		{"GET", "/doors/oauth1/posts?q=a%20b%2Bc&q=2&empty=", "", ""},
		{"POST", "/doors/oauth1/posts?x=1", form, "status=Hello+Ladies+%2B+Gentlemen%2C+%E2%98%83&x=2"},
		{"POST", "/doors/oauth1/posts", "application/json", `{"a":1}`},
	} {
		if status, got := r.through(out.AccountID, c[0], c[1], c[2], c[3]); status != 200 || !strings.Contains(got, demo.Ada) {
			t.Errorf("%s %s: %d %s", c[0], c[1], status, got)
		}
	}
	// A component makes its calls itself, signed by us: for the app alone.
	const signedForm = "status=Hello+Ladies&x=2"
	header, err := r.Accounts.Sign(t.Context(), r.scope, out.AccountID, http.MethodPost, r.at+"/doors/oauth1/posts?x=1", signedForm)
	if err != nil {
		t.Fatal(err)
	}
	for body, want := range map[string]int{signedForm: http.StatusOK, "status=Bye&x=2": http.StatusUnauthorized} {
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, r.at+"/doors/oauth1/posts?x=1", strings.NewReader(body))
		req.Header.Set("Content-Type", form)
		req.Header.Set("Authorization", header)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s: %d, want %d", body, res.StatusCode, want)
		}
	}
	if _, err := r.Accounts.Sign(t.Context(), r.scope, out.AccountID, http.MethodGet, "https://elsewhere.example.com/", ""); err == nil {
		t.Error("a call to another host was signed")
	}
	fields, _, err := r.Accounts.Fields(t.Context(), r.scope, out.AccountID)
	if err != nil || fields["oauth_signer_uri"] != account.SignerURI+out.AccountID {
		t.Errorf("%v, %v", fields, err)
	}
	first, second := r.visit(connect.Begin{Token: r.token(), Auth: "oauth1"}), r.visit(connect.Begin{Token: r.token(), Auth: "oauth1"})
	swapped := url.Values{"state": first["state"], "oauth_token": second["oauth_token"], "oauth_verifier": second["oauth_verifier"]}
	if out := r.callback(swapped); out.Err == nil || out.Err.Code != "oauth_exchange_failed" {
		t.Errorf("a callback of another request token: %+v", out.Err)
	}
	second.Set("oauth_verifier", "guessed")
	if out := r.callback(second); out.Err == nil {
		t.Error("a guessed verifier was taken")
	}
	denied := r.visit(connect.Begin{Token: r.token(), Auth: "oauth1"})
	if out := r.callback(url.Values{"state": denied["state"], "denied": denied["oauth_token"]}); out.Err == nil || out.Err.Code != "oauth_denied" {
		t.Errorf("a user who declined: %+v", out.Err)
	}
}

func privateKey(t *testing.T) (*rsa.PrivateKey, string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key, string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
}

// provesByKey registers a client whose key Acme knows.
func (r *rig) provesByKey(method string) {
	r.t.Helper()
	key, text := privateKey(r.t)
	o, err := r.Accounts.Register(r.t.Context(), r.scope.Project(), doors, account.OAuthAppInput{
		Auth: method, ClientID: "doors_" + method, ClientSecret: secret.Text("s3cret"), Fields: map[string]string{"private_key": text},
	})
	if err != nil {
		r.t.Fatal(err)
	}
	r.acme.RegisterClient(demo.Client{ID: "doors_" + method, Secret: "s3cret", RedirectURIs: []string{r.CallbackURL(o.ID)}, Key: &key.PublicKey})
	r.oauth = o
}

// An installation is connected by who made it, and acts by tokens that are
// minted under the operator's key. The id in a callback proves nothing.
func TestInstallation(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.provesByKey("installed")
	out := r.callback(r.visit(connect.Begin{Token: r.token(), Auth: "installed"}))
	if out.Err != nil {
		t.Fatal(out.Err)
	}
	a := r.accounts()[0]
	if *a.Name != "Ada Lovelace" || a.Vars["installation_id"] != *a.IdentityID {
		t.Errorf("%+v", a)
	}
	if status, got := r.through(a.ID, "GET", "/api/me", "", ""); status != 200 || !strings.Contains(got, demo.Ada) {
		t.Errorf("%d %s", status, got)
	}
	theirs := r.visit(connect.Begin{Token: r.token(), Auth: "installed"}, func(q url.Values) { q.Set("as", demo.Grace) })
	mine := r.visit(connect.Begin{Token: r.token(), Auth: "installed"})
	mine.Set("installation_id", theirs.Get("installation_id"))
	if out := r.callback(mine); out.Err == nil || out.Err.Code != "oauth_exchange_failed" {
		t.Errorf("Grace's installation with Ada's code: %+v", out.Err)
	}
	asked := r.visit(connect.Begin{Token: r.token(), Auth: "installed"})
	if out := r.callback(url.Values{"state": asked["state"], "setup_action": {"request"}}); out.Err == nil || out.Err.Code != "installation_pending" {
		t.Errorf("an installation that waits for its owner: %+v", out.Err)
	}
}

// A client that has a key in place of a secret gets its tokens by it; with
// another key it gets none.
func TestPrivateKeyJWT(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.provesByKey("by_key")
	out := r.callback(r.consent(connect.Begin{Token: r.token(), App: doors, Auth: "by_key"}, true))
	if out.Err != nil {
		t.Fatal(out.Err)
	}
	if status, got := r.through(out.AccountID, "GET", "/api/me", "", ""); status != 200 || !strings.Contains(got, demo.Ada) {
		t.Errorf("%d %s", status, got)
	}
	_, other := privateKey(t)
	if _, err := r.Accounts.ChangeOAuthApp(t.Context(), r.scope.Project(), r.oauth.ID, account.OAuthAppChange{Fields: map[string]string{"private_key": other}}); err != nil {
		t.Fatal(err)
	}
	if out := r.callback(r.consent(connect.Begin{Token: r.token(), App: doors, Auth: "by_key"}, true)); out.Err == nil {
		t.Error("a key that Acme does not know was taken")
	}
}

// A first token is exchanged at once for one that lives long.
func TestExchanged(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.client("exchanged")
	out := r.callback(r.consent(connect.Begin{Token: r.token(), App: doors, Auth: "exchanged"}, true))
	if out.Err != nil {
		t.Fatal(out.Err)
	}
	a := r.accounts()[0]
	if a.ExpiresAt == nil || !a.ExpiresAt.After(r.clock.Now().Add(demo.LongLife/2)) || len(a.Scopes) != 1 {
		t.Errorf("%+v", a)
	}
	r.renews(a.ID, demo.LongLife-time.Minute, "/api/me")
}

// renews checks that a call after some time goes with a new token.
func (r *rig) renews(accountID string, after time.Duration, target string) {
	r.t.Helper()
	r.clock.Pass(after)
	if status, got := r.through(accountID, "GET", target, "", ""); status != 200 || !strings.Contains(got, demo.Ada) {
		r.t.Errorf("%d %s", status, got)
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		a, err := r.Accounts.Get(r.t.Context(), r.scope, accountID, "")
		if err != nil {
			r.t.Fatal(err)
		}
		if a.LastRefreshedAt != nil && a.ExpiresAt.After(r.clock.Now()) {
			return
		}
		if time.Now().After(end) {
			r.t.Fatalf("the token was not renewed: %+v", a)
		}
	}
}
