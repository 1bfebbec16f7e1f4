package workflow

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

const (
	maxOrigins = 100
	maxAge     = 24 * 3600 // seconds
)

var headerName = regexp.MustCompile(`^[A-Za-z0-9-]{1,100}$`)

func (c *CORS) check(where string) error {
	if c == nil {
		return nil
	}
	switch {
	case len(c.Origins) == 0 || len(c.Origins) > maxOrigins || len(c.Headers) > maxOrigins:
		return invalid(where+".origins", "there are 1 to %d", maxOrigins)
	case c.MaxAge < 0 || c.MaxAge > maxAge:
		return invalid(where+".max_age_seconds", "it is between 0 and %d", maxAge)
	}
	for i, origin := range c.Origins {
		u, err := url.Parse(origin)
		if origin != "*" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.Scheme+"://"+u.Host != origin || strings.ToLower(origin) != origin) {
			return invalid(fmt.Sprintf("%s.origins[%d]", where, i), "%q is no origin such as https://app.example.com, and not *", origin)
		}
	}
	for i, name := range c.Headers {
		if !headerName.MatchString(name) {
			return invalid(fmt.Sprintf("%s.headers[%d]", where, i), "%q is no header's name", name)
		}
	}
	return nil
}

// Admits reports whether pages of an origin may call.
func (c *CORS) Admits(origin string) bool {
	return c == nil || slices.Contains(c.Origins, "*") || slices.Contains(c.Origins, strings.ToLower(origin))
}
