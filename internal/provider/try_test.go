package provider_test

import (
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/provider"
)

// What a sign-in page answers is read as far as it says something, in the ways
// in which providers say it.
func TestTryAuthorize(t *testing.T) {
	t.Parallel()
	const back = "https://patchbay.test/connect/oauth/oa_1/callback"
	google := base64.RawURLEncoding.EncodeToString([]byte("\n\x15redirect_uri_mismatch\x12\x8c"))
	tests := map[string]struct {
		status         int
		location, page string
		want           provider.Verdict
		code           string
	}{
		"a page":                              {200, "", "<h1>Sign in</h1>", provider.Good, ""},
		"to the sign-in page":                 {302, "/login?continue=" + url.QueryEscape("/authorize?client_id=x&redirect_uri="+back), "", provider.Good, ""},
		"back, for nobody is signed in":       {302, back + "?error=login_required&state=s", "", provider.Good, "login_required"},
		"back, for the scopes":                {302, back + "?error=invalid_scope", "", provider.WrongScopes, "invalid_scope"},
		"back, for the client":                {303, back + "?error=unauthorized_client", "", provider.WrongClient, "unauthorized_client"},
		"back, for a reason of its own":       {302, back + "?error=maintenance", "", provider.Unknown, "maintenance"},
		"to a page of errors":                 {302, "/error?code=invalid_client", "", provider.WrongClient, "invalid_client"},
		"to a page of errors, in base64":      {302, "https://accounts.example/error?authError=" + google, "", provider.WrongRedirect, "redirect_uri_mismatch"},
		"a page with a code":                  {200, "", `{"error":"bad_redirect_uri"}`, provider.WrongRedirect, "bad_redirect_uri"},
		"an error in words, of the address":   {400, "", "The redirect URI is not registered.", provider.WrongRedirect, ""},
		"an error in words, of the client":    {400, "", "Unknown client ID", provider.WrongClient, ""},
		"an error that says nothing":          {403, "", "Forbidden", provider.Unknown, ""},
		"an outage that speaks of the client": {503, "", "client_id", provider.Unknown, ""},
		"a redirect to nowhere":               {302, "", "", provider.Unknown, ""},
		"a code that is an attack":            {302, back + "?error=" + url.QueryEscape("<script>s3cret"), "", provider.Unknown, ""},
		"a code that is the secret":           {302, back + "?error=s3cret", "", provider.Unknown, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			followed := false
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				followed = followed || r.URL.Path != "/authorize"
				if tt.location != "" {
					w.Header().Set("Location", tt.location)
				}
				w.WriteHeader(tt.status)
				_, _ = io.WriteString(w, tt.page)
			}))
			defer srv.Close()
			client := srv.Client()
			client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
			c := &provider.Connection{
				App:    &catalog.App{},
				Auth:   &catalog.Auth{Type: catalog.OAuth2, Authorize: catalog.Authorize{URL: srv.URL + "/authorize"}},
				Client: provider.OAuthClient{ID: "id", Secret: "s3cret"},
			}
			got, err := (&provider.Client{HTTP: client, Now: time.Now}).TryAuthorize(t.Context(), c, provider.Authorization{RedirectURI: back, State: "s"})
			if err != nil || got.Verdict != tt.want || got.Code != tt.code || got.Status != tt.status || followed || strings.Contains(got.Code, "s3cret") {
				t.Errorf("%+v, %v; want %s with the code %q", got, err, tt.want, tt.code)
			}
		})
	}
}
