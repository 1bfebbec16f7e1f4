package app_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/api/app"
	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
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
	g.refuses(t, "usage", "audit", "mend")
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
