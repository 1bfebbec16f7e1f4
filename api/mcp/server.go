// Package mcp lets AI agents use the apps that a user has connected: a server of the
// Model Context Protocol over streamable HTTP, without sessions
// (https://modelcontextprotocol.io/specification). It speaks 2026-07-28 and the
// versions before it.
//
// It answers at /mcp/p/{project}/{environment}, at /mcp/p/{project}, and at /mcp, where
// headers or the query name what the path does not. Who calls is an API client or key,
// which names the user in a header, a connect token, which is its user's and may be for
// one tool profile alone, or a program
// that a user allowed to act for them (internal/authorization): at the first address
// alone, which is the resource that its token is for. There are always the same five tools, by
// which all others are found, described and run; the actions of apps that the
// caller names (x-pd-app-slug) are tools beside them. Who comes by a tool profile (a
// third part of the address, or x-pd-tool-profile) is given what is in it and reaches
// nothing else. What a list of tools holds changes with nothing but these.
package mcp

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/patchbay-dev/patchbay/api/answer"
	"github.com/patchbay-dev/patchbay/api/caller"
	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/action"
	"github.com/patchbay-dev/patchbay/internal/approval"
	"github.com/patchbay-dev/patchbay/internal/authorization"
	"github.com/patchbay-dev/patchbay/internal/brand"
	"github.com/patchbay-dev/patchbay/internal/connect"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/plan"
	"github.com/patchbay-dev/patchbay/internal/project"
	"github.com/patchbay-dev/patchbay/internal/registry"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/toolprofile"
)

var (
	errBearer  = fault.New(fault.Unauthenticated, "unauthenticated", "Send an access token, an API key or a connect token: Authorization: Bearer ….")
	errOrigin  = fault.New(fault.Forbidden, "origin_not_allowed", "Pages of other sites may not call this with an access token. Give them a connect token that allows their origin.")
	errProject = fault.New(fault.Invalid, "project_required", "Name the project: in the path, /mcp/p/{project}, or in the header x-pd-project-id.")
	errUser    = fault.New(fault.Invalid, "external_user_id_required", "Name the user for whom tools are used: in the header x-pd-external-user-id.")
	errPlace   = fault.New(fault.Invalid, "environment_conflict", "The address names one environment, and the header x-pd-environment the other.")
	errProfile = fault.New(fault.Invalid, "tool_profile_conflict", "The address names one tool profile, and the header x-pd-tool-profile another.")
	errPinned  = fault.New(fault.Invalid, "tool_profile_and_apps", "A tool profile says which tools there are. Leave the header x-pd-app-slug out.")
	errOther   = fault.New(fault.Forbidden, "other_tool_profile", "The connect token is for another tool profile.")
	errApps    = fault.New(fault.Invalid, "app_slug", "The header x-pd-app-slug names at most 20 apps, separated by commas.")
)

const (
	largest = 1 << 20 // bytes of a request
	fresh   = 5 * time.Minute
	mostApp = 20 // whose actions are tools of their own
)

// Server is the face.
type Server struct {
	Callers        *caller.Authenticator
	Components     *registry.Service
	Actions        *action.Service
	Accounts       *account.Service
	Connect        *connect.Service
	Brands         *brand.Service
	Agents         *authorization.Service
	Profiles       *toolprofile.Service
	Approvals      *approval.Service
	Projects       *project.Service
	Plans          *plan.Service // how often, and how much; nil = any number
	Metrics        *telemetry.Metrics
	TrustedProxies []string      // prefixes of the reverse proxies before us
	Version        string        // of the product
	Wait           time.Duration // for an account, once its user has been sent to connect it
	Now            func() time.Time
}

// byQuery are headers that may stand in the query of /mcp instead.
var byQuery = map[string]string{
	"projectId": "X-Pd-Project-Id", "environment": "X-Pd-Environment", "externalUserId": "X-Pd-External-User-Id", "app": "X-Pd-App-Slug", "accountId": "X-Pd-Account-Id",
	"toolProfile": "X-Pd-Tool-Profile",
}

// Takes reports whether a path is this face's.
func Takes(path string) bool { return path == "/mcp" || strings.HasPrefix(path, "/mcp/") }

// Handler returns the face.
func (s *Server) Handler() http.Handler { return s.handler(s.visit, (*visit).server) }

// handler is the face for those whom find lets in, with the tools of what serves them.
// The protocol's conformance suite has tools of its own (conformance_test.go).
func (s *Server) handler(find func(r *http.Request, projectID, environment, profile string) (*visit, error), serving func(*visit, *mcp.SchemaCache) *mcp.Server) http.Handler {
	schemas := mcp.NewSchemaCache()
	protocol := mcp.NewStreamableHTTPHandler(func(r *http.Request) *mcp.Server { return serving(visitOf(r.Context()), schemas) }, &mcp.StreamableHTTPOptions{
		Stateless: true, JSONResponse: true, MaxRequestBodyBytes: largest,
		DisableLocalhostProtection: true, // nothing is let in by where it comes from, and a proxy on this machine passes the public name on
	})
	g := answer.Engine("mcp", s.Metrics, s.TrustedProxies)
	serve := func(c *gin.Context) {
		v, err := find(c.Request, c.Param("project"), c.Param("environment"), c.Param("profile"))
		if err != nil {
			if how := s.challenge(c, fault.Of(err)); how != "" {
				c.Header("WWW-Authenticate", how)
			}
			answer.Error(c, err)
			return
		}
		c.Header("Cache-Control", "no-store")
		protocol.ServeHTTP(c.Writer, c.Request.WithContext(context.WithValue(caller.With(c.Request.Context(), v.principal), visitKey{}, v)))
	}
	g.Any("/mcp", serve)
	g.Any("/mcp/p/:project", serve)
	g.Any("/mcp/p/:project/:environment", serve)
	g.Any("/mcp/p/:project/:environment/:profile", serve)
	return g
}

// challenge tells a client how it may come in (RFC 6750, 3; RFC 9728, 5.1): at an
// address that is a resource, where it is described, so that its user can sign in.
func (s *Server) challenge(c *gin.Context, f *fault.Error) string {
	environment := c.Param("environment")
	resource := (environment == tenant.Development || environment == tenant.Production) && (c.Param("profile") == "" || toolprofile.Named(c.Param("profile")))
	brought := strings.HasPrefix(c.GetHeader("Authorization"), "Bearer "+authorization.AccessPrefix)
	said := []string{}
	switch {
	case f.Kind == fault.Unauthenticated && !resource:
		return "Bearer"
	case f.Kind == fault.Unauthenticated && brought:
		said = append(said, `error="invalid_token"`)
	case f.Kind == fault.Unauthenticated:
	case brought && caller.Lacking(f):
		said = append(said, `error="insufficient_scope"`)
	default:
		return ""
	}
	said = append(said, `resource_metadata="`+s.Agents.Described(c.Param("project"), environment, c.Param("profile"))+`"`, `scope="`+strings.Join(authorization.Scopes, " ")+`"`)
	return "Bearer " + strings.Join(said, ", ")
}

type visitKey struct{}

func visitOf(ctx context.Context) *visit { return ctx.Value(visitKey{}).(*visit) } //nolint:forcetypeassert // Handler put it there

// visit is one request: who makes it, and for whom.
type visit struct {
	*Server

	principal *caller.Principal
	user      string               // whose accounts are used
	apps      []string             // whose actions are tools of their own
	profile   *toolprofile.Profile // of what they may use; nil = all
	accountID string               // that is used of its app; "" = the only one
	link      connect.TokenInput
}

// agree puts what the address names into the headers, which may not say otherwise.
func agree(h http.Header, environment, profile string) error {
	for _, said := range []struct {
		header, path string
		other        error
	}{{"X-Pd-Environment", environment, errPlace}, {"X-Pd-Tool-Profile", profile, errProfile}} {
		switch header := h.Get(said.header); {
		case said.path == "" || header == said.path:
		case header == "":
			h.Set(said.header, said.path)
		default:
			return said.other
		}
	}
	return nil
}

// visit finds out who calls and for whom.
func (s *Server) visit(r *http.Request, projectID, environment, profile string) (*visit, error) {
	if err := agree(r.Header, environment, profile); err != nil {
		return nil, err
	}
	if projectID == "" {
		for name, header := range byQuery {
			if v := r.URL.Query().Get(name); v != "" && r.Header.Get(header) == "" {
				r.Header.Set(header, v)
			}
		}
		projectID = r.Header.Get("X-Pd-Project-Id")
	}
	profile = r.Header.Get("X-Pd-Tool-Profile")
	bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	byUser := strings.HasPrefix(bearer, "ctok_")
	switch origin := r.Header.Get("Origin"); {
	case !ok:
		return nil, errBearer
	case !byUser && origin != "" && !slices.Contains(s.Callers.OwnOrigins, origin):
		return nil, errOrigin
	case projectID == "" && byUser:
		projectID = "-" // its own
	case projectID == "":
		return nil, errProject
	}
	p, err := s.Callers.Authenticate(r, caller.Need{Scope: mayRun, AccessToken: true, ConnectToken: true, Tools: true, Project: projectID, Environment: true, Agent: environment != "", Profile: profile, Often: true})
	if err != nil {
		return nil, err
	}
	v := &visit{Server: s, principal: p, accountID: r.Header.Get("X-Pd-Account-Id")}
	if v.user, err = p.User(r.Header.Get("X-Pd-External-User-Id")); err == nil && v.user == "" {
		err = errUser
	}
	if err != nil {
		return nil, err
	}
	for app := range strings.SplitSeq(r.Header.Get("X-Pd-App-Slug"), ",") {
		if app = strings.TrimSpace(app); app != "" && !slices.Contains(v.apps, app) {
			v.apps = append(v.apps, app)
		}
	}
	if err := v.by(r.Context(), profile); err != nil {
		return nil, err
	}
	v.link = connect.TokenInput{ExternalUserID: v.user}
	if p.Trusted() {
		for header, to := range map[string]**string{
			"X-Pd-Oauth-App-Id": &v.link.OAuthAppID, "X-Pd-Webhook-Uri": &v.link.WebhookURI,
			"X-Pd-Success-Redirect-Uri": &v.link.SuccessRedirectURI, "X-Pd-Error-Redirect-Uri": &v.link.ErrorRedirectURI,
		} {
			if text := r.Header.Get(header); text != "" {
				*to = &text
			}
		}
	}
	return v, nil
}
