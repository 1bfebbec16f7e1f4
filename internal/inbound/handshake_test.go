package inbound_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/patchbay-dev/patchbay/internal/inbound"
)

func call(method, query, body string, headers ...string) *inbound.Request {
	r := &inbound.Request{Method: method, URL: "https://a.test/e/x?" + query, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(body)}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

func hexMAC(key, text string) string {
	m := hmac.New(sha256.New, []byte(key))
	m.Write([]byte(text))
	return hex.EncodeToString(m.Sum(nil))
}

// Each provider's way to try an address is answered as it wants.
func TestHandshakes(t *testing.T) {
	t.Parallel()
	table := schemes(t)
	plain := map[string]string{"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff"}
	object := map[string]string{"Content-Type": "application/json"}
	tests := map[string]struct {
		scheme   string
		request  *inbound.Request
		verified bool
		keys     inbound.Keys
		want     inbound.Reply
	}{
		"slack":     {"slack", call("POST", "", `{"type":"url_verification","challenge":"c1"}`), true, inbound.Keys{Secrets: []string{"s"}}, inbound.Reply{Status: 200, Headers: object, Body: `{"challenge":"c1"}`}},
		"meta":      {"meta", call("GET", "hub.mode=subscribe&hub.challenge=115&hub.verify_token=v", ""), false, inbound.Keys{Token: "v"}, inbound.Reply{Status: 200, Headers: plain, Body: "115"}},
		"zoom":      {"zoom", call("POST", "", `{"event":"endpoint.url_validation","payload":{"plainToken":"q1"}}`), false, inbound.Keys{Secrets: []string{"s"}}, inbound.Reply{Status: 200, Headers: object, Body: `{"encryptedToken":"` + hexMAC("s", "q1") + `","plainToken":"q1"}`}},
		"notion":    {"notion", call("POST", "", `{"verification_token":"secret_1"}`), false, inbound.Keys{}, inbound.Reply{Status: 200, Headers: map[string]string{}, Keep: "secret_1"}},
		"asana":     {"asana", call("POST", "", "", "X-Hook-Secret", "h1"), false, inbound.Keys{}, inbound.Reply{Status: 200, Headers: map[string]string{"X-Hook-Secret": "h1"}, Keep: "h1"}},
		"dropbox":   {"dropbox", call("GET", "challenge=abc123", ""), false, inbound.Keys{}, inbound.Reply{Status: 200, Headers: plain, Body: "abc123"}},
		"discord":   {"discord", call("POST", "", `{"type":1,"application_id":"1","token":"t"}`), true, inbound.Keys{Secrets: []string{"p"}}, inbound.Reply{Status: 200, Headers: object, Body: `{"type":1}`}},
		"discord 0": {"discord", call("POST", "", `{"type":0,"application_id":"1"}`), true, inbound.Keys{Secrets: []string{"p"}}, inbound.Reply{Status: 204, Headers: map[string]string{}}},
	}
	for name, tt := range tests {
		got, err := inbound.Shake(table.Get(tt.scheme).Handshake, tt.request, tt.verified, &tt.keys)
		if err != nil || got == nil {
			t.Errorf("%s: %v, %v", name, got, err)
		} else if diff := cmp.Diff(tt.want, *got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// What only looks like a handshake is none, and nobody sets a secret over one
// that is there, learns a signature, or has a page of theirs shown.
func TestHandshakesRefused(t *testing.T) {
	t.Parallel()
	table := schemes(t)
	tests := map[string]struct {
		scheme   string
		request  *inbound.Request
		verified bool
		keys     inbound.Keys
		refused  bool // else: it is no handshake
	}{
		"an event of discord":            {"discord", call("POST", "", `{"type":1,"event":{"type":"X"}}`), true, inbound.Keys{}, false},
		"slack, not signed":              {"slack", call("POST", "", `{"type":"url_verification","challenge":"c1"}`), false, inbound.Keys{}, false},
		"discord, not signed":            {"discord", call("POST", "", `{"type":1,"application_id":"1","token":"t"}`), false, inbound.Keys{}, false},
		"meta with another token":        {"meta", call("GET", "hub.mode=subscribe&hub.challenge=115&hub.verify_token=w", ""), false, inbound.Keys{Token: "v"}, true},
		"meta without a token of ours":   {"meta", call("GET", "hub.mode=subscribe&hub.challenge=115&hub.verify_token=", ""), false, inbound.Keys{}, true},
		"meta with a page":               {"meta", call("GET", "hub.mode=subscribe&hub.challenge=%3Cscript%3E&hub.verify_token=v", ""), false, inbound.Keys{Token: "v"}, false},
		"dropbox by POST":                {"dropbox", call("POST", "challenge=abc", ""), false, inbound.Keys{}, false},
		"zoom, to have an event signed":  {"zoom", call("POST", "", `{"event":"endpoint.url_validation","payload":{"plainToken":"v0:1795250000:{}"}}`), false, inbound.Keys{Secrets: []string{"s"}}, false},
		"zoom before there is a secret":  {"zoom", call("POST", "", `{"event":"endpoint.url_validation","payload":{"plainToken":"q"}}`), false, inbound.Keys{}, true},
		"notion with a second secret":    {"notion", call("POST", "", `{"verification_token":"secret_2"}`), false, inbound.Keys{Secrets: []string{"secret_1"}}, true},
		"asana with a second secret":     {"asana", call("POST", "", "", "X-Hook-Secret", "h2"), false, inbound.Keys{Secrets: []string{"h1"}}, true},
		"asana with a secret of 2000 kB": {"asana", call("POST", "", "", "X-Hook-Secret", string(make([]byte, 2000))), false, inbound.Keys{}, true},
	}
	for name, tt := range tests {
		got, err := inbound.Shake(table.Get(tt.scheme).Handshake, tt.request, tt.verified, &tt.keys)
		if tt.refused != (err != nil) || (err == nil && got != nil) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}
