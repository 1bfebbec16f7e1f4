package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/patchbay-dev/patchbay/internal/demo"
)

// user is whom everything belongs to.
const user = "bench-user"

// things are what the phases work with.
type things struct {
	project      string
	tokenRequest []byte // the body that asks for an access token
	account      string
}

// prepare signs in and makes a project, a client and an account, as the owner
// of a new installation would.
func (b *bench) prepare(ctx context.Context) error {
	b.api, b.things = newAPI(b.stack.url, b.Concurrency), &things{}
	sink, stop, err := newSink(ctx)
	if err != nil {
		return err
	}
	b.sink = sink
	b.stack.later(stop)
	if err := b.api.signIn(ctx, b.stack.link); err != nil {
		return err
	}
	var project, client struct{ ID, Secret string }
	if err := b.api.call(ctx, http.MethodPost, "/v1/connect/projects", map[string]any{"name": "Bench"}, &project); err != nil {
		return fmt.Errorf("make project: %w", err)
	}
	if err := b.api.call(ctx, http.MethodPost, "/v1/clients", map[string]any{"name": "Bench"}, &client); err != nil {
		return fmt.Errorf("make client: %w", err)
	}
	b.things.project = project.ID
	b.things.tokenRequest, err = json.Marshal(map[string]any{"grant_type": "client_credentials", "client_id": client.ID, "client_secret": client.Secret})
	if err != nil {
		return fmt.Errorf("encode token request: %w", err)
	}
	var token struct {
		AccessToken string `json:"access_token"`
	}
	if err := b.api.call(ctx, http.MethodPost, "/v1/oauth/token", json.RawMessage(b.things.tokenRequest), &token); err != nil {
		return fmt.Errorf("get token: %w", err)
	}
	b.api.bearer = token.AccessToken
	b.things.account, err = b.connect(ctx, user)
	return err
}

// ofProject is a path below the project's part of the Connect API.
func (b *bench) ofProject(path string) string { return "/v1/connect/" + b.things.project + path }

// connect connects an account at the demo provider with a key.
func (b *bench) connect(ctx context.Context, user string) (accountID string, err error) {
	var token struct{ Token string }
	if err := b.api.call(ctx, http.MethodPost, b.ofProject("/tokens"), map[string]any{"external_user_id": user}, &token); err != nil {
		return "", fmt.Errorf("make connect token: %w", err)
	}
	var account struct{ ID string }
	err = b.api.callAs(ctx, token.Token, http.MethodPost, b.ofProject("/accounts"), map[string]any{
		"app_slug": "acme_crm_key", "cfmap_json": fmt.Sprintf(`{"api_key":%q}`, demo.DemoKey), "connect_token": token.Token,
	}, &account)
	if err != nil {
		return "", fmt.Errorf("connect account: %w", err)
	}
	return account.ID, nil
}

// trigger is a deployed trigger: where events are sent, and what signs its webhook.
type trigger struct{ id, url, key string }

// deploy deploys a trigger. Its events go to webhook, or nowhere if that is empty.
func (b *bench) deploy(ctx context.Context, webhook string) (*trigger, error) {
	return b.deployIn(ctx, b.things.project, webhook)
}

func (b *bench) deployIn(ctx context.Context, project, webhook string) (*trigger, error) {
	in := map[string]any{"id": "http-new-requests", "external_user_id": user}
	if webhook != "" {
		in["webhook_url"] = webhook
	}
	var out struct {
		Data struct {
			ID         string
			URL        string `json:"endpoint_url"`
			SigningKey string `json:"webhook_signing_key"`
		}
	}
	if err := b.api.call(ctx, http.MethodPost, "/v1/connect/"+project+"/triggers/deploy", in, &out); err != nil {
		return nil, fmt.Errorf("deploy trigger: %w", err)
	}
	return &trigger{out.Data.ID, out.Data.URL, out.Data.SigningKey}, nil
}

// workflow makes and deploys a workflow of two steps, a filter that lets
// everything through and a call to url, and returns its id and its address.
func (b *bench) workflow(ctx context.Context, url string) (workflowID, address string, err error) {
	return b.define(ctx, []any{
		map[string]any{"name": "check", "type": "filter", "if": "{{ trigger.body.n >= 0 }}", "reason": "never"},
		map[string]any{
			"name": "tell", "type": "http_request", "method": "POST", "url": url,
			"body": map[string]any{"body": map[string]any{"n": "{{ trigger.body.n }}", "at": "{{ trigger.body.at }}"}},
		},
	})
}

// define makes and deploys a workflow of steps, and returns its id and its address.
func (b *bench) define(ctx context.Context, steps []any) (workflowID, address string, err error) {
	definition := map[string]any{
		"name": "Bench", "triggers": []any{map[string]any{"type": "http", "auth": "none", "environment": environment}}, "steps": steps,
	}
	var made struct {
		ID       string
		Endpoint struct{ URL string }
	}
	path := "/v1/projects/" + b.things.project + "/workflows"
	if err := b.api.call(ctx, http.MethodPost, path, definition, &made); err != nil {
		return "", "", fmt.Errorf("make workflow: %w", err)
	}
	if err := b.api.call(ctx, http.MethodPost, path+"/"+made.ID+"/deploy", nil, nil); err != nil {
		return "", "", fmt.Errorf("deploy workflow: %w", err)
	}
	return made.ID, made.Endpoint.URL, nil
}
