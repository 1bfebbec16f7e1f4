package demo

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	askLife  = 10 * time.Minute
	codeLife = time.Minute
)

// scopes lists what a client can ask for, in the words a person reads.
var scopes = []struct{ Name, Words string }{
	{"contacts.read", "See your contacts"},
	{"contacts.write", "Create, change and delete your contacts"},
	{"deals.read", "See your deals and their amounts"},
	{"deals.write", "Create, change and delete your deals"},
	{"notes.read", "Read your notes"},
	{"notes.write", "Write, change and delete your notes"},
	{"webhooks.write", "Be told when your records change"},
}

// unasked is what a request without a scope gets.
var unasked = []string{"contacts.read", "deals.read", "notes.read"}

var challengeShape = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

// ask is one authorization request that passed every check and waits for a
// person. It is answered once, within ten minutes.
type ask struct {
	client    Client
	redirect  string
	state     string
	scopes    []string
	challenge string
	nonce     string // of OpenID Connect; "" = none
	until     time.Time
}

// code is what a client turns into tokens. A used code stays known, so that a
// second use is seen and revokes what the first one got.
type code struct {
	ask
	account *account
	grant   *grant // nil until used
}

// oauthError is an error of RFC 6749. The client is told of it.
type oauthError struct {
	status     int
	code, text string
}

func (e *oauthError) Error() string { return e.code + ": " + e.text }

// pageError is a mistake that must be shown to the person and never sent to the
// redirect URI, because that is what is in doubt.
type pageError string

func (e pageError) Error() string { return string(e) }

func allScopes() []string {
	all := make([]string, 0, len(scopes))
	for _, s := range scopes {
		all = append(all, s.Name)
	}
	return all
}

// parseScopes splits and checks a scope parameter; the result has no doubles.
func parseScopes(text string, allowed []string) ([]string, error) {
	var out []string
	for _, name := range strings.Fields(text) {
		if !slices.Contains(allowed, name) {
			return nil, &oauthError{http.StatusBadRequest, "invalid_scope", fmt.Sprintf("scope %q cannot be granted", name)}
		}
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out, nil
}

// check reads an authorization request. On an *oauthError the ask's redirect
// and state are set; on a pageError nothing is.
func (s *Server) check(q url.Values) (ask, error) {
	s.mu.Lock()
	client, known := s.clients[q.Get("client_id")]
	s.mu.Unlock()
	switch {
	case len(q["client_id"]) != 1 || !known:
		return ask{}, pageError("Acme CRM does not know the application that sent you here (client_id).")
	case len(q["redirect_uri"]) != 1 || !slices.Contains(client.RedirectURIs, q.Get("redirect_uri")):
		return ask{}, pageError("The address to send you back to (redirect_uri) is not registered for this application.")
	}
	a := ask{client: client, redirect: q.Get("redirect_uri"), state: q.Get("state"), challenge: q.Get("code_challenge"), nonce: q.Get("nonce")}
	refuse := func(code, text string) (ask, error) {
		return a, &oauthError{http.StatusBadRequest, code, text}
	}
	for name, values := range q {
		if len(values) > 1 {
			return refuse("invalid_request", "parameter "+name+" is given more than once")
		}
	}
	switch {
	case q.Get("response_type") == "":
		return refuse("invalid_request", "response_type is missing")
	case q.Get("response_type") != "code":
		return refuse("unsupported_response_type", "only response_type=code is supported")
	case q.Get("code_challenge_method") != "S256":
		return refuse("invalid_request", "PKCE is required: code_challenge_method must be S256")
	case !challengeShape.MatchString(a.challenge):
		return refuse("invalid_request", "PKCE is required: code_challenge must be 43 characters of base64url")
	}
	var err error
	if a.scopes, err = parseScopes(q.Get("scope"), append(allScopes(), identityScopes()...)); err != nil {
		return a, err
	}
	if len(a.scopes) == 0 {
		a.scopes = unasked
	}
	return a, nil
}

// answer is the address that carries pairs of parameters back to the client.
func (s *Server) answer(a ask, pairs ...string) string {
	s.mu.Lock()
	v := url.Values{"iss": {s.base}}
	s.mu.Unlock()
	if a.state != "" {
		v.Set("state", a.state)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	sep := "?"
	if strings.Contains(a.redirect, "?") {
		sep = "&" // the registered address keeps its own parameters
	}
	return a.redirect + sep + v.Encode()
}

// conclude turns a decided ask into the address to send the person to.
func (s *Server) conclude(a ask, person *account, allow bool) string {
	if !allow {
		return s.answer(a, "error", "access_denied", "error_description", "the person declined")
	}
	id := random("acme_code_", 20)
	a.until = s.now().Add(codeLife)
	s.mu.Lock()
	s.codes.put(id, &code{ask: a, account: person})
	s.mu.Unlock()
	return s.answer(a, "code", id)
}

// Consent does what the consent page does, without a browser: it takes the
// address a client would send a person to and returns the address that person
// is sent back to. It is an error where the page would show one.
func (s *Server) Consent(authorizeURL, userID string, allow bool) (string, error) {
	u, err := url.Parse(authorizeURL)
	if err != nil {
		return "", fmt.Errorf("parse the authorization address: %w", err)
	}
	a, err := s.check(u.Query())
	var bad *oauthError
	if errors.As(err, &bad) {
		return s.answer(a, "error", bad.code, "error_description", bad.text), nil
	}
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	person := s.account(userID)
	s.mu.Unlock()
	if person == nil {
		return "", pageError("Acme CRM has no such person.")
	}
	return s.conclude(a, person, allow), nil
}

func (s *Server) consentPage(w http.ResponseWriter, r *http.Request) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		s.errorPage(w, "The address that brought you here cannot be read.")
		return
	}
	a, err := s.check(q)
	var bad *oauthError
	if errors.As(err, &bad) {
		http.Redirect(w, r, s.answer(a, "error", bad.code, "error_description", bad.text), http.StatusSeeOther) //nolint:gosec // to the redirect URI that the client registered
		return
	}
	if err != nil {
		s.errorPage(w, err.Error())
		return
	}
	id := random("ask_", 20)
	a.until = s.now().Add(askLife)
	s.mu.Lock()
	s.asks.put(id, a)
	s.mu.Unlock()

	var words []string
	for _, scope := range slices.Concat(identity, scopes) {
		if slices.Contains(a.scopes, scope.Name) {
			words = append(words, scope.Words)
		}
	}
	host := a.redirect
	if u, err := url.Parse(a.redirect); err == nil && u.Host != "" {
		host = u.Host
	}
	s.page(w, http.StatusOK, "consent", "Allow access?", map[string]any{
		"Client": a.client.Name, "Letter": string([]rune(a.client.Name + "?")[:1]), "Request": id, "Scopes": words, "People": s.people(), "Host": host,
	})
}

// decide takes the consent form. The request id is spent by a decision, and
// only by one: a form that cannot be read may be sent again.
func (s *Server) decide(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := r.ParseForm(); err != nil {
		s.errorPage(w, "The form cannot be read.")
		return
	}
	decision, user, id := r.PostForm.Get("decision"), r.PostForm.Get("user"), r.PostForm.Get("request")
	if user == "" {
		user = Ada
	}
	now := s.now()
	s.mu.Lock()
	person := s.account(user)
	a, known := s.asks.get(id)
	sound := person != nil && (decision == "allow" || decision == "deny")
	if sound {
		s.asks.remove(id)
	}
	s.mu.Unlock()
	switch {
	case !sound:
		s.errorPage(w, "Choose a person, and either allow or cancel.")
	case !known || !now.Before(a.until):
		s.errorPage(w, "This request has already been answered, or has expired. Go back to the application and start again.")
	default:
		http.Redirect(w, r, s.conclude(a, person, decision == "allow"), http.StatusSeeOther) //nolint:gosec // to the redirect URI that the client registered
	}
}
