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

	"github.com/patchbay-dev/patchbay/internal/runner"
)

// mostSends is how many requests a run may leave to be sent.
const mostSends = 20

// Send sends what a run left to be sent ($.send), and says what became of it: the run
// is over, and is not called back for it.
func (c *Coder) Send(ctx context.Context, all []runner.Send, say func(text string)) {
	for i, s := range all {
		switch {
		case i == mostSends:
			say(fmt.Sprintf("A run sends at most %d requests. The rest was not sent.", mostSends))
			return
		case s.Kind != "http":
			say(fmt.Sprintf("$.send.%s was not sent: this server sends by http alone.", s.Kind))
		default:
			say(c.post(ctx, s.Payload))
		}
	}
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
