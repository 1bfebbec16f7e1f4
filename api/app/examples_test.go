package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/manifest"
)

// examples are the workflows of deploy/examples/workflows, as they were applied.
type examples struct {
	*workspace
	ids   map[string]string
	rates *atomic.Int32 // with what status the service of rates answers
}

// example is one of them, and how it is called.
type example struct {
	examples
	id, url string
	header  []string
}

func (e examples) of(t *testing.T, key string) *example {
	t.Helper()
	r := e.call(t, http.MethodGet, "/v1/projects/{p}/workflows/"+e.ids[key], "").is(t, http.StatusOK)
	x := &example{examples: e, id: e.ids[key], url: r.text(t, "endpoint", "url"), header: []string{"Content-Type", "application/json", "X-Pd-Environment", e.environment}}
	token := e.token
	if r.text(t, "endpoint", "auth") == "bearer" {
		token = e.call(t, http.MethodPost, "/v1/projects/{p}/workflows/"+x.id+"/regenerate_bearer_token", "").is(t, http.StatusOK).text(t, "endpoint", "bearer_token")
	}
	x.header = append(x.header, "Authorization", "Bearer "+token)
	return x
}

// post calls it, as its customer would.
func (x *example) post(t *testing.T, body string, header ...string) reply {
	t.Helper()
	return x.g.do(t, http.MethodPost, x.url, body, append(slices.Clone(x.header), header...)...)
}

// begins calls it, and waits for its run to succeed.
func (x *example) begins(t *testing.T, body string, header ...string) {
	t.Helper()
	x.ends(t, x.post(t, body, header...).is(t, http.StatusOK).text(t, "run_id"), "succeeded")
}

// runs waits until n of its runs have a status, in its environment.
func (x *example) runs(t *testing.T, status string, n int) (r reply) {
	t.Helper()
	soon(t, fmt.Sprint(n, " ", status), func() bool {
		r = x.call(t, http.MethodGet, "/v1/projects/{p}/runs?limit=1000&status="+status+"&workflow_id="+x.id, "").is(t, http.StatusOK)
		list, _ := r.at(t, "data").([]any)
		return len(list) == n
	})
	return r
}

// told returns the data of what its runs emitted, the oldest first.
func (x *example) told(t *testing.T) (out []map[string]any) {
	t.Helper()
	list := x.call(t, http.MethodGet, "/v1/projects/{p}/runs?limit=1000&workflow_id="+x.id, "").is(t, http.StatusOK)
	for i := range list.at(t, "data").([]any) {
		steps, _ := x.run(t, list.text(t, "data", i, "id")).at(t, "steps").([]any)
		for _, one := range steps {
			s, _ := one.(map[string]any)
			if in, _ := s["input"].(map[string]any); s["type"] == "emit" && s["status"] == "succeeded" {
				data, _ := in["data"].(map[string]any)
				out = append([]map[string]any{data}, out...)
			}
		}
	}
	return out
}

// Each example is applied as a developer would apply it, called as its customer
// would call it, and does what it says.
func TestExamples(t *testing.T) {
	t.Parallel()
	g := running(t)
	e := examples{g.home, map[string]string{}, &atomic.Int32{}}
	rates := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(int(e.rates.Load()))
		_, _ = w.Write([]byte(`{"rate":1.25}`))
	}))
	t.Cleanup(rates.Close)
	value, _ := json.Marshal(map[string]any{"value": rates.URL, "secret": false})
	e.call(t, http.MethodPut, "/v1/projects/{p}/variables/RATES_URL?scope=project", string(value)).is(t, http.StatusOK)
	const folder = "../../deploy/examples/workflows"
	said, code := e.workflows(t, "apply", folder, "--json")
	var plan struct {
		Data []struct {
			Key        string `json:"key"`
			WorkflowID string `json:"workflow_id"`
		} `json:"data"`
	}
	if err := json.Unmarshal([]byte(said), &plan); err != nil || code != 0 {
		t.Fatal(said, err)
	}
	for _, it := range plan.Data {
		e.ids[it.Key] = it.WorkflowID
	}
	if said, code := e.workflows(t, "apply", folder); code != 0 || !strings.Contains(said, "Nothing to do") {
		t.Error(said)
	}
	tried := map[string]func(*testing.T, examples){
		"lead-in-both-systems": tryLead, "payments-in-order": tryPayments, "orders-in-batches": tryBatches, "expense-approval": tryApproval,
		"announce-to-everybody": tryEverybody, "nightly-digest": tryDigest, "rates-with-fallback": tryRates, "seats-without-races": trySeats,
		"quote-an-order": tryQuote, "words-in-three-languages": tryWords, "contact-changed": tryChanged, "prices-that-are-watched": tryWatched,
	}
	parts := []string{"greet-user", "price-an-order", "tell-of-failures"} // that others call
	for _, tpl := range manifest.Templates() {
		if tried[tpl.Key] == nil && !slices.Contains(parts, tpl.Key) {
			t.Errorf("%s is not tried", tpl.Key)
		}
	}
	for key, try := range tried {
		t.Run(key, func(t *testing.T) {
			t.Parallel()
			try(t, e)
		})
	}
}

func tryLead(t *testing.T, e examples) {
	const user = "two accounts"
	x, b := e.of(t, "lead-in-both-systems"), e.g.browser(t)
	x.post(t, `{"name":"Grace"}`).refused(t, http.StatusBadRequest, "external_user_required")
	b.get(t, b.consent(t, b.start(t, e.connectToken(t, user, "")), true)).is(t, http.StatusOK)
	e.account(t, user)
	r := x.post(t, `{"name":"Grace Hopper","email":"grace@navy.test"}`, "X-Pd-External-User-Id", user).is(t, http.StatusCreated)
	if r.text(t, "contact") == r.text(t, "copy") || r.text(t, "for") != user {
		t.Error(r.Body)
	}
}

func tryPayments(t *testing.T, e examples) {
	x := e.of(t, "payments-in-order")
	for n := range 4 {
		for range 2 { // each comes twice
			x.post(t, fmt.Sprintf(`{"type":"payment.succeeded","id":"pay_%d","customer":"c1","amount":%d}`, n, n+1)).is(t, http.StatusOK)
		}
	}
	x.post(t, `{"type":"payment.failed","id":"pay_9","customer":"c1","amount":100}`).is(t, http.StatusOK)
	x.runs(t, "succeeded", 4)
	var totals []string
	for _, told := range x.told(t) {
		totals = append(totals, fmt.Sprint(told["payment"], "=", told["total"]))
	}
	slices.Sort(totals)
	if got := strings.Join(totals, " "); got != "pay_0=1 pay_1=3 pay_2=6 pay_3=10" {
		t.Errorf("not in order, or not once: %s", got)
	}
}

func tryBatches(t *testing.T, e examples) {
	needs(t, "python3")
	x := e.of(t, "orders-in-batches")
	batch := `{"orders":[{"id":"a","shop":"s","lines":[{"price":5,"count":2}]},{"id":"poisoned","shop":"s","lines":"none"},{"id":"b","shop":"s","lines":[{"price":1,"count":1}]}]}`
	x.post(t, batch).is(t, http.StatusOK)
	x.runs(t, "succeeded", 2)
	r := x.runs(t, "failed,retrying,dead_lettered", 1)
	if r.text(t, "data", 0, "error", "code") != "code_failed" || r.text(t, "data", 0, "error", "step") != "total" {
		t.Error(r.Body)
	}
}

func tryApproval(t *testing.T, e examples) {
	x := e.of(t, "expense-approval")
	x.begins(t, `{"who":"ada","amount":20}`)
	id := x.post(t, `{"who":"ada","amount":500}`).is(t, http.StatusOK).text(t, "run_id")
	x.ends(t, id, "waiting")
	var link string
	soon(t, "the link", func() bool {
		for _, told := range x.told(t) {
			link, _ = told["link"].(string)
		}
		return link != ""
	})
	form := []string{"Content-Type", "application/x-www-form-urlencoded", "Accept", "text/html"}
	e.g.do(t, http.MethodPost, link, "_choice=approve&reason=a+new+chair", form...).is(t, http.StatusOK)
	x.ends(t, id, "succeeded")
	steps, _ := x.run(t, id).at(t, "steps").([]any)
	last, _ := json.Marshal(steps[len(steps)-1])
	if !strings.Contains(string(last), `"value":520`) {
		t.Errorf("%s", last)
	}
}

func tryEverybody(t *testing.T, e examples) {
	const users = 500
	e = examples{e.newProject("Everybody"), map[string]string{}, e.rates}
	if said, code := e.workflows(t, "apply", "../../deploy/examples/workflows/announce-to-everybody.yaml", "../../deploy/examples/workflows/greet-user.yaml"); code != 0 {
		t.Fatal(said)
	}
	list := e.call(t, http.MethodGet, "/v1/projects/{p}/workflows", "").is(t, http.StatusOK)
	for i := range 2 {
		e.ids[list.text(t, "data", i, "key")] = list.text(t, "data", i, "id")
	}
	e.g.query(t, `INSERT INTO external_users (id, environment_id, external_id, created_at, updated_at)
		SELECT 'exu_of' || right($1, 10) || n, id, 'user-' || n, now(), now() FROM environments, generate_series(1, $2::int) n WHERE project_id = $1 AND name = 'development'`, e.project, users)
	x := e.of(t, "announce-to-everybody")
	x.begins(t, `{"campaign":"spring"}`)
	told := x.told(t)
	if len(told) != 1 || told[0]["users"] != float64(users) || told[0]["failed"] != 0.0 {
		t.Errorf("%v", told)
	}
}

func tryDigest(t *testing.T, e examples) {
	p := examples{e.in("production"), e.ids, e.rates}
	x := p.of(t, "nightly-digest")
	run := func(status string) {
		t.Helper()
		id := p.call(t, http.MethodPost, "/v1/projects/{p}/workflows/"+x.id+"/triggers/nightly/run", `{}`).is(t, http.StatusAccepted).text(t, "run_id")
		p.ends(t, id, status)
	}
	run("ended_early") // nothing is new
	store := p.call(t, http.MethodPost, "/v1/projects/{p}/data_stores", `{"scope":"project","subject":""}`).is(t, http.StatusCreated).text(t, "id")
	for _, title := range []string{"One", "Two"} {
		p.call(t, http.MethodPut, "/v1/projects/{p}/data_stores/"+store+"/records/news%2F"+title, `{"value":{"title":"`+title+`"}}`).is(t, http.StatusOK)
	}
	run("succeeded")
	if told := x.told(t); len(told) != 1 || fmt.Sprint(told[0]) != "map[count:2 titles:[One Two]]" {
		t.Errorf("%v", told)
	}
	run("ended_early")
}

func tryRates(t *testing.T, e examples) {
	x := e.of(t, "rates-with-fallback")
	for _, want := range []struct {
		status int32
		says   string
	}{{503, `{"fresh":false,"rate":1}`}, {200, `{"fresh":true,"rate":1.25}`}, {500, `{"fresh":false,"rate":1.25}`}} {
		e.rates.Store(want.status)
		if r := x.post(t, `{}`).is(t, http.StatusOK); strings.TrimSpace(r.Body) != want.says {
			t.Errorf("a service that answers %d: %s, want %s", want.status, r.Body, want.says)
		}
	}
}

func trySeats(t *testing.T, e examples) {
	x := e.of(t, "seats-without-races")
	var sold atomic.Int32
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			switch r := x.post(t, fmt.Sprintf(`{"show":"hamlet","seat":"7a","who":"w%d"}`, n)); r.Status {
			case http.StatusCreated:
				sold.Add(1)
			case http.StatusConflict:
			default:
				t.Error(r.Status, r.Body)
			}
		})
	}
	if all.Wait(); sold.Load() != 1 {
		t.Errorf("sold %d times", sold.Load())
	}
}

func tryQuote(t *testing.T, e examples) {
	needs(t, "python3")
	r := e.of(t, "quote-an-order").post(t, `{"customer":"c1","lines":[{"price":3,"count":4},{"price":1,"count":5}]}`).is(t, http.StatusOK)
	if r.at(t, "sum") != 17.0 || r.text(t, "for") != "c1" {
		t.Error(r.Body)
	}
}

func tryWords(t *testing.T, e examples) {
	needs(t, "python3", "node", "bash")
	r := e.of(t, "words-in-three-languages").post(t, `{"text":"to be or not to be"}`).is(t, http.StatusOK)
	if fmt.Sprint(r.at(t, "words")) != "[BE NOT OR TO]" || r.at(t, "count") != 4.0 {
		t.Error(r.Body)
	}
}

func tryChanged(t *testing.T, e examples) {
	p := examples{e.in("production"), e.ids, e.rates}
	x := p.of(t, "contact-changed")
	account := p.account(t, "ada")
	live := func() reply { return p.event(t, x.id) }
	p.g.query(t, "UPDATE workflow_triggers SET due_at = now() WHERE type = 'app_event'")
	soon(t, "a user who is listened for", func() bool { return live().at(t, "data", 0, "deployed") == 1.0 })
	p.act(t, "create-contact", "ada", account, `"name":"Katherine Johnson"`).is(t, http.StatusOK)
	soon(t, "the event", func() bool { // among those of contacts that other examples change at the same app
		return slices.ContainsFunc(x.told(t), func(e map[string]any) bool { return e["user"] == "ada" && e["name"] == "Katherine Johnson" })
	})
}

func tryWatched(t *testing.T, e examples) {
	x, watch := e.of(t, "prices-that-are-watched"), e.of(t, "tell-of-failures")
	x.begins(t, `{"item":"tea","price":3}`)
	x.post(t, `{"item":"tea","price":"a lot"}`).is(t, http.StatusOK)
	watch.runs(t, "succeeded", 1)
	told := watch.told(t)
	if len(told) != 1 || told[0]["workflow"] != "Prices, watched" || told[0]["step"] != "sum" || told[0]["times"] != 1.0 {
		t.Errorf("%v", told)
	}
}

// needs skips a test for want of a program that runs code.
func needs(t *testing.T, programs ...string) {
	t.Helper()
	for _, name := range programs {
		if _, err := exec.LookPath(name); err != nil {
			t.Skip(err)
		}
	}
}
