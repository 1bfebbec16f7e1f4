package keys

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/secret"
)

// Status says which keys there are and what they seal.
type Status struct {
	Fingerprint string     `json:"fingerprint"` // of the master key that belongs to the database
	Place       string     `json:"place"`       // where it was kept when it was set
	SetAt       time.Time  `json:"set_at"`
	BackedUpAt  *time.Time `json:"backed_up_at"`
	Keys        []KeyUse   `json:"data_keys"` // the oldest first
	Total       int        `json:"secrets"`
	Stale       int        `json:"to_be_sealed_anew"` // sealed by a key that is not active
	Foreign     int        `json:"sealed_by_nobody"`  // names a key that is not there
	Rotating    bool       `json:"rotating"`          // a rotation is under way, or was cut off
}

// KeyUse is a data key and how many values it seals.
type KeyUse struct {
	ID        string     `json:"id"`
	Active    bool       `json:"active"`
	CreatedAt time.Time  `json:"created_at"`
	EndedAt   *time.Time `json:"ended_at"`
	Secrets   int        `json:"secrets"`
}

// Identity names the keys of an installation, and tells nothing of them.
type Identity struct {
	Fingerprint string   `json:"fingerprint"` // of the master key
	Place       string   `json:"place"`       // where it was kept when it was set
	DataKeys    []string `json:"data_keys"`   // ids, the oldest first
}

// Identity needs no master key.
func (s *Store) Identity(ctx context.Context) (out Identity, err error) {
	m, err := s.master(ctx)
	if err != nil {
		return out, err
	}
	if m == nil {
		return out, ErrNotYet
	}
	rows, err := s.all(ctx)
	if err != nil {
		return out, err
	}
	out.Fingerprint, out.Place = m.Fingerprint, m.Place
	for _, r := range rows {
		out.DataKeys = append(out.DataKeys, r.id().String())
	}
	return out, nil
}

// Status reads every sealed value's head. It needs no master key.
func (s *Store) Status(ctx context.Context) (*Status, error) {
	m, err := s.master(ctx)
	if err != nil {
		return nil, err
	}
	if m == nil {
		return nil, ErrNotYet
	}
	out := &Status{Fingerprint: m.Fingerprint, Place: m.Place, SetAt: m.SetAt, BackedUpAt: m.BackedUpAt}
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		rows, err := loadKeys(tx)
		if err != nil {
			return err
		}
		uses, err := count(tx)
		if err != nil {
			return err
		}
		for _, n := range uses {
			out.Total += n
			out.Foreign += n
		}
		for _, r := range rows {
			n := uses[r.id()]
			out.Keys = append(out.Keys, KeyUse{r.id().String(), r.Active, r.CreatedAt, r.EndedAt, n})
			out.Foreign -= n
			if r.Active {
				out.Rotating = r.SpreadAt == nil
			} else {
				out.Stale += n
			}
		}
		return nil
	})
	return out, err
}

func loadKeys(tx *gorm.DB) (rows []dataKey, err error) {
	if err := tx.Order("created_at, id").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("load data keys: %w", err)
	}
	return rows, nil
}

// count says how many values each key seals. Values without the head of a key
// are counted under 0, which is no key's id.
func count(tx *gorm.DB) (map[secret.KeyID]int, error) {
	uses := map[secret.KeyID]int{}
	for _, c := range sealed {
		var heads []struct {
			Head []byte
			N    int
		}
		err := tx.Raw(fmt.Sprintf("SELECT substring(%s FROM 1 FOR ?) AS head, count(*) AS n FROM %s WHERE %s IS NOT NULL GROUP BY 1", c.name, c.table, c.name), secret.HeadSize).Scan(&heads).Error
		if err != nil {
			return nil, fmt.Errorf("count %s: %w", c, err)
		}
		for _, h := range heads {
			id, _ := secret.KeyOf(h.Head)
			uses[id] += h.N
		}
	}
	return uses, nil
}
