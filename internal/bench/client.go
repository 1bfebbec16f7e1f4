package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"time"
)

// environment is where everything is made; it is the one that workflows run in
// when their caller names none.
const environment = "production"

// api is a client of Patchbay. It keeps a connection for each worker.
type api struct {
	base   string
	http   *http.Client
	bearer string // "" = the session's cookie
}

func newAPI(base string, workers int) *api {
	jar, _ := cookiejar.New(nil) // never fails
	return &api{base: base, http: &http.Client{
		Jar:     jar,
		Timeout: 30 * time.Second,
		Transport: &http.Transport{
			MaxIdleConns: 2 * workers, MaxIdleConnsPerHost: 2 * workers, IdleConnTimeout: time.Minute, DisableCompression: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// send sends a request, reads the whole answer and returns it. An answer that is
// neither 2xx nor 3xx is an error.
func (a *api) send(ctx context.Context, method, url, bearer string, body []byte) ([]byte, http.Header, error) {
	return a.sendAs(ctx, method, url, bearer, "application/json", body)
}

func (a *api) sendAs(ctx context.Context, method, url, bearer, kind string, body []byte) ([]byte, http.Header, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return nil, nil, fmt.Errorf("build request: %w", err)
	}
	if len(body) > 0 {
		req.Header.Set("Content-Type", kind)
	}
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
		req.Header.Set("X-Pd-Environment", environment)
	}
	res, err := a.http.Do(req)
	if err != nil {
		return nil, nil, fmt.Errorf("send request: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(res.Body, 64<<20))
	if err != nil {
		return nil, nil, fmt.Errorf("read answer: %w", err)
	}
	if res.StatusCode > 399 {
		return nil, nil, fmt.Errorf("%s %s: %s: %.300s", method, req.URL.Path, res.Status, answer)
	}
	return answer, res.Header, nil
}

// call sends in as JSON to a path of the API and reads the answer into out.
func (a *api) call(ctx context.Context, method, path string, in, out any) error {
	return a.callAs(ctx, a.bearer, method, path, in, out)
}

func (a *api) callAs(ctx context.Context, bearer, method, path string, in, out any) error {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return fmt.Errorf("encode request: %w", err)
		}
	}
	answer, _, err := a.send(ctx, method, a.base+path, bearer, body)
	if err != nil || out == nil {
		return err
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("%s %s: decode answer: %w", method, path, err)
	}
	return nil
}

// signIn follows a one-time link; from then on the client has a session.
func (a *api) signIn(ctx context.Context, link string) error {
	_, header, err := a.send(ctx, http.MethodGet, link, "", nil)
	if err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	if to := header.Get("Location"); strings.Contains(to, "reason=") || len(header.Values("Set-Cookie")) == 0 {
		return fmt.Errorf("sign in: the link led to %q and to no session", to)
	}
	return nil
}
