package account_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/account"
)

// stale answers 401 to the first token that it sees, whatever the app thinks of it.
type stale struct {
	next http.RoundTripper
	tick func() // called with each request: no two are at the same moment

	mu     sync.Mutex
	first  string
	tokens []string
	bodies []string
}

func (s *stale) RoundTrip(req *http.Request) (*http.Response, error) {
	s.mu.Lock()
	if s.tick != nil {
		s.tick()
	}
	token := req.Header.Get("Authorization")
	if s.first == "" {
		s.first = token
	}
	body, _ := io.ReadAll(req.Body)
	s.tokens, s.bodies = append(s.tokens, token), append(s.bodies, string(body))
	refuse := token == s.first
	s.mu.Unlock()
	if refuse {
		return &http.Response{StatusCode: http.StatusUnauthorized, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("old")), Request: req}, nil
	}
	req.Body = io.NopCloser(strings.NewReader(string(body)))
	return s.next.RoundTrip(req)
}

// refused counts the requests with the first token.
func (s *stale) refused() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, token := range s.tokens {
		if token == s.first {
			n++
		}
	}
	return n
}

func post(body string) *account.Call {
	again := func() io.ReadCloser { return io.NopCloser(strings.NewReader(body)) }
	return &account.Call{
		OnlyUser: "user-1", Method: http.MethodPost, Target: "/api/none", Header: http.Header{"Content-Type": {"application/json"}}, Body: again(), Length: int64(len(body)), Again: again,
	}
}

// A token that the app does not take is refreshed, once however many calls of
// however many processes found it out, and each call is made again with its body; a body that can be read
// only once is not.
func TestForwardRenews(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.connected()
	s := &stale{next: r.Stream.Transport, tick: func() { r.clock.Pass(time.Second) }}
	r.Stream = &http.Client{Transport: s}
	once := post(`{"n":0}`)
	once.Again = nil
	res, err := r.Forward(t.Context(), r.scope, a.ID, once)
	if err != nil || res.StatusCode != http.StatusUnauthorized || once.Retried || len(s.tokens) != 1 {
		t.Fatalf("%v, %+v", err, once)
	}
	_ = res.Body.Close()
	before := r.seen("/oauth/token")
	other := r.another()
	const calls = 4
	for _, p := range []*account.Service{r.Service, other} {
		p.OnStep = func(step string) {
			for step == account.StepClaimed && s.refused() <= calls { // until every call was refused
				time.Sleep(time.Millisecond)
			}
			time.Sleep(50 * time.Millisecond) // and found out that it is being refreshed
		}
	}
	var wg sync.WaitGroup
	for i := range calls {
		wg.Go(func() {
			call := post(`{"n":1}`)
			res, err := []*account.Service{r.Service, other}[i%2].Forward(t.Context(), r.scope, a.ID, call)
			if err != nil {
				t.Error(err)
				return
			}
			defer func() { _ = res.Body.Close() }()
			if res.StatusCode != http.StatusNotFound {
				t.Errorf("status %d, %+v", res.StatusCode, call)
			}
		})
	}
	wg.Wait()
	if n := r.seen("/oauth/token") - before; n != 1 {
		t.Errorf("%d refreshes", n)
	}
	for i, token := range s.tokens[1:] {
		if s.bodies[i+1] != `{"n":1}` || !strings.HasPrefix(token, "Bearer ") {
			t.Errorf("request %d: %q", i, s.bodies[i+1])
		}
	}
}

// What may not be called is not.
func TestForwardRefuses(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.connected()
	s := &stale{next: r.Stream.Transport, first: "none"}
	r.Stream = &http.Client{Transport: s}
	theirs := post("{}")
	theirs.OnlyUser = "user-2"
	if _, err := r.Forward(t.Context(), r.scope, a.ID, theirs); !errors.Is(err, account.ErrOwner) { //nolint:bodyclose // there is no answer
		t.Errorf("another's account: %v", err)
	}
	narrow := post("{}")
	narrow.Allow = func(string) bool { return false }
	if _, err := r.Forward(t.Context(), r.scope, a.ID, narrow); !errors.Is(err, account.ErrHost) { //nolint:bodyclose // there is no answer
		t.Errorf("a host that is not allowed: %v", err)
	}
	app, err := r.Catalog.App(t.Context(), r.scope.Project(), "acme_crm")
	if err != nil {
		t.Fatal(err)
	}
	off := false
	app.Request.Proxy = &off                                                                              // the file of this test's own Acme
	if _, err := r.Forward(t.Context(), r.scope, a.ID, post("{}")); !errors.Is(err, account.ErrNoProxy) { //nolint:bodyclose // there is no answer
		t.Errorf("an app that is not proxied: %v", err)
	}
	if len(s.tokens) != 0 {
		t.Errorf("%d requests were sent", len(s.tokens))
	}
}
