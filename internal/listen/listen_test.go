package listen_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/listen"
	"github.com/patchbay-dev/patchbay/internal/remote"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// feed is a server that answers as it is told, question by question, and holds
// the last of them.
type feed struct {
	mu     sync.Mutex
	steps  []func(w http.ResponseWriter)
	asked  []string // the query of each question
	tokens int
}

func (f *feed) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/v1/oauth/token" {
		f.mu.Lock()
		f.tokens++
		f.mu.Unlock()
		_, _ = fmt.Fprint(w, `{"access_token":"t"}`)
		return
	}
	f.mu.Lock()
	f.asked = append(f.asked, r.URL.RawQuery)
	var step func(http.ResponseWriter)
	if len(f.steps) > 0 {
		step, f.steps = f.steps[0], f.steps[1:]
	}
	f.mu.Unlock()
	if step == nil {
		<-r.Context().Done()
		return
	}
	step(w)
}

// questions are the queries that were asked, in their order.
func (f *feed) questions() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.asked)
}

func says(status int, text string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}
}

func events(cursor string, ids ...string) func(http.ResponseWriter) {
	var data []map[string]any
	for _, one := range ids {
		data = append(data, map[string]any{"id": one, "type": "trigger.emitted", "subject_id": "hi_1", "external_user_id": "ada\x1b[31m", "body": `{"id":"` + one + `"}`, "created_at": time.Now()})
	}
	b, _ := json.Marshal(map[string]any{"data": data, "cursor": cursor, "more": false})
	return says(http.StatusOK, string(b))
}

func breaksOff(w http.ResponseWriter) {
	w.Header().Set("Content-Length", "100")
	_, _ = io.WriteString(w, "{")
}

// text is a buffer that a test reads while it is written to.
type text struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (x *text) Write(p []byte) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.b.Write(p)
}

func (x *text) String() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.b.String()
}

type rig struct {
	*listen.Listener
	t            *testing.T
	feed         *feed
	to           *testkit.Receiver
	out, notices text
}

func newRig(t *testing.T, steps ...func(http.ResponseWriter)) *rig {
	t.Helper()
	r := &rig{t: t, feed: &feed{steps: steps}, to: testkit.NewReceiver(t)}
	s := httptest.NewServer(r.feed)
	t.Cleanup(s.Close)
	r.Listener = &listen.Listener{
		Options: listen.Options{Project: "proj_1", Environment: "development", Forward: r.to.URL},
		Server:  &remote.Client{Base: s.URL, ID: "cli_1", Secret: "pbs_1", HTTP: &http.Client{}},
		Local:   &http.Client{}, State: t.TempDir(), Out: &r.out, Notices: &r.notices, Now: time.Now,
	}
	return r
}

// until runs the listener until ready says yes.
func (r *rig) until(what string, ready func() bool) {
	r.t.Helper()
	ctx, stop := context.WithCancel(r.t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	testkit.Eventually(r.t, what, ready)
	stop()
	if err := <-done; err != nil {
		r.t.Fatal(err)
	}
}

// got are the ids that arrived, in their order.
func (r *rig) got() (ids []string) {
	for _, c := range r.to.Calls() {
		ids = append(ids, c.Header.Get("Webhook-Id"))
	}
	return ids
}

// However often the server is away, the listener comes back to the same place,
// says so once, and forwards everything once.
func TestReconnects(t *testing.T) {
	t.Parallel()
	r := newRig(
		t, says(http.StatusBadGateway, "<html>"), events("c0"), events("c1", "evt_1", "evt_2"), breaksOff,
		says(http.StatusServiceUnavailable, `{"error":"Later.","code":"unavailable","details":{}}`), events("c2", "evt_3"),
	)
	r.until("three events arrive, and the next question is asked", func() bool { return len(r.got()) == 3 && len(r.feed.questions()) == 7 })
	if want := []string{"evt_1", "evt_2", "evt_3"}; !slices.Equal(r.got(), want) {
		t.Fatalf("forwarded %v, want %v", r.got(), want)
	}
	for i, want := range []string{"limit=50", "limit=50", "after=c0&limit=50&wait=25", "after=c1&limit=50&wait=25", "after=c1&limit=50&wait=25", "after=c1&limit=50&wait=25", "after=c2&limit=50&wait=25"} {
		if r.feed.questions()[i] != want {
			t.Errorf("question %d is %q, want %q", i, r.feed.questions()[i], want)
		}
	}
	said := r.notices.String()
	for line, want := range map[string]int{"trying again": 2, "The server answers again.": 2, "Listening to proj_1": 1, "Forwarded 3, of which 0 failed": 1, "Later.": 0} {
		if n := strings.Count(said, line); n != want {
			t.Errorf("%q was said %d times, want %d:\n%s", line, n, want, said)
		}
	}
	for _, c := range r.to.Calls() {
		if !c.Signed(r.Key().Reveal()) || c.Header.Get("Webhook-Signature") == "" {
			t.Errorf("not signed: %v", c.Header)
		}
	}
	if strings.Contains(r.out.String(), "\x1b") || !strings.Contains(r.out.String(), "evt_3  ada [31m  200") {
		t.Errorf("printed %q", r.out.String())
	}
}

// Who was killed in the middle of an answer goes on in its middle; that one
// begins with what had happened before makes no difference.
func TestResumes(t *testing.T) {
	t.Parallel()
	for name, since := range map[string]time.Duration{"now": 0, "an hour ago": time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			batch := events("c1", "evt_1", "evt_2", "evt_3")
			steps := []func(http.ResponseWriter){batch, batch}
			if since == 0 {
				steps = append([]func(http.ResponseWriter){events("c0")}, steps...)
			}
			r := newRig(t, steps...)
			r.Since = since
			hold := make(chan struct{})
			r.to.Answer(func(n int, w http.ResponseWriter, _ *http.Request) {
				if n == 2 {
					<-hold
				}
				w.WriteHeader(http.StatusOK)
			})
			r.until("the second event is on its way", func() bool { return len(r.got()) == 2 })
			close(hold)
			r.Since, r.Resume = 0, true
			r.until("the third arrives", func() bool { return len(r.got()) == 4 && len(r.feed.questions()) == len(steps)+1 })
			if want := []string{"evt_1", "evt_2", "evt_2", "evt_3"}; !slices.Equal(r.got(), want) {
				t.Fatalf("forwarded %v, want %v", r.got(), want)
			}
			if a, b := r.feed.questions()[len(steps)-2], r.feed.questions()[len(steps)-1]; a != b || !strings.Contains(a, "after=c0") && !strings.Contains(a, "since=") {
				t.Errorf("asked %q, and when it came back %q", a, b)
			}
		})
	}
}

// What does not pass by itself ends the command, with a sentence that helps.
func TestRefusals(t *testing.T) {
	t.Parallel()
	refusal := func(status int, code string) func(http.ResponseWriter) {
		return says(status, `{"error":"A sentence.","code":"`+code+`","details":{}}`)
	}
	lacks := says(http.StatusForbidden, `{"error":"A sentence.","code":"permission","details":{"scope":"events:read"}}`)
	for name, c := range map[string]struct {
		step   func(http.ResponseWriter)
		change func(*listen.Listener)
		says   string
	}{
		"without the scope":  {lacks, nil, "A sentence. It is the scope events:read."},
		"another's project":  {refusal(http.StatusNotFound, "project_not_found"), nil, "status 404: A sentence."},
		"an old cursor":      {refusal(http.StatusConflict, "cursor_gone"), nil, "without --resume"},
		"a type of nobody":   {refusal(http.StatusBadRequest, "event_type"), nil, "separated by commas"},
		"something else":     {says(http.StatusOK, "hello"), nil, "decode answer"},
		"a page":             {says(http.StatusNotFound, "<html>"), nil, "Is that a Patchbay?"},
		"no address":         {nil, func(l *listen.Listener) { l.Forward = "localhost:3000" }, "--forward"},
		"a time to come":     {nil, func(l *listen.Listener) { l.Since = -time.Hour }, "--since"},
		"two beginnings":     {nil, func(l *listen.Listener) { l.Since, l.Resume = time.Hour, true }, "--resume"},
		"one and all others": {nil, func(l *listen.Listener) { l.Replay, l.Resume = "evt_1", true }, "--replay"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, c.step)
			if c.change != nil {
				c.change(r.Listener)
			}
			if err := r.Run(t.Context()); err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "pbs_1") {
				t.Fatalf("Run() = %v, want %q", err, c.says)
			}
		})
	}
}

// A token that is over is asked for anew; a client that is not accepted is told once.
func TestSignsInAgain(t *testing.T) {
	t.Parallel()
	expired := says(http.StatusUnauthorized, `{"error":"It has expired.","code":"unauthenticated","details":{}}`)
	r := newRig(t, events("c0"), expired, events("c1", "evt_1"), expired, expired)
	err := r.Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "It has expired.") || r.feed.tokens != 3 || len(r.got()) != 1 {
		t.Fatalf("%v after %d tokens and %v", err, r.feed.tokens, r.got())
	}
}

// A failure is told and not repeated; r sends the last event again.
func TestCommands(t *testing.T) {
	t.Parallel()
	in, typed := io.Pipe()
	r := newRig(t, events("c0"), events("c1", "evt_1"))
	r.Commands, r.JSON = in, true
	r.to.Answer(func(n int, w http.ResponseWriter, _ *http.Request) {
		if n == 1 {
			http.Error(w, "I am not ready", http.StatusInternalServerError)
		}
	})
	lines := func() (out []map[string]any) {
		for line := range strings.Lines(r.out.String()) {
			var v map[string]any
			if err := json.Unmarshal([]byte(line), &v); err != nil {
				t.Error(line, err)
			}
			out = append(out, v)
		}
		return out
	}
	done := make(chan error, 1)
	go func() { done <- r.Run(t.Context()) }()
	testkit.Eventually(t, "the event is told", func() bool { return len(lines()) == 1 })
	for _, line := range []string{"", "what?", "r", "q"} {
		_, _ = fmt.Fprintln(typed, line)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	got := lines()
	if len(got) != 2 || got[0]["status"] != 500.0 || got[0]["error"] != "I am not ready\n" || got[0]["again"] != false || got[0]["external_user_id"] != "ada\x1b[31m" ||
		got[1]["status"] != 200.0 || got[1]["error"] != "" || got[1]["again"] != true || got[1]["event_id"] != "evt_1" {
		t.Fatalf("%v", got)
	}
	if said := r.notices.String(); !strings.Contains(said, "r sends the last event again, q ends.") || !strings.Contains(said, "Forwarded 2, of which 1 failed.") {
		t.Errorf("%s", said)
	}
}

// One event is sent by its id, and the command fails if it was not taken.
func TestReplay(t *testing.T) {
	t.Parallel()
	one := says(http.StatusOK, `{"id":"evt_1","type":"ACCOUNT_DEAD","subject_id":"apn_1","external_user_id":"","body":"{}","hops":1,"created_at":"2026-01-01T00:00:00Z"}`)
	r := newRig(t, one, one, one)
	r.Replay = "evt_1"
	if err := r.Run(t.Context()); err != nil || !slices.Equal(r.got(), []string{"evt_1"}) {
		t.Fatal(err, r.got())
	}
	r.to.Status(http.StatusTeapot)
	if err := r.Run(t.Context()); err == nil || !strings.Contains(r.out.String(), "418") {
		t.Fatal(err, r.out.String())
	}
	r.Forward = "http://127.0.0.1:1/"
	if err := r.Run(t.Context()); err == nil || !strings.Contains(r.out.String(), "connection refused") {
		t.Fatal(err, r.out.String())
	}
}

// The key is the same each time for the same client and environment, and for no others.
func TestKey(t *testing.T) {
	t.Parallel()
	key := func(client secret.Text, project, environment string) string {
		l := listen.Listener{Options: listen.Options{Project: project, Environment: environment}, Server: &remote.Client{Secret: client}}
		return l.Key().Reveal()
	}
	first := key("pbs_1", "proj_1", "development")
	if len(first) != 64 || first != key("pbs_1", "proj_1", "development") {
		t.Fatal(first)
	}
	for _, other := range []string{key("pbs_2", "proj_1", "development"), key("pbs_1", "proj_2", "development"), key("pbs_1", "proj_1", "production")} {
		if other == first {
			t.Error("two have the same key")
		}
	}
}
