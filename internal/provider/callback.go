package provider

import (
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
