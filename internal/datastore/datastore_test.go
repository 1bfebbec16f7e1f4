package datastore_test

import (
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/datastore"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

type rig struct {
	*datastore.Service
	t     *testing.T
	scope tenant.Scope
	clock *testkit.Clock
}

func newRig(t *testing.T) *rig {
	d, clock := testkit.DB(t), testkit.NewClock()
	return &rig{Service: &datastore.Service{DB: d, Now: clock.Now}, t: t, scope: testkit.Scope(t, d), clock: clock}
}

var notes = datastore.Place{Kind: datastore.Data, Of: "notes"}

func (r *rig) set(p datastore.Place, key, value string, put datastore.Put) *datastore.Record {
	r.t.Helper()
	rec, err := r.Set(r.t.Context(), r.scope, p, key, value, put)
	if err != nil {
		r.t.Fatal(err)
	}
	return rec
}

func (r *rig) get(p datastore.Place, key string) string {
	r.t.Helper()
	rec, err := r.Get(r.t.Context(), r.scope, p, key)
	if errors.Is(err, datastore.ErrNoRecord) {
		return ""
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return rec.Value
}

// holds checks what a store counts.
func (r *rig) holds(p datastore.Place, records int, bytes int64) {
	r.t.Helper()
	st, err := r.Store(r.t.Context(), r.scope, p)
	if err != nil || st.Records != records || st.Bytes != bytes {
		r.t.Errorf("%+v, %v; want %d records of %d bytes", st, err, records, bytes)
	}
}

// What was set is there, byte for byte and by its key, until it is deleted or
// cleared, and the store knows how much that is.
func TestRecords(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	if r.get(notes, "a") != "" {
		t.Error("a store that is not there has a record")
	}
	big := `{"n":12345678901234567890.50,"s":"\u0000 ü"}`
	r.set(notes, "a", big, datastore.Put{})
	r.set(notes, "b", `1`, datastore.Put{})
	r.set(notes, "b", `[22]`, datastore.Put{})
	if r.get(notes, "a") != big || r.get(notes, "b") != "[22]" {
		t.Error(r.get(notes, "a"), r.get(notes, "b"))
	}
	r.holds(notes, 2, int64(len(big)+1+4+1))
	for i, want := range []bool{true, false} {
		was, err := r.Delete(t.Context(), r.scope, notes, "a", nil)
		if err != nil || was != want {
			t.Errorf("%d: %v, %v", i, was, err)
		}
	}
	r.holds(notes, 1, 5)
	for range 2 {
		if err := r.Clear(t.Context(), r.scope, notes); err != nil {
			t.Fatal(err)
		}
	}
	r.holds(notes, 0, 0)
	st, err := r.Open(t.Context(), r.scope, notes, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Open(t.Context(), r.scope, notes, true); !errors.Is(err, datastore.ErrName) {
		t.Error(err)
	}
	r.set(datastore.Place{ID: st.ID}, "x", `true`, datastore.Put{})
	if r.get(notes, "x") != "true" {
		t.Error("by its id it is another store")
	}
	if err := r.Drop(t.Context(), r.scope, notes); err != nil {
		t.Fatal(err)
	}
	if err := r.Drop(t.Context(), r.scope, notes); !errors.Is(err, datastore.ErrNoStore) {
		t.Error(err)
	}
	if _, err := r.Set(t.Context(), r.scope, datastore.Place{ID: st.ID}, "x", `1`, datastore.Put{}); !errors.Is(err, datastore.ErrNoStore) {
		t.Error(err)
	}
}

// Of many who write under a condition, one does; and counting loses nothing.
func TestConditions(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	none := int64(0)
	var g sync.WaitGroup
	var mu sync.Mutex
	first := 0
	for range 8 {
		g.Go(func() {
			_, err := r.Set(t.Context(), r.scope, notes, "lock", `1`, datastore.Put{IfVersion: &none})
			if err != nil && !errors.Is(err, datastore.ErrChanged) {
				t.Error(err)
			}
			if err == nil {
				mu.Lock()
				first++
				mu.Unlock()
			}
			for range 5 {
				if _, err := r.Add(t.Context(), r.scope, notes, "n", 2); err != nil {
					t.Error(err)
				}
			}
		})
	}
	g.Wait()
	if first != 1 || r.get(notes, "n") != "80" {
		t.Errorf("%d wrote the first, and the sum is %s", first, r.get(notes, "n"))
	}
	rec := r.set(notes, "v", `1`, datastore.Put{})
	next := r.set(notes, "v", `2`, datastore.Put{IfVersion: &rec.Version})
	if next.Version <= rec.Version {
		t.Error("a version does not grow")
	}
	if _, err := r.Set(t.Context(), r.scope, notes, "v", `3`, datastore.Put{IfVersion: &rec.Version}); !errors.Is(err, datastore.ErrChanged) {
		t.Error(err)
	}
	if _, err := r.Delete(t.Context(), r.scope, notes, "v", &rec.Version); !errors.Is(err, datastore.ErrChanged) {
		t.Error(err)
	}
	// One that went and came again is another.
	if _, err := r.Delete(t.Context(), r.scope, notes, "v", &next.Version); err != nil {
		t.Error(err)
	}
	r.clock.Pass(time.Second)
	r.set(notes, "v", `2`, datastore.Put{})
	if _, err := r.Set(t.Context(), r.scope, notes, "v", `3`, datastore.Put{IfVersion: &next.Version}); !errors.Is(err, datastore.ErrChanged) {
		t.Error(err)
	}
	for value, by := range map[string]int64{`"x"`: 1, `1.5`: 1, `9007199254740991`: 1, `1`: 1 << 62, `null`: 1} {
		r.set(notes, "bad", value, datastore.Put{})
		if _, err := r.Add(t.Context(), r.scope, notes, "bad", by); !errors.Is(err, datastore.ErrNumber) {
			t.Errorf("%s + %d: %v", value, by, err)
		}
	}
}

// A record whose time is over is not there, before it is swept and after.
func TestTimeToLive(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	minute, none := time.Minute, int64(0)
	r.set(notes, "short", `1`, datastore.Put{TTL: &minute})
	r.set(notes, "counted", `1`, datastore.Put{TTL: &minute})
	r.set(notes, "kept", `1`, datastore.Put{TTL: &minute})
	r.set(notes, "long", `1`, datastore.Put{})
	if _, err := r.SetTTL(t.Context(), r.scope, notes, "kept", nil); err != nil {
		t.Fatal(err)
	}
	r.clock.Pass(30 * time.Second)
	if rec, err := r.Add(t.Context(), r.scope, notes, "counted", 1); err != nil || rec.ExpiresAt == nil {
		t.Error(rec, err)
	}
	r.clock.Pass(time.Minute)
	if r.get(notes, "short") != "" || r.get(notes, "counted") != "" || r.get(notes, "kept") != "1" || r.get(notes, "long") != "1" {
		t.Error("what is over is there, or what is not is gone")
	}
	if was, err := r.Delete(t.Context(), r.scope, notes, "counted", nil); was || err != nil {
		t.Error(was, err)
	}
	if _, err := r.SetTTL(t.Context(), r.scope, notes, "short", &minute); !errors.Is(err, datastore.ErrNoRecord) {
		t.Error(err)
	}
	if _, err := r.Add(t.Context(), r.scope, notes, "short", 5); err != nil || r.get(notes, "short") != "5" {
		t.Error(err, r.get(notes, "short"))
	}
	r.set(notes, "gone", `1`, datastore.Put{TTL: &minute})
	r.set(notes, "again", `1`, datastore.Put{TTL: &minute})
	run := datastore.Place{Kind: datastore.Execution, Of: "arun_1"}
	r.set(run, "x", `1`, datastore.Put{})
	r.clock.Pass(2 * time.Minute)
	r.set(notes, "again", `2`, datastore.Put{IfVersion: &none})
	for range 2 {
		if err := r.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	r.holds(notes, 4, 5+5+6+6)
	r.holds(run, 1, 2)
	r.clock.Pass(31 * 24 * time.Hour)
	if err := r.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Store(t.Context(), r.scope, run); !errors.Is(err, datastore.ErrNoStore) {
		t.Error(err)
	}
}

// A store is walked through in the order of its keys, whatever its size; a page
// of large values is short.
func TestWalk(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for i := range 25 {
		r.set(notes, "k"+strconv.Itoa(100+i), strconv.Itoa(i), datastore.Put{})
	}
	r.set(notes, "other", `1`, datastore.Put{})
	var keys []string
	for w := (datastore.Walk{Prefix: "k", Limit: 10}); ; {
		rs, more, err := r.Records(t.Context(), r.scope, notes, w)
		if err != nil {
			t.Fatal(err)
		}
		for _, rec := range rs {
			keys = append(keys, rec.Key+"="+rec.Value)
			w.After = rec.Key
		}
		if !more {
			break
		}
	}
	if len(keys) != 25 || keys[0] != "k100=0" || keys[24] != "k124=24" {
		t.Error(keys)
	}
	large := `"` + strings.Repeat("x", datastore.MaxValue-2) + `"`
	for i := range 10 {
		r.set(notes, "large"+strconv.Itoa(i), large, datastore.Put{})
	}
	rs, more, err := r.Records(t.Context(), r.scope, notes, datastore.Walk{Prefix: "large"})
	if err != nil || len(rs) == 0 || len(rs) >= 10 || !more {
		t.Error(len(rs), more, err)
	}
	rs, more, err = r.Records(t.Context(), r.scope, notes, datastore.Walk{Prefix: "large", Keys: true})
	if err != nil || len(rs) != 10 || more || len(rs[0].Value) != 0 {
		t.Error(len(rs), more, err)
	}
}

// Each scope has its own store, which goes with whom it is of; another tenant
// sees none of it.
func TestScopes(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	user, other := id.New("exu"), testkit.Scope(t, r.DB)
	err := r.DB.In(t.Context(), r.scope, func(tx *gorm.DB) error {
		return tx.Exec("INSERT INTO external_users (id, external_id, created_at, updated_at) VALUES (?, 'ada', now(), now())", user).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	of := datastore.Place{Kind: datastore.User, Of: "ada"}
	r.set(of, "x", `"ada"`, datastore.Put{})
	r.set(datastore.Place{Kind: datastore.Project}, "x", `"all"`, datastore.Put{})
	if r.get(of, "x") != `"ada"` || r.get(datastore.Place{Kind: datastore.Project}, "x") != `"all"` || r.get(notes, "x") != "" {
		t.Error("scopes share what is theirs")
	}
	st, err := r.Store(t.Context(), r.scope, of)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Get(t.Context(), other, datastore.Place{ID: st.ID}, "x"); !errors.Is(err, datastore.ErrNoStore) {
		t.Error(err)
	}
	if _, err := r.Set(t.Context(), other, datastore.Place{ID: st.ID}, "x", `1`, datastore.Put{}); !errors.Is(err, datastore.ErrNoStore) {
		t.Error(err)
	}
	if p, err := r.List(t.Context(), other, "", nil, db.Cursor{}); err != nil || p.Total != 0 {
		t.Error(p, err)
	}
	if p, err := r.List(t.Context(), r.scope, datastore.User, nil, db.Cursor{}); err != nil || p.Total != 1 {
		t.Error(p, err)
	}
	for subject, want := range map[string]int{st.Subject: 1, "another": 0} {
		if p, err := r.List(t.Context(), r.scope, datastore.User, &subject, db.Cursor{}); err != nil || p.Total != want {
			t.Errorf("of %q: %v, %v", subject, p, err)
		}
	}
	if err := r.DB.In(t.Context(), r.scope, func(tx *gorm.DB) error { return tx.Exec("DELETE FROM external_users").Error }); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Get(t.Context(), r.scope, of, "x"); !errors.Is(err, account.ErrUserNotFound) {
		t.Error(err)
	}
	if p, err := r.List(t.Context(), r.scope, datastore.User, nil, db.Cursor{}); err != nil || p.Total != 0 {
		t.Error(p, err)
	}
	for name, bad := range map[string]struct {
		place datastore.Place
		want  error
	}{
		"a project with a subject":  {datastore.Place{Kind: datastore.Project, Of: "x"}, datastore.ErrPlace},
		"a data store without name": {datastore.Place{Kind: datastore.Data}, datastore.ErrPlace},
		"a user of nobody":          {datastore.Place{Kind: datastore.User, Of: "bob"}, account.ErrUserNotFound},
		"no trigger's id":           {datastore.Place{Kind: datastore.Trigger, Of: "x"}, datastore.ErrNoTrigger},
		"a trigger that is not":     {datastore.Place{Kind: datastore.Trigger, Of: id.New("dc")}, datastore.ErrNoTrigger},
		"a kind of nobody":          {datastore.Place{Kind: "galaxy"}, datastore.ErrPlace},
	} {
		if _, err := r.Open(t.Context(), r.scope, bad.place, false); !errors.Is(err, bad.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What does not fit is refused, and changes nothing.
func TestLimits(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	second := time.Millisecond
	for name, bad := range map[string]struct {
		key, value string
		put        datastore.Put
		want       error
	}{
		"no key":           {"", `1`, datastore.Put{}, datastore.ErrKey},
		"a long key":       {strings.Repeat("ü", datastore.MaxKey+1), `1`, datastore.Put{}, datastore.ErrKey},
		"a key with a NUL": {"a\x00", `1`, datastore.Put{}, datastore.ErrKey},
		"no JSON":          {"a", `{`, datastore.Put{}, datastore.ErrValue},
		"nothing":          {"a", ``, datastore.Put{}, datastore.ErrValue},
		"a large value":    {"a", `"` + strings.Repeat("x", datastore.MaxValue) + `"`, datastore.Put{}, datastore.ErrTooLarge},
		"a short life":     {"a", `1`, datastore.Put{TTL: &second}, datastore.ErrTTL},
	} {
		if _, err := r.Set(t.Context(), r.scope, notes, bad.key, bad.value, bad.put); !errors.Is(err, bad.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	r.set(notes, "a", `1`, datastore.Put{})
	full := func(set string) {
		if err := r.DB.In(t.Context(), r.scope, func(tx *gorm.DB) error { return tx.Exec("UPDATE stores SET " + set).Error }); err != nil {
			t.Fatal(err)
		}
	}
	full("records = " + strconv.Itoa(datastore.MaxRecords))
	if _, err := r.Set(t.Context(), r.scope, notes, "b", `1`, datastore.Put{}); !errors.Is(err, datastore.ErrFull) {
		t.Error(err)
	}
	r.set(notes, "a", `22`, datastore.Put{})
	full("records = 1, bytes = " + strconv.Itoa(datastore.MaxBytes))
	if _, err := r.Set(t.Context(), r.scope, notes, "a", `333`, datastore.Put{}); !errors.Is(err, datastore.ErrFull) {
		t.Error(err)
	}
	if r.get(notes, "a") != "22" || r.get(notes, "b") != "" {
		t.Error("what was refused is there")
	}
	r.set(notes, "a", `1`, datastore.Put{})
}
