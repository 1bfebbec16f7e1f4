package catalog

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Schema is the version of the app file that this package reads.
const Schema = "app/v1"

// The ways to sign in that are understood.
const (
	OAuth2 = "oauth2"
	Key    = "key"
	None   = "none"
)

// App is one app file. Texts in {{ }} are filled in by Expand.
type App struct {
	Schema      string            `yaml:"schema"`
	ID          string            `yaml:"-"` // made from the slug
	Slug        string            `yaml:"slug"`
	Name        string            `yaml:"name"`
	Description string            `yaml:"description"`
	Categories  []string          `yaml:"categories"`
	Weight      int               `yaml:"weight"` // higher is shown earlier
	Links       map[string]string `yaml:"links"`
	Checked     string            `yaml:"checked"` // date on which the facts were last read at their source
	Hosts       Hosts             `yaml:"hosts"`
	Auth        []Auth            `yaml:"auth"`   // the first is the recommended one
	Inject      map[string]Inject `yaml:"inject"` // by the auth's id
	Identity    Identity          `yaml:"identity"`
	Sources     []Source          `yaml:"sources"`
}

// Hosts are the places that may receive a credential: the allow-list.
type Hosts struct {
	Production map[string]string `yaml:"production"` // "api" is the base of relative paths
	Extra      []string          `yaml:"extra"`
}

// Auth is one way to sign in.
type Auth struct {
	ID        string            `yaml:"id"`
	Type      string            `yaml:"type"`
	Title     string            `yaml:"title"`
	Authorize Authorize         `yaml:"authorize"`
	Scopes    Scopes            `yaml:"scopes"`
	Callback  Callback          `yaml:"callback"`
	Token     Token             `yaml:"token"`
	Refresh   Refresh           `yaml:"refresh"`
	Inputs    map[string]*Input `yaml:"inputs"`
}

// Authorize is the page that a user is sent to.
type Authorize struct {
	URL    string            `yaml:"url"`
	Params map[string]string `yaml:"params"`
}

// Scopes are what an app lets a client ask for.
type Scopes struct {
	Join     string              `yaml:"join"` // "" = a space
	Profiles map[string][]string `yaml:"profiles"`
	Catalog  map[string]string   `yaml:"catalog"` // scope -> what it allows, in plain words
}

// Callback says what the provider sends back.
type Callback struct {
	Issuer string `yaml:"issuer"` // checked against iss (RFC 9207) when set
}

// Token is the token endpoint.
type Token struct {
	URL        string `yaml:"url"`
	ClientAuth string `yaml:"client_auth"` // body | basic
}

// Refresh says how a token lives on.
type Refresh struct {
	Policy string `yaml:"policy"` // none | stable | rotating
}

// Input is a field that the user fills in.
type Input struct {
	Kind    string `yaml:"kind"` // text | secret
	Pattern string `yaml:"pattern"`
	Ask     Ask    `yaml:"ask"`
}

// Ask is how a field is asked for.
type Ask struct {
	Title       string `yaml:"title"`
	Help        string `yaml:"help"`
	Placeholder string `yaml:"placeholder"`
	Order       int    `yaml:"order"`
	Optional    bool   `yaml:"optional"`
}

// Inject is how a credential travels.
type Inject struct {
	In    string `yaml:"in"` // header | query
	Name  string `yaml:"name"`
	Value string `yaml:"value"`
}

// Identity tells who is connected. Its request is also the test of a credential.
type Identity struct {
	Get   string `yaml:"get"`
	ID    string `yaml:"id"` // JSON pointers (RFC 6901) into the answer
	Name  string `yaml:"name"`
	Email string `yaml:"email"`
}

// Source is where a fact was read.
type Source struct {
	About   string `yaml:"about"`
	URL     string `yaml:"url"`
	Checked string `yaml:"checked"`
}

var slugPattern = regexp.MustCompile(`^[a-z0-9_]{2,64}$`)

func (a *App) check() error {
	switch {
	case a.Schema != Schema:
		return fmt.Errorf("schema is %q, want %q", a.Schema, Schema)
	case !slugPattern.MatchString(a.Slug):
		return fmt.Errorf("slug %q does not match %s", a.Slug, slugPattern)
	case a.Name == "":
		return errors.New("name is missing")
	case len(a.Auth) == 0:
		return errors.New("auth is empty")
	}
	for _, h := range append([]string{a.Hosts.Production["api"]}, a.Hosts.Extra...) {
		if u, err := url.Parse(h); err != nil || u.Host == "" {
			return fmt.Errorf("hosts: %q is not a URL", h)
		}
	}
	for i := range a.Auth {
		if err := a.checkAuth(&a.Auth[i]); err != nil {
			return fmt.Errorf("auth %q: %w", a.Auth[i].ID, err)
		}
	}
	return nil
}

func (a *App) checkAuth(auth *Auth) error {
	inject, ok := a.Inject[auth.ID]
	if auth.Type != None && (!ok || inject.Name == "" || inject.In != "header" && inject.In != "query") {
		return errors.New("inject says not how the credential travels")
	}
	switch auth.Type {
	case OAuth2:
		if auth.Authorize.URL == "" || auth.Token.URL == "" {
			return errors.New("authorize.url and token.url are needed")
		}
		if auth.Token.ClientAuth != "body" && auth.Token.ClientAuth != "basic" {
			return errors.New("token.client_auth is body or basic")
		}
		if !slices.Contains([]string{"none", "stable", "rotating"}, auth.Refresh.Policy) {
			return errors.New("refresh.policy is none, stable or rotating")
		}
	case Key:
		if len(auth.Inputs) == 0 {
			return errors.New("inputs are missing")
		}
		for name, in := range auth.Inputs {
			if _, err := regexp.Compile(in.Pattern); err != nil {
				return fmt.Errorf("inputs.%s.pattern: %w", name, err)
			}
		}
	case None:
	default:
		return fmt.Errorf("type %q is not understood", auth.Type)
	}
	return nil
}

// AuthType is the wire's word for the recommended way to sign in: oauth, keys or none.
func (a *App) AuthType() string {
	switch a.Auth[0].Type {
	case OAuth2:
		return "oauth"
	case Key:
		return "keys"
	default:
		return "none"
	}
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

// Field is an input in the form of the wire's custom_fields_json.
type Field struct {
	Name        string `json:"name"`
	Label       string `json:"label"`
	Description string `json:"description"`
	Placeholder string `json:"placeholder,omitempty"`
	Type        string `json:"type"`
	Optional    bool   `json:"optional"`
}

// Fields returns what the user is asked, in order.
func (auth *Auth) Fields() []Field {
	fields := []Field{}
	for name, in := range auth.Inputs {
		kind := "text"
		if in.Kind == "secret" {
			kind = "password"
		}
		fields = append(fields, Field{name, cmp.Or(in.Ask.Title, name), in.Ask.Help, in.Ask.Placeholder, kind, in.Ask.Optional})
	}
	slices.SortFunc(fields, func(a, b Field) int {
		return cmp.Or(auth.Inputs[a.Name].Ask.Order-auth.Inputs[b.Name].Ask.Order, strings.Compare(a.Name, b.Name))
	})
	return fields
}

// Requested returns the scopes of a profile; "" is the default profile.
func (auth *Auth) Requested(profile string) []string {
	return auth.Scopes.Profiles[cmp.Or(profile, "default")]
}

// Target returns the absolute URL of a call: target itself when it is below one
// of the app's hosts, or a path below its API. ok is false for any other host,
// which must not see the credential.
func (a *App) Target(target string) (u *url.URL, ok bool) {
	base := a.Hosts.Production["api"]
	if strings.HasPrefix(target, "/") {
		target = strings.TrimSuffix(base, "/") + target
	}
	u, err := url.Parse(target)
	if err != nil || u.User != nil {
		return nil, false
	}
	for _, h := range append([]string{base}, a.Hosts.Extra...) {
		if allowed, err := url.Parse(h); err == nil && u.Scheme == allowed.Scheme && strings.EqualFold(u.Host, allowed.Host) {
			return u, true
		}
	}
	return nil, false
}

var hole = regexp.MustCompile(`\{\{\s*([a-z_.]+)\s*\}\}`)

// Expand fills the holes of a text with values. A hole without a value is an error.
func Expand(text string, values map[string]string) (string, error) {
	var missing error
	out := hole.ReplaceAllStringFunc(text, func(m string) string {
		name := hole.FindStringSubmatch(m)[1]
		v, ok := values[name]
		if !ok {
			missing = fmt.Errorf("nothing is known of %s", name)
		}
		return v
	})
	return out, missing
}
