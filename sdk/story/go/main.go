// The story of all libraries in Go: go run ., with the environment that libraries.test.mjs gives it. It is a module of its
// own, as a customer's.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	patchbay "github.com/patchbay-dev/patchbay/sdk/go"
)

var (
	ctx   = context.Background()
	user  = os.Getenv("STORY_USER")
	steps []string
	done  int
)

// step says that a step was gone, which was as it should be.
func step(name string, right bool, got ...any) {
	if !right || steps[done] != name {
		panic(fmt.Sprintf("%s (%s): %+v", name, steps[done], got))
	}
	done++
	fmt.Println("ok", name)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	check(json.Unmarshal(must(os.ReadFile("../steps.json")), &steps))
	client := must(patchbay.New(patchbay.Config{}))
	account := accounts(client)
	apps(client, account)
	hear(client)
	rest(client, account)
	if done != len(steps) {
		panic("there are more steps")
	}
}

func accounts(client *patchbay.Client) *patchbay.Account {
	wrong := must(patchbay.New(patchbay.Config{ClientID: os.Getenv("PATCHBAY_CLIENT_ID"), ClientSecret: "pbs_wrong"}))
	_, err := wrong.Accounts.List(ctx, patchbay.AccountsListRequest{})
	var refused *patchbay.Error
	step("a wrong secret is refused", errors.Is(err, patchbay.ErrUnauthorized) && errors.As(err, &refused) && refused.Status == 401 && refused.Code != "" && refused.RequestID != "", err)

	project := must(client.Projects.Retrieve(ctx, os.Getenv("PATCHBAY_PROJECT_ID")))
	step("the project is there", project.ID == os.Getenv("PATCHBAY_PROJECT_ID"), project)

	var slugs []string
	for app, err := range client.Apps.All(ctx, patchbay.AppsListRequest{Q: "acme", Limit: 1}) {
		check(err)
		slugs = append(slugs, app.NameSlug)
	}
	slices.Sort(slugs)
	step("apps are gone through page by page", len(slugs) > 1 && slices.Contains(slugs, "acme_crm_key") && len(slices.Compact(slices.Clone(slugs))) == len(slugs), slugs)

	app := must(client.Apps.Retrieve(ctx, "acme_crm_key"))
	step("an app is retrieved", app.Data.NameSlug == "acme_crm_key", app)

	token := must(client.Tokens.Create(ctx, patchbay.TokensCreateRequest{ExternalUserID: user, ExpiresIn: 600}))
	step("a connect token is made for the user", strings.HasPrefix(token.Token, "ctok_") && token.ExpiresAt.After(time.Now()) && strings.Contains(token.ConnectLinkURL, "?"), token)

	valid := must(client.Tokens.Validate(ctx, token.Token, patchbay.TokensValidateRequest{AppID: "acme_crm_key"}))
	step("the token is valid", valid.Success, valid)

	connect := func(token, name string) *patchbay.Account {
		return must(client.Accounts.Create(ctx, patchbay.AccountsCreateRequest{AppSlug: "acme_crm_key", CfmapJSON: `{"api_key":"acme_demo_key_ada"}`, ConnectToken: token, Name: name}))
	}
	account := connect(token.Token, "First")
	step("an account is connected with it", strings.HasPrefix(account.ID, "apn_") && account.Healthy && account.ExternalID == user, account)

	second := connect(must(client.Tokens.Create(ctx, patchbay.TokensCreateRequest{ExternalUserID: user})).Token, "Second")
	step("another account is connected", second.ID != account.ID)

	first := must(client.Accounts.List(ctx, patchbay.AccountsListRequest{ExternalUserID: user, Limit: 1}))
	var ids []string
	for a, err := range client.Accounts.All(ctx, patchbay.AccountsListRequest{ExternalUserID: user, Limit: 1}) {
		check(err)
		ids = append(ids, a.ID)
	}
	step("accounts are gone through page by page", len(first.Data) == 1 && first.HasNext() && len(ids) == 2 && slices.Contains(ids, account.ID) && slices.Contains(ids, second.ID), first, ids)

	got := must(client.Accounts.Retrieve(ctx, account.ID, patchbay.AccountsRetrieveRequest{}))
	step("an account is retrieved", got.Name != nil && *got.Name == "First", got)

	all := must(client.Accounts.ListByExternalUser(ctx, user, patchbay.AccountsListByExternalUserRequest{}))
	step("the user's accounts are listed", len(all) == 2, all)

	users := must(client.Users.List(ctx, patchbay.UsersListRequest{Q: user}))
	step("the user is found", len(users.Data) == 1 && users.Data[0].ExternalID == user, users)

	_, err = client.Accounts.Retrieve(ctx, "apn_0", patchbay.AccountsRetrieveRequest{})
	var missing *patchbay.Error
	step("an account that is not there is not found", errors.Is(err, patchbay.ErrNotFound) && errors.As(err, &missing) && missing.Code == "account_not_found" && missing.RequestID != "", err)
	return account
}

func apps(client *patchbay.Client, account *patchbay.Account) {
	at := patchbay.ProxyCall{ExternalUserID: user, AccountID: account.ID, URL: "/api/contacts", Params: url.Values{"limit": {"2"}}}
	var contacts struct{ Data []struct{ Name string } }
	check(client.Proxy.Get(ctx, at, &contacts))
	step("the proxy reads at the app", len(contacts.Data) == 2, contacts)

	write := at
	write.Params, write.Body = nil, map[string]string{"name": "Story of Go"}
	var contact struct{ ID, Name string }
	check(client.Proxy.Post(ctx, write, &contact))
	step("the proxy writes at the app", contact.Name == "Story of Go", contact)

	at.Params = url.Values{"limit": {"100"}}
	res := must(client.Proxy.Stream(ctx, http.MethodGet, at))
	text := must(io.ReadAll(res.Body))
	check(res.Body.Close())
	step("the proxy streams", bytes.Contains(text, []byte(contact.ID)))

	at.URL = "/api/nothing"
	err := client.Proxy.Get(ctx, at, nil)
	step("an app's refusal is told", errors.Is(err, patchbay.ErrNotFound), err)

	actions := must(client.Actions.List(ctx, patchbay.ActionsListRequest{App: "acme_crm_key"}))
	note := must(client.Actions.Retrieve(ctx, "acme-crm-key-add-note", patchbay.ActionsRetrieveRequest{}))
	remote := slices.ContainsFunc(note.Data.ConfigurableProps, func(p patchbay.ConfigurableProp) bool {
		return p.Name == "contact_id" && p.AdditionalProperties["remoteOptions"] == true
	})
	step("actions are listed and retrieved", remote && slices.ContainsFunc(actions.Data, func(a patchbay.Component) bool { return a.Key == "acme-crm-key-list-contacts" }), actions, note)

	props := map[string]any{"acme_crm_key": map[string]string{"authProvisionId": account.ID}}
	options := must(client.Actions.ConfigureProp(ctx, patchbay.ActionsConfigurePropRequest{ID: "acme-crm-key-add-note", ExternalUserID: user, PropName: "contact_id", ConfiguredProps: props}))
	step("the options of a prop are asked for", options.Options != nil && len(*options.Options) > 0 && len(options.Errors) == 0, options)

	props["limit"] = 2
	run := patchbay.ActionsRunRequest{ID: "acme-crm-key-list-contacts", ExternalUserID: user, ConfiguredProps: props}
	outcome := must(client.Actions.Run(ctx, run))
	found, _ := outcome.Ret.([]any)
	step("an action is run", len(found) == 2 && outcome.Exports["$summary"] == "Found 2 contacts", outcome)

	key := patchbay.WithIdempotencyKey("key-" + user)
	once, twice := must(client.Actions.Run(ctx, run, key)), must(client.Actions.Run(ctx, run, key))
	step("a run that is repeated with its key is done once", once.RunID != nil && *once.RunID == *twice.RunID, once, twice)
}

func hear(client *patchbay.Client) {
	type heard struct {
		header http.Header
		body   []byte
	}
	events := make(chan heard, 8)
	listener := must(net.Listen("tcp", "127.0.0.1:0"))
	hook := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		events <- heard{r.Header, must(io.ReadAll(r.Body))}
		w.WriteHeader(http.StatusNoContent)
	})}
	go func() { _ = hook.Serve(listener) }()
	address := fmt.Sprintf("http://localhost:%d/hook", listener.Addr().(*net.TCPAddr).Port)
	trigger := must(client.Triggers.Deploy(ctx, patchbay.TriggersDeployRequest{ID: "http-new-requests", ExternalUserID: user, WebhookURL: address})).Data
	step("a trigger is deployed", trigger.EndpointURL != nil && trigger.WebhookSigningKey != nil, trigger)

	res := must(http.Post(*trigger.EndpointURL, "application/json", strings.NewReader(`{"order":7}`)))
	check(res.Body.Close())
	got := <-events
	event := must(patchbay.VerifyWebhook(got.header, got.body, *trigger.WebhookSigningKey))
	var body struct{ Body struct{ Order int } }
	check(event.Decode(&body))
	step("its event arrives, signed", event.Type == patchbay.TriggerEmitted && body.Body.Order == 7, event)

	_, err := patchbay.VerifyWebhook(got.header, append(got.body, ' '), *trigger.WebhookSigningKey)
	var wrong *patchbay.WebhookError
	step("an event that was changed on the way is refused", errors.As(err, &wrong) && wrong.Code == patchbay.WrongSignature, err)

	deployed := must(client.DeployedTriggers.List(ctx, patchbay.DeployedTriggersListRequest{ExternalUserID: user, EmitterType: "http"}))
	changed := must(client.DeployedTriggers.Update(ctx, trigger.ID, patchbay.DeployedTriggersUpdateRequest{ExternalUserID: user, Active: patchbay.Ptr(false)}))
	step("the deployed trigger is listed and changed", len(deployed.Data) == 1 && deployed.Data[0].ID == trigger.ID && !changed.Data.Active, deployed, changed)
	check(hook.Close())
}

func rest(client *patchbay.Client, account *patchbay.Account) {
	var flow struct {
		ID       string
		Endpoint struct {
			EndpointID string `json:"endpoint_id"`
		}
	}
	check(client.Do(ctx, http.MethodPost, "/v1/projects/{project_id}/workflows", map[string]any{
		"name": "Story " + user, "triggers": []any{map[string]string{"type": "http", "auth": "oauth"}},
		"steps": []any{
			map[string]any{"name": "read", "type": "http_request", "account": map[string]string{"of": "user", "app": "acme_crm_key"}, "method": "GET", "url": "/api/contacts"},
			map[string]any{"name": "answer", "type": "respond", "status": 201, "body": map[string]string{"found": "{{ len(steps.read.body.data) }}", "said": "{{ trigger.body.said }}"}},
		},
	}, &flow))
	check(client.Do(ctx, http.MethodPost, "/v1/projects/{project_id}/workflows/"+flow.ID+"/deploy", nil, nil))
	answer := must(client.Workflows.InvokeForExternalUser(ctx, user, patchbay.Invocation{
		URLOrEndpoint: flow.Endpoint.EndpointID, Body: map[string]string{"said": "hello"}, Header: http.Header{"X-Patchbay-Account-Map": {"acme_crm_key=" + account.ID}},
	}))
	var said struct {
		Found int
		Said  string
	}
	check(answer.Decode(&said))
	step("a workflow is invoked for the user", answer.Status == http.StatusCreated && said.Said == "hello" && said.Found > 0, string(answer.Body))

	flaky := must(patchbay.New(patchbay.Config{BaseURL: os.Getenv("STORY_FLAKY_URL"), ClientID: "cli_flaky", ClientSecret: "pbs_flaky"}))
	users := must(flaky.Users.List(ctx, patchbay.UsersListRequest{}))
	step("what fails in passing is tried again, and a token that is refused is replaced", len(users.Data) == 1 && users.Data[0].ExternalID == "patient", users)

	file := must(client.FileStash.Upload(ctx, patchbay.FileStashUploadRequest{ExternalUserID: user, Path: "story.txt", ContentType: "text/plain"}, strings.NewReader("once upon a time")))
	content := must(client.FileStash.DownloadFile(ctx, patchbay.FileStashDownloadFileRequest{S3Key: file.S3Key}))
	text := must(io.ReadAll(content))
	check(content.Close())
	step("a file goes up and comes down", string(text) == "once upon a time", string(text))

	now := time.Now().Unix()
	usage := must(client.Usage.List(ctx, patchbay.UsageListRequest{StartTS: now - 86_400, EndTS: now}))
	step("usage is listed", len(usage.Data) > 0, usage)

	check(client.Users.DeleteExternalUser(ctx, user))
	left := must(client.Accounts.List(ctx, patchbay.AccountsListRequest{ExternalUserID: user}))
	step("the user is deleted with all that they had", len(left.Data) == 0, left)
}
