package provider

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/egress"
)

// ErrNoRevoke means that an app has no way to end a credential of this kind.
var ErrNoRevoke = errors.New("provider: the app's file names no way to revoke")

// Revoke ends a credential at its provider (RFC 7009, or as the app's file
// says). A token that the provider no longer knows has ended as well. Doing it
// twice is harmless. Any other error than ErrNoRevoke is a Refusal.
func (p *Client) Revoke(ctx context.Context, c *Connection) error {
	e := c.Auth.Revoke
	if e.URL == "" {
		return ErrNoRevoke
	}
	values := c.Values()
	e.Params = forAnyToken(e.Params, values)
	req, err := request(ctx, c, e, map[string]string{}, values)
	if err != nil {
		return ErrNoRevoke // there is no token of the kind that it ends
	}
	if name, ok := strings.CutPrefix(e.Auth, "token."); ok {
		access := values["token."+name+".access"]
		if access == "" {
			return ErrNoRevoke
		}
		req.Header.Set("Authorization", "Bearer "+access)
	}
	res, err := p.HTTP.Do(req)
	if err != nil {
		return &Refusal{Class: unanswered(err), cause: errors.New(egress.Class(err))}
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return &Refusal{Class: Ambiguous, Status: res.StatusCode, cause: errors.New("the answer broke off")}
	}
	return revoked(c.Auth, res, raw)
}

// revoked judges the answer: most have no body, and some say what is wrong
// with a good status.
func revoked(auth *catalog.Auth, res *http.Response, raw []byte) error {
	doc, parsed := decode(res.Header.Get("Content-Type"), raw)
	good := succeeded(auth, doc)
	if wrong := auth.Success.NotJSON; good && wrong != "" {
		_, there := catalog.Pointer(doc, wrong)
		good = !there
	}
	if res.StatusCode >= 200 && res.StatusCode < 300 && (good || !parsed) {
		return nil
	}
	refusal := judge(auth, res, doc, true)
	if refusal == nil || refusal.Class == Reauth || refusal.Code == "invalid_token" {
		return nil
	}
	return refusal
}

// forAnyToken lets a request for the refresh token end the access token where
// that is all there is: RFC 7009 takes either under the name "token".
func forAnyToken(params, values map[string]string) map[string]string {
	if values["token.main.refresh"] != "" || values["token.main.access"] == "" || !strings.Contains(params["token"], "token.main.refresh") {
		return params
	}
	out := map[string]string{}
	for k, v := range params {
		if k != "token_type_hint" {
			out[k] = strings.ReplaceAll(v, "token.main.refresh", "token.main.access")
		}
	}
	return out
}
