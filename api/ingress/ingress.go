// Package ingress takes what comes in for workflows and triggers, at
// {public url}/e/{endpoint} and at {endpoint}.{workflow domain}. What it has
// answered with a 2xx is in the database.
package ingress

import (
	"errors"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/patchbay-dev/patchbay/api/answer"
	"github.com/patchbay-dev/patchbay/api/caller"
	"github.com/patchbay-dev/patchbay/internal/access"
	"github.com/patchbay-dev/patchbay/internal/endpoint"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/inbound"
	"github.com/patchbay-dev/patchbay/internal/intake"
	"github.com/patchbay-dev/patchbay/internal/project"
	"github.com/patchbay-dev/patchbay/internal/run"
	"github.com/patchbay-dev/patchbay/internal/stash"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/trigger"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

const (
	// maxBody is the largest request that is taken, in bytes.
	maxBody = intake.MaxBody
	// answerWithin is how long a caller is kept for a workflow that answers itself.
	answerWithin = 30 * time.Second
	// mayInvoke is the scope of who calls a workflow that wants a token of the API.
	mayInvoke = "connect:workflow:invoke"
)

var (
	errTooLarge    = fault.New(fault.TooLarge, "body_too_large", "The body is larger than %d bytes.", maxBody)
	errLoop        = fault.New(fault.Conflict, "loop", "The call came back to us %d times: a webhook or a workflow leads to itself.", event.MaxHops)
	errToken       = fault.New(fault.Unauthenticated, "unauthenticated", "This workflow wants a valid bearer token.")
	errEnvironment = fault.New(fault.Invalid, "environment", "x-pd-environment is development or production.")
	errBound       = fault.New(fault.Forbidden, "client_environment", "The API client is for the other environment.")
	errAddress     = fault.New(fault.Forbidden, "address_not_allowed", "This workflow takes no calls from your address.")
	errUserOpen    = fault.New(fault.Unauthenticated, "user_needs_auth", "A workflow runs for a user only when its caller is authenticated: set its trigger's auth to oauth or bearer.")
)

// Server is the face.
type Server struct {
	Endpoints      *endpoint.Service
	Access         *access.Service
	Projects       *project.Service
	Workflows      *workflow.Service
	Runs           *run.Service
	Triggers       *trigger.Service
	Stash          *stash.Service // where files that come with requests are kept
	Metrics        *telemetry.Metrics
	TrustedProxies []string // prefixes of the reverse proxies before us
	Domain         string   // host names below it are endpoints
	PublicURL      string   // at which callers know us
}

// Handler returns the face. It answers below /e/ and, for the hosts that Takes
// knows, at every path.
func (s *Server) Handler() http.Handler {
	g := answer.Engine("ingress", s.Metrics, s.TrustedProxies)
	g.NoRoute(func(c *gin.Context) {
		if endpointID := s.ofHost(c.Request.Host); endpointID != "" {
			s.serve(c, endpointID, c.Request.URL.Path)
			return
		}
		rest, ok := strings.CutPrefix(c.Request.URL.Path, "/e/")
		endpointID, path, _ := strings.Cut(rest, "/")
		if !ok || endpointID == "" {
			answer.Error(c, endpoint.ErrNotFound)
			return
		}
		s.serve(c, endpointID, "/"+path)
	})
	return g
}

// Takes reports whether requests to the host are for an endpoint.
func (s *Server) Takes(host string) bool { return s.ofHost(host) != "" }

func (s *Server) ofHost(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	label, ok := strings.CutSuffix(strings.ToLower(host), "."+s.Domain)
	if !ok || strings.Contains(label, ".") {
		return ""
	}
	return label
}

func (s *Server) serve(c *gin.Context, endpointID, path string) {
	open(c)
	if err := bounded(c.Request.Header); err != nil {
		answer.Error(c, err)
		return
	}
	hops, _ := strconv.Atoi(c.GetHeader(event.HopsHeader)) // a caller that is not us sends none
	if hops >= event.MaxHops {
		answer.Error(c, errLoop)
		return
	}
	found, err := s.Endpoints.Find(c.Request.Context(), endpointID)
	if err == nil && strings.HasPrefix(endpointID, endpoint.Mail) { // it is one for e-mail
		err = endpoint.ErrNotFound
	}
	if err != nil && preflight(c) { // so that the page is told
		return
	}
	if err != nil {
		answer.Error(c, err)
		return
	}
	if strings.HasPrefix(found.TargetID, "p_") {
		s.workflow(c, found, path, hops)
		return
	}
	if preflight(c) {
		return
	}
	request, err := s.read(c)
	if err != nil {
		answer.Error(c, err)
		return
	}
	take := s.Triggers.Take
	if strings.HasPrefix(found.TargetID, "aad_") {
		take = s.Triggers.Receive
	}
	out, err := take(c.Request.Context(), found.Scope(""), found.TargetID, arrival(c, request, path, hops, false))
	if err != nil {
		s.refuse(c, err)
		return
	}
	s.taken(c, out)
}

// taken tells the caller what became of the request.
func (s *Server) taken(c *gin.Context, out *intake.Answer) {
	s.harmless(c)
	for k, v := range out.Headers {
		c.Header(k, v)
	}
	if out.Replayed {
		c.Header("Idempotency-Replayed", "true")
	}
	c.Status(out.Status)
	if out.Body == "" {
		c.Writer.WriteHeaderNow()
		return
	}
	_, _ = c.Writer.WriteString(out.Body) // a caller that hung up hears nothing
}

func (s *Server) workflow(c *gin.Context, found *endpoint.Found, path string, hops int) {
	ctx := c.Request.Context()
	w, d, err := s.Workflows.Running(ctx, found.Project, found.TargetID)
	if err != nil {
		if errors.Is(err, workflow.ErrNotFound) {
			err = endpoint.ErrNotFound // to a caller, a workflow that is off is not there
		}
		if preflight(c) {
			return
		}
		answer.Error(c, err)
		return
	}
	if err := cross(c, d.HTTP().CORS); err != nil {
		answer.Error(c, err)
		return
	}
	if preflight(c) {
		return
	}
	user := c.GetHeader("X-Pd-External-User-Id")
	scope, err := s.admit(c, found, w, d, user)
	if err != nil {
		answer.Error(c, err)
		return
	}
	request, err := s.readFor(c, scope, w.ID, user)
	if err != nil {
		answer.Error(c, err)
		return
	}
	a := arrival(c, request, path, hops, d.HTTP().Auth != workflow.AuthNone)
	if a.Accounts, err = accountMap(c.GetHeader("X-Patchbay-Account-Map")); err != nil {
		answer.Error(c, err)
		return
	}
	out, err := s.Runs.Take(ctx, scope, w.ID, user, a)
	if out != nil && len(out.Runs) > 0 {
		c.Header("X-Patchbay-Run-Id", out.Runs[0])
	}
	if err != nil {
		s.refuse(c, err)
		return
	}
	switch mode := d.Reply().Mode; {
	case mode == workflow.ReplyWorkflow && len(out.Runs) == 1:
		s.respond(c, scope, out.Runs[0])
	case mode == workflow.ReplyAccepted && len(out.Runs) > 0:
		s.accepted(c, scope, out)
	default:
		s.taken(c, out.Answer)
	}
}

// arrival is a request as its address takes it. ours says that the credential
// that it carries was for us.
func arrival(c *gin.Context, request *inbound.Request, path string, hops int, ours bool) *intake.Arrival {
	return &intake.Arrival{
		Request: request, Path: path, ClientIP: c.ClientIP(), Hops: hops, Ours: ours, IdempotencyKey: c.GetHeader("Idempotency-Key"),
		NoStore: c.GetHeader("X-Pd-Nostore") == "1", NoTrigger: c.GetHeader("X-Pd-Notrigger") == "1",
	}
}

func (s *Server) refuse(c *gin.Context, err error) {
	if errors.Is(err, intake.ErrBusy) {
		c.Header("Retry-After", strconv.Itoa(intake.RetryAfter))
	}
	answer.Error(c, err)
}

// admit checks that the caller may start the workflow, for the user that it
// names, and returns where.
func (s *Server) admit(c *gin.Context, found *endpoint.Found, w *workflow.Workflow, d *workflow.Definition, user string) (tenant.Scope, error) {
	name := c.GetHeader("X-Pd-Environment")
	if name == "" {
		name = d.HTTP().Environment
	}
	if name == "" {
		name = tenant.Production
	}
	scope := found.Scope(name)
	if !scope.Valid() {
		return scope, errEnvironment
	}
	if !d.HTTP().Admits(c.ClientIP()) {
		return scope, errAddress
	}
	bearer, _ := strings.CutPrefix(c.GetHeader("Authorization"), "Bearer ")
	switch d.HTTP().Auth {
	case workflow.AuthOAuth:
		g, err := s.Access.Verify(c.Request.Context(), bearer, c.ClientIP())
		if err != nil {
			return scope, errToken.Because(err)
		}
		if !access.Allows(g.Scopes, mayInvoke) {
			return scope, caller.Lacks(mayInvoke)
		}
		if !g.Project(found.Project) {
			return scope, endpoint.ErrNotFound // a client of other projects
		}
		if !g.Environment(name) {
			return scope, errBound
		}
		if _, err := s.Projects.Get(c.Request.Context(), g.Workspace, found.Project); err != nil {
			return scope, endpoint.ErrNotFound.Because(err) // another workspace's token
		}
	case workflow.AuthHMAC: // as the workflow's intake says, when the request is taken
	case workflow.AuthBearer:
		if !w.TakesBearer(bearer) {
			return scope, errToken
		}
	default:
		if user != "" {
			return scope, errUserOpen
		}
	}
	return scope, nil
}
