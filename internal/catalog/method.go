package catalog

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/patchbay-dev/patchbay/internal/fault"
)

// ErrMethod is returned for a way to sign in that an app does not have.
var ErrMethod = fault.New(fault.Invalid, "auth_method", "The app has no such way to sign in.")

// AuthType is the wire's word for the recommended way to sign in: oauth, keys or none.
func (a *App) AuthType() string { return a.Auth[0].Kind() }

// Kind is the wire's word for a way to sign in: oauth, keys or none.
func (auth *Auth) Kind() string {
	switch {
	case auth.Redirects():
		return "oauth"
	case auth.Type == None:
		return "none"
	default:
		return "keys"
	}
}

// Redirects reports whether the user is sent to a page of the provider.
func (auth *Auth) Redirects() bool {
	return auth.Type == OAuth2 || auth.Type == GitHubApp || auth.Type == OAuth1 && auth.Authorize.URL != ""
}

// usable reports whether this version can sign a user in by the method.
func (a *App) usable(auth *Auth) bool {
	unknown := slices.ContainsFunc(auth.Callback.Verify, func(r VerifyRule) bool { return r.HMACQuery == nil && r.MatchVar == nil && r.Owned == nil })
	return !unknown && (auth.Callback.Via == "" || auth.Callback.Via == "query")
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

// FirstOf returns the first method that a condition holds for, or nil.
func (a *App) FirstOf(holds func(*Auth) bool) *Auth {
	for i := range a.Auth {
		if holds(&a.Auth[i]) {
			return &a.Auth[i]
		}
	}
	return nil
}

// TakesClient reports whether a method needs something that an operator got
// from the provider: an OAuth client, a developer key, the address of a server.
func (a *App) TakesClient(auth *Auth) bool {
	if auth.Redirects() {
		return true
	}
	if _, own := auth.Inputs["client_id"]; auth.Type == ClientCredentials && !own {
		return true
	}
	return slices.ContainsFunc(a.ClientFields(auth), func(f Field) bool { return !f.Optional })
}

// ClientFields returns what an operator is asked for beside a client's id and
// secret: vars that are the same for all who connect through it, and the
// method's own fields.
func (a *App) ClientFields(auth *Auth) []Field {
	fields := []Field{}
	for name, v := range a.Vars {
		if v.From == "client" {
			fields = append(fields, v.field(name))
		}
	}
	for name, in := range auth.Client.Fields {
		fields = append(fields, in.field(name))
	}
	slices.SortFunc(fields, func(x, y Field) int { return cmp.Or(x.order-y.order, strings.Compare(x.Name, y.Name)) })
	return fields
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

// CallsWithClient reports whether calls by a method carry, or are signed with,
// something of the operator's client.
func (a *App) CallsWithClient(auth *Auth) bool {
	if auth.Type == OAuth1 && auth.Redirects() {
		return true // each call is signed with the client's secret
	}
	in, _ := a.InjectFor(auth.ID)
	for _, texts := range []map[string]string{a.Request.Headers, in.Also, {"inject": in.Value, "api": a.Hosts.Production()["api"]}} {
		for _, text := range texts {
			for _, m := range hole.FindAllStringSubmatch(text, -1) {
				name, isVar := strings.CutPrefix(m[1], "var.")
				if strings.HasPrefix(m[1], "client.") || isVar && a.Vars[name].From == "client" {
					return true
				}
			}
		}
	}
	return false
}

// PublicMethod is a way to sign in, as the world sees it.
type PublicMethod struct {
	ID               string `json:"id"`
	Title            string `json:"title"`
	AuthType         string `json:"auth_type"`
	CustomFieldsJSON string `json:"custom_fields_json"`
	TakesClient      bool   `json:"takes_client"`
	ClientFieldsJSON string `json:"client_fields_json"`
}

func (a *App) publicMethod(auth *Auth) PublicMethod {
	user, _ := json.Marshal(a.Fields(auth)) // plain strings always marshal
	operator, _ := json.Marshal(a.ClientFields(auth))
	return PublicMethod{
		ID: auth.ID, Title: auth.Title, AuthType: auth.Kind(), CustomFieldsJSON: string(user), TakesClient: a.TakesClient(auth), ClientFieldsJSON: string(operator),
	}
}
