package patchbay_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	patchbay "github.com/patchbay-dev/patchbay/sdk/go"
)

// asked is a request as it came.
type asked struct {
	method, uri string
	header      http.Header
	body        string
}

// answer is one that is given.
type answer struct {
	status int
	body   string
	header []string // names and values
}

// fake answers what it is told to, in order, the last answer again and again; tokens beside.
type fake struct {
	*httptest.Server
	mu      sync.Mutex
	answers []answer
	asked   []asked
	tokens  []asked
	lasting int
}

func serve(t *testing.T, answers ...answer) *fake {
	t.Helper()
	f := &fake{answers: answers, lasting: 3600}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		f.mu.Lock()
		defer f.mu.Unlock()
		call := asked{r.Method, r.URL.EscapedPath(), r.Header, string(body)}
		if r.URL.RawQuery != "" {
			call.uri += "?" + r.URL.RawQuery
		}
		if r.URL.Path == "/v1/oauth/token" {
			f.tokens = append(f.tokens, call)
			_ = json.NewEncoder(w).Encode(map[string]any{"access_token": "t" + strconv.Itoa(len(f.tokens)), "expires_in": f.lasting})
			return
		}
		f.asked = append(f.asked, call)
		a := f.answers[min(len(f.asked), len(f.answers))-1]
		for i := 0; i < len(a.header); i += 2 {
			w.Header().Set(a.header[i], a.header[i+1])
		}
		w.WriteHeader(a.status)
		_, _ = io.WriteString(w, a.body)
	}))
	t.Cleanup(f.Close)
	return f
}

func (f *fake) client(t *testing.T, change ...func(*patchbay.Config)) *patchbay.Client {
	t.Helper()
	config := patchbay.Config{BaseURL: f.URL + "/", ClientID: "cli", ClientSecret: "s3cret", ProjectID: "proj_1", Environment: "development"}
	for _, c := range change {
		c(&config)
	}
	c, err := patchbay.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (f *fake) at(t *testing.T, i int) asked {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if i >= len(f.asked) {
		t.Fatalf("%d calls, want more than %d", len(f.asked), i)
	}
	return f.asked[i]
}

func (f *fake) count() (calls, tokens int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.asked), len(f.tokens)
}

func wrong(status int, header ...string) answer {
	return answer{status, `{"error":"So it is.","code":"odd","details":{}}`, append([]string{"X-Request-Id", "req_1"}, header...)}
}

func page(end string, ids ...string) answer {
	p := map[string]any{"data": []any{}, "page_info": map[string]any{"total_count": 3, "end_cursor": nil}}
	for _, id := range ids {
		p["data"] = append(p["data"].([]any), map[string]any{"id": id, "external_id": id, "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z"})
	}
	if end != "" {
		p["page_info"].(map[string]any)["end_cursor"] = end
	}
	b, _ := json.Marshal(p)
	return answer{200, string(b), nil}
}

func soon() []string { return []string{"Retry-After", "0"} }

func TestWhatIsSent(t *testing.T) {
	t.Parallel()
	f := serve(t, page(""), page(""), answer{200, `{"workflow_ids":["p_1"]}`, nil}, answer{204, "", nil}, wrong(400))
	c := f.client(t, func(c *patchbay.Config) { c.Header = http.Header{"X-A": {"1"}, "X-B": {"1"}} })
	ctx := t.Context()
	if _, err := c.Apps.List(ctx, patchbay.AppsListRequest{CategoryIDs: []string{"a b", "c&d"}, HasActions: patchbay.Ptr(false), Limit: 5}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.ActionRuns.List(ctx, patchbay.ActionRunsListRequest{From: patchbay.Ptr(time.Unix(0, 0).UTC())}, patchbay.WithHeader("X-B", "2"), patchbay.WithEnvironment("production")); err != nil {
		t.Fatal(err)
	}
	if got, err := c.DeployedTriggers.UpdateWorkflows(ctx, "dc_1", patchbay.DeployedTriggersUpdateWorkflowsRequest{ExternalUserID: "ada", WorkflowIDs: []string{"p_1"}}); err != nil || !slices.Equal(got.WorkflowIDs, []string{"p_1"}) {
		t.Fatal(got, err)
	}
	if err := c.Users.DeleteExternalUser(ctx, "a/b c"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Accounts.Create(ctx, patchbay.AccountsCreateRequest{AppSlug: "a", CfmapJSON: "{}", ConnectToken: "ctok_1"}); !errors.Is(err, patchbay.ErrBadRequest) {
		t.Fatal(err)
	}
	first := f.at(t, 0)
	if first.uri != "/v1/connect/apps?category_ids=a+b&category_ids=c%26d&has_actions=false&limit=5" || first.body != "" {
		t.Fatal(first)
	}
	for name, want := range map[string]string{"Authorization": "Bearer t1", "X-Pd-Environment": "development", "User-Agent": "patchbay-go/" + patchbay.Version, "X-A": "1", "Content-Type": ""} {
		if got := first.header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if second := f.at(t, 1); second.uri != "/v1/connect/proj_1/action_runs?from=1970-01-01T00%3A00%3A00Z" || second.header.Get("X-B") != "2" || second.header.Get("X-Pd-Environment") != "production" {
		t.Fatal(second)
	}
	if third := f.at(t, 2); third.uri != "/v1/connect/proj_1/deployed-triggers/dc_1/pipelines?external_user_id=ada" || third.body != `{"workflow_ids":["p_1"]}` || third.method != http.MethodPut {
		t.Fatal(third)
	}
	if fourth := f.at(t, 3); fourth.uri != "/v1/connect/proj_1/users/a%2Fb%20c" {
		t.Fatal(fourth)
	}
	if fifth := f.at(t, 4); fifth.header.Get("Authorization") != "Bearer ctok_1" {
		t.Fatal("the connect token is the bearer where only it may be", fifth)
	}
	if f.tokens[0].body != `{"client_id":"cli","client_secret":"s3cret","grant_type":"client_credentials"}` {
		t.Fatal(f.tokens[0])
	}
	if err := c.Accounts.Delete(ctx, ""); err == nil || !strings.Contains(err.Error(), "account_id is empty") {
		t.Fatal(err)
	}
}

func TestRunsAreKnownByAKey(t *testing.T) {
	t.Parallel()
	f := serve(t, wrong(500, soon()...), answer{200, `{"exports":{"aKey":{"in_it":1}},"os":[],"ret":{"made_at":"x"},"stash_id":null,"run_id":"arun_1"}`, nil})
	got, err := f.client(t).Actions.Run(t.Context(), patchbay.ActionsRunRequest{ID: "x", ExternalUserID: "ada", ConfiguredProps: map[string]any{"app": map[string]any{"authProvisionId": "apn_1"}}})
	if err != nil || *got.RunID != "arun_1" || !reflect.DeepEqual(got.Ret, map[string]any{"made_at": "x"}) {
		t.Fatal(got, err)
	}
	if b := f.at(t, 0).body; b != `{"configured_props":{"app":{"authProvisionId":"apn_1"}},"external_user_id":"ada","id":"x"}` {
		t.Fatal(b)
	}
	if key := f.at(t, 0).header.Get("Idempotency-Key"); !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(key) || key != f.at(t, 1).header.Get("Idempotency-Key") {
		t.Fatal(key)
	}
}

//nolint:paralleltest // it sets the environment
func TestConfiguration(t *testing.T) {
	for _, name := range []string{"BASE_URL", "CLIENT_ID", "CLIENT_SECRET", "PROJECT_ID", "ENVIRONMENT", "TOKEN", "WORKFLOW_DOMAIN"} {
		t.Setenv("PATCHBAY_"+name, "")
	}
	for said, config := range map[string]patchbay.Config{
		"BaseURL is missing":            {ClientID: "a", ClientSecret: "b"},
		`BaseURL is "ftp://x"`:          {BaseURL: "ftp://x", ClientID: "a", ClientSecret: "b"},
		"ClientSecret is missing":       {BaseURL: "http://x", ClientID: "a"},
		`Environment is "staging"`:      {BaseURL: "http://x", ClientID: "a", ClientSecret: "b", Environment: "staging"},
		"set PATCHBAY_CLIENT_ID and":    {BaseURL: "http://x"},
		"such as https://connect.examp": {BaseURL: "://"},
	} {
		if _, err := patchbay.New(config); err == nil || !strings.Contains(err.Error(), said) {
			t.Errorf("%v, want %s", err, said)
		}
	}
	f := serve(t, page(""))
	for name, value := range map[string]string{"BASE_URL": f.URL + "/prefix/", "CLIENT_ID": "a", "CLIENT_SECRET": "b", "PROJECT_ID": "proj_env"} {
		t.Setenv("PATCHBAY_"+name, value)
	}
	c, err := patchbay.New(patchbay.Config{TokenSource: func(context.Context) (string, error) { return "mine", nil }})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Accounts.List(t.Context(), patchbay.AccountsListRequest{}); err != nil {
		t.Fatal(err)
	}
	if got := f.at(t, 0); got.uri != "/prefix/v1/connect/proj_env/accounts" || got.header.Get("X-Pd-Environment") != "production" || got.header.Get("Authorization") != "Bearer mine" {
		t.Fatal(got)
	}
	t.Setenv("PATCHBAY_PROJECT_ID", "")
	if c, err = patchbay.New(patchbay.Config{Token: "t"}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Accounts.List(t.Context(), patchbay.AccountsListRequest{}); err == nil || !strings.Contains(err.Error(), "PATCHBAY_PROJECT_ID") {
		t.Fatal(err)
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	f := serve(t, page(""))
	var mu sync.Mutex
	now := time.Unix(1_800_000_000, 0)
	pass := func(d time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(d)
	}
	c := f.client(t, func(c *patchbay.Config) {
		c.Now = func() time.Time {
			mu.Lock()
			defer mu.Unlock()
			return now
		}
	})
	var wg sync.WaitGroup
	for range 16 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if _, err := c.Users.List(t.Context(), patchbay.UsersListRequest{}); err != nil {
				t.Error(err)
			}
		}()
	}
	wg.Wait()
	if calls, tokens := f.count(); calls != 16 || tokens != 1 {
		t.Fatal("they are fetched once for all who wait", calls, tokens)
	}
	for _, step := range []struct {
		after time.Duration
		want  string
	}{{3479 * time.Second, "t1"}, {2 * time.Second, "t2"}} {
		pass(step.after)
		if got, err := c.AccessToken(t.Context()); got != step.want || err != nil {
			t.Fatal(got, err)
		}
	}
	f.lasting = 100
	pass(time.Hour)
	for _, want := range []string{"t3", "t4"} {
		if got, err := c.AccessToken(t.Context()); got != want || err != nil {
			t.Fatal(got, err)
		}
		pass(51 * time.Second)
	}
}

func TestTokensThatAreRefusedAreReplacedOnce(t *testing.T) {
	t.Parallel()
	f := serve(t, wrong(401), page(""))
	if _, err := f.client(t).Users.List(t.Context(), patchbay.UsersListRequest{}); err != nil || f.at(t, 0).header.Get("Authorization") != "Bearer t1" || f.at(t, 1).header.Get("Authorization") != "Bearer t2" {
		t.Fatal(err, f.asked)
	}
	never := serve(t, wrong(401))
	_, err := never.client(t).Users.List(t.Context(), patchbay.UsersListRequest{})
	if calls, _ := never.count(); !errors.Is(err, patchbay.ErrUnauthorized) || calls != 2 {
		t.Fatal(err, calls)
	}
}

func TestRetries(t *testing.T) {
	t.Parallel()
	for _, status := range []int{408, 429, 500, 502, 503, 504} {
		f, down := serve(t, wrong(status, soon()...), wrong(status, soon()...), page("")), serve(t, wrong(status, soon()...))
		if _, err := f.client(t).Users.List(t.Context(), patchbay.UsersListRequest{}); err != nil {
			t.Fatal(status, err)
		}
		_, err := down.client(t).Users.List(t.Context(), patchbay.UsersListRequest{})
		var failed *patchbay.Error
		if calls, _ := down.count(); !errors.As(err, &failed) || failed.Status != status || calls != 3 {
			t.Fatal(err, calls)
		}
	}
	for _, status := range []int{400, 403, 404, 409, 413} {
		f := serve(t, wrong(status, soon()...))
		_, err := f.client(t).Users.List(t.Context(), patchbay.UsersListRequest{})
		if calls, _ := f.count(); err == nil || calls != 1 {
			t.Fatal(status, err, calls)
		}
	}
	for name, c := range map[string]struct {
		answer answer
		call   func(*patchbay.Client) error
		calls  int
	}{
		"a deployment that may have been done": {wrong(500, soon()...), deploy, 1},
		"one that was not begun":               {wrong(503, soon()...), deploy, 3},
		"none are wanted": {wrong(503, soon()...), func(c *patchbay.Client) error {
			return c.Users.DeleteExternalUser(context.Background(), "a", patchbay.WithMaxRetries(0))
		}, 1},
		"longer than one waits": {wrong(429, "Retry-After", "61"), deploy, 1},
		"a call of an app": {wrong(500, soon()...), func(c *patchbay.Client) error {
			return c.Proxy.Post(context.Background(), patchbay.ProxyCall{URL: "/", Body: 1}, nil)
		}, 1},
		"a body that can be read once": {wrong(503, soon()...), func(c *patchbay.Client) error {
			return c.Proxy.Put(context.Background(), patchbay.ProxyCall{URL: "/", Body: strings.NewReader("x")}, nil)
		}, 1},
	} {
		f := serve(t, c.answer)
		err := c.call(f.client(t))
		if calls, _ := f.count(); err == nil || calls != c.calls {
			t.Errorf("%s: %d calls, %v, want %d", name, calls, err, c.calls)
		}
	}
}

func deploy(c *patchbay.Client) error {
	_, err := c.Triggers.Deploy(context.Background(), patchbay.TriggersDeployRequest{ID: "x", ExternalUserID: "ada"})
	return err
}

func TestRetriesEndWithTheContext(t *testing.T) {
	t.Parallel()
	f := serve(t, wrong(503, "Retry-After", "50"))
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for calls := 0; calls == 0; calls, _ = f.count() {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	if _, err := f.client(t).Users.List(ctx, patchbay.UsersListRequest{}); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	kinds := map[int]error{
		400: patchbay.ErrBadRequest, 401: patchbay.ErrUnauthorized, 403: patchbay.ErrForbidden, 404: patchbay.ErrNotFound,
		409: patchbay.ErrConflict, 422: patchbay.ErrBadRequest, 429: patchbay.ErrTooManyRequests, 500: patchbay.ErrServer,
	}
	never := func(c *patchbay.Config) { c.MaxRetries = -1 }
	for status, kind := range kinds {
		_, err := serve(t, wrong(status)).client(t, never).Accounts.Retrieve(t.Context(), "apn_1", patchbay.AccountsRetrieveRequest{})
		var e *patchbay.Error
		if !errors.As(err, &e) || !errors.Is(err, kind) || e.Status != status || e.Code != "odd" || e.Message != "So it is." || e.RequestID != "req_1" {
			t.Errorf("%d: %+v", status, err)
		}
		for other, not := range kinds {
			if !errors.Is(not, kind) && errors.Is(err, not) {
				t.Errorf("%d is taken for %d", status, other)
			}
		}
	}
	for code, a := range map[string]answer{"http_404": {404, "<html>", nil}, "not_json": {200, "<html>", nil}, "redirected": {307, "", []string{"Location", "http://x"}}} {
		_, err := serve(t, a).client(t).Triggers.Deploy(t.Context(), patchbay.TriggersDeployRequest{})
		var e *patchbay.Error
		if !errors.As(err, &e) || e.Code != code || e.Status != a.status {
			t.Errorf("%+v, want %s", err, code)
		}
	}
	gone := serve(t, page(""))
	gone.Close()
	if _, err := gone.client(t, never, func(c *patchbay.Config) { c.Token = "t" }).Users.List(t.Context(), patchbay.UsersListRequest{}); !errors.Is(err, patchbay.ErrNetwork) {
		t.Fatal(err)
	}
}

func TestAnAnswerHasToBeginInTime(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer silent.Close()
	defer close(release)
	c, err := patchbay.New(patchbay.Config{BaseURL: silent.URL, Token: "t", ProjectID: "p", MaxRetries: -1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Users.List(t.Context(), patchbay.UsersListRequest{}, patchbay.WithTimeout(20*time.Millisecond)); !errors.Is(err, patchbay.ErrTimeout) {
		t.Fatal(err)
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	three := []answer{page("c1", "a"), page("c2", "b"), page("", "c")}
	f := serve(t, three...)
	var ids []string
	for u, err := range f.client(t).Users.All(t.Context(), patchbay.UsersListRequest{Q: "x", Before: "b"}) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, u.ID)
	}
	if !slices.Equal(ids, []string{"a", "b", "c"}) || !strings.HasSuffix(f.at(t, 0).uri, "?before=b&q=x") || !strings.HasSuffix(f.at(t, 2).uri, "?after=c2&q=x") {
		t.Fatal(ids, f.asked)
	}
	first, err := serve(t, three...).client(t).Users.List(t.Context(), patchbay.UsersListRequest{})
	if err != nil || first.PageInfo.TotalCount != 3 || !first.HasNext() {
		t.Fatal(first, err)
	}
	second, err := first.Next(t.Context())
	if err != nil || second.Data[0].ID != "b" {
		t.Fatal(second, err)
	}
	ids = nil
	for u, err := range serve(t, page("same", "a")).client(t).Users.All(t.Context(), patchbay.UsersListRequest{}) {
		if ids = append(ids, u.ID); err != nil || len(ids) > 2 {
			t.Fatal("a server that names the same place again is asked for ever", err)
		}
	}
	said := error(nil)
	for _, err := range serve(t, page("c1", "a"), wrong(404)).client(t).Users.All(t.Context(), patchbay.UsersListRequest{}) {
		said = err
	}
	if !errors.Is(said, patchbay.ErrNotFound) {
		t.Fatal(said)
	}
}

func TestProxy(t *testing.T) {
	t.Parallel()
	f := serve(t, answer{200, `{"some_key":1}`, nil})
	var out map[string]int
	err := f.client(t).Proxy.Post(t.Context(), patchbay.ProxyCall{
		ExternalUserID: "ada", AccountID: "apn_1", URL: "/api/things?a=1#f", Params: url.Values{"b": {"1", "2"}},
		Header: http.Header{"X-Note": {"kept"}, "Content-Type": {"application/vnd.x+json"}}, Body: map[string]int{"a": 1},
	}, &out)
	got := f.at(t, 0)
	target, query, _ := strings.Cut(strings.TrimPrefix(got.uri, "/v1/connect/proj_1/proxy/"), "?")
	decoded, bad := base64.RawURLEncoding.DecodeString(target)
	if err != nil || bad != nil || string(decoded) != "/api/things?a=1&b=1&b=2#f" || query != "account_id=apn_1&external_user_id=ada" || out["some_key"] != 1 {
		t.Fatal(err, bad, string(decoded), query, out)
	}
	if got.header.Get("X-Pd-Proxy-X-Note") != "kept" || got.header.Get("Content-Type") != "application/vnd.x+json" || got.body != `{"a":1}` {
		t.Fatal(got)
	}
	res, err := serve(t, answer{302, "bytes", []string{"Location", "http://x"}}).client(t).Proxy.Stream(t.Context(), http.MethodPut, patchbay.ProxyCall{URL: "/", Body: bytes.NewReader([]byte("x"))})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if b, err := io.ReadAll(res.Body); err != nil || string(b) != "bytes" || res.StatusCode != http.StatusFound {
		t.Fatal("an app's answer is handed on as it comes", res.Status, err)
	}
}

func TestInvoke(t *testing.T) {
	t.Parallel()
	f := serve(t, answer{200, `{"ok":true}`, nil})
	c := f.client(t)
	got, err := c.Workflows.InvokeForExternalUser(t.Context(), "ada", patchbay.Invocation{URLOrEndpoint: "enabc", Body: 1})
	var said struct{ OK bool }
	if err != nil || got.Decode(&said) != nil || !said.OK {
		t.Fatal(got, err)
	}
	if a := f.at(t, 0); a.uri != "/e/enabc" || a.header.Get("Authorization") != "Bearer t1" || a.header.Get("X-Pd-External-User-Id") != "ada" || a.body != "1" {
		t.Fatal(a)
	}
	if _, err := c.Workflows.Invoke(t.Context(), patchbay.Invocation{URLOrEndpoint: f.URL + "/e/enabc/Some?Q=1", Method: http.MethodGet}); err != nil || f.at(t, 1).uri != "/e/enabc/Some?Q=1" || f.at(t, 1).header.Get("Authorization") != "" {
		t.Fatal(err, f.at(t, 1))
	}
	below := f.client(t, func(c *patchbay.Config) { c.WorkflowDomain = "wf.test" })
	for _, address := range []string{"https://evil.test/x", "https://wf.test.evil.test", "https://evilwf.test"} {
		if _, err := below.Workflows.Invoke(t.Context(), patchbay.Invocation{URLOrEndpoint: address, Auth: patchbay.OAuth}); err == nil || !strings.Contains(err.Error(), "is neither") {
			t.Fatal(address, err)
		}
	}
	if calls, _ := f.count(); calls != 2 {
		t.Fatal("somebody else was handed the token")
	}
}

func TestFilesAndAnyOperation(t *testing.T) {
	t.Parallel()
	f := serve(t, answer{201, `{"id":"file_1"}`, nil}, answer{200, "\x07", nil}, answer{200, `{"some_key":1}`, nil})
	c := f.client(t)
	if file, err := c.FileStash.Upload(t.Context(), patchbay.FileStashUploadRequest{ExternalUserID: "ada", Path: "a.txt"}, strings.NewReader("x")); err != nil || file.ID != "file_1" || f.at(t, 0).body != "x" {
		t.Fatal(file, err)
	}
	content, err := c.FileStash.DownloadFile(t.Context(), patchbay.FileStashDownloadFileRequest{S3Key: "k"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = content.Close() }()
	if b, err := io.ReadAll(content); err != nil || string(b) != "\x07" {
		t.Fatal(b, err)
	}
	var out map[string]int
	if err := c.Do(t.Context(), http.MethodPost, "/v1/projects/{project_id}/schedules/preview", map[string]string{"cron": "* * * * *"}, &out); err != nil || out["some_key"] != 1 || f.at(t, 2).uri != "/v1/projects/proj_1/schedules/preview" {
		t.Fatal(out, err, f.at(t, 2))
	}
}

// What is left out stays as it is, and what is named is taken away; a call without a
// body has nothing to name.
func TestNull(t *testing.T) {
	t.Parallel()
	f := serve(t, answer{status: http.StatusOK, body: `{"id":"proj_1"}`})
	c, name := f.client(t), "My SaaS"
	if _, err := c.Projects.Update(t.Context(), "proj_1", patchbay.ProjectsUpdateRequest{Name: name}, patchbay.WithNull("support_email", "app_name")); err != nil {
		t.Fatal(err)
	}
	var sent map[string]any
	if err := json.Unmarshal([]byte(f.at(t, 0).body), &sent); err != nil || len(sent) != 3 || sent["name"] != name || sent["support_email"] != nil || sent["app_name"] != nil {
		t.Errorf("%v %v", sent, err)
	}
	if err := c.Accounts.Delete(t.Context(), "apn_1", patchbay.WithNull("name")); err == nil || !strings.Contains(err.Error(), `"name" is in no body`) {
		t.Error(err)
	}
	if calls, _ := f.count(); calls != 1 {
		t.Errorf("%d calls", calls)
	}
}
