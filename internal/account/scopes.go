package account

import (
	"slices"

	"github.com/patchbay-dev/patchbay/internal/catalog"
)

// Asked are the scopes that a user is asked for through the client. A profile
// that is named wins over the client's own scopes; the additional ones are
// asked for in any case.
func (o *OAuthApp) Asked(auth *catalog.Auth, profile string) []string {
	scopes := o.Scopes
	if len(scopes) == 0 || profile != "" {
		scopes = auth.Requested(profile)
	}
	return union(scopes, o.AdditionalScopes)
}

// AskedAgain adds to scopes what an account was granted before, so that a new
// grant does not take away what an older one gave.
func (o *OAuthApp) AskedAgain(auth *catalog.Auth, scopes, granted []string) []string {
	return union(scopes, slices.DeleteFunc(slices.Clone(granted), func(s string) bool {
		return !auth.Scopes.Askable(s) && !slices.Contains(o.Scopes, s) && !slices.Contains(o.AdditionalScopes, s)
	}))
}

func union(a, b []string) []string {
	out := []string{}
	for _, s := range append(slices.Clone(a), b...) {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// Missing returns which of the wanted scopes the account was not granted: those
// of an action, or of a profile of its app. Without any named, these are the
// scopes that its user was asked for and refused.
func (a *Account) Missing(auth *catalog.Auth, wanted ...string) []string {
	if len(wanted) == 0 {
		wanted = a.AskedScopes
	}
	return auth.Scopes.Missing(a.Scopes, wanted)
}
