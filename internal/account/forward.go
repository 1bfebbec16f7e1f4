package account

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/provider"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Faults of Forward.
var (
	ErrOwner     = fault.New(fault.Forbidden, "account_of_other_user", "The account belongs to another user than the one that external_user_id names.")
	ErrNoProxy   = fault.New(fault.Forbidden, "proxy_disabled", "This app may not be called through the proxy.")
	ErrHost      = fault.New(fault.Forbidden, "host_not_allowed_by_project", "The project's settings do not allow calls to this host.")
	ErrRedirects = fault.New(fault.Invalid, "too_many_redirects", "The app redirected too often.")
)

// Call is a request to an app on a user's behalf, with a body and an answer of
// any length.
type Call struct {
	OnlyUser string // external id of the account's user; "" = any
	Method   string
	Target   string // a path below the app's API or a URL of one of its hosts
	Header   http.Header
	Body     io.ReadCloser
	Length   int64                      // of the body in bytes; -1 = not known
	Again    func() io.ReadCloser       // the body once more; nil when it can be read only once
	Allow    func(hostname string) bool // further narrows where the call may go; nil = does not
	Own      bool                       // it is of an operation, and not of a customer who calls through the proxy

	// What became of it, also when it failed.
	App       string
	URL       *url.URL // where the last request went, without the credential
	Refreshed bool     // the app did not take the token, and it was refreshed
	Retried   bool     // the request was made a second time for that
	Redirects int      // followed
	used      []Credential
}

// Forward makes a call. An answer of 401 leads to one refresh and, when the body
// can be had again, to one more try. Redirects within the app's hosts are
// followed. The caller closes the answer's body.
//
// Nothing is sent for an account that is not OnlyUser's (ErrOwner), for a host
// that is not the app's (ErrTarget) or that Allow does not allow (ErrHost), and
// while the app has asked for fewer calls (*limit.Exceeded).
func (s *Service) Forward(ctx context.Context, scope tenant.Scope, accountID string, call *Call) (*http.Response, error) {
	h, err := s.freshOf(ctx, scope, accountID, call.OnlyUser)
	if err != nil {
		return nil, err
	}
	a, c := h.account, h.credential
	call.App, call.used = a.App, []Credential{c}
	conn, err := s.work(ctx, scope, h)
	if err != nil {
		return nil, err
	}
	if !call.Own && !conn.App.Proxied() {
		return nil, ErrNoProxy
	}
	keys := held(scope, conn.App, a)
	if err := s.Limits.Held(ctx, keys...); err != nil {
		return nil, err
	}
	out, err := s.follow(ctx, conn, call, call.Body)
	if err != nil {
		return nil, err
	}
	if out.StatusCode == http.StatusUnauthorized && out.auth && call.Again != nil {
		out = s.renewed(ctx, scope, call, a, c, out)
	}
	s.learn(ctx, keys, conn.App, out.Response)
	conn.Elsewhere(out.to, out.Response)
	return out.Response, nil
}

// freshOf is Fresh for an account that must be of a user. Whether another's
// account is dead, or can be refreshed, is not told.
func (s *Service) freshOf(ctx context.Context, scope tenant.Scope, accountID, onlyUser string) (*holding, error) {
	h, err := s.fresh(ctx, scope, accountID)
	if err != nil {
		if owner, lerr := s.Get(ctx, scope, accountID, ""); lerr == nil && onlyUser != "" && owner.ExternalID != onlyUser {
			err = ErrOwner
		}
		return nil, err
	}
	if onlyUser != "" && h.account.ExternalID != onlyUser {
		return nil, ErrOwner
	}
	return h, nil
}

// renewed makes a call again that the app refused for its token, with another
// token. Where none is to be had, the app's own answer says most.
func (s *Service) renewed(ctx context.Context, scope tenant.Scope, call *Call, a *Account, c Credential, first outcome) outcome {
	fresh, renewed, err := s.Renew(ctx, scope, a, c)
	if err != nil || renewed.AccessToken == c.AccessToken {
		return first
	}
	call.Refreshed, call.used = true, append(call.used, renewed)
	conn, err := s.at(ctx, scope, fresh, renewed)
	if err != nil {
		return first
	}
	call.Retried = true
	second, err := s.follow(ctx, conn, call, call.Again())
	if err != nil {
		return first
	}
	_ = first.Body.Close()
	return second
}

// outcome is an answer, and the last request that led to it.
type outcome struct {
	*http.Response

	to   *http.Request
	auth bool // whether the credential was in it
}

// follow sends a call and goes where the app redirects it, as far as that is safe.
func (s *Service) follow(ctx context.Context, conn *provider.Connection, call *Call, body io.ReadCloser) (out outcome, err error) {
	hop := provider.Hop{Method: call.Method, Body: true, Auth: true}
	target := call.Target
	for n := 0; ; n++ {
		req, err := s.request(ctx, conn, call, hop, target, body)
		if err != nil {
			return out, err
		}
		// Not by Do, which adds a redirect's and a cookie's worth of work, and the address, which may hold the credential, to an error.
		res, err := s.Stream.Transport.RoundTrip(req)
		if err != nil {
			return out, fmt.Errorf("call %s: %w", conn.App.Slug, err)
		}
		out = outcome{res, req, hop.Auth}
		next, err := conn.Hop(req, res)
		if err == nil && next != nil && n >= conn.Redirects() {
			if conn.Redirects() == 0 {
				return out, nil
			}
			err = ErrRedirects
		}
		if err != nil {
			_ = res.Body.Close()
			return out, err
		}
		switch {
		case next == nil, call.Allow != nil && !call.Allow(next.URL.Hostname()):
			return out, nil
		case next.Body && call.Length != 0 && call.Again == nil:
			return out, nil // it was read once, and that was that
		}
		_ = res.Body.Close()
		call.Redirects++
		next.Auth = next.Auth && hop.Auth // what was lost on the way stays lost
		hop, target, body = *next, next.URL.String(), http.NoBody
		if next.Body && call.Again != nil {
			body = call.Again()
		}
	}
}

// blank is what each request begins as.
var blank = &http.Request{Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}

// request makes one request of a call.
func (s *Service) request(ctx context.Context, conn *provider.Connection, call *Call, hop provider.Hop, target string, body io.ReadCloser) (*http.Request, error) {
	req := blank.WithContext(ctx)
	req.Method, req.Header, req.Body, req.ContentLength = hop.Method, maps.Clone(call.Header), body, call.Length
	if !hop.Body {
		req.Body, req.ContentLength = http.NoBody, 0
		for _, name := range []string{"Content-Type", "Content-Encoding", "Content-Language", "Content-Location"} {
			req.Header.Del(name)
		}
	}
	if hop.Auth {
		if err := conn.Prepare(req, target); err != nil {
			return nil, err
		}
	} else {
		req.URL, req.Header = hop.URL, plain(req.Header)
	}
	call.URL = req.URL
	if call.Allow != nil && !call.Allow(req.URL.Hostname()) {
		return nil, ErrHost
	}
	return req, nil
}

// plain keeps the headers that say what is wanted and not who wants it.
func plain(h http.Header) http.Header {
	out := http.Header{}
	for _, name := range []string{"Accept", "Accept-Language", "Range", "If-None-Match", "If-Modified-Since", "If-Range", "User-Agent"} {
		if v, ok := h[name]; ok {
			out[name] = v
		}
	}
	return out
}

// held are the keys under which calls with an account may be held back, the one
// that its app's wishes are kept under first.
func held(scope tenant.Scope, app *catalog.App, a *Account) []string {
	keys := []string{"account:" + scope.Environment() + ":" + a.ID}
	switch of := app.Limits.Scope(); {
	case of == "identity" && a.IdentityID != nil:
		who := sha256.Sum256([]byte(*a.IdentityID))
		keys = []string{"identity:" + scope.Environment() + ":" + a.App + ":" + hex.EncodeToString(who[:16]), keys[0]}
	case of == "client" && a.OauthAppID != nil:
		keys = []string{"client:" + *a.OauthAppID, keys[0]}
	}
	return keys
}

// learn holds calls back when an answer says that the app wants fewer.
func (s *Service) learn(ctx context.Context, keys []string, app *catalog.App, res *http.Response) {
	if until := provider.Wait(app, res, s.Now()); !until.IsZero() {
		s.Limits.Hold(ctx, keys[0], until)
	}
}

// Hide takes the credential out of a text that is to be written down.
func (call *Call) Hide(text string) string {
	for i := range call.used {
		c := &call.used[i]
		text = cut(cut(text, c.AccessToken), c.RefreshToken)
		for _, secrets := range []map[string]string{c.Tokens, c.Inputs} {
			for _, v := range secrets {
				text = cut(text, v)
			}
		}
	}
	return text
}

// cut hides a secret; what is shorter stands everywhere by chance.
func cut(text, secret string) string {
	if len(secret) < 6 {
		return text
	}
	return strings.ReplaceAll(text, secret, "[redacted]")
}
