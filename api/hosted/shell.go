package hosted

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/patchbay-dev/patchbay/internal/brand"
	"github.com/patchbay-dev/patchbay/internal/connect"
	"github.com/patchbay-dev/patchbay/internal/token"
)

//go:embed pages
var files embed.FS

var pages = template.Must(template.ParseFS(files, "pages/*.html"))

// shell is the HTML of a page: what is seen before any script runs.
type shell struct {
	Page     *Page
	Words    map[string]string
	Dir      string
	Nonce    string
	Style    template.CSS
	Script   string // address; "" = the front end was not built
	Chunks   []string
	Screen   string
	State    string // good | bad | ""
	Title    string
	Heading  string
	Text     string
	Leave    string
	Request  string
	Noscript string
	Unbuilt  string
	Back     template.URL // where a problem leads back to; "" = nowhere
	BackText string
	Consent  *Consent  // nil = another page
	Programs *Programs // nil = another page
	Forms    string    // where forms may lead, in the words of a policy; "" = there are none
}

// App is the app that the page is about, if it is settled.
func (v *shell) App() *App {
	switch {
	case v.Page.Plan != nil:
		return &v.Page.Plan.App
	case v.Page.Reconnect != nil:
		return &v.Page.Reconnect.App
	}
	return nil
}

// Initial is the first letter of the product's name.
func (v *shell) Initial() string { return string([]rune(v.Page.Brand.Product + " ")[:1]) }

func (s *Server) shell(p *Page, source string) *shell {
	words := s.words.in(p.Locale, p.Brand.Texts)
	v := &shell{Page: p, Words: words, Dir: direction(p.Locale), Nonce: token.Hex("", 16), Noscript: say(words, "noscript"), Request: say(words, "request")}
	v.Style = template.CSS(s.built.style + theme(&p.Brand)) //nolint:gosec // ours, and values whose form was checked
	if v.Script, v.Chunks = s.built.of(source); v.Script == "" {
		v.Unbuilt = say(words, "unbuilt")
	}
	return v
}

// open draws the page: who asks for what, in the user's language, before any
// script has run.
func (s *Server) open(c *gin.Context, p *Page) {
	v := s.shell(p, "src/page.tsx")
	app, product := "", p.Brand.Product
	if a := v.App(); a != nil {
		app = a.Name
	}
	names := func() []string { return []string{"app", cmp.Or(app, v.Words["problem.app"]), "product", product} }
	v.Title = say(v.Words, "title.connect", names()...)
	switch {
	case p.Problem != nil:
		v.Screen, v.Title = "problem", v.Words["title.pick"]
		v.Heading, v.Text = say(v.Words, "problem."+p.Problem.Cause+".title", names()...), s.inWords(v, p.Problem, names()...)
		if p.Link {
			to := connect.Back(p.ErrorRedirectURI, text(p.State), "error", p.Problem.Message, "error_code", p.Problem.Code)
			v.Back, v.BackText = template.URL(to), say(v.Words, "done.back", names()...) //nolint:gosec // checked when the token was made; an app's own scheme may stand there
		}
	case p.View == "accounts":
		v.Screen, v.Heading, v.Title = "accounts", v.Words["accounts.title"], v.Words["accounts.title"]
	case p.Plan == nil:
		v.Screen, v.Heading, v.Title = "pick", say(v.Words, "pick.title", names()...), v.Words["title.pick"]
	case p.Plan.Method == nil:
		v.Screen, v.Heading = "methods", say(v.Words, "methods.title", names()...)
	case p.Reconnect != nil:
		v.Screen, v.Heading = "explain", say(v.Words, "reconnect.title", "account", p.Reconnect.Name)
	case p.Plan.Method.Kind == "keys":
		v.Screen, v.Heading = "input", say(v.Words, "input.title.keys", names()...)
	default:
		v.Screen, v.Heading = "explain", say(v.Words, "explain.title", names()...)
	}
	s.draw(c, http.StatusOK, "page.html", v, p.framers())
}

// framers are the origins that may show the page in a frame. A token that nobody
// knows names none; its page is of nobody, does nothing and says only that the
// token is no good, so it says that wherever it was opened rather than nothing.
func (p *Page) framers() []string {
	if p.Problem != nil && p.Problem.Code == connect.ErrToken.Code {
		return []string{"*"}
	}
	return p.Origins
}

// window draws what the window of a sign-in shows before it goes to the provider.
func (s *Server) window(c *gin.Context, p *Page) {
	v := s.shell(p, "src/window.ts")
	v.Title, v.State = v.Words["loading"], "busy"
	v.Heading = v.Title
	if a := v.App(); a != nil {
		v.Heading = say(v.Words, "wait.leaving", "app", a.Name)
	}
	s.draw(c, http.StatusOK, "ended.html", v, nil)
}

// ended draws the page to which the provider's answer leads. done tells a
// success; neither a problem nor done: a question is left.
func (s *Server) ended(c *gin.Context, status int, p *Page, done bool) {
	v := s.shell(p, "src/ended.ts")
	app := v.Words["problem.app"]
	if a := v.App(); a != nil {
		app = a.Name
	}
	names := func() []string { return []string{"app", app, "product", p.Brand.Product} }
	v.Unbuilt, v.Leave = "", v.Words["done.window"]
	switch {
	case p.Problem != nil:
		v.State, v.Heading, v.Text = "bad", v.Words["failed.title"], s.inWords(v, p.Problem, names()...)
	case done:
		v.State, v.Heading, v.Text = "good", v.Words["done.title"], say(v.Words, "done.text", names()...)
	default:
		v.Heading, v.Text, v.Leave = v.Words["asking.title"], v.Words["asking.text"], ""
	}
	v.Title = v.Heading
	s.draw(c, status, "ended.html", v, nil)
}

// inWords is a problem in the page's language; web/connect/src/problems.ts is its like.
func (s *Server) inWords(v *shell, p *Problem, names ...string) string {
	key := "code." + p.Code
	switch _, known := v.Words[key]; {
	case known:
	case p.Cause == "input" && p.Message != "":
		return p.Message
	default:
		key = "problem." + p.Cause + ".text"
	}
	return cmp.Or(say(v.Words, key, names...), p.Message)
}

func (s *Server) draw(c *gin.Context, status int, name string, v *shell, origins []string) {
	var out bytes.Buffer
	if err := pages.ExecuteTemplate(&out, name, v); err != nil {
		slog.ErrorContext(c.Request.Context(), "page failed", "page", name, "error", err)
	}
	secure(c, v, origins)
	send(c, status, "text/html; charset=utf-8", out.Bytes(), nil)
}

// secure sets the headers of every page: what it may load, who may frame it,
// and that its address, which holds the token, is told to nobody.
func secure(c *gin.Context, v *shell, origins []string) {
	ancestors := "'none'"
	if v.Page.Development && origins != nil {
		// Before an origin is declared, a developer's own machine may try.
		origins = append([]string{"http://localhost:*", "https://localhost:*", "http://127.0.0.1:*"}, origins...)
	}
	if len(origins) > 0 {
		ancestors = "'self' " + strings.Join(origins, " ")
	}
	forms := cmp.Or(v.Forms, "'none'") // browsers hold it against where an answer redirects to, too
	b := v.Page.Brand
	h := c.Writer.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'nonce-"+v.Nonce+"'; img-src 'self' data:"+elsewhere(b.LogoURL, b.LogoDarkURL)+
		"; font-src 'self'"+elsewhere(b.FontURL)+"; connect-src 'self'; base-uri 'none'; form-action "+forms+"; frame-ancestors "+ancestors)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
}

// sendOn sends the browser to another address, which does not learn of ours.
func sendOn(c *gin.Context, to string) {
	c.Header("Referrer-Policy", "no-referrer")
	c.Header("Cache-Control", "no-store")
	c.Redirect(http.StatusSeeOther, to)
}

// elsewhere are the origins of files that are not at our own address.
func elsewhere(urls ...*string) string {
	out := ""
	for _, p := range urls {
		if p == nil {
			continue
		}
		if u, err := url.Parse(*p); err == nil && u.Host != "" && u.Scheme == "https" {
			out += " https://" + u.Host
		}
	}
	return out
}

var (
	colour  = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)
	fontURL = regexp.MustCompile(`^(https://[A-Za-z0-9.:-]+)?/[A-Za-z0-9._/-]+$`)
)

// theme gives the brand's values to the page's style; styles/theme.css makes
// the rest of them. web/connect/src/theme.ts is its like for the preview.
func theme(b *brand.Brand) string {
	var out strings.Builder
	set := func(name string, value *string) {
		if value != nil && colour.MatchString(*value) {
			fmt.Fprintf(&out, "--b-%s:%s;", name, *value)
		}
	}
	for suffix, p := range map[string]brand.Palette{"": b.Light, "-dark": b.Dark} {
		set("accent"+suffix, p.Accent)
		set("background"+suffix, p.Background)
		set("surface"+suffix, p.Surface)
		set("text"+suffix, p.Text)
	}
	fmt.Fprintf(&out, "--b-radius:%dpx", min(max(b.Radius, 0), 24))
	css := ":root{" + out.String() + "}"
	if b.FontURL != nil && fontURL.MatchString(*b.FontURL) {
		css += `@font-face{font-family:"Brand";src:url("` + *b.FontURL + `") format("woff2");font-display:swap;font-weight:100 900}`
	}
	return css
}
