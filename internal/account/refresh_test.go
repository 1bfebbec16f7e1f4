package account_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/demo"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// Times at which a token of an hour is due to be refreshed and still good, and
// at which it has ended.
const (
	nearEnd = 50 * time.Minute
	pastEnd = 61 * time.Minute
)

// round lets time pass and does what the scheduler of a worker does.
func (r *rig) round(d time.Duration) {
	r.t.Helper()
	r.clock.Pass(d)
	if err := r.Sweep(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
	r.Drain()
}

// credential is what an account holds, without anything being refreshed.
func (r *rig) credential(id string) (next *time.Time, failures int, leased bool) {
	r.t.Helper()
	var c struct {
		NextRefreshAt *time.Time
		Failures      int
		LeaseUntil    *time.Time
	}
	r.in(func(tx *gorm.DB) error {
		return tx.Raw("SELECT * FROM credentials WHERE account_id = ? AND main", id).Scan(&c).Error
	})
	return c.NextRefreshAt, c.Failures, c.LeaseUntil != nil
}

func (r *rig) fresh(id string) account.Credential {
	r.t.Helper()
	_, c, err := r.Fresh(r.t.Context(), r.scope, id)
	if err != nil {
		r.t.Fatal(err)
	}
	return c
}

// A token that is far from its end is used as it is, and nobody asks for it twice.
func TestFreshLeavesAGoodTokenAlone(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.connected()
	r.round(40 * time.Minute)
	if c := r.fresh(a.ID); c.AccessToken == "" || r.seen("/oauth/token") != 1 {
		t.Fatalf("%d calls of the token endpoint", r.seen("/oauth/token"))
	}
}

// Inside the margin nobody waits: the caller goes on with the token that is
// still good, and the next one has the new token.
func TestInsideTheMargin(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.connected()
	old := r.fresh(a.ID)
	asked, answer := make(chan struct{}), make(chan struct{})
	r.clock.Pass(nearEnd)
	r.before = func(path string) {
		if path == "/oauth/token" {
			close(asked)
			<-answer
		}
	}
	if c := r.fresh(a.ID); c.AccessToken != old.AccessToken {
		t.Fatal("the caller waited for a new token")
	}
	<-asked
	if c := r.fresh(a.ID); c.AccessToken != old.AccessToken {
		t.Fatal("another caller waited")
	}
	close(answer)
	r.Drain()
	if c := r.fresh(a.ID); c.AccessToken == old.AccessToken || c.RefreshToken == old.RefreshToken || r.seen("/oauth/token") != 2 {
		t.Fatalf("it has the old token after %d calls", r.seen("/oauth/token"))
	}
	if status, err := r.call(a.ID, "/api/me"); status != 200 || err != nil {
		t.Fatal(status, err)
	}
}

// Of a token that has ended, callers of two processes at once share one
// refresh, for a refresh token that is used twice costs the whole connection.
func TestOneRefreshForAll(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.connected()
	processes := []*account.Service{r.Service, r.another(), r.another()}
	testkit.Warm(t, r.DB)
	for round := range 3 {
		r.clock.Pass(pastEnd)
		r.acme.SetFaults(demo.Faults{TokenDelay: 50 * time.Millisecond}) // time for the others to come
		var g errgroup.Group
		tokens := make([]string, 24)
		for i := range tokens {
			g.Go(func() error {
				_, c, err := processes[i%len(processes)].Fresh(t.Context(), r.scope, a.ID)
				tokens[i] = c.AccessToken
				return err
			})
		}
		if err := g.Wait(); err != nil {
			t.Fatal(err)
		}
		for _, got := range tokens {
			if got != tokens[0] {
				t.Fatal("the callers have different tokens")
			}
		}
		if n := r.seen("/oauth/token"); n != 2+round {
			t.Fatalf("%d calls of the token endpoint in round %d", n, round)
		}
	}
	if _, _, leased := r.credential(a.ID); leased {
		t.Fatal("the lease was kept")
	}
}

// A caller that gives up takes nobody with it: the refresh goes on.
func TestCallerHangsUp(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.connected()
	old := r.fresh(a.ID)
	r.clock.Pass(pastEnd)
	ctx, hangUp := context.WithCancel(t.Context())
	r.before = func(path string) {
		if path == "/oauth/token" {
			hangUp()
		}
	}
	if _, _, err := r.Fresh(ctx, r.scope, a.ID); !errors.Is(err, context.Canceled) {
		t.Fatalf("Fresh() = %v, want Canceled", err)
	}
	if c := r.fresh(a.ID); c.AccessToken == old.AccessToken || r.seen("/oauth/token") != 2 {
		t.Fatalf("%d calls of the token endpoint", r.seen("/oauth/token"))
	}
}

// A grant that the provider takes back makes the account dead: only its user
// can mend it, and it is not asked for again until they do.
func TestRevokedGrant(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.connected()
	r.acme.SetFaults(demo.Faults{TokenError: "invalid_grant"})
	r.round(nearEnd)
	for range 2 {
		if _, _, err := r.Fresh(t.Context(), r.scope, a.ID); !errors.Is(err, account.ErrDead) {
			t.Fatalf("Fresh() = %v, want ErrDead", err)
		}
	}
	r.round(24 * time.Hour)
	now := r.get(a.ID)
	if !now.Dead || now.Healthy || now.Error == nil || now.Cause == nil || *now.Cause != account.CauseRevoked || r.seen("/oauth/token") != 2 {
		t.Fatalf("%+v after %d calls", now, r.seen("/oauth/token"))
	}
	r.acme.SetFaults(demo.Faults{})
	r.save("user-1", "acme_crm", "oauth", a.ID, r.grant())
	if now = r.get(a.ID); now.Dead || !now.Healthy || now.Error != nil || now.Cause != nil {
		t.Fatalf("reconnected: %+v", now)
	}
	if status, err := r.call(a.ID, "/api/me"); status != 200 || err != nil {
		t.Fatal(status, err)
	}
}

// A provider that is out costs nothing while the token is still good, and is no
// news if it is back by then. It is asked ever more seldom, not at each call.
func TestProviderIsOut(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.connected()
	old := r.fresh(a.ID)
	r.acme.SetFaults(demo.Faults{TokenError: "temporarily_unavailable"})
	r.round(nearEnd)
	for range 3 {
		if c := r.fresh(a.ID); c.AccessToken != old.AccessToken {
			t.Fatal("a token that is still good was not used")
		}
	}
	r.Drain()
	if now := r.get(a.ID); !now.Healthy || r.seen("/oauth/token") != 2 {
		t.Fatalf("%+v after %d calls", now, r.seen("/oauth/token"))
	}
	r.round(time.Minute)
	r.round(2 * time.Minute) // the third strike
	if now := r.get(a.ID); now.Healthy || now.Dead || *now.Cause != account.CauseUnreachable || r.seen("/oauth/token") != 4 {
		t.Fatalf("%+v after %d calls", now, r.seen("/oauth/token"))
	}
	r.acme.SetFaults(demo.Faults{})
	r.round(4 * time.Minute)
	if now := r.get(a.ID); !now.Healthy || now.Error != nil {
		t.Fatalf("%+v", now)
	}
	if c := r.fresh(a.ID); c.AccessToken == old.AccessToken {
		t.Fatal("it has the old token")
	}
}

// A token that has ended is never handed out: while the provider is out, the
// call fails, and the app sees nothing of it.
func TestExpiredTokenIsNotUsed(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.connected()
	sent := r.seen("/api")
	r.clock.Pass(2 * time.Hour)
	r.acme.SetFaults(demo.Faults{TokenError: "temporarily_unavailable"})
	for range 2 { // the second comes before the provider is asked again
		if _, err := r.call(a.ID, "/api/me"); !errors.Is(err, account.ErrUpstream) {
			t.Fatalf("Do() = %v, want ErrUpstream", err)
		}
	}
	if now := r.get(a.ID); r.seen("/api") != sent || r.seen("/oauth/token") != 2 || now.Dead || now.Healthy {
		t.Errorf("%d calls of the token endpoint, %+v", r.seen("/oauth/token"), now)
	}
}

// A provider that does not rotate gives no new refresh token; the old one is kept.
func TestRefreshWithoutRotation(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.connected()
	old := r.fresh(a.ID)
	r.acme.SetFaults(demo.Faults{NoRotation: true})
	for range 2 {
		r.clock.Pass(pastEnd)
		if c := r.fresh(a.ID); c.RefreshToken != old.RefreshToken || c.AccessToken == old.AccessToken {
			t.Fatal("the refresh token was not kept")
		}
	}
}
