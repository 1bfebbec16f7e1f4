package hosted

import (
	"fmt"
	"hash/fnv"
	"html"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/patchbay-dev/patchbay/api/answer"
)

// logo draws an app's monogram: its initials on a colour of its own. No trade
// mark is shipped.
func (s *Server) logo(c *gin.Context) {
	a, err := s.Catalog.Get(c.Param("app"))
	if err != nil {
		answer.Error(c, err)
		return
	}
	initials := ""
	for word := range strings.FieldsSeq(a.Name) {
		if r := []rune(word)[0]; len(initials) < 2 && r != '(' {
			initials += strings.ToUpper(string(r))
		}
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(a.Slug)) // never fails
	svg := fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48" role="img" aria-label="%s"><rect width="48" height="48" rx="11" fill="hsl(%d 58%% 38%%)"/><text x="24" y="31" font-family="system-ui,sans-serif" font-size="20" font-weight="600" fill="#fff" text-anchor="middle">%s</text></svg>`,
		html.EscapeString(a.Name), h.Sum32()%360, html.EscapeString(initials))
	c.Header("Cache-Control", "public, max-age=86400")
	c.Header("Content-Security-Policy", "default-src 'none'")
	c.Data(http.StatusOK, "image/svg+xml", []byte(svg))
}
