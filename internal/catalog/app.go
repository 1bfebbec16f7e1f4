package catalog

import "slices"

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
	Slug        string                       `yaml:"slug"`
	Name        string                       `yaml:"name"`
	Description string                       `yaml:"description"`
	Aliases     map[string][]string          `yaml:"aliases"`
	Categories  []string                     `yaml:"categories"`
	Weight      int                          `yaml:"weight"` // higher is shown earlier
	Links       map[string]string            `yaml:"links"`
	Checked     string                       `yaml:"checked"` // the day on which the facts were compared with their sources; "" = not yet
	Vars        map[string]Var               `yaml:"vars"`
	Hosts       Hosts                        `yaml:"hosts"`
	Auth        []Auth                       `yaml:"auth"`   // the first is the recommended one
	Inject      map[string]Inject            `yaml:"inject"` // by the auth's id; "default" for the rest
	Identity    *Identity                    `yaml:"identity"`
	Probe       *Probe                       `yaml:"probe"`
	Request     Request                      `yaml:"request"`
	Limits      map[string]any               `yaml:"limits"`
	Pagination  map[string]map[string]any    `yaml:"pagination"`
	Idempotency map[string]any               `yaml:"idempotency"`
	Events      map[string]any               `yaml:"events"`
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

// Auth is one way to sign in.
type Auth struct {
	ID           string            `yaml:"id"`
	Type         string            `yaml:"type"`
	Title        string            `yaml:"title"`
	Client       ClientForm        `yaml:"client"`
	PKCE         string            `yaml:"pkce"` // S256 | none
	PKCENote     string            `yaml:"pkce_note"`
	Authorize    Authorize         `yaml:"authorize"`
	Scopes       Scopes            `yaml:"scopes"`
	Callback     Callback          `yaml:"callback"`
	RequestToken Endpoint          `yaml:"request_token"`
	Token        Endpoint          `yaml:"token"`
	Tokens       map[string]Tokens `yaml:"tokens"` // "main" is the one that is injected
	Success      Success           `yaml:"success"`
	Errors       []ErrorRule       `yaml:"errors"` // the first that fits
	Refresh      Refresh           `yaml:"refresh"`
	Revoke       Endpoint          `yaml:"revoke"`
	Derive       Derive            `yaml:"derive"`
	Assertion    Assertion         `yaml:"assertion"`
	Steps        []map[string]any  `yaml:"steps"`
	SigV4        map[string]string `yaml:"sigv4"`
	Inputs       map[string]*Input `yaml:"inputs"`
	Warn         []map[string]any  `yaml:"warn"`
}

// ClientForm says how an operator gets a client, and what else is asked of them.
type ClientForm struct {
	Register string            `yaml:"register"` // static | dcr | cimd
	Fields   map[string]*Input `yaml:"fields"`
}

// Authorize is the page that a user is sent to.
type Authorize struct {
	URL    string            `yaml:"url"`
	Params map[string]string `yaml:"params"`
	Rename map[string]string `yaml:"rename"` // {client_id: client_key}
	Raw    []string          `yaml:"raw"`    // parameters that are not percent-encoded
}

// Scopes are what an app lets a client ask for.
type Scopes struct {
	None         bool                `yaml:"none"` // the app has none
	Join         string              `yaml:"join"` // "" = a space
	Param        string              `yaml:"param"`
	ExtraParams  map[string]string   `yaml:"extra_params"`
	Profiles     map[string][]string `yaml:"profiles"`
	ProfilesUser map[string][]string `yaml:"profiles_user"`
	Append       []string            `yaml:"append"`
	Catalog      map[string]string   `yaml:"catalog"` // scope -> what it allows, in plain words
	Granted      Granted             `yaml:"granted"`
}

// Granted is where a token answer says which scopes were given.
type Granted struct {
	Path string `yaml:"path"`
	Join string `yaml:"join"`
}

// Callback says what the provider sends back.
type Callback struct {
	Via       string       `yaml:"via"`        // query | fragment_page | webhook
	CodeParam string       `yaml:"code_param"` // "" = code
	Params    []string     `yaml:"params"`
	Issuer    string       `yaml:"issuer"` // checked against iss (RFC 9207) when set
	Verify    []VerifyRule `yaml:"verify"` // all must hold
}

// VerifyRule is a check of a callback. A rule of neither kind is one that no
// code knows yet.
type VerifyRule struct {
	HMACQuery *HMACQuery `yaml:"hmac_query"`
	MatchVar  *MatchVar  `yaml:"match_var"`
}

// HMACQuery says that the provider signs its callback with the client's secret:
// HMAC-SHA256 in hex over the other parameters, sorted.
type HMACQuery struct {
	Param string `yaml:"param"`
}

// MatchVar says that a parameter of the callback must be what the user named.
type MatchVar struct {
	Param  string `yaml:"param"`
	Equals string `yaml:"equals"`
}

// Endpoint is an address at the provider and how it is spoken to.
type Endpoint struct {
	URL        string            `yaml:"url"`
	Method     string            `yaml:"method"`      // "" = POST
	Encode     string            `yaml:"encode"`      // form | json | query; "" = form
	ClientAuth string            `yaml:"client_auth"` // body | basic | private_key_jwt | tls | none
	Params     map[string]string `yaml:"params"`
	Headers    map[string]string `yaml:"headers"`
	Auth       string            `yaml:"auth"`
}

// Tokens is where a token answer holds a token. Pointers are RFC 6901.
type Tokens struct {
	Map            map[string]string `yaml:"map"` // access, refresh, …
	Value          string            `yaml:"value"`
	Expires        Expires           `yaml:"expires"`
	RefreshExpires Expires           `yaml:"refresh_expires"`
	Optional       bool              `yaml:"optional"`
}

// Expires is where and how an answer tells when something ends.
type Expires struct {
	Path string `yaml:"path"`
	As   string `yaml:"as"`   // in (a length) | at (a moment)
	Unit string `yaml:"unit"` // s | ms | iso8601
}

// Success tells a good answer from an error that comes with a good status.
type Success struct {
	Status  string `yaml:"status"`
	JSON    string `yaml:"json"`
	Equals  any    `yaml:"equals"`
	NotJSON string `yaml:"not_json"` // a pointer that a good answer does not have
}

// Match is a condition on an answer.
type Match struct {
	Status         []int    `yaml:"status"`
	JSON           string   `yaml:"json"`
	Header         string   `yaml:"header"`
	Equals         any      `yaml:"equals"`
	In             []any    `yaml:"in"`
	DescriptionHas []string `yaml:"description_has"`
	Also           []Match  `yaml:"also"`
}

// ErrorRule gives an error answer its class.
type ErrorRule struct {
	Match  Match  `yaml:"match"`
	Class  string `yaml:"class"`
	Reason string `yaml:"reason"`
}

// Refresh says how a token lives on.
type Refresh struct {
	Policy           string            `yaml:"policy"` // none | stable | rotating | exchange | mint
	MayRotate        bool              `yaml:"may_rotate"`
	WhenAbsent       string            `yaml:"when_absent"`
	ReuseGrace       string            `yaml:"reuse_grace"`
	ReuseGraceMax    string            `yaml:"reuse_grace_max"`
	OnReuse          string            `yaml:"on_reuse"`
	Margin           string            `yaml:"margin"`
	AssumeTTL        string            `yaml:"assume_ttl"`
	Expiry           string            `yaml:"expiry"`
	Introspect       Endpoint          `yaml:"introspect"`
	IdleLifetime     string            `yaml:"idle_lifetime"`
	AbsoluteLifetime string            `yaml:"absolute_lifetime"`
	Keepalive        string            `yaml:"keepalive"`
	URL              string            `yaml:"url"` // "" = the token endpoint
	Params           map[string]string `yaml:"params"`
	RevokesOldAccess string            `yaml:"revokes_old_access"`
	On401            string            `yaml:"on_401"`
}

// Derive fills vars from what the provider sends.
type Derive struct {
	FromCallback map[string]string   `yaml:"from_callback"`
	FromToken    map[string]string   `yaml:"from_token"`
	FromHeaders  map[string]string   `yaml:"from_headers"`
	FromRequest  []map[string]string `yaml:"from_request"`
}

// Assertion is a JWT that is signed here and stands for a sign-in (RFC 7523).
type Assertion struct {
	Alg      string            `yaml:"alg"`
	Key      string            `yaml:"key"`
	Kid      string            `yaml:"kid"`
	Claims   map[string]string `yaml:"claims"`
	Lifetime string            `yaml:"lifetime"` // "" = 1h
}

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
	In     string            `yaml:"in"` // header | query | json
	Name   string            `yaml:"name"`
	Value  string            `yaml:"value"`
	Also   map[string]string `yaml:"also"` // further headers
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
	Redirects map[string]any    `yaml:"redirects"`
}

// Source is where a fact was read.
type Source struct {
	About   string `yaml:"about"`
	URL     string `yaml:"url"`
	Checked string `yaml:"checked"`
}

// AuthType is the wire's word for the recommended way to sign in: oauth, keys or none.
func (a *App) AuthType() string {
	switch a.Auth[0].Type {
	case OAuth2, OAuth1, GitHubApp:
		return "oauth"
	case None:
		return "none"
	default:
		return "keys"
	}
}

// usable reports whether this version can sign a user in by the method.
func (a *App) usable(auth *Auth) bool {
	in, _ := a.InjectFor(auth.ID)
	secret := auth.Token.ClientAuth == "private_key_jwt" || auth.Token.ClientAuth == "tls"
	unknown := slices.ContainsFunc(auth.Callback.Verify, func(r VerifyRule) bool { return r.HMACQuery == nil && r.MatchVar == nil })
	if in.In == "json" || secret || unknown || auth.Callback.Via != "" && auth.Callback.Via != "query" {
		return false
	}
	return slices.Contains([]string{OAuth2, ClientCredentials, Key, Basic, JWT, ByAssertion, None}, auth.Type)
}

// Method returns the auth with the id.
func (a *App) Method(id string) (*Auth, bool) {
	for i := range a.Auth {
		if a.Auth[i].ID == id {
			return &a.Auth[i], true
		}
	}
	return nil, false
}

// IdentityFor returns how to ask who is connected by an auth, or nil. A method
// with a request of its own names what it reads of the answer, too.
func (a *App) IdentityFor(authID string) *Identity {
	if a.Identity == nil {
		return nil
	}
	own := a.Identity.ByAuth[authID]
	switch {
	case own == nil:
		return a.Identity
	case own.Request.Get != "" || own.Request.Post != "":
		return own
	}
	merged := *a.Identity
	for _, f := range []struct{ to, from *string }{{&merged.ID, &own.ID}, {&merged.Name, &own.Name}, {&merged.Email, &own.Email}} {
		if *f.from != "" {
			*f.to = *f.from
		}
	}
	return &merged
}

// InjectFor returns how the credential of an auth travels.
func (a *App) InjectFor(authID string) (Inject, bool) {
	if in, ok := a.Inject[authID]; ok {
		return in, true
	}
	in, ok := a.Inject["default"]
	return in, ok
}

// Requested returns the scopes of a profile; "" is the default profile, and an
// app that has none by that name asks for the first of its profiles by name.
func (auth *Auth) Requested(profile string) []string {
	if profile == "" {
		profile = "default"
	}
	return auth.Scopes.Profiles[profile]
}
