package app_test

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/api/app"
	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// Credentials are shown to those with the scope of their own alone, and the log
// says to whom, from where and by which request.
func TestCredentialsAreGuarded(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	id := w.account(t, "ada")
	paths := []string{"/v1/connect/{p}/accounts/" + id, "/v1/connect/{p}/accounts", "/v1/connect/{p}/users/ada/accounts"}
	few := *w
	few.token = w.scoped("connect:*")
	for _, path := range paths {
		few.call(t, http.MethodGet, path+"?include_credentials=true", "").refused(t, http.StatusForbidden, "credentials_scope")
		few.call(t, http.MethodGet, path, "").is(t, http.StatusOK)
	}
	log := func() reply {
		return w.call(t, http.MethodGet, "/v1/audit_log?action=account.credentials_read&subject="+id, "").is(t, http.StatusOK)
	}
	if r := log(); r.at(t, "page_info", "total_count") != 0.0 {
		t.Fatalf("a read that was refused is in the log: %s", r.Body)
	}
	few.token = w.scoped("connect:accounts:read credentials:read")
	for _, path := range paths {
		few.call(t, http.MethodGet, path+"?include_credentials=true", "").is(t, http.StatusOK)
	}
	r := log()
	if r.at(t, "page_info", "total_count") != 3.0 || r.at(t, "data", 0, "actor", "id") != w.client || r.at(t, "data", 0, "actor", "kind") != "client" ||
		r.at(t, "data", 0, "actor", "name") != "server" || r.at(t, "data", 0, "actor", "address") != "127.0.0.1" || r.at(t, "data", 0, "external_user_id") != "ada" ||
		r.at(t, "data", 0, "project_id") != w.project || r.text(t, "data", 0, "request_id") == "" {
		t.Fatal(r.Body)
	}
}

// What is deleted and changed is in the log, under whoever did it.
func TestAuditLog(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home.newProject("Logged")
	w.account(t, "ada")
	own := w.account(t, "grace")
	g.do(t, http.MethodDelete, "/v1/connect/accounts/"+own, "", "Authorization", "Bearer "+w.connectToken(t, "grace", "")).is(t, http.StatusNoContent)
	w.call(t, http.MethodDelete, "/v1/connect/{p}/users/ada", "").is(t, http.StatusNoContent)
	o := w.call(t, http.MethodPost, "/v1/connect/{p}/oauth_apps", `{"app":"google_sheets","client_id":"id","client_secret":"s3cr3t-s"}`).is(t, http.StatusCreated).text(t, "id")
	w.call(t, http.MethodPut, "/v1/connect/{p}/oauth_apps/"+o, `{"name":"Sheets"}`).is(t, http.StatusOK)
	w.call(t, http.MethodDelete, "/v1/connect/{p}/oauth_apps/"+o, "").is(t, http.StatusNoContent)
	r := w.call(t, http.MethodGet, "/v1/audit_log?project_id={p}", "").is(t, http.StatusOK)
	want := []string{"oauth_app.deleted", "oauth_app.changed", "oauth_app.created", "user.deleted", "account.deleted", "account.deleted"}
	for i, action := range want {
		if r.text(t, "data", i, "action") != action {
			t.Fatalf("line %d is not %s: %s", i, action, r.Body)
		}
	}
	if r.at(t, "data", 5, "actor", "kind") != "connect_token" || r.at(t, "data", 5, "actor", "name") != "grace" || r.at(t, "data", 5, "subject") != own {
		t.Fatal(r.Body)
	}
	c := w.call(t, http.MethodPost, "/v1/clients", `{"name":"CI"}`).is(t, http.StatusCreated).text(t, "id")
	w.call(t, http.MethodDelete, "/v1/clients/"+c, "").is(t, http.StatusNoContent)
	if r := w.call(t, http.MethodGet, "/v1/audit_log?subject="+c, "").is(t, http.StatusOK); r.at(t, "page_info", "total_count") != 2.0 || r.at(t, "data", 0, "project_id") != nil {
		t.Fatal(r.Body)
	}
}

// Whom a request is from is what the connection says, unless it comes from a
// proxy that the operator named; and then no more than that proxy has added.
func TestCallersAddress(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	behind := g.beside(t, func(c *app.Config) { c.TrustedProxies = "127.0.0.0/8, 10.0.0.0/8" })
	tests := map[string]struct {
		at     string
		header [2]string
		want   string
	}{
		"nobody is believed unless named":            {g.api, [2]string{"X-Forwarded-For", "203.0.113.7"}, "127.0.0.1"},
		"a proxy is believed":                        {behind, [2]string{"X-Forwarded-For", "203.0.113.7"}, "203.0.113.7"},
		"what the client wrote before it is not":     {behind, [2]string{"X-Forwarded-For", "198.51.100.66, 203.0.113.7"}, "203.0.113.7"},
		"a proxy before the proxy is passed over":    {behind, [2]string{"X-Forwarded-For", "198.51.100.66, 203.0.113.7, 10.0.0.9"}, "203.0.113.7"},
		"what is no address is not believed":         {behind, [2]string{"X-Forwarded-For", "you"}, "127.0.0.1"},
		"a header that proxies do not add to is not": {behind, [2]string{"X-Real-Ip", "198.51.100.66"}, "127.0.0.1"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			made := g.do(t, http.MethodPost, tt.at+"/v1/clients", `{"name":"CI"}`, "Authorization", "Bearer "+w.token, tt.header[0], tt.header[1]).is(t, http.StatusCreated).text(t, "id")
			if r := w.call(t, http.MethodGet, "/v1/audit_log?subject="+made, "").is(t, http.StatusOK); r.at(t, "data", 0, "actor", "address") != tt.want {
				t.Fatalf("want %s: %s", tt.want, r.Body)
			}
		})
	}
	t.Run("measurements are for this machine, not for its proxy's visitors", func(t *testing.T) {
		t.Parallel()
		if r := g.do(t, http.MethodGet, "/metrics", ""); r.Status != http.StatusOK {
			t.Fatal(r.Status)
		}
		if r := g.do(t, http.MethodGet, "/metrics", "", "X-Forwarded-For", "203.0.113.7"); r.Status != http.StatusUnauthorized {
			t.Fatal(r.Status)
		}
	})
}

// The command and the doctor say that the log fits its chain, and when it does
// not, from which entry on.
func TestAuditCommand(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	made := g.home.call(t, http.MethodPost, "/v1/clients", `{"name":"CI"}`).is(t, http.StatusCreated).text(t, "id")
	d, err := db.Open(g.config.DatabaseURL, 2)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	if err := (&audit.Service{DB: d, Now: time.Now}).Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	said := g.must(t, "ok  entries 1 to", "audit", "verify")
	_, mark, _ := strings.Cut(said, "--expect ")
	mark = strings.TrimSpace(mark)
	workspace, _, _ := strings.Cut(mark, ":")
	g.must(t, "ok  entries 1 to", "audit", "verify", "--expect", mark)
	g.must(t, "ok  entries 1 to", "audit", "verify", "--workspace", workspace)
	g.refuses(t, "WORKSPACE:NUMBER:HASH", "audit", "verify", "--expect", "x")
	g.refuses(t, "was cut off", "audit", "verify", "--expect", workspace+":99:"+strings.Repeat("a", 64))
	g.refuses(t, "There is no command", "audit", "mend")
	if c, _ := g.doctor(t); c.state("audit log") != "ok" {
		t.Errorf("%+v", c)
	}
	err = d.System(t.Context(), func(tx *gorm.DB) error {
		return errors.Join(tx.Exec("ALTER TABLE audit_log DISABLE TRIGGER USER").Error, tx.Exec("UPDATE audit_log SET subject = 'cli_x' WHERE subject = ?", made).Error)
	})
	if err != nil {
		t.Fatal(err)
	}
	g.refuses(t, "is not what was sealed", "audit", "verify")
	if c, ok := g.doctor(t); ok || c.state("audit log") != "fail" {
		t.Errorf("%+v", c)
	}
}

// An export holds the chain: whoever has it can hold each entry against its hash.
// It is filtered as the list is, it is in the log itself, and a table has nothing in
// it that a spreadsheet would carry out.
func TestAuditExport(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	made := w.call(t, http.MethodPost, "/v1/clients", `{"name":"CI <&> ü"}`).is(t, http.StatusCreated).text(t, "id")
	w.call(t, http.MethodDelete, "/v1/clients/"+made, "").is(t, http.StatusNoContent)
	before, last := audit.Nothing, 0
	type line struct {
		Seq   int
		Hash  string
		Entry json.RawMessage
	}
	read := func(r reply) (out []line) {
		t.Helper()
		for text := range strings.Lines(r.is(t, http.StatusOK).Body) {
			var l line
			if err := json.Unmarshal([]byte(text), &l); err != nil {
				t.Fatal(text, err)
			}
			out = append(out, l)
		}
		return out
	}
	all := read(w.call(t, http.MethodGet, "/v1/audit_log/export", ""))
	for _, l := range all {
		sum := sha256.Sum256(append([]byte(before+"\n"), l.Entry...))
		if last++; l.Seq != last || l.Hash != hex.EncodeToString(sum[:]) {
			t.Fatalf("entry %d does not fit: %+v", last, l)
		}
		before = l.Hash
	}
	if last < 3 || !strings.Contains(string(all[last-1].Entry), audit.LogExported) {
		t.Fatalf("%d entries, the last %s", last, all[last-1].Entry)
	}
	if few := read(w.call(t, http.MethodGet, "/v1/audit_log/export?subject="+made, "")); len(few) != 2 || !strings.Contains(string(few[0].Entry), audit.APIClientCreated) {
		t.Fatalf("%+v", few)
	}
	table := w.call(t, http.MethodGet, "/v1/audit_log/export?format=csv&action=client.created&subject="+made, "").is(t, http.StatusOK)
	rows, err := csv.NewReader(strings.NewReader(table.Body)).ReadAll()
	if err != nil || len(rows) != 2 || rows[0][0] != "seq" || rows[1][3] != audit.APIClientCreated {
		t.Fatal(rows, err)
	}
	if theirs := read(g.stranger().call(t, http.MethodGet, "/v1/audit_log/export?subject="+made, "")); len(theirs) != 0 {
		t.Fatalf("a stranger sees %+v", theirs)
	}
	few := *w
	few.token = w.scoped("clients:read")
	few.call(t, http.MethodGet, "/v1/audit_log/export", "").refused(t, http.StatusForbidden, "permission")
}

// A change tells what was and what is, and of a secret only that it is another.
func TestAuditOfChanges(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home.newProject("Before")
	w.call(t, http.MethodPatch, "/v1/connect/projects/{p}", `{"name":"After","run_keep_days":7}`).is(t, http.StatusOK)
	r := w.call(t, http.MethodGet, "/v1/audit_log?action=project.changed&project_id={p}", "").is(t, http.StatusOK)
	if r.at(t, "data", 0, "details", "before", "name") != "Before" || r.at(t, "data", 0, "details", "after", "name") != "After" || r.at(t, "data", 0, "details", "after", "run_keep_days") != 7.0 {
		t.Error(r.Body)
	}
	o := w.call(t, http.MethodPost, "/v1/connect/{p}/oauth_apps", `{"app":"google_sheets","client_id":"id-1","client_secret":"s3cr3t-one"}`).is(t, http.StatusCreated).text(t, "id")
	w.call(t, http.MethodPut, "/v1/connect/{p}/oauth_apps/"+o, `{"client_id":"id-2","client_secret":"s3cr3t-two"}`).is(t, http.StatusOK)
	r = w.call(t, http.MethodGet, "/v1/audit_log?action=oauth_app.changed&subject="+o, "").is(t, http.StatusOK)
	if r.at(t, "data", 0, "details", "after", "client_secret") != "(changed)" || r.at(t, "data", 0, "details", "before", "client_id") != "id-1" || strings.Contains(r.Body, "s3cr3t") {
		t.Error(r.Body)
	}
	e := w.call(t, http.MethodPost, "/v1/projects/{p}/endpoints", `{"url":"http://127.0.0.1:9/one?token=s3cr3t"}`).is(t, http.StatusCreated).text(t, "id")
	w.call(t, http.MethodPatch, "/v1/projects/{p}/endpoints/"+e, `{"url":"http://127.0.0.1:9/two","headers":{"X-Key":"s3cr3t"}}`).is(t, http.StatusOK)
	r = w.call(t, http.MethodGet, "/v1/audit_log?subject="+e, "").is(t, http.StatusOK)
	if r.at(t, "data", 0, "details", "before", "url") != "http://127.0.0.1:9/one?…" || r.at(t, "data", 0, "details", "after", "headers") != "(changed)" || strings.Contains(r.Body, "s3cr3t") {
		t.Error(r.Body)
	}
}

// The log reaches the address that a workspace names, from the worker, in the order of
// its chain; what became of it is told, and the address gets nothing after it is taken away.
func TestAuditLogIsSent(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	g.work()
	to := testkit.NewReceiver(t)
	made := w.call(t, http.MethodPut, "/v1/audit_log/webhook", `{"url":"`+to.URL+`","start":"beginning"}`).is(t, http.StatusOK)
	key := made.text(t, "data", "signing_key")
	state := func() reply { return w.call(t, http.MethodGet, "/v1/audit_log/webhook", "").is(t, http.StatusOK) }
	if r := state(); strings.Contains(r.Body, key) {
		t.Fatal("the key is shown again")
	}
	c := w.call(t, http.MethodPost, "/v1/clients", `{"name":"CI"}`).is(t, http.StatusCreated).text(t, "id")
	arrived := func(text string) bool {
		for _, call := range to.Calls() {
			if strings.Contains(call.Body, text) {
				return call.Signed(key)
			}
		}
		return false
	}
	soon(t, "the entry to be sent", func() bool { return arrived(c) })
	soon(t, "nothing to wait", func() bool {
		r := state()
		return r.at(t, "data", "waiting") == 0.0 && r.at(t, "data", "last_sent_at") != nil
	})
	w.call(t, http.MethodDelete, "/v1/audit_log/webhook?unchanged_since=2001-01-01T00:00:00Z", "").refused(t, http.StatusConflict, "changed_meanwhile")
	w.call(t, http.MethodDelete, "/v1/audit_log/webhook", "").is(t, http.StatusNoContent)
	if r := state(); r.at(t, "data") != nil {
		t.Fatal(r.Body)
	}
	w.call(t, http.MethodPost, "/v1/audit_log/webhook/pause", "").refused(t, http.StatusNotFound, "audit_webhook_not_found")
}
