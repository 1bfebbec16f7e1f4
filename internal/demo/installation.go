package demo

import (
	"crypto/sha256"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// installed is one installation of a client at one person's place.
type installed struct {
	client  Client
	account *account
}

// install sends a person back with an installation and a code that proves who
// they are. as=usr_grace makes it Grace's.
func (s *Server) install(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	s.mu.Lock()
	defer s.mu.Unlock()
	client := s.clients[r.PathValue("client")]
	person := s.account(Ada)
	if other := s.account(q.Get("as")); other != nil {
		person = other
	}
	if len(client.RedirectURIs) == 0 {
		turnAway(w, "there is no such app")
		return
	}
	id := strconv.FormatInt(1_000+s.nextSeq(), 10)
	s.installations.put(id, &installed{client, person})
	c := random("acme_code_", 20)
	s.codes.put(c, &code{ask: ask{client: client, until: s.now().Add(codeLife)}, account: person})
	to := addQuery(client.RedirectURIs[0], "installation_id", id, "setup_action", "install", "code", c, "state", q.Get("state"))
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// installer turns the code of an installation into a token of who installed.
func (s *Server) installer(w http.ResponseWriter, r *http.Request) {
	if err := readForm(w, r); err != nil {
		writeOAuthError(w, err)
		return
	}
	client, err := s.authenticate(r)
	if err != nil {
		writeOAuthError(w, err)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.codes.get(r.PostForm.Get("code"))
	if !ok || c.client.ID != client.ID || c.grant != nil || !s.now().Before(c.until) {
		writeJSON(w, http.StatusOK, map[string]string{"error": "bad_verification_code"}) // with a good status, as some do
		return
	}
	c.grant = &grant{client: client.ID, account: c.account}
	token := random("acme_at_", 20)
	s.access.put(token, &ticket{account: c.account, grant: c.grant, until: s.now().Add(time.Hour)})
	writeJSON(w, http.StatusOK, map[string]string{"access_token": token, "token_type": "bearer"})
}

func (s *Server) ownInstallations(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, _ := s.ticket(r, s.now())
	if t == nil || t.grant == nil {
		turnAway(w, "send the token of a person")
		return
	}
	list := []map[string]any{}
	for id, in := range s.installations.items {
		if n, err := strconv.Atoi(id); err == nil && in.account == t.account && in.client.ID == t.grant.client {
			list = append(list, map[string]any{"id": n})
		}
	}
	writeJSON(w, http.StatusOK, map[string]any{"installations": list})
}

// asApp returns the installation that a client asks for as itself, by a JWT
// under its key, or answers.
func (s *Server) asApp(w http.ResponseWriter, r *http.Request) *installed {
	raw, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	client, err := s.signedBy(raw, "")
	if err != nil {
		turnAway(w, "the app's token does not hold")
		return nil
	}
	in, ok := s.installations.get(r.PathValue("id"))
	if !ok || in.client.ID != client.ID {
		writeProblem(w, notFound("installation"))
		return nil
	}
	return in
}

func (s *Server) installation(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if in := s.asApp(w, r); in != nil {
		writeJSON(w, http.StatusOK, map[string]any{"id": r.PathValue("id"), "account": map[string]string{"login": in.account.Name}})
	}
}

func (s *Server) installationToken(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	in := s.asApp(w, r)
	if in == nil {
		return
	}
	token, until := random("acme_in_", 20), s.now().Add(time.Hour).UTC()
	s.access.put(token, &ticket{account: in.account, scopes: allScopes(), until: until})
	writeJSON(w, http.StatusCreated, map[string]any{"token": token, "expires_at": until.Format(time.RFC3339)})
}

// Uninstall removes every installation of a client.
func (s *Server) Uninstall(clientID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, in := range s.installations.items {
		if in.client.ID == clientID {
			s.installations.remove(id)
		}
	}
}

// signedBy returns the client that signed a JWT with its key. audience is what
// it must be for; "" = anything. A JWT may live for ten minutes, and one with
// an audience is used once. The caller holds mu.
func (s *Server) signedBy(raw, audience string) (Client, error) {
	var client Client
	opts := []jwt.ParserOption{jwt.WithValidMethods([]string{"RS256", "ES256"}), jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithTimeFunc(s.now)}
	if audience != "" {
		opts = append(opts, jwt.WithAudience(audience))
	}
	t, err := jwt.NewParser(opts...).ParseWithClaims(raw, &jwt.RegisteredClaims{}, func(t *jwt.Token) (any, error) {
		issuer, err := t.Claims.GetIssuer()
		client = s.clients[issuer]
		if err != nil || client.Key == nil {
			return nil, jwt.ErrTokenUnverifiable
		}
		return client.Key, nil
	})
	if err != nil {
		return Client{}, err
	}
	claims, _ := t.Claims.(*jwt.RegisteredClaims)
	if claims.ExpiresAt.Sub(s.now()) > 10*time.Minute {
		return Client{}, jwt.ErrTokenInvalidClaims
	}
	if audience != "" {
		if _, used := s.nonces.get("jwt " + claims.ID); used || claims.ID == "" || claims.Subject != client.ID {
			return Client{}, jwt.ErrTokenInvalidId
		}
		s.nonces.put("jwt "+claims.ID, true)
	}
	return client, nil
}

// byKeyOrCertificate returns the client of a token request that proves itself
// without a secret: by a JWT (RFC 7523) or by the certificate of its connection
// (RFC 8705). tried tells whether it did either.
func (s *Server) byKeyOrCertificate(r *http.Request) (client Client, tried bool, err error) {
	bad := &oauthError{http.StatusUnauthorized, "invalid_client", "the client's key or certificate does not hold"}
	s.mu.Lock()
	defer s.mu.Unlock()
	if raw := r.PostForm.Get("client_assertion"); raw != "" {
		client, err = s.signedBy(raw, s.base+"/oauth/token")
		if err != nil || r.PostForm.Get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" {
			return Client{}, true, bad
		}
		return client, true, nil
	}
	client = s.clients[r.PostForm.Get("client_id")]
	if client.Certificate == nil {
		return Client{}, false, nil
	}
	if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 || sha256.Sum256(r.TLS.PeerCertificates[0].Raw) != *client.Certificate {
		return Client{}, true, bad
	}
	return client, true, nil
}
