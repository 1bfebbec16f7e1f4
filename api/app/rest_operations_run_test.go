package app_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/patchbay-dev/patchbay/api/app"
	"github.com/patchbay-dev/patchbay/internal/access"
	"github.com/patchbay-dev/patchbay/internal/audit"
)

// Each operation of the contract, seen by everybody who may and may not call
// it: the workspace's own server, no one, a token without the scope, another
// workspace, the other environment, a connect token of the user and of another.
func TestOperations(t *testing.T) {
	t.Parallel()
	blobs := "file://" + t.TempDir()
	g := newRig(t, func(c *app.Config) { c.Blobs, c.PayloadMost = blobs, 100_000 })
	left, documented := map[string]bool{}, readExamples(t)
	for id := range operations {
		left[id] = true
	}
	for _, op := range everyOperation(t) {
		row, ok := operations[op.OperationID]
		if !ok {
			t.Errorf("%s has no row", op.OperationID)
			continue
		}
		delete(left, op.OperationID)
		c := &opCase{
			operation: row, method: op.method, path: op.path, permission: op.permission, oauth: op.takes("oauth"), connect: op.takes("connectToken"), scoped: op.scoped(), deprecated: op.Deprecated,
		}
		t.Run(op.OperationID, func(t *testing.T) {
			t.Parallel()
			c.run(t, g, op.OperationID, documented)
		})
	}
	for id := range left {
		t.Errorf("the row %s is of no operation", id)
	}
}

// opCase is a row joined with what the contract says.
type opCase struct {
	operation
	method, path, permission string
	oauth, connect, scoped   bool
	deprecated               bool

	known   map[string]string // what the owner has, by name
	asked   string            // what a request holds
	refused []string          // who was refused, and how: a row of the isolation matrix
}

// attack notes what one who may not got. It holds no id of the owner's but one that
// was asked for.
func (c *opCase) attack(t *testing.T, who string, r reply) reply {
	t.Helper()
	for name, v := range c.known {
		if len(v) > 20 && strings.Contains(v, "_") && v != "appcat_demo" && strings.Contains(r.Body, v) && !strings.Contains(c.asked, v) {
			t.Errorf("%s is told %s\n%s", who, name, r.Body)
		}
	}
	c.refused = append(c.refused, fmt.Sprintf("%s %d", who, r.Status))
	return r
}

func (c *opCase) run(t *testing.T, g *rig, id string, documented *samples) {
	home := g.home
	if c.alone {
		home = g.workspace("home of " + id)
	}
	w := home.newProject("My SaaS")
	f := &filler{t: t, w: w, known: map[string]string{"project_id": w.project}, user: user, own: strings.HasPrefix(c.path, "/app_files"), tools: strings.HasPrefix(c.path, "/mcp_servers"), change: strings.HasSuffix(c.path, "/accept") || strings.HasSuffix(c.path, "/decline"), component: "acme-crm-key-add-note"}
	if strings.Contains(c.path, "/triggers/") {
		f.component = "acme-crm-key-new-contact"
	}
	path := f.fill(c.path, c.shows)
	c.query = f.text(c.query)
	ask := func(w *workspace, token, path, query, body string, header ...string) reply {
		if query != "" {
			path += "?" + query
		}
		headers := []string{"X-Pd-Environment", w.environment}
		if token != "" {
			headers = append(headers, "Authorization", "Bearer "+token)
		}
		return g.do(t, c.method, "/v1"+path, body, append(append(headers, c.header...), header...)...)
	}
	body := f.text(c.body)
	c.known, c.asked = f.known, path+c.query+body
	own := w.token
	if !c.oauth && c.connect {
		own = f.get("ctok")
	}
	for name, b := range c.bad {
		p, q, in := path, c.query, body
		if b.path != "" {
			p = f.text(b.path)
		}
		if b.query != "" {
			q = b.query
		}
		if b.body != "" {
			in = b.body
		}
		r := ask(w, own, p, q, in, b.header...)
		if r.Status != http.StatusBadRequest || !strings.Contains(strings.ToLower(r.Body), strings.ToLower(b.says)) {
			t.Errorf("%s: status %d, want 400 and a sentence that names %q\n%s", name, r.Status, b.says, r.Body)
		}
	}
	if c.oauth || c.connect {
		c.attack(t, "no token", ask(w, "", path, c.query, body)).refused(t, http.StatusUnauthorized, "unauthenticated")
		c.attack(t, "forged token", ask(w, "eyJhbGciOiJub25lIn0.e30.", path, c.query, body)).refused(t, http.StatusUnauthorized, "unauthenticated")
		c.attack(t, "forged connect token", ask(w, "ctok_"+strings.Repeat("0", 32), path, c.query, body)).refused(t, http.StatusUnauthorized, "connect_token_invalid")
	}
	switch {
	case c.oauth:
		lacking := c.attack(t, "other scopes", ask(w, w.scoped(c.others()), path, c.query, body)).refused(t, http.StatusForbidden, "permission")
		if lacking.text(t, "details", "scope") != c.permission {
			t.Errorf("it is not said that %s is lacking: %s", c.permission, lacking.Body)
		}
		c.strangers(t, g, f, path, body, ask)
		own = w.scoped(c.permission) // no more than the operation needs
	case c.connect:
		c.attack(t, "access token", ask(w, w.token, path, c.query, body)).refused(t, http.StatusForbidden, "token_kind")
	}
	c.connectTokens(t, w, path, body, ask)
	if len(c.refused) > 0 {
		t.Attr("refused", strings.Join(c.refused, ", "))
	}
	happy := ask(w, own, path, c.query, body).is(t, c.want)
	c.audits(t, g, id, happy)
	if since := happy.Header.Get("Deprecation"); c.deprecated != (len(since) == len("@1700000000")) {
		t.Errorf("deprecated %v, and answered with Deprecation: %q", c.deprecated, since)
	}
	documented.check(t, id, path, c.query, body, happy)
	for _, text := range c.shows {
		if text = f.text(text); !strings.Contains(happy.Body, text) {
			t.Errorf("the answer does not hold %s\n%s", text, happy.Body)
		}
	}
}

// others returns every scope that does not cover the operation's.
func (c *opCase) others() string {
	var out []string
	for _, s := range access.Scopes {
		if !access.Allows([]string{s}, c.permission) {
			out = append(out, s)
		}
	}
	return strings.Join(out, " ")
}

type asker func(w *workspace, token, path, query, body string, header ...string) reply

// strangers checks that another workspace learns nothing: it cannot enter the
// project, and in its own project the ids are as if they did not exist. The
// project's other environment is as strange.
func (c *opCase) strangers(t *testing.T, g *rig, f *filler, path, body string, ask asker) {
	t.Helper()
	stranger := g.stranger
	if c.alone {
		stranger = func() *workspace { return g.workspace("stranger to " + f.w.id) }
	}
	w, s := f.w, stranger().newProject("Theirs")
	if strings.Contains(c.path, "{project_id}") {
		missing := strings.ReplaceAll(path, w.project, "proj_"+strings.Repeat("0", 26))
		same(t, "the project of another workspace", c.attack(t, "stranger", ask(s, s.token, path, c.query, body)), ask(s, s.token, missing, c.query, body))
	}
	theirs := strings.ReplaceAll(path, w.project, s.project)
	if c.stranger != 0 {
		r := c.attack(t, "stranger at home", ask(s, s.token, theirs, c.query, body)).is(t, c.stranger)
		for name, secret := range f.known {
			if secret != "" && name != "app_id" && name != "app_source" && name != "version" && name != "kind" && name != "component_id" && !strings.Contains(c.path, "{component_name}") && !strings.Contains(c.path, "/mcp_servers/") && !strings.Contains(c.path, "{variable_name}") && secret != "appcat_demo" && secret != user && strings.Contains(r.Body, secret) {
				t.Errorf("another workspace is shown %s\n%s", secret, r.Body)
			}
		}
		return
	}
	if theirs != path && f.missing(theirs) != theirs {
		same(t, "an id in another workspace's project", c.attack(t, "stranger with its ids", ask(s, s.token, theirs, c.query, body)), ask(s, s.token, f.missing(theirs), c.query, body))
	} else if !strings.Contains(c.path, "{project_id}") {
		same(t, "another workspace's id", c.attack(t, "stranger with its ids", ask(s, s.token, path, c.query, body)), ask(s, s.token, f.missing(path), c.query, body))
	}
	if c.scoped && !c.both && f.missing(path) != path {
		p := w.in("production")
		same(t, "an id of the other environment", c.attack(t, "other environment", ask(p, p.token, path, c.query, body)), ask(p, p.token, f.missing(path), c.query, body))
	}
}

// same checks that two answers are the same 404.
func same(t *testing.T, what string, got, missing reply) {
	t.Helper()
	if got.Status != http.StatusNotFound || missing.Status != http.StatusNotFound || got.text(t, "code") != missing.text(t, "code") || got.text(t, "error") != missing.text(t, "error") {
		t.Errorf("%s: %d %s\nwhat is missing: %d %s", what, got.Status, got.Body, missing.Status, missing.Body)
	}
}

// connectTokens checks what a user's browser may do: nothing where the contract
// does not name connect tokens, and else only what is the user's own.
func (c *opCase) connectTokens(t *testing.T, w *workspace, path, body string, ask asker) {
	t.Helper()
	if !c.oauth {
		return
	}
	own, another := w.connectToken(t, user, ""), w.connectToken(t, "user-2", "")
	if !c.connect {
		c.attack(t, "connect token", ask(w, own, path, c.query, body)).refused(t, http.StatusForbidden, "token_kind")
		return
	}
	c.attack(t, "connect token of other scopes", ask(w, w.connectToken(t, user, `"scope":"connect:proxy"`), path, c.query, body)).refused(t, http.StatusForbidden, "permission")
	if strings.Contains(c.path, "{project_id}") {
		c.attack(t, "connect token elsewhere", ask(w, own, strings.ReplaceAll(path, w.project, "proj_"+strings.Repeat("0", 26)), c.query, body)).refused(t, http.StatusNotFound, "project_not_found")
		c.attack(t, "connect token in the other environment", ask(w.in("production"), own, path, c.query, body)).refused(t, http.StatusForbidden, "other_environment")
	}
	r := c.attack(t, "connect token of another user", ask(w, another, path, c.query, body))
	switch {
	case strings.Contains(c.path, "{external_user_id}"), c.asks != "" && strings.Contains(c.query, c.asks), strings.Contains(c.body, "external_user_id"):
		r.refused(t, http.StatusForbidden, "other_user")
	case strings.Contains(c.path, "{account_id}"):
		r.refused(t, http.StatusNotFound, "account_not_found")
	case strings.Contains(r.Body, user+`"`):
		t.Errorf("a connect token of user-2 is shown what is of %s\n%s", user, r.Body)
	}
}

// unaudited are operations that write and leave nothing in the audit log. Each says why.
var unaudited = map[string]string{
	"completeAuthorizationRequest": "a step of a user's signing in, which is in the log when they allow it",

	"createConnectToken":      "one for each user who connects; what is done with it is in the log under it",
	"createAccount":           "what a user connects is in the events and the recorded session",
	"checkAccount":            "looks at an app, and changes nothing that anybody set",
	"testOAuthApp":            "looks at an app, and changes nothing that anybody set",
	"lookAtMCPServer":         "looks at a server; what it finds changed is in the log",
	"runAction":               "is in the log of actions",
	"cancelActionRun":         "is in the log of actions",
	"uploadStashFile":         "what users and runs put there, for a day",
	"deleteStashFile":         "what users and runs put there, for a day",
	"confirmUserVerification": "a step of a user's connecting, recorded with it",
	"retryTriggerOrphan":      "does again what was to be done",
	"testEndpoint":            "sends a sample",
	"testAuditWebhook":        "sends a sample",
	"testNotificationRoute":   "sends a sample",
	"testWorkflow":            "a run of a draft, which keeps nothing",
	"startRun":                "is in the list of runs, with who started it",
	"runWorkflowTrigger":      "is in the list of runs",
	"setRecord":               "data of workflows",
	"deleteRecord":            "data of workflows",
	"incrementRecord":         "data of workflows",
}

// auditedWhen are operations whose request in the table changes nothing: it is
// refused, finds nothing to do, or asks for what is there. The entry is what they
// leave when they do something.
var auditedWhen = map[string]string{
	"savePrivateComponent": audit.ComponentSaved, "saveAppFile": audit.AppFileChanged, "restoreAppFileVersion": audit.AppFileChanged,
	"setConnectDomain": audit.DomainChanged, "deleteConnectDomain": audit.DomainRemoved, "deleteProjectWebhook": audit.EndpointDeleted, "applyWorkflows": audit.WorkflowsApplied,
	"replayRun": audit.RunReplayed, "retryRun": audit.RunRetried, "requeueRuns": audit.RunsRetried, "discardRuns": audit.RunsDiscarded, "answerRun": audit.RunAnswered,
	"discardDeadLetters": audit.DeadDiscarded, "resumeReplay": audit.ReplayResumed, "resumeRunReplay": audit.RunReplayResumed,
	"releaseRunQueue": audit.QueueReleased, "clearRunQueue": audit.QueueCleared,
	"promote": audit.SettingsPromoted,
}

// readAudited are operations that change nothing and are in the log all the same.
var readAudited = map[string][]string{"exportAuditLog": {audit.LogExported}, "exportProject": {audit.ProjectExported}}

// audits checks that what writes is in the audit log, under its request, and that
// what reads a credential is.
func (c *opCase) audits(t *testing.T, g *rig, id string, r reply) {
	t.Helper()
	var actions []string
	err := g.asOwner(t, func(db *pgx.Conn) error {
		rows, err := db.Query(t.Context(), "SELECT action FROM audit_log WHERE request_id = $1", r.Header.Get("X-Request-Id"))
		if err == nil {
			actions, err = pgx.CollectRows(rows, pgx.RowTo[string])
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	writes := c.method != http.MethodGet && c.permission != "" && !c.reads()
	switch because := unaudited[id]; {
	case writes && because == "" && len(actions) == 0 && auditedWhen[id] == "":
		t.Errorf("%s writes, and leaves nothing in the audit log: write an entry, or say in unaudited why not", id)
	case auditedWhen[id] != "" && len(actions) > 0 && actions[0] != auditedWhen[id]:
		t.Errorf("%s left %v, and is said to leave %s", id, actions, auditedWhen[id])
	case because != "" && len(actions) > 0:
		t.Errorf("%s is said to leave nothing in the audit log, and left %v", id, actions)
	case because == "" && !writes && len(actions) > 0 && !slices.Equal(slices.Compact(actions), readAudited[id]):
		t.Errorf("%s reads, and left %v", id, actions)
	}
}

// reads reports whether an operation that is no GET changes nothing.
func (c *opCase) reads() bool {
	return strings.HasSuffix(c.permission, ":read") || strings.HasSuffix(c.path, "/configure") || strings.HasSuffix(c.path, "/props")
}
