package hosted

import (
	"cmp"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/internal/brand"
	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/connect"
	"github.com/patchbay-dev/patchbay/internal/fault"
)

// What the page and this face say to each other, as web/connect/src/contract.ts
// explains it.

// Page is all that the page needs to begin.
type Page struct {
	RequestID          string      `json:"request_id"`
	Session            string      `json:"session"`
	Locale             string      `json:"locale"`
	View               string      `json:"view"` // connect | accounts
	Link               bool        `json:"link"`
	HideClose          bool        `json:"hide_close"`
	Development        bool        `json:"development"`
	Brand              brand.Brand `json:"brand"`
	Origins            []string    `json:"origins"`
	SuccessRedirectURI *string     `json:"success_redirect_uri"`
	ErrorRedirectURI   *string     `json:"error_redirect_uri"`
	State              *string     `json:"state"`
	Reconnect          *Account    `json:"reconnect"`
	Plan               *Plan       `json:"plan"`
	Problem            *Problem    `json:"problem"`
}

// App is an app as users see it.
type App struct {
	Slug        string   `json:"slug"`
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Categories  []string `json:"categories"`
	LogoURL     string   `json:"logo_url"`
}

func appOf(a *catalog.App) App {
	return App{a.Slug, a.Name, a.Description, append([]string{}, a.Categories...), a.Picture()}
}

// Offer is an app to pick.
type Offer struct {
	App
	Connected int `json:"connected"`
}

// AppList is a page of the picker.
type AppList struct {
	Data       []Offer  `json:"data"`
	Categories []string `json:"categories"`
	Next       *string  `json:"next"`
}

// Plan is how an app is going to be connected.
type Plan struct {
	App          App      `json:"app"`
	Methods      []Method `json:"methods"`
	Method       *Method  `json:"method"`
	Fields       []Field  `json:"fields"`
	Powers       []Power  `json:"powers"`
	ProviderHost string   `json:"provider_host"`
}

// Method is a way to sign in.
type Method struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Kind  string `json:"kind"` // oauth | keys | none
}

func methodOf(a *catalog.Auth) Method { return Method{a.ID, a.Title, a.Kind()} }

// Field is what a user is asked for.
type Field struct {
	Name        string   `json:"name"`
	Label       string   `json:"label"`
	Description string   `json:"description"`
	HelpURL     *string  `json:"help_url"`
	Example     string   `json:"example"`
	Default     string   `json:"default"`
	Optional    bool     `json:"optional"`
	Secret      bool     `json:"secret"`
	Pattern     *string  `json:"pattern"`
	Strip       []string `json:"strip"`
	Options     []Choice `json:"options"`
}

// Choice is one of several values.
type Choice struct {
	Value string `json:"value"`
	Label string `json:"label"`
}

// Power is something that the product will be able to do.
type Power struct {
	Scope    string `json:"scope"`
	Text     string `json:"text"`
	Optional bool   `json:"optional"`
}

func powersOf(in []connect.Power) []Power {
	out := make([]Power, len(in))
	for i, p := range in {
		out[i] = Power(p)
	}
	return out
}

// planOf describes a plan for the page.
func planOf(p *connect.Plan) *Plan {
	out := &Plan{App: appOf(p.App), Methods: []Method{}, Fields: []Field{}, Powers: []Power{}}
	for _, m := range p.Methods {
		out.Methods = append(out.Methods, methodOf(m))
	}
	if p.Auth == nil {
		return out
	}
	m := methodOf(p.Auth)
	out.Method = &m
	for _, f := range p.Fields() {
		out.Fields = append(out.Fields, fieldOf(p.App, f))
	}
	if p.Auth.Redirects() {
		out.Powers = powersOf(p.Powers())
		out.ProviderHost = hostOf(originOf(p.App, p.Auth, p.Override.Cfmap))
	}
	return out
}

func fieldOf(app *catalog.App, f catalog.Field) Field {
	out := Field{
		Name: f.Name, Label: f.Label, Description: f.Description, Example: f.Placeholder, Default: f.Default, Optional: f.Optional,
		Secret: f.Type == "password", Strip: append([]string{}, f.Strip()...), Options: []Choice{},
	}
	if p := f.Pattern(); p != "" {
		out.Pattern = &p
	}
	if at := app.Links["developer_console"]; at != "" && out.Secret {
		out.HelpURL = &at
	}
	for _, v := range f.Values() {
		out.Options = append(out.Options, Choice{v, v})
	}
	return out
}

// Problem is a way in that ended badly.
type Problem struct {
	Code      string `json:"code"`
	Cause     string `json:"cause"`
	Message   string `json:"message"`
	RequestID string `json:"request_id"`
	Retry     bool   `json:"retry"`
	Field     string `json:"field,omitempty"` // of what was filled in; "" = none in particular
}

func problemOf(f *fault.Error, requestID string) *Problem {
	cause := connect.CauseOf(f)
	named, _ := f.Details["field"].(string)
	_, field, _ := strings.Cut(named, ".")
	return &Problem{f.Code, string(cause), f.Message, requestID, cause.Retry(f), field}
}

// Account is one of the user's connections.
type Account struct {
	ID              string     `json:"id"`
	Name            string     `json:"name"`
	App             App        `json:"app"`
	State           string     `json:"state"` // healthy | degraded | dead
	Error           *string    `json:"error"`
	Powers          []string   `json:"powers"`
	CreatedAt       time.Time  `json:"created_at"`
	LastRefreshedAt *time.Time `json:"last_refreshed_at"`
}

func accountOf(m *connect.Mine) *Account {
	out := &Account{
		ID: m.ID, Name: m.Title(), App: appOf(m.App), State: "healthy", Error: m.Error, Powers: []string{}, CreatedAt: m.CreatedAt.UTC(), LastRefreshedAt: m.LastRefreshedAt,
	}
	switch {
	case m.Dead:
		out.State = "dead"
	case !m.Healthy:
		out.State = "degraded"
	}
	for _, p := range m.Powers {
		out.Powers = append(out.Powers, p.Text)
	}
	return out
}

// Started is a flow that has begun, and where to send the browser.
type Started struct {
	Flow string `json:"flow"`
	URL  string `json:"url"`
}

// Standing is how a flow stands.
type Standing struct {
	Status   string    `json:"status"` // none | open | testing | asking | succeeded | failed
	Flow     string    `json:"flow,omitempty"`
	Question *Question `json:"question,omitempty"`
	Account  *Account  `json:"account,omitempty"`
	Problem  *Problem  `json:"problem,omitempty"`
}

func standingOf(st *connect.Standing) Standing {
	out := Standing{Status: st.Status, Flow: st.Flow}
	if st.Question != nil {
		out.Question = questionOf(st.Question)
	}
	if st.Account != nil {
		out.Account = accountOf(st.Account)
	}
	if st.Problem != nil {
		out.Problem = problemOf(st.Problem, st.RequestID)
	}
	return out
}

// Question is what only the user can settle. Which of its fields it has is said
// by its kind.
type Question struct {
	Kind        string    `json:"kind"` // choice | scopes | identity
	Name        *string   `json:"name,omitempty"`
	Label       *string   `json:"label,omitempty"`
	Options     *[]Option `json:"options,omitempty"`
	Missing     *[]Power  `json:"missing,omitempty"`
	MayContinue *bool     `json:"may_continue,omitempty"`
	Expected    *string   `json:"expected,omitempty"`
	Got         *string   `json:"got,omitempty"`
	MayReplace  *bool     `json:"may_replace,omitempty"`
}

// Option is one thing to choose.
type Option struct {
	Choice
	Hint string `json:"hint"`
}

func questionOf(q *connect.Question) *Question {
	out := &Question{Kind: q.Kind}
	switch q.Kind {
	case connect.AskChoice:
		options := make([]Option, len(q.Pick.Options))
		for i, o := range q.Pick.Options {
			options[i] = Option{Choice{o.Value, o.Label}, o.Hint}
		}
		label := cmp.Or(q.Pick.Label, "Which one do you want to connect?")
		out.Name, out.Label, out.Options = &q.Pick.Name, &label, &options
	case connect.AskScopes:
		missing := powersOf(q.Missing)
		out.Missing, out.MayContinue = &missing, &q.MayContinue
	case connect.AskIdentity:
		out.Expected, out.Got, out.MayReplace = &q.Expected, &q.Got, &q.MayReplace
	}
	return out
}
