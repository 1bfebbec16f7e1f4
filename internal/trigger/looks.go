package trigger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/inbound"
	"github.com/patchbay-dev/patchbay/internal/intake"
	"github.com/patchbay-dev/patchbay/internal/project"
	"github.com/patchbay-dev/patchbay/internal/redact"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// The kinds of looks.
const (
	ByTime    = "time"    // the trigger's time had come
	ByRequest = "request" // somebody called its address
	ByChange  = "change"  // it was deployed, changed or mended
	ByRenewal = "renewal" // what it has at the app was to be renewed
)

// The reasons for which what was found is no event.
const (
	SeenBefore   = "seen_before"   // its id was emitted before
	FirstLook    = "first_look"    // it was there before the trigger
	NotMeant     = "not_meant"     // it is nothing that the trigger is for
	ByFilter     = "filter"        // the trigger's condition does not hold of it
	BadSignature = "bad_signature" // the request is not signed as it should be
	TooMuchWaits = "too_much_waits"
	BeyondReach  = "beyond_reach" // more was new than one look takes: so many at least are lost
	NotReadable  = "unreadable"   // nothing could be made of it
)

// Look is what came of one look of a trigger, or of one request to it.
type Look struct {
	ID        string    `json:"id,omitempty"` // under which what was logged in it is kept; "" = nothing was
	At        time.Time `json:"at"`
	Kind      string    `json:"kind"`
	Found     int       `json:"found"`
	New       int       `json:"new"` // of those, the ones that were emitted
	Dropped   []Drop    `json:"dropped,omitempty"`
	Unchanged bool      `json:"unchanged,omitempty"` // the app says that there is nothing but what the last look found
	Error     string    `json:"error,omitempty"`     // one sentence for people; "" = it went well

	Said *Said `json:"-"` // what was logged in it, until that is kept; nil = nothing was
}

// Drop says why some of what was found is no event.
type Drop struct {
	Reason string   `json:"reason"`
	Count  int      `json:"count"`
	IDs    []string `json:"ids,omitempty"` // the first of them
}

const (
	keepLooks   = 50 // of a trigger
	mostIDs     = 5  // that a Drop names
	longestID   = 100
	mostJournal = 20_000   // looks that wait to be written down
	mostLogged  = 32 << 20 // bytes of what was logged in them
)

// drop notes that something was found which is no event.
func (l *Look) drop(reason string, ids ...string) {
	for i := range l.Dropped {
		if l.Dropped[i].Reason == reason {
			l.Dropped[i].add(ids)
			return
		}
	}
	d := Drop{Reason: reason}
	d.add(ids)
	l.Dropped = append(l.Dropped, d)
}

func (d *Drop) add(ids []string) {
	d.Count += max(1, len(ids))
	for _, id := range ids {
		if len(d.IDs) < mostIDs && id != "" {
			d.IDs = append(d.IDs, id[:min(len(id), longestID)])
		}
	}
}

// refusal is the look of a request that was not taken; nil for one that says
// nothing of the trigger.
func refusal(err error, now time.Time) *Look {
	l := &Look{At: now, Kind: ByRequest, Found: 1}
	switch {
	case errors.Is(err, inbound.ErrSignature), errors.Is(err, inbound.ErrLate), errors.Is(err, inbound.ErrNoSecret):
		l.drop(BadSignature)
	case errors.Is(err, intake.ErrBusy):
		l.drop(TooMuchWaits)
	default:
		return nil
	}
	if f, ok := errors.AsType[*fault.Error](err); ok {
		l.Error = f.Message
	}
	return l
}

// Journal keeps the last looks of triggers. They are gathered in memory and
// written down now and then: who floods an address makes the database write no
// more than anybody. A process that dies takes its last ones with it.
type Journal struct {
	DB  *db.DB
	Box *secret.Box

	mu    sync.Mutex
	n     int
	size  int // of what was logged, in bytes
	looks map[tenant.Scope]map[string][]Look
}

// Add notes a look of a trigger.
func (j *Journal) Add(scope tenant.Scope, triggerID string, l Look) {
	if j == nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.n >= mostJournal {
		return
	}
	if j.looks == nil {
		j.looks = map[tenant.Scope]map[string][]Look{}
	}
	if j.looks[scope] == nil {
		j.looks[scope] = map[string][]Look{}
	}
	l.ID = ""
	if l.Said.nothing() || l.Said.size()+j.size > mostLogged {
		l.Said = nil
	} else {
		l.ID = id.New("look")
	}
	of := j.looks[scope][triggerID]
	of = append(of, l)
	j.n++
	j.size += l.Said.size()
	if len(of) > keepLooks {
		j.size -= of[0].Said.size()
		of = of[1:]
		j.n--
	}
	j.looks[scope][triggerID] = of
}

// Attend writes looks down until ctx ends, and then the last ones.
func (j *Journal) Attend(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), every)
			defer cancel()
			if err := j.Flush(last); err != nil {
				slog.WarnContext(last, "looks of triggers are not written down", "error", err)
			}
			return
		case <-tick.C:
			if err := j.Flush(ctx); err != nil && ctx.Err() == nil {
				slog.WarnContext(ctx, "looks of triggers are not written down", "error", err)
			}
		}
	}
}

// Flush writes down what was gathered. What could not be written is lost.
func (j *Journal) Flush(ctx context.Context) error {
	j.mu.Lock()
	due := j.looks
	j.looks, j.n, j.size = nil, 0, 0
	j.mu.Unlock()
	var failed []error
	for scope, of := range due {
		failed = append(failed, j.write(ctx, scope, of))
	}
	return errors.Join(failed...)
}

func (j *Journal) write(ctx context.Context, scope tenant.Scope, of map[string][]Look) error {
	type row struct {
		ID    string `json:"id"`
		Looks []Look `json:"looks"` // newest first
	}
	return j.DB.In(ctx, scope, func(tx *gorm.DB) error {
		p, err := project.Current(tx)
		if err != nil {
			return err //nolint:wrapcheck // of our own
		}
		rules, err := redact.New(p.LogRedactions)
		if err != nil {
			return err //nolint:wrapcheck // a fault
		}
		rows := make([]row, 0, len(of))
		for id, looks := range of {
			r := row{ID: id}
			for i := len(looks) - 1; i >= 0; i-- {
				looks[i].redact(rules)
				r.Looks = append(r.Looks, looks[i])
			}
			rows = append(rows, r)
		}
		raw, err := json.Marshal(rows)
		if err != nil {
			return fmt.Errorf("encode looks: %w", err)
		}
		err = tx.Exec(`INSERT INTO trigger_looks AS l (id, looks)
			SELECT r.id, r.looks FROM jsonb_to_recordset(CAST(? AS jsonb)) AS r(id text, looks jsonb) JOIN triggers t ON t.id = r.id ORDER BY r.id FOR KEY SHARE OF t
			ON CONFLICT (id) DO UPDATE SET looks = jsonb_path_query_array(EXCLUDED.looks || l.looks, CAST(? AS jsonpath))`,
			string(raw), fmt.Sprintf("$[0 to %d]", keepLooks-1)).Error
		if err != nil {
			return fmt.Errorf("write looks: %w", err)
		}
		return j.keepSaid(tx, of)
	})
}

// Looks returns the last looks of a trigger and requests to it, newest first.
func (s *Service) Looks(ctx context.Context, scope tenant.Scope, triggerID, externalUserID string) (looks []Look, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if _, err := ofUser(tx, triggerID, externalUserID); err != nil {
			return err
		}
		var raw string
		if err := tx.Raw("SELECT looks FROM trigger_looks WHERE id = ?", triggerID).Scan(&raw).Error; err != nil {
			return fmt.Errorf("load looks: %w", err)
		}
		if raw == "" {
			return nil
		}
		return json.Unmarshal([]byte(raw), &looks)
	})
	return looks, err
}
