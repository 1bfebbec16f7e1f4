package rest

import (
	"net/http"
	"net/url"
	"strings"
)

// workspaceWide are the first segments under /v1/connect/ that name no project
// even when a project could stand there.
var workspaceWide = map[string]bool{"apps": true, "app_categories": true, "projects": true, "tokens": true, "usage": true, "rate_limits": true}

// aliases are older spellings of catalogue paths.
var aliases = map[string]string{"/v1/apps": "/v1/connect/apps", "/v1/app_categories": "/v1/connect/app_categories"}

// canonical gives each request the one spelling that the contract has. Browser
// clients know no project and write /v1/connect/accounts or /v1/connect//accounts;
// both become /v1/connect/-/accounts, where "-" is the token's project.
func canonical(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := r.URL.EscapedPath()
		if to := spell(path); to != path {
			r = r.Clone(r.Context())
			r.URL.RawPath = to
			r.URL.Path, _ = url.PathUnescape(to) // it was unescaped once already, by net/http
		}
		next.ServeHTTP(w, r)
	})
}

func spell(path string) string {
	path = strings.ReplaceAll(path, "+", "%2B") // a plus is a plus, and the router would read a space
	for from, to := range aliases {
		if rest, ok := strings.CutPrefix(path, from); ok && (rest == "" || rest[0] == '/') {
			return to + rest
		}
	}
	rest, ok := strings.CutPrefix(path, "/v1/connect/")
	if !ok {
		return path
	}
	trimmed := strings.TrimLeft(rest, "/")
	first, _, _ := strings.Cut(trimmed, "/")
	named := strings.HasPrefix(first, "proj_") || first == "-"
	ofProject := trimmed == "projects/info" || first == "apps" && strings.HasSuffix(trimmed, "/accounts") && strings.Count(trimmed, "/") == 2
	// Two slashes: the project was left out. A project behind them is still one.
	missing := trimmed != rest && !named || !named && (!workspaceWide[first] || ofProject)
	if workspaceWide[first] && !ofProject && trimmed != rest {
		missing = false // /v1/connect//apps is the catalogue, which has no project
	}
	if missing {
		return "/v1/connect/-/" + trimmed
	}
	return "/v1/connect/" + trimmed
}
