// Package answer is what the faces share: an engine that gives every request an
// id, a log line and a measurement, and the one form in which errors go out.
package answer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/limit"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
)

// ErrUnknownRoute is the answer to an address that a face does not have.
var ErrUnknownRoute = fault.New(fault.NotFound, "unknown_route", "There is no such endpoint.")

// statuses is the one place where a fault becomes an HTTP status.
var statuses = map[fault.Kind]int{
	fault.Invalid:         http.StatusBadRequest,
	fault.Unauthenticated: http.StatusUnauthorized,
	fault.Forbidden:       http.StatusForbidden,
	fault.NotFound:        http.StatusNotFound,
	fault.Gone:            http.StatusGone,
	fault.NotAllowed:      http.StatusMethodNotAllowed,
	fault.Conflict:        http.StatusConflict,
	fault.TooLarge:        http.StatusRequestEntityTooLarge,
	fault.RateLimited:     http.StatusTooManyRequests,
	fault.Unavailable:     http.StatusServiceUnavailable,
	fault.Timeout:         http.StatusGatewayTimeout,
	fault.Internal:        http.StatusInternalServerError,
}

// Status returns the HTTP status of a fault.
func Status(f *fault.Error) int { return statuses[f.Kind] }

// Body is an error on the wire.
type Body struct {
	Error   string         `json:"error"`
	Code    string         `json:"code"`
	Details map[string]any `json:"details"`
}

// BodyOf returns an error in the form of the wire, and says in headers how long
// to wait where that is known. Faults of ours are logged here, once.
func BodyOf(c *gin.Context, err error) (int, Body) {
	f, away := fault.Of(err), errors.Is(err, db.ErrAway)
	if away {
		c.Header("Retry-After", "2")
	}
	if away || f.Kind == fault.Internal {
		level := slog.LevelError
		if errors.Is(err, context.Canceled) && c.Request.Context().Err() != nil { // the caller went away, which is no fault of ours
			level = slog.LevelInfo
		}
		slog.Log(c.Request.Context(), level, "request failed", "error", err, "method", c.Request.Method, "route", c.FullPath())
	}
	if e, ok := errors.AsType[*limit.Exceeded](err); ok {
		c.Header("Retry-After", strconv.Itoa(e.Seconds()))
		c.Header("X-RateLimit-Reset", strconv.FormatInt(e.Reset.Unix(), 10))
		if e.Rate.Requests > 0 {
			c.Header("X-RateLimit-Limit", strconv.Itoa(e.Rate.Requests))
			c.Header("X-RateLimit-Remaining", "0")
			policy(c, e.Rate, 0, e.Seconds())
		}
	}
	if n, ok := f.Details["retry_after_seconds"].(int); ok {
		c.Header("Retry-After", strconv.Itoa(n))
	}
	details := map[string]any{"request_id": RequestID(c)}
	maps.Copy(details, f.Details)
	return Status(f), Body{f.Message, f.Code, details}
}

// Standing says in headers what is left of a limit. X-RateLimit-Reset is not among
// them: clients wait for it after a failure of ours, which has nothing to do with it.
func Standing(c *gin.Context, at limit.Standing) {
	if at.Rate.Requests == 0 {
		return
	}
	c.Header("X-RateLimit-Limit", strconv.Itoa(at.Rate.Requests))
	c.Header("X-RateLimit-Remaining", strconv.Itoa(at.Remaining))
	policy(c, at.Rate, at.Remaining, int(math.Ceil(at.Full.Seconds())))
}

// policy writes the headers of draft-ietf-httpapi-ratelimit-headers.
func policy(c *gin.Context, r limit.Rate, remaining, seconds int) {
	c.Header("RateLimit-Policy", fmt.Sprintf(`"limit";q=%d;w=%d`, r.Requests, int(r.Window.Seconds())))
	c.Header("RateLimit", fmt.Sprintf(`"limit";r=%d;t=%d`, remaining, seconds))
}

// Error ends the request with err.
func Error(c *gin.Context, err error) {
	status, body := BodyOf(c, err)
	c.Writer.Header().Del("Content-Type") // of an answer that came to nothing before its first byte
	c.AbortWithStatusJSON(status, body)
}

// Engine returns an engine for a face. It redirects nothing: a redirected POST
// becomes a GET. proxies are the address prefixes of the reverse proxies before
// us: they alone are believed when they say whom a request is from.
func Engine(face string, m *telemetry.Metrics, proxies []string) *gin.Engine {
	gin.SetMode(gin.ReleaseMode) // or it prints its routes
	g := gin.New()
	g.ContextWithFallback = true // a handler's context cancels and carries values as the request's does
	g.UseEscapedPath = true      // an id may hold an escaped slash
	g.RedirectTrailingSlash, g.RedirectFixedPath = false, false
	g.HandleMethodNotAllowed = false
	_ = g.SetTrustedProxies(proxies)                // the configuration was checked; what gin cannot read it trusts in no case
	g.RemoteIPHeaders = []string{"X-Forwarded-For"} // others go through some proxies as the client wrote them
	g.NoRoute(func(c *gin.Context) { Error(c, ErrUnknownRoute) })
	g.Use(measure(face, m), gin.CustomRecoveryWithWriter(nil, func(c *gin.Context, v any) {
		if v == http.ErrAbortHandler { //nolint:errorlint // panicked with itself
			panic(v) // net/http ends the connection
		}
		Error(c, fmt.Errorf("panic: %v", v))
	}))
	return g
}

// RequestID returns the id of a request that an Engine took.
func RequestID(c *gin.Context) string { return telemetry.Of(c.Request.Context(), "request_id") }

type addressKey struct{}

// Address returns whom a request that an Engine took is from: an IP address, or
// "" when there is none.
func Address(ctx context.Context) string {
	address, _ := ctx.Value(addressKey{}).(string)
	return address
}

// Actor is who makes a request that an Engine took, for the audit log.
func Actor(ctx context.Context, kind audit.Kind, id, name string) audit.Actor {
	return audit.Actor{Kind: kind, ID: id, Name: name, Address: Address(ctx), RequestID: telemetry.Of(ctx, "request_id")}
}

func measure(face string, m *telemetry.Metrics) gin.HandlerFunc {
	return func(c *gin.Context) {
		began, rid := time.Now(), id.New("req") //nolint:forbidigo // measures, decides nothing
		c.Header("X-Request-Id", rid)
		ctx := telemetry.With(c.Request.Context(), slog.String("request_id", rid))
		c.Request = c.Request.WithContext(context.WithValue(ctx, addressKey{}, c.ClientIP()))
		c.Next()
		took := time.Since(began)
		m.Answered(c.Request.Context(), &telemetry.Request{Face: face, Method: c.Request.Method, Route: c.FullPath(), Status: c.Writer.Status(), Parent: c.GetHeader("Traceparent"), ID: rid, Began: began, Took: took})
		// The path is left out where it may hold a secret; the query always is.
		if ctx := c.Request.Context(); slog.Default().Enabled(ctx, slog.LevelDebug) {
			slog.DebugContext(ctx, "request", "face", face, "method", c.Request.Method, "route", c.FullPath(), "status", c.Writer.Status(), "ms", took.Milliseconds())
		}
	}
}
