package action

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/notify"
	"github.com/patchbay-dev/patchbay/internal/runner"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// mostSends is how much a run may leave to be sent.
const mostSends = 20

// Outlets are where a run may send to, beside addresses.
type Outlets struct {
	Scope tenant.Scope
	Emit  func(ctx context.Context, kind string, data json.RawMessage) error // tells the project's webhooks; nil = nobody hears
}

// Send sends what a run left to be sent ($.send), and says what became of it: the run
// is over, and is not called back for it.
func (c *Coder) Send(ctx context.Context, to Outlets, all []runner.Send, say func(text string)) {
	for i, s := range all {
		if i == mostSends {
			say(fmt.Sprintf("A run sends at most %d times. The rest was not sent.", mostSends))
			return
		}
		switch s.Kind {
		case "http":
			say(c.post(ctx, s.Payload))
		case "email":
			say(c.write(ctx, to.Scope, s.Payload))
		case "emit":
			say(tell(ctx, to, s.Payload))
		default:
			say(fmt.Sprintf("$.send.%s was not sent: this server sends by http, email and emit.", s.Kind))
		}
	}
}

// write sends an e-mail, and says to how many.
func (c *Coder) write(ctx context.Context, scope tenant.Scope, payload json.RawMessage) string {
	var p struct {
		To      any    `json:"to"`
		Subject string `json:"subject"`
		Text    string `json:"text"`
		HTML    string `json:"html"`
	}
	if err := json.Unmarshal(payload, &p); err != nil || p.Subject == "" || p.Text == "" && p.HTML == "" {
		return "$.send.email was not sent: it wants a subject, and a text or html."
	}
	var to []string
	switch named := p.To.(type) {
	case nil:
	case string:
		to = []string{named}
	case []any:
		for _, one := range named {
			to = append(to, fmt.Sprint(one))
		}
	default:
		return "$.send.email was not sent: to is an address or a list of them."
	}
	n, err := c.Letters.Write(ctx, scope, to, notify.Letter{Subject: p.Subject, Text: p.Text, HTML: p.HTML})
	if err != nil {
		return "$.send.email was not sent: " + fault.Of(err).Message
	}
	return fmt.Sprintf("$.send.email → %d", n)
}

// tell has the project's webhooks told of something.
func tell(ctx context.Context, to Outlets, payload json.RawMessage) string {
	var p struct {
		Name string          `json:"name"`
		Raw  json.RawMessage `json:"raw_event"`
	}
	if err := json.Unmarshal(payload, &p); err != nil || len(p.Raw) == 0 {
		p.Name, p.Raw = "", payload
	}
	if to.Emit == nil {
		return "$.send.emit was not sent: only the steps of workflows emit."
	}
	kind := cmp.Or(p.Name, "emitted")
	if err := to.Emit(ctx, kind, p.Raw); err != nil {
		return "$.send.emit was not sent: " + fault.Of(err).Message
	}
	return "$.send.emit → " + kind
}

// post sends a request, and says what was answered.
func (c *Coder) post(ctx context.Context, payload json.RawMessage) string {
	var p struct {
		Method  string         `json:"method"`
		URL     string         `json:"url"`
		Headers map[string]any `json:"headers"`
		Params  map[string]any `json:"params"`
		Data    any            `json:"data"`
		Auth    *struct{ Username, Password string }
	}
	if err := json.Unmarshal(payload, &p); err != nil || p.URL == "" {
		return "$.send.http was not sent: it names no url."
	}
	body, err := json.Marshal(p.Data)
	if text, ok := p.Data.(string); ok {
		body = []byte(text)
	} else if p.Data == nil || err != nil {
		body = nil
	}
	req, err := http.NewRequestWithContext(ctx, strings.ToUpper(cmp.Or(p.Method, http.MethodPost)), p.URL, bytes.NewReader(body))
	if err != nil {
		return "$.send.http was not sent: its url or method cannot be read."
	}
	req.Header.Set("Content-Type", "application/json")
	for k, v := range p.Headers {
		req.Header.Set(k, fmt.Sprint(v))
	}
	query := req.URL.Query()
	for k, v := range p.Params {
		query.Set(k, fmt.Sprint(v))
	}
	req.URL.RawQuery = query.Encode()
	if p.Auth != nil {
		req.SetBasicAuth(p.Auth.Username, p.Auth.Password)
	}
	at := req.Method + " " + req.URL.Host
	res, err := c.Client.Do(req)
	if err != nil {
		return fmt.Sprintf("$.send.http %s → no answer", at)
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10))
	_ = res.Body.Close()
	return fmt.Sprintf("$.send.http %s → %d", at, res.StatusCode)
}
