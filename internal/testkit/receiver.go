package testkit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// Call is one request that a Receiver got.
type Call struct {
	Header http.Header
	Body   string
}

// Signed reports whether the key signed the call, as a customer would find out.
func (c Call) Signed(key string) bool {
	parts := strings.Split(c.Header.Get("X-Pd-Signature"), ",")
	at, ok := strings.CutPrefix(parts[0], "t=")
	if !ok || at != c.Header.Get("Webhook-Timestamp") {
		return false
	}
	mac := hmac.New(sha256.New, []byte(key))
	_, _ = io.WriteString(mac, at+"."+c.Body)
	want := "v1=" + hex.EncodeToString(mac.Sum(nil))
	for _, v := range parts[1:] {
		if hmac.Equal([]byte(v), []byte(want)) {
			return true
		}
	}
	return false
}

// Receiver is a customer's server that takes webhooks.
type Receiver struct {
	URL string

	mu     sync.Mutex
	answer func(n int, w http.ResponseWriter, r *http.Request)
	calls  []Call
	now    int
	most   int
}

// NewReceiver starts a server that answers 200 until Answer says otherwise.
func NewReceiver(t testing.TB) *Receiver {
	t.Helper()
	r := &Receiver{}
	srv := httptest.NewServer(r)
	t.Cleanup(srv.Close)
	r.URL = srv.URL + "/hook"
	return r
}

// Answer sets how calls are answered. n counts them from one.
func (r *Receiver) Answer(fn func(n int, w http.ResponseWriter, r *http.Request)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = fn
}

// Status makes the server answer with a status and say why.
func (r *Receiver) Status(status int) {
	r.Answer(func(_ int, w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, "status %d it is", status)
	})
}

// Calls returns what came in, in that order.
func (r *Receiver) Calls() []Call {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Call{}, r.calls...)
}

// AtOnce returns the largest number of calls that were under way at one time.
func (r *Receiver) AtOnce() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.most
}

func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	r.calls = append(r.calls, Call{req.Header.Clone(), string(body)})
	r.now++
	r.most = max(r.most, r.now)
	n, answer := len(r.calls), r.answer
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		r.now--
		r.mu.Unlock()
	}()
	if answer != nil {
		answer(n, w, req)
		return
	}
	w.WriteHeader(http.StatusOK)
}
