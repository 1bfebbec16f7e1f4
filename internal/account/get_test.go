package account_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
)

// The one question that reads an account finds all that is known of it, whatever
// has become of it.
func TestGetFindsAll(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for what, change := range map[string]string{
		"as it was connected": "UPDATE accounts SET updated_at = now() WHERE id = ?",
		"dead": `UPDATE accounts SET name = 'Ada', identity_id = '7', vars = '{"region":"eu"}', scopes = '["a","b"]', asked_scopes = '["a"]', healthy = false, dead = true,
			cause = 'token_revoked', error = 'It is over.', health_since = now(), probe_at = now(), probe_failures = 3, checked_at = now() WHERE id = ?`,
		"refreshed": "UPDATE credentials SET expires_at = now(), last_ok_at = now(), next_refresh_at = now() WHERE account_id = ?",
		"bare":      "DELETE FROM credentials WHERE account_id = ?",
	} {
		a := r.connected()
		var want *account.Account
		err := r.DB.In(t.Context(), r.scope, func(tx *gorm.DB) (err error) {
			if err := tx.Exec(change, a.ID).Error; err != nil {
				return err
			}
			want, err = account.ByID(tx, a.ID)
			return err
		})
		if err != nil {
			t.Fatal(what, err)
		}
		got, err := r.Get(t.Context(), r.scope, a.ID, "")
		if err != nil {
			t.Fatal(what, err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", what, d)
		}
	}
}
