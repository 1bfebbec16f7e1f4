// Package hosted serves the pages on which a customer's user connects an
// account. They open in an iframe on the customer's site, or as a page of their own.
package hosted

import (
	"embed"
	"html/template"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/patchbay-dev/patchbay/api/answer"
	"github.com/patchbay-dev/patchbay/internal/appfile"
	"github.com/patchbay-dev/patchbay/internal/brand"
	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/connect"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

//go:embed pages
var files embed.FS

var pages = template.Must(template.ParseFS(files, "pages/*.html"))

// browserCookie binds a flow to the browser that began it. Its prefix makes
// browsers refuse it from anything but our own origin over TLS.
const browserCookie = "__Host-patchbay_connect"

// Server is the face.
type Server struct {
	Connect        *connect.Service
	Brands         *brand.Service
	Catalog        *appfile.Service
	Metrics        *telemetry.Metrics
	TrustedProxies []string // prefixes of the reverse proxies before us

	crossOrigin http.CrossOriginProtection
}

// Handler returns the face.
func (s *Server) Handler() http.Handler {
	g := answer.Engine("hosted", s.Metrics, s.TrustedProxies)
	g.Use(s.within, belonging, s.gate)
	static, err := fs.Sub(files, "pages")
	if err != nil {
		panic(err) // the folder is embedded
	}
	g.GET(pagePath, s.page)
	for _, name := range []string{"connect.js", "connect.css", "done.js"} {
		g.GET("/_static/"+name, func(c *gin.Context) {
			c.Header("Cache-Control", "no-cache")
			c.FileFromFS(name, http.FS(static))
		})
	}
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
	return g
}

// view is what the page shows.
type view struct {
	Product     string // who asks
	App         catalog.Public
	Method      string   // oauth | keys | none | "" for a problem or a choice
	Auth        string   // id of the app's method
	Choices     []choice // the ways to connect, when there are several
	Powers      []string // what the product will be able to do, in plain words
	Fields      []catalog.Field
	Problem     string
	Support     string
	Development bool
	Link        bool // a page of its own, not an iframe
	Token       string
	AppSlug     string
	Picture     string // path of the app's logo
	Client      string
	Override    string
	Account     string
	Profile     string
	HideClose   bool
	Success     string       // where to go afterwards; "" = stay
	Failure     template.URL // where to go after a failure; "" = stay
	Origins     []string     // who may hear
}

// choice is one way to connect, and the address of the page for it.
type choice struct{ Title, URL string }

// Initial is the first letter of the product's name.
func (v view) Initial() string { return string([]rune(v.Product)[:1]) }

func (s *Server) page(c *gin.Context) {
	q := c.Request.URL.Query()
	v := view{
		Token: q.Get("token"), AppSlug: q.Get("app"), Client: q.Get("oauthAppId"), Override: q.Get("appOverrideId"), Account: q.Get("accountId"), Profile: q.Get("oauthScopeProfile"),
		Link: q.Get("connectLink") == "true", HideClose: q.Get("hideClose") == "true", Product: "This application", Origins: []string{},
	}
	formTo := ""
	b, err := s.Connect.Check(c.Request.Context(), v.Token)
	if b != nil && b.ID != "" {
		v.Product, v.Origins, v.Development = b.Project.Title(), b.AllowedOrigins, b.Scope.EnvironmentName() == tenant.Development
		if b.Project.SupportEmail != nil {
			v.Support = *b.Project.SupportEmail
		}
		v.Success = text(b.SuccessRedirectURI)
		v.Failure = template.URL(text(b.ErrorRedirectURI)) //nolint:gosec // checked when the token was made; an app's own scheme may stand there
	}
	var plan *connect.Plan
	if err == nil {
		plan, err = s.Connect.Plan(c.Request.Context(), b, connect.Choice{
			App: v.AppSlug, Auth: q.Get("auth"), OAuthAppID: v.Client, OverrideID: v.Override, AccountID: v.Account, Profile: v.Profile,
		})
	}
	switch {
	case err == nil && plan.Auth == nil:
		v.App, v.AppSlug = s.Catalog.Public(plan.App), plan.App.Slug
		for _, m := range plan.Methods {
			v.Choices = append(v.Choices, choice{m.Title, "?" + with(q, "auth", m.ID)})
		}
	case err == nil:
		formTo = s.describe(&v, plan)
	default:
		f := fault.Of(err)
		if f.Kind == fault.Internal {
			slog.ErrorContext(c.Request.Context(), "connect page failed", "error", err)
		}
		v.Problem = f.Message
	}
	if b != nil && b.ID != "" {
		s.Connect.Opened(c.Request.Context(), b, connect.Opening{App: v.AppSlug, Framed: framed(c), Browser: cookie(c), Err: err})
	}
	secure(c, v.Origins, v.Development, formTo)
	render(c, http.StatusOK, "connect.html", v)
}

// describe fills in what connecting the app will be like. It returns the
// provider's origin, to which the page's form leads.
func (s *Server) describe(v *view, plan *connect.Plan) string {
	app, auth := plan.App, plan.Auth
	v.App, v.Method, v.Auth, v.AppSlug, v.Fields = s.Catalog.Public(app), auth.Kind(), auth.ID, app.Slug, plan.Fields()
	v.Picture = app.Picture()
	for _, scope := range plan.Scopes {
		if words, ok := auth.Scopes.Catalog[scope]; ok {
			v.Powers = append(v.Powers, words)
		} else {
			v.Powers = append(v.Powers, scope)
		}
	}
	return originOf(app, auth, plan.Override.Cfmap)
}

func (s *Server) problem(c *gin.Context, err error) {
	status, body := answer.BodyOf(c, err)
	render(c, status, "done.html", view{Problem: body.Error, Link: true})
}

// secure sets the headers of every page: what it may load, who may frame it,
// and that its address, which holds the token, is told to nobody.
func secure(c *gin.Context, origins []string, development bool, formTo string) {
	ancestors := "'none'"
	if development {
		// Before an origin is declared, a developer's own machine may try.
		origins = append([]string{"http://localhost:*", "https://localhost:*", "http://127.0.0.1:*"}, origins...)
	}
	if len(origins) > 0 {
		ancestors = "'self' " + strings.Join(origins, " ")
	}
	form := "'self'"
	if formTo != "" {
		form += " " + formTo
	}
	h := c.Writer.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action "+form+"; frame-ancestors "+ancestors)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
}

func render(c *gin.Context, status int, name string, v view) {
	c.Status(status)
	c.Header("Content-Type", "text/html; charset=utf-8")
	if err := pages.ExecuteTemplate(c.Writer, name, v); err != nil {
		slog.ErrorContext(c.Request.Context(), "page failed", "page", name, "error", err)
	}
}

// with returns a query with one parameter changed.
func with(q url.Values, key, value string) string {
	out := maps.Clone(q)
	out.Set(key, value)
	return out.Encode()
}

func text(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}
