package rehearsal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/provider"
)

// stage is a network of two actors: the token endpoint, and everything else.
type stage struct {
	tokenURL string
	token    *Answer
	other    *Answer
}

var errNoAnswer = errors.New("no recorded answer is for that request")

// RoundTrip answers with what was recorded.
func (s *stage) RoundTrip(req *http.Request) (*http.Response, error) {
	f := s.other
	if s.tokenURL != "" && strings.HasPrefix(req.URL.String(), s.tokenURL) {
		f = s.token
	}
	if f == nil {
		return nil, errNoAnswer
	}
	return f.To(req)
}

// To is what comes back to a request.
func (a *Answer) To(req *http.Request) (*http.Response, error) {
	header := http.Header{"Content-Type": {"application/json"}}
	for k, v := range a.Headers {
		header.Set(k, v)
	}
	body, err := json.Marshal(a.Body)
	if text, ok := a.Body.(string); ok && !strings.Contains(header.Get("Content-Type"), "json") {
		body, err = []byte(text), nil
	}
	return &http.Response{
		StatusCode: a.Status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: header, Body: io.NopCloser(bytes.NewReader(body)),
		ContentLength: int64(len(body)), Request: req,
	}, err
}

// tokens plays a sign-in. It reports whether there is a token to go on with.
func (r *rehearsal) tokens(ctx context.Context) bool {
	at, err := r.conn.AuthorizeURL(provider.Authorization{RedirectURI: redirectURI, State: state, Verifier: verifier, Scopes: r.auth.Requested("")})
	u, perr := url.Parse(at)
	switch {
	case ofClient(err):
		r.say("authorize", Skipped, "The sign-in page's address needs what an operator adds to the client: %s.", err)
	case err != nil:
		r.say("authorize", Failed, "The sign-in page has no address: %s.", err)
	case perr != nil || u.Host == "" || !strings.Contains(at, "state="+state):
		r.say("authorize", Failed, "The sign-in page's address %s does not carry the state.", at)
	default:
		r.say("authorize", Passed, "Users sign in at %s.", u.Scheme+"://"+u.Host+u.Path)
	}
	r.refused(ctx)
	r.refreshed(ctx)
	f, ok := r.fixture("token_ok")
	if !ok {
		if r.app.Fixtures[r.auth.ID]["token_ok"] == "" {
			r.say("token_ok", Skipped, "There is no recorded token answer.")
		}
		return ok || r.app.Fixtures[r.auth.ID]["token_ok"] == ""
	}
	r.stage.token = f
	g, err := r.client.Redeem(ctx, r.conn, "code", verifier, redirectURI)
	switch {
	case err != nil:
		r.say("token_ok", Failed, "The recorded token answer is not understood: %s.", err)
		return false
	case r.auth.Refresh.Policy == "rotating" && !slices.ContainsFunc(names(g.Tokens), func(n string) bool { return strings.HasSuffix(n, ".refresh") }):
		r.say("token_ok", Failed, "A token that rotates comes with a refresh token; the answer has %s.", strings.Join(names(g.Tokens), ", "))
		return false
	}
	r.say("token_ok", Passed, "The token answer is read: %s.", strings.Join(names(g.Tokens), ", "))
	r.conn.Tokens = g.Tokens
	maps.Copy(r.conn.Vars, g.Vars)
	return true
}

// ofClient reports whether a text could not be filled in for want of what an
// operator adds to a client, which a rehearsal does not know.
func ofClient(err error) bool { return err != nil && strings.Contains(err.Error(), " client.") }

func names(tokens map[string]string) []string { return slices.Sorted(maps.Keys(tokens)) }

// refused plays an error answer, which has to get the class that was recorded with it.
func (r *rehearsal) refused(ctx context.Context) {
	f, ok := r.fixture("token_error")
	if !ok {
		return
	}
	r.stage.token = f
	_, err := r.client.Redeem(ctx, r.conn, "code", verifier, redirectURI)
	switch class := string(provider.ClassOf(err)); {
	case err == nil:
		r.say("token_error", Failed, "The recorded error is taken for a token.")
	case class != f.Class:
		r.say("token_error", Failed, "The recorded error is of class %q, want %q.", class, f.Class)
	default:
		r.say("token_error", Passed, "The recorded error is of class %s.", class)
	}
}

func (r *rehearsal) refreshed(ctx context.Context) {
	f, ok := r.fixture("refresh_ok")
	if !ok {
		return
	}
	r.stage.token = f
	switch g, err := r.client.Refresh(ctx, r.conn, r.conn.MainToken()); {
	case err != nil:
		r.say("refresh_ok", Failed, "The recorded refresh is not understood: %s.", err)
	case len(g.Tokens) == 0:
		r.say("refresh_ok", Failed, "The recorded refresh brings no token.")
	default:
		r.say("refresh_ok", Passed, "A refresh brings %s.", strings.Join(names(g.Tokens), ", "))
	}
}

// identity plays the question who is connected. Methods that sign each request
// with a key of their own cannot be asked with a pretended one.
func (r *rehearsal) identity(ctx context.Context) {
	switch r.auth.Type {
	case catalog.SigV4, catalog.GitHubApp, catalog.JWT, catalog.ByAssertion, catalog.OAuth1:
		return
	}
	f, ok := r.fixture("identity")
	if !ok {
		if r.app.Fixtures[r.auth.ID]["identity"] == "" && r.app.Identity != nil {
			r.say("identity", Skipped, "There is no recorded answer to who is connected.")
		}
		return
	}
	r.stage.other = f
	who, err := r.client.Identify(ctx, r.conn)
	switch {
	case err != nil:
		r.say("identity", Failed, "Who is connected is not found in the recorded answer: %s.", err)
	case who.ID != f.ID:
		r.say("identity", Failed, "The one connected has the id %q, want %q.", who.ID, f.ID)
	case f.Name != "" && who.Name != f.Name:
		r.say("identity", Failed, "The one connected is named %q, want %q.", who.Name, f.Name)
	default:
		r.say("identity", Passed, "%s is connected.", who.Name+" ("+who.ID+")")
	}
}

// carries checks that a call carries the credential, and that a foreign host
// never gets it.
func (r *rehearsal) carries() {
	in, ok := r.app.InjectFor(r.auth.ID)
	switch r.auth.Type {
	case catalog.SigV4, catalog.GitHubApp, catalog.JWT, catalog.ByAssertion, catalog.OAuth1, catalog.None:
		return
	}
	req, err := http.NewRequest(http.MethodGet, foreignHost, http.NoBody) //nolint:noctx // it is never sent
	if err == nil {
		err = r.conn.Prepare(req, "/anything")
	}
	switch {
	case ofClient(err):
		r.say("inject", Skipped, "A call needs what an operator adds to the client: %s.", err)
		return
	case err != nil:
		r.say("inject", Failed, "A call cannot be made: %s.", err)
		return
	case ok && (in.In == "header" && req.Header.Get(in.Name) == "" || in.In == "query" && req.URL.Query().Get(in.Name) == ""):
		r.say("inject", Failed, "The credential is not in %s %s.", in.In, in.Name)
	default:
		r.say("inject", Passed, "A call to %s carries the credential in %s %s.", req.URL.Host, in.In, in.Name)
	}
	foreign, err := http.NewRequest(http.MethodGet, foreignHost, http.NoBody) //nolint:noctx // it is never sent
	if err == nil {
		err = r.conn.Prepare(foreign, foreignHost)
	}
	if err == nil || len(foreign.Header) > 0 {
		r.say("foreign_host", Failed, "A call to a host that the file does not name carries the credential.")
		return
	}
	r.say("foreign_host", Passed, "A call to any other host is refused.")
}
