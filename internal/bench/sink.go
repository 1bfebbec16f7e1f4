package bench

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// sink receives webhooks and the calls of workflows. Each phase has an inbox of
// its own in it, so that what comes late is not taken for another phase's.
type sink struct {
	url string

	mu    sync.RWMutex
	boxes map[string]*inbox // by path
}

// inbox counts what arrived at one path.
type inbox struct {
	mu         sync.Mutex
	url        string
	keys       map[string]string // signing keys by trigger; empty = nothing is signed
	seen       map[string]bool
	lags       []time.Duration
	arrivals   int
	duplicates int
	bad        int // signatures that did not match, or bodies that could not be read
	last       time.Time
}

// oneIn is how many arrivals there are to one whose signature is checked.
const oneIn = 8

func newSink(ctx context.Context) (*sink, func(), error) {
	s := &sink{boxes: map[string]*inbox{}}
	url, stop, err := serve(ctx, s)
	s.url = url
	return s, stop, err
}

// open adds an inbox.
func (s *sink) open() *inbox {
	s.mu.Lock()
	defer s.mu.Unlock()
	path := "/in/" + strconv.Itoa(len(s.boxes))
	s.boxes[path] = &inbox{url: s.url + path, keys: map[string]string{}, seen: map[string]bool{}}
	return s.boxes[path]
}

// ServeHTTP takes one call in and answers 200, whatever it is.
func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	at := now()
	s.mu.RLock()
	box := s.boxes[r.URL.Path]
	s.mu.RUnlock()
	if box == nil {
		http.NotFound(w, r)
		return
	}
	if err == nil { // else the caller gave up, and will come again
		box.take(r.Header, body, at)
	}
	w.WriteHeader(http.StatusOK)
}

func (b *inbox) take(h http.Header, body []byte, at time.Time) {
	var event struct{ Body struct{ N, At int64 } }
	err := json.Unmarshal(body, &event)
	b.mu.Lock()
	b.arrivals++
	check := len(b.keys) > 0 && b.arrivals%oneIn == 1
	key := b.keys[h.Get("X-Pd-Emitter-Id")]
	b.mu.Unlock()
	wrong := err != nil || check && !signed(h.Get("X-Pd-Signature"), key, body)

	b.mu.Lock()
	defer b.mu.Unlock()
	if wrong {
		b.bad++
	}
	name := h.Get("Webhook-Id")
	if name == "" { // a workflow's call
		name = strconv.FormatInt(event.Body.N, 10)
	}
	if b.seen[name] {
		b.duplicates++
		return
	}
	b.seen[name] = true
	b.lags = append(b.lags, at.Sub(time.UnixMicro(event.Body.At)))
	b.last = at
}

// signed reports whether the header t=…,v1=… signs body with key.
func signed(header, key string, body []byte) bool {
	stamp, signatures, _ := strings.Cut(strings.TrimPrefix(header, "t="), ",")
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(stamp + "."))
	mac.Write(body)
	want := "v1=" + hex.EncodeToString(mac.Sum(nil))
	for s := range strings.SplitSeq(signatures, ",") {
		if key != "" && hmac.Equal([]byte(s), []byte(want)) {
			return true
		}
	}
	return false
}

// stall is how long nothing may arrive before the rest counts as lost: longer
// than the lease of a delivery whose worker died, and than the first retry.
const stall = 45 * time.Second

// drain waits until want different things have arrived, or nothing does any more.
func (b *inbox) drain(ctx context.Context, want int) {
	began := now()
	for ctx.Err() == nil {
		b.mu.Lock()
		have, last := len(b.seen), b.last
		b.mu.Unlock()
		if last.Before(began) {
			last = began
		}
		if have >= want || time.Since(last) > stall {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// serve answers with h on a loopback port until stop is called.
func serve(ctx context.Context, h http.Handler) (url string, stop func(), err error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", func() {}, fmt.Errorf("listen: %w", err)
	}
	s := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			progress("a server of the bench ended: %v", err)
		}
	}()
	return "http://" + l.Addr().String(), func() { _ = s.Close() }, nil
}
