package provider_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/provider"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

const key = "sk_live_0123456789abcdef"

// What an app says of a credential that it refuses is passed on, and nothing of
// the credential with it, however the app repeats it.
func TestRefusedTestTellsNoSecret(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ answer, want string }{
		"a sentence":         {`{"message":"The key is revoked."}`, "The key is revoked."},
		"the key itself":     {`{"error":{"message":"Unknown key ` + key + `."}}`, "Unknown key ***."},
		"its end":            {`{"error":"no such key: …456789abcdef"}`, "no such key: …***"},
		"the key in base64":  {`{"error":"c2tfbGl2ZV8wMTIzNDU2Nzg5YWJjZGVm"}`, "***"},
		"control characters": {`{"error":"one\u0000\ntwo\u001b[31m"}`, "one two [31m"},
		"a page":             {`<html>` + key + `</html>`, ""},
		"a long text":        {`{"error":"` + strings.Repeat("x", 300) + `"}`, strings.Repeat("x", 200) + "…"},
		"nothing":            {``, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusForbidden)
				_, _ = w.Write([]byte(tt.answer))
			}))
			t.Cleanup(srv.Close)
			apps, err := catalog.Load("https://patchbay.test", srv.URL)
			if err != nil {
				t.Fatal(err)
			}
			app, err := apps.Get("acme_crm_key")
			if err != nil {
				t.Fatal(err)
			}
			p := &provider.Client{HTTP: testkit.Guard().Client(5*time.Second, 4), Now: time.Now}
			_, err = p.Identify(t.Context(), &provider.Connection{App: app, Auth: &app.Auth[0], Inputs: map[string]string{"api_key": key}})
			f, ok := errors.AsType[*fault.Error](err)
			if !ok || !errors.Is(err, provider.ErrTest) || f.Details["upstream_status"] != 403 {
				t.Fatalf("%v", err)
			}
			if got, _ := f.Details["upstream_excerpt"].(string); got != tt.want {
				t.Errorf("it shows %q, want %q", got, tt.want)
			}
		})
	}
}

// A credential is ended as the app's file says. What the provider no longer
// knows has ended; what it refuses or does not answer has not.
func TestRevoke(t *testing.T) {
	t.Parallel()
	form := catalog.Endpoint{ClientAuth: "basic", Params: map[string]string{"token": "{{ token.main.refresh }}", "token_type_hint": "refresh_token"}}
	bearer := catalog.Endpoint{Method: http.MethodDelete, ClientAuth: "none", Auth: "token.main"}
	both := map[string]string{"main.access": "at", "main.refresh": "rt"}
	tests := map[string]struct {
		endpoint catalog.Endpoint
		success  catalog.Success
		tokens   map[string]string
		status   int
		answer   string
		asked    string // method, authorization and body
		want     provider.Class
	}{
		"by form":                          {form, catalog.Success{}, both, 200, ``, "POST Basic token=rt&token_type_hint=refresh_token", ""},
		"the access token where it is all": {form, catalog.Success{}, map[string]string{"main.access": "at"}, 200, ``, "POST Basic token=at", ""},
		"by bearer":                        {bearer, catalog.Success{}, both, 204, ``, "DELETE Bearer ", ""},
		"with a page":                      {form, catalog.Success{}, both, 200, `<html>`, "POST Basic token=rt&token_type_hint=refresh_token", ""},
		"what is gone":                     {form, catalog.Success{}, both, 400, `{"error":"invalid_token"}`, "POST Basic token=rt&token_type_hint=refresh_token", ""},
		"an error with a good status":      {form, catalog.Success{JSON: "/ok", Equals: true}, both, 200, `{"ok":false,"error":"internal_error"}`, "POST Basic token=rt&token_type_hint=refresh_token", provider.Malformed},
		"another such":                     {form, catalog.Success{NotJSON: "/error"}, both, 200, `{"error":"invalid_client"}`, "POST Basic token=rt&token_type_hint=refresh_token", provider.ClientConfig},
		"too often":                        {form, catalog.Success{}, both, 429, ``, "POST Basic token=rt&token_type_hint=refresh_token", provider.Throttled},
		"an outage":                        {form, catalog.Success{}, both, 502, `oops`, "POST Basic token=rt&token_type_hint=refresh_token", provider.Ambiguous},
		"a wrong client":                   {form, catalog.Success{}, both, 401, `{"error":"invalid_client"}`, "POST Basic token=rt&token_type_hint=refresh_token", provider.ClientConfig},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := ""
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				kind, _, _ := strings.Cut(r.Header.Get("Authorization"), " ")
				_ = r.ParseForm()
				asked = r.Method + " " + kind + " " + r.PostForm.Encode()
				w.WriteHeader(tt.status)
				_, _ = w.Write([]byte(tt.answer))
			}))
			t.Cleanup(srv.Close)
			tt.endpoint.URL = srv.URL
			p := &provider.Client{HTTP: testkit.Guard().Client(5*time.Second, 4), Now: time.Now}
			err := p.Revoke(t.Context(), &provider.Connection{
				App: &catalog.App{}, Auth: &catalog.Auth{Type: catalog.OAuth2, Revoke: tt.endpoint, Success: tt.success}, Tokens: tt.tokens,
				Client: provider.OAuthClient{ID: "id", Secret: "s"},
			})
			if provider.ClassOf(err) != tt.want || (err == nil) != (tt.want == "") || asked != tt.asked {
				t.Errorf("asked %q and got %v, want %q and class %q", asked, err, tt.asked, tt.want)
			}
		})
	}
	p := &provider.Client{HTTP: testkit.Guard().Client(time.Second, 4), Now: time.Now}
	for name, auth := range map[string]*catalog.Auth{"no way": {}, "no such token": {Revoke: catalog.Endpoint{URL: "http://127.0.0.1:9/", Params: map[string]string{"refresh_token": "{{ token.main.refresh }}"}}}} {
		if err := p.Revoke(t.Context(), &provider.Connection{App: &catalog.App{}, Auth: auth, Tokens: map[string]string{"main.access": "at"}}); !errors.Is(err, provider.ErrNoRevoke) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
