package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/redact"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// headingSize is how much of an answer's headers is kept.
const headingSize = 4 << 10

// parcel is one event, made ready for one endpoint.
type parcel struct {
	scope    tenant.Scope
	endpoint *Endpoint
	keys     []secret.Text
	own      map[string]string // the endpoint's own headers
	event    *event.Event
	plain    string // what stands for the event's SecretMark; "" = nothing
	test     bool   // nothing happened: a person tries the endpoint out
	original string // the event's id, if it is sent under another
	log      *redact.Rules

	reference *event.Reference // is sent for the payload; nil = the payload itself
}

// ReplayOf is the header that holds the event's own id when it is sent under a new one.
const ReplayOf = "X-Patchbay-Replay-Of"

// rename has the event sent under another id, in its body too if the body is
// ours: it is known as ours by saying the id under which it is sent.
func (p *parcel) rename(as string) {
	p.original = p.event.ID
	if p.event.Type != event.TriggerEmitted {
		p.event.Body = strings.Replace(p.event.Body, `"event_id":"`+p.original+`"`, `"event_id":"`+as+`"`, 1)
	}
	p.event.ID = as
}

// answer is what came of one request.
type answer struct {
	status      int // 0 = there was none
	excerpt     string
	wish        time.Duration // Retry-After
	sent, heard heading
	remote      string
}

// body is what is sent and signed.
func (p *parcel) body() (string, error) {
	body, as := p.event.Body, "data"
	if p.reference != nil {
		text, err := json.Marshal(p.reference)
		if err != nil {
			return "", fmt.Errorf("encode reference: %w", err)
		}
		body, as = string(text), "payload_reference"
	}
	switch {
	case p.endpoint.Payload == Enveloped:
		var err error
		if body, err = envelope(p.event, p.scope.EnvironmentName(), as, body); err != nil {
			return "", err
		}
	case p.reference != nil:
		body = `{"` + as + `":` + body + `}`
	}
	if p.plain != "" {
		body = strings.ReplaceAll(body, event.SecretMark, p.plain)
	}
	return body, nil
}

// envelope puts what all events have round a body, whose bytes stay as they are.
func envelope(e *event.Event, environment, as, body string) (string, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(struct {
		Type           string  `json:"type"`
		ID             string  `json:"id"`
		Timestamp      string  `json:"timestamp"`
		Environment    string  `json:"environment"`
		SubjectID      string  `json:"subject_id"`
		ExternalUserID *string `json:"external_user_id"`
	}{e.Type, e.ID, e.CreatedAt.UTC().Format(event.Millis), environment, e.SubjectID, orNil(e.ExternalUserID)})
	if err != nil {
		return "", fmt.Errorf("encode envelope: %w", err)
	}
	return strings.TrimSuffix(b.String(), "}\n") + `,"` + as + `":` + body + "}", nil
}

func orNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// headers are what a request carries, by the rules of the endpoint.
func (p *parcel) headers(body string, now time.Time) http.Header {
	h, e := http.Header{}, p.event
	for name, v := range p.own {
		h.Set(name, v)
	}
	h.Set("Content-Type", "application/json")
	h.Set("User-Agent", "Patchbay-Webhooks/1")
	h.Set(event.HopsHeader, strconv.Itoa(e.Hops+1))
	h.Set("Webhook-Id", e.ID)
	h.Set("Webhook-Timestamp", strconv.FormatInt(now.Unix(), 10))
	for _, scheme := range p.endpoint.Signatures {
		if scheme == Standard {
			h.Set("Webhook-Signature", StandardSignature(p.keys, e.ID, now, body))
		} else {
			h.Set("X-Pd-Signature", Signature(p.keys, now, body))
		}
	}
	h.Set("X-Pd-Timestamp", now.UTC().Format(time.RFC3339))
	h.Set("X-Pd-Project-Id", p.scope.Project())
	h.Set("X-Pd-Environment", p.scope.EnvironmentName())
	if e.ExternalUserID != "" && !strings.ContainsFunc(e.ExternalUserID, notInHeader) {
		h.Set("X-Pd-External-User-Id", e.ExternalUserID)
	}
	if p.endpoint.Level != LevelToken {
		h.Set("X-Pd-Emitter-Id", e.SubjectID)
	}
	if p.reference != nil {
		h.Set("X-Patchbay-Payload", "reference")
	}
	if p.original != "" {
		h.Set(ReplayOf, p.original)
	}
	if p.test {
		h.Set("X-Patchbay-Test", "1")
	}
	return h
}

// send makes one request and reads what is kept of its answer. Headers, body
// and all of the answer are through within the endpoint's timeout.
func (p *parcel) send(ctx context.Context, client *http.Client, now time.Time) (answer, error) {
	body, err := p.body()
	if err != nil {
		return answer{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, p.endpoint.timeout())
	defer cancel()
	return post(ctx, client, p.endpoint.URL, p.headers(body, now), body, p.log, p.unsaid(), now)
}

// post makes a request. A receiver may repeat what it was sent: what is unsaid is masked.
func post(ctx context.Context, client *http.Client, url string, headers http.Header, body string, log *redact.Rules, unsaid []string, now time.Time) (a answer, err error) {
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(c httptrace.GotConnInfo) { a.remote = c.Conn.RemoteAddr().String() }})
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return a, fmt.Errorf("build request: %w", err)
	}
	req.Header = headers
	a.sent = headingOf(req.Header, log, unsaid)
	res, err := client.Do(req)
	if err != nil {
		return a, err
	}
	defer func() { _ = res.Body.Close() }()
	a.status, a.excerpt, a.heard = res.StatusCode, excerpt(res.Body, log, unsaid...), headingOf(res.Header, log, unsaid)
	a.wish = parseRetryAfter(res.Header.Get("Retry-After"), now)
	return a, nil
}

// unsaid are the texts that the log may not hold.
func (p *parcel) unsaid() []string {
	out := slices.Collect(maps.Values(p.own))
	if p.plain != "" {
		out = append(out, p.plain)
	}
	return out
}

// headingOf is headers as the log keeps them: as many as have room.
func headingOf(h http.Header, log *redact.Rules, unsaid []string) heading {
	out, left := heading{}, headingSize
	for _, name := range slices.Sorted(maps.Keys(h)) {
		v := strings.Join(h[name], ", ")
		for _, text := range unsaid {
			v = strings.ReplaceAll(v, text, Mask)
		}
		v = log.Header(name, v)
		if name == "Set-Cookie" {
			v = Mask
		}
		v = strings.ToValidUTF8(strings.ReplaceAll(clipTo(v, excerptSize), "\x00", ""), "\uFFFD")
		if left -= len(name) + len(v); left < 0 {
			break
		}
		out[name] = v
	}
	return out
}

func notInHeader(r rune) bool { return r < ' ' || r > '~' }

// clipTo cuts a text to so many characters.
func clipTo(s string, n int) string {
	count := 0
	for i := range s {
		if count == n {
			return s[:i]
		}
		count++
	}
	return s
}

// parseRetryAfter reads seconds or an HTTP date; what is neither is no wish.
func parseRetryAfter(v string, now time.Time) time.Duration {
	if n, err := strconv.Atoi(v); err == nil && n > 0 {
		return time.Duration(min(n, int(longestWish/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(v); err == nil && at.After(now) {
		return at.Sub(now)
	}
	return 0
}
