package inbound_test

import (
	_ "embed"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/inbound"
)

// vector is a request as its provider would sign it, by Node's crypto: see
// testdata/vectors.mjs.
type vector struct {
	Method, URL  string
	Headers      map[string]string
	Body, Secret string
}

func (v *vector) request() *inbound.Request {
	r := &inbound.Request{Method: v.Method, URL: v.URL, Header: http.Header{}, Body: []byte(v.Body)}
	for k, value := range v.Headers {
		r.Header.Set(k, value)
	}
	return r
}

//go:embed testdata/vectors.json
var recorded []byte

func vectors(t *testing.T) (map[string]vector, time.Time) {
	t.Helper()
	var f struct {
		At      int64
		Vectors map[string]vector
	}
	if err := json.Unmarshal(recorded, &f); err != nil {
		t.Fatal(err)
	}
	return f.Vectors, time.Unix(f.At, 0)
}

func schemes(t *testing.T) *inbound.Schemes {
	t.Helper()
	c, err := catalog.Load("https://patchbay.test", "")
	if err != nil {
		t.Fatal(err)
	}
	s, err := inbound.Load(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// tolerances of the schemes whose signatures hold a time. The others' are good
// for ever: their providers sign no time.
var tolerances = map[string]time.Duration{
	"standard_webhooks": 5 * time.Minute, "svix": 5 * time.Minute, "stripe": 5 * time.Minute, "slack": 5 * time.Minute, "hubspot": 5 * time.Minute,
	"zoom": 5 * time.Minute, "linear": time.Minute, "paddle": 5 * time.Minute, "sendgrid": 5 * time.Minute, "discord": 5 * time.Minute,
	"zendesk": 5 * time.Minute, "calendly": 5 * time.Minute, "mailgun": 5 * time.Minute, "webflow": 5 * time.Minute, "elevenlabs": 30 * time.Minute,
	"patchbay": 5 * time.Minute,
}

// Every row of the table takes what its provider signs, and nothing else: not
// another body, address or method where those are signed, another secret, another
// signature, none, or one that comes too late or too early.
func TestEveryScheme(t *testing.T) {
	t.Parallel()
	all, now := vectors(t)
	table := schemes(t)
	for _, row := range table.Rows {
		if _, ok := all[row.Name]; !ok && row.Name != "paypal" && row.Name != "plaid" { // see TestPayPal, TestPlaid
			t.Errorf("%s has no vector", row.Name)
		}
	}
	for name, v := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scheme, _, _ := strings.Cut(name, " ")
			row := table.Get(scheme)
			verify := func(r *inbound.Request, at time.Time, secrets ...string) error {
				return inbound.Verify(row.Verify, r, secrets, at)
			}
			if err := verify(v.request(), now, v.Secret); err != nil {
				t.Fatal(err)
			}
			if err := verify(v.request(), now, "another", v.Secret, "old"); err != nil {
				t.Errorf("one of several secrets: %v", err)
			}
			refused := func(what string, err, want error) {
				t.Helper()
				if !errors.Is(err, want) {
					t.Errorf("%s: %v, want %v", what, err, want)
				}
			}
			refused("another secret", verify(v.request(), now, v.Secret[1:], "another"), inbound.ErrSignature)
			refused("an empty secret", verify(v.request(), now, ""), inbound.ErrSignature)
			refused("no secret", verify(v.request(), now), inbound.ErrNoSecret)
			if scheme != "gitlab" && scheme != "mailgun" { // their signatures are not over the body
				other := v
				other.Body = strings.Replace(v.Body, `1`, `2`, 1)
				refused("another body", verify(other.request(), now, v.Secret), inbound.ErrSignature)
			}
			if scheme == "twilio" || scheme == "square" || scheme == "hubspot" {
				other := v
				other.URL += "0"
				refused("another address", verify(other.request(), now, v.Secret), inbound.ErrSignature)
			}
			if scheme == "hubspot" {
				other := v
				other.Method = http.MethodPut
				refused("another method", verify(other.request(), now, v.Secret), inbound.ErrSignature)
			}
			none := v
			none.Headers = map[string]string{"Content-Type": v.Headers["Content-Type"]}
			if scheme == "mailgun" {
				none.Body = "{}"
			}
			refused("no signature", verify(none.request(), now, v.Secret), inbound.ErrSignature)

			tolerance, timed := tolerances[scheme]
			if !timed {
				tolerance = 100 * 365 * 24 * time.Hour
			}
			for _, at := range []time.Time{now.Add(tolerance), now.Add(-tolerance)} {
				if err := verify(v.request(), at, v.Secret); err != nil {
					t.Errorf("at the end of its time: %v", err)
				}
			}
			if timed {
				refused("too late", verify(v.request(), now.Add(tolerance+time.Second), v.Secret), inbound.ErrLate)
				refused("too early", verify(v.request(), now.Add(-tolerance-time.Second), v.Secret), inbound.ErrLate)
			}
		})
	}
}

// A time that is not a number, or that is missing, is no reason to leave it out.
func TestTimeThatIsNone(t *testing.T) {
	t.Parallel()
	all, now := vectors(t)
	table := schemes(t)
	for name, header := range map[string]string{"slack": "X-Slack-Request-Timestamp", "zoom": "X-Zm-Request-Timestamp", "discord": "X-Signature-Timestamp", "zendesk": "X-Zendesk-Webhook-Signature-Timestamp", "svix": "Svix-Timestamp"} {
		for _, text := range []string{"", "x", "0", "-1", "99999999999999999999"} {
			v := all[name]
			r := v.request()
			r.Header.Set(header, text)
			if err := inbound.Verify(table.Get(name).Verify, r, []string{v.Secret}, now); !errors.Is(err, inbound.ErrSignature) {
				t.Errorf("%s at %q: %v", name, text, err)
			}
		}
	}
}
