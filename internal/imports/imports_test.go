package imports_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/appfile"
	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/demo"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/imports"
	"github.com/patchbay-dev/patchbay/internal/provider"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// Faults of one file, whose sentences name what is wrong with it.
var (
	errColumn = fault.New(fault.Invalid, "import_column", "")
	errCSV    = fault.New(fault.Invalid, "import_csv", "")
)

type rig struct {
	*imports.Service
	t     *testing.T
	clock *testkit.Clock
	scope tenant.Scope
	oauth *account.OAuthApp
}

func newRig(t *testing.T) *rig {
	t.Helper()
	d, clock := testkit.DB(t), testkit.NewClock()
	acme := demo.New(demo.Config{Now: clock.Now})
	srv := httptest.NewServer(acme.Handler())
	t.Cleanup(func() { srv.Close(); acme.Close() })
	acme.SetBaseURL(srv.URL)
	shipped, err := catalog.Load("https://patchbay.test", srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	out, queue := testkit.Guard().Client(5*time.Second, 16), testkit.DeadQueue(t)
	accounts := &account.Service{
		DB: d, Box: testkit.Box(t), Catalog: &appfile.Service{DB: d, Shipped: shipped, Now: clock.Now}, Client: out, Stream: out,
		Provider: &provider.Client{HTTP: out, Now: clock.Now}, Queue: queue, Webhooks: &webhook.Service{DB: d, Queue: queue}, Now: clock.Now,
	}
	r := &rig{t: t, clock: clock, scope: testkit.Scope(t, d), Service: &imports.Service{DB: d, Box: accounts.Box, Accounts: accounts, Queue: queue, Now: clock.Now}}
	if r.oauth, err = accounts.Register(t.Context(), r.scope.Project(), "acme_crm", account.OAuthAppInput{ClientID: "patchbay", ClientSecret: "s3cret"}); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) start(f imports.File, content string) *imports.Import {
	r.t.Helper()
	f.Name, f.Content = "tokens", strings.NewReader(content)
	if f.Format == "" {
		f.Format = imports.JSONL
	}
	im, err := r.Start(r.t.Context(), r.scope, f)
	if err != nil {
		r.t.Fatal(err)
	}
	return im
}

func (r *rig) finish(im *imports.Import) *imports.Import {
	r.t.Helper()
	if err := r.Advance(r.t.Context(), r.scope, im.ID); err != nil {
		r.t.Fatal(err)
	}
	im, err := r.Get(r.t.Context(), r.scope, im.ID)
	if err != nil || im.Status != imports.Finished || im.FinishedAt == nil {
		r.t.Fatalf("%+v, %v", im, err)
	}
	return im
}

func (r *rig) accounts() []account.Account {
	r.t.Helper()
	page, err := r.Accounts.ListRevealed(r.t.Context(), r.scope, account.Filter{}, db.Cursor{Limit: 1000})
	if err != nil {
		r.t.Fatal(err)
	}
	return page.Items
}

// failures returns the codes of the rows that failed, by line.
func (r *rig) failures(im *imports.Import) map[int]string {
	r.t.Helper()
	rows, err := r.Errors(r.t.Context(), r.scope, im.ID, 0, 1000)
	if err != nil {
		r.t.Fatal(err)
	}
	out := map[int]string{}
	for _, row := range rows {
		out[row.Line] = row.Code
		if strings.Contains(row.Error, "s3cret") || row.Payload != nil {
			r.t.Errorf("line %d shows a secret or keeps it: %s", row.Line, row.Error)
		}
	}
	return out
}

// Rows of both forms become the same accounts, with all that they say; one with
// a refresh token is refreshed like any other.
func TestImport(t *testing.T) {
	t.Parallel()
	files := map[imports.Format]string{
		imports.JSONL: `{"import_id":"a","external_user_id":"ada","app":"acme_crm","access_token":"at-s3cret","refresh_token":"rt-s3cret","expires_at":"2099-01-01T00:00:00Z","scopes":["contacts.read","deals.read"],"identity_id":"u1","name":"Ada at Acme","created_at":1500000000}

{"external_user_id":"grace","app":"acme_crm_key","fields":{"api_key":"acme_s3cret"}}
{"external_user_id":"grace","app":"acme_crm","refresh_token":"rt-2"}`,
		imports.CSV: "\xef\xbb\xbfimport_id,external_user_id,app,access_token,refresh_token,expires_at,scopes,identity_id,name,created_at,fields.api_key\r\n" +
			"a,ada,acme_crm,at-s3cret,rt-s3cret,2099-01-01T00:00:00Z,contacts.read deals.read,u1,Ada at Acme,1500000000,\r\n" +
			",grace,acme_crm_key,,,,,,,,acme_s3cret\r\n,grace,acme_crm,,rt-2,,,,,,\r\n",
	}
	for format, content := range files {
		t.Run(string(format), func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			im := r.finish(r.start(imports.File{Format: format}, content))
			if diff := cmp.Diff(map[imports.RowStatus]int{imports.Imported: 3}, im.Counts); diff != "" || im.Total != 3 {
				t.Fatal(diff, r.failures(im))
			}
			all := r.accounts()
			ada, key, bare := all[2], all[1], all[0]
			if ada.ExternalID != "ada" || *ada.Name != "Ada at Acme" || *ada.IdentityID != "u1" || *ada.OauthAppID != r.oauth.ID || !cmp.Equal(ada.Scopes, []string{"contacts.read", "deals.read"}) ||
				ada.CreatedAt.Unix() != 1500000000 || ada.ExpiresAt.Year() != 2099 || ada.NextRefreshAt == nil || !ada.Healthy ||
				ada.Revealed["oauth_access_token"] != "at-s3cret" || ada.Revealed["oauth_refresh_token"] != "rt-s3cret" {
				t.Errorf("%+v", ada)
			}
			if key.ExternalID != "grace" || key.Revealed["api_key"] != "acme_s3cret" || key.NextRefreshAt != nil || key.OauthAppID != nil {
				t.Errorf("%+v", key)
			}
			if bare.NextRefreshAt == nil || bare.NextRefreshAt.After(r.clock.Now()) {
				t.Errorf("a token of unknown age is not refreshed at once: %+v", bare)
			}
			var sealed int
			err := r.DB.In(t.Context(), r.scope, func(tx *gorm.DB) error {
				return tx.Raw("SELECT count(*) FROM import_rows WHERE payload IS NOT NULL").Scan(&sealed).Error
			})
			if err != nil || sealed != 0 {
				t.Errorf("%d rows keep what they held, %v", sealed, err)
			}
		})
	}
}

// Each row that is wrong says so by its line, and the others are imported.
func TestRowsThatAreWrong(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	const good = `{"external_user_id":"ada","app":"acme_crm_key","fields":{"api_key":"acme_1"}}`
	lines := []struct{ text, code string }{
		{good, ""},
		{`{"external_user_id":"ada"`, "row"},
		{`["s3cret"]`, "row"},
		{good + `{"s3cret":1}`, "row"},
		{`{"external_user_id":"ada","app":"acme_crm_key","password":"s3cret"}`, "field_unknown"},
		{`{"external_user_id":7,"app":"acme_crm_key"}`, "field_type"},
		{`{"external_user_id":"","app":"acme_crm_key","fields":{"api_key":"acme_1"}}`, "external_user_id"},
		{`{"external_user_id":"a\u0000b","app":"acme_crm_key","fields":{"api_key":"acme_1"}}`, "text"},
		{`{"external_user_id":"ada","app":"acme_crm_key"}`, "credential"},
		{`{"external_user_id":"ada","app":"no_such","access_token":"s3cret"}`, "app_not_found"},
		{`{"external_user_id":"ada","app":"acme_crm","auth":"magic","access_token":"s3cret"}`, "auth_method"},
		{`{"external_user_id":"ada","app":"acme_crm","oauth_app_id":"oa_1","access_token":"s3cret"}`, "oauth_app_not_found"},
		{`{"external_user_id":"ada","app":"google_sheets","access_token":"s3cret"}`, "no_oauth_app"},
		{`{"external_user_id":"ada","app":"acme_crm_key","access_token":"s3cret"}`, "not_oauth"},
		{`{"external_user_id":"ada","app":"acme_crm","fields":{"api_key":"s3cret"}}`, "credential"},
		{`{"external_user_id":"ada","app":"acme_crm_key","fields":{"api_key":"not one s3cret"}}`, "field_form"},
		{`{"external_user_id":"ada","app":"acme_crm_key","fields":{"api_key":"acme_1","x":"s3cret"}}`, "field_unknown"},
		{`{"external_user_id":"ada","app":"acme_crm","access_token":"a","expires_at":"soon"}`, "time"},
		{`{"external_user_id":"ada","app":"acme_crm","access_token":"a","created_at":"2999-01-01"}`, "created_at"},
		{`{"import_id":"x","external_user_id":"ada","app":"acme_crm_key","fields":{"api_key":"acme_2"}}`, ""},
		{`{"import_id":"x","external_user_id":"ada","app":"acme_crm_key","fields":{"api_key":"acme_2"}}`, "import_id_twice"},
		{`{"external_user_id":"ada","app":"acme_crm","access_token":"` + strings.Repeat("a", 70_000) + `"}`, "row_too_large"},
	}
	var content []string
	want := map[int]string{}
	for i, l := range lines {
		content = append(content, l.text)
		if l.code != "" {
			want[i+1] = l.code
		}
	}
	im := r.finish(r.start(imports.File{}, strings.Join(content, "\n")))
	if diff := cmp.Diff(want, r.failures(im)); diff != "" {
		t.Error(diff)
	}
	if im.Counts[imports.Imported] != 2 || len(r.accounts()) != 2 {
		t.Errorf("%v", im.Counts)
	}
}

// A file that is none is refused as a whole, with what is wrong with it.
func TestFilesThatAreNone(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	tests := map[string]struct {
		format  imports.Format
		content string
		want    error
	}{
		"empty":            {imports.JSONL, "\n \n", imports.ErrEmpty},
		"an empty table":   {imports.CSV, "external_user_id,app\n", imports.ErrEmpty},
		"not UTF-8":        {imports.JSONL, "{\"a\":\"\xff\"}", imports.ErrEncoding},
		"no format":        {"xlsx", "x", imports.ErrFormat},
		"too long":         {imports.JSONL, strings.Repeat("x", imports.MaxSize+1), imports.ErrTooLarge},
		"too many rows":    {imports.JSONL, strings.Repeat("{}\n", imports.MaxRows+1), imports.ErrTooLarge},
		"too many cells":   {imports.CSV, "app\n" + strings.Repeat("x\n", imports.MaxRows+1), imports.ErrTooLarge},
		"an unknown name":  {imports.CSV, "external_user_id,secret\nada,x\n", errColumn},
		"a name twice":     {imports.CSV, "app,app\nx,y\n", errColumn},
		"a lost quotation": {imports.CSV, "external_user_id,app\n\"ada,x\n", errCSV},
	}
	for name, tt := range tests {
		_, err := r.Start(t.Context(), r.scope, imports.File{Format: tt.format, Content: strings.NewReader(tt.content)})
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
	if page, err := r.List(t.Context(), r.scope, db.Cursor{}); err != nil || page.Total != 0 {
		t.Error(page, err)
	}
}

// A dry run says what would happen and makes nothing; a file that is sent again
// makes nothing twice, and a deleted account may be brought again.
func TestDryRunAndAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	content := key("ada", "acme_1") + `{"external_user_id":"eve","app":"no_such","access_token":"x"}` + "\n" + `{"import_id":"7","external_user_id":"grace","app":"acme_crm_key","fields":{"api_key":"acme_2"}}`
	want := func(what string, im *imports.Import, counts map[imports.RowStatus]int, accounts int) {
		t.Helper()
		if diff := cmp.Diff(counts, im.Counts); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
		if n := len(r.accounts()); n != accounts {
			t.Errorf("%s: %d accounts, want %d", what, n, accounts)
		}
	}
	want("a dry run", r.finish(r.start(imports.File{DryRun: true}, content)), map[imports.RowStatus]int{imports.Valid: 2, imports.Failed: 1}, 0)
	want("the first time", r.finish(r.start(imports.File{}, content)), map[imports.RowStatus]int{imports.Imported: 2, imports.Failed: 1}, 2)
	want("again", r.finish(r.start(imports.File{}, content)), map[imports.RowStatus]int{imports.Skipped: 2, imports.Failed: 1}, 2)
	want("another file with the id", r.finish(r.start(imports.File{}, key("new", "acme_3")+`{"import_id":"7","external_user_id":"grace","app":"acme_crm_key","fields":{"api_key":"acme_2"}}`)),
		map[imports.RowStatus]int{imports.Skipped: 1, imports.Imported: 1}, 3)
	if _, err := r.Accounts.DeleteUser(t.Context(), r.scope, "grace"); err != nil {
		t.Fatal(err)
	}
	want("after it was deleted", r.finish(r.start(imports.File{}, content)), map[imports.RowStatus]int{imports.Skipped: 1, imports.Imported: 1, imports.Failed: 1}, 3)
}

// key is a row of a key and its end of line.
func key(user, value string) string {
	return fmt.Sprintf(`{"external_user_id":%q,"app":"acme_crm_key","fields":{"api_key":%q}}`+"\n", user, value)
}

// Tried first, a credential that the app refuses makes no account.
func TestTry(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	content := key("ada", demo.DemoKey) + key("eve", "acme_wrong") + `{"external_user_id":"eve","app":"acme_crm","access_token":"wrong-s3cret"}` + "\n" +
		`{"external_user_id":"eve","app":"acme_crm","access_token":"old","refresh_token":"r","expires_at":"2001-01-01"}`
	for _, dry := range []bool{true, false} {
		im := r.finish(r.start(imports.File{Test: true, DryRun: dry}, content))
		if diff := cmp.Diff(map[int]string{2: "test_request_failed", 3: "test_request_failed"}, r.failures(im)); diff != "" {
			t.Error(diff)
		}
	}
	all := r.accounts()
	if len(all) != 2 || all[1].ExternalID != "ada" || *all[1].Name != "Ada Lovelace" {
		t.Fatalf("%+v", all)
	}
}

// A worker that dies leaves what it did done and the rest to another, who waits
// for its lease; workers at once, and the same file twice at once, double nothing.
func TestKilledAndRaced(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	const n = 120
	content := ""
	for i := range n {
		content += key(fmt.Sprint("user-", i), "acme_1")
	}
	first := r.start(imports.File{}, content)
	dying, kill := context.WithCancel(t.Context())
	go func() {
		for {
			if im, err := r.Get(t.Context(), r.scope, first.ID); err != nil || im.Counts[imports.Imported] > 5 {
				kill()
				return
			}
		}
	}()
	_ = r.Advance(dying, r.scope, first.ID)
	im, err := r.Get(t.Context(), r.scope, first.ID)
	if err != nil || im.Status == imports.Finished {
		t.Fatalf("it was not killed half-way: %+v, %v", im, err)
	}
	// A lease of a process that was killed ends by itself.
	err = r.DB.In(t.Context(), r.scope, func(tx *gorm.DB) error {
		return tx.Exec("UPDATE imports SET lease_id = 'lease_dead', lease_until = ? WHERE id = ?", r.clock.Now().Add(time.Minute), first.ID).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Advance(t.Context(), r.scope, first.ID); err != nil {
		t.Fatal(err)
	}
	if again, err := r.Get(t.Context(), r.scope, first.ID); err != nil || again.Counts[imports.Pending] != im.Counts[imports.Pending] {
		t.Fatalf("a held import went on: %+v, %v", again, err)
	}
	r.clock.Pass(2 * time.Minute)
	second := r.start(imports.File{}, content)
	var g errgroup.Group
	for _, id := range []string{first.ID, first.ID, second.ID} {
		g.Go(func() error { return r.Advance(t.Context(), r.scope, id) })
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	all := map[string]int{}
	for _, a := range r.accounts() {
		all[a.ExternalID]++
	}
	for user, times := range all {
		if times != 1 {
			t.Errorf("%s has %d accounts", user, times)
		}
	}
	if len(all) != n {
		t.Errorf("%d users, want %d", len(all), n)
	}
	for _, id := range []string{first.ID, second.ID} {
		if im, err := r.Get(t.Context(), r.scope, id); err != nil || im.Status != imports.Finished || im.Counts[imports.Imported]+im.Counts[imports.Skipped] != n {
			t.Errorf("%+v, %v", im, err)
		}
	}
}

// To another tenant there is no such import, and its rows go nowhere else.
func TestAnotherTenant(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	im := r.start(imports.File{}, key("ada", "acme_1"))
	other := testkit.Scope(t, r.DB)
	if _, err := r.Get(t.Context(), other, im.ID); !errors.Is(err, imports.ErrNotFound) {
		t.Error(err)
	}
	if _, err := r.Errors(t.Context(), other, im.ID, 0, 10); !errors.Is(err, imports.ErrNotFound) {
		t.Error(err)
	}
	if err := r.Advance(t.Context(), other, im.ID); err != nil || len(r.accounts()) != 0 {
		t.Error(err)
	}
}
