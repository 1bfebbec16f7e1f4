// Package demo is Acme CRM: a small third-party product with an OAuth 2
// authorization server, which says who signs in by OpenID Connect, API keys, a REST API and signed outgoing webhooks.
//
// Patchbay ships it so that `make dev` has something to connect to and tests
// have a real edge. It knows nothing of Patchbay and Patchbay knows nothing of
// it but what HTTP carries. Everything is in memory, bounded, and gone when the
// process ends, unless its owner keeps it by Save and Load. It has no passwords and its faults can be switched by anyone
// who reaches it: it must never be exposed to a network that is not trusted.
package demo

import (
	"context"
	"crypto"
	"crypto/sha256"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// Ada is the id of Ada Lovelace, the person a consent page preselects.
	Ada = "usr_ada"
	// Grace is the id of Grace Hopper.
	Grace = "usr_grace"
	// DemoKey is an API key of Ada's that exists from the start. It is printed
	// on a public page and opens nothing but this pretend product.
	DemoKey = "acme_demo_key_ada"
)

// Config says where the demo is reached and who may use it.
type Config struct {
	// BaseURL is the issuer and the base of links, e.g. "http://localhost:8082".
	BaseURL string
	// Clients are the OAuth clients known from the start.
	Clients []Client
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// HTTP sends the outgoing webhooks; nil is a plain client that gives up
	// after ten seconds and follows no redirects.
	HTTP *http.Client
	// AccessTTL is how long an access token lives; 0 is one hour.
	AccessTTL time.Duration
}

// Client is an application that may ask Acme's people for access. A redirect
// URI matches exactly, byte for byte. A client without a secret can start an
// authorization but never obtain a token.
type Client struct {
	ID, Secret, Name string
	RedirectURIs     []string
	Key              crypto.PublicKey   // of the JWTs by which it proves itself; nil = none
	Certificate      *[sha256.Size]byte // SHA-256 of the certificate by which it does; nil = none
}

// Server is one running Acme CRM. It is safe for concurrent use. It owns
// goroutines that send webhooks, so whoever makes one must Close it.
type Server struct {
	now  func() time.Time
	http *http.Client
	ttl  time.Duration
	mux  *http.ServeMux

	ctx   context.Context // ends with Close
	stop  context.CancelFunc
	queue chan job
	wg    sync.WaitGroup

	mu       sync.Mutex // guards all below, and all that it points to
	base     string
	clients  map[string]Client
	accounts []*account
	seq      int64
	faults   Faults
	asks     shelf[ask]
	codes    shelf[*code]
	access   shelf[*ticket]
	refresh  shelf[*refresh]
	keys     shelf[*ticket]
	demoKey  *ticket

	handshakes    shelf[*handshake]
	installations shelf[*installed]
	nonces        shelf[bool] // of signatures, which are used once
	idKey         signingKey
}

// New returns a running Acme CRM with its two people and a few records each.
func New(c Config) *Server {
	ctx, stop := context.WithCancel(context.Background())
	s := &Server{
		now: c.Now, http: c.HTTP, ttl: c.AccessTTL, mux: http.NewServeMux(),
		ctx: ctx, stop: stop, queue: make(chan job, maxQueue),
		clients: map[string]Client{},
		asks:    shelf[ask]{max: maxAsks},
		codes:   shelf[*code]{max: maxAsks},
		access:  shelf[*ticket]{max: maxTokens},
		refresh: shelf[*refresh]{max: maxTokens},
		keys:    shelf[*ticket]{max: maxKeys},

		handshakes:    shelf[*handshake]{max: maxTokens},
		installations: shelf[*installed]{max: maxTokens},
		nonces:        shelf[bool]{max: maxTokens},
	}
	if s.now == nil {
		s.now = time.Now //nolint:forbidigo // the default of a program of its own; callers may give another clock
	}
	if s.http == nil {
		s.http = &http.Client{
			Timeout:       10 * time.Second,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	if s.ttl <= 0 {
		s.ttl = time.Hour
	}
	s.SetBaseURL(c.BaseURL)
	for _, client := range c.Clients {
		s.RegisterClient(client)
	}
	s.seed(s.now().UTC())
	s.demoKey = &ticket{account: s.accounts[0], scopes: allScopes()}
	s.routes()
	for range senders {
		s.wg.Go(s.send)
	}
	return s
}

// Handler returns the whole product: pages, authorization server and API.
func (s *Server) Handler() http.Handler { return s.mux }

// Close stops the webhook goroutines and waits for them. Deliveries under way
// are abandoned. The handler goes on answering. Calling Close again does nothing.
func (s *Server) Close() {
	s.stop()
	s.wg.Wait()
}

// SetBaseURL changes the issuer and the base of links: a test server learns its
// address only after its handler exists.
func (s *Server) SetBaseURL(base string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.base = strings.TrimSuffix(base, "/")
}

// RegisterClient adds an OAuth client, or replaces the one with the same id.
func (s *Server) RegisterClient(c Client) {
	c.RedirectURIs = slices.Clone(c.RedirectURIs)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clients[c.ID] = c
}

// SetFaults replaces all faults; the zero value is normal service.
func (s *Server) SetFaults(f Faults) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = f
}

// Faults returns the faults in force.
func (s *Server) Faults() Faults {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.faults
}

// Contacts returns a person's contacts, newest first; none for an unknown id.
func (s *Server) Contacts(userID string) []Contact {
	return look(s, userID, func(a *account) []Contact { return a.contacts.newest() })
}

// Deals returns a person's deals, newest first.
func (s *Server) Deals(userID string) []Deal {
	return look(s, userID, func(a *account) []Deal { return a.deals.newest() })
}

// Notes returns a person's notes, newest first.
func (s *Server) Notes(userID string) []Note {
	return look(s, userID, func(a *account) []Note { return a.notes.newest() })
}

// Deliveries returns the last webhook deliveries to a person's webhooks, newest first.
func (s *Server) Deliveries(userID string) []Delivery {
	return look(s, userID, (*account).lastDeliveries)
}

func look[T any](s *Server, userID string, get func(*account) []T) []T {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.account(userID); a != nil {
		return get(a)
	}
	return nil
}

func (s *Server) routes() {
	s.mux.HandleFunc("GET /{$}", s.homePage)
	s.mux.HandleFunc("GET /settings/api-keys", s.keysPage)
	s.mux.HandleFunc("POST /settings/api-keys", s.createKeyPage)
	s.mux.HandleFunc("GET /oauth/authorize", s.consentPage)
	s.mux.HandleFunc("POST /oauth/authorize", s.decide)
	s.mux.HandleFunc("POST /oauth/token", s.token)
	s.mux.HandleFunc("POST /oauth/revoke", s.revoke)
	s.mux.HandleFunc("GET /.well-known/oauth-authorization-server", s.metadata)
	s.mux.HandleFunc("GET /.well-known/openid-configuration", s.discovery)
	s.mux.HandleFunc("GET /oauth/jwks", s.jwks)
	s.mux.HandleFunc("GET /oauth/userinfo", s.userinfo)
	s.mux.HandleFunc("POST /api-keys", s.createKey)
	s.mux.HandleFunc("GET /__faults", s.getFaults)
	s.mux.HandleFunc("PUT /__faults", s.putFaults)
	s.mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	s.apiRoutes()
	s.doorRoutes()
}
