package hosted

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"
	"golang.org/x/text/language"

	"github.com/patchbay-dev/patchbay/api/answer"
	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/connect"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/session"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// maxState is the longest state of a customer's own that is echoed.
const maxState = 500

// pageJSON answers with the page's data for its own query.
func (s *Server) pageJSON(c *gin.Context) {
	p := s.pageOf(c, c.Request.URL.Query())
	plain(c)
	c.JSON(http.StatusOK, p)
}

// greet returns what the page knows by its token, before anything is chosen.
func (s *Server) greet(c *gin.Context, q url.Values) (*Page, *connect.Bearer, error) {
	ctx := c.Request.Context()
	p := &Page{
		RequestID: answer.RequestID(c), View: "connect", Link: q.Get("connectLink") == "true", HideClose: q.Get("hideClose") == "true",
		Brand: nobody(), Origins: []string{}, State: stateOf(q.Get("state")),
	}
	if q.Get("view") == "accounts" {
		p.View = "accounts"
	}
	b, err := s.Connect.Check(ctx, q.Get("token"))
	if b != nil && b.ID != "" {
		p.Brand, p.Origins, p.Development = s.brandOf(c, b), b.AllowedOrigins, b.Scope.EnvironmentName() == tenant.Development
		p.SuccessRedirectURI, p.ErrorRedirectURI = b.SuccessRedirectURI, b.ErrorRedirectURI
		p.Locale = text(b.Locale)
		if p.View == "accounts" {
			_, err = s.Connect.Authenticate(ctx, q.Get("token"))
		}
	}
	p.Locale = localeOf(q.Get("locale"), p.Locale, c.GetHeader("Accept-Language"))
	return p, b, err
}

// pageOf returns the page's data for its query. What cannot be is a problem on
// the page and no error.
func (s *Server) pageOf(c *gin.Context, q url.Values) *Page {
	ctx := c.Request.Context()
	p, b, err := s.greet(c, q)
	if err == nil {
		err = s.choose(c, p, b, choiceOf(q))
	}
	if p.Session = session.Of(ctx); p.Session == "" && b != nil && b.ID != "" {
		p.Session = s.Connect.Opened(ctx, b, connect.Opening{App: q.Get("app"), Framed: framed(c), Browser: cookie(c), Err: err})
	}
	if err != nil {
		if told := s.Connect.Refused(ctx, q.Get("token"), err); told != nil {
			logFailure(c, told)
		}
		p.Problem = problemOf(seen(c, err), p.RequestID)
	}
	return p
}

// choose fills in what is going to be connected; nothing, while the app is to
// be picked.
func (s *Server) choose(c *gin.Context, p *Page, b *connect.Bearer, in connect.Choice) error {
	ctx := c.Request.Context()
	_, app, err := s.Connect.Chosen(ctx, b, in)
	if err != nil || app == nil || p.View == "accounts" {
		return err
	}
	if in.AccountID != "" {
		m, err := s.Connect.MyAccount(ctx, b, in.AccountID)
		if err != nil {
			return err
		}
		p.Reconnect = accountOf(m)
	}
	plan, err := s.Connect.Plan(ctx, b, in)
	if err != nil {
		return err
	}
	p.Plan = planOf(plan)
	return nil
}

// planJSON answers how an app is going to be connected.
func (s *Server) planJSON(c *gin.Context) {
	b, err := s.Connect.Check(c.Request.Context(), bearer(c))
	var plan *connect.Plan
	if err == nil {
		plan, err = s.Connect.Plan(c.Request.Context(), b, choiceOf(c.Request.URL.Query()))
	}
	if err != nil {
		refuse(c, err)
		return
	}
	plain(c)
	c.JSON(http.StatusOK, planOf(plan))
}

// appsJSON answers with the apps to pick from.
func (s *Server) appsJSON(c *gin.Context) {
	shelf, err := s.Connect.Apps(c.Request.Context(), bearer(c), c.Query("q"), c.Query("category"), c.Query("cursor"))
	if err != nil {
		refuse(c, err)
		return
	}
	out := AppList{Data: []Offer{}, Categories: shelf.Categories}
	for _, o := range shelf.Offers {
		out.Data = append(out.Data, Offer{appOf(o.App), o.Connected})
	}
	if shelf.Next != "" {
		out.Next = &shelf.Next
	}
	plain(c)
	c.JSON(http.StatusOK, out)
}

// choiceOf reads a choice as the page's address names it.
func choiceOf(q url.Values) connect.Choice {
	return connect.Choice{
		App: q.Get("app"), Auth: q.Get("auth"), OAuthAppID: q.Get("oauthAppId"), OverrideID: q.Get("appOverrideId"), AccountID: q.Get("accountId"), Profile: q.Get("oauthScopeProfile"),
	}
}

// stateOf is a state that can be echoed, or nil.
func stateOf(state string) *string {
	if state == "" || len(state) > maxState || !utf8.ValidString(state) {
		return nil
	}
	return &state
}

var spoken = language.NewMatcher([]language.Tag{language.English, language.German, language.Spanish, language.French, language.Japanese})

// localeOf returns the first of the wanted languages that the page speaks.
func localeOf(address, token, browser string) string {
	for _, l := range []string{address, token} {
		l, _, _ = strings.Cut(strings.ToLower(l), "-")
		if slices.Contains(connect.Locales, l) {
			return l
		}
	}
	_, i := language.MatchStrings(spoken, browser)
	return []string{"en", "de", "es", "fr", "ja"}[i]
}

// originOf is the provider's origin. A tenant's own host is known only once the
// form was sent, so its label becomes a star.
func originOf(app *catalog.App, auth *catalog.Auth, set map[string]string) string {
	values := map[string]string{}
	for name := range app.Vars {
		values["var."+name] = cmp.Or(set[name], "patchbay-any")
	}
	for name, text := range app.Hosts.Production() {
		values["host."+name], _ = catalog.Expand(text, values)
	}
	text, err := catalog.Expand(auth.Authorize.URL, values)
	if err != nil {
		return ""
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "":
		return ""
	case u.Host == "patchbay-any":
		return "https:"
	}
	return u.Scheme + "://" + strings.Replace(u.Host, "patchbay-any", "*", 1)
}

// hostOf is the host of such an origin, as people read it; "" = not known yet.
func hostOf(origin string) string {
	_, host, _ := strings.Cut(origin, "://")
	return strings.TrimPrefix(host, "*.")
}

// seen logs a failure of ours, and returns what is told of it.
func seen(c *gin.Context, err error) *fault.Error {
	f := fault.Of(err)
	if f.Kind == fault.Internal {
		logFailure(c, err)
	}
	return f
}
