package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"sync"
	"time"
)

// client speaks to the product as a customer's server does, to whichever of the
// two servers answers.
type client struct {
	http      *http.Client
	addresses *addresses
	bearer    string
	project   string
}

func newClient(addresses *addresses) *client {
	jar, _ := cookiejar.New(nil) // never fails
	return &client{addresses: addresses, http: &http.Client{
		Jar: jar, Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// send sends one request and returns the status, 0 if there was no answer.
func (c *client) send(ctx context.Context, method, url string, body []byte) (int, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return 0, nil, fmt.Errorf("build request: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	if c.bearer != "" {
		req.Header.Set("Authorization", "Bearer "+c.bearer)
		req.Header.Set("X-Pd-Environment", "production")
	}
	res, err := c.http.Do(req)
	if err != nil {
		return 0, nil, err //nolint:wrapcheck // says which request
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return 0, nil, err //nolint:wrapcheck // see above
	}
	return res.StatusCode, answer, nil
}

// call repeats a request until it is answered, reads the answer into out, and
// gives up on a refusal.
func (c *client) call(ctx context.Context, method, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("encode request: %w", err)
	}
	var refused error
	n := 0
	err = eventually(ctx, method+" "+path, time.Minute, func() error {
		n++
		status, answer, err := c.send(ctx, method, "http://"+c.addresses.at(n)+path, body)
		switch {
		case err != nil:
			return err
		case status >= 500 || status == http.StatusNotFound && strings.HasPrefix(path, "/readyz"):
			return fmt.Errorf("status %d: %.300s", status, answer)
		case status > 399:
			refused = fmt.Errorf("%s %s: status %d: %.300s", method, path, status, answer)
			return nil
		case out == nil:
			return nil
		}
		refused = json.Unmarshal(answer, out)
		return nil
	})
	if err == nil {
		err = refused
	}
	return err
}

// trigger is an address to which events are sent, with the receivers that hear of them.
type trigger struct {
	id, path string
	hears    []*receiver
	turn     sync.Mutex // of whoever sends to an ordered one: what is in order must be sent in order
}

// enter signs in and makes a project and a client, as the owner of a new
// installation would.
func (l *lab) enter(ctx context.Context) error {
	said, err := l.once(ctx, "admin", "chaos@example.com")
	if err != nil {
		return err
	}
	_, link, _ := strings.Cut(said, "sign in:")
	c := newClient(l.addresses)
	l.api = c
	if err := eventually(ctx, "the servers", 3*time.Minute, func() error {
		for _, a := range l.addresses.list() {
			if status, _, err := c.send(ctx, http.MethodGet, "http://"+a+"/readyz", nil); err != nil || status != http.StatusOK {
				return fmt.Errorf("not ready: %d, %w", status, err)
			}
		}
		return nil
	}); err != nil {
		return err
	}
	if _, _, err := c.send(ctx, http.MethodGet, strings.TrimSpace(link), nil); err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	own := *c
	own.addresses = &addresses{all: l.addresses.list()[:1]} // the session's cookie is that host's
	var project, client struct{ ID, Secret string }
	if err := own.call(ctx, http.MethodPost, "/v1/connect/projects", map[string]any{"name": "Chaos"}, &project); err != nil {
		return err
	}
	if err := own.call(ctx, http.MethodPost, "/v1/clients", map[string]any{"name": "Chaos"}, &client); err != nil {
		return err
	}
	var token struct {
		AccessToken string `json:"access_token"`
	}
	grant := map[string]any{"grant_type": "client_credentials", "client_id": client.ID, "client_secret": client.Secret}
	if err := own.call(ctx, http.MethodPost, "/v1/oauth/token", grant, &token); err != nil {
		return err
	}
	c.bearer, c.project = token.AccessToken, project.ID
	return nil
}

// deployAll makes the triggers.
func deployAll(ctx context.Context, l *lab) error {
	for _, kind := range kinds {
		if err := l.deploy(ctx, kind); err != nil {
			return err
		}
	}
	return nil
}

const asUser = "?external_user_id=chaos-user"

// deploy makes a trigger with its receivers.
func (l *lab) deploy(ctx context.Context, k kind) error {
	t := &trigger{}
	for i := range k.receivers {
		t.hears = append(t.hears, l.newReceiver(k, i))
	}
	var made struct {
		Data struct {
			ID  string
			URL string `json:"endpoint_url"`
		}
	}
	base := "/v1/connect/" + l.api.project
	if err := l.api.call(ctx, http.MethodPost, base+"/triggers/deploy", map[string]any{"id": "http-new-requests", "external_user_id": "chaos-user"}, &made); err != nil {
		return err
	}
	t.id = made.Data.ID
	t.path = strings.TrimPrefix(made.Data.URL, "http://"+l.addresses.at(0))
	l.triggers = append(l.triggers, t)
	if err := l.setURLs(ctx, t); err != nil || k.name != ordered {
		return err
	}
	return l.api.call(ctx, http.MethodPatch, "/v1/projects/"+l.api.project+"/endpoints/"+t.hears[0].endpoint, map[string]any{"ordering": "subject"}, nil)
}

// setURLs sets the URLs of a trigger's webhooks, for the first time or again.
func (l *lab) setURLs(ctx context.Context, t *trigger) error {
	urls := make([]string, len(t.hears))
	for i, r := range t.hears {
		urls[i] = r.url
	}
	var set struct {
		Webhooks []struct {
			ID, URL string
			Key     string `json:"signing_key"`
		}
	}
	if err := l.api.call(ctx, http.MethodPut, "/v1/connect/"+l.api.project+"/deployed-triggers/"+t.id+"/webhooks"+asUser, map[string]any{"webhook_urls": urls}, &set); err != nil {
		return err
	}
	for _, w := range set.Webhooks {
		for _, r := range t.hears {
			if r.url == w.URL {
				r.know(w.ID, w.Key)
			}
		}
	}
	return nil
}

// rotate gives a receiver a new key. It is read afterwards: the answer may have
// got lost, and a second one been made.
func (l *lab) rotate(ctx context.Context, t *trigger) error {
	path := "/v1/connect/" + l.api.project + "/deployed-triggers/" + t.id + "/webhooks/" + t.hears[0].endpoint + "/regenerate_signing_key" + asUser
	if err := l.api.call(ctx, http.MethodPost, path, map[string]any{}, nil); err != nil {
		return err
	}
	return l.setURLs(ctx, t)
}
