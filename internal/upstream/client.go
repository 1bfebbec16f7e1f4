package upstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/operation"
)

// visit is one conversation with a server.
type visit struct {
	*mcp.ClientSession

	door *door
}

// door is how a visit's requests leave, and what is seen of them on their way.
type door struct {
	do  operation.Do
	url string

	mu     sync.Mutex
	seen   func(operation.Exchange) // nil = nobody is told
	left   int64                    // bytes that may still be read
	status int                      // of the last answer; 0 = none
	err    error                    // the first that is not the server's own
}

var errLarge = errors.New("the answer is too large")

// RoundTrip makes it an http.RoundTripper. What a server's answers name as address is
// of no account: every request goes to the one that is known.
func (d *door) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.GetBody == nil {
		req.GetBody = func() (io.ReadCloser, error) { return http.NoBody, nil }
	}
	res, err := d.do(req.Context(), req, d.url)
	d.mu.Lock()
	defer d.mu.Unlock()
	status := 0
	if err == nil {
		status = res.StatusCode
	}
	if d.seen != nil {
		target, _, _ := strings.Cut(d.url, "?")
		d.seen(operation.Exchange{Method: req.Method, Target: target, Status: status})
	}
	if err != nil {
		d.err = firstOf(d.err, err)
		return nil, err
	}
	d.status = status
	res.Body = &counted{res.Body, d}
	return res, nil
}

// quiet ends that somebody is told of requests.
func (d *door) quiet() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.seen = nil
}

func firstOf(was, is error) error {
	if was != nil {
		return was
	}
	return is
}

type counted struct {
	io.ReadCloser

	door *door
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.door.mu.Lock()
	defer c.door.mu.Unlock()
	if c.door.left -= int64(n); c.door.left < 0 {
		c.door.err = firstOf(c.door.err, errLarge)
		return 0, errLarge
	}
	return n, err //nolint:wrapcheck // io.EOF is itself
}

// visit begins a conversation. It is to be closed by leave.
func (s *Service) visit(ctx context.Context, url string, do operation.Do, seen func(operation.Exchange)) (*visit, error) {
	d := &door{do: do, url: url, left: maxAnswer, seen: seen}
	c := mcp.NewClient(&mcp.Implementation{Name: "patchbay", Title: "Patchbay", Version: s.Version}, &mcp.ClientOptions{Capabilities: &mcp.ClientCapabilities{}})
	session, err := c.Connect(ctx, &mcp.StreamableClientTransport{Endpoint: url, HTTPClient: &http.Client{Transport: d, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, MaxRetries: -1, DisableStandaloneSSE: true, MaxEventSize: maxAnswer}, nil)
	if err != nil {
		return nil, d.fault(ctx, err)
	}
	return &visit{session, d}, nil
}

// leave ends a conversation. Nobody waits for what the server says to it.
func (v *visit) leave() { go func() { _ = v.Close() }() }

// fault words what went wrong on a visit.
func (d *door) fault(ctx context.Context, err error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if f, ok := errors.AsType[*fault.Error](d.err); ok {
		return f // ours: nothing was sent
	}
	switch {
	case ctx.Err() != nil:
		return &operation.Error{Origin: "timeout", Message: "The server did not answer in time."}
	case errors.Is(d.err, errLarge):
		return &operation.Error{Origin: "operation", Status: d.status, Message: fmt.Sprintf("The server's answer is larger than %d MiB.", maxAnswer>>20)}
	case d.err != nil:
		return &operation.Error{Origin: "transport", Message: "The server could not be reached."}
	case d.status == http.StatusUnauthorized || d.status == http.StatusForbidden:
		return &operation.Error{Origin: "app", Status: d.status, Message: "The server does not let us in with what it was given."}
	}
	return &operation.Error{Origin: "app", Status: d.status, Message: "The server did not answer as an MCP server does: " + clip(err.Error())}
}

func clip(s string) string {
	s = strings.ToValidUTF8(s, "")
	if len(s) <= 500 {
		return s
	}
	return strings.ToValidUTF8(s[:500], "") + "…"
}

// listed are the server's tools, by name, and those that cannot be actions.
func (v *visit) listed(ctx context.Context, app string) ([]Definition, []Refused, error) {
	out, refused, cursor, keys := []Definition{}, []Refused{}, "", map[string]bool{}
	for page := 0; ; page++ {
		res, err := v.ListTools(ctx, &mcp.ListToolsParams{Cursor: cursor})
		if err != nil {
			return nil, nil, v.door.fault(ctx, err)
		}
		for _, t := range res.Tools {
			d, why := defined(t)
			if key := d.Key(app); why == "" {
				switch {
				case len(key) > 100:
					why = "its name is too long"
				case keys[key]:
					why = "another tool has its name, but for letters that are not told apart"
				case len(out) == maxTools:
					why = fmt.Sprintf("the server has more than %d tools", maxTools)
				}
				keys[key] = true
			}
			if why != "" {
				if len(refused) < maxTools {
					refused = append(refused, Refused{clip(t.Name), why})
				}
				continue
			}
			out = append(out, d)
		}
		if cursor = res.NextCursor; cursor == "" || page == maxPages {
			break
		}
	}
	slices.SortFunc(out, func(a, b Definition) int { return strings.Compare(a.Name, b.Name) })
	return out, refused, nil
}

// called is what a tool came to.
func (v *visit) called(ctx context.Context, tool string, arguments map[string]any) (*operation.Result, error) {
	res, err := v.CallTool(ctx, &mcp.CallToolParams{Name: tool, Arguments: arguments})
	if err != nil {
		return nil, v.door.fault(ctx, err)
	}
	if len(res.InputRequests) > 0 {
		return nil, &operation.Error{Origin: "app", Message: "The tool asks for something that cannot be given here."}
	}
	text, err := json.Marshal(res.Content)
	if err != nil {
		return nil, &operation.Error{Origin: "app", Message: "The tool's answer cannot be read."}
	}
	said := []string{}
	for _, c := range res.Content {
		if t, ok := c.(*mcp.TextContent); ok {
			said = append(said, t.Text)
		}
	}
	switch {
	case res.IsError:
		return nil, &operation.Error{Origin: "app", Message: clip(firstWords(strings.Join(said, "\n")))}
	case res.StructuredContent != nil:
		return &operation.Result{Value: res.StructuredContent}, nil
	case len(said) == len(res.Content) && len(said) == 1:
		return &operation.Result{Value: operation.Read([]byte(said[0]))}, nil
	}
	return &operation.Result{Value: operation.Read(text)}, nil
}

func firstWords(said string) string {
	if strings.TrimSpace(said) == "" {
		return "The tool failed, and did not say why."
	}
	return said
}
