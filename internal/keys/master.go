package keys

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/masterkey"
	"github.com/patchbay-dev/patchbay/internal/secret"
)

var (
	// ErrNotYet is returned for a database in which nothing was ever sealed.
	ErrNotYet   = errors.New("the database holds no keys yet: the first start of the server makes them")
	errMeddling = errors.New("the data keys were changed at the same time. Try again")
)

// SetMaster wraps the data keys with another master key, which the setting names
// (a file that is not there is made). No secret is touched. Running processes
// go on; from their next start on they need the new setting.
func (k *Keys) SetMaster(ctx context.Context, setting string) (*masterkey.Key, error) {
	to, err := masterkey.Open(ctx, setting)
	if errors.Is(err, masterkey.ErrMissing) {
		to, err = makeFile(setting)
	}
	if err != nil {
		return nil, err
	}
	rows, err := k.all(ctx)
	if err != nil {
		return nil, err
	}
	open := make([]*secret.Key, len(rows))
	for i, r := range rows {
		if open[i], err = secret.Unwrap(ctx, r.id(), r.Wrapped, k.Master); err != nil {
			return nil, err
		}
	}
	return to, k.wrapAll(ctx, rows, open, to)
}

func (s *Store) all(ctx context.Context) (rows []dataKey, err error) {
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		rows, err = loadKeys(tx)
		return err
	})
	return rows, err
}

// wrapAll replaces the wrapped form of every data key, all at once and only if
// the rows are still what they were. Each is first unwrapped again: a key
// service may encrypt and refuse to decrypt.
func (s *Store) wrapAll(ctx context.Context, rows []dataKey, open []*secret.Key, to *masterkey.Key) error {
	wrapped := make([][]byte, len(rows))
	for i, key := range open {
		var err error
		if wrapped[i], err = key.Wrap(ctx, to); err != nil {
			return err
		}
		if _, err = secret.Unwrap(ctx, key.ID(), wrapped[i], to); err != nil {
			return fmt.Errorf("the new master key cannot open what it closed: %w", err)
		}
	}
	return s.locked(ctx, func(tx *gorm.DB) error {
		now, err := loadKeys(tx)
		if err != nil {
			return err
		}
		if len(now) != len(rows) {
			return errMeddling
		}
		for i, r := range rows {
			res := tx.Model(&dataKey{}).Where("id = ? AND wrapped = ?", r.ID, r.Wrapped).Update("wrapped", wrapped[i])
			if res.Error != nil {
				return fmt.Errorf("write data key: %w", res.Error)
			}
			if res.RowsAffected == 0 {
				return errMeddling
			}
		}
		return tx.Model(&masterRow{}).Where("id = ?", masterID).
			Updates(map[string]any{"fingerprint": to.Fingerprint, "place": to.Place, "set_at": s.Now(), "backed_up_at": nil}).Error
	})
}
