package keys

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/spool"
)

// retireAfter is how long a key that seals nothing is kept all the same: a
// secret may wait somewhere for its transaction, or for a database that is back.
const retireAfter = 24 * time.Hour

// Retired says what became of the data keys that nothing in the database needs.
type Retired struct {
	Gone []string // deleted
	Held []Held   // kept for what waits outside of the database
}

// Held is a key that seals answers in the spool.
type Held struct {
	ID      string
	Answers int
}

// Retire deletes the data keys that ended long ago and seal nothing any more,
// neither in the database nor in the spool. Of a spool in a folder it sees the
// one of this machine. A spool that cannot be read keeps every key.
func (s *Store) Retire(ctx context.Context, answers spool.Store) (out Retired, err error) {
	spooled, err := waiting(ctx, answers) // no key that ended seals another one meanwhile
	if err != nil {
		return out, fmt.Errorf("look into the spool: %w", err)
	}
	err = s.locked(ctx, func(tx *gorm.DB) error {
		rows, err := loadKeys(tx)
		if err != nil {
			return err
		}
		uses, err := count(tx)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if r.Active || uses[r.id()] > 0 || s.Now().Sub(*r.EndedAt) < retireAfter {
				continue
			}
			if n := spooled[r.id()]; n > 0 {
				out.Held = append(out.Held, Held{r.id().String(), n})
				continue
			}
			if err := tx.Delete(&dataKey{}, "id = ? AND NOT active", r.ID).Error; err != nil {
				return fmt.Errorf("delete data key: %w", err)
			}
			out.Gone = append(out.Gone, r.id().String())
		}
		return nil
	})
	return out, err
}

// waiting says how many answers in the spool each key seals.
func waiting(ctx context.Context, answers spool.Store) (map[secret.KeyID]int, error) {
	names, err := answers.Names(ctx)
	if err != nil {
		return nil, err
	}
	uses := map[secret.KeyID]int{}
	for _, name := range names {
		e, err := answers.Get(ctx, name)
		if errors.Is(err, spool.ErrMissing) {
			continue // it was written down just now
		}
		if err != nil {
			return nil, err
		}
		id, _ := secret.KeyOf(e.Sealed)
		uses[id]++
	}
	return uses, nil
}
