package provider

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/oauth2"

	"github.com/patchbay-dev/patchbay/internal/catalog"
)

// Authorization is one visit of a user to a provider.
type Authorization struct {
	RedirectURI string
	State       string
	Verifier    string // PKCE; "" where the app does not take it
	Scopes      []string
	Answer      url.Values // what came back in the callback; nil before

	RequestToken, RequestSecret string // OAuth 1.0a's temporary credential; "" for others
}

// AuthorizeURL returns the page to send the user to.
func (c *Connection) AuthorizeURL(a Authorization) (string, error) {
	auth, values := c.Auth, c.Values()
	base, err := catalog.Expand(auth.Authorize.URL, values)
	if err != nil {
		return "", fmt.Errorf("authorize.url: %w", err)
	}
	params, err := expandAll(auth.Authorize.Params, values)
	if err != nil {
		return "", fmt.Errorf("authorize.params: %w", err)
	}
	switch auth.Type {
	case catalog.OAuth1:
		params["oauth_token"] = a.RequestToken
		if len(a.Scopes) > 0 {
			params[or(auth.Scopes.Param, "scope")] = strings.Join(a.Scopes, or(auth.Scopes.Join, " "))
		}
		return withQuery(base, params)
	case catalog.GitHubApp:
		params["state"] = a.State
		return withQuery(base, params)
	}
	conf := &oauth2.Config{ClientID: c.Client.ID, RedirectURL: a.RedirectURI, Endpoint: oauth2.Endpoint{AuthURL: base}}
	var opts []oauth2.AuthCodeOption
	if auth.PKCE == "S256" && a.Verifier != "" {
		opts = append(opts, oauth2.S256ChallengeOption(a.Verifier))
	}
	scopes := slices.Clone(a.Scopes)
	for _, text := range auth.Scopes.Append {
		if s, err := catalog.Expand(text, values); err == nil && !strings.HasSuffix(s, ":") { // a hole was empty
			scopes = append(scopes, s)
		}
	}
	if len(scopes) > 0 {
		opts = append(opts, oauth2.SetAuthURLParam(or(auth.Scopes.Param, "scope"), strings.Join(scopes, or(auth.Scopes.Join, " "))))
	}
	for k, v := range params {
		opts = append(opts, oauth2.SetAuthURLParam(k, v))
	}
	built, err := url.Parse(conf.AuthCodeURL(a.State, opts...))
	if err != nil {
		return "", fmt.Errorf("authorize.url: %w", err)
	}
	q := built.Query()
	for from, to := range auth.Authorize.Rename {
		if v, ok := q[from]; ok {
			q[to] = v
			q.Del(from)
		}
	}
	built.RawQuery = q.Encode()
	return built.String(), nil
}

func withQuery(base string, params map[string]string) (string, error) {
	u, err := url.Parse(base)
	if err != nil {
		return "", fmt.Errorf("authorize.url: %w", err)
	}
	q := u.Query()
	for k, v := range params {
		q.Set(k, v)
	}
	u.RawQuery = q.Encode()
	return u.String(), nil
}

func or(v, otherwise string) string {
	if v == "" {
		return otherwise
	}
	return v
}
