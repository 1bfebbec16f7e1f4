package rest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/gin-gonic/gin"

	"github.com/patchbay-dev/patchbay/api/answer"
	"github.com/patchbay-dev/patchbay/api/caller"
	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/limit"
)

var (
	errGrantType = fault.New(fault.Invalid, "unsupported_grant_type", "The only grant_type is client_credentials.").At("grant_type")
	errMethod    = fault.New(fault.NotAllowed, "method_not_allowed", "This endpoint does not take that method.")
)

// maxBody is the largest body of a request to the API, in bytes, where the
// operation names no x-max-body.
const maxBody = 1 << 20

func tooLarge(most int64) *fault.Error {
	return fault.New(fault.TooLarge, "body_too_large", "The body is larger than %d bytes.", most)
}

// largest returns how many bytes an operation takes.
func largest(op *openapi3.Operation) int64 {
	if n, ok := op.Extensions["x-max-body"].(float64); ok {
		return int64(n)
	}
	return maxBody
}

// contract checks requests against the OpenAPI document that the server embeds.
type contract struct{ router routers.Router }

func newContract() (*contract, error) {
	doc, err := gen.GetSpec()
	if err != nil {
		return nil, fmt.Errorf("read contract: %w", err)
	}
	openapi3filter.RegisterBodyDecoder("application/yaml", openapi3filter.FileBodyDecoder) // checked by the handler, which says more
	r, err := gorillamux.NewRouter(doc)
	if err != nil {
		return nil, fmt.Errorf("route contract: %w", err)
	}
	// The checker compiles a 3.1 document's schemas anew for every request, at a third of the cost of the request. Its own
	// validator for 3.0 knows all that the document says, null among the types included.
	doc.OpenAPI = "3.0.3"
	return &contract{r}, nil
}

// check authenticates, asks for the operation's x-permission, and validates the
// request. An operation without x-permission is refused, so none is open by
// omission: one that is meant to be says "security: []".
func (ct *contract) check(s *Server) gin.HandlerFunc {
	return func(c *gin.Context) {
		c.Header("Cache-Control", "no-store") // tokens, keys and what users have connected
		route, params, err := ct.router.FindRoute(c.Request)
		if err != nil {
			ct.unknown(c)
			return
		}
		c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, largest(route.Operation))
		for k, v := range params { // the router hands them on as they were escaped
			params[k], _ = url.PathUnescape(v)
		}
		op := route.Operation
		if op.Deprecated {
			c.Header("Deprecation", deprecation(op))
		}
		if op.Security == nil || len(*op.Security) > 0 {
			scope, _ := op.Extensions["x-permission"].(string)
			p, err := s.Callers.Authenticate(c.Request, caller.Need{
				Scope: scope, AccessToken: takes(op, "oauth"), ConnectToken: takes(op, "connectToken"), Project: params["project_id"], Environment: scoped(route),
				Everywhere: extended(op, "x-everywhere"), Often: c.Request.Method == http.MethodGet, // who reads in a project that went seconds ago finds nothing in it
			})
			if err != nil {
				writeError(c, err)
				return
			}
			if p.Standing, err = s.often(c.Request.Context(), op, p); err != nil {
				writeError(c, err)
				return
			}
			answer.Standing(c, p.Standing)
			c.Request = c.Request.WithContext(caller.With(c.Request.Context(), p))
		}
		err = openapi3filter.ValidateRequest(c.Request.Context(), &openapi3filter.RequestValidationInput{
			Request: c.Request, PathParams: params, Route: route,
			Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
		})
		if err != nil {
			writeError(c, invalid(err))
		}
	}
}

// often counts a request under the limit that its operation names, and returns what
// is left of the nearest. What members look at in the console is not counted.
func (s *Server) often(ctx context.Context, op *openapi3.Operation, p *caller.Principal) (limit.Standing, error) {
	name, _ := op.Extensions["x-rate-limit"].(string)
	if name == "" || p.Member != nil || !p.Scope.Valid() {
		return p.Standing, nil
	}
	at, err := s.Plans.Take(ctx, name, p.Scope.Project(), "")
	if err != nil || at.Rate.Requests == 0 || p.Standing.Rate.Requests > 0 && p.Standing.Remaining < at.Remaining {
		return p.Standing, err
	}
	return at, nil
}

func principal(ctx context.Context) *caller.Principal { return caller.Of(ctx) }

// unknown answers a request that the contract does not have: its address, or
// only its method, in which case the answer says which there are.
func (ct *contract) unknown(c *gin.Context) {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		try := *c.Request
		try.Method = method
		if _, _, err := ct.router.FindRoute(&try); err == nil {
			allowed = append(allowed, method)
		}
	}
	if len(allowed) == 0 {
		writeError(c, answer.ErrUnknownRoute)
		return
	}
	c.Header("Allow", strings.Join(allowed, ", "))
	writeError(c, errMethod)
}

// takes reports whether the operation may be called with the scheme. The
// document's own security, an access token, stands for operations that say nothing.
func takes(op *openapi3.Operation, scheme string) bool {
	if op.Security == nil {
		return scheme == "oauth"
	}
	return slices.ContainsFunc(*op.Security, func(r openapi3.SecurityRequirement) bool { _, ok := r[scheme]; return ok })
}

// extended reports whether the operation has an extension that says yes.
func extended(op *openapi3.Operation, name string) bool {
	on, _ := op.Extensions[name].(bool)
	return on
}

// deprecation is since when an operation is deprecated, as RFC 9745 has it in its header.
func deprecation(op *openapi3.Operation) string {
	since, _ := op.Extensions["x-deprecated-since"].(string)
	day, err := time.Parse(time.DateOnly, since)
	if err != nil {
		return "@0" // a test holds the contract to a day
	}
	return "@" + strconv.FormatInt(day.Unix(), 10)
}

// scoped reports whether the operation belongs to an environment.
func scoped(route *routers.Route) bool {
	names := func(ps openapi3.Parameters) bool { return ps.GetByInAndName("header", "x-pd-environment") != nil }
	return names(route.Operation.Parameters) || names(route.PathItem.Parameters)
}

// invalid says which field is at fault, and why, in the contract's own words.
func invalid(err error) error {
	if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return tooLarge(large.Limit)
	}
	f := *errMalformed
	if re, ok := errors.AsType[*openapi3filter.RequestError](err); ok {
		where, reason, missing := "body", re.Reason, false
		if re.Parameter != nil {
			where = re.Parameter.Name
		}
		if se, ok := errors.AsType[*openapi3.SchemaError](re.Err); ok {
			if path := se.JSONPointer(); len(path) > 0 && re.Parameter == nil {
				where = strings.Join(path, ".")
			}
			reason, missing = finding(se.Reason), se.SchemaField == "required"
		} else if re.Err != nil {
			reason, _, _ = strings.Cut(re.Err.Error(), "\n")
		}
		if errors.Is(re.Err, io.EOF) || errors.Is(re.Err, io.ErrUnexpectedEOF) {
			reason = "it is not complete JSON"
		}
		if where == "grant_type" && !missing {
			return errGrantType.Because(err)
		}
		f.Message = fmt.Sprintf("%s: %s", where, reason)
		if where != "body" {
			return f.At(where).Because(err)
		}
	}
	return f.Because(err)
}

// finding returns the first finding of a check by JSON Schema, without the
// heading, which speaks of a document of the checker's own.
func finding(reason string) string {
	_, list, ok := strings.Cut(reason, "\n- at '")
	if !ok {
		return reason
	}
	_, text, _ := strings.Cut(list, "': ")
	text, _, _ = strings.Cut(text, "\n")
	return text
}
