package hosted

import (
	"log/slog"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/patchbay-dev/patchbay/api/answer"
	"github.com/patchbay-dev/patchbay/internal/brand"
	"github.com/patchbay-dev/patchbay/internal/connect"
)

// within says at which host a request is handled, where that is a customer's own.
func (s *Server) within(c *gin.Context) {
	ctx := c.Request.Context()
	found, ok, err := s.Brands.At(ctx, c.Request.Host)
	switch {
	case err != nil:
		answer.Error(c, err)
	case ok:
		c.Request = c.Request.WithContext(connect.Within(ctx, found.Host, found.Environment))
	}
}

// sentOn hands a provider's answer to the host at which the browser is known,
// and reports whether it did. The answer goes as it came, in the address.
func (s *Server) sentOn(c *gin.Context) bool {
	host, err := s.Connect.Elsewhere(c.Request.Context(), c.Param("client"), c.Query("state"))
	if err != nil {
		slog.ErrorContext(c.Request.Context(), "find the host of a flow", "error", err)
	}
	if host == "" {
		return false
	}
	sendOn(c, s.Brands.URL(host)+c.Request.URL.RequestURI())
	return true
}

// nobody is the brand of a page whose token is unknown.
func nobody() brand.Brand {
	return brand.Brand{Product: "This application", Mode: "auto", Radius: 14, Font: "system", Texts: brand.Texts{}}
}

// brandOf is how the pages of a token look. A page without its colours is better
// than none.
func (s *Server) brandOf(c *gin.Context, b *connect.Bearer) brand.Brand {
	st, err := s.Brands.Get(c.Request.Context(), b.Scope)
	if err != nil {
		logFailure(c, err)
		plain := nobody()
		plain.Product, plain.SupportEmail = b.Project.Title(), b.Project.SupportEmail
		return plain
	}
	return *st.Brand
}

// brandFile answers with a customer's logo or font.
func (s *Server) brandFile(c *gin.Context) {
	f, err := s.Brands.File(c.Request.Context(), c.Param("id"))
	if err != nil {
		answer.Error(c, err)
		return
	}
	picture(c, f.Type, f.Content, "public, max-age=31536000, immutable")
}

// domain tells a proxy that gets certificates by itself for which hosts it may.
func (s *Server) domain(c *gin.Context) {
	if _, ok, err := s.Brands.At(c.Request.Context(), c.Query("domain")); err != nil || !ok {
		answer.Error(c, brand.ErrNoDomain)
		return
	}
	c.Status(http.StatusNoContent)
}
