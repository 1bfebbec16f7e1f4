package account_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/keys"
	"github.com/patchbay-dev/patchbay/internal/masterkey"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/spool"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// installation is a rig whose processes have real keys and a spool that they share.
type installation struct {
	*rig
	store   *keys.Store
	setting string
	answers *spool.Dir
}

func newInstallation(t *testing.T) *installation {
	t.Helper()
	url := testkit.DatabaseURL(t)
	open := func(connections int) *db.DB {
		d, err := db.Open(url, connections)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = d.Close() })
		return d
	}
	i := &installation{setting: base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", masterkey.Size)))}
	i.store = &keys.Store{DB: open(16), Own: open(4), Believed: 200 * time.Millisecond, Now: time.Now}
	i.rig = rigOn(t, i.store.DB, i.open(t).Box)
	var err error
	if i.answers, err = spool.NewDir(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	i.Spool = i.answers
	return i
}

// open reads the keys as a process does that starts now.
func (i *installation) open(t testing.TB) *keys.Keys {
	t.Helper()
	k, err := i.store.Open(t.Context(), i.setting)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// process hears of keys and accounts by itself.
func (i *installation) process() *account.Service {
	s := i.another()
	s.Box = i.open(i.t).Box
	return s
}

// stuck is a process that stops when its answer for an account lies in the
// spool. It goes on when goOn is called, which waits for its end.
func (i *installation) stuck(id string) (goOn func()) {
	i.t.Helper()
	s, there, on := i.process(), make(chan struct{}), make(chan struct{})
	s.OnStep = func(step string) {
		if step == account.StepSpooled {
			close(there)
			<-on
		}
	}
	if _, _, err := s.Fresh(i.t.Context(), i.scope, id); err != nil {
		i.t.Fatal(err)
	}
	<-there
	return func() { close(on); s.Drain() }
}

// refreshed lets every token of accounts end, and has several processes at once
// ask for each of them.
func (i *installation) refreshed(processes []*account.Service, accounts []string) error {
	i.clock.Pass(pastEnd)
	var g errgroup.Group
	for _, s := range processes {
		for _, id := range accounts {
			g.Go(func() error {
				_, _, err := s.Fresh(i.t.Context(), i.scope, id)
				return err
			})
		}
	}
	return g.Wait()
}

// retire deletes the keys that can go, as it were a day later.
func (i *installation) retire() keys.Retired {
	i.t.Helper()
	err := i.DB.System(i.t.Context(), func(tx *gorm.DB) error {
		return tx.Exec("UPDATE data_keys SET ended_at = ended_at - interval '25 hours' WHERE NOT active").Error
	})
	if err != nil {
		i.t.Fatal(err)
	}
	out, err := i.store.Retire(i.t.Context(), i.answers)
	if err != nil {
		i.t.Fatal(err)
	}
	return out
}

// Accounts are refreshed again and again by several processes while their keys
// are changed twice, and an answer lies in the spool under a key of before:
// every account opens, no token is spent twice, and the answer is not lost.
func TestRotationWhileRefreshing(t *testing.T) {
	t.Parallel()
	i := newInstallation(t)
	var busy []string
	for n := range 4 {
		busy = append(busy, i.save(fmt.Sprint("user-", n), "acme_crm", "oauth", "", i.grant()).ID)
	}
	waits := i.connected().ID
	first, err := i.open(t).Active(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	i.clock.Pass(nearEnd)
	goOn := i.stuck(waits)
	names, err := i.answers.Names(t.Context())
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	if e, err := i.answers.Get(t.Context(), names[0]); err != nil {
		t.Fatal(err)
	} else if id, _ := secret.KeyOf(e.Sealed); id != first {
		t.Fatalf("the answer is sealed by %s, want %s", id, first)
	}

	rotated := make(chan error, 1)
	go func() {
		ring, err := i.store.Open(t.Context(), i.setting)
		for range 2 {
			if err == nil {
				_, err = ring.Rotate(t.Context(), func(keys.Progress) {})
			}
		}
		rotated <- err
	}()
	processes := []*account.Service{i.Service, i.process(), i.process()}
	rounds, over := 0, false
	for !over {
		select {
		case err := <-rotated:
			if err != nil {
				t.Fatal(err)
			}
			over = true // and once more
		default:
		}
		if err := i.refreshed(processes, busy); err != nil {
			t.Fatal(err)
		}
		rounds++
	}
	status, err := i.store.Status(t.Context())
	if err != nil || len(status.Keys) != 3 || status.Stale != 0 || status.Foreign != 0 || rounds < 2 {
		t.Fatalf("after %d rounds: %+v, %v", rounds, status, err)
	}
	if out := i.retire(); !slices.Equal(out.Gone, []string{status.Keys[1].ID}) || !slices.Equal(out.Held, []keys.Held{{ID: first.String(), Answers: 1}}) {
		t.Fatalf("%+v", out)
	}

	fresh := i.process()
	if err := fresh.Replay(t.Context()); err != nil {
		t.Fatal(err)
	}
	if names, err := i.answers.Names(t.Context()); err != nil || len(names) > 0 {
		t.Fatalf("in the spool: %v, %v", names, err)
	}
	if version := i.version(waits); version != 2 {
		t.Fatalf("the answer was not written down: version %d", version)
	}
	if out := i.retire(); !slices.Equal(out.Gone, []string{first.String()}) {
		t.Fatalf("%+v", out)
	}
	goOn() // the process that was stopped finds its work done
	if version := i.version(waits); version != 2 {
		t.Fatalf("version %d, want 2", version)
	}
	i.Service = i.process()
	for _, id := range append(busy, waits) {
		if status, err := i.call(id, "/api/me"); status != 200 || err != nil {
			t.Errorf("%s: %d, %v", id, status, err)
		}
	}
	i.spentOnce(len(busy)+1, rounds*len(busy)+1)
}

// version returns how often an account's token was written.
func (i *installation) version(id string) (n int64) {
	i.t.Helper()
	i.in(func(tx *gorm.DB) error {
		return tx.Raw("SELECT version FROM credentials WHERE account_id = ? AND main AND lease_until IS NULL", id).Scan(&n).Error
	})
	return n
}

// spentOnce fails the test unless each version of a token was refreshed once:
// that many accounts, and at least so many refreshes of them.
func (i *installation) spentOnce(accounts, refreshes int) {
	i.t.Helper()
	var attempts []account.Attempt
	i.in(func(tx *gorm.DB) error { return tx.Find(&attempts).Error })
	seen := map[string]bool{}
	for _, a := range attempts {
		of := fmt.Sprint(a.CredentialID, " ", a.BaseVersion)
		if seen[of] || a.Outcome != "ok" {
			i.t.Errorf("%s: %+v", of, a)
		}
		seen[of] = true
	}
	if asked := i.seen("/oauth/token") - accounts; asked != len(attempts) || len(attempts) < refreshes {
		i.t.Errorf("%d refreshes were asked for, in %d attempts, of at least %d", asked, len(attempts), refreshes)
	}
}
