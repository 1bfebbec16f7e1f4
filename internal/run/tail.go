package run

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Faults of following runs.
var (
	ErrFollowers = fault.New(fault.RateLimited, "too_many_followers", "More than %d follow the runs of this environment already.", MaxFollowers)
	ErrLastEvent = fault.New(fault.Invalid, "last_event_id", "The Last-Event-ID is not one that this stream gave out.")
)

// Limits of following runs.
const (
	MaxFollowers = 20               // of an environment, in each process
	MaxFollow    = 15 * time.Minute // how long one goes on, before its client comes again

	lookEvery   = 500 * time.Millisecond
	tailMost    = 200             // new runs that one look brings
	tailUnder   = 1000            // runs under way that are looked at again
	tailOverlap = 2 * time.Second // how late a run may come to light after the time in its id
)

// Tail follows the runs of a filter: what is new, and then each change of up to a
// thousand that are under way. What is told is always a run as it stands; what lay
// between two looks is not.
type Tail struct {
	following

	s     *Service
	scope tenant.Scope
	f     Filter
	from  string            // the id behind which everything is new
	under map[string]Status // runs that were told of and are not over, as they were
	told  map[string]bool   // runs behind from that were told of
}

// Follow begins to follow runs: behind the id of an earlier tail, or else with the
// next that is made. A filter's texts and accounts are left out of account. The
// caller leaves it in the end.
func (s *Service) Follow(scope tenant.Scope, f Filter, last string) (*Tail, error) {
	f.Text, f.AccountID, f.App = "", "", ""
	if last != "" && !id.Is("run", last) {
		return nil, ErrLastEvent
	}
	if last == "" {
		last = id.At("run", s.Now())
	}
	t := &Tail{s: s, scope: scope, f: f, from: last, under: map[string]Status{}, told: map[string]bool{}}
	return t, s.followers.enter(scope, &t.following)
}

// Each calls fn again and again with the runs that are new, or stand elsewhere
// than they did, oldest first, and with the id by which a tail that begins anew
// misses nothing: what is told behind it may be told again. It ends with ctx, fn's
// error, the process, or after a quarter of an hour.
func (t *Tail) Each(ctx context.Context, fn func(changed []Run, from string) error) error {
	return t.again(ctx, func() (more, over bool, err error) {
		changed, more, err := t.look(ctx)
		if err != nil {
			return false, true, err
		}
		return more, false, fn(changed, t.oldest())
	})
}

func (t *Tail) look(ctx context.Context) (changed []Run, more bool, err error) {
	var fresh, under []Run
	most := tailMost + len(t.told)
	err = t.s.DB.In(ctx, t.scope, func(tx *gorm.DB) error {
		f := t.f // a run comes to a status, and to an error, after it was made
		f.Statuses, f.ErrorCode = nil, ""
		if err := f.quick(tx.Omit("input", "response")).Where("id > ?", t.from).Order("id").Limit(most).Find(&fresh).Error; err != nil || len(t.under) == 0 {
			return err
		}
		return tx.Omit("input", "response").Where("id IN ?", slices.Collect(maps.Keys(t.under))).Order("id").Find(&under).Error
	})
	if err != nil {
		return nil, false, fmt.Errorf("follow runs: %w", err)
	}
	for i := range under {
		if t.under[under[i].ID] != under[i].Status {
			changed = append(changed, under[i])
		}
		t.note(&under[i])
	}
	more = len(fresh) == most
	for i := range fresh {
		if !t.told[fresh[i].ID] {
			t.told[fresh[i].ID] = true
			t.note(&fresh[i])
			changed = append(changed, fresh[i])
		}
	}
	t.move()
	return slices.DeleteFunc(changed, func(r Run) bool { return !t.takes(&r) }), more, nil
}

// takes reports whether a run has come to where the filter wants it.
func (t *Tail) takes(r *Run) bool {
	if len(t.f.Statuses) > 0 && !slices.Contains(t.f.Statuses, r.Status) {
		return false
	}
	return t.f.ErrorCode == "" || r.Error != nil && r.Error.Code == t.f.ErrorCode
}

// note keeps in mind a run that is not over.
func (t *Tail) note(r *Run) {
	switch _, known := t.under[r.ID]; {
	case r.Status.Over():
		delete(t.under, r.ID)
	case known || len(t.under) < tailUnder:
		t.under[r.ID] = r.Status
	}
}

// move goes on behind what was told, as far as nothing can come to light before it
// any more: an id is made before its run is committed.
func (t *Tail) move() {
	settled := id.At("run", t.s.Now().Add(-tailOverlap))
	for told := range t.told {
		if told < settled && told > t.from {
			t.from = told
		}
	}
	maps.DeleteFunc(t.told, func(told string, _ bool) bool { return told <= t.from })
}

// oldest is an id before everything that is under way, and before what may come
// to light late.
func (t *Tail) oldest() string {
	from := t.from
	for one := range t.under {
		if one <= from {
			from = id.Before(one)
		}
	}
	return from
}

// TailOfOne follows the steps of one run.
type TailOfOne struct {
	following

	s        *Service
	scope    tenant.Scope
	runID    string
	position int // all steps up to it are over and were told of
}

// FollowOne begins to follow a run, or goes on where an earlier tail came to; "" =
// from its beginning. The caller leaves it in the end.
func (s *Service) FollowOne(ctx context.Context, scope tenant.Scope, runID, last string) (*TailOfOne, error) {
	t := &TailOfOne{s: s, scope: scope, runID: runID, position: 0}
	if _, _, err := t.look(ctx); err != nil {
		return nil, err
	}
	if last != "" {
		var err error
		if t.position, err = strconv.Atoi(last); err != nil || t.position < 0 {
			return nil, ErrLastEvent
		}
	}
	return t, s.followers.enter(scope, &t.following)
}

// Each calls fn again and again with the run, nil if it stands where it stood, with
// the steps that stand elsewhere, in order, and where another tail can go on. It ends when the run is over, or as that of Tail.
func (t *TailOfOne) Each(ctx context.Context, fn func(r *Run, steps []Step, last string) error) error {
	stood, told := "", map[string]string{}
	return t.again(ctx, func() (more, over bool, err error) {
		r, steps, err := t.look(ctx)
		if err != nil {
			return false, true, err
		}
		for i := range steps {
			if steps[i].FinishedAt == nil || steps[i].Position != t.position+1 {
				break // one that is begun at the same time may come to light later
			}
			t.position++
		}
		steps = slices.DeleteFunc(steps, func(s Step) bool {
			stands := fmt.Sprint(s.Status, s.Attempts, s.WakeAt, s.FinishedAt)
			known := told[s.Path] == stands
			told[s.Path] = stands
			return known
		})
		over = r.Status.Over()
		if stands := fmt.Sprint(r.Status, r.Attempts); stands == stood {
			r = nil
		} else {
			stood = stands
		}
		return false, over, fn(r, steps, strconv.Itoa(t.position))
	})
}

func (t *TailOfOne) look(ctx context.Context) (r *Run, steps []Step, err error) {
	err = t.s.DB.In(ctx, t.scope, func(tx *gorm.DB) error {
		if r, err = db.One[Run](tx.Omit("input", "response").Where("id = ?", t.runID), ErrNotFound); err != nil {
			return err
		}
		if err := tx.Where("run_id = ? AND position > ?", t.runID, t.position).Order("position").Find(&steps).Error; err != nil {
			return fmt.Errorf("load steps: %w", err)
		}
		return nil
	})
	return r, steps, err
}

// followers counts who follows the runs of each environment.
type followers struct {
	mu      sync.Mutex
	of      map[string]int
	resting chan struct{}
}

// following is one of them.
type following struct {
	resting <-chan struct{}
	Leave   func() // makes room for another
}

func (f *followers) init() {
	if f.of == nil {
		f.of, f.resting = map[string]int{}, make(chan struct{})
	}
}

func (f *followers) enter(scope tenant.Scope, in *following) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.init()
	of := scope.Environment()
	if f.of[of] >= MaxFollowers {
		return ErrFollowers
	}
	f.of[of]++
	in.resting = f.resting
	in.Leave = func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.of[of]--; f.of[of] == 0 {
			delete(f.of, of)
		}
	}
	return nil
}

// again calls look until it is over: at once while there is more, else after a while.
func (f *following) again(ctx context.Context, look func() (more, over bool, err error)) error {
	end := time.NewTimer(MaxFollow)
	defer end.Stop()
	for {
		more, over, err := look()
		if err != nil || over {
			return err
		}
		pause := lookEvery
		if more {
			pause = 0
		}
		select {
		case <-ctx.Done():
			return nil
		case <-end.C:
			return nil
		case <-f.resting:
			return nil
		case <-time.After(pause):
		}
	}
}

// Rest ends all following: the process is to stop.
func (s *Service) Rest() {
	s.followers.mu.Lock()
	defer s.followers.mu.Unlock()
	s.followers.init()
	select {
	case <-s.followers.resting:
	default:
		close(s.followers.resting)
	}
}
