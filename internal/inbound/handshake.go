package inbound

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"

	"github.com/patchbay-dev/patchbay/internal/catalog"
)

// Keys are what an address was given to verify requests by.
type Keys struct {
	Secrets []string `json:"secrets,omitempty"` // any of them
	Token   string   `json:"token,omitempty"`   // what some providers repeat when they try the address
	Kept    bool     `json:"kept,omitempty"`    // the secret came by a handshake
}

// Reply is the answer to a request that only tries an address.
type Reply struct {
	Status  int
	Headers map[string]string
	Body    string
	Keep    string // a secret that came with it, to verify what comes later; "" = none
}

// Shake returns the answer to a request that is a handshake, and nil for any
// other. One that comes unsigned is answered in any case; verified says that
// the request was signed. A secret is kept only while there is none: who knows
// the address must not be able to set another.
func Shake(shakes []catalog.Handshake, r *Request, verified bool, k *Keys) (*Reply, error) {
	for i := range shakes {
		h := &shakes[i]
		if h.Unsigned == verified || !Matches(&h.Match, r) {
			continue
		}
		if len(h.Keep) > 0 && len(k.Secrets) > 0 {
			return nil, ErrSignature
		}
		if h.Token != "" && (k.Token == "" || !same(r.query().Get(h.Token), k.Token)) {
			return nil, ErrSignature
		}
		return answer(h, r, k.Secrets)
	}
	return nil, nil
}

// Matches reports whether a condition holds of a request.
func Matches(m *catalog.EventMatch, r *Request) bool {
	for i := range m.All {
		if !Matches(&m.All[i], r) {
			return false
		}
	}
	if m.Method != "" && m.Method != r.Method {
		return false
	}
	if m.Place == (catalog.Place{}) {
		return len(m.All) > 0 || m.Method != ""
	}
	v, ok := r.At(m.Place)
	switch {
	case !ok:
		return false
	case m.Equals != nil:
		return v == fmt.Sprint(m.Equals)
	case len(m.In) > 0:
		for _, one := range m.In {
			if v == fmt.Sprint(one) {
				return true
			}
		}
		return false
	case m.Pattern != "":
		fits, err := regexp.MatchString(m.Pattern, v)
		return err == nil && fits
	}
	return true
}

// longest is how long a text may be that is sent back: a challenge is short.
const longest = 512

func answer(h *catalog.Handshake, r *Request, secrets []string) (*Reply, error) {
	more := map[string]string{}
	if len(secrets) > 0 {
		more["secret"] = secrets[0]
	}
	var failed error
	fill := func(text string) string {
		out, err := r.fill(text, more)
		if err != nil || len(out) > longest {
			failed = ErrSignature.Because(err)
		}
		return out
	}
	if h.MAC != "" {
		if len(secrets) == 0 {
			return nil, ErrNoSecret
		}
		more["mac"] = hex.EncodeToString(mac("", []byte(secrets[0]), []byte(fill(h.MAC))))
	}
	out := &Reply{Status: h.Reply.Status, Headers: map[string]string{}, Keep: fill(h.Keep["webhook_secret"])}
	if out.Status == 0 {
		out.Status = http.StatusOK
	}
	for k, v := range h.Reply.Headers {
		out.Headers[k] = fill(v)
	}
	if h.Reply.Text != "" {
		// A text that a stranger chose must not become a page.
		out.Body, out.Headers["Content-Type"], out.Headers["X-Content-Type-Options"] = fill(h.Reply.Text), "text/plain; charset=utf-8", "nosniff"
	}
	if len(h.Reply.JSON)+len(h.Reply.Number) > 0 {
		fields := map[string]any{}
		for k, v := range h.Reply.JSON {
			fields[k] = fill(v)
		}
		for k, v := range h.Reply.Number {
			fields[k] = v
		}
		raw, err := json.Marshal(fields)
		if err != nil {
			return nil, fmt.Errorf("answer a handshake: %w", err)
		}
		out.Body, out.Headers["Content-Type"] = string(raw), "application/json"
	}
	return out, failed
}
