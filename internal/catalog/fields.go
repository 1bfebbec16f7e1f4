package catalog

import (
	"cmp"
	"errors"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"

	lru "github.com/hashicorp/golang-lru/v2"
)

// Field is what a user is asked, in the form of the wire's custom_fields_json.
type Field struct {
	Name        string `json:"name"`
	Label       string `json:"label"`
	Description string `json:"description"`
	Placeholder string `json:"placeholder,omitempty"`
	Default     string `json:"default,omitempty"`
	Type        string `json:"type"` // text | password
	Optional    bool   `json:"optional"`

	order   int
	pattern string
	strip   []string
	values  []string
	isVar   bool
}

// Fields returns what a user is asked to sign in by auth: the app's vars first,
// for they say where, then the inputs of the method.
func (a *App) Fields(auth *Auth) []Field {
	fields := []Field{}
	for name, v := range a.Vars {
		if v.From == "user" {
			fields = append(fields, v.field(name))
		}
	}
	for name, in := range auth.Inputs {
		fields = append(fields, in.field(name))
	}
	slices.SortFunc(fields, func(x, y Field) int { return cmp.Or(x.order-y.order, strings.Compare(x.Name, y.Name)) })
	return fields
}

func (v Var) field(name string) Field {
	return Field{
		Name: name, Label: cmp.Or(v.Ask.Title, name), Description: v.Ask.Help, Placeholder: v.Ask.Placeholder, Default: v.Default,
		Type: fieldType(v.Kind), Optional: v.Optional || v.Default != "", order: v.Ask.Order - 1000, pattern: v.Pattern, strip: v.Ask.Strip, values: v.Values, isVar: true,
	}
}

func (in *Input) field(name string) Field {
	return Field{
		Name: name, Label: cmp.Or(in.Ask.Title, name), Description: in.Ask.Help, Placeholder: in.Ask.Placeholder,
		Type: fieldType(in.Kind), Optional: in.Optional, order: in.Ask.Order, pattern: in.Pattern, strip: in.Ask.Strip,
	}
}

// Pattern is what a whole text must match once it is stripped; "" = anything.
func (f Field) Pattern() string { return f.pattern }

// Strip is what people paste along, in front or behind, and is taken away.
func (f Field) Strip() []string { return f.strip }

// Values are all that a field may hold; none = any text.
func (f Field) Values() []string { return f.values }

// IsVar reports whether the field says where the connection is, and is no credential.
func (f Field) IsVar() bool { return f.isVar }

// Clean takes away what people paste along, and returns ErrForm for a text that
// is not of the field's form. Nothing typed is the default.
func (f Field) Clean(app *App, typed string) (string, error) {
	v := strings.TrimSpace(typed)
	for _, s := range f.strip {
		v = strings.TrimSuffix(strings.TrimPrefix(v, s), s)
	}
	if v == "" {
		return f.Default, nil
	}
	if f.isVar {
		return v, app.Vars[f.Name].Check(v)
	}
	if f.pattern != "" && !regexp.MustCompile(f.pattern).MatchString(v) { // compiled once before, by Lint
		return "", ErrForm
	}
	return v, nil
}

func fieldType(kind string) string {
	if kind == "secret" {
		return "password"
	}
	return "text"
}

// Receivers are the hosts that may receive a credential, as the file writes them.
func (a *App) Receivers() []string {
	return append([]string{a.Hosts.Production()["api"]}, a.Hosts.Extra...)
}

// Base returns a host of the app with its holes filled in.
func (a *App) Base(name string, values map[string]string) (string, error) {
	return Expand(a.Hosts.Production()[name], values)
}

// Target returns the absolute URL of a call: target itself when it is below one
// of the app's hosts, or a path below its API. ok is false for any other host,
// which must not see the credential. values fill the hosts in.
func (a *App) Target(target string, values map[string]string) (u *url.URL, ok bool) {
	base, err := a.Base("api", values)
	if err != nil {
		return nil, false
	}
	if strings.HasPrefix(target, "/") {
		target = strings.TrimSuffix(base, "/") + target
	}
	u, err = url.Parse(target)
	if err != nil || u.User != nil {
		return nil, false
	}
	if originOf(base).fits(u) {
		return u, true
	}
	for _, h := range a.Hosts.Extra {
		if h, err = Expand(h, values); err == nil && originOf(h).fits(u) {
			return u, true
		}
	}
	return nil, false
}

// origin is what of an allowed URL counts. The zero origin fits nothing.
type origin struct{ scheme, host string }

// origins are those that were met: every call to an app asks for one.
var origins, _ = lru.New[string, origin](4096) // it fails at sizes below one

func originOf(text string) (o origin) {
	if o, ok := origins.Get(text); ok {
		return o
	}
	if u, err := url.Parse(text); err == nil {
		o = origin{u.Scheme, u.Host}
	}
	origins.Add(text, o)
	return o
}

func (o origin) fits(u *url.URL) bool {
	return o.scheme != "" && u.Scheme == o.scheme && hostFits(u.Host, o.host)
}

// hostFits compares a host with an allowed one, of which "*." in front stands
// for any name below it.
func hostFits(host, allowed string) bool {
	if suffix, ok := strings.CutPrefix(allowed, "*"); ok {
		return isHost(host) && hasSuffix(host, []string{strings.ToLower(suffix)})
	}
	return strings.EqualFold(host, allowed)
}

// ErrForm is returned for a text that is not of the form that a var has.
var ErrForm = errors.New("it does not look right")

// Check returns ErrForm for a text that is not of the form that a var has: what
// is put into a host must not lead anywhere else.
func (v Var) Check(text string) error {
	if text == "" && v.Optional {
		return nil
	}
	if !v.fits(text) || v.Pattern != "" && !regexp.MustCompile(v.Pattern).MatchString(text) { // compiled once before, by Lint
		return ErrForm
	}
	return nil
}

func (v Var) fits(text string) bool {
	switch v.Kind {
	case "label":
		return isLabel(text)
	case "enum":
		return slices.Contains(v.Values, text)
	case "host":
		if _, err := netip.ParseAddr(text); err == nil {
			return false // an address is no name
		}
		return isHost(text) && (len(v.suffixes()) == 0 || hasSuffix(text, v.suffixes()))
	case "url":
		u, err := url.Parse(text)
		return err == nil && u.Scheme == "https" && u.User == nil && isHost(u.Hostname()) && (len(v.HostSuffixAny) == 0 || u.Port() == "" && hasSuffix(u.Hostname(), v.HostSuffixAny))
	default:
		return true
	}
}

func (v Var) suffixes() []string {
	if v.Suffix != "" {
		return append([]string{v.Suffix}, v.SuffixAny...)
	}
	return v.SuffixAny
}

func hasSuffix(host string, suffixes []string) bool {
	return slices.ContainsFunc(suffixes, func(s string) bool { return strings.HasSuffix(strings.ToLower(host), s) && len(host) > len(s) })
}

func isLabel(s string) bool {
	if s == "" || len(s) > 63 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
}

func isHost(s string) bool {
	for label := range strings.SplitSeq(s, ".") {
		if !isLabel(label) {
			return false
		}
	}
	return strings.Contains(s, ".")
}
