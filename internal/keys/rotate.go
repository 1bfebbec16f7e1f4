package keys

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/secret"
)

// Progress is how far a rotation has come.
type Progress struct {
	Done, Total int
	Waiting     bool // for processes that may not have heard of the new key
}

// Rotated is the outcome of a rotation.
type Rotated struct {
	Key     secret.KeyID
	Resumed bool // it went on with a rotation that was cut off
	Done    int
	Broken  []string // values that do not open, as table.column id; they are left as they are
}

// settle is how long a rotation waits before its last look: by then no process
// seals with the key before.
func (s *Store) settle() time.Duration { return s.believed() + s.believed()/5 }

// batch is how many values one transaction seals anew. Their rows are locked
// for as long as that takes, some milliseconds.
const batch = 100

// errOvertaken ends a rotation whose key is no longer the active one.
var errOvertaken = errors.New("another rotation has begun, and goes on with the work")

// Rotate makes another data key active and seals everything anew under it,
// while other processes go on. Cut off at any point, it goes on from there when
// it is called again; two at once share the work. A value that is written
// meanwhile is never overwritten: it is left, and looked at again.
func (k *Keys) Rotate(ctx context.Context, report func(Progress)) (*Rotated, error) {
	id, resumed, err := k.nextKey(ctx)
	if err != nil {
		return nil, err
	}
	key, err := k.Find(ctx, id)
	if err != nil {
		return nil, err
	}
	r := &rotation{Keys: k, key: key, report: report, out: Rotated{Key: id, Resumed: resumed}}
	if r.total, err = r.stale(ctx); err != nil {
		return nil, err
	}
	for wait, last := k.settle(), false; ; wait, last = 200*time.Millisecond, true {
		if err := r.pass(ctx); err != nil {
			return nil, err
		}
		left, err := r.stale(ctx)
		if err != nil {
			return nil, err
		}
		if last && left <= len(r.out.Broken) {
			return &r.out, k.finish(ctx, id)
		}
		report(Progress{r.out.Done, r.total, true})
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// nextKey makes a new key active, unless a rotation to the active one is not
// over yet.
func (k *Keys) nextKey(ctx context.Context) (id secret.KeyID, resumed bool, err error) {
	present, err := k.row(ctx, "active")
	if err != nil {
		return 0, false, err
	}
	if present.SpreadAt == nil {
		return present.id(), true, nil
	}
	next, err := secret.NewKey()
	if err != nil {
		return 0, false, err
	}
	wrapped, err := next.Wrap(ctx, k.Master)
	if err != nil {
		return 0, false, err
	}
	now := k.Now()
	err = k.locked(ctx, func(tx *gorm.DB) error {
		m, err := loadMaster(tx)
		if err != nil {
			return err
		}
		if m == nil || m.Fingerprint != k.Master.Fingerprint {
			return fmt.Errorf("%w: it was changed just now", ErrMismatch)
		}
		res := tx.Model(&dataKey{}).Where("id = ? AND active", present.ID).Updates(map[string]any{"active": false, "ended_at": now})
		if res.Error != nil {
			return res.Error
		}
		if resumed = res.RowsAffected == 0; resumed { // another rotation began: share its work
			return nil
		}
		return tx.Create(&dataKey{ID: int64(next.ID()), Wrapped: wrapped, Active: true, CreatedAt: now}).Error
	})
	if err != nil {
		return 0, false, fmt.Errorf("make data key active: %w", err)
	}
	if resumed {
		return k.nextKey(ctx)
	}
	return next.ID(), false, nil
}

// finish writes down that everything is sealed by the active key.
func (k *Keys) finish(ctx context.Context, id secret.KeyID) error {
	return k.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Model(&dataKey{}).Where("id = ? AND spread_at IS NULL", int64(id)).Update("spread_at", k.Now()).Error
	})
}

// rotation is one process at work.
type rotation struct {
	*Keys
	key    *secret.Key // the active one
	total  int
	report func(Progress)
	out    Rotated
}

// stale counts the values that are sealed by another key than the active one.
func (r *rotation) stale(ctx context.Context) (n int, err error) {
	err = r.DB.System(ctx, func(tx *gorm.DB) error {
		uses, err := count(tx)
		for id, used := range uses {
			if id != r.key.ID() {
				n += used
			}
		}
		return err
	})
	return n, err
}

// pass goes once through every column, in the order of its ids.
func (r *rotation) pass(ctx context.Context) error {
	r.out.Broken = nil
	if now, err := r.Active(ctx); err != nil || now != r.key.ID() {
		return errors.Join(err, errOvertaken)
	}
	for _, c := range sealed {
		for after := ""; ; {
			changed, last, err := r.batch(ctx, c, after)
			if err != nil {
				return fmt.Errorf("seal %s anew: %w", c, err)
			}
			if last == "" {
				break
			}
			after = last
			r.out.Done += changed
			r.total = max(r.total, r.out.Done)
			r.report(Progress{r.out.Done, r.total, false})
		}
	}
	return nil
}

// value is a sealed value with the row that it is in.
type value struct {
	ID    string `json:"id"`
	Old   []byte `json:"old"`
	Place string `json:"-"` // its associated data
	New   []byte `json:"new"`
}

// batch seals the next values after an id anew, and returns the last id that it
// looked at. Rows that somebody else is writing are passed over: to wait for
// them while others are held here could make both wait for ever.
func (r *rotation) batch(ctx context.Context, c column, after string) (changed int, last string, err error) {
	err = r.DB.System(ctx, func(tx *gorm.DB) error {
		var rows []value
		err := tx.Raw(fmt.Sprintf(`SELECT id, %[2]s AS old, %[3]s AS place FROM %[1]s
			WHERE id > ? AND %[2]s IS NOT NULL AND substring(%[2]s FROM 1 FOR %[4]d) <> ? AND EXISTS (SELECT FROM data_keys k WHERE k.id = ? AND k.active)
			ORDER BY id LIMIT %[5]d FOR NO KEY UPDATE SKIP LOCKED`, c.table, c.name, c.associated, secret.HeadSize, batch),
			after, r.key.ID().Head(), int64(r.key.ID())).Scan(&rows).Error
		if err != nil || len(rows) == 0 {
			return err
		}
		last = rows[len(rows)-1].ID
		list, err := r.anew(c, rows)
		if err != nil {
			return err
		}
		res := tx.Exec(fmt.Sprintf(`UPDATE %[1]s SET %[2]s = decode(v.new, 'base64')
			FROM jsonb_to_recordset(?::jsonb) AS v(id text, old text, new text)
			WHERE %[1]s.id = v.id AND %[1]s.%[2]s = decode(v.old, 'base64')`, c.table, c.name), list)
		changed = int(res.RowsAffected)
		return res.Error
	})
	return changed, last, err
}

// anew returns the values sealed by the active key, in JSON, without those that
// do not open.
func (r *rotation) anew(c column, rows []value) (string, error) {
	whole := make([]value, 0, len(rows))
	for _, v := range rows {
		plain, err := r.Box.Open(v.Old, v.Place)
		if errors.Is(err, secret.ErrOpen) {
			r.out.Broken = append(r.out.Broken, c.String()+" "+v.ID)
			continue
		}
		if err != nil {
			return "", err
		}
		if v.New, err = r.key.Seal(plain, v.Place); err != nil {
			return "", err
		}
		whole = append(whole, v)
	}
	list, err := json.Marshal(whole)
	if err != nil {
		return "", fmt.Errorf("encode values: %w", err)
	}
	return string(list), nil
}
