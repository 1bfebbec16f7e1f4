// Package docs serves the documentation, as web/docs/build.mjs left it: files and
// nothing else. It asks nobody who they are and loads nothing from elsewhere.
package docs

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/patchbay-dev/patchbay/api/answer"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
)

const (
	root = "/docs"
	// Redoc writes styles into its page, and searches in a worker that it makes.
	pageCSP = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; worker-src blob:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

var errUnbuilt = fault.New(fault.Unavailable, "docs_not_built", "The documentation was not built into this binary. Run: make build")

// Server is the face.
type Server struct {
	Files          fs.FS // web/docs/dist
	Metrics        *telemetry.Metrics
	TrustedProxies []string // prefixes of the reverse proxies before us
}

// Takes reports whether a path is this face's.
func Takes(at string) bool { return at == root || strings.HasPrefix(at, root+"/") }

// Handler returns the face.
func (s *Server) Handler() http.Handler {
	g := answer.Engine("docs", s.Metrics, s.TrustedProxies)
	g.NoRoute(s.show)
	return g
}

func (s *Server) show(c *gin.Context) {
	if c.Request.Method != http.MethodGet && c.Request.Method != http.MethodHead {
		answer.Error(c, answer.ErrUnknownRoute)
		return
	}
	name := strings.Trim(strings.TrimPrefix(c.Request.URL.Path, root), "/")
	if !strings.HasPrefix(name, "assets/") {
		name = path.Join(name, "index.html")
	}
	body, err := fs.ReadFile(s.Files, name)
	if err != nil {
		if _, built := fs.Stat(s.Files, "index.html"); errors.Is(built, fs.ErrNotExist) {
			answer.Error(c, errUnbuilt)
			return
		}
		answer.Error(c, answer.ErrUnknownRoute)
		return
	}
	h, sum := c.Writer.Header(), sha256.Sum256(body)
	h.Set("Content-Security-Policy", pageCSP)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cache-Control", "no-cache")
	h.Set("ETag", `"`+hex.EncodeToString(sum[:12])+`"`)
	http.ServeContent(c.Writer, c.Request, name, time.Time{}, bytes.NewReader(body))
}
