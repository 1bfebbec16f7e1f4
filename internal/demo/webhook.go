package demo

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// senders is how many deliveries go out at once.
const senders = 4

// pauses are the waits between the tries of one delivery.
var pauses = []time.Duration{100 * time.Millisecond, 400 * time.Millisecond}

// webhook is an address that wants to hear of a person's records.
type webhook struct {
	ID        string    `json:"id"`
	URL       string    `json:"url"`
	Events    []string  `json:"events"`
	CreatedAt time.Time `json:"created_at"`

	secret string // shown once, when the webhook is made
	gone   bool
}

// Delivery is one event on its way to one webhook. State goes from pending to
// delivered (a 2xx answer) or, after three tries, failed.
type Delivery struct {
	EventID    string    `json:"event_id"`
	WebhookID  string    `json:"webhook_id"`
	URL        string    `json:"url"`
	Type       string    `json:"type"`
	State      string    `json:"state"`
	Attempts   int       `json:"attempts"`
	LastStatus int       `json:"last_status"` // 0: no answer
	Error      string    `json:"error"`
	CreatedAt  time.Time `json:"created_at"`
}

// event is the body of a delivery.
type event struct {
	ID        string    `json:"id"`
	Type      string    `json:"type"`
	CreatedAt time.Time `json:"created_at"`
	AccountID string    `json:"account_id"`
	Data      any       `json:"data"`
}

type job struct {
	hook     *webhook
	delivery *Delivery
	body     []byte
}

// Sign returns the X-Acme-Signature of a webhook body sent at t: its time and
// the HMAC-SHA256 of "<time>.<body>" in hex, under the webhook's secret.
func Sign(secret string, t time.Time, body []byte) string {
	at := strconv.FormatInt(t.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = mac.Write([]byte(at + ".")) // a hash never fails to write
	_, _ = mac.Write(body)
	return "t=" + at + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}

func eventTypes() []string {
	var all []string
	for _, noun := range []string{"contact", "deal", "note"} {
		for _, verb := range []string{"created", "updated", "deleted"} {
			all = append(all, noun+"."+verb)
		}
	}
	return all
}

func (s *Server) createHook(w http.ResponseWriter, r *http.Request, t *ticket) (int, any, error) {
	var in struct {
		URL    string   `json:"url"`
		Events []string `json:"events"`
	}
	if err := readJSON(w, r, &in); err != nil {
		return 0, nil, err
	}
	u, err := url.Parse(in.URL)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https" || len(in.URL) > 2000 {
		return 0, nil, invalid("url", "url must be an absolute http or https address")
	}
	if len(in.Events) == 0 {
		return 0, nil, invalid("events", `events must name at least one event, or be ["*"]`)
	}
	for _, name := range in.Events {
		if name != "*" && !slices.Contains(eventTypes(), name) {
			return 0, nil, invalid("events", fmt.Sprintf("there is no event %q", name))
		}
	}
	slices.Sort(in.Events)
	h := &webhook{
		ID: random("whk_", 8), URL: in.URL, Events: slices.Compact(in.Events),
		CreatedAt: s.now().UTC(), secret: random("whsec_", 20),
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(t.account.hooks) >= maxHooks {
		return 0, nil, full("webhook")
	}
	t.account.hooks = append(t.account.hooks, h)
	return http.StatusCreated, map[string]any{
		"id": h.ID, "url": h.URL, "events": h.Events, "created_at": h.CreatedAt, "secret": h.secret,
	}, nil
}

func (s *Server) listHooks(_ http.ResponseWriter, _ *http.Request, t *ticket) (int, any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := listing[webhook]{Data: []webhook{}}
	for _, h := range slices.Backward(t.account.hooks) {
		out.Data = append(out.Data, *h)
	}
	return http.StatusOK, out, nil
}

func (s *Server) deleteHook(_ http.ResponseWriter, r *http.Request, t *ticket) (int, any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := t.account
	i := slices.IndexFunc(a.hooks, func(h *webhook) bool { return h.ID == r.PathValue("id") })
	if i < 0 {
		return 0, nil, notFound("webhook")
	}
	a.hooks[i].gone = true // what is queued for it is not sent any more
	a.hooks = slices.Delete(a.hooks, i, i+1)
	return http.StatusNoContent, nil, nil
}

func (s *Server) listDeliveries(_ http.ResponseWriter, _ *http.Request, t *ticket) (int, any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return http.StatusOK, listing[Delivery]{Data: t.account.lastDeliveries()}, nil
}

func (a *account) lastDeliveries() []Delivery {
	out := []Delivery{}
	for _, d := range slices.Backward(a.deliveries) {
		out = append(out, *d)
	}
	return out
}

// emit queues an event for every webhook of a's that wants it. It never blocks:
// with a full queue the delivery fails on the spot, and says so. The caller
// holds mu.
func (s *Server) emit(a *account, kind string, data any, now time.Time) {
	e := event{ID: random("evt_", 12), Type: kind, CreatedAt: now, AccountID: a.ID, Data: data}
	body, err := json.Marshal(e)
	if err != nil {
		panic(fmt.Sprintf("demo: a record cannot be written as JSON: %v", err))
	}
	for _, h := range a.hooks {
		if !slices.Contains(h.Events, "*") && !slices.Contains(h.Events, kind) {
			continue
		}
		d := &Delivery{EventID: e.ID, WebhookID: h.ID, URL: h.URL, Type: kind, State: "pending", CreatedAt: now}
		if len(a.deliveries) >= maxDeliveries {
			a.deliveries = slices.Delete(a.deliveries, 0, 1)
		}
		a.deliveries = append(a.deliveries, d)
		select {
		case s.queue <- job{h, d, body}:
		default:
			d.State, d.Error = "failed", "too many deliveries are waiting"
		}
	}
}

// send delivers queued events until the server closes.
func (s *Server) send() {
	for {
		select {
		case <-s.ctx.Done():
			return
		case j := <-s.queue:
			s.deliver(j)
		}
	}
}

func (s *Server) deliver(j job) {
	for try := 0; ; try++ {
		s.mu.Lock()
		gone := j.hook.gone
		if gone {
			j.delivery.State, j.delivery.Error = "failed", "the webhook was deleted"
		}
		s.mu.Unlock()
		if gone {
			return
		}
		status, err := s.post(s.ctx, j)
		s.mu.Lock()
		d := j.delivery
		d.Attempts, d.LastStatus, d.Error = try+1, status, ""
		switch {
		case err != nil:
			d.Error = err.Error()
		case status >= 200 && status < 300:
			d.State = "delivered"
		default:
			d.Error = "the answer was " + strconv.Itoa(status)
		}
		done := d.State == "delivered"
		if !done && try == len(pauses) {
			d.State, done = "failed", true
		}
		s.mu.Unlock()
		if done || !s.wait(s.ctx, pauses[try]) {
			return
		}
	}
}

// post makes one try and returns the status of its answer.
func (s *Server) post(ctx context.Context, j job) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, j.hook.URL, bytes.NewReader(j.body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "AcmeCRM-Webhooks/1")
	req.Header.Set("X-Acme-Event", j.delivery.Type)
	req.Header.Set("X-Acme-Delivery", j.delivery.EventID)
	req.Header.Set("X-Acme-Signature", Sign(j.hook.secret, s.now(), j.body))
	res, err := s.http.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10)) // lets the connection be used again
	return res.StatusCode, nil
}
