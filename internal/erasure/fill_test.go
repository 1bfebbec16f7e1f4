package erasure_test

import (
	"testing"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/erasure"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

type rig struct {
	*erasure.Service
	*testkit.Filling

	t     *testing.T
	clock *testkit.Clock
	scope tenant.Scope
}

func newRig(t *testing.T) *rig {
	t.Helper()
	d, clock := testkit.DB(t), testkit.NewClock()
	return &rig{Filling: testkit.NewFilling(t, d, clock.Now), t: t, clock: clock, scope: testkit.Scope(t, d), Service: &erasure.Service{DB: d, Now: clock.Now}}
}

func (r *rig) in(s tenant.Scope, fn func(tx *gorm.DB) error) {
	r.t.Helper()
	if err := r.DB.In(r.t.Context(), s, fn); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) system(query string, args ...any) {
	r.t.Helper()
	if err := r.DB.System(r.t.Context(), func(tx *gorm.DB) error { return tx.Exec(query, args...).Error }); err != nil {
		r.t.Fatal(err)
	}
}

// remove deletes a user as the API does.
func (r *rig) remove(s tenant.Scope, userID, externalID string) (report string) {
	r.t.Helper()
	r.in(s, func(tx *gorm.DB) (err error) {
		if report, err = erasure.Begin(tx, s, userID, externalID, r.clock.Now()); err != nil {
			return err
		}
		return tx.Exec("DELETE FROM external_users WHERE id = ?", userID).Error
	})
	return report
}
