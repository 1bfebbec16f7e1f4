package demo

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// identity lists what a client may learn of who signs in, by OpenID Connect, in
// the words a person reads. It opens no record.
var identity = []struct{ Name, Words string }{
	{"openid", "Know that it is you"},
	{"profile", "See your name"},
	{"email", "See your e-mail"},
	{"groups", "See which groups you are in"},
}

const identityLife = 5 * time.Minute

// signingKey is made when it is first needed: most servers of tests sign nothing.
type signingKey struct {
	once sync.Once
	key  *ecdsa.PrivateKey
}

func (k *signingKey) get() *ecdsa.PrivateKey {
	k.once.Do(func() {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			panic(err) // crypto/rand never fails
		}
		k.key = key
	})
	return k.key
}

const keyID = "acme-1"

// The client by which a developer's Patchbay signs people in at Acme CRM. It is
// printed on a public page, and opens nothing but this pretend product.
const (
	SignOnClient = "patchbay-console"
	SignOnSecret = "acme_demo_sign_on" //nolint:gosec // public, as is said above
)

func identityScopes() []string {
	names := make([]string, len(identity))
	for i, s := range identity {
		names[i] = s.Name
	}
	return names
}

// SetGroups says which groups a person is in.
func (s *Server) SetGroups(userID string, groups ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.account(userID); a != nil {
		a.groups = slices.Clone(groups)
	}
}

// SetEmail gives a person another e-mail, as its directory has it.
func (s *Server) SetEmail(userID, email string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.account(userID); a != nil {
		a.Email = email
	}
}

func (s *Server) discovery(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	base := s.base
	s.mu.Unlock()
	writeJSON(w, http.StatusOK, map[string]any{
		"issuer":                                         base,
		"authorization_endpoint":                         base + "/oauth/authorize",
		"token_endpoint":                                 base + "/oauth/token",
		"userinfo_endpoint":                              base + "/oauth/userinfo",
		"jwks_uri":                                       base + "/oauth/jwks",
		"scopes_supported":                               append(identityScopes(), allScopes()...),
		"response_types_supported":                       []string{"code"},
		"grant_types_supported":                          []string{"authorization_code", "refresh_token"},
		"subject_types_supported":                        []string{"public"},
		"id_token_signing_alg_values_supported":          []string{"ES256"},
		"token_endpoint_auth_methods_supported":          []string{"client_secret_basic", "client_secret_post"},
		"claims_supported":                               []string{"sub", "name", "email", "email_verified", "groups"},
		"code_challenge_methods_supported":               []string{"S256"},
		"authorization_response_iss_parameter_supported": true,
	})
}

func (s *Server) jwks(w http.ResponseWriter, _ *http.Request) {
	public, err := s.idKey.get().PublicKey.Bytes() // 4, X, Y
	if err != nil {
		writeOAuthError(w, err)
		return
	}
	part := func(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
	writeJSON(w, http.StatusOK, map[string]any{"keys": []any{map[string]string{
		"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": keyID, "x": part(public[1:33]), "y": part(public[33:65]),
	}}})
}

// claims are what a client with the scopes learns of a person.
func claims(a *account, scopes []string) jwt.MapClaims {
	c := jwt.MapClaims{"sub": a.ID}
	if slices.Contains(scopes, "profile") {
		c["name"] = a.Name
	}
	if slices.Contains(scopes, "email") {
		c["email"], c["email_verified"] = a.Email, true
	}
	if slices.Contains(scopes, "groups") {
		c["groups"] = append([]string{}, a.groups...)
	}
	return c
}

// identify returns an ID token (OpenID Connect Core, 2), or what the faults put
// in its place. The caller holds mu.
func (s *Server) identify(c *code, f Faults, now time.Time) (string, error) {
	m := claims(c.account, c.scopes)
	m["iss"], m["aud"], m["iat"], m["exp"] = s.base, c.client.ID, now.Unix(), now.Add(identityLife).Unix()
	if c.nonce != "" {
		m["nonce"] = c.nonce
	}
	var method jwt.SigningMethod = jwt.SigningMethodES256
	var key any = s.idKey.get()
	switch f.IDToken {
	case "nonce":
		m["nonce"] = "another"
	case "issuer":
		m["iss"] = s.base + ".evil.test"
	case "audience":
		m["aud"] = "another-client"
	case "expired":
		m["iat"], m["exp"] = now.Add(-2*time.Hour).Unix(), now.Add(-time.Hour).Unix()
	case "unverified":
		m["email_verified"] = false
	case "unsaid":
		delete(m, "email_verified")
	case "bare": // all but the subject is told by the userinfo endpoint alone
		delete(m, "email")
		delete(m, "email_verified")
	case "none":
		method, key = jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType
	case "hs256": // signed with what is no key of a provider
		method, key = jwt.SigningMethodHS256, []byte(c.client.Secret)
	case "key":
		other := &signingKey{}
		key = other.get()
	}
	t := jwt.NewWithClaims(method, m)
	t.Header["kid"] = keyID
	raw, err := t.SignedString(key)
	if err != nil {
		return "", fmt.Errorf("sign id token: %w", err)
	}
	if f.IDToken == "absent" {
		return "", nil
	}
	return raw, nil
}

func (s *Server) userinfo(w http.ResponseWriter, r *http.Request) {
	raw, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	s.mu.Lock()
	t, ok := s.access.get(raw)
	ok = ok && t.valid(s.now()) && slices.Contains(t.scopes, "openid")
	var told jwt.MapClaims
	if ok {
		told = claims(t.account, t.scopes)
		if s.faults.IDToken == "stranger" {
			told["sub"] = "usr_other"
		}
	}
	s.mu.Unlock()
	if !ok {
		writeOAuthError(w, &oauthError{http.StatusUnauthorized, "invalid_token", "the access token is unknown, or was not given for openid"})
		return
	}
	writeJSON(w, http.StatusOK, told)
}
