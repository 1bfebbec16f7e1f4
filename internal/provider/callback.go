package provider

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/patchbay-dev/patchbay/internal/catalog"
)

// VerifyCallback checks what the app's file asks of a callback: that the
// provider signed it, and that it speaks of the place the user named. What it
// holds may then be used by the token request.
func (c *Connection) VerifyCallback(q url.Values) error {
	c.Answer = map[string]string{}
	for k := range q {
		c.Answer[k] = q.Get(k)
	}
	for _, rule := range c.Auth.Callback.Verify {
		if rule.HMACQuery != nil && !c.signed(q, rule.HMACQuery) {
			return &Refusal{Class: Malformed, Code: "callback_signature", cause: errors.New("the callback is not signed by the provider")}
		}
		if m := rule.MatchVar; m != nil {
			want, err := catalog.Expand(m.Equals, c.Values())
			if err != nil || !strings.EqualFold(q.Get(m.Param), want) {
				return &Refusal{Class: Malformed, Code: "callback_place", cause: fmt.Errorf("the callback's %s is not the one that was asked for", m.Param)}
			}
		}
	}
	return nil
}

// Complete turns a callback that was verified into a credential, in the way of
// the method.
func (p *Client) Complete(ctx context.Context, c *Connection, a Authorization, code string) (*Grant, error) {
	switch c.Auth.Type {
	case catalog.OAuth1:
		if a.Answer.Get("oauth_token") != a.RequestToken || a.Answer.Get("oauth_verifier") == "" {
			return nil, &Refusal{Class: Malformed, Code: "callback_token", cause: errors.New("the callback is for another request token")}
		}
		at := *c
		at.Tokens = map[string]string{"main.access": a.RequestToken, "main.secret": a.RequestSecret}
		return p.Verified(ctx, &at, a.Answer.Get("oauth_verifier"))
	case catalog.GitHubApp:
		if err := p.belongs(ctx, c, a.RedirectURI); err != nil {
			return nil, err
		}
		return p.Mint(ctx, c)
	default:
		return p.Redeem(ctx, c, code, a.Verifier, a.RedirectURI)
	}
}

// belongs checks, as the app's file says, that who came back from the provider
// has what the callback names: an id in a callback proves nothing.
func (p *Client) belongs(ctx context.Context, c *Connection, redirectURI string) error {
	for _, rule := range c.Auth.Callback.Verify {
		o := rule.Owned
		if o == nil {
			continue
		}
		stranger := &Refusal{Class: Malformed, Code: "callback_owner", cause: errors.New("who came back does not have what the callback names")}
		if c.Answer["code"] == "" {
			return stranger
		}
		auth := *c.Auth
		auth.Tokens, auth.Refresh, auth.Scopes, auth.Derive = nil, catalog.Refresh{}, catalog.Scopes{}, catalog.Derive{}
		as := *c
		as.Auth = &auth
		g, err := p.token(ctx, &as, o.Token, map[string]string{"grant_type": "authorization_code", "code": c.Answer["code"], "redirect_uri": redirectURI})
		if err != nil {
			return err
		}
		values := c.Values()
		req, err := build(ctx, catalog.Call{Get: o.Get, Headers: map[string]string{"Authorization": "Bearer " + g.Tokens["main.access"]}}, values)
		if err != nil {
			return err
		}
		target, err := catalog.Expand(o.Get, values)
		if err != nil {
			return fmt.Errorf("callback.verify: %w", err)
		}
		if req.URL, err = url.Parse(target); err != nil {
			return ErrTarget
		}
		req.Host = ""
		doc, _, err := p.answer(&as, req)
		if err != nil {
			return err
		}
		want, err := catalog.Expand(o.Equals, values)
		if err != nil || want == "" || !lists(doc, o, want) {
			return stranger
		}
	}
	return nil
}

func lists(doc any, o *catalog.Owned, want string) bool {
	list, _ := catalog.Pointer(doc, o.List)
	items, _ := list.([]any)
	return slices.ContainsFunc(items, func(item any) bool {
		v, ok := catalog.Pointer(item, o.Value)
		return ok && asText(v) == want
	})
}

// signed checks an HMAC-SHA256 in hex, under the client's secret, over the
// other parameters in the order of their names.
func (c *Connection) signed(q url.Values, rule *catalog.HMACQuery) bool {
	var parts []string
	for k, values := range q {
		if k != rule.Param {
			parts = append(parts, k+"="+strings.Join(values, ","))
		}
	}
	slices.Sort(parts)
	mac := hmac.New(sha256.New, []byte(c.Client.Secret))
	mac.Write([]byte(strings.Join(parts, "&")))
	got, err := hex.DecodeString(q.Get(rule.Param))
	return err == nil && hmac.Equal(got, mac.Sum(nil))
}
