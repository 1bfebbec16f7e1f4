// Package proxy passes calls on to the apps that users have connected, with the
// credential of an account. It streams both ways and changes no body.
package proxy

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/patchbay-dev/patchbay/api/answer"
	"github.com/patchbay-dev/patchbay/api/caller"
	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/egress"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
)

var (
	errTarget  = fault.New(fault.Invalid, "proxy_url", "The last part of the path is not a URL in base64.")
	errAccount = fault.New(fault.Invalid, "account_id_required", "Name the account in the query: account_id.")
	errUser    = fault.New(fault.Invalid, "external_user_id_required", "Name the account's user in the query: external_user_id.")
	errMethod  = fault.New(fault.NotAllowed, "method_not_allowed", "The proxy takes GET, POST, PUT, PATCH and DELETE.")
	errTimeout = fault.New(fault.Timeout, "upstream_timeout", "The app did not answer within 30 seconds.")
	errDown    = fault.New(fault.Unavailable, "upstream_unreachable", "The app could not be reached.")
)

// errHeader is the answer to a header that a caller may not set at the app.
func errHeader(name string) error {
	return fault.New(fault.Invalid, "restricted_header", "The header %s may not be sent through the proxy.", name)
}

const (
	prefix = "X-Pd-Proxy-"
	// replayable is the largest body that is kept for a second try, in bytes.
	replayable = 1 << 20
)

var methods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

// restricted are the headers that a caller may not set, beside Proxy-* and Sec-*.
var restricted = map[string]bool{
	"Accept-Encoding": true, "Access-Control-Request-Headers": true, "Access-Control-Request-Method": true, "Connection": true, "Content-Length": true,
	"Cookie": true, "Date": true, "Dnt": true, "Expect": true, "Host": true, "Keep-Alive": true, "Origin": true, "Permissions-Policy": true, "Referer": true,
	"Te": true, "Trailer": true, "Transfer-Encoding": true, "Upgrade": true, "Via": true, "User-Agent": true,
}

// ofHop are the headers of an answer that speak of one connection, or of a
// browser's trust in our origin, and are not passed on.
var ofHop = []string{
	"Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "Set-Cookie",
	"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Expose-Headers", "Strict-Transport-Security",
	"Content-Security-Policy", "Clear-Site-Data", "Public-Key-Pins", "Alt-Svc", "X-Request-Id",
}

// Server is the face.
type Server struct {
	Callers  *caller.Authenticator
	Accounts *account.Service
	Metrics  *telemetry.Metrics
}

// Handler returns the face. It answers at /v1/connect/{project}/proxy/{target}.
func (s *Server) Handler() http.Handler {
	g := answer.Engine("proxy", s.Metrics)
	g.NoRoute(func(c *gin.Context) {
		if err := s.pass(c); err != nil {
			answer.Error(c, err)
		}
	})
	return g
}

func (s *Server) pass(c *gin.Context) error {
	r := c.Request
	projectID, encoded := split(r.URL.EscapedPath())
	p, err := s.Callers.Authenticate(r, caller.Need{Scope: "connect:proxy", AccessToken: true, ConnectToken: true, Project: projectID, Environment: true})
	if err != nil {
		return err
	}
	if !slices.Contains(methods, r.Method) {
		return errMethod
	}
	target, err := decode(encoded)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	user, err := p.User(q.Get("external_user_id"))
	switch {
	case err != nil:
		return err
	case user == "":
		return errUser
	case q.Get("account_id") == "":
		return errAccount
	}
	a, err := s.Accounts.Get(r.Context(), p.Scope, q.Get("account_id"), user)
	if err != nil {
		return err
	}
	out, again, err := outgoing(r)
	if err != nil {
		return err
	}
	res, err := s.Accounts.Forward(r.Context(), p.Scope, a.ID, out, target, again)
	if err != nil {
		return worded(r.Context(), err)
	}
	defer func() { _ = res.Body.Close() }()
	back(c, res)
	return nil
}

// split cuts a path into the project and the encoded target.
func split(path string) (projectID, encoded string) {
	projectID, rest, _ := strings.Cut(strings.TrimPrefix(path, "/v1/connect/"), "/")
	return projectID, strings.TrimPrefix(rest, "proxy/")
}

// decode reads a target in base64, of either alphabet, padded or not: clients
// differ. A plus sign may have come as a space.
func decode(encoded string) (string, error) {
	text, err := url.PathUnescape(encoded)
	if err != nil {
		return "", errTarget.Because(err)
	}
	text = strings.NewReplacer("-", "+", "_", "/", " ", "+").Replace(strings.TrimRight(text, "="))
	raw, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil {
		return "", errTarget.Because(err)
	}
	target := string(raw)
	if _, err := url.Parse(target); err != nil || !strings.HasPrefix(target, "https://") && !strings.HasPrefix(target, "http://") && !strings.HasPrefix(target, "/") {
		return "", errTarget
	}
	return target, nil
}

// outgoing makes the request to the app of the caller's: its method and body,
// the headers that carry the prefix, and nothing else. again gives the body
// once more, or is nil when it is too long to be kept.
func outgoing(r *http.Request) (out *http.Request, again func() io.ReadCloser, err error) {
	out, err = http.NewRequestWithContext(r.Context(), r.Method, "https://account.invalid/", r.Body) // its address is set with the credential
	if err != nil {
		return nil, nil, err //nolint:wrapcheck // a method that was checked
	}
	out.ContentLength = r.ContentLength
	for name, values := range r.Header {
		bare, ok := strings.CutPrefix(name, prefix)
		if !ok {
			continue
		}
		bare = http.CanonicalHeaderKey(bare)
		if bare == "" || restricted[bare] || strings.HasPrefix(bare, "Proxy-") || strings.HasPrefix(bare, "Sec-") {
			return nil, nil, errHeader(bare)
		}
		out.Header[bare] = values
	}
	if kind := r.Header.Get("Content-Type"); kind != "" && out.Header.Get("Content-Type") == "" {
		out.Header.Set("Content-Type", kind)
	}
	out.Header.Set("User-Agent", "Patchbay/1")
	switch {
	case r.ContentLength == 0:
		out.Body = http.NoBody
		return out, func() io.ReadCloser { return http.NoBody }, nil
	case r.ContentLength > 0 && r.ContentLength <= replayable:
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, nil, fault.New(fault.Invalid, "body", "The body broke off.").Because(err)
		}
		fresh := func() io.ReadCloser { return io.NopCloser(bytes.NewReader(body)) }
		out.Body = fresh()
		return out, fresh, nil
	default:
		return out, nil, nil
	}
}

// back passes the app's answer on as it comes. It comes from our origin, so a
// browser must not take it for a page of ours.
func back(c *gin.Context, res *http.Response) {
	h := c.Writer.Header()
	for name, values := range res.Header {
		if !slices.Contains(ofHop, name) {
			h[name] = values
		}
	}
	h.Set("Content-Security-Policy", "sandbox")
	h.Set("X-Content-Type-Options", "nosniff")
	c.Status(res.StatusCode)
	c.Writer.WriteHeaderNow()
	buffer := make([]byte, 32<<10)
	for {
		n, err := res.Body.Read(buffer)
		if n > 0 {
			if _, werr := c.Writer.Write(buffer[:n]); werr != nil {
				return // the caller hung up
			}
			c.Writer.Flush()
		}
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			slog.InfoContext(c.Request.Context(), "the app's answer broke off", "error", egress.Class(err))
			panic(http.ErrAbortHandler) // the caller must not take half an answer for a whole one
		}
	}
}

// worded says what went wrong on the way to the app, without its addresses.
func worded(ctx context.Context, err error) error {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f
	}
	if egress.Class(err) == "timeout" && ctx.Err() == nil {
		return errTimeout.Because(err)
	}
	return errDown.Because(err)
}
