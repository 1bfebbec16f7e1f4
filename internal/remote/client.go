// Package remote is the door to a Patchbay server, as commands go through it:
// a client of the API like any other, with a workspace, a scope and a history.
package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/patchbay-dev/patchbay/internal/secret"
)

// maxAnswer is the largest answer that is read, in bytes.
const maxAnswer = 64 << 20

// Client calls a server as an API client. It signs in when it first has to, and
// again when its token is over. It is not safe for concurrent use.
type Client struct {
	Base   string // such as https://patchbay.example.com
	ID     string // of the API client
	Secret secret.Text
	HTTP   *http.Client

	token string
}

// Refused is an answer that is no success. Sentence is the server's own.
type Refused struct {
	Status     int
	Code       string
	Sentence   string
	RequestID  string        // by which the server's log knows it; "" = it does not say
	Scope      string        // that the client has not; "" = that is not why
	RetryAfter time.Duration // 0 = the server has no wish
}

func (e *Refused) Error() string {
	text := fmt.Sprintf("the server refused with status %d: %s", e.Status, e.Sentence)
	if e.Scope != "" {
		text += " It is the scope " + e.Scope + "."
	}
	switch {
	case e.Code != "" && e.RequestID != "":
		text += " (" + e.Code + ", request " + e.RequestID + ")"
	case e.Code != "":
		text += " (" + e.Code + ")"
	}
	return text
}

// ErrAway means that the server did not answer, or that its answer broke off.
var ErrAway = errors.New("does not answer")

// Passing reports whether what went wrong may be gone when the call is made again.
func Passing(err error) bool {
	if r, ok := errors.AsType[*Refused](err); ok {
		return r.Status >= 500 || r.Status == http.StatusTooManyRequests || r.Status == http.StatusRequestTimeout
	}
	return errors.Is(err, ErrAway)
}

// Archive is what Call sends as it is.
type Archive []byte

// Call makes a request below /v1 and reads the answer into out, if there is one. in
// is sent as JSON, but for an Archive; nil sends nothing.
func (c *Client) Call(ctx context.Context, method, path string, header http.Header, in, out any) error {
	fresh := c.token == ""
	if fresh {
		if err := c.SignIn(ctx); err != nil {
			return err
		}
	}
	err := c.do(ctx, method, path, header, in, out)
	if r, ok := errors.AsType[*Refused](err); ok && r.Status == http.StatusUnauthorized && !fresh {
		c.token = ""
		return c.Call(ctx, method, path, header, in, out)
	}
	return err
}

// SignIn asks for a token. Call does so by itself; it is for who wants to know at
// once whether the client is accepted.
func (c *Client) SignIn(ctx context.Context) error {
	var out struct {
		AccessToken string `json:"access_token"`
	}
	in := map[string]string{"grant_type": "client_credentials", "client_id": c.ID, "client_secret": c.Secret.Reveal()}
	if err := c.do(ctx, http.MethodPost, "/oauth/token", nil, in, &out); err != nil {
		return err
	}
	c.token = out.AccessToken
	return nil
}

func (c *Client) do(ctx context.Context, method, path string, header http.Header, in, out any) error {
	res, err := c.send(ctx, c.HTTP, method, path, header, in)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("the server at %s %w: its answer broke off: %w", c.Base, ErrAway, err)
	}
	if res.StatusCode == http.StatusNoContent {
		return nil
	}
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return c.refused(res, answer)
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("decode answer: %w", err)
	}
	return nil
}

func (c *Client) send(ctx context.Context, by *http.Client, method, path string, header http.Header, in any) (*http.Response, error) {
	var body io.Reader = http.NoBody
	kind := "application/json"
	if archive, ok := in.(Archive); ok {
		body, kind = bytes.NewReader(archive), "application/octet-stream"
	} else if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return nil, fmt.Errorf("encode request: %w", err)
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.Base+"/v1"+path, body)
	if err != nil {
		return nil, fmt.Errorf("PATCHBAY_BASE_URL: %w", err)
	}
	if in != nil {
		req.Header.Set("Content-Type", kind)
	}
	for name, v := range header {
		req.Header[name] = v
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := by.Do(req)
	if err != nil {
		return nil, fmt.Errorf("the server at %s %w: %w", c.Base, ErrAway, err)
	}
	return res, nil
}

func (c *Client) refused(res *http.Response, answer []byte) error {
	var said struct {
		Error       string `json:"error"`
		Description string `json:"error_description"` // of /oauth/token, whose error is a code
		Code        string `json:"code"`
		Details     struct {
			RequestID string `json:"request_id"`
			Scope     string `json:"scope"`
		} `json:"details"`
	}
	r := &Refused{Status: res.StatusCode}
	if json.Unmarshal(answer, &said) != nil || said.Error == "" {
		r.Sentence = "it does not say why. Is that a Patchbay?"
		return r
	}
	r.Code, r.Sentence, r.RequestID, r.Scope = said.Code, said.Error, said.Details.RequestID, said.Details.Scope
	if said.Description != "" {
		r.Sentence = said.Description
	}
	if n, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && n > 0 {
		r.RetryAfter = time.Duration(n) * time.Second
	}
	return r
}
