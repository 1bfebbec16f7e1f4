package access

import (
	"slices"
	"strings"
)

// Scope is one thing that a client can be allowed.
type Scope struct {
	Name    string
	Group   string // under which people look for it
	Text    string // what it allows, for people
	Default bool   // of those that the console proposes for a new client
}

// Published are all scopes that a client can be given. One that ends in * covers
// what begins like it.
var Published = []Scope{
	{"*", "Everything", "All of the API, also what will be added to it", false},
	{"connect:*", "Connect", "All of connect", false},
	{"connect:tokens:create", "Connect", "Make connect tokens", true},
	{"connect:accounts:read", "Connect", "See accounts", true},
	{"connect:accounts:write", "Connect", "Delete and import accounts", false},
	{"connect:users:read", "Connect", "See users", false},
	{"connect:users:write", "Connect", "Delete users", false},
	{"connect:apps:*", "Connect", "See the catalogue of apps", true},
	{"connect:apps:read", "Connect", "See the catalogue of apps, and nothing that may be added to that", false},
	{"connect:actions:*", "Connect", "See, configure and run actions", false},
	{"connect:actions:read", "Connect", "See actions, what ran, and files", false},
	{"connect:actions:run", "Connect", "Configure and run actions", false},
	{"connect:triggers:*", "Connect", "See, configure and deploy triggers", false},
	{"connect:triggers:read", "Connect", "See triggers", false},
	{"connect:triggers:write", "Connect", "Configure and deploy triggers", false},
	{"connect:deployed_triggers:read", "Connect", "See deployed triggers and their events", false},
	{"connect:deployed_triggers:write", "Connect", "Change and delete deployed triggers", false},
	{"connect:webhooks:read", "Connect", "See webhook endpoints", false},
	{"connect:webhooks:write", "Connect", "Set webhook endpoints and see their signing keys", false},
	{"connect:oauth_apps:read", "Connect", "See OAuth clients with providers", false},
	{"connect:oauth_apps:write", "Connect", "Change OAuth clients with providers", false},
	{"connect:app_overrides:read", "Connect", "See app overrides", false},
	{"connect:app_overrides:write", "Connect", "Change app overrides", false},
	{"connect:instances:read", "Connect", "See what users have of workflows", false},
	{"connect:instances:write", "Connect", "Change what users have of workflows", false},
	{"connect:projects:read", "Connect", "See projects and their settings", false},
	{"connect:projects:write", "Connect", "Create and change projects", false},
	{"connect:projects:promote", "Connect", "Take settings of an environment over into the other one, and see both", false},
	{"connect:projects:export", "Connect", "Take all of a project away that is no secret, with what its users have", false},
	{"connect:proxy", "Connect", "Call apps as a user's account", false},
	{"connect:usage:read", "Connect", "See usage", false},
	{"connect:workflow:invoke", "Connect", "Call workflows", false},
	{"connect:rate_limits:write", "Connect", "Make rate limits for users", false},
	{"apps:read", "Apps and components", "See the workspace's own apps", false},
	{"apps:write", "Apps and components", "Change the workspace's own apps", false},
	{"components:read", "Apps and components", "See the workspace's own components, with their sources", false},
	{"components:write", "Apps and components", "Save, install and remove components", false},
	{"workflows:read", "Workflows", "See workflows", false},
	{"workflows:write", "Workflows", "Create, deploy and delete workflows", false},
	{"runs:read", "Workflows", "See runs, with inputs and outputs", false},
	{"runs:write", "Workflows", "Cancel runs, try them again, replay them; pause queues and let them go on", false},
	{"variables:read", "Workflows", "See variables, and not the values of secrets", false},
	{"variables:write", "Workflows", "Change variables", false},
	{"data_stores:read", "Workflows", "See data stores and their records", false},
	{"data_stores:write", "Workflows", "Change data stores and their records", false},
	{"events:read", "Events and requests", "See what happens, and listen to it", false},
	{"deliveries:read", "Events and requests", "See deliveries, with payloads", false},
	{"deliveries:write", "Events and requests", "Send deliveries again", false},
	{"notifications:read", "Events and requests", "See notification routes and notices", false},
	{"notifications:write", "Events and requests", "Change and test notification routes", false},
	{"requests:read", "Events and requests", "See proxied requests, with kept bodies", false},
	{"connect_sessions:read", "Events and requests", "See recorded connect sessions", false},
	{"clients:read", "Administration", "See API clients and keys", false},
	{"clients:write", "Administration", "Create, change and delete API clients and keys", false},
	{"members:read", "Administration", "See members and invitations", false},
	{"members:write", "Administration", "Change and invite members who are no owners", false},
	{"workspace:read", "Administration", "See the workspace and its settings", false},
	{"workspace:write", "Administration", "Change the workspace and its settings", false},
	{"audit:read", "Administration", "See the audit log", false},
	{"audit:write", "Administration", "Have all of the audit log sent to a webhook", false},
	{CredentialsRead, "Administration", "See accounts' credentials in the clear; each time is logged", false},
}

// Scopes are the names of those that are published.
var Scopes = names(Published)

func names(all []Scope) []string {
	out := make([]string, len(all))
	for i, s := range all {
		out[i] = s.Name
	}
	return out
}

// CredentialsRead lets a client see what accounts hold. It is none of connect's
// scopes, so that neither connect:* nor a connect token carries it.
const CredentialsRead = "credentials:read"

// Allows reports whether one of the scopes covers what is needed.
func Allows(scopes []string, need string) bool {
	for _, s := range scopes {
		if s == need {
			return true
		}
		if prefix, ok := strings.CutSuffix(s, "*"); ok && strings.HasPrefix(need, prefix) {
			return true
		}
	}
	return false
}

// Cover reports whether the scopes allow all that others allow.
func Cover(scopes, others []string) bool {
	return !slices.ContainsFunc(others, func(s string) bool { return !Allows(scopes, s) })
}

// Narrow returns the scopes that a caller asked for, separated by spaces, when
// have covers each; nothing asked for means all of have.
func Narrow(have []string, asked string) ([]string, error) {
	want := strings.Fields(asked)
	if len(want) == 0 {
		return have, nil
	}
	for _, w := range want {
		if !slices.Contains(Scopes, w) || !Allows(have, w) {
			return nil, ErrInvalidScope
		}
	}
	return slices.Compact(slices.Sorted(slices.Values(want))), nil
}

// both returns what two lists of scopes allow alike.
func both(a, b []string) []string {
	var out []string
	for _, s := range a {
		if Allows(b, s) {
			out = append(out, s)
		}
	}
	for _, s := range b {
		if Allows(a, s) && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
