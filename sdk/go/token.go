package patchbay

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// tokens are the client's access tokens: one is fetched for all who wait for it, and again before it ends.
type tokens struct {
	call  *caller
	given func(context.Context) (string, error)
	turn  chan struct{} // held by whoever looks at what follows
	token string
	until time.Time
}

func (t *tokens) get(ctx context.Context) (string, error) {
	if t.given != nil {
		return t.given(ctx)
	}
	select {
	case t.turn <- struct{}{}:
	case <-ctx.Done():
		return "", fmt.Errorf("patchbay: %w", ctx.Err())
	}
	defer func() { <-t.turn }()
	if t.token != "" && t.call.now().Before(t.until) {
		return t.token, nil
	}
	asked := map[string]string{"grant_type": "client_credentials", "client_id": t.call.ClientID, "client_secret": t.call.ClientSecret}
	if t.call.Scope != "" {
		asked["scope"] = t.call.Scope
	}
	body, err := json.Marshal(asked)
	if err != nil {
		return "", fmt.Errorf("patchbay: encode the request: %w", err)
	}
	s := &sent{method: http.MethodPost, url: t.call.BaseURL + "/v1/oauth/token", header: http.Header{"Content-Type": {"application/json"}}, body: body, bearer: noBearer, repeatable: true}
	res, err := t.call.send(ctx, s, t.call.options(nil)) //nolint:bodyclose // decode closes it
	if err != nil {
		return "", err
	}
	var said struct {
		AccessToken string  `json:"access_token"`
		ExpiresIn   float64 `json:"expires_in"`
	}
	if err := decode(res, &said); err != nil {
		return "", err
	}
	lasts := said.ExpiresIn / 2
	if said.ExpiresIn > 240 {
		lasts = said.ExpiresIn - 120
	}
	t.token, t.until = said.AccessToken, t.call.now().Add(time.Duration(lasts*float64(time.Second)))
	return t.token, nil
}

// drop forgets a token that was refused, unless there is another one by now.
func (t *tokens) drop(token string) {
	t.turn <- struct{}{}
	defer func() { <-t.turn }()
	if t.token == token {
		t.token = ""
	}
}
