package connect_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/connect"
	"github.com/patchbay-dev/patchbay/internal/demo"
	"github.com/patchbay-dev/patchbay/internal/fault"
)

// Keys of the right form make an account and use the token up.
func TestKeys(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	raw := r.token()
	in := connect.Keys{App: "acme_crm_key", Fields: map[string]string{"api_key": demo.DemoKey}}
	a, err := r.ConnectKeys(t.Context(), raw, in)
	if err != nil {
		t.Fatal(err)
	}
	if *a.Name != "Ada Lovelace" || *a.IdentityID != demo.Ada || a.NextRefreshAt != nil || a.ExternalID != "user-1" {
		t.Errorf("%+v", a)
	}
	if diff := cmp.Diff([]string{"CONNECTION_SUCCESS"}, r.told()); diff != "" {
		t.Fatal(diff)
	}
	if _, err := r.ConnectKeys(t.Context(), raw, in); !errors.Is(err, connect.ErrLinkExpired) {
		t.Fatalf("a second account with the same token: %v", err)
	}
	var row string
	err = r.DB.In(t.Context(), r.scope, func(tx *gorm.DB) error {
		return tx.Raw("SELECT a::text || c::text || encode(c.sealed, 'escape') FROM accounts a JOIN credentials c ON c.account_id = a.id").Scan(&row).Error
	})
	if err != nil || row == "" || strings.Contains(row, demo.DemoKey) {
		t.Errorf("the key lies in the database: %v", err)
	}
	named, err := r.ConnectKeys(t.Context(), r.token(), connect.Keys{App: "acme_crm_key", Fields: in.Fields, Name: "Work"})
	if err != nil || *named.Name != "Work" {
		t.Fatal(named, err)
	}
}

// Fields that are not of the app's form are the user's to mend: nothing is
// saved or told, the token stays good, and what was typed is not shown.
func TestKeysOfTheWrongForm(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	raw := r.token()
	tests := map[string]struct {
		in   connect.Keys
		code string
	}{
		"a key that does not fit the pattern": {connect.Keys{App: "acme_crm_key", Fields: map[string]string{"api_key": "hunter2 "}}, "field_form"},
		"a field that the app does not have":  {connect.Keys{App: "acme_crm_key", Fields: map[string]string{"api_key": "acme_x", "hunter": "2"}}, "field_unknown"},
		"no key":                              {connect.Keys{App: "acme_crm_key", Fields: map[string]string{"api_key": ""}}, "field_missing"},
		"no fields":                           {connect.Keys{App: "acme_crm_key"}, "field_missing"},
		"an app that takes no keys":           {connect.Keys{App: "acme_crm", Fields: map[string]string{"api_key": "acme_x"}}, "not_key_based"},
		"an app that is not there":            {connect.Keys{App: "zzz"}, "app_not_found"},
	}
	for name, tt := range tests {
		_, err := r.ConnectKeys(t.Context(), raw, tt.in)
		if f := fault.Of(err); f.Code != tt.code || strings.Contains(f.Message, "hunter2") {
			t.Errorf("%s: %v, want %s", name, err, tt.code)
		}
	}
	if len(r.accounts()) != 0 || len(r.told()) != 0 {
		t.Fatal("something was saved or told")
	}
	if _, err := r.Check(t.Context(), raw); err != nil {
		t.Fatal(err)
	}
}

// A project that wants keys tested saves none that the app refuses, and its
// customer hears of it. Without that wish a key is taken as it is.
func TestKeysThatAreRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	in := connect.Keys{App: "acme_crm_key", Fields: map[string]string{"api_key": "acme_not_a_key"}}
	if _, err := r.ConnectKeys(t.Context(), r.token(), in); err != nil {
		t.Fatal(err)
	}
	err := r.DB.System(t.Context(), func(tx *gorm.DB) error {
		return tx.Exec("UPDATE projects SET connect_require_key_auth_test = true WHERE id = ?", r.scope.Project()).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	raw := r.token()
	if _, err := r.ConnectKeys(t.Context(), raw, in); !errors.Is(err, account.ErrTest) {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"CONNECTION_SUCCESS", "CONNECTION_ERROR"}, r.told()); diff != "" || len(r.accounts()) != 1 {
		t.Fatal(diff, len(r.accounts()))
	}
	in.Fields = map[string]string{"api_key": demo.DemoKey}
	if _, err := r.ConnectKeys(t.Context(), raw, in); err != nil {
		t.Fatalf("the token was used up by a refusal: %v", err)
	}
}

// Keys that the page sends are a flow: one that is refused ends it and is told
// of, and who came back as somebody else is asked, as after a sign-in.
func TestTriedKeys(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	err := r.DB.System(t.Context(), func(tx *gorm.DB) error {
		return tx.Exec("UPDATE projects SET connect_require_key_auth_test = true WHERE id = ?", r.scope.Project()).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	try := func(raw, key, reconnect string) *connect.Standing {
		t.Helper()
		st, err := r.TryKeys(t.Context(), raw, connect.Keys{App: "acme_crm_key", Fields: map[string]string{"api_key": key}, AccountID: reconnect})
		if err != nil {
			t.Fatal(err)
		}
		return st
	}
	raw := r.token()
	if st := try(raw, "acme_nobodys", ""); st.Status != "failed" || !errors.Is(st.Problem, account.ErrTest) || len(r.accounts()) != 0 {
		t.Fatalf("%+v", st)
	}
	st := try(raw, demo.DemoKey, "")
	if st.Status != "succeeded" || r.latest(raw).Flow != st.Flow {
		t.Fatalf("%+v", st)
	}
	id := st.Account.ID
	r.becomes(id, demo.Grace)
	raw = r.token()
	if st = try(raw, demo.DemoKey, id); st.Status != "asking" || st.Question.Kind != connect.AskIdentity || len(r.accounts()) != 1 {
		t.Fatalf("%+v", st)
	}
	if err := r.Cancel(t.Context(), raw, st.Flow); err != nil || len(r.revoked()) != 0 { // a key is its user's to end
		t.Fatal(err, r.revoked())
	}
	try(raw, demo.DemoKey, id)
	if second := r.answered(raw, connect.Answer{Identity: "add"}); second == id || len(r.accounts()) != 2 {
		t.Fatal(second)
	}
	want := []string{"CONNECTION_ERROR", "CONNECTION_SUCCESS", "CONNECTION_ERROR", "CONNECTION_SUCCESS"}
	if diff := cmp.Diff(want, r.told()); diff != "" {
		t.Error(diff)
	}
	if _, err := r.TryKeys(t.Context(), r.token(), connect.Keys{App: "acme_crm", Fields: map[string]string{}}); !errors.Is(err, connect.ErrNoKeys) {
		t.Error(err)
	}
}

// What needs no sign-in is connected by a word of its user.
func TestNothingToSignIn(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	raw := r.token()
	b, err := r.Check(t.Context(), raw)
	if err != nil {
		t.Fatal(err)
	}
	p, err := r.Plan(t.Context(), b, connect.Choice{App: doors, Auth: "nothing"})
	if err != nil || p.Auth.Kind() != "none" || len(p.Fields()) != 0 {
		t.Fatal(p, err)
	}
	st, err := r.TryKeys(t.Context(), raw, connect.Keys{App: doors, Auth: "nothing"})
	if err != nil || st.Status != "succeeded" || r.accounts()[0].Auth != "nothing" || st.Account.Title() != "Acme CRM (every door)" {
		t.Fatalf("%+v, %v", st, err)
	}
}
