package chaos

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// kind is how a receiver behaves until it is healed, and how much it is sent.
type kind struct {
	name      string
	share     int // of a hundred events
	most      int // hundreds of which it gets its share; 0 = any number
	receivers int
	answer    func(r *receiver, id string, w http.ResponseWriter, req *http.Request) int
}

var kinds = []kind{
	{"good", 41, 0, 1, (*receiver).good},
	{ordered, 4, 500, 1, (*receiver).stumbling},
	{"two", 10, 0, 2, (*receiver).good},
	{"flaky", 20, 0, 1, (*receiver).flaky},
	{"rotated", 10, 0, 1, (*receiver).good},
	{"busy", 8, 0, 1, (*receiver).busy},
	{"dead", 3, 0, 1, (*receiver).dead},
	{"gone", 3, 0, 1, (*receiver).gone},
	{"tarpit", 1, 60, 1, (*receiver).tarpit},
	{"hesitant", 0, 0, 1, (*receiver).hesitant}, // in the last scene
}

// receiver is a customer's server that writes down what it hears.
type receiver struct {
	kind
	url      string
	endpoint string

	mu       sync.Mutex
	keys     []string // that it was given, oldest first
	healed   bool
	seen     map[string]bool
	arrivals []arrival
}

// arrival is one request that a receiver saw.
type arrival struct {
	Endpoint string
	ID, Key  string // the webhook-id, and the event's own name
	Body     string // its hash
	At       time.Time
	Stamp    time.Time // as its sender says
	Signed   []int     // by which of the keys that the receiver has; both signatures
	Others   int       // signatures by keys that it has not
	Answer   int       // the status; 0 = the connection was broken off
}

// receive starts the receivers' machine, which nobody kills.
func (l *lab) receive(ctx context.Context) error {
	at, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/effect", func(w http.ResponseWriter, req *http.Request) { l.effects(w, req) })
	mux.HandleFunc("/{name}", func(w http.ResponseWriter, req *http.Request) {
		for _, t := range l.triggers {
			for _, r := range t.hears {
				if strings.HasSuffix(r.url, req.URL.Path) {
					r.hear(w, req)
					return
				}
			}
		}
		http.NotFound(w, req)
	})
	l.home = "http://" + at.Addr().String()
	l.receivers = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = l.receivers.Serve(at) }()
	return nil
}

func (l *lab) newReceiver(k kind, i int) *receiver {
	return &receiver{kind: k, url: fmt.Sprintf("%s/%s-%d", l.home, k.name, i+1), seen: map[string]bool{}}
}

// know takes a key that the API showed.
func (r *receiver) know(endpoint, key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.endpoint = endpoint
	if key != "" && !slices.Contains(r.keys, key) {
		r.keys = append(r.keys, key)
	}
}

func (r *receiver) hear(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return // its sender is gone: nobody heard anything
	}
	at := time.Now()
	var e struct{ Body struct{ Key string } }
	_ = json.Unmarshal(body, &e) // a body that cannot be read has no key, and is found out
	a := arrival{ID: req.Header.Get("Webhook-Id"), Key: e.Body.Key, Body: hash(string(body)), At: at}
	if s, err := strconv.ParseInt(req.Header.Get("Webhook-Timestamp"), 10, 64); err == nil {
		a.Stamp = time.Unix(s, 0)
	}
	r.mu.Lock()
	a.Endpoint = r.endpoint
	a.Signed, a.Others = signers(req.Header, string(body), r.keys)
	healed := r.healed
	first := !r.seen[a.ID]
	r.seen[a.ID] = true
	r.arrivals = append(r.arrivals, a)
	n := len(r.arrivals) - 1
	r.mu.Unlock()
	status := http.StatusOK
	if healed && r.name != "hesitant" {
		w.WriteHeader(status)
	} else {
		status = r.answer(r, map[bool]string{true: a.ID}[first], w, req)
	}
	r.mu.Lock()
	r.arrivals[n].Answer = status
	r.mu.Unlock()
}

// signers returns which keys signed in both ways, and how many other signatures there are.
func signers(h http.Header, body string, keys []string) (by []int, others int) {
	stamp, id := h.Get("Webhook-Timestamp"), h.Get("Webhook-Id")
	own := map[string]bool{}
	for _, part := range strings.Split(h.Get("X-Pd-Signature"), ",") {
		if v, ok := strings.CutPrefix(part, "v1="); ok {
			own[v] = true
		}
	}
	standard := map[string]bool{}
	for _, part := range strings.Fields(h.Get("Webhook-Signature")) {
		if v, ok := strings.CutPrefix(part, "v1,"); ok {
			standard[v] = true
		}
	}
	others = len(own)
	for i, k := range keys {
		if own[hex.EncodeToString(mac(k, stamp+"."+body))] && standard[base64.StdEncoding.EncodeToString(mac(k, id+"."+stamp+"."+body))] {
			by = append(by, i)
			others--
		}
	}
	return by, others
}

func mac(key, text string) []byte {
	m := hmac.New(sha256.New, []byte(key))
	m.Write([]byte(text))
	return m.Sum(nil)
}

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

func say(w http.ResponseWriter, status int) int {
	w.WriteHeader(status)
	return status
}

func (r *receiver) good(_ string, w http.ResponseWriter, _ *http.Request) int {
	return say(w, http.StatusOK)
}

// flaky fails one time in eight: with an error, a connection that breaks, a body
// that comes slowly, or silence until the sender gives up.
func (r *receiver) flaky(_ string, w http.ResponseWriter, req *http.Request) int {
	switch n := rand.IntN(400); {
	case n < 25:
		return say(w, http.StatusInternalServerError)
	case n < 40:
		return reset(w)
	case n < 48:
		_ = say(w, http.StatusOK)
		for range 10 {
			_, _ = w.Write([]byte("slow "))
			_ = http.NewResponseController(w).Flush()
			time.Sleep(100 * time.Millisecond)
		}
		return http.StatusOK
	case n < 50:
		<-req.Context().Done()
		return 0
	default:
		return say(w, http.StatusOK)
	}
}

// ordered hears of its events one after the other.
const ordered = "ordered"

// stumbling fails one time in twenty, and holds up what comes after it.
func (r *receiver) stumbling(_ string, w http.ResponseWriter, _ *http.Request) int {
	if rand.IntN(20) == 0 {
		return say(w, http.StatusInternalServerError)
	}
	return say(w, http.StatusOK)
}

// reset breaks the connection off, hard.
func reset(w http.ResponseWriter) int {
	c, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return 0
	}
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = c.Close()
	return 0
}

// busy asks every fourth time for a pause.
func (r *receiver) busy(_ string, w http.ResponseWriter, _ *http.Request) int {
	if rand.IntN(4) == 0 {
		w.Header().Set("Retry-After", "1")
		return say(w, http.StatusTooManyRequests)
	}
	return say(w, http.StatusOK)
}

func (r *receiver) dead(_ string, w http.ResponseWriter, _ *http.Request) int { return reset(w) }

func (r *receiver) gone(_ string, w http.ResponseWriter, _ *http.Request) int {
	return say(w, http.StatusGone)
}

func (r *receiver) tarpit(_ string, w http.ResponseWriter, _ *http.Request) int {
	time.Sleep(time.Duration(3+rand.IntN(6)) * time.Second)
	return say(w, http.StatusOK)
}

// hesitant refuses each event once. first is the event's id, if it was not seen before.
func (r *receiver) hesitant(first string, w http.ResponseWriter, _ *http.Request) int {
	if first != "" {
		return say(w, http.StatusInternalServerError)
	}
	return say(w, http.StatusOK)
}

func (l *lab) kindOf(name string) *trigger {
	for _, t := range l.triggers {
		if t.hears[0].name == name {
			return t
		}
	}
	return nil
}
