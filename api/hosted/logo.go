package hosted

import (
	"fmt"
	"hash/fnv"
	"html"
	"net/http"
	"regexp"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/patchbay-dev/patchbay/api/answer"
	"github.com/patchbay-dev/patchbay/internal/catalog"
)

var slugForm = regexp.MustCompile(`^[a-z0-9_]{2,64}$`)

// monogram draws an app's initials on a colour of its own. No trade mark is
// shipped. It is drawn for any slug, so that it does not tell which apps a
// workspace has.
func (s *Server) monogram(c *gin.Context) {
	slug := c.Param("app")
	if !slugForm.MatchString(slug) {
		answer.Error(c, catalog.ErrNotFound)
		return
	}
	name := catalog.Title(slug)
	if a, err := s.Catalog.Shipped.Get(slug); err == nil {
		name = a.Name
	}
	initials := ""
	for word := range strings.FieldsSeq(name) {
		if r := []rune(word)[0]; len(initials) < 2 && r != '(' {
			initials += strings.ToUpper(string(r))
		}
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(slug)) // never fails
	svg := fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48" role="img" aria-label="%s"><rect width="48" height="48" rx="11" fill="hsl(%d 58%% 38%%)"/><text x="24" y="31" font-family="system-ui,sans-serif" font-size="20" font-weight="600" fill="#fff" text-anchor="middle">%s</text></svg>`,
		html.EscapeString(name), h.Sum32()%360, html.EscapeString(initials))
	picture(c, "image/svg+xml", []byte(svg), "public, max-age=86400")
}

// logo answers with the picture that an operator gave an app.
func (s *Server) logo(c *gin.Context) {
	l, err := s.Catalog.Logo(c.Request.Context(), c.Param("id"))
	if err != nil {
		answer.Error(c, err)
		return
	}
	picture(c, l.Type, l.Content, "public, max-age=31536000, immutable")
}

// picture sends a picture that can do nothing but be seen: opened as a page of
// its own it has no scripts, loads nothing and is of no origin.
func picture(c *gin.Context, contentType string, content []byte, keep string) {
	c.Header("Cache-Control", keep)
	c.Header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
	c.Header("X-Content-Type-Options", "nosniff")
	c.Data(http.StatusOK, contentType, content)
}
