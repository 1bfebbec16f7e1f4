package catalog

// Schema is the version of the app file that this package reads. The form is
// schema/app.v1.yaml; what its fields mean is said there and here.
const Schema = "app/v1"

// The ways to sign in.
const (
	OAuth2            = "oauth2"
	ClientCredentials = "oauth2_client_credentials" //nolint:gosec // the name of a grant
	OAuth1            = "oauth1"
	Key               = "key"
	Basic             = "basic"
	JWT               = "jwt"
	ByAssertion       = "assertion"
	Steps             = "steps"
	GitHubApp         = "github_app"
	SigV4             = "sigv4"
	None              = "none"
)

// App is one app file. Texts in {{ }} are filled in by Expand. A part that no
// code reads yet is kept as it stands in the file.
type App struct {
	Schema      string                       `yaml:"schema"`
	ID          string                       `yaml:"-"` // made from the slug
	Logo        string                       `yaml:"-"` // a path on this server; "" = the monogram
	Slug        string                       `yaml:"slug"`
	Name        string                       `yaml:"name"`
	Description string                       `yaml:"description"`
	Aliases     map[string][]string          `yaml:"aliases"`
	Categories  []string                     `yaml:"categories"`
	Weight      int                          `yaml:"weight"` // higher is shown earlier
	Links       map[string]string            `yaml:"links"`
	Checked     string                       `yaml:"checked"` // the day on which the facts were compared with their sources; "" = not yet
	Setup       string                       `yaml:"setup"`   // how an operator gets an OAuth client, in Markdown; "" = as SETUP.md says
	Vars        map[string]Var               `yaml:"vars"`
	Hosts       Hosts                        `yaml:"hosts"`
	Auth        []Auth                       `yaml:"auth"`   // the first is the recommended one
	Inject      map[string]Inject            `yaml:"inject"` // by the auth's id; "default" for the rest
	Identity    *Identity                    `yaml:"identity"`
	Probe       *Probe                       `yaml:"probe"`
	Request     Request                      `yaml:"request"`
	Limits      Limits                       `yaml:"limits"`
	Pagination  map[string]map[string]any    `yaml:"pagination"`
	Idempotency map[string]any               `yaml:"idempotency"`
	Events      Events                       `yaml:"events"`
	Quirks      []string                     `yaml:"quirks"`
	Warn        []map[string]string          `yaml:"warn"`
	Fixtures    map[string]map[string]string `yaml:"fixtures"`
	Sources     []Source                     `yaml:"sources"`
}

// Var is what a connection needs to know besides its token: a subdomain, a
// region, an account's id.
type Var struct {
	From          string   `yaml:"from"` // user | client | callback | token | identity | request | const
	Kind          string   `yaml:"kind"` // text | label | host | url | enum | secret
	Suffix        string   `yaml:"suffix"`
	SuffixAny     []string `yaml:"suffix_any"`
	HostSuffixAny []string `yaml:"host_suffix_any"`
	AnyDomain     string   `yaml:"any_domain"` // why the user may name any public host; "" = they may not
	Pattern       string   `yaml:"pattern"`
	Values        []string `yaml:"values"`
	Value         string   `yaml:"value"`
	Default       string   `yaml:"default"`
	Optional      bool     `yaml:"optional"`
	Ask           Ask      `yaml:"ask"`
}

// Hosts are the places that may receive a credential: the allow-list. "api" of
// a variant is the base of relative paths.
type Hosts struct {
	Variants map[string]map[string]string
	Extra    []string
}

// UnmarshalYAML reads the variants beside "extra".
func (h *Hosts) UnmarshalYAML(decode func(any) error) error {
	var extra struct {
		Extra []string `yaml:"extra"`
	}
	if err := decode(&extra); err != nil {
		return err
	}
	var all map[string]any
	if err := decode(&all); err != nil {
		return err
	}
	h.Extra, h.Variants = extra.Extra, map[string]map[string]string{}
	for name, v := range all {
		if hosts, ok := v.(map[string]any); ok {
			h.Variants[name] = map[string]string{}
			for k, text := range hosts {
				h.Variants[name][k], _ = text.(string)
			}
		}
	}
	return nil
}

// Production is the variant that everybody uses who says nothing else.
func (h *Hosts) Production() map[string]string { return h.Variants["production"] }

// Input is a field that the user fills in.
type Input struct {
	Kind     string `yaml:"kind"` // text | secret
	Pattern  string `yaml:"pattern"`
	Optional bool   `yaml:"optional"`
	Ask      Ask    `yaml:"ask"`
}

// Ask is how a field is asked for.
type Ask struct {
	Title       string   `yaml:"title"`
	Help        string   `yaml:"help"`
	Placeholder string   `yaml:"placeholder"`
	Order       int      `yaml:"order"`
	Strip       []string `yaml:"strip"` // what people paste along, such as https://
}

// Inject is how a credential travels.
type Inject struct {
	In     string            `yaml:"in"` // header | query | json | form | path
	Name   string            `yaml:"name"`
	Value  string            `yaml:"value"`
	Under  []string          `yaml:"under"` // in the path: prefixes that stand before it
	Also   map[string]string `yaml:"also"`  // further headers
	Choose map[string]any    `yaml:"choose"`
}

// Call is a request that an app file describes.
type Call struct {
	Get     string            `yaml:"get"`
	Post    string            `yaml:"post"`
	JSON    map[string]any    `yaml:"json"`
	Form    map[string]string `yaml:"form"`
	Headers map[string]string `yaml:"headers"`
	Auth    string            `yaml:"auth"`
}

// Identity tells who is connected. Its request is also the test of a credential.
type Identity struct {
	Request Call                 `yaml:"request"`
	ID      string               `yaml:"id"` // JSON pointers, and texts joined to them by " + "
	Name    string               `yaml:"name"`
	Email   string               `yaml:"email"`
	Avatar  string               `yaml:"avatar"`
	ByAuth  map[string]*Identity `yaml:"by_auth"` // where a method asks in another way
}

// Probe tells whether a credential still works.
type Probe struct {
	Request Call  `yaml:"request"`
	Dead    Match `yaml:"dead"`
}

// Request is what every call to the app carries.
type Request struct {
	Headers   map[string]string `yaml:"headers"`
	UserAgent string            `yaml:"user_agent"`
	Redirects *Redirects        `yaml:"redirects"` // nil = those to the app's own hosts are followed
	Proxy     *bool             `yaml:"proxy"`     // whether customers may call it through us; nil = yes
}

// Redirects says how the app's redirects are followed when they lead beyond its
// own hosts.
type Redirects struct {
	Max      int    `yaml:"max"`
	KeepAuth string `yaml:"keep_auth"` // same_host: the credential goes along to the same host alone | none: never
}

// Limits is how the app says that it is called too often.
type Limits struct {
	Throttled  Match          `yaml:"throttled"`
	RetryAfter []HeaderTime   `yaml:"retry_after"` // the first that is there counts
	Remaining  []Remaining    `yaml:"remaining"`
	Budgets    []Budget       `yaml:"budgets"`
	Cost       map[string]any `yaml:"cost"`
}

// HeaderTime is a header that names a moment or a length of time.
type HeaderTime struct {
	Header string `yaml:"header"`
	As     string `yaml:"as"` // seconds | seconds_or_date | epoch | epoch_ms | ms
}

// Remaining is a header that counts down, and the one that says when it begins anew.
type Remaining struct {
	Header string     `yaml:"header"`
	Regex  string     `yaml:"regex"`
	Reset  HeaderTime `yaml:"reset"`
}

// Budget is a number of calls in a window, and whose they are.
type Budget struct {
	Name  string `yaml:"name"`
	Rate  string `yaml:"rate"`
	Scope string `yaml:"scope"` // connection | identity | client
}

// Scope returns whom a throttled call holds back: connection, identity or
// client. Where an app has budgets of several kinds it is not known which is
// used up, so it is the narrowest.
func (l *Limits) Scope() string {
	scope := "connection"
	for i, b := range l.Budgets {
		if i > 0 && b.Scope != scope {
			return "connection"
		}
		scope = b.Scope
	}
	return scope
}

// Proxied reports whether customers may call the app through us.
func (a *App) Proxied() bool { return a.Request.Proxy == nil || *a.Request.Proxy }

// Source is where a fact was read.
type Source struct {
	About   string `yaml:"about"`
	URL     string `yaml:"url"`
	Checked string `yaml:"checked"`
}
