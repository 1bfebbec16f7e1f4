package demo

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// got is one webhook call as its receiver saw it.
type got struct {
	header http.Header
	body   string
}

// listen returns a receiver that answers with the statuses in turn, the last
// one for ever, and hands over what it was sent.
func listen(t *testing.T, statuses ...int) (string, <-chan got) {
	t.Helper()
	calls := make(chan got, 1000)
	turn := make(chan int, len(statuses))
	for _, s := range statuses[:len(statuses)-1] {
		turn <- s
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		status := statuses[len(statuses)-1]
		select {
		case status = <-turn:
		default:
		}
		w.WriteHeader(status)
		calls <- got{r.Header, string(body)}
	}))
	t.Cleanup(srv.Close)
	return srv.URL, calls
}

// subscribe makes a webhook and returns its id and secret.
func (g *rig) subscribe(url, events string) (id, secret string) {
	g.t.Helper()
	b := g.wantStatus(g.key(http.MethodPost, "/api/webhooks", `{"url":"`+url+`","events":`+events+`}`), http.StatusCreated).json(g.t)
	return b["id"].(string), b["secret"].(string)
}

// settled waits until no delivery is pending and returns the newest.
func (g *rig) settled(n int) Delivery {
	g.t.Helper()
	for range 2000 {
		all := g.Deliveries(Ada)
		done := len(all) == n
		for _, d := range all {
			done = done && d.State != "pending"
		}
		if done {
			return all[0]
		}
		time.Sleep(5 * time.Millisecond)
	}
	g.t.Fatalf("deliveries do not settle: %+v", g.Deliveries(Ada))
	return Delivery{}
}

// An event arrives with its headers, its record and a signature over the very
// bytes that were sent.
func TestWebhook(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	at, calls := listen(t, http.StatusOK)
	id, secret := g.subscribe(at, `["contact.created"]`)
	if !strings.HasPrefix(secret, "whsec_") {
		t.Errorf("secret %q", secret)
	}
	made := g.key(http.MethodPost, "/api/contacts", `{"name":"Alan"}`).json(t)
	c := <-calls
	var e struct {
		ID        string    `json:"id"`
		Type      string    `json:"type"`
		CreatedAt time.Time `json:"created_at"`
		AccountID string    `json:"account_id"`
		Data      Contact   `json:"data"`
	}
	if err := json.Unmarshal([]byte(c.body), &e); err != nil {
		t.Fatal(err)
	}
	if e.Type != "contact.created" || e.AccountID != Ada || e.Data.ID != made["id"] || e.Data.Name != "Alan" || !e.CreatedAt.Equal(g.now) {
		t.Errorf("event %s", c.body)
	}
	if c.header.Get("X-Acme-Event") != e.Type || c.header.Get("X-Acme-Delivery") != e.ID || !strings.HasPrefix(e.ID, "evt_") {
		t.Errorf("headers %v", c.header)
	}
	if want := Sign(secret, g.now, []byte(c.body)); c.header.Get("X-Acme-Signature") != want {
		t.Errorf("signature %q, want %q", c.header.Get("X-Acme-Signature"), want)
	}
	if d := g.settled(1); d.State != "delivered" || d.Attempts != 1 || d.LastStatus != 200 || d.WebhookID != id || d.EventID != e.ID {
		t.Errorf("delivery %+v", d)
	}
	if r := g.wantStatus(g.key(http.MethodGet, "/api/webhooks", ""), http.StatusOK); strings.Contains(r.Body, secret) || !strings.Contains(r.Body, id) {
		t.Errorf("the list is %s", r.Body)
	}
}

// The signature is what the documentation says, computed by another program.
func TestSign(t *testing.T) {
	t.Parallel()
	const want = "t=1700000000,v1=c89214b5b5da833daed6f0b8c5bb6bd58cea9022bd80ccc78230f3942d632925"
	if got := Sign("whsec_test", time.Unix(1_700_000_000, 0), []byte(`{"id":"evt_1"}`)); got != want {
		t.Errorf("Sign = %s, want %s", got, want)
	}
}

// A webhook hears of what it asked for, about its own person.
func TestWebhookEvents(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	at, calls := listen(t, http.StatusNoContent)
	some, someCalls := listen(t, http.StatusOK)
	g.subscribe(at, `["*"]`)
	g.subscribe(some, `["deal.updated","note.deleted"]`)
	grace := g.newKeyOf(Grace)
	g.wantStatus(g.do(http.MethodPost, "/api/contacts", `{"name":"Not Ada's"}`, "X-Acme-Key", grace), http.StatusCreated)

	n := 0
	for plural, bodies := range map[string][2]string{
		"contacts": {`{"name":"A"}`, `{"name":"B"}`}, "deals": {`{"title":"A"}`, `{"title":"B"}`}, "notes": {`{"text":"A"}`, `{"text":"B"}`},
	} {
		noun := strings.TrimSuffix(plural, "s")
		id := g.key(http.MethodPost, "/api/"+plural, bodies[0]).json(t)["id"].(string)
		for _, step := range []struct{ event, method, body string }{
			{"created", "", ""}, {"updated", http.MethodPatch, bodies[1]}, {"deleted", http.MethodDelete, ""},
		} {
			if step.method != "" {
				g.key(step.method, "/api/"+plural+"/"+id, step.body)
			}
			c := <-calls
			if want := noun + "." + step.event; c.header.Get("X-Acme-Event") != want || !strings.Contains(c.body, id) {
				t.Errorf("got %s %s, want %s of %s", c.header.Get("X-Acme-Event"), c.body, want, id)
			}
			n++
		}
	}
	g.settled(n + 2)
	heard := map[string]bool{(<-someCalls).header.Get("X-Acme-Event"): true, (<-someCalls).header.Get("X-Acme-Event"): true}
	if !heard["deal.updated"] || !heard["note.deleted"] || len(someCalls) != 0 {
		t.Errorf("the choosy webhook heard %v and %d more", heard, len(someCalls))
	}
}

// A refused delivery is tried again, three times in all; the id stays.
func TestWebhookRetries(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		statuses []int
		tries    int
		state    string
	}{
		"a 500, then well":        {[]int{500, 200}, 2, "delivered"},
		"two of them, then well":  {[]int{500, 503, 204}, 3, "delivered"},
		"never well":              {[]int{500}, 3, "failed"},
		"a redirect is a refusal": {[]int{302}, 3, "failed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newRig(t)
			at, calls := listen(t, c.statuses...)
			g.subscribe(at, `["*"]`)
			g.wantStatus(g.key(http.MethodPost, "/api/notes", `{"text":"A"}`), http.StatusCreated)
			d := g.settled(1)
			if d.State != c.state || d.Attempts != c.tries || (d.Error == "") != (c.state == "delivered") {
				t.Errorf("delivery %+v", d)
			}
			if len(calls) != c.tries {
				t.Fatalf("%d calls, want %d", len(calls), c.tries)
			}
			for range c.tries {
				if call := <-calls; call.header.Get("X-Acme-Delivery") != d.EventID {
					t.Errorf("a try has the id %q, want %q", call.header.Get("X-Acme-Delivery"), d.EventID)
				}
			}
			r := g.wantStatus(g.key(http.MethodGet, "/api/webhooks/deliveries", ""), http.StatusOK)
			if !strings.Contains(r.Body, d.EventID) {
				t.Errorf("the list lacks the delivery: %s", r.Body)
			}
		})
	}
}

// A deleted webhook hears nothing more, not even the next try of what was on its way.
func TestWebhookDeleted(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	called, release := make(chan struct{}, 10), make(chan struct{})
	g.sendWith(func(*http.Request) (*http.Response, error) {
		called <- struct{}{}
		<-release
		return nil, errors.New("unwell")
	})
	id, _ := g.subscribe("http://nowhere.test/", `["*"]`)
	g.wantStatus(g.key(http.MethodPost, "/api/notes", `{"text":"A"}`), http.StatusCreated)
	<-called
	g.wantStatus(g.key(http.MethodDelete, "/api/webhooks/"+id, ""), http.StatusNoContent)
	g.wantProblem(g.key(http.MethodDelete, "/api/webhooks/"+id, ""), http.StatusNotFound, "not_found", "")
	close(release)
	g.wantStatus(g.key(http.MethodPost, "/api/notes", `{"text":"B"}`), http.StatusCreated)
	if d := g.settled(1); d.State != "failed" || d.Attempts != 1 || d.Error != "the webhook was deleted" {
		t.Errorf("delivery %+v", d)
	}
}

// With every sender busy the queue fills, the rest fails at once, no call
// blocks, and the list keeps the last hundred.
func TestDeliveriesAreBounded(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	g.SetFaults(Faults{RateLimit: 100_000})
	g.sendWith(func(*http.Request) (*http.Response, error) {
		<-g.ctx.Done()
		return nil, errors.New("closed")
	})
	g.subscribe("http://nowhere.test/", `["*"]`)
	for i := range maxQueue + senders + 1 {
		g.wantStatus(g.key(http.MethodPost, "/api/notes", fmt.Sprintf(`{"text":"%d"}`, i)), http.StatusCreated)
	}
	all := g.Deliveries(Ada)
	if len(all) != maxDeliveries {
		t.Errorf("%d deliveries are kept, want %d", len(all), maxDeliveries)
	}
	if all[0].State != "failed" || all[0].Attempts != 0 || all[0].Error == "" {
		t.Errorf("the one too many: %+v", all[0])
	}
	g.Close()
	g.Close()
	g.wantStatus(g.key(http.MethodPost, "/api/notes", `{"text":"after"}`), http.StatusCreated)
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// sendWith replaces the way webhooks go out. The senders read it only after a
// webhook exists, so this must be called before.
func (g *rig) sendWith(f roundTrip) { g.Server.http = &http.Client{Transport: f} }
