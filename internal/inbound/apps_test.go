package inbound_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/inbound"
)

// signedAt are the times at which the fixtures' events were signed.
var signedAt = []time.Time{time.Unix(1795248001, 0), time.Unix(1795250002, 0)}

func verifies(v *catalog.EventVerify, r *inbound.Request, key string, late time.Duration) error {
	var err error
	for _, at := range signedAt {
		if err = inbound.Verify(v, r, []string{key}, at.Add(late)); err == nil || errors.Is(err, inbound.ErrSignature) {
			return err
		}
	}
	return err
}

// Each app's recorded event is taken as it was sent; with another body, another
// signature, another key or none it is not, and neither is one that comes late.
func TestEventFixtures(t *testing.T) {
	t.Parallel()
	c, err := catalog.Load("https://patchbay.test", "")
	if err != nil {
		t.Fatal(err)
	}
	replayed := 0
	for _, a := range c.List(catalog.Filter{}) {
		file, ok := a.Fixtures["events"]["webhook"]
		if !ok {
			continue
		}
		replayed++
		raw, err := c.Fixture(a.Slug, file)
		if err != nil {
			t.Fatal(err)
		}
		var f struct {
			Headers      map[string]string
			Body, Secret string
		}
		if err := json.Unmarshal(raw, &f); err != nil {
			t.Fatalf("%s: %v", a.Slug, err)
		}
		e := &inbound.Request{URL: "https://patchbay.test/hook", Header: http.Header{}, Body: []byte(f.Body)}
		for k, v := range f.Headers {
			e.Header.Set(k, v)
		}
		v := a.Events.Verify
		if err := verifies(v, e, f.Secret, 0); err != nil {
			t.Errorf("%s: %v", a.Slug, err)
			continue
		}
		timed := v.Timestamp.Header != "" || v.Timestamp.JSON != "" || v.Kind == "stripe" || v.Kind == "standard_webhooks"
		if err := verifies(v, e, f.Secret, 2*time.Hour); timed != errors.Is(err, inbound.ErrLate) {
			t.Errorf("%s, two hours late: %v", a.Slug, err)
		}
		if err := verifies(v, e, f.Secret+"x", 0); !errors.Is(err, inbound.ErrSignature) {
			t.Errorf("%s with another key: %v", a.Slug, err)
		}
		if err := verifies(v, e, "", 0); !errors.Is(err, inbound.ErrSignature) {
			t.Errorf("%s without a key: %v", a.Slug, err)
		}
		if v.Kind != "token" && v.Kind != "basic" {
			other := &inbound.Request{URL: e.URL, Header: e.Header, Body: append([]byte(f.Body), ' ')}
			if err := verifies(v, other, f.Secret, 0); !errors.Is(err, inbound.ErrSignature) {
				t.Errorf("%s with another body: %v", a.Slug, err)
			}
		}
		e.Header = http.Header{}
		if err := verifies(v, e, f.Secret, 0); !errors.Is(err, inbound.ErrSignature) {
			t.Errorf("%s without a signature: %v", a.Slug, err)
		}
	}
	if replayed < 15 {
		t.Errorf("%d events were replayed", replayed)
	}
}

// Twilio signs the address and the fields of the form: the example of its
// documentation.
func TestTwilioExample(t *testing.T) {
	t.Parallel()
	v := &catalog.EventVerify{Kind: "twilio"}
	r := &inbound.Request{
		URL: "https://mycompany.com/myapp.php?foo=1&bar=2", Header: http.Header{"X-Twilio-Signature": {"RSOYDt4T1cUTdK1PDd93/VVr8B8="}},
		Body: []byte("Digits=1234&To=%2B18005551212&From=%2B14158675309&Caller=%2B14158675309&CallSid=CA1234567890ABCDE"),
	}
	if err := inbound.Verify(v, r, []string{"12345"}, time.Now()); err != nil {
		t.Error(err)
	}
	r.URL += "&x=1"
	if err := inbound.Verify(v, r, []string{"12345"}, time.Now()); !errors.Is(err, inbound.ErrSignature) {
		t.Errorf("another address: %v", err)
	}
}
