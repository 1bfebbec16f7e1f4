package demo

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// grant is one person's yes to one client, and the family of all tokens that
// come from it. Once revoked it stays so, and with it every one of them.
type grant struct {
	client  string
	account *account
	scopes  []string
	revoked bool
}

// refresh is a refresh token. A used one stays known, so that its return is
// seen for what it is.
type refresh struct {
	grant  *grant
	usedAt time.Time // zero while unused
}

// ticket is what a request to the API shows: an access token or, without a
// grant and an end, an API key. It counts its own calls.
type ticket struct {
	account *account
	scopes  []string
	grant   *grant
	until   time.Time
	window  time.Time
	calls   int
}

func (t *ticket) valid(now time.Time) bool {
	return t.grant == nil || !t.grant.revoked && now.Before(t.until)
}

// tokens is the answer of RFC 6749, 5.1.
type tokens map[string]any

func badGrant(text string) error {
	return &oauthError{http.StatusBadRequest, "invalid_grant", text}
}

func badRequest(text string) error {
	return &oauthError{http.StatusBadRequest, "invalid_request", text}
}

func writeOAuthError(w http.ResponseWriter, err error) {
	var e *oauthError
	if !errors.As(err, &e) {
		e = &oauthError{http.StatusInternalServerError, "server_error", "something went wrong"}
	}
	if e.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Basic realm="Acme CRM"`)
	}
	writeJSON(w, e.status, map[string]string{"error": e.code, "error_description": e.text})
}

// readForm reads the body's parameters; each may be given once.
func readForm(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := r.ParseForm(); err != nil {
		return badRequest("the body cannot be read as a form")
	}
	for name, values := range r.PostForm {
		if len(values) > 1 {
			return badRequest("parameter " + name + " is given more than once")
		}
	}
	return nil
}

// authenticate returns the client that r's body or Basic header proves to be.
func (s *Server) authenticate(r *http.Request) (Client, error) {
	if client, tried, err := s.byKeyOrCertificate(r); tried {
		return client, err
	}
	id, secret := r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	if r.Header.Get("Authorization") != "" {
		user, pass, ok := r.BasicAuth()
		name, err1 := url.QueryUnescape(user) // RFC 6749, 2.3.1: both are form-encoded first
		word, err2 := url.QueryUnescape(pass)
		switch {
		case !ok || err1 != nil || err2 != nil:
			return Client{}, &oauthError{http.StatusUnauthorized, "invalid_client", "the Authorization header cannot be read"}
		case secret != "" || id != "" && id != name:
			return Client{}, badRequest("the client must authenticate in one way only")
		}
		id, secret = name, word
	}
	s.mu.Lock()
	client := s.clients[id]
	s.mu.Unlock()
	if !same(secret, client.Secret) || client.Secret == "" {
		return Client{}, &oauthError{http.StatusUnauthorized, "invalid_client", "unknown client or wrong secret"}
	}
	return client, nil
}

// same compares without telling by its time where, or at which length, two
// texts differ.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Pragma", "no-cache")
	if err := readForm(w, r); err != nil {
		writeOAuthError(w, err)
		return
	}
	f := s.Faults()
	if !s.wait(r.Context(), f.TokenDelay) {
		panic(http.ErrAbortHandler)
	}
	if f.TokenError != "" {
		status := map[string]int{"server_error": http.StatusInternalServerError, "temporarily_unavailable": http.StatusServiceUnavailable}[f.TokenError]
		writeOAuthError(w, &oauthError{max(status, http.StatusBadRequest), f.TokenError, "a fault was asked for"})
		return
	}
	got, err := s.issue(r, f)
	if f.TokenDrop {
		panic(http.ErrAbortHandler)
	}
	if err != nil {
		writeOAuthError(w, err)
		return
	}
	f.answer(w, got)
}

// answer sends tokens, or what the faults put in their place.
func (f Faults) answer(w http.ResponseWriter, got tokens) {
	switch f.ExpiresIn {
	case "":
	case "absent":
		delete(got, "expires_in")
	default:
		got["expires_in"] = json.RawMessage(f.ExpiresIn)
	}
	switch f.TokenAnswer {
	case "html":
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<!doctype html><title>Acme CRM</title><p>We will be back soon."))
	case "half":
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", "400")
		_, _ = w.Write([]byte(`{"access_token":`))
		panic(http.ErrAbortHandler)
	case "error200":
		writeJSON(w, http.StatusOK, map[string]string{"error": "server_error"})
	case "nothing":
		writeJSON(w, http.StatusOK, struct{}{})
	default:
		writeJSON(w, http.StatusOK, got)
	}
}

func (s *Server) issue(r *http.Request, f Faults) (tokens, error) {
	client, err := s.authenticate(r)
	if err != nil {
		return nil, err
	}
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	switch form := r.PostForm; form.Get("grant_type") {
	case "authorization_code":
		return s.redeem(client, form, f, now)
	case "refresh_token":
		return s.renew(client, form, f, now)
	case "":
		return nil, badRequest("grant_type is missing")
	default:
		return nil, &oauthError{http.StatusBadRequest, "unsupported_grant_type", "grant_type must be authorization_code or refresh_token"}
	}
}

// redeem turns a code into the first tokens of a new grant. A wrong verifier or
// redirect URI does not spend the code: whoever stole it cannot spoil it.
func (s *Server) redeem(client Client, form url.Values, f Faults, now time.Time) (tokens, error) {
	for _, name := range []string{"code", "redirect_uri", "code_verifier"} {
		if form.Get(name) == "" {
			return nil, badRequest(name + " is missing")
		}
	}
	c, ok := s.codes.get(form.Get("code"))
	if !ok || c.client.ID != client.ID {
		return nil, badGrant("the code is unknown")
	}
	if c.grant != nil {
		c.grant.revoked = true
		return nil, badGrant("the code was used before; the tokens it gave are revoked")
	}
	sum := sha256.Sum256([]byte(form.Get("code_verifier")))
	switch {
	case !now.Before(c.until):
		return nil, badGrant("the code has expired")
	case form.Get("redirect_uri") != c.redirect:
		return nil, badGrant("redirect_uri is not the one the code was asked with")
	case !same(base64.RawURLEncoding.EncodeToString(sum[:]), c.challenge):
		return nil, badGrant("code_verifier does not fit the code_challenge")
	}
	c.grant = &grant{client: client.ID, account: c.account, scopes: c.scopes}
	out := s.hand(c.grant, c.scopes, true, f, now)
	if slices.Contains(c.scopes, "openid") {
		said, err := s.identify(c, f, now)
		if err != nil {
			return nil, err
		}
		if said != "" {
			out["id_token"] = said
		}
	}
	return out, nil
}

// renew turns a refresh token into new tokens. Each is used once; the return of
// a used one means that two hold it, so the whole family is revoked.
func (s *Server) renew(client Client, form url.Values, f Faults, now time.Time) (tokens, error) {
	if form.Get("refresh_token") == "" {
		return nil, badRequest("refresh_token is missing")
	}
	t, ok := s.refresh.get(form.Get("refresh_token"))
	if !ok || t.grant.client != client.ID || t.grant.revoked {
		return nil, badGrant("the refresh token is unknown or revoked")
	}
	if !t.usedAt.IsZero() && now.Sub(t.usedAt) >= f.ReuseGrace {
		t.grant.revoked = true
		return nil, badGrant("the refresh token was used before; all tokens of this grant are revoked")
	}
	scopes, err := parseScopes(form.Get("scope"), t.grant.scopes)
	if err != nil {
		return nil, err
	}
	if len(scopes) == 0 {
		scopes = t.grant.scopes
	}
	if !f.NoRotation && t.usedAt.IsZero() {
		t.usedAt = now
	}
	return s.hand(t.grant, scopes, !f.NoRotation, f, now), nil
}

// hand makes an access token and, if asked, a refresh token that keeps the
// grant's full scopes.
func (s *Server) hand(g *grant, scopes []string, fresh bool, f Faults, now time.Time) tokens {
	life := s.lifetime(f)
	token := random("acme_at_", 20)
	s.access.put(token, &ticket{account: g.account, scopes: scopes, grant: g, until: now.Add(life)})
	out := tokens{"access_token": token, "token_type": "Bearer", "expires_in": int64(life.Seconds()), "scope": strings.Join(scopes, " ")}
	if fresh {
		next := random("acme_rt_", 20)
		s.refresh.put(next, &refresh{grant: g})
		out["refresh_token"] = next
	}
	return out
}

// revoke ends a token of the client's own. An unknown token, or another
// client's, is answered alike: 200, and nothing is done.
func (s *Server) revoke(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if err := readForm(w, r); err != nil {
		writeOAuthError(w, err)
		return
	}
	client, err := s.authenticate(r)
	if err == nil && r.PostForm.Get("token") == "" {
		err = badRequest("token is missing")
	}
	if err != nil {
		writeOAuthError(w, err)
		return
	}
	id := r.PostForm.Get("token")
	s.mu.Lock()
	defer s.mu.Unlock()
	if t, ok := s.refresh.get(id); ok && t.grant.client == client.ID {
		t.grant.revoked = true
	}
	if t, ok := s.access.get(id); ok && t.grant.client == client.ID {
		s.access.remove(id)
	}
	w.WriteHeader(http.StatusOK)
}

func (s *Server) metadata(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	base := s.base
	s.mu.Unlock()
	auth := []string{"client_secret_basic", "client_secret_post"}
	writeJSON(w, http.StatusOK, map[string]any{
		"issuer":                                         base,
		"authorization_endpoint":                         base + "/oauth/authorize",
		"token_endpoint":                                 base + "/oauth/token",
		"revocation_endpoint":                            base + "/oauth/revoke",
		"scopes_supported":                               allScopes(),
		"response_types_supported":                       []string{"code"},
		"response_modes_supported":                       []string{"query"},
		"grant_types_supported":                          []string{"authorization_code", "refresh_token"},
		"code_challenge_methods_supported":               []string{"S256"},
		"token_endpoint_auth_methods_supported":          auth,
		"revocation_endpoint_auth_methods_supported":     auth,
		"authorization_response_iss_parameter_supported": true,
		"service_documentation":                          base + "/",
	})
}
