package account_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/demo"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// What a credential is shown as has the names of the wire contract, and each
// time it is shown the log says to whom.
func TestReveal(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	oauth, key := r.connected(), r.keyed("user-1", demo.DemoKey)
	ctx := audit.With(t.Context(), audit.Actor{Kind: audit.Client, ID: "cli_1", Address: "192.0.2.1", RequestID: "req_1"})
	got, err := r.GetRevealed(ctx, r.scope, key.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]any{"api_key": demo.DemoKey}, got.Revealed); diff != "" {
		t.Error(diff)
	}
	_, c, _ := r.Fresh(t.Context(), r.scope, oauth.ID)
	page, err := r.ListRevealed(ctx, r.scope, account.Filter{App: "acme_crm"}, db.Cursor{})
	if err != nil || page.Total != 1 {
		t.Fatal(page, err)
	}
	want := map[string]any{
		"oauth_access_token": c.AccessToken, "oauth_refresh_token": c.RefreshToken, "oauth_uid": demo.Ada, "oauth_client_id": "patchbay",
	}
	if diff := cmp.Diff(want, page.Items[0].Revealed); diff != "" {
		t.Error(diff)
	}
	var log []audit.Entry
	r.in(func(tx *gorm.DB) error {
		return tx.Where("action = ?", audit.CredentialsRead).Order("id").Find(&log).Error
	})
	if len(log) != 2 || log[0].Subject != key.ID || log[1].Subject != oauth.ID || log[1].Action != audit.CredentialsRead || log[1].ActorID != "cli_1" ||
		log[1].Address != "192.0.2.1" || log[1].RequestID != "req_1" || log[1].ExternalUserID != "user-1" || log[1].ProjectID != r.scope.Project() || log[1].Environment != r.scope.EnvironmentName() {
		t.Errorf("%+v", log)
	}
	if plain := r.get(key.ID); plain.Revealed != nil {
		t.Error("a credential that nobody asked for is shown")
	}
	if _, err := r.GetRevealed(ctx, testkit.Scope(t, r.DB), key.ID); !errors.Is(err, account.ErrNotFound) {
		t.Error(err)
	}
}

// A read that cannot be written down is no read.
func TestRevealIsWrittenDown(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	key := r.keyed("user-1", demo.DemoKey)
	if err := r.DB.System(t.Context(), func(tx *gorm.DB) error { return tx.Exec("REVOKE INSERT ON audit_log FROM patchbay_app").Error }); err != nil {
		t.Fatal(err)
	}
	if a, err := r.GetRevealed(t.Context(), r.scope, key.ID); err == nil || a != nil && a.Revealed != nil {
		t.Fatal("a credential was shown without a line in the log")
	}
}
