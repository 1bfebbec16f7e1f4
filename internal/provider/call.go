package provider

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/egress"
)

// Identity is who the provider says is connected.
type Identity struct{ ID, Name string }

// Prepare points a request at target, a path below the app's API or a URL of
// one of its hosts, and puts the credential in. Any other target is ErrTarget,
// and the request must not be sent. It comes last, so that no header of a
// caller replaces the credential.
func (c *Connection) Prepare(req *http.Request, target string) error {
	values := c.settled()
	u, ok := c.App.Target(target, values)
	if !ok {
		return ErrTarget
	}
	req.URL, req.Host = u, ""
	return c.inject(req, values)
}

// Identify asks the app who is connected. It is the test of a connection:
// ErrTest means that the app does not take the credential.
func (p *Client) Identify(ctx context.Context, c *Connection) (Identity, error) {
	var call catalog.Call
	identity := c.App.IdentityFor(c.Auth.ID)
	switch {
	case identity != nil:
		call = identity.Request
	case c.App.Probe != nil:
		call = c.App.Probe.Request
	default:
		return Identity{}, nil
	}
	status, doc, err := p.call(ctx, c, call)
	if err != nil {
		return Identity{}, ErrTest.Because(err)
	}
	if status < 200 || status > 299 || !succeeded(c.Auth, doc) {
		return Identity{}, c.refusedTest(status, doc).Because(fmt.Errorf("status %d", status))
	}
	if identity == nil {
		return Identity{}, nil
	}
	values := c.Values()
	who := Identity{ID: joined(doc, identity.ID, values), Name: joined(doc, identity.Name, values)}
	if who.Name == "" {
		who.Name = joined(doc, identity.Email, values)
	}
	return who, nil
}

// joined reads "pointer + text + {{ hole }}" from an answer, or "".
func joined(doc any, expression string, values map[string]string) string {
	text, err := catalog.Expand(expression, values)
	if err != nil {
		return ""
	}
	return catalog.Joined(doc, text)
}

// succeeded applies the success rule of apps whose errors have a good status.
func succeeded(auth *catalog.Auth, doc any) bool {
	if auth.Success.JSON == "" {
		return true
	}
	v, there := catalog.Pointer(doc, auth.Success.JSON)
	return !there || fmt.Sprint(v) == fmt.Sprint(auth.Success.Equals)
}

func (p *Client) call(ctx context.Context, c *Connection, call catalog.Call) (int, any, error) {
	values := c.Values()
	target, err := catalog.Expand(or(call.Get, call.Post), values)
	if err != nil {
		return 0, nil, err
	}
	req, err := build(ctx, call, values)
	if err != nil {
		return 0, nil, err
	}
	if call.Auth == "assertion" { // as the app itself, and not as one of its installations
		signed, _, err := sign(c.Auth.Assertion, values, p.Now())
		if err != nil {
			return 0, nil, err
		}
		req.Header.Set("Authorization", "Bearer "+signed)
		if req.URL, err = url.Parse(target); err != nil || req.URL.Host == "" {
			return 0, nil, ErrTarget
		}
		req.Host = ""
	} else if err := c.prepareOwn(req, target, values); err != nil {
		return 0, nil, err
	}
	res, err := p.HTTP.Do(req)
	if err != nil {
		return 0, nil, fmt.Errorf("call: %s", egress.Class(err)) // its own text may show a key in the address
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return 0, nil, fmt.Errorf("read answer: %s", egress.Class(err))
	}
	var doc any
	if len(raw) > 0 && json.Unmarshal(raw, &doc) != nil {
		doc = nil
	}
	return res.StatusCode, doc, nil
}

// prepareOwn is Prepare for calls that the app's file itself names: its own
// addresses may get the credential even where they are none of its hosts.
func (c *Connection) prepareOwn(req *http.Request, target string, values map[string]string) error {
	if u, ok := c.App.Target(target, values); ok {
		req.URL = u
	} else {
		u, err := url.Parse(target)
		if err != nil || u.Host == "" {
			return ErrTarget
		}
		req.URL = u
	}
	req.Host = ""
	return c.inject(req, values)
}
