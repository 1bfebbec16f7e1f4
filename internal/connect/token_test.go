package connect_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/access"
	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/connect"
	"github.com/patchbay-dev/patchbay/internal/egress"
	"github.com/patchbay-dev/patchbay/internal/fault"
)

// What a token may not hold is refused when it is made.
func TestCreateTokenRefuses(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	origin := func(o ...string) func(*connect.TokenInput) {
		return func(in *connect.TokenInput) { in.AllowedOrigins = o }
	}
	redirect := func(u string) func(*connect.TokenInput) {
		return func(in *connect.TokenInput) { in.SuccessRedirectURI = &u }
	}
	bad := fault.New(fault.Invalid, "redirect_uri", "")
	tests := map[string]struct {
		change func(*connect.TokenInput)
		want   error
	}{
		"an origin with a path":               {origin("https://a.test/path"), connect.ErrOrigin},
		"an origin with a query":              {origin("https://a.test?x=1"), connect.ErrOrigin},
		"an origin of any host":               {origin("https://*.a.test"), connect.ErrOrigin},
		"an origin with a user":               {origin("https://u:p@a.test"), connect.ErrOrigin},
		"an origin without a scheme":          {origin("a.test"), connect.ErrOrigin},
		"an origin of another scheme":         {origin("ftp://a.test"), connect.ErrOrigin},
		"the null origin":                     {origin("null"), connect.ErrOrigin},
		"a second directive in an origin":     {origin("https://a.test; script-src *"), connect.ErrOrigin},
		"a good origin and a bad one":         {origin("https://a.test", "x"), connect.ErrOrigin},
		"a script to be sent to":              {redirect("javascript:alert(1)"), bad},
		"a script in other letters":           {redirect("JavaScript:alert(1)"), bad},
		"a script behind a space":             {redirect(" javascript:alert(1)"), bad},
		"a script behind a tab":               {redirect("java\tscript:alert(1)"), bad},
		"a document of data":                  {redirect("data:text/html,x"), bad},
		"a file":                              {redirect("file:///etc/passwd"), bad},
		"a path":                              {redirect("/done"), bad},
		"a scheme alone is no place":          {redirect("//a.test/x"), bad},
		"the other redirect is checked too":   {func(in *connect.TokenInput) { u := "vbscript:x"; in.ErrorRedirectURI = &u }, bad},
		"a webhook to a private address":      {func(in *connect.TokenInput) { u := "http://10.0.0.1/"; in.WebhookURI = &u }, egress.ErrBlocked},
		"a scope beyond connecting":           {func(in *connect.TokenInput) { in.Scope = "workflows:write" }, access.ErrInvalidScope},
		"every scope":                         {func(in *connect.TokenInput) { in.Scope = "*" }, access.ErrInvalidScope},
		"an app that is not in the catalogue": {func(in *connect.TokenInput) { a := "zzz"; in.App = &a }, catalog.ErrNotFound},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := connect.TokenInput{ExternalUserID: "refused"}
			tt.change(&in)
			if raw, _, err := r.CreateToken(t.Context(), r.scope, in); !errors.Is(err, tt.want) || raw != "" {
				t.Fatalf("CreateToken() = %q, %v, want %v", raw, err, tt.want)
			}
		})
	}
}

// A token is kept as a hash, lives as long as asked and four hours at most, and
// carries what it was made with.
func TestCreateToken(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	lives := map[string]struct{ asked, want time.Duration }{
		"none asked for":    {0, connect.MaxLife},
		"a shorter one":     {time.Minute, time.Minute},
		"one that is over":  {-time.Minute, connect.MaxLife},
		"longer than a day": {25 * time.Hour, connect.MaxLife},
	}
	for name, tt := range lives {
		_, tok, err := r.CreateToken(t.Context(), r.scope, connect.TokenInput{ExternalUserID: "user-1", ExpiresIn: tt.asked})
		if err != nil || tok.ExpiresAt.Sub(r.clock.Now()) != tt.want {
			t.Errorf("%s: lives %v, want %v, %v", name, tok.ExpiresAt.Sub(r.clock.Now()), tt.want, err)
		}
	}
	app, mobile := "acme_crm", "myapp://done"
	a, _ := r.Catalog.App(t.Context(), r.scope.Project(), app)
	raw, tok, err := r.CreateToken(t.Context(), r.scope, connect.TokenInput{
		ExternalUserID: "user-2", AllowedOrigins: []string{"https://App.Example.com/", "http://localhost:3000"},
		Scope: "connect:accounts:write connect:accounts:read connect:accounts:read", App: &a.ID, SuccessRedirectURI: &mobile,
	})
	if err != nil || !strings.HasPrefix(raw, "ctok_") || len(raw) != len("ctok_")+32 {
		t.Fatal(raw, err)
	}
	b, err := r.Check(t.Context(), raw)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"https://app.example.com", "http://localhost:3000"}, b.AllowedOrigins); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"connect:accounts:read", "connect:accounts:write"}, b.Scopes); diff != "" {
		t.Error(diff)
	}
	if b.ExternalUserID != "user-2" || *b.App != app || *b.SuccessRedirectURI != mobile || b.Scope != r.scope || b.ID != tok.ID || b.Project.ID != r.scope.Project() {
		t.Errorf("%+v", b)
	}
	var row string
	err = r.DB.In(t.Context(), r.scope, func(tx *gorm.DB) error {
		return tx.Raw("SELECT string_agg(connect_tokens::text, ' ') FROM connect_tokens").Scan(&row).Error
	})
	if err != nil || row == "" || strings.Contains(row, raw) || strings.Contains(row, strings.TrimPrefix(raw, "ctok_")) {
		t.Errorf("the token lies in the database: %s, %v", row, err)
	}
}

// A token that connects no more is still good for calls until it expires; one
// that is unknown is good for nothing.
func TestTokenStates(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	used := r.token()
	r.connected(connect.Begin{Token: used})
	short := r.token(func(in *connect.TokenInput) { in.ExpiresIn = time.Minute })
	fresh := r.token()
	r.clock.Pass(time.Minute)
	tests := map[string]struct {
		raw              string
		check, authentic error
	}{
		"fresh":            {fresh, nil, nil},
		"used":             {used, connect.ErrLinkExpired, nil},
		"expired":          {short, connect.ErrLinkExpired, connect.ErrToken},
		"unknown":          {"ctok_00000000000000000000000000000000", connect.ErrToken, connect.ErrToken},
		"empty":            {"", connect.ErrToken, connect.ErrToken},
		"in other letters": {strings.ToUpper(fresh), connect.ErrToken, connect.ErrToken},
	}
	for name, tt := range tests {
		if _, err := r.Check(t.Context(), tt.raw); !errors.Is(err, tt.check) {
			t.Errorf("%s: Check() = %v, want %v", name, err, tt.check)
		}
		if _, err := r.Authenticate(t.Context(), tt.raw); !errors.Is(err, tt.authentic) {
			t.Errorf("%s: Authenticate() = %v, want %v", name, err, tt.authentic)
		}
		_, _, err := r.Start(t.Context(), connect.Begin{Token: tt.raw, App: "acme_crm", Browser: browser})
		if !errors.Is(err, tt.check) {
			t.Errorf("%s: Start() = %v, want %v", name, err, tt.check)
		}
	}
}

// A token for one app connects no other, and begins with its own when none is named.
func TestTokenForOneApp(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	app := "acme_crm"
	raw := r.token(func(in *connect.TokenInput) { in.App = &app })
	if _, _, err := r.Start(t.Context(), connect.Begin{Token: raw, App: "acme_crm_key", Browser: browser}); !errors.Is(err, connect.ErrOtherApp) {
		t.Fatal(err)
	}
	if _, err := r.ConnectKeys(t.Context(), raw, connect.Keys{App: "acme_crm_key", Fields: map[string]string{"api_key": "acme_x"}}); !errors.Is(err, connect.ErrOtherApp) {
		t.Fatal(err)
	}
	b, err := r.Check(t.Context(), raw)
	if err != nil {
		t.Fatal(err)
	}
	if _, a, err := r.Chosen(t.Context(), b, connect.Choice{}); err != nil || a.Slug != app {
		t.Fatal(a, err)
	}
	if slices.Contains(r.told(), "CONNECTION_ERROR") {
		t.Error("a refusal to begin is no outcome")
	}
}
