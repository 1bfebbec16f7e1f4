package demo

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// The doors are the ways in that real products have beside OAuth 2 and a key in
// a header. Each verifies what it is shown by code of its own, and lets nobody
// in by another's.
const (
	// DoorUser opens a session as Ada, with DoorPassword and DoorKey.
	DoorUser = "ada@acme.test"
	// DoorPassword is Ada's. It holds what JSON has to escape.
	DoorPassword = "analytical \"engine\""
	// DoorKey is a developer's.
	DoorKey = "acme-developer-key"
	// AccessKeyID is Ada's for signed requests (Signature Version 4).
	AccessKeyID = "AKIAACMEADA234567ABC"
	// SecretAccessKey belongs to AccessKeyID.
	SecretAccessKey = "acme/pretend/secret/of/ada/0123456789abc"
	// LongLife is how long an exchanged token lives.
	LongLife = 60 * 24 * time.Hour

	sessionLife = 35 * time.Minute
)

func (s *Server) doorRoutes() {
	s.mux.HandleFunc("/doors/json/{what}", s.keyInJSON)
	s.mux.HandleFunc("/doors/form/{what}", s.keyInForm)
	s.mux.HandleFunc("GET /doors/path/{bot}/{what}", s.keyInPath)
	s.mux.HandleFunc("POST /doors/session/knock", s.knock)
	s.mux.HandleFunc("POST /doors/session/enter", s.enter)
	s.mux.HandleFunc("GET /doors/session/me", s.sessionMe)
	s.mux.HandleFunc("GET /doors/exchange", s.exchange)
	s.mux.HandleFunc("/doors/aws/", s.signedAWS)
	s.mux.HandleFunc("POST /doors/oauth1/request_token", s.oauth1Request)
	s.mux.HandleFunc("GET /doors/oauth1/authorize", s.oauth1Authorize)
	s.mux.HandleFunc("POST /doors/oauth1/access_token", s.oauth1Access)
	s.mux.HandleFunc("/doors/oauth1/{what}", s.oauth1API)
	s.mux.HandleFunc("GET /doors/apps/{client}/installations/new", s.install)
	s.mux.HandleFunc("POST /doors/app/user_token", s.installer)
	s.mux.HandleFunc("GET /doors/app/user/installations", s.ownInstallations)
	s.mux.HandleFunc("GET /doors/app/installations/{id}", s.installation)
	s.mux.HandleFunc("POST /doors/app/installations/{id}/access_tokens", s.installationToken)
}

// welcome answers who is in, and what else they sent.
func welcome(w http.ResponseWriter, a *account, said any) {
	writeJSON(w, http.StatusOK, map[string]any{"id": a.ID, "name": a.Name, "email": a.Email, "said": said})
}

func turnAway(w http.ResponseWriter, why string) {
	writeProblem(w, &problem{http.StatusUnauthorized, "unauthorized", why, ""})
}

// byKey returns whose key it is, or nil.
func (s *Server) byKey(key string) *account {
	s.mu.Lock()
	defer s.mu.Unlock()
	if key == DemoKey {
		return s.demoKey.account
	}
	if t, ok := s.keys.get(key); ok {
		return t.account
	}
	return nil
}

func (s *Server) keyInJSON(w http.ResponseWriter, r *http.Request) {
	body, err := readBody(w, r)
	var said map[string]any
	if err != nil || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") || json.Unmarshal(body, &said) != nil {
		turnAway(w, "send a JSON object with the key in it")
		return
	}
	key, _ := said["key"].(string)
	a := s.byKey(key)
	if a == nil {
		turnAway(w, "the key is unknown")
		return
	}
	delete(said, "key")
	welcome(w, a, said)
}

func (s *Server) keyInForm(w http.ResponseWriter, r *http.Request) {
	if err := readForm(w, r); err != nil {
		writeProblem(w, err)
		return
	}
	a := s.byKey(r.PostForm.Get("key"))
	if a == nil {
		turnAway(w, "the key is unknown")
		return
	}
	r.PostForm.Del("key")
	welcome(w, a, r.PostForm)
}

func (s *Server) keyInPath(w http.ResponseWriter, r *http.Request) {
	key, ok := strings.CutPrefix(r.PathValue("bot"), "bot")
	a := s.byKey(key)
	if !ok || a == nil {
		turnAway(w, "the key is unknown")
		return
	}
	welcome(w, a, r.PathValue("what"))
}

// knock is the first step of a session: who is there.
func (s *Server) knock(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Username, Password string
		DevKey             string `json:"dev_key"`
	}
	if err := readJSON(w, r, &in); err != nil {
		writeProblem(w, err)
		return
	}
	if in.Username != DoorUser || !same(in.Password, DoorPassword) || !same(in.DevKey, DoorKey) {
		writeJSON(w, http.StatusUnauthorized, map[string]any{"error": "invalid_login"})
		return
	}
	id := random("acme_knock_", 16)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.access.put(id, &ticket{account: s.account(Ada), until: s.now().Add(time.Minute)})
	writeJSON(w, http.StatusOK, map[string]any{"ticket": map[string]string{"id": id}})
}

// enter is the second: the ticket, once, for a session.
func (s *Server) enter(w http.ResponseWriter, r *http.Request) {
	var in struct{ Ticket string }
	if err := readJSON(w, r, &in); err != nil {
		writeProblem(w, err)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.access.get(in.Ticket)
	if !ok || !strings.HasPrefix(in.Ticket, "acme_knock_") || !t.valid(s.now()) {
		writeJSON(w, http.StatusUnauthorized, map[string]any{"error": "invalid_ticket"})
		return
	}
	s.access.remove(in.Ticket)
	id := random("acme_session_", 16)
	s.access.put(id, &ticket{account: t.account, until: s.now().Add(sessionLife)})
	writeJSON(w, http.StatusOK, map[string]any{"session": map[string]any{"id": id, "seconds": int(sessionLife.Seconds())}})
}

func (s *Server) sessionMe(w http.ResponseWriter, r *http.Request) {
	id := r.Header.Get("X-Acme-Session")
	s.mu.Lock()
	t, ok := s.access.get(id)
	s.mu.Unlock()
	if !ok || !strings.HasPrefix(id, "acme_session_") || !t.valid(s.now()) || !same(r.Header.Get("X-Acme-Dev-Key"), DoorKey) {
		turnAway(w, "the session is unknown or over, or the developer key is missing")
		return
	}
	welcome(w, t.account, "")
}

// EndSessions ends every session, as a product does that restarts.
func (s *Server) EndSessions() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, t := range s.access.items {
		if strings.HasPrefix(id, "acme_session_") {
			t.until = time.Time{}.Add(time.Second)
		}
	}
}

// exchange gives a token that lives long for one that is still good.
func (s *Server) exchange(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	s.mu.Lock()
	defer s.mu.Unlock()
	client, now := s.clients[q.Get("client_id")], s.now()
	t, ok := s.access.get(q.Get("access_token"))
	switch {
	case client.Secret == "" || !same(client.Secret, q.Get("client_secret")):
		writeOAuthError(w, &oauthError{http.StatusUnauthorized, "invalid_client", "unknown client or wrong secret"})
	case q.Get("grant_type") != "acme_exchange":
		writeOAuthError(w, badRequest("grant_type must be acme_exchange"))
	case !ok || !t.valid(now) || t.grant == nil || t.grant.client != client.ID:
		writeOAuthError(w, badGrant("the token is unknown or over"))
	default:
		token := random("acme_long_", 20)
		s.access.put(token, &ticket{account: t.account, scopes: t.scopes, grant: t.grant, until: now.Add(LongLife)})
		writeJSON(w, http.StatusOK, tokens{"access_token": token, "token_type": "bearer", "expires_in": int(LongLife.Seconds())})
	}
}

func hexSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func addQuery(to string, pairs ...string) string {
	u, err := url.Parse(to)
	if err != nil {
		return to
	}
	q := u.Query()
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	u.RawQuery = q.Encode()
	return u.String()
}
