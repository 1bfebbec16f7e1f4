package provider

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/patchbay-dev/patchbay/internal/fault"
)

// ErrDowngrade is returned for a redirect from https to http, which would show
// the call to everybody on the way.
var ErrDowngrade = fault.New(fault.Invalid, "insecure_redirect", "The app redirected from https to http, which is not followed.")

// maxRedirects is how many are followed where the app's file does not say.
const maxRedirects = 5

// Hop is where a redirect leads, and what goes along.
type Hop struct {
	URL    *url.URL
	Method string
	Body   bool // whether the body goes along
	Auth   bool // whether the credential and the caller's headers go along
}

// Redirects returns how many redirects of the app are followed.
func (c *Connection) Redirects() int {
	if r := c.App.Request.Redirects; r != nil {
		return r.Max
	}
	return maxRedirects
}

// Hop returns where an answer to a request redirects to, or nil when it is no
// redirect or is the caller's to follow: one that leaves the app's hosts, unless
// the app's file says that such are followed, and then without the credential.
//
// Methods change as browsers change them (RFC 9110, 15.4): 303 makes a GET of
// all, 301 and 302 of a POST, 307 and 308 of nothing.
func (c *Connection) Hop(req *http.Request, res *http.Response) (*Hop, error) {
	to := location(req, res)
	if to == nil {
		return nil, nil
	}
	if req.URL.Scheme == "https" && to.Scheme == "http" {
		return nil, ErrDowngrade
	}
	h := &Hop{URL: to, Method: req.Method, Body: true}
	switch {
	case res.StatusCode == http.StatusSeeOther, req.Method == http.MethodPost && res.StatusCode < http.StatusSeeOther:
		h.Method, h.Body = http.MethodGet, false
	case req.Method == http.MethodGet:
		h.Body = req.ContentLength != 0
	}
	_, own := c.App.Target(to.String(), c.settled())
	rule, sameHost := c.App.Request.Redirects, strings.EqualFold(to.Host, req.URL.Host)
	switch {
	case own && (rule == nil || rule.KeepAuth == "same_host" && sameHost):
		h.Auth = true
	case own, rule != nil && !h.Body:
		// without the credential; what the caller wrote goes to the app's hosts alone
	default:
		return nil, nil
	}
	return h, nil
}

// location returns where a redirect leads, or nil.
func location(req *http.Request, res *http.Response) *url.URL {
	switch res.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return nil
	}
	text := res.Header.Get("Location")
	to, err := req.URL.Parse(text)
	if text == "" || err != nil || to.Host == "" || to.User != nil || to.Scheme != "https" && to.Scheme != "http" {
		return nil
	}
	return to
}

// Elsewhere writes a redirect that is the caller's to follow so that it can be:
// with its host, and without a credential that the app sent back in it.
func (c *Connection) Elsewhere(req *http.Request, res *http.Response) {
	to := location(req, res)
	if to == nil {
		return
	}
	if in, ok := c.App.InjectFor(c.Auth.ID); ok && in.In == "query" {
		q := to.Query()
		if q.Has(in.Name) {
			q.Del(in.Name)
			to.RawQuery = q.Encode()
		}
	}
	res.Header.Set("Location", to.String())
}
