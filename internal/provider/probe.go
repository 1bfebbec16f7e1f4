package provider

import (
	"context"
	"net/http"

	"github.com/patchbay-dev/patchbay/internal/catalog"
)

// ProbeResult is what a probe of a connection found.
type ProbeResult string

// The results.
const (
	Works   ProbeResult = "works"   // the app takes the credential
	Refuses ProbeResult = "refuses" // the app says that the credential is no good
	NoWord  ProbeResult = "no_word" // the app did not answer, or said neither
)

// Probe tries a connection with the request that the app's file names for it.
// An app that names none has NoWord.
func (p *Client) Probe(ctx context.Context, c *Connection) ProbeResult {
	dead := catalog.Match{Status: []int{http.StatusUnauthorized}}
	var call catalog.Call
	switch {
	case c.App.Probe != nil:
		call = c.App.Probe.Request
		if d := c.App.Probe.Dead; len(d.Status) > 0 || d.JSON != "" || d.Header != "" {
			dead = d
		}
	case c.App.IdentityFor(c.Auth.ID) != nil:
		call = c.App.IdentityFor(c.Auth.ID).Request
	default:
		return NoWord
	}
	status, doc, err := p.call(ctx, c, call)
	switch {
	case err != nil:
		return NoWord
	case Fits(dead, status, http.Header{}, doc):
		return Refuses
	case status >= 200 && status < 300 && succeeded(c.Auth, doc):
		return Works
	}
	return NoWord
}
