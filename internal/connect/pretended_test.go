package connect_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/rehearsal"
)

// pretended is a provider that answers with what was recorded of it, and writes
// down what it was asked. There is no network.
type pretended struct {
	t       *testing.T
	token   string // the address of its token endpoint; "" = none
	call    string // of the call that is made in the end
	answers map[string]*rehearsal.Answer

	mu      sync.Mutex
	seen    []seen
	refused string // a header that calls are refused for; "" = none
	over    bool   // tokens are refused, with the recorded error
}

// seen is a request as a provider saw it.
type seen struct {
	method, what string // token | way | call | identity
	url          *url.URL
	header       http.Header
	body         string
}

// newPretended reads what was recorded of a method.
func newPretended(t *testing.T, shipped *catalog.Catalog, app *catalog.App, auth *catalog.Auth) *pretended {
	t.Helper()
	p := &pretended{t: t, answers: map[string]*rehearsal.Answer{}}
	for use, file := range app.Fixtures[auth.ID] {
		b, err := shipped.Fixture(app.Slug, file)
		if err != nil {
			t.Fatal(err)
		}
		if p.answers[use], err = rehearsal.ReadAnswer(b); err != nil {
			t.Fatal(file, err)
		}
	}
	if p.answers["identity"] == nil && p.answers["probe"] == nil {
		t.Fatal("nothing was recorded of who is connected")
	}
	return p
}

// RoundTrip answers one request.
func (p *pretended) RoundTrip(req *http.Request) (*http.Response, error) {
	body := []byte{}
	if req.Body != nil {
		body, _ = io.ReadAll(req.Body)
		_ = req.Body.Close()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	what, answer := p.answer(req)
	p.seen = append(p.seen, seen{req.Method, what, req.URL, req.Header.Clone(), string(body)})
	if p.refused != "" && holds(req.Header, p.refused) {
		answer = &rehearsal.Answer{Status: http.StatusUnauthorized, Body: map[string]any{}}
	}
	return answer.To(req)
}

func (p *pretended) answer(req *http.Request) (what string, a *rehearsal.Answer) {
	at := req.URL.String()
	if text, ok := onTheWay[at]; ok && at != p.token {
		var doc any
		if err := json.Unmarshal([]byte(text), &doc); err != nil {
			p.t.Error(err)
		}
		return "way", &rehearsal.Answer{Status: http.StatusOK, Body: doc}
	}
	switch {
	case at == p.call:
		return "call", &rehearsal.Answer{Status: http.StatusOK, Body: map[string]any{}}
	case at == p.token && p.over:
		return "token", p.answers["token_error"]
	case at == p.token && p.count("token") == 0:
		return "token", p.answers["token_ok"]
	case at == p.token && p.answers["refresh_ok"] != nil:
		return "token", p.answers["refresh_ok"]
	case at == p.token:
		return "token", again(p.answers["token_ok"])
	case p.answers["identity"] != nil:
		return "identity", p.answers["identity"]
	}
	return "identity", p.answers["probe"]
}

// again is an answer with another token: one that is minted has no refresh that
// could have been recorded.
func again(a *rehearsal.Answer) *rehearsal.Answer {
	other := *a
	body := map[string]any{}
	for k, v := range a.Body.(map[string]any) {
		if text, ok := v.(string); ok && (k == "access_token" || k == "token") {
			v = text + "-again"
		}
		if k == "expires_at" {
			v = start.AddDate(1, 0, 0)
		}
		body[k] = v
	}
	other.Body = body
	return &other
}

func (p *pretended) count(what string) (n int) {
	for _, s := range p.seen {
		if s.what == what {
			n++
		}
	}
	return n
}

// saw returns the requests of a kind.
func (p *pretended) saw(what string) (out []seen) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.seen {
		if s.what == what {
			out = append(out, s)
		}
	}
	return out
}

func (p *pretended) set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
}

// params are what the body of a request says, in either form.
func (s seen) params(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	if strings.HasPrefix(s.header.Get("Content-Type"), "application/json") {
		if err := json.Unmarshal([]byte(s.body), &out); err != nil {
			t.Fatalf("%s: %v", s.url, err)
		}
		return out
	}
	form, err := url.ParseQuery(s.body)
	if err != nil {
		t.Fatal(err)
	}
	for k := range form {
		out[k] = form.Get(k)
	}
	return out
}

// holds reports whether a request carries "Name: value"; … stands for any rest.
func holds(h http.Header, line string) bool {
	name, value, _ := strings.Cut(line, ": ")
	if begin, ok := strings.CutSuffix(value, "…"); ok {
		return strings.HasPrefix(h.Get(name), begin)
	}
	return h.Get(name) == value
}

// sharedKey is a key of nobody's.
var sharedKey = sync.OnceValue(func() string {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
})
