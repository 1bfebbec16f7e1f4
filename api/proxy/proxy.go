// Package proxy passes calls on to the apps that users have connected, with the
// credential of an account. It streams both ways and changes no body.
package proxy

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/patchbay-dev/patchbay/api/answer"
	"github.com/patchbay-dev/patchbay/api/caller"
	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/egress"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/limit"
	"github.com/patchbay-dev/patchbay/internal/plan"
	"github.com/patchbay-dev/patchbay/internal/project"
	"github.com/patchbay-dev/patchbay/internal/request"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
	"github.com/patchbay-dev/patchbay/internal/usage"
)

var (
	errTarget  = fault.New(fault.Invalid, "proxy_url", "The last part of the path is not a URL in base64, and there is none in the query: url.")
	errAccount = fault.New(fault.Invalid, "account_id_required", "Name the account in the query: account_id.")
	errUser    = fault.New(fault.Invalid, "external_user_id_required", "Name the account's user in the query: external_user_id.")
	errMethod  = fault.New(fault.NotAllowed, "method_not_allowed", "The proxy takes GET, POST, PUT, PATCH and DELETE.")
	errDown    = fault.New(fault.Unavailable, "upstream_unreachable", "The app could not be reached.")
)

var methods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

// Server is the face.
type Server struct {
	Callers        *caller.Authenticator
	Projects       *project.Service
	Accounts       *account.Service
	Requests       *request.Service
	Plans          *plan.Service // how often, and how much; nil = any number
	Timeout        time.Duration // until the app's answer begins; what has begun may take as long as it takes
	Metrics        *telemetry.Metrics
	TrustedProxies []string // prefixes of the reverse proxies before us
	Now            func() time.Time
}

// Handler returns the face. It answers at /v1/connect/{project}/proxy/{target}
// and at /v1/connect/{project}/proxy?url={target}.
func (s *Server) Handler() http.Handler {
	g := answer.Engine("proxy", s.Metrics, s.TrustedProxies)
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
	p, err := s.Callers.Authenticate(r, caller.Need{Scope: "connect:proxy", AccessToken: true, ConnectToken: true, Project: projectID, Environment: true, Often: true})
	if err != nil {
		return err
	}
	rules, err := s.Projects.ProxyRules(r.Context(), p.Scope)
	if err != nil {
		return err
	}
	x := &exchange{Server: s, c: c, principal: p, rules: rules, query: r.URL.Query(), began: s.Now()}
	defer x.log() // also when the connection is cut
	if _, err := s.Plans.Take(r.Context(), limit.Proxy, p.Scope.Project(), ""); err != nil {
		return x.failed(err)
	}
	if err := s.Plans.Allow(r.Context(), p.Scope.Project(), usage.ProxyCalls); err != nil {
		return x.failed(err)
	}
	if err := x.prepare(encoded); err != nil {
		return x.failed(err)
	}
	res, err := s.Accounts.Forward(r.Context(), p.Scope, x.query.Get("account_id"), &x.call)
	if err != nil {
		if errors.Is(err, account.ErrOwner) && !p.Trusted() {
			err = account.ErrNotFound // a user learns nothing of others
		}
		return x.failed(s.worded(r.Context(), err))
	}
	defer func() { _ = res.Body.Close() }()
	x.back(res)
	return nil
}

// split cuts a path into the project and the encoded target.
func split(path string) (projectID, encoded string) {
	projectID, rest, _ := strings.Cut(strings.TrimPrefix(path, "/v1/connect/"), "/")
	return projectID, strings.TrimPrefix(strings.TrimPrefix(rest, "proxy"), "/")
}

// check returns a target that may be looked at: a path or a URL. Whether it may
// be called, the app and the project decide.
func check(target string) (string, error) {
	u, err := url.Parse(target)
	switch {
	case err != nil, strings.HasPrefix(target, "//"), strings.ContainsAny(target, "\\\x00"):
		return "", errTarget
	case u.Host != "" && (u.Scheme == "https" || u.Scheme == "http"), strings.HasPrefix(target, "/"):
		return target, nil
	default:
		return "", errTarget
	}
}

// worded says what went wrong on the way to the app, without its addresses.
func (s *Server) worded(ctx context.Context, err error) error {
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	if egress.Class(err) == "timeout" && ctx.Err() == nil {
		return fault.New(fault.Timeout, "upstream_timeout", "The app did not begin to answer within %s.", seconds(s.Timeout)).Because(err)
	}
	return errDown.Because(err)
}

func seconds(d time.Duration) string {
	if d < time.Second {
		return d.String()
	}
	return fmt.Sprintf("%d seconds", int(d.Seconds()))
}

// allowed reports whether a caller may use the method.
func allowed(method string) bool { return slices.Contains(methods, method) }
