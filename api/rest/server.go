// Package rest serves the public API: openapi/openapi.yaml, nothing more and nothing less.
//
// A request passes recovery, request id, authentication, a permission check and
// the contract before it reaches a handler. A handler translates and calls one
// service method; it opens no transaction and decides nothing.
package rest

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/patchbay-dev/patchbay/api/answer"
	"github.com/patchbay-dev/patchbay/api/caller"
	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/access"
	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/action"
	"github.com/patchbay-dev/patchbay/internal/appfile"
	"github.com/patchbay-dev/patchbay/internal/archive"
	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/auditwebhook"
	"github.com/patchbay-dev/patchbay/internal/authorization"
	"github.com/patchbay-dev/patchbay/internal/brand"
	"github.com/patchbay-dev/patchbay/internal/connect"
	"github.com/patchbay-dev/patchbay/internal/datastore"
	"github.com/patchbay-dev/patchbay/internal/erasure"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/firing"
	"github.com/patchbay-dev/patchbay/internal/imports"
	"github.com/patchbay-dev/patchbay/internal/instance"
	"github.com/patchbay-dev/patchbay/internal/limit"
	"github.com/patchbay-dev/patchbay/internal/mail"
	"github.com/patchbay-dev/patchbay/internal/manifest"
	"github.com/patchbay-dev/patchbay/internal/member"
	"github.com/patchbay-dev/patchbay/internal/notify"
	"github.com/patchbay-dev/patchbay/internal/plan"
	"github.com/patchbay-dev/patchbay/internal/project"
	"github.com/patchbay-dev/patchbay/internal/promotion"
	"github.com/patchbay-dev/patchbay/internal/registry"
	"github.com/patchbay-dev/patchbay/internal/removal"
	"github.com/patchbay-dev/patchbay/internal/rename"
	"github.com/patchbay-dev/patchbay/internal/replay"
	"github.com/patchbay-dev/patchbay/internal/request"
	"github.com/patchbay-dev/patchbay/internal/rerun"
	"github.com/patchbay-dev/patchbay/internal/run"
	"github.com/patchbay-dev/patchbay/internal/session"
	"github.com/patchbay-dev/patchbay/internal/stash"
	"github.com/patchbay-dev/patchbay/internal/statistics"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
	"github.com/patchbay-dev/patchbay/internal/toolprofile"
	"github.com/patchbay-dev/patchbay/internal/trigger"
	"github.com/patchbay-dev/patchbay/internal/upstream"
	"github.com/patchbay-dev/patchbay/internal/usage"
	"github.com/patchbay-dev/patchbay/internal/variable"
	"github.com/patchbay-dev/patchbay/internal/webhook"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// Server answers every operation of the contract. The compiler knows when one is missing.
type Server struct {
	Access         *access.Service
	Members        *member.Service
	Actions        *action.Service
	Audit          *audit.Service
	AuditWebhooks  *auditwebhook.Service
	Projects       *project.Service
	Catalog        *appfile.Service
	Components     *registry.Service
	Tools          *upstream.Service
	Accounts       *account.Service
	Brands         *brand.Service
	Agents         *authorization.Service
	Connect        *connect.Service
	Events         *event.Service
	Imports        *imports.Service
	Erasures       *erasure.Service
	Renames        *rename.Service
	Removals       *removal.Service
	Payloads       *event.Payloads
	Profiles       *toolprofile.Service
	Webhooks       *webhook.Service
	Replays        *replay.Service
	Reruns         *rerun.Service
	Notify         *notify.Service
	Triggers       *trigger.Service
	Workflows      *workflow.Service
	Manifests      *manifest.Service
	Archives       *archive.Service
	Promotions     *promotion.Service
	Firings        *firing.Service
	Mail           *mail.Service // nil = no e-mail is taken
	Runs           *run.Service
	Requests       *request.Service
	Sessions       *session.Service
	Statistics     *statistics.Service
	DataStores     *datastore.Service
	Instances      *instance.Service
	Variables      *variable.Service
	Stash          *stash.Service
	Limits         *limit.Service
	Usage          *usage.Service
	Plans          *plan.Service
	Metrics        *telemetry.Metrics
	TrustedProxies []string // prefixes of the reverse proxies before us
	Callers        *caller.Authenticator
	Proxy          http.Handler // answers below /proxy/, which is no part of the contract's checks: it streams
	PublicURL      string       // where this API and its endpoints are reached
	WorkflowDomain string       // host names below it are endpoints
}

var _ gen.StrictServerInterface = (*Server)(nil)

var errMalformed = fault.New(fault.Invalid, "malformed", "The request does not fit the contract.")

func writeError(c *gin.Context, err error) {
	if c.FullPath() != "/v1/oauth/token" {
		answer.Error(c, err)
		return
	}
	// OAuth clients read "error" as a code (RFC 6749, 5.2); ours is beside it.
	status, body := answer.BodyOf(c, err)
	code := body.Code
	if code == errMalformed.Code {
		code = "invalid_request"
	}
	c.AbortWithStatusJSON(status, gin.H{"error": code, "error_description": body.Error, "code": code, "details": body.Details})
}

// Handler returns the API, ready to be mounted at /v1.
func (s *Server) Handler() (http.Handler, error) {
	contract, err := newContract()
	if err != nil {
		return nil, err
	}
	g := answer.Engine("rest", s.Metrics, s.TrustedProxies)
	g.NoRoute(contract.unknown)
	v1 := g.Group("/v1", contract.check(s))
	strict := gen.NewStrictHandlerWithOptions(s, []gen.StrictMiddlewareFunc{ownContext}, gen.StrictGinServerOptions{
		RequestErrorHandlerFunc:  func(c *gin.Context, err error) { writeError(c, errMalformed.Because(err)) },
		HandlerErrorFunc:         writeError,
		ResponseErrorHandlerFunc: writeError,
	})
	gen.RegisterHandlersWithOptions(v1, strict, gen.GinServerOptions{
		ErrorHandler: func(c *gin.Context, err error, _ int) { writeError(c, errMalformed.Because(err)) },
	})
	return cors(canonical(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isProxy(r.URL.EscapedPath()) {
			s.Proxy.ServeHTTP(w, r)
			return
		}
		g.ServeHTTP(w, r)
	}))), nil
}

// isProxy reports whether a path is /v1/connect/{project}/proxy, with or without a target.
func isProxy(path string) bool {
	rest, ok := strings.CutPrefix(path, "/v1/connect/")
	_, rest, _ = strings.Cut(rest, "/")
	return ok && (rest == "proxy" || strings.HasPrefix(rest, "proxy/"))
}

// ownContext gives a handler a context that outlives the request. Gin reuses its
// own for the next one, while database/sql may still be reading it.
func ownContext(next gen.StrictHandlerFunc, _ string) gen.StrictHandlerFunc {
	return func(c *gin.Context, req any) (any, error) { return next(c.Copy(), req) }
}

// cors lets browsers of any origin read answers. That gives nothing away: no
// cookie is sent across origins, and a connect token is good only from the
// origins that it names, which the real request is checked for.
func cors(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Origin") != "" {
			h := w.Header()
			h.Set("Access-Control-Allow-Origin", "*")
			h.Set("Access-Control-Expose-Headers", "X-Request-Id, Location, Idempotency-Replayed, Preference-Applied, Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, RateLimit-Policy, RateLimit")
			if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
				h.Set("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE")
				h.Set("Access-Control-Allow-Headers", strings.ToLower(r.Header.Get("Access-Control-Request-Headers"))) // "*" would not cover authorization
				h.Set("Access-Control-Max-Age", "7200")
				w.WriteHeader(http.StatusNoContent)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}
