package run

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/action"
	"github.com/patchbay-dev/patchbay/internal/code"
	"github.com/patchbay-dev/patchbay/internal/datastore"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/expression"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/plan"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/token"
	"github.com/patchbay-dev/patchbay/internal/webhook"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

const callTimeout = 30 * time.Second

// Executor does the steps that reach outside.
type Executor struct {
	DB       *db.DB
	Accounts *account.Service
	Client   *http.Client // from the egress guard
	Actions  *action.Service
	Code     func() (*code.Runner, error)
	Plans    *plan.Service // nil = no quota holds
	Stores   *datastore.Service
	Webhooks *webhook.Service
	Payloads *event.Payloads // where large outputs go; nil = into their rows all the same
	Runs     *Service        // by which steps call workflows
	Keys     *token.Keyring  // of links
	BaseURL  string          // where links lead
	Now      func() time.Time
}

// result is what is known of a step: first its input and what is to be done, then
// what came of it.
type result struct {
	status   Status
	input    any
	output   any
	response *Response
	do       func(context.Context, tenant.Scope, *Run, *Step) result // nil = it is done
	at       time.Time                                               // Waiting: until when at the latest; zero = until it is told
	class    string                                                  // of the failure, as retries know it; "" = other
	reached  bool                                                    // it was outside
	written  bool                                                    // its outcome is in its row
	err      error
}

// call is an http_request with everything filled in. Its JSON is the step's
// input, which holds no credential: that is added on the way out.
type call struct {
	Account *workflow.Account `json:"account,omitempty"`
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers,omitempty"`
	Body    any               `json:"body,omitempty"`
}

func failed(err error) result { return result{status: Failed, err: err} }

// unworked is the fault of an expression that cannot be worked out.
func unworked(err error) error {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f
	}
	if errors.Is(err, expression.ErrBounds) {
		return fault.New(fault.Invalid, "expression_limit", "%s", err)
	}
	return fault.New(fault.Invalid, "expression", "%s", err)
}

// prepare fills the step's expressions in. A step that only decides is done with that.
func (x *Executor) prepare(def *workflow.Step, values workflow.Values, now time.Time) result {
	switch def.Type {
	case workflow.Delay:
		return delay(def, values, now)
	case workflow.End:
		return ending(def, values)
	case workflow.Filter:
		return filter(def, values)
	case workflow.Respond:
		return respond(def, values)
	case workflow.Action:
		return x.action(def, values)
	case workflow.Code:
		return x.code(def, values)
	case workflow.State:
		return x.state(def, values)
	case workflow.Emit:
		return x.emit(def, values)
	case workflow.Suspend:
		return x.suspend(def, values, now)
	case workflow.CallWorkflow:
		return x.callWorkflow(def, values)
	case workflow.EachUser:
		return x.forEachUser(def, values)
	default:
		c, err := build(def, values)
		if err != nil {
			return failed(unworked(err))
		}
		return result{input: c, do: func(ctx context.Context, scope tenant.Scope, r *Run, s *Step) result {
			return x.perform(ctx, scope, r, s, c, def.Timeout)
		}}
	}
}

func build(def *workflow.Step, values workflow.Values) (*call, error) {
	c := &call{Account: def.Account, Method: def.Method}
	if c.Method == "" {
		c.Method = http.MethodGet
	}
	var err error
	if c.URL, err = values.Text(def.URL); err != nil {
		return nil, err
	}
	if len(def.Query) > 0 {
		u, err := url.Parse(c.URL)
		if err != nil {
			return nil, fault.New(fault.Invalid, "url", "%q is not a URL.", c.URL)
		}
		q := u.Query()
		for k, v := range def.Query {
			filled, err := values.Any(v)
			if err != nil {
				return nil, err
			}
			q.Set(k, expression.AsText(filled))
		}
		u.RawQuery = q.Encode()
		c.URL = u.String()
	}
	if c.Headers, err = texts(values, def.Headers); err != nil {
		return nil, err
	}
	c.Body, err = values.JSON(def.Body)
	return c, err
}

// perform makes the call of a step.
func (x *Executor) perform(ctx context.Context, scope tenant.Scope, r *Run, s *Step, c *call, seconds int) result {
	if seconds == 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, callTimeout)
		defer cancel()
	}
	out := result{status: Failed}
	res, err := x.send(ctx, scope, r, s, c)
	if err != nil {
		out.err = err
		if _, ok := errors.AsType[*url.Error](err); ok { // any other is ours: nothing was sent
			out.err = callFault(err)
			out.class = classOfCall(out.err)
		}
		return out
	}
	defer func() { _ = res.Body.Close() }()
	most := x.mostOutput()
	body, err := io.ReadAll(io.LimitReader(res.Body, int64(most)+1))
	switch {
	case err != nil:
		out.err = callFault(err)
		out.class = classOfCall(out.err)
		return out
	case len(body) > most:
		out.err = fault.New(fault.Invalid, "answer_too_large", "The answer is larger than %d bytes.", most)
		return out
	}
	out.output = map[string]any{"status": res.StatusCode, "headers": flat(res.Header), "body": decode(res.Header.Get("Content-Type"), body)}
	if res.StatusCode < 200 || res.StatusCode > 299 {
		out.err = fault.New(fault.Invalid, "http_status", "The call was answered with status %d.", res.StatusCode)
		out.class = classOfStatus(res.StatusCode)
		return out
	}
	out.status, out.output = Succeeded, readBack(out.output)
	return out
}

// readBack is an output as a later worker would read it: plain JSON.
func readBack(v any) any {
	var plain any
	b, err := json.Marshal(v)
	if err != nil || json.Unmarshal(b, &plain) != nil {
		return fmt.Sprint(v)
	}
	return plain
}

// classOfStatus is the class of a failure that an app told by a status.
func classOfStatus(status int) string {
	switch {
	case status == http.StatusTooManyRequests:
		return workflow.OnRateLimited
	case status == http.StatusRequestTimeout || status == http.StatusGatewayTimeout:
		return workflow.TimedOut
	case status == http.StatusTooEarly || status >= 500:
		return workflow.OnUnavailable
	}
	return workflow.OnOther
}

// classOfCall is the class of a call's fault.
func classOfCall(err error) string {
	switch fault.Of(err).Code {
	case "call_timeout":
		return workflow.TimedOut
	case "call_url", "call_blocked_address", "call_tls":
		return workflow.OnOther
	}
	return workflow.OnUnavailable
}

func (x *Executor) send(ctx context.Context, scope tenant.Scope, r *Run, s *Step, c *call) (*http.Response, error) {
	var body io.Reader = http.NoBody
	kind := ""
	switch b := c.Body.(type) {
	case nil:
	case string:
		body, kind = strings.NewReader(b), "text/plain; charset=utf-8"
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			return nil, fmt.Errorf("encode body: %w", err)
		}
		body, kind = bytes.NewReader(raw), "application/json"
	}
	target := c.URL
	if c.Account != nil {
		target = "https://account.invalid/" // replaced by account.Do, which decides where a credential may go
	}
	req, err := http.NewRequestWithContext(ctx, c.Method, target, body)
	if err != nil {
		return nil, fault.New(fault.Invalid, "url", "%q is not a URL that can be called.", c.URL)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	req.Header.Set("Accept", "application/json, */*;q=0.5")
	req.Header.Set("User-Agent", "Patchbay-Workflows/1")
	if c.Method != http.MethodGet && c.Method != http.MethodHead {
		req.Header.Set("Idempotency-Key", s.Key(r))
	}
	req.Header.Set("Traceparent", r.traceparent(s))
	for k, v := range c.Headers {
		req.Header.Set(k, v)
	}
	req.Header.Set(event.HopsHeader, strconv.Itoa(hops(r)+1))
	if c.Account == nil {
		return x.Client.Do(req) //nolint:wrapcheck // callFault words it
	}
	a, err := x.accountOf(ctx, scope, r, c.Account)
	if err != nil {
		return nil, err
	}
	s.AccountID, s.App = &a.ID, &a.App
	return x.Accounts.Do(ctx, scope, a.ID, req, c.URL)
}

// hops returns how many of our own calls led to the run.
func hops(r *Run) int {
	var input struct {
		Headers map[string]string `json:"headers"`
	}
	if json.Unmarshal([]byte(r.Input), &input) != nil {
		return 0
	}
	n, _ := strconv.Atoi(input.Headers[strings.ToLower(event.HopsHeader)])
	return n
}
