// Package hosted serves the pages on which a customer's user connects an
// account. They open in an iframe on the customer's site, or as a page of their own.
package hosted

import (
	"io/fs"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/patchbay-dev/patchbay/api/answer"
	"github.com/patchbay-dev/patchbay/internal/appfile"
	"github.com/patchbay-dev/patchbay/internal/authorization"
	"github.com/patchbay-dev/patchbay/internal/brand"
	"github.com/patchbay-dev/patchbay/internal/connect"
	"github.com/patchbay-dev/patchbay/internal/registry"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
)

// browserCookie binds a flow to the browser that began it. Its prefix makes
// browsers refuse it from anything but our own origin over TLS.
const browserCookie = "__Host-patchbay_connect"

// Server is the face.
type Server struct {
	Connect        *connect.Service
	Brands         *brand.Service
	Agents         *authorization.Service
	Components     *registry.Service // for the names of tools that a program would be given
	Catalog        *appfile.Service
	Metrics        *telemetry.Metrics
	TrustedProxies []string // prefixes of the reverse proxies before us
	Files          fs.FS    // web.Connect: the words of the page, and its front end if it was built

	built       *built
	words       words
	crossOrigin http.CrossOriginProtection
}

// Handler returns the face.
func (s *Server) Handler() (http.Handler, error) {
	var err error
	if s.words, err = readWords(s.Files); err != nil {
		return nil, err
	}
	if s.built, err = readBuilt(s.Files); err != nil {
		return nil, err
	}
	g := answer.Engine("hosted", s.Metrics, s.TrustedProxies)
	g.Use(s.within, belonging, s.gate)
	g.GET(pagePath, s.page)
	g.GET("/_static/preview.html", s.preview)
	g.GET(assetPath+"*file", s.built.serve)
	g.GET("/_static/apps/:app/logo.svg", s.monogram)
	g.GET(appfile.LogoPath+":id", s.logo)
	g.GET(brand.FilePath+":id", s.brandFile)
	g.GET("/connect/domain", s.domain)
	g.POST("/connect/oauth/start", s.start)
	g.GET(callbackPath, s.callback)
	g.POST(callbackPath, s.posted)
	g.GET("/connect/page", s.pageJSON)
	g.GET("/connect/apps", s.appsJSON)
	g.GET("/connect/plan", s.planJSON)
	g.GET("/connect/status", s.status)
	g.OPTIONS("/connect/status", s.statusFromElsewhere)
	g.POST("/connect/keys", s.keys)
	g.POST("/connect/flows/:flow/answer", s.answer)
	g.POST("/connect/flows/:flow/cancel", s.cancel)
	g.POST("/connect/cancel", s.cancel)
	g.GET("/connect/accounts", s.accounts)
	g.PATCH("/connect/accounts/:account", s.rename)
	g.DELETE("/connect/accounts/:account", s.disconnect)
	g.POST("/connect/steps", s.steps)
	g.GET(verifiedPath, s.verified)
	g.GET(authorizePath, s.authorize)
	g.GET(authorization.ConsentPath, s.ask)
	g.POST(authorization.ConsentPath, s.decide)
	g.GET(authorization.ProgramsPath+"/:project/:environment", s.visit)
	g.GET(authorization.ProgramsPath, s.programs)
	g.POST(authorization.ProgramsPath, s.takeBack)
	return g, nil
}

// page answers with the page, or with the window that it opens for a sign-in.
func (s *Server) page(c *gin.Context) {
	q := c.Request.URL.Query()
	if q.Get("window") == "1" {
		p, b, err := s.greet(c, q)
		if err == nil {
			if _, app, err := s.Connect.Chosen(c.Request.Context(), b, choiceOf(q)); err == nil && app != nil {
				p.Plan = &Plan{App: appOf(app)}
			}
		}
		s.window(c, p)
		return
	}
	s.open(c, s.pageOf(c, q))
}

// problem ends what came by a form or from a provider, and belongs to no flow.
func (s *Server) problem(c *gin.Context, err error) {
	status, _ := answer.BodyOf(c, err)
	p := &Page{RequestID: answer.RequestID(c), Link: true, Brand: nobody(), Locale: localeOf("", "", c.GetHeader("Accept-Language"))}
	p.Problem = problemOf(seen(c, err), p.RequestID)
	s.ended(c, status, p, false)
}

func text(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}
