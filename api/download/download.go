// Package download hands out payloads and files by link, to receivers and people
// who were given one. The link is all they need, and it is good for one thing.
package download

import (
	"io"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/patchbay-dev/patchbay/api/answer"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/run"
	"github.com/patchbay-dev/patchbay/internal/stash"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Server is the face.
type Server struct {
	Payloads       *event.Payloads
	Runs           *run.Service
	Stash          *stash.Service
	Metrics        *telemetry.Metrics
	TrustedProxies []string // prefixes of the reverse proxies before us
}

// Handler answers below event.PayloadPath and stash.FilePath: GET and HEAD, also of a range.
func (s *Server) Handler() http.Handler {
	g := answer.Engine("download", s.Metrics, s.TrustedProxies)
	g.GET(event.PayloadPath+":link", s.payload)
	g.HEAD(event.PayloadPath+":link", s.payload)
	g.GET(stash.FilePath+":link", s.file)
	g.HEAD(stash.FilePath+":link", s.file)
	return g
}

func (s *Server) payload(c *gin.Context) {
	ctx := c.Request.Context()
	if subject, scope, err := s.Payloads.Subject(c.Param("link")); err == nil && run.IsSubject(subject) {
		s.output(c, scope, subject)
		return
	}
	e, scope, err := s.Payloads.Follow(ctx, c.Param("link"))
	if err != nil {
		answer.Error(c, err)
		return
	}
	body, err := s.Payloads.Open(ctx, scope, e)
	if err != nil {
		answer.Error(c, err)
		return
	}
	defer func() { _ = body.Close() }()
	c.Header("Content-Type", "application/json")
	send(c, e.ID+".json", e.CreatedAt, body)
}

// output hands out what a step of a run brought.
func (s *Server) output(c *gin.Context, scope tenant.Scope, subject string) {
	step, body, err := s.Runs.Output(c.Request.Context(), scope, s.Payloads, subject)
	if err != nil {
		answer.Error(c, err)
		return
	}
	defer func() { _ = body.Close() }()
	c.Header("Content-Type", "application/json")
	send(c, step.Name+".json", *step.FinishedAt, body)
}

func (s *Server) file(c *gin.Context) {
	ctx := c.Request.Context()
	f, scope, err := s.Stash.Follow(ctx, c.Param("link"))
	if err != nil {
		answer.Error(c, err)
		return
	}
	body, err := s.Stash.Open(ctx, scope, f)
	if err != nil {
		answer.Error(c, err)
		return
	}
	defer func() { _ = body.Close() }()
	c.Header("Content-Type", f.ContentType)
	send(c, path.Base(f.Path), f.CreatedAt, body)
}

// send hands a file out. It comes from the console's origin and was made by a
// stranger: it must not be a page there.
func send(c *gin.Context, name string, made time.Time, body io.ReadSeeker) {
	h := c.Writer.Header()
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	h.Set("Cache-Control", "private, no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	http.ServeContent(c.Writer, c.Request, "", made, body)
}

// Takes reports whether a path is this face's.
func Takes(path string) bool {
	return strings.HasPrefix(path, event.PayloadPath) || strings.HasPrefix(path, stash.FilePath)
}
