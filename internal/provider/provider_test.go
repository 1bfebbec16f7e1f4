package provider_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/provider"
)

var now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// at is a provider that answers everything in one way, and remembers what it was asked.
type at struct {
	status       int
	kind, answer string
	asked        *http.Request
	body         string
}

func (a *at) RoundTrip(r *http.Request) (*http.Response, error) {
	a.asked = r
	if r.Body != nil {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		a.body = string(b)
	}
	w := httptest.NewRecorder()
	w.Header().Set("Content-Type", a.kind)
	w.WriteHeader(a.status)
	_, err := w.WriteString(a.answer)
	return w.Result(), err
}

func client(a *at) *provider.Client {
	return &provider.Client{HTTP: &http.Client{Transport: a}, Now: func() time.Time { return now }}
}

func conn(auth catalog.Auth) *provider.Connection {
	auth.ID = "oauth"
	if auth.Type == "" {
		auth.Type = catalog.OAuth2
	}
	if auth.Token.URL == "" {
		auth.Token.URL = "https://example.com/token"
	}
	app := &catalog.App{
		Slug:   "example",
		Hosts:  catalog.Hosts{Variants: map[string]map[string]string{"production": {"api": "https://api.example.com"}}},
		Vars:   map[string]catalog.Var{"instance": {From: "token", Kind: "url", HostSuffixAny: []string{".example.com"}}},
		Inject: map[string]catalog.Inject{"oauth": {In: "header", Name: "Authorization", Value: "Bearer {{ token.main.access }}"}},
	}
	return &provider.Connection{App: app, Auth: &auth, Client: provider.OAuthClient{ID: "id", Secret: "s/cret"}, Tokens: map[string]string{"main.refresh": "r1"}}
}

// However a provider words a lifetime, it is read, or held to be not told.
func TestLifetimes(t *testing.T) {
	t.Parallel()
	in := func(d time.Duration) *time.Time { at := now.Add(d); return &at }
	s := catalog.Expires{Path: "/expires_in", As: "in", Unit: "s"}
	tests := map[string]struct {
		expires catalog.Expires
		answer  string
		want    *time.Time
	}{
		"a number":              {s, `3600`, in(time.Hour)},
		"a text":                {s, `"600"`, in(10 * time.Minute)},
		"a float":               {s, `3600.0`, in(time.Hour)},
		"a float in a text":     {s, `"59.5"`, in(59500 * time.Millisecond)},
		"nothing":               {s, `null`, nil},
		"no life at all":        {s, `0`, nil},
		"a moment for a length": {s, `1795262400`, in(0)},
		"the same in ms":        {s, `1795262400000`, in(0)},
		"nonsense":              {s, `"soon"`, nil},
		"less than nothing":     {s, `-1`, nil},
		"milliseconds":          {catalog.Expires{Path: "/expires_in", As: "in", Unit: "ms"}, `60000`, in(time.Minute)},
		"a moment":              {catalog.Expires{Path: "/expires_in", As: "at", Unit: "s"}, `1795262400`, in(0)},
		"a moment in ms":        {catalog.Expires{Path: "/expires_in", As: "at", Unit: "ms"}, `1795262400000`, in(0)},
		"a moment, ISO":         {catalog.Expires{Path: "/expires_in", As: "at", Unit: "iso8601"}, `"2026-11-21T13:00:00Z"`, in(time.Hour)},
		"a moment, without TZ":  {catalog.Expires{Path: "/expires_in", As: "at", Unit: "iso8601"}, `"2026-11-21T13:00:00"`, in(time.Hour)},
		"a moment, not a date":  {catalog.Expires{Path: "/expires_in", As: "at", Unit: "iso8601"}, `"tomorrow"`, nil},
		"the place is not told": {catalog.Expires{}, `3600`, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := client(&at{200, "application/json", `{"access_token":"a","expires_in":` + tt.answer + `}`, nil, ""})
			auth := catalog.Auth{Tokens: map[string]catalog.Tokens{"main": {Map: map[string]string{"access": "/access_token"}, Expires: tt.expires}}}
			g, err := p.Refresh(t.Context(), conn(auth), "main")
			if err != nil {
				t.Fatal(err)
			}
			var got *time.Time
			if at, ok := g.Expires["main"]; ok {
				got = &at
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Fatal(diff)
			}
		})
	}
}

// What an answer means is told by the file first and the standard second. Only
// a provider that says so ends a connection.
func TestClasses(t *testing.T) {
	t.Parallel()
	slack := catalog.Auth{
		Success: catalog.Success{JSON: "/ok", Equals: true},
		Errors: []catalog.ErrorRule{
			{Match: catalog.Match{JSON: "/error", In: []any{"token_revoked", "account_inactive"}}, Class: "reauth"},
			{Match: catalog.Match{JSON: "/error", Equals: "invalid_grant", DescriptionHas: []string{"IP restricted"}}, Class: "blocked_by_policy"},
		},
	}
	github := catalog.Auth{Success: catalog.Success{NotJSON: "/error"}}
	tests := map[string]struct {
		auth   catalog.Auth
		status int
		answer string
		want   provider.Class
	}{
		"a token":                          {catalog.Auth{}, 200, `{"access_token":"a"}`, ""},
		"invalid_grant":                    {catalog.Auth{}, 400, `{"error":"invalid_grant"}`, provider.Reauth},
		"invalid_client":                   {catalog.Auth{}, 401, `{"error":"invalid_client"}`, provider.ClientConfig},
		"invalid_scope":                    {catalog.Auth{}, 400, `{"error":"invalid_scope"}`, provider.ScopeLost},
		"too many":                         {catalog.Auth{}, 429, `{}`, provider.Throttled},
		"too many, in HTML":                {catalog.Auth{}, 429, `<html>`, provider.Throttled},
		"it fell over":                     {catalog.Auth{}, 502, `<html>`, provider.Ambiguous},
		"busy, with 503":                   {catalog.Auth{}, 503, `{"error":"temporarily_unavailable"}`, provider.Transient},
		"busy, and says so":                {catalog.Auth{}, 400, `{"error":"temporarily_unavailable"}`, provider.Transient},
		"a good status with HTML":          {catalog.Auth{}, 200, `<html>welcome</html>`, provider.Malformed},
		"a good status without a token":    {catalog.Auth{}, 200, `{"hello":1}`, provider.Malformed},
		"a good status with an empty body": {catalog.Auth{}, 200, ``, provider.Malformed},
		"an error of no standard":          {catalog.Auth{}, 400, `{"error":{"message":"no"}}`, provider.Malformed},
		"an error inside 200":              {slack, 200, `{"ok":false,"error":"token_revoked"}`, provider.Reauth},
		"an unlisted error inside 200":     {slack, 200, `{"ok":false,"error":"ratelimited"}`, provider.Malformed},
		"by its description":               {slack, 400, `{"error":"invalid_grant","error_description":"ip restricted"}`, provider.BlockedByPolicy},
		"another description":              {slack, 400, `{"error":"invalid_grant","error_description":"expired"}`, provider.Reauth},
		"an error field inside 200":        {github, 200, `{"error":"bad_verification_code"}`, provider.Malformed},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g, err := client(&at{tt.status, "application/json", tt.answer, nil, ""}).Refresh(t.Context(), conn(tt.auth), "main")
			if got := provider.ClassOf(err); got != tt.want || (err == nil) != (tt.want == "") {
				t.Fatalf("class %q, %v; want %q", got, err, tt.want)
			}
			if err == nil && g.Tokens["main.access"] != "a" {
				t.Fatalf("grant = %+v", g)
			}
		})
	}
}

type broken struct{ err error }

func (b broken) RoundTrip(*http.Request) (*http.Response, error) { return nil, b.err }

// No answer is no verdict.
func TestUnanswered(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{"reset": errors.New("connection reset by peer"), "timeout": context.DeadlineExceeded} {
		p := &provider.Client{HTTP: &http.Client{Transport: broken{err}}, Now: func() time.Time { return now }}
		if _, err := p.Refresh(t.Context(), conn(catalog.Auth{}), "main"); provider.ClassOf(err) != provider.Ambiguous {
			t.Errorf("%s: class %q", name, provider.ClassOf(err))
		}
	}
	dead := &provider.Client{HTTP: http.DefaultClient, Now: func() time.Time { return now }}
	c := conn(catalog.Auth{Token: catalog.Endpoint{URL: "http://127.0.0.1:1/token"}})
	if _, err := dead.Refresh(t.Context(), c, "main"); provider.ClassOf(err) != provider.Transient {
		t.Errorf("refused connection: class %q", provider.ClassOf(err))
	}
}

// A token request has the form that the file asks for, and carries the secret once.
func TestTokenRequest(t *testing.T) {
	t.Parallel()
	ok := func() *at { return &at{200, "application/json", `{"access_token":"a"}`, nil, ""} }
	tests := map[string]struct {
		token catalog.Endpoint
		check func(a *at) bool
	}{
		"form, client in the body": {catalog.Endpoint{ClientAuth: "body"}, func(a *at) bool {
			v, err := url.ParseQuery(a.body)
			return err == nil && v.Get("client_secret") == "s/cret" && v.Get("refresh_token") == "r1" && a.asked.Header.Get("Authorization") == ""
		}},
		"form, client in the header": {catalog.Endpoint{ClientAuth: "basic"}, func(a *at) bool {
			id, secret, ok := a.asked.BasicAuth()
			return ok && id == "id" && secret == "s%2Fcret" && !strings.Contains(a.body, "cret")
		}},
		"JSON": {catalog.Endpoint{ClientAuth: "body", Encode: "json"}, func(a *at) bool {
			return a.asked.Header.Get("Content-Type") == "application/json" && strings.Contains(a.body, `"client_id":"id"`)
		}},
		"query": {catalog.Endpoint{ClientAuth: "body", Encode: "query"}, func(a *at) bool {
			return a.asked.URL.Query().Get("refresh_token") == "r1" && a.body == ""
		}},
		"params and headers of its own": {catalog.Endpoint{ClientAuth: "body", Params: map[string]string{"resource": "x", "who": "{{ client.id }}"}, Headers: map[string]string{"Accept": "application/x"}}, func(a *at) bool {
			return strings.Contains(a.body, "resource=x") && strings.Contains(a.body, "who=id") && a.asked.Header.Get("Accept") == "application/x"
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := ok()
			if _, err := client(a).Refresh(t.Context(), conn(catalog.Auth{Token: tt.token}), "main"); err != nil {
				t.Fatal(err)
			}
			if !tt.check(a) {
				t.Fatalf("%s %s %v %s", a.asked.Method, a.asked.URL, a.asked.Header, a.body)
			}
		})
	}
}

// An address that the provider names becomes a host only within its own domain.
func TestDerivedHosts(t *testing.T) {
	t.Parallel()
	auth := catalog.Auth{Derive: catalog.Derive{FromToken: map[string]string{"instance": "/instance_url"}}}
	answer := func(url string) *at {
		return &at{200, "application/json", `{"access_token":"a","instance_url":"` + url + `"}`, nil, ""}
	}
	g, err := client(answer("https://eu1.example.com")).Refresh(t.Context(), conn(auth), "main")
	if err != nil || g.Vars["instance"] != "https://eu1.example.com" {
		t.Fatal(g, err)
	}
	if _, err := client(answer("https://evil.test")).Refresh(t.Context(), conn(auth), "main"); provider.ClassOf(err) != provider.Malformed {
		t.Fatalf("a stranger's host: %v", err)
	}
}

func TestAuthorizeURL(t *testing.T) {
	t.Parallel()
	c := conn(catalog.Auth{
		PKCE: "S256", Authorize: catalog.Authorize{URL: "https://example.com/auth?x=1", Params: map[string]string{"access_type": "offline"}, Rename: map[string]string{"client_id": "client_key"}},
		Scopes: catalog.Scopes{Join: ",", Param: "user_scope"},
	})
	got, err := c.AuthorizeURL(provider.Authorization{RedirectURI: "https://p.test/cb", State: "st", Verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", Scopes: []string{"a", "b"}})
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(got)
	if err != nil {
		t.Fatal(err)
	}
	want := url.Values{
		"x": {"1"}, "access_type": {"offline"}, "client_key": {"id"}, "response_type": {"code"}, "redirect_uri": {"https://p.test/cb"}, "state": {"st"},
		"user_scope": {"a,b"}, "code_challenge_method": {"S256"}, "code_challenge": {"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}, // RFC 7636, appendix B
	}
	if diff := cmp.Diff(want, u.Query()); diff != "" {
		t.Fatal(diff)
	}
}
