package event_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/token"
)

// large is a rig whose payloads of a kilobyte lie in a folder.
type large struct {
	*rig
	*event.Payloads

	clock *testkit.Clock
	dir   string
}

func newLarge(t *testing.T) *large {
	t.Helper()
	r, clock := newRig(t), testkit.NewClock()
	p, dir := testkit.Payloads(t, r.DB, clock.Now)
	return &large{r, p, clock, dir}
}

// keep puts a body away and returns an event that has it.
func (r *large) keep(body string) *event.Event {
	r.t.Helper()
	at, err := r.Keep(r.t.Context(), r.scope, body)
	if err != nil {
		r.t.Fatal(err)
	}
	return &event.Event{Type: event.TriggerEmitted, SubjectID: "hi_1", Body: body, Stored: at, CreatedAt: r.clock.Now()}
}

func (r *large) sweep() {
	r.t.Helper()
	if err := r.Sweep(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
}

func (r *large) system(sql string, args ...any) {
	r.t.Helper()
	if err := r.DB.System(r.t.Context(), func(tx *gorm.DB) error { return tx.Exec(sql, args...).Error }); err != nil {
		r.t.Fatal(err)
	}
}

// strays counts what nobody holds.
func (r *large) strays() (n int) {
	r.t.Helper()
	if err := r.DB.System(r.t.Context(), func(tx *gorm.DB) error { return tx.Raw("SELECT count(*) FROM blob_strays").Scan(&n).Error }); err != nil {
		r.t.Fatal(err)
	}
	return n
}

var body = `{"x":"` + strings.Repeat("ü\\u0000", 400) + `"}`

// A large body lies outside of its row and comes back byte for byte; it goes when
// its event does, whatever took that away.
func TestLargePayload(t *testing.T) {
	t.Parallel()
	r := newLarge(t)
	if r.Large(1000) || !r.Large(1001) || (*event.Payloads)(nil).Large(1<<30) {
		t.Error("what is large is not as it was set")
	}
	one, two, three := r.keep(body), r.keep(body), made("small")
	r.emit(one, two, three)
	if one.Body != body || r.strays() != 0 || len(testkit.Blobs(t, r.dir)) != 2 {
		t.Fatalf("%d strays, %v", r.strays(), testkit.Blobs(t, r.dir))
	}
	read, err := r.Get(t.Context(), r.scope, one.ID)
	if err != nil || read.Body != "" || read.Size() != int64(len(body)) {
		t.Fatalf("%+v, %v", read, err)
	}
	if got, err := r.Body(t.Context(), r.scope, read); err != nil || got != body {
		t.Fatal(len(got), err)
	}
	if _, err := r.Body(t.Context(), testkit.Scope(t, r.DB), read); !errors.Is(err, event.ErrPayloadGone) {
		t.Error("read by another:", err)
	}
	if got, err := r.Body(t.Context(), r.scope, three); err != nil || got != "{}" {
		t.Error(got, err)
	}
	r.sweep()
	r.system("DELETE FROM events WHERE id = ?", one.ID)
	r.system("DELETE FROM environments WHERE id = ?", r.scope.Environment())
	if len(testkit.Blobs(t, r.dir)) != 2 || r.strays() != 2 {
		t.Fatal("they went too early, or nobody knows of them")
	}
	r.clock.Pass(time.Hour) // the database's clock is before it
	r.sweep()
	if left := testkit.Blobs(t, r.dir); len(left) != 0 || r.strays() != 0 {
		t.Fatal(left)
	}
}

// Who dies between blob and row leaves a blob that is swept up, and not before
// the row could still come; from then on the row is refused.
func TestOrphan(t *testing.T) {
	t.Parallel()
	r := newLarge(t)
	orphan := r.keep(body)
	r.clock.Pass(59 * time.Minute)
	r.sweep()
	if len(testkit.Blobs(t, r.dir)) != 1 {
		t.Fatal("it was swept up while its row could still come")
	}
	r.clock.Pass(2 * time.Minute)
	r.system("UPDATE blob_strays SET taken_at = ?", r.clock.Now()) // a sweep that dies before it deletes
	err := r.DB.In(t.Context(), r.scope, func(tx *gorm.DB) error { return event.Emit(tx, orphan, made("beside")) })
	if !errors.Is(err, event.ErrStore) {
		t.Fatal("its row was written:", err)
	}
	r.sweep()
	if len(testkit.Blobs(t, r.dir)) != 1 {
		t.Fatal("two sweeps were at it at once")
	}
	r.clock.Pass(11 * time.Minute)
	r.sweep()
	if len(testkit.Blobs(t, r.dir)) != 0 || r.strays() != 0 {
		t.Fatal("it was left behind")
	}
	if page, err := r.List(t.Context(), r.scope, event.Filter{}, db.Cursor{}); err != nil || page.Total != 0 {
		t.Error(page, err)
	}
}

// A transaction that is rolled back leaves the blob a stray, and another may have it.
func TestRolledBack(t *testing.T) {
	t.Parallel()
	r := newLarge(t)
	e := r.keep(body)
	undone := errors.New("undone")
	err := r.DB.In(t.Context(), r.scope, func(tx *gorm.DB) error { return errors.Join(event.Emit(tx, e), undone) })
	if !errors.Is(err, undone) || r.strays() != 1 {
		t.Fatal(err)
	}
	r.emit(e)
	if r.strays() != 0 {
		t.Error("it is held and a stray")
	}
	twice := *e
	twice.ID = ""
	if err := r.DB.In(t.Context(), r.scope, func(tx *gorm.DB) error { return event.Emit(tx, &twice) }); !errors.Is(err, event.ErrStore) {
		t.Error("two events have one blob:", err)
	}
}

// What is gone from the store, or is not what was put there, is said to be so,
// and a store that cannot be asked is something else.
func TestPayloadGone(t *testing.T) {
	t.Parallel()
	r := newLarge(t)
	e := r.keep(body)
	r.emit(e)
	file := testkit.Blobs(t, r.dir)[0]
	for _, text := range []string{strings.Repeat("x", len(body)), "short"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Body(t.Context(), r.scope, e); !errors.Is(err, event.ErrPayloadGone) {
			t.Error(err)
		}
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Body(t.Context(), r.scope, e); !errors.Is(err, event.ErrPayloadGone) {
		t.Error(err)
	}
	for _, away := range []*event.Payloads{nil, {}} {
		if _, err := away.Body(t.Context(), r.scope, e); !errors.Is(err, event.ErrStore) {
			t.Error(err)
		}
	}
	if err := os.RemoveAll(r.dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(r.dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Keep(t.Context(), r.scope, body); !errors.Is(err, event.ErrStore) {
		t.Error("kept nowhere:", err)
	}
}

// A link leads to its event until its time is over. One that was changed, that is
// an access token, or whose event is another tenant's leads nowhere.
func TestLinks(t *testing.T) {
	t.Parallel()
	r := newLarge(t)
	e, sealed := r.keep(body), made("secret")
	sealed.Body, sealed.Secret = `{"connect_token":"`+event.SecretMark+`"}`, []byte("sealed")
	r.emit(e, sealed)
	link := func(scope tenant.Scope, e *event.Event) string {
		ref, err := r.Refer(scope, e)
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimPrefix(ref.URL, "https://patchbay.test/payloads/")
	}
	good, stranger := link(r.scope, e), testkit.Scope(t, r.DB)
	got, scope, err := r.Follow(t.Context(), good)
	if err != nil || got.ID != e.ID || scope != r.scope {
		t.Fatal(got, scope, err)
	}
	access, err := r.Keys.Sign(token.Claims{ID: "j", ClientID: e.ID, IssuedAt: r.clock.Now(), ExpiresAt: r.clock.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Keys.Verify(good, r.clock.Now()); !errors.Is(err, token.ErrInvalid) {
		t.Error("a link is an access token:", err)
	}
	flipped := []byte(good)
	flipped[len(flipped)-10] ^= 1
	head, rest, _ := strings.Cut(good, ".")
	for name, tt := range map[string]struct {
		raw  string
		want error
	}{
		"changed":           {string(flipped), event.ErrLink},
		"cut":               {good[:len(good)-4], event.ErrLink},
		"of no algorithm":   {"eyJhbGciOiJub25lIn0." + rest, event.ErrLink},
		"nothing":           {"", event.ErrLink},
		"a head alone":      {head, event.ErrLink},
		"an access token":   {access, event.ErrLink},
		"another tenant's":  {link(stranger, e), event.ErrNotFound},
		"to what is secret": {link(r.scope, sealed), event.ErrLink},
	} {
		if _, _, err := r.Follow(t.Context(), tt.raw); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
	r.clock.Pass(event.LinkFor + time.Minute)
	if _, _, err := r.Follow(context.Background(), good); !errors.Is(err, event.ErrLinkExpired) {
		t.Error(err)
	}
	if _, _, err := r.Follow(t.Context(), string(flipped)); !errors.Is(err, event.ErrLink) {
		t.Error("changed and expired:", err)
	}
}
