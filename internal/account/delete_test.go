package account_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/demo"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// revocations returns the report, newest first.
func (r *rig) revocations() []account.Revocation {
	r.t.Helper()
	page, err := r.Revocations(r.t.Context(), r.scope, account.RevocationFilter{}, db.Cursor{})
	if err != nil {
		r.t.Fatal(err)
	}
	return page.Items
}

// one returns the only revocation, which must have the status.
func (r *rig) one(want account.RevocationStatus) account.Revocation {
	r.t.Helper()
	rows := r.revocations()
	if len(rows) != 1 || rows[0].Status != want || (rows[0].Credential == nil) != (want != account.RevocationPending) {
		r.t.Fatalf("%+v, want one that is %s", rows, want)
	}
	return rows[0]
}

// good reports whether Acme still takes an access token.
func (r *rig) good(c account.Credential) bool {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, r.url+"/api/me", http.NoBody)
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.AccessToken)
	res, err := r.Client.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode == http.StatusOK
}

// A credential outlives its account until the provider has ended it, and is
// then forgotten. Ending it twice asks the provider once.
func TestDeleteRevokes(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.connected()
	_, c, err := r.Fresh(t.Context(), r.scope, a.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Delete(t.Context(), r.scope, a.ID, ""); err != nil {
		t.Fatal(err)
	}
	rev := r.one(account.RevocationPending)
	if rev.AccountID != a.ID || rev.ExternalUserID != "user-1" || rev.Cause != account.AccountDeleted || !r.good(c) {
		t.Fatalf("%+v", rev)
	}
	var body struct {
		Event      string
		Revocation struct{ ID, Status string }
	}
	r.in(func(tx *gorm.DB) error {
		var text string
		if err := tx.Raw("SELECT body FROM events WHERE subject_id = ?", a.ID).Scan(&text).Error; err != nil {
			return err
		}
		return json.Unmarshal([]byte(text), &body)
	})
	if body.Event != account.Deleted || body.Revocation.ID != rev.ID || body.Revocation.Status != "pending" {
		t.Fatalf("%+v is told", body)
	}
	for range 2 {
		if err := r.Revoke(t.Context(), r.scope, rev.ID); err != nil {
			t.Fatal(err)
		}
	}
	if rev = r.one(account.RevocationDone); rev.FinishedAt == nil || rev.Reason != nil || r.good(c) || r.seen("/oauth/revoke") != 1 {
		t.Fatalf("%+v after %d requests", rev, r.seen("/oauth/revoke"))
	}
}

// The OAuth client goes along: it may be deleted before the provider was asked.
func TestRevokeWithoutTheClient(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.connected()
	_, c, err := r.Fresh(t.Context(), r.scope, a.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Delete(t.Context(), r.scope, a.ID, ""); err != nil {
		t.Fatal(err)
	}
	if err := r.DeleteOAuthApp(t.Context(), r.scope.Project(), r.oauth.ID); err != nil {
		t.Fatal(err)
	}
	if err := r.Revoke(t.Context(), r.scope, r.one(account.RevocationPending).ID); err != nil {
		t.Fatal(err)
	}
	if r.one(account.RevocationDone); r.good(c) {
		t.Fatal("the token still works")
	}
}

// A provider that does not answer is asked again, ever more seldom and not for ever.
func TestRevokeGivesUp(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.connected()
	if err := r.Delete(t.Context(), r.scope, a.ID, ""); err != nil {
		t.Fatal(err)
	}
	r.mu.Lock()
	r.before = func(path string) {
		if path == "/oauth/revoke" {
			panic(http.ErrAbortHandler)
		}
	}
	r.mu.Unlock()
	rev, tries := r.one(account.RevocationPending), 0
	for rev.Status == account.RevocationPending {
		if tries++; tries > 20 {
			t.Fatal("it does not give up")
		}
		if err := r.Revoke(t.Context(), r.scope, rev.ID); err != nil {
			t.Fatal(err)
		}
		rev = r.revocations()[0]
		if rev.Reason == nil || rev.Attempts != tries {
			t.Fatalf("%+v after %d tries", rev, tries)
		}
		r.clock.Pass(max(0, rev.NextAttemptAt.Sub(r.clock.Now())))
	}
	if rev = r.one(account.RevocationFailed); *rev.Reason != "The provider did not answer." || tries != 9 {
		t.Fatalf("%+v after %d tries", rev, tries)
	}
}

// A worker that dies while it asks holds the row for the length of its lease;
// then another sees to it.
func TestRevokeAfterADeadWorker(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.connected()
	if err := r.Delete(t.Context(), r.scope, a.ID, ""); err != nil {
		t.Fatal(err)
	}
	rev := r.one(account.RevocationPending)
	r.in(func(tx *gorm.DB) error {
		return tx.Exec("UPDATE revocations SET lease_id = 'lease_dead', lease_until = ?", r.clock.Now().Add(time.Second)).Error
	})
	if err := r.Revoke(t.Context(), r.scope, rev.ID); err != nil || r.seen("/oauth/revoke") != 0 {
		t.Fatalf("%d requests while it is held, %v", r.seen("/oauth/revoke"), err)
	}
	r.clock.Pass(2 * time.Second)
	if err := r.Revoke(t.Context(), r.scope, rev.ID); err != nil {
		t.Fatal(err)
	}
	r.one(account.RevocationDone)
}

// What an app cannot revoke is said to be so, and a grant that another account
// lives on is left alone.
func TestRevokeWhatCannotBe(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	key := r.keyed("user-1", demo.DemoKey)
	if err := r.Delete(t.Context(), r.scope, key.ID, ""); err != nil {
		t.Fatal(err)
	}
	r.one(account.RevocationUnsupported)
	grant := r.grant()
	grant.Identity = account.Identity{ID: demo.Ada}
	again := r.grant()
	again.Identity = grant.Identity
	first, second := r.save("user-1", "acme_crm", "oauth", "", grant), r.save("user-2", "acme_crm", "oauth", "", again)
	for i, want := range []account.RevocationStatus{account.RevocationKept, account.RevocationDone} {
		if err := r.Delete(t.Context(), r.scope, []string{first.ID, second.ID}[i], ""); err != nil {
			t.Fatal(err)
		}
		rev := r.revocations()[0]
		if err := r.Revoke(t.Context(), r.scope, rev.ID); err != nil {
			t.Fatal(err)
		}
		if rev = r.revocations()[0]; rev.Status != want {
			t.Fatalf("%+v, want %s", rev, want)
		}
	}
	if r.seen("/oauth/revoke") != 1 {
		t.Fatalf("%d requests", r.seen("/oauth/revoke"))
	}
}

// A refresh that comes back too late hands its credential over, in a
// transaction that may still fail.
func TestRevokeLater(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.connected()
	late := account.Credential{AccessToken: r.grant().Credential.AccessToken}
	undone := errors.New("undone")
	later := func(tx *gorm.DB) error {
		_, err := r.RevokeLater(tx, r.scope, r.Catalog.Shipped, a, late, account.RefreshedTooLate)
		return err
	}
	err := r.DB.In(t.Context(), r.scope, func(tx *gorm.DB) error { return errors.Join(later(tx), undone) })
	if !errors.Is(err, undone) || len(r.revocations()) != 0 {
		t.Fatal(err)
	}
	r.in(func(tx *gorm.DB) error { return tx.Where("id = ?", a.ID).Delete(&account.Account{}).Error })
	r.in(later)
	if err := r.Revoke(t.Context(), r.scope, r.one(account.RevocationPending).ID); err != nil {
		t.Fatal(err)
	}
	if r.one(account.RevocationDone); r.good(late) {
		t.Fatal("the late token works")
	}
}

// A thousand accounts of one app go at once: each is told of and each is handed over.
func TestDeleteAThousand(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	one := r.connected()
	kept := r.keyed("user-1", demo.DemoKey)
	r.Webhooks = &webhook.Service{DB: r.DB, Queue: r.Queue}
	const n = 1001
	r.in(func(tx *gorm.DB) error {
		err := tx.Exec("INSERT INTO webhook_endpoints (id, level, url, created_at, updated_at) VALUES (?, 'project', 'https://saas.test/', now(), now())", id.New("whk")).Error
		if err != nil {
			return err
		}
		u, err := account.UserByExternalID(tx, "user-1")
		for i := 1; i < n && err == nil; i++ {
			g := &account.Grant{Credential: account.Credential{AccessToken: fmt.Sprint("at-", i)}}
			_, err = r.Save(tx, r.scope, u, r.app("acme_crm"), "oauth", &r.oauth.ID, "", "", g)
		}
		return err
	})
	var g errgroup.Group
	for range 2 { // at once: each account goes once
		g.Go(func() error { return r.DeleteByApp(t.Context(), r.scope, "acme_crm", "") })
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	var got, want struct{ Accounts, Events, Deliveries, Revocations int }
	want.Accounts, want.Events, want.Deliveries, want.Revocations = 1, n, n, n
	r.in(func(tx *gorm.DB) error {
		return tx.Raw(`SELECT (SELECT count(*) FROM accounts) AS accounts, (SELECT count(DISTINCT subject_id) FROM events WHERE type = 'ACCOUNT_DELETED') AS events,
			(SELECT count(*) FROM deliveries) AS deliveries, (SELECT count(*) FROM revocations WHERE status = 'pending') AS revocations`).Scan(&got).Error
	})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
	if _, err := r.Get(t.Context(), r.scope, kept.ID, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Get(t.Context(), r.scope, one.ID, ""); !errors.Is(err, account.ErrNotFound) {
		t.Fatal(err)
	}
}

// To another tenant there is nothing to revoke and nothing to read.
func TestRevocationsOfAnother(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.connected()
	if err := r.Delete(t.Context(), r.scope, a.ID, ""); err != nil {
		t.Fatal(err)
	}
	rev := r.one(account.RevocationPending)
	mine := r.scope
	r.scope = testkit.Scope(t, r.DB)
	if err := r.Revoke(t.Context(), r.scope, rev.ID); err != nil || len(r.revocations()) != 0 || r.seen("/oauth/revoke") != 0 {
		t.Fatal(err)
	}
	r.scope = mine
	r.one(account.RevocationPending)
}
