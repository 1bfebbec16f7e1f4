package provider

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/internal/catalog"
)

// standardTokens is where RFC 6749, 5.1 puts a token.
var standardTokens = map[string]catalog.Tokens{"main": {
	Map:     map[string]string{"access": "/access_token", "refresh": "/refresh_token"},
	Expires: catalog.Expires{Path: "/expires_in", As: "in", Unit: "s"},
}}

// read takes the tokens out of a good answer.
func (p *Client) read(c *Connection, doc any, h http.Header) (*Grant, error) {
	auth, now := c.Auth, p.Now()
	g := newGrant()
	places := auth.Tokens
	if len(places) == 0 {
		places = standardTokens
	}
	for name, t := range places {
		for part, path := range t.Map {
			if v, ok := catalog.Pointer(doc, path); ok && v != nil {
				g.Tokens[name+"."+part] = asText(v)
			}
		}
		if g.Tokens[name+".access"] == "" && !t.Optional {
			return nil, &Refusal{Class: Malformed, Status: http.StatusOK, cause: fmt.Errorf("the answer holds no token %q", name)}
		}
		if g.Tokens[name+".access"] == "" {
			continue
		}
		if at := moment(doc, t.Expires, now); at != nil {
			g.Expires[name] = *at
		} else if d, err := Duration(auth.Refresh.AssumeTTL); err == nil && auth.Refresh.AssumeTTL != "" {
			g.Expires[name] = now.Add(d)
		}
		if at := moment(doc, t.RefreshExpires, now); at != nil {
			g.Renewable[name] = *at
		}
	}
	if path := auth.Scopes.Granted.Path; path != "" {
		g.Scopes = scopesIn(doc, path, or(auth.Scopes.Granted.Join, " "))
	}
	for name, path := range auth.Derive.FromToken {
		if v, ok := catalog.Pointer(doc, path); ok && v != nil {
			g.Vars[name] = asText(v)
		}
	}
	for name, header := range auth.Derive.FromHeaders {
		g.Vars[name] = h.Get(header)
	}
	for name, v := range g.Vars {
		if err := c.App.Vars[name].Check(v); err != nil {
			return nil, &Refusal{Class: Malformed, Status: http.StatusOK, cause: fmt.Errorf("%s: %w", name, err)}
		}
	}
	return g, nil
}

func newGrant() *Grant {
	return &Grant{Tokens: map[string]string{}, Vars: map[string]string{}, Expires: map[string]time.Time{}, Renewable: map[string]time.Time{}}
}

// MainToken is the token that calls carry: "main", or the only one there is.
func (c *Connection) MainToken() string {
	if _, ok := c.Auth.Tokens["main"]; ok || len(c.Auth.Tokens) == 0 {
		return "main"
	}
	if in, ok := c.App.InjectFor(c.Auth.ID); ok {
		for name := range c.Auth.Tokens {
			if strings.Contains(in.Value, "token."+name+".") {
				return name
			}
		}
	}
	return "main"
}

func scopesIn(doc any, path, join string) []string {
	v, ok := catalog.Pointer(doc, path)
	if !ok {
		return nil
	}
	switch v := v.(type) {
	case string:
		out := []string{} // an empty text says that nothing was granted
		for scope := range strings.SplitSeq(v, join) {
			if scope = strings.TrimSpace(scope); scope != "" {
				out = append(out, scope)
			}
		}
		return out
	case []any:
		out := []string{}
		for _, s := range v {
			out = append(out, asText(s))
		}
		return out
	default:
		return nil
	}
}

// epoch is the least number of seconds that is a moment and no length of time:
// some providers send the one where the other is meant.
const epoch = 1_000_000_000

// moment reads when something ends. Providers send numbers, texts and floats;
// what is none of them, or nothing, or a life of 0, is not told.
func moment(doc any, e catalog.Expires, now time.Time) *time.Time {
	v, ok := catalog.Pointer(doc, e.Path)
	if e.Path == "" || !ok || v == nil {
		return nil
	}
	text := asText(v)
	if e.Unit == "iso8601" {
		for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05"} {
			if at, err := time.Parse(layout, text); err == nil {
				at = at.UTC()
				return &at
			}
		}
		return nil
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || n <= 0 {
		return nil
	}
	if e.Unit == "ms" || n >= 1000*epoch {
		n /= 1000
	}
	at := time.Unix(int64(n), 0).UTC()
	if e.As != "at" && n < epoch {
		at = now.Add(time.Duration(n * float64(time.Second)))
	}
	return &at
}

func asText(v any) string {
	if n, ok := v.(json.Number); ok {
		return n.String()
	}
	return catalog.Text(v)
}

// Duration reads a length of an app file, such as 90d or 15m.
func Duration(text string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.Atoi(days)
		if err != nil {
			return 0, fmt.Errorf("%q is not a length of time", text)
		}
		return time.Duration(n) * 24 * time.Hour, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, errors.New(strconv.Quote(text) + " is not a length of time")
	}
	return d, nil
}
