package app_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

// The token endpoint takes JSON and forms, with what older clients add, and
// always says how long a token lives: a client that is not told asks before
// every call.
func TestTokenEndpoint(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	full := url.Values{"grant_type": {"client_credentials"}, "client_id": {w.client}, "client_secret": {w.key}}
	more := func(pairs ...string) url.Values {
		v := url.Values{}
		for k := range full {
			v.Set(k, full.Get(k))
		}
		for i := 0; i < len(pairs); i += 2 {
			v.Set(pairs[i], pairs[i+1])
		}
		return v
	}
	tests := map[string]struct {
		in            url.Values
		status        int
		failure, has  string // the code of the failure, or the scopes of the token
		formOnly      bool
		jsonOnly      string // extra JSON
		contentSuffix string
	}{
		"an id and its secret":            {in: full, status: 200, has: "*"},
		"what older clients add":          {in: more("project_id", w.project, "environment", "development", "scope", ""), status: 200, has: "*"},
		"a narrower scope":                {in: more("scope", "runs:read connect:accounts:read"), status: 200, has: "connect:accounts:read runs:read"},
		"the same scope twice":            {in: more("scope", "runs:read runs:read"), status: 200, has: "runs:read"},
		"a charset":                       {in: full, status: 200, has: "*", contentSuffix: "; charset=utf-8"},
		"null for the scope":              {in: full, status: 200, has: "*", jsonOnly: `,"scope":null`},
		"a scope of nobody":               {in: more("scope", "runs:fly"), status: 400, failure: "invalid_scope"},
		"a wrong secret":                  {in: more("client_secret", "pbs_wrong"), status: 401, failure: "invalid_client"},
		"a client of nobody":              {in: more("client_id", "cli_"+strings.Repeat("0", 26)), status: 401, failure: "invalid_client"},
		"the secret of another workspace": {in: more("client_secret", g.stranger().key), status: 401, failure: "invalid_client"},
		"another grant":                   {in: more("grant_type", "password"), status: 400, failure: "unsupported_grant_type"},
		"no grant":                        {in: more("grant_type", ""), status: 400, failure: "unsupported_grant_type"},
		"no secret":                       {in: url.Values{"grant_type": {"client_credentials"}, "client_id": {w.client}}, status: 400, failure: "invalid_request"},
		"nothing":                         {in: url.Values{}, status: 400, failure: "invalid_request"},
	}
	for name, tt := range tests {
		ask := map[string]func(t *testing.T) reply{
			"JSON": func(t *testing.T) reply {
				t.Helper()
				flat := map[string]string{}
				for k := range tt.in {
					flat[k] = tt.in.Get(k)
				}
				b, _ := json.Marshal(flat)
				body := strings.TrimSuffix(string(b), "}") + tt.jsonOnly + "}"
				return g.do(t, http.MethodPost, "/v1/oauth/token", body, "Content-Type", "application/json"+tt.contentSuffix)
			},
			"form": func(t *testing.T) reply {
				t.Helper()
				return g.do(t, http.MethodPost, "/v1/oauth/token", tt.in.Encode()+"&", "Content-Type", "application/x-www-form-urlencoded"+tt.contentSuffix)
			},
		}
		for kind, ask := range ask {
			t.Run(name+"/"+kind, func(t *testing.T) {
				t.Parallel()
				r := ask(t).is(t, tt.status)
				if cache := r.Header.Get("Cache-Control"); cache != "no-store" {
					t.Errorf("Cache-Control = %q", cache)
				}
				if tt.failure != "" {
					if r.text(t, "error") != tt.failure || r.text(t, "error_description") == "" {
						t.Errorf("want the error %s with a description\n%s", tt.failure, r.Body)
					}
					return
				}
				if r.at(t, "expires_in") != float64(3600) || r.at(t, "token_type") != "Bearer" || r.at(t, "scope") != tt.has {
					t.Errorf("want a Bearer of 3600 s for %s\n%s", tt.has, r.Body)
				}
				if r := g.do(t, http.MethodGet, "/v1/projects/"+w.project+"/runs", "", "Authorization", "Bearer "+r.text(t, "access_token"), "X-Pd-Environment", "production"); r.Status != 200 {
					t.Errorf("the token does not open what it should: %s", r.Body)
				}
			})
		}
	}
}

// A client cannot give itself more: not by asking for a wider scope, nor by
// making another client.
func TestScopesOnlyNarrow(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	r := g.home.call(t, http.MethodPost, "/v1/clients", `{"name":"small","scopes":["clients:write","connect:accounts:read"]}`).is(t, http.StatusCreated)
	ask := func(scope string) reply {
		b, _ := json.Marshal(map[string]string{"grant_type": "client_credentials", "client_id": r.text(t, "id"), "client_secret": r.text(t, "secret"), "scope": scope})
		return g.do(t, http.MethodPost, "/v1/oauth/token", string(b))
	}
	for _, wider := range []string{"*", "connect:*", "connect:accounts:write", "connect:accounts:read runs:read"} {
		if got := ask(wider).is(t, http.StatusBadRequest).text(t, "error"); got != "invalid_scope" {
			t.Errorf("scope %s: error %s", wider, got)
		}
	}
	small := ask("").is(t, http.StatusOK)
	if small.text(t, "scope") != "clients:write connect:accounts:read" {
		t.Errorf("without a scope it gets %s", small.text(t, "scope"))
	}
	auth := []string{"Authorization", "Bearer " + small.text(t, "access_token")}
	g.do(t, http.MethodPost, "/v1/clients", `{"name":"big","scopes":["*"]}`, auth...).refused(t, http.StatusBadRequest, "invalid_scope")
	again := g.do(t, http.MethodPost, "/v1/clients", `{"name":"same"}`, auth...).is(t, http.StatusCreated)
	if got := again.at(t, "scopes"); !slices.Equal(got.([]any), []any{"clients:write", "connect:accounts:read"}) {
		t.Errorf("a client made by a small one has the scopes %v", got)
	}
}

// Clients ask for several tokens at once when they start. All stay valid, and
// each verifies with nothing but the public keys.
func TestParallelTokensAndJWKS(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	body := `{"grant_type":"client_credentials","client_id":"` + g.home.client + `","client_secret":"` + g.home.key + `"}`
	tokens := make([]string, 3)
	var wg sync.WaitGroup
	for i := range tokens {
		wg.Go(func() { tokens[i] = g.do(t, http.MethodPost, "/v1/oauth/token", body).text(t, "access_token") })
	}
	wg.Wait()
	jwks := g.do(t, http.MethodGet, "/.well-known/jwks.json", "").is(t, http.StatusOK)
	ids := map[string]bool{}
	for _, raw := range tokens {
		g.do(t, http.MethodGet, "/v1/clients", "", "Authorization", "Bearer "+raw).is(t, http.StatusOK)
		parsed, err := jwt.Parse(raw, func(tok *jwt.Token) (any, error) {
			for _, k := range jwks.at(t, "keys").([]any) {
				key := k.(map[string]any)
				if key["kid"] == tok.Header["kid"] && key["kty"] == "OKP" && key["crv"] == "Ed25519" {
					x, err := base64.RawURLEncoding.DecodeString(key["x"].(string))
					return ed25519.PublicKey(x), err
				}
			}
			return nil, jwt.ErrTokenUnverifiable
		}, jwt.WithValidMethods([]string{"EdDSA"}), jwt.WithIssuer(g.api), jwt.WithExpirationRequired(), jwt.WithAudience("api"))
		if err != nil {
			t.Fatal(err)
		}
		claims := parsed.Claims.(jwt.MapClaims)
		ids[claims["jti"].(string)] = true
		if claims["token_type"] != "oauth_access_token" || claims["workspace"] != g.home.id || claims["sub"] != g.home.client {
			t.Errorf("claims %v", claims)
		}
	}
	if len(ids) != len(tokens) {
		t.Errorf("%d tokens share their ids", len(tokens))
	}
	for key := range jwks.at(t, "keys", 0).(map[string]any) {
		if key == "d" {
			t.Error("the private key is shown")
		}
	}
}

// A token that was changed, or signed by somebody else, is no token; nor is
// that of a client that was deleted since.
func TestForgedAndOrphanedTokens(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	clients := func(raw string) reply {
		return g.do(t, http.MethodGet, "/v1/clients", "", "Authorization", "Bearer "+raw)
	}
	parts := strings.Split(w.token, ".")
	claims, _ := base64.RawURLEncoding.DecodeString(parts[1])
	other := strings.Replace(string(claims), w.id, g.stranger().id, 1)
	if other == string(claims) {
		t.Fatal("nothing was changed")
	}
	_, stolen, _ := ed25519.GenerateKey(nil)
	same := jwt.MapClaims{}
	if err := json.Unmarshal(claims, &same); err != nil {
		t.Fatal(err)
	}
	alien := jwt.NewWithClaims(jwt.SigningMethodEdDSA, same)
	head, _ := base64.RawURLEncoding.DecodeString(parts[0])
	if err := json.Unmarshal(head, &alien.Header); err != nil {
		t.Fatal(err)
	}
	signed, err := alien.SignedString(stolen)
	if err != nil {
		t.Fatal(err)
	}
	for name, raw := range map[string]string{
		"changed claims":       parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(other)) + "." + parts[2],
		"no signature":         parts[0] + "." + parts[1] + ".",
		"the algorithm none":   base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + parts[1] + ".",
		"another's signature":  signed,
		"half of it":           w.token[:len(w.token)/2],
		"nothing":              "",
		"the client's secret":  w.key,
		"a token in a token":   "Bearer " + w.token,
		"a session of nobody":  "pbs_" + strings.Repeat("0", 64),
		"what is no UTF-8 yet": "\xff\xfe",
	} {
		if r := clients(raw); r.Status != http.StatusUnauthorized {
			t.Errorf("%s: status %d %s", name, r.Status, r.Body)
		}
	}
	made := w.call(t, http.MethodPost, "/v1/clients", `{"name":"short-lived"}`).is(t, http.StatusCreated)
	raw, _, err := g.Access.Issue(t.Context(), made.text(t, "id"), made.text(t, "secret"), "", "")
	if err != nil {
		t.Fatal(err)
	}
	clients(raw).is(t, http.StatusOK)
	w.call(t, http.MethodDelete, "/v1/clients/"+made.text(t, "id"), "").is(t, http.StatusNoContent)
	clients(raw).is(t, http.StatusUnauthorized)
}
