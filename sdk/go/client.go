package patchbay

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// Config is what a client is made of. What is absent stands in the environment, as PATCHBAY_BASE_URL, PATCHBAY_CLIENT_ID,
// PATCHBAY_CLIENT_SECRET, PATCHBAY_PROJECT_ID, PATCHBAY_ENVIRONMENT, PATCHBAY_WORKFLOW_DOMAIN and PATCHBAY_TOKEN.
type Config struct {
	BaseURL        string // where Patchbay is, such as https://connect.example.com
	ClientID       string
	ClientSecret   string
	Token          string // instead of a client id and a secret: an API key or a connect token
	ProjectID      string
	Environment    string // development or production; "" = production
	WorkflowDomain string // below which workflows have their hosts; "" = their endpoints are called below BaseURL
	Scope          string // of access tokens, separated by spaces; "" = all that the client may do

	Header     http.Header   // sent with each call
	Timeout    time.Duration // until an answer has to begin; 0 = a minute
	MaxRetries int           // how often a call is made again; 0 = 2, negative = never
	HTTPClient *http.Client  // nil = one of its own

	// TokenSource fetches access tokens, instead of the client id and the secret.
	TokenSource func(context.Context) (string, error)
	Now         func() time.Time // nil = time.Now

	sleep func(context.Context, time.Duration) error
}

func (c *Config) now() time.Time { return c.Now() }

// Client calls the API. It is safe for concurrent use.
type Client struct {
	resources
	Proxy     *Proxy
	Workflows *Workflows
	call      *caller
}

// New returns a client, or what is wrong with the configuration.
func New(config Config) (*Client, error) {
	env := func(name string) string { return os.Getenv("PATCHBAY_" + name) } //nolint:forbidigo // where the caller names nothing
	if config.Token == "" && config.ClientID == "" && config.TokenSource == nil {
		config.Token = env("TOKEN")
	}
	config.BaseURL = strings.TrimRight(cmp.Or(config.BaseURL, env("BASE_URL")), "/")
	config.ClientID, config.ClientSecret = cmp.Or(config.ClientID, env("CLIENT_ID")), cmp.Or(config.ClientSecret, env("CLIENT_SECRET"))
	config.ProjectID = cmp.Or(config.ProjectID, env("PROJECT_ID"))
	config.Environment = cmp.Or(config.Environment, env("ENVIRONMENT"), "production")
	config.WorkflowDomain = cmp.Or(config.WorkflowDomain, env("WORKFLOW_DOMAIN"))
	config.Timeout = cmp.Or(config.Timeout, time.Minute)
	config.MaxRetries = max(0, cmp.Or(config.MaxRetries, 2))
	config.HTTPClient = cmp.Or(config.HTTPClient, &http.Client{})
	if config.Now == nil {
		config.Now = time.Now //nolint:forbidigo // where the caller names no other
	}
	if config.sleep == nil {
		config.sleep = sleep
	}
	if config.BaseURL == "" {
		return nil, fmt.Errorf("patchbay: BaseURL is missing: where Patchbay is, such as https://connect.example.com; or set PATCHBAY_BASE_URL")
	}
	if u, err := url.Parse(config.BaseURL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("patchbay: BaseURL is %q: a URL such as https://connect.example.com", config.BaseURL)
	}
	if config.Environment != "development" && config.Environment != "production" {
		return nil, fmt.Errorf("patchbay: Environment is %q: development or production", config.Environment)
	}
	given := config.TokenSource
	if config.Token != "" {
		given = func(context.Context) (string, error) { return config.Token, nil }
	}
	if given == nil && (config.ClientID == "" || config.ClientSecret == "") {
		return nil, fmt.Errorf("patchbay: ClientID or ClientSecret is missing; or set PATCHBAY_CLIENT_ID and PATCHBAY_CLIENT_SECRET")
	}
	c := &caller{Config: config}
	c.tokens = &tokens{call: c, given: given, turn: make(chan struct{}, 1)}
	return &Client{resources: newResources(c), Proxy: &Proxy{c}, Workflows: &Workflows{&WorkflowsService{c}}, call: c}, nil
}

// AccessToken returns the token that calls are made with.
func (c *Client) AccessToken(ctx context.Context) (string, error) { return c.call.tokens.get(ctx) }

// Do calls any operation of the API by its path, such as /v1/connect/{project_id}/app_addresses, with a body that is sent
// as JSON, or nil, and reads the answer into out, unless that is nil.
func (c *Client) Do(ctx context.Context, method, path string, body, out any, opts ...CallOption) error {
	address, err := c.call.address(path, nil)
	if err != nil {
		return err
	}
	s := &sent{method: method, url: address, header: http.Header{}, repeatable: safe(method)}
	if body != nil {
		if s.body, err = json.Marshal(body); err != nil {
			return fmt.Errorf("patchbay: encode the request: %w", err)
		}
		s.header.Set("Content-Type", "application/json")
	}
	res, err := c.call.send(ctx, s, c.call.options(opts))
	if err != nil {
		return err
	}
	if out == nil {
		return res.Body.Close()
	}
	return decode(res, out)
}

// Ptr returns a pointer to v, for what may be absent.
func Ptr[T any](v T) *T { return &v }

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
