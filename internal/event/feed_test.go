package event_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

type rig struct {
	*event.Service
	t     *testing.T
	scope tenant.Scope
}

func newRig(t *testing.T) *rig {
	t.Helper()
	d := testkit.DB(t)
	return &rig{&event.Service{DB: d}, t, testkit.Scope(t, d)}
}

func made(subject string) *event.Event {
	return &event.Event{Type: event.TriggerEmitted, SubjectID: subject, Body: "{}", CreatedAt: time.Now()}
}

// emit records events in one transaction.
func (r *rig) emit(es ...*event.Event) {
	r.t.Helper()
	if err := r.DB.In(r.t.Context(), r.scope, func(tx *gorm.DB) error { return event.Emit(tx, es...) }); err != nil {
		r.t.Error(err)
	}
}

// now returns a cursor behind all that is settled.
func (r *rig) now() string {
	r.t.Helper()
	b, err := r.Feed(r.t.Context(), r.scope, event.Filter{}, event.Start{}, 50, 0)
	if err != nil {
		r.t.Fatal(err)
	}
	if len(b.Events) > 0 {
		r.t.Fatalf("a feed that begins now has %d events", len(b.Events))
	}
	return b.Next
}

// read goes on reading until n events have come, and returns their subjects.
func (r *rig) read(f event.Filter, from event.Start, limit, n int) (subjects []string, next string) {
	r.t.Helper()
	for end := time.Now().Add(time.Minute); len(subjects) < n && time.Now().Before(end); {
		b, err := r.Feed(r.t.Context(), r.scope, f, from, limit, time.Second)
		if err != nil {
			r.t.Fatal(err)
		}
		if len(b.Events) > limit {
			r.t.Fatalf("%d events, more than %d", len(b.Events), limit)
		}
		for _, e := range b.Events {
			subjects = append(subjects, e.SubjectID)
		}
		from = event.Start{After: b.Next}
	}
	return subjects, from.After
}

// A feed that begins now hears what happens from then on, once, in its order,
// whoever reads it; another tenant hears nothing.
func TestFeed(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.emit(made("before"))
	all, _ := r.read(event.Filter{}, event.Start{Since: time.Now().Add(-time.Hour)}, 50, 1)
	begun := r.now()
	r.emit(made("1"), made("2"))
	r.emit(made("3"))
	got, next := r.read(event.Filter{}, event.Start{After: begun}, 2, 3)
	if want := []string{"1", "2", "3"}; !slices.Equal(got, want) || !slices.Equal(all, []string{"before"}) {
		t.Fatalf("read %v, want %v; and %v", got, want, all)
	}
	if again, _ := r.read(event.Filter{}, event.Start{After: begun}, 50, 3); !slices.Equal(again, got) {
		t.Fatalf("read %v the second time, want %v", again, got)
	}
	if b, err := r.Feed(t.Context(), r.scope, event.Filter{}, event.Start{After: next}, 50, 0); err != nil || len(b.Events) > 0 {
		t.Fatal(b, err)
	}
	stranger := testkit.Scope(t, r.DB)
	for _, from := range []event.Start{{After: begun}, {Since: time.Now().Add(-time.Hour)}} {
		if b, err := r.Feed(t.Context(), stranger, event.Filter{}, from, 50, 0); err != nil || len(b.Events) > 0 {
			t.Fatalf("a stranger reads %+v, %v", b, err)
		}
	}
}

// An event that was written first and committed last is not missed: what came
// after it waits for it, and a transaction that is undone holds nobody up.
func TestFeedOfLateCommits(t *testing.T) {
	t.Parallel()
	for _, commits := range []bool{true, false} {
		r := newRig(t)
		begun := r.now()
		written, end := make(chan struct{}), make(chan struct{})
		var open sync.WaitGroup
		open.Go(func() {
			err := r.DB.In(r.t.Context(), r.scope, func(tx *gorm.DB) error {
				if err := event.Emit(tx, made("slow")); err != nil {
					return err
				}
				close(written)
				<-end
				if !commits {
					return errors.New("undone")
				}
				return nil
			})
			if commits && err != nil {
				t.Error(err)
			}
		})
		<-written
		r.emit(made("fast"))
		b, err := r.Feed(t.Context(), r.scope, event.Filter{}, event.Start{After: begun}, 50, time.Second)
		if err != nil || len(b.Events) > 0 {
			t.Fatalf("read %+v, %v, while an earlier one may still come", b, err)
		}
		close(end)
		open.Wait()
		want := []string{"slow", "fast"}
		if !commits {
			want = want[1:]
		}
		if got, _ := r.read(event.Filter{}, event.Start{After: b.Next}, 50, len(want)); !slices.Equal(got, want) {
			t.Fatalf("read %v, want %v", got, want)
		}
	}
}

// Many write at once, in transactions of every length and with ids that tell
// nothing of the order; a reader that goes on from its cursor gets each once.
func TestFeedUnderWriters(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	begun := r.now()
	const writers, each = 6, 40
	var g sync.WaitGroup
	for w := range writers {
		g.Go(func() {
			for i := range each {
				r.emitSlowly(fmt.Sprintf("%d-%d", w, i))
			}
		})
	}
	got, next := r.read(event.Filter{}, event.Start{After: begun}, 7, writers*each)
	g.Wait()
	seen := map[string]int{}
	for _, s := range got {
		seen[s]++
	}
	if len(got) != writers*each || len(seen) != writers*each {
		t.Fatalf("read %d events, %d of them once, want %d", len(got), len(seen), writers*each)
	}
	if b, err := r.Feed(t.Context(), r.scope, event.Filter{}, event.Start{After: next}, 50, 0); err != nil || len(b.Events) > 0 {
		t.Fatal(b, err)
	}
}

func (r *rig) emitSlowly(subject string) {
	pause := func() { time.Sleep(time.Duration(rand.IntN(8)) * time.Millisecond) }
	e := made(subject) // its id is made first
	if err := e.Fill("development", map[string]any{}); err != nil {
		r.t.Error(err)
	}
	pause()
	err := r.DB.In(r.t.Context(), r.scope, func(tx *gorm.DB) error {
		pause()
		defer pause()
		return event.Emit(tx, e)
	})
	if err != nil {
		r.t.Error(err)
	}
}

// What a filter leaves out is gone past, also when it is more than one look takes in.
func TestFeedFilters(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	begun := r.now()
	var es []*event.Event
	for i := range 2500 {
		e := made(fmt.Sprint(i))
		if i%1000 == 0 {
			e.Type, e.ExternalUserID = event.AccountDead, "ada"
		}
		es = append(es, e)
	}
	r.emit(es...)
	for name, f := range map[string]event.Filter{
		"by type":  {Types: []string{event.AccountDeleted, event.AccountDead}},
		"by user":  {ExternalUserID: "ada"},
		"by both":  {Types: []string{event.AccountDead}, ExternalUserID: "ada"},
		"all that": {},
	} {
		want := []string{"0", "1000", "2000"}
		if name == "all that" {
			want = []string{"0", "1", "2"}
		}
		if got, _ := r.read(f, event.Start{After: begun}, 50, 3); !slices.Equal(got[:3], want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	if b, err := r.Feed(t.Context(), r.scope, event.Filter{Types: []string{event.AccountExpiring}}, event.Start{After: begun}, 50, time.Second); err != nil || len(b.Events) > 0 || b.More {
		t.Fatal(b, err)
	}
}

// An answer is full after a megabyte, and one event always comes.
func TestFeedOfLargeBodies(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	begun := r.now()
	var es []*event.Event
	for i := range 5 {
		e := made(fmt.Sprint(i))
		e.Body = `"` + strings.Repeat("x", 700<<10*(1+i%2)) + `"`
		es = append(es, e)
	}
	r.emit(es...)
	var parts []int
	for from := begun; len(parts) < 20; {
		b, err := r.Feed(t.Context(), r.scope, event.Filter{}, event.Start{After: from}, 50, 5*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if parts = append(parts, len(b.Events)); b.Events[len(b.Events)-1].SubjectID == "4" {
			break
		}
		from = b.Next
	}
	if !slices.Equal(parts, []int{2, 2, 1}) {
		t.Fatalf("came in parts of %v", parts)
	}
}

// A cursor that is not the feed's is refused, and so is one of another life of the database.
func TestFeedCursors(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	encode := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	for cursor, want := range map[string]error{
		"!": event.ErrCursor, "_w": event.ErrCursor, encode("1"): event.ErrCursor, encode("-1."): event.ErrCursor, encode("x.~"): event.ErrCursor,
		encode("1.evt_1"): event.ErrCursor, encode("1.' OR true"): event.ErrCursor, encode("9223372036854775807.~"): event.ErrCursor,
		encode("9223372036854775806.~"): event.ErrCursorGone, encode("1."): nil, encode("1.~"): nil,
	} {
		if _, err := r.Feed(t.Context(), r.scope, event.Filter{}, event.Start{After: cursor}, 1, 0); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", cursor, err, want)
		}
	}
	if _, err := r.Feed(t.Context(), r.scope, event.Filter{Types: []string{"SOMETHING"}}, event.Start{}, 1, 0); !errors.Is(err, event.ErrType) {
		t.Error(err)
	}
}

// Of one environment only so many are waited on, and all of them are let go when the process stops.
func TestFeedRests(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var g sync.WaitGroup
	for range event.MaxWaiting {
		g.Go(func() {
			for {
				b, err := r.Feed(t.Context(), r.scope, event.Filter{}, event.Start{}, 1, event.MaxWait)
				if errors.Is(err, event.ErrListeners) {
					continue // the one too many was there before
				}
				if err != nil || b.Next == "" {
					t.Errorf("%+v, %v", b, err)
				}
				return
			}
		})
	}
	testkit.Eventually(t, "one too many is refused", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		_, err := r.Feed(ctx, r.scope, event.Filter{}, event.Start{}, 1, event.MaxWait)
		return errors.Is(err, event.ErrListeners)
	})
	if _, err := r.Feed(t.Context(), r.scope, event.Filter{}, event.Start{}, 1, 0); err != nil {
		t.Errorf("who does not wait is refused: %v", err)
	}
	if _, err := r.Feed(t.Context(), testkit.Scope(t, r.DB), event.Filter{}, event.Start{}, 1, time.Millisecond); err != nil {
		t.Errorf("another environment is full, too: %v", err)
	}
	r.Rest()
	g.Wait()
	r.Rest()
}
