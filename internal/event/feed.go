package event

import (
	"context"
	"encoding/base64"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Faults of the feed.
var (
	ErrCursor     = fault.New(fault.Invalid, "cursor", "The cursor is not one that this feed gave out.")
	ErrCursorGone = fault.New(fault.Conflict, "cursor_gone", "The cursor is of a database that is not this one any more. Begin anew, with since.")
	ErrListeners  = fault.New(fault.RateLimited, "too_many_listeners", "More than %d wait for the events of this environment already.", MaxWaiting)
)

// Limits of the feed.
const (
	MaxWaiting = 20               // callers that wait for the events of an environment, in each process
	MaxWait    = 30 * time.Second // how long a caller waits
	MaxSince   = 30 * 24 * time.Hour

	window    = 1000                   // events that one look goes through
	weight    = 1 << 20                // bytes of bodies after which an answer is full
	lookAgain = 300 * time.Millisecond // while there is nothing new
)

// position is a place between two events: all up to it were read.
type position struct {
	tx int64 // the number of a transaction
	id string
}

// last stands behind every id.
const last = "~"

// Batch is a part of the feed. Next is where it goes on, and there also when
// there are no events: with it, nothing is read twice and nothing is missed.
type Batch struct {
	Events []Event
	Next   string
	More   bool // there is more to read at once
}

// Start says where a feed begins: behind a cursor, or else with what happened
// at Since or later, or else now.
type Start struct {
	After string
	Since time.Time
}

// Feed returns at most limit events in the order in which they were settled,
// and waits for the first one if there is none. An event is settled when no
// transaction is under way any more that could still bring one to light before it.
func (s *Service) Feed(ctx context.Context, scope tenant.Scope, f Filter, from Start, limit int, wait time.Duration) (*Batch, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	at, err := decode(from.After)
	if err != nil {
		return nil, err
	}
	if wait <= 0 {
		out, _, err := s.look(ctx, scope, f, from.Since, at, limit)
		return &out, err
	}
	resting, leave, err := s.enter(scope)
	if err != nil {
		return nil, err
	}
	defer leave()
	end := time.NewTimer(min(wait, MaxWait))
	defer end.Stop()
	for {
		out, next, err := s.look(ctx, scope, f, from.Since, at, limit)
		if ctx.Err() != nil {
			return &Batch{}, nil // to a caller who hung up
		}
		if err != nil {
			return nil, err
		}
		at = next
		if len(out.Events) > 0 {
			return &out, nil
		}
		pause := lookAgain
		if out.More {
			pause = 0
		}
		select {
		case <-ctx.Done():
			return &out, nil
		case <-end.C:
			return &out, nil
		case <-resting:
			return &out, nil
		case <-time.After(pause):
		}
	}
}

// Rest ends all waiting, with what there is: the process is to stop.
func (s *Service) Rest() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.init()
	select {
	case <-s.resting:
	default:
		close(s.resting)
	}
}

func (s *Service) init() {
	if s.waiting == nil {
		s.waiting, s.resting = map[string]int{}, make(chan struct{})
	}
}

func (s *Service) enter(scope tenant.Scope) (resting <-chan struct{}, leave func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.init()
	of := scope.Environment()
	if s.waiting[of] >= MaxWaiting {
		return nil, nil, ErrListeners
	}
	s.waiting[of]++
	return s.resting, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.waiting[of]--; s.waiting[of] == 0 {
			delete(s.waiting, of)
		}
	}, nil
}

// seen is what a look knows of an event before it loads it.
type seen struct {
	Tx             int64
	ID             string
	Type           string
	ExternalUserID string
	Size           int
}

// look goes through one window of the feed. It returns where it has come to,
// whatever it found.
func (s *Service) look(ctx context.Context, scope tenant.Scope, f Filter, since time.Time, at *position, limit int) (out Batch, next *position, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		// First the horizon and then the rows, in statements of their own: what is below the horizon now is there for the second.
		var now struct{ Horizon, Newest int64 }
		err := tx.Raw(`SELECT pg_snapshot_xmin(s)::text::bigint AS horizon, pg_snapshot_xmax(s)::text::bigint AS newest FROM pg_current_snapshot() s`).Scan(&now).Error
		if err != nil {
			return fmt.Errorf("find horizon: %w", err)
		}
		settled := &position{now.Horizon - 1, last}
		switch {
		case at == nil:
			if at, err = begin(tx, since, settled); err != nil {
				return err
			}
		case at.tx > now.Newest:
			return ErrCursorGone
		}
		var rows []seen
		err = tx.Raw(`SELECT tx, id, type, external_user_id, octet_length(body) AS size FROM events
			WHERE (tx, id) > (?, ?) AND tx < ? ORDER BY tx, id LIMIT ?`, at.tx, at.id, now.Horizon, window).Scan(&rows).Error
		if err != nil {
			return fmt.Errorf("look for events: %w", err)
		}
		next, out.More = settled, len(rows) == window
		var ids []string
		bytes := 0
		for _, r := range rows {
			if out.More {
				next = &position{r.Tx, r.ID}
			}
			if !f.takes(r.Type, r.ExternalUserID) {
				continue
			}
			if ids, bytes = append(ids, r.ID), bytes+r.Size; len(ids) == limit || bytes >= weight {
				next, out.More = &position{r.Tx, r.ID}, true
				break
			}
		}
		if next.before(at) { // nothing was settled since
			next = at
		}
		out.Next = next.encode()
		out.Events, err = load(tx, ids)
		return err
	})
	return out, next, err
}

// begin returns the place before the first event that happened at since or
// later, or the present one.
func begin(tx *gorm.DB, since time.Time, settled *position) (*position, error) {
	if since.IsZero() {
		return settled, nil
	}
	var first *int64
	err := tx.Raw("SELECT min(tx) FROM events WHERE id >= ? AND created_at >= ?", id.At("evt", since.Add(-skew)), since).Scan(&first).Error
	if err != nil {
		return nil, fmt.Errorf("find the first event: %w", err)
	}
	if first == nil || *first > settled.tx {
		return settled, nil
	}
	return &position{*first, ""}, nil
}

// load returns events in the order of their ids in the list.
func load(tx *gorm.DB, ids []string) ([]Event, error) {
	out := []Event{}
	if len(ids) == 0 {
		return out, nil
	}
	var rows []Event
	if err := tx.Where("id IN ?", ids).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("load events: %w", err)
	}
	byID := make(map[string]Event, len(rows))
	for _, e := range rows {
		byID[e.ID] = e
	}
	for _, one := range ids {
		if e, ok := byID[one]; ok { // or it was deleted meanwhile
			out = append(out, e)
		}
	}
	return out, nil
}

func (p *position) before(q *position) bool { return p.tx < q.tx || p.tx == q.tx && p.id < q.id }

func (p *position) encode() string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(p.tx, 10) + "." + p.id))
}

// decode reads a cursor; "" is none.
func decode(cursor string) (*position, error) {
	if cursor == "" {
		return nil, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return nil, ErrCursor.Because(err)
	}
	number, rest, ok := strings.Cut(string(b), ".")
	tx, err := strconv.ParseInt(number, 10, 64)
	if err != nil || !ok || tx < 0 || tx == math.MaxInt64 || rest != "" && rest != last && !id.Is("evt", rest) {
		return nil, ErrCursor
	}
	return &position{tx, rest}, nil
}
