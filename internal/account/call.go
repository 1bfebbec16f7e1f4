package account

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Do makes a request with an account's credential. The request's URL is a path
// below the app's API or a URL of one of its hosts; any other is ErrTarget, and
// nothing is sent. The caller closes the body of the answer.
func (s *Service) Do(ctx context.Context, scope tenant.Scope, accountID string, req *http.Request, target string) (*http.Response, error) {
	a, c, err := s.Fresh(ctx, scope, accountID)
	if err != nil {
		return nil, err
	}
	app, err := s.Catalog.Get(a.App)
	if err != nil {
		return nil, err
	}
	u, ok := app.Target(target)
	if !ok {
		return nil, ErrTarget
	}
	req.URL, req.Host = u, ""
	if err := inject(app, a.Auth, c, req); err != nil {
		return nil, err
	}
	res, err := s.Client.Do(req) //nolint:gosec // handed on to the caller; the app file and the egress guard say where it may go
	if err != nil {
		return nil, fmt.Errorf("call %s: %w", app.Slug, err)
	}
	return res, nil
}

// inject puts the credential where the app wants it. It comes last, so that no
// header of a caller replaces it.
func inject(app *catalog.App, authID string, c Credential, req *http.Request) error {
	in, ok := app.Inject[authID]
	if !ok {
		return nil
	}
	values := map[string]string{"token.access": c.AccessToken}
	for k, v := range c.Inputs {
		values["input."+k] = v
	}
	text, err := catalog.Expand(in.Value, values)
	if err != nil {
		return fmt.Errorf("inject credential: %w", err)
	}
	if in.In == "query" {
		q := req.URL.Query()
		q.Set(in.Name, text)
		req.URL.RawQuery = q.Encode()
		return nil
	}
	req.Header.Set(in.Name, text)
	return nil
}

// Identify asks the app who a credential belongs to. It is the test request of
// a connection: ErrTest means that the app does not take the credential.
func (s *Service) Identify(ctx context.Context, app *catalog.App, authID string, c Credential) (Identity, error) {
	auth, ok := app.Method(authID)
	if !ok {
		return Identity{}, catalog.ErrNotFound
	}
	return s.identify(ctx, app, auth, c)
}

func (s *Service) identify(ctx context.Context, app *catalog.App, auth *catalog.Auth, c Credential) (Identity, error) {
	if app.Identity.Get == "" {
		return Identity{}, nil
	}
	u, ok := app.Target(app.Identity.Get)
	if !ok {
		return Identity{}, ErrTarget
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return Identity{}, fmt.Errorf("build identity request: %w", err)
	}
	req.Header.Set("Accept", "application/json")
	if err := inject(app, auth.ID, c, req); err != nil {
		return Identity{}, err
	}
	res, err := s.Client.Do(req)
	if err != nil {
		return Identity{}, ErrTest.Because(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil || res.StatusCode < 200 || res.StatusCode > 299 {
		return Identity{}, ErrTest.Because(fmt.Errorf("identity: status %d", res.StatusCode))
	}
	var doc any
	if err := json.Unmarshal(body, &doc); err != nil {
		return Identity{}, ErrTest.Because(err)
	}
	who := Identity{ID: pointer(doc, app.Identity.ID), Name: pointer(doc, app.Identity.Name)}
	if who.Name == "" {
		who.Name = pointer(doc, app.Identity.Email)
	}
	return who, nil
}

// pointer returns the text at a JSON pointer (RFC 6901), or "".
func pointer(doc any, p string) string {
	if p == "" {
		return ""
	}
	for part := range strings.SplitSeq(strings.TrimPrefix(p, "/"), "/") {
		part = strings.NewReplacer("~1", "/", "~0", "~").Replace(part)
		switch v := doc.(type) {
		case map[string]any:
			doc = v[part]
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(v) {
				return ""
			}
			doc = v[i]
		default:
			return ""
		}
	}
	switch v := doc.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	default:
		return ""
	}
}
