package catalog

import (
	"slices"
	"strings"
)

// Requested returns the scopes of a profile; "" is the default profile.
func (auth *Auth) Requested(profile string) []string {
	if profile == "" {
		profile = "default"
	}
	return auth.Scopes.Profiles[profile]
}

// HasProfile reports whether a profile can be asked for. An app whose access is
// not divided into scopes has nothing to choose, so any name will do.
func (auth *Auth) HasProfile(profile string) bool {
	_, ok := auth.Scopes.Profiles[profile]
	return ok || profile == "" || len(auth.Scopes.Profiles) == 0
}

// Askable reports whether a scope is one that the app's file asks for: an
// answer may name scopes in words that no request may hold.
func (s *Scopes) Askable(scope string) bool {
	if _, ok := s.Catalog[scope]; ok {
		return true
	}
	for _, scopes := range s.Profiles {
		if slices.Contains(scopes, scope) {
			return true
		}
	}
	return false
}

// signIn are OpenID Connect's own scopes. They say what is told of the user and
// how long a connection lasts, and not what it may do; providers write them
// otherwise in their answers, or leave them out.
var signIn = []string{"openid", "profile", "email", "address", "phone", "offline_access"}

// Missing returns the scopes of wanted that granted does not cover, in their
// order. Case does not count, nor does the address of an API before a scope.
func (s *Scopes) Missing(granted, wanted []string) []string {
	missing := []string{}
	for _, scope := range wanted {
		covers := func(g string) bool { return same(g, scope) || slices.Contains(s.Implies[g], scope) }
		if !slices.Contains(signIn, scope) && !slices.ContainsFunc(granted, covers) && !slices.Contains(missing, scope) {
			missing = append(missing, scope)
		}
	}
	return missing
}

func same(granted, wanted string) bool {
	if strings.EqualFold(granted, wanted) {
		return true
	}
	at := strings.LastIndex(granted, "/")
	return at >= 0 && !strings.Contains(wanted, "/") && strings.EqualFold(granted[at+1:], wanted)
}
