package app_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/patchbay-dev/patchbay/api/app"
)

// target is an operation that garbage is sent to.
type target struct {
	method, path string
	parameters   openapi3.Parameters
	body         *openapi3.Schema
	streams      bool
}

// targets are the operations of the contract, in an order that is the same in each run.
func targets(t *testing.T) (all []target) {
	t.Helper()
	for _, op := range everyOperation(t) {
		o := target{method: op.method, path: op.path, parameters: op.parameters}
		if op.RequestBody != nil {
			if m := op.RequestBody.Value.Content.Get("application/json"); m != nil && m.Schema != nil {
				o.body = m.Schema.Value
			}
		}
		for _, r := range op.Responses.Map() {
			o.streams = o.streams || r.Value.Content.Get("text/event-stream") != nil
		}
		all = append(all, o)
	}
	return all
}

// Whatever is asked for, and however it is spelled: no answer is a failure of ours,
// and each is one that the contract names. PATCHBAY_GARBAGE is how many requests
// there are (else 20,000, or fewer beside the race detector), and PATCHBAY_GARBAGE_SEED
// chooses others: one that is not chosen sends the same each time, so that what fails is of a change.
func TestGarbage(t *testing.T) {
	t.Parallel()
	n, seed := 20_000, uint64(1)
	if raced {
		n = 5_000
	}
	if v, err := strconv.Atoi(os.Getenv("PATCHBAY_GARBAGE")); err == nil {
		n = v
	}
	if v, err := strconv.ParseUint(os.Getenv("PATCHBAY_GARBAGE_SEED"), 10, 64); err == nil {
		seed = v
	}
	blobs := "file://" + t.TempDir()
	g := newRig(t, func(c *app.Config) { c.Blobs, c.PayloadMost = blobs, 100_000 })
	all := targets(t)
	f := &filler{t: t, w: g.home, user: user, component: "acme-crm-key-add-note", known: map[string]string{"project_id": g.home.project}}
	for _, o := range all {
		if !strings.Contains(o.path, "/app_files") { // of which there is none until somebody writes it
			f.text(o.path)
		}
	}
	tokens := []string{g.home.token, g.home.connectToken(t, user, ""), g.stranger().token, "ctok_" + strings.Repeat("0", 32), ""}
	var made, failed atomic.Int64
	statuses := sync.Map{}
	var workers sync.WaitGroup
	for w := range 4 {
		workers.Go(func() {
			c := &chance{Rand: rand.New(rand.NewPCG(seed, uint64(w))), known: maps.Clone(f.known)}
			for i := w; i < n && failed.Load() < 20; i += 4 {
				o := all[i%len(all)]
				req := c.request(t, g, o, tokens)
				status, err := garble(t, g, req, o.streams)
				made.Add(1)
				v, _ := statuses.LoadOrStore(status, &atomic.Int64{})
				v.(*atomic.Int64).Add(1) //nolint:forcetypeassert // stored above
				if err != nil || status >= http.StatusInternalServerError {
					failed.Add(1)
					t.Errorf("request %d of worker %d: %s %s: status %d, %v", i, w, req.Method, req.URL, status, err)
				}
			}
		})
	}
	workers.Wait()
	if t.Failed() {
		t.Errorf("again with PATCHBAY_GARBAGE_SEED=%d", seed)
	}
	var counted []string
	statuses.Range(func(status, n any) bool {
		counted = append(counted, fmt.Sprintf("%d: %d", status, n.(*atomic.Int64).Load())) //nolint:forcetypeassert // as above
		return true
	})
	slices.Sort(counted)
	t.Attr("requests", fmt.Sprintf("%d to %d operations, %d failures; answers by status: %s", made.Load(), len(all), failed.Load(), strings.Join(counted, ", ")))
}

func (c *chance) request(t *testing.T, g *rig, o target, tokens []string) *http.Request {
	if o.method == http.MethodDelete && (c.IntN(50) > 0 || strings.HasSuffix(o.path, "/{project_id}")) { // else there would soon be nothing left
		was := c.known
		defer func() { c.known = was }()
		c.known = map[string]string{}
		if !strings.HasSuffix(o.path, "/{project_id}") {
			c.known["project_id"] = was["project_id"]
		}
	}
	query := url.Values{}
	var headers [][2]string
	for _, p := range o.parameters {
		in, s := p.Value.In, p.Value.Schema
		switch {
		case in == "path" || c.IntN(3) == 0 && !p.Value.Required:
		case in == "query":
			query.Add(p.Value.Name, c.text(p.Value.Name, s.Value))
		case in == "header":
			headers = append(headers, [2]string{p.Value.Name, c.text(p.Value.Name, s.Value)})
		}
	}
	if c.IntN(8) == 0 {
		query.Add(pick(c, odd...), pick(c, odd...))
	}
	var body io.Reader = http.NoBody
	if o.body != nil || c.IntN(10) == 0 {
		body = strings.NewReader(c.body(o.body))
	}
	req, err := http.NewRequestWithContext(t.Context(), o.method, g.api+"/v1"+c.path(o.path)+"?"+query.Encode(), body)
	if err != nil {
		t.Error(err)
		return nil
	}
	req.Header.Set("Content-Type", pick(c, "application/json", "application/json", "application/json", "application/json", "application/json", "application/json; charset=latin1", "text/plain", "multipart/form-data", "*", ""))
	req.Header.Set("X-Pd-Environment", pick(c, "development", "development", "development", "production", "staging", ""))
	if token := pick(c, slices.Concat(tokens, []string{tokens[0], tokens[0], tokens[0], tokens[0], tokens[0], tokens[0]})...); token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for _, h := range headers {
		if v := strings.Map(func(r rune) rune {
			if r < ' ' || r == 0x7f {
				return -1 // net/http does not send it
			}
			return r
		}, h[1]); v != "" && c.IntN(3) > 0 {
			req.Header.Set(h[0], v)
		}
	}
	return req
}

// garble sends a request, which the rig's client holds against the contract. A
// stream is left as soon as it has begun.
func garble(t *testing.T, g *rig, req *http.Request, streams bool) (status int, err error) {
	t.Helper()
	patience := long
	if streams {
		patience = 200 * time.Millisecond
	}
	ctx, cancel := context.WithTimeout(req.Context(), patience)
	defer cancel()
	res, err := g.http.Do(req.WithContext(ctx))
	if err != nil {
		if streams && errors.Is(err, context.DeadlineExceeded) {
			return http.StatusOK, nil
		}
		return 0, err
	}
	defer func() { _ = res.Body.Close() }()
	_, err = io.Copy(io.Discard, res.Body)
	return res.StatusCode, err
}
