// Package download hands out payloads by link, to receivers and people who were
// given one. The link is all they need, and it is good for one event.
package download

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/patchbay-dev/patchbay/api/answer"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
)

// Server is the face.
type Server struct {
	Payloads       *event.Payloads
	Metrics        *telemetry.Metrics
	TrustedProxies []string // prefixes of the reverse proxies before us
}

// Handler answers below event.PayloadPath: GET and HEAD, also of a range.
func (s *Server) Handler() http.Handler {
	g := answer.Engine("download", s.Metrics, s.TrustedProxies)
	g.GET(event.PayloadPath+":link", s.payload)
	g.HEAD(event.PayloadPath+":link", s.payload)
	return g
}

func (s *Server) payload(c *gin.Context) {
	ctx := c.Request.Context()
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
	h := c.Writer.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Disposition", `attachment; filename="`+e.ID+`.json"`)
	h.Set("Cache-Control", "private, no-store")
	// It comes from the console's origin and was made by a stranger: it must not be a page there.
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	http.ServeContent(c.Writer, c.Request, "", e.CreatedAt, body)
}

// Takes reports whether a path is this face's.
func Takes(path string) bool { return strings.HasPrefix(path, event.PayloadPath) }
