package keys

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/masterkey"
	"github.com/patchbay-dev/patchbay/internal/secret"
)

// Store is where the data keys of an installation lie. Nothing in it is readable
// without the master key.
type Store struct {
	DB         *db.DB
	Own        *db.DB        // a connection that no transaction of others can hold: see secret.Source
	Believed   time.Duration // see secret.Box, whose Believed 0 stands for; the same in every process. A rotation waits for longer
	WorkFactor int           // of a backup's passphrase, as a power of two; 0 = 18, which makes each guess cost about a second
	Now        func() time.Time
}

func (s *Store) believed() time.Duration { return cmp.Or(s.Believed, secret.Believed) }

// Keys is a store whose master key is at hand.
type Keys struct {
	*Store
	Box    *secret.Box // seals and opens with the store's keys
	Master *masterkey.Key
}

// The reasons for which an installation does not start.
var (
	// ErrSchema means that the database has not been migrated.
	ErrSchema = errors.New("the database does not have this version's tables. Run: patchbay migrate")
	// ErrMismatch means that the master key is another than the database's.
	ErrMismatch = errors.New("the master key does not belong to this database")
	// ErrLost means that the file of the database's master key is gone.
	ErrLost = errors.New("the master key of this database is missing")
	// ErrNoKeys means that there are secrets, and no data keys for them.
	ErrNoKeys = errors.New("the database holds secrets and none of the keys that sealed them (its tables data_keys and master_key are empty). Bring them back from a backup of the database, or start with an empty database")
)

// dataKey is a row of data_keys.
type dataKey struct {
	ID        int64 // a secret.KeyID
	Wrapped   []byte
	Active    bool
	CreatedAt time.Time
	SpreadAt  *time.Time // nil: a rotation to it is not over
	EndedAt   *time.Time
}

func (dataKey) TableName() string { return "data_keys" }

func (k *dataKey) id() secret.KeyID { return secret.KeyID(k.ID) } //nolint:gosec // four bytes in a column of eight

// masterRow is the row of master_key.
type masterRow struct {
	ID          string
	Fingerprint string
	Place       string
	Canary      []byte
	SetAt       time.Time
	BackedUpAt  *time.Time
}

func (masterRow) TableName() string { return "master_key" }

const (
	masterID         = "master"
	canaryText       = "patchbay"
	canaryAssociated = "canary|" + masterID
)

// Open returns the keys of the installation, and makes them if the database is
// empty; a setting that names a file then makes the file, too. It refuses a
// master key that is missing or is not the one that belongs to the database.
func (s *Store) Open(ctx context.Context, setting string) (*Keys, error) {
	m, err := s.master(ctx)
	if err != nil {
		return nil, err
	}
	if m == nil {
		if err := s.holdsNothing(ctx); err != nil {
			// Another process may have made the keys since, and sealed with them.
			again, lookErr := s.master(ctx)
			if lookErr != nil || again == nil {
				return nil, errors.Join(err, lookErr)
			}
			m = again
		}
	}
	key, err := masterkey.Open(ctx, setting)
	if errors.Is(err, masterkey.ErrMissing) {
		if m != nil {
			return nil, fmt.Errorf("%w: %w. Its fingerprint is %s, and it was kept in %s. Put the file back, or bring the key back from a backup with: patchbay keys restore FILE", ErrLost, err, m.Fingerprint, m.Place)
		}
		key, err = makeFile(setting)
	}
	if err != nil {
		return nil, err
	}
	if m == nil {
		if m, err = s.install(ctx, key); err != nil {
			return nil, err
		}
	}
	k := &Keys{Store: s, Master: key}
	k.Box = secret.NewBox(k, s.believed(), s.Now)
	if err := k.check(m); err != nil {
		return nil, err
	}
	_, err = k.Box.Seal([]byte(canaryText), canaryAssociated) // so that the key is at hand when the database is away
	return k, err
}

func makeFile(setting string) (*masterkey.Key, error) {
	path, _ := masterkey.IsFile(setting)
	key, err := masterkey.New()
	if err != nil {
		return nil, err
	}
	return key.Write(path)
}

// check refuses a master key that is not the database's, by its fingerprint
// first and then by the canary, which opens only if everything fits together.
func (k *Keys) check(m *masterRow) error {
	if m.Fingerprint != k.Master.Fingerprint {
		return fmt.Errorf("%w: its secrets are sealed under the key %s, kept in %s, and PATCHBAY_MASTER_KEY gives %s. Set the key that belongs to this database, or bring it back from a backup with: patchbay keys restore FILE",
			ErrMismatch, m.Fingerprint, m.Place, k.Master.Fingerprint)
	}
	plain, err := k.Box.Open(m.Canary, canaryAssociated)
	if err != nil {
		return fmt.Errorf("the master key %s does not open this database's secrets: %w", m.Fingerprint, err)
	}
	if string(plain) != canaryText {
		return fmt.Errorf("the canary of master key %s holds another text: the table master_key was changed by hand", m.Fingerprint)
	}
	return nil
}

// Check opens the canary as it is in the database now.
func (k *Keys) Check(ctx context.Context) error {
	m, err := k.master(ctx)
	if err != nil {
		return err
	}
	if m == nil {
		return ErrNoKeys
	}
	return k.check(m)
}

// install makes the first data key. Of two processes that do so at once, one
// finds the other's.
func (s *Store) install(ctx context.Context, key *masterkey.Key) (*masterRow, error) {
	first, err := secret.NewKey()
	if err != nil {
		return nil, err
	}
	wrapped, err := first.Wrap(ctx, key)
	if err != nil {
		return nil, err
	}
	canary, err := first.Seal([]byte(canaryText), canaryAssociated)
	if err != nil {
		return nil, err
	}
	now := s.Now()
	row := &masterRow{ID: masterID, Fingerprint: key.Fingerprint, Place: key.Place, Canary: canary, SetAt: now}
	err = s.locked(ctx, func(tx *gorm.DB) error {
		present, err := loadMaster(tx)
		if err != nil || present != nil {
			row = present
			return err
		}
		if err := tx.Create(&dataKey{ID: int64(first.ID()), Wrapped: wrapped, Active: true, CreatedAt: now, SpreadAt: &now}).Error; err != nil {
			return fmt.Errorf("insert data key: %w", err)
		}
		return tx.Create(row).Error
	})
	return row, err
}

// locked runs fn in a transaction that is alone in changing keys.
func (s *Store) locked(ctx context.Context, fn func(tx *gorm.DB) error) error {
	return s.DB.System(ctx, func(tx *gorm.DB) error {
		if err := tx.Exec("SELECT pg_advisory_xact_lock(hashtext('patchbay keys'))").Error; err != nil {
			return fmt.Errorf("lock keys: %w", err)
		}
		return fn(tx)
	})
}

// master returns the row of the master key, or nil for a database without one.
func (s *Store) master(ctx context.Context) (m *masterRow, err error) {
	err = s.DB.Look(ctx, func(q *gorm.DB) error {
		m, err = loadMaster(q)
		return err
	})
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == "42P01" {
		return nil, ErrSchema
	}
	return m, err
}

func loadMaster(q *gorm.DB) (*masterRow, error) {
	m, err := db.One[masterRow](q, gorm.ErrRecordNotFound)
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, nil
	}
	return m, err
}

// holdsNothing refuses a database in which something is sealed already.
func (s *Store) holdsNothing(ctx context.Context) error {
	for _, c := range sealed {
		var some bool
		err := s.DB.Look(ctx, func(q *gorm.DB) error {
			return q.Raw(fmt.Sprintf("SELECT EXISTS (SELECT FROM %s WHERE %s IS NOT NULL)", c.table, c.name)).Scan(&some).Error
		})
		if err != nil {
			return fmt.Errorf("look for secrets: %w", err)
		}
		if some {
			return ErrNoKeys
		}
	}
	return nil
}

// Active names the key that seals: see secret.Source.
func (k *Keys) Active(ctx context.Context) (secret.KeyID, error) {
	row, err := k.row(ctx, "active")
	if err != nil {
		return 0, err
	}
	return row.id(), nil
}

// Find returns a key in the clear: see secret.Source.
func (k *Keys) Find(ctx context.Context, id secret.KeyID) (*secret.Key, error) {
	row, err := k.row(ctx, "id = ?", int64(id))
	if err != nil {
		return nil, err
	}
	key, err := secret.Unwrap(ctx, row.id(), row.Wrapped, k.Master)
	if err != nil {
		return nil, errors.Join(k.outdated(ctx), err)
	}
	return key, nil
}

// outdated says that the master key was changed since this process started.
func (k *Keys) outdated(ctx context.Context) error {
	return k.Own.Look(ctx, func(q *gorm.DB) error {
		m, err := loadMaster(q)
		if err == nil && m != nil && m.Fingerprint != k.Master.Fingerprint {
			return fmt.Errorf("%w any more: that is now %s, in %s. Set PATCHBAY_MASTER_KEY to it and start this process again", ErrMismatch, m.Fingerprint, m.Place)
		}
		return err
	})
}

func (k *Keys) row(ctx context.Context, where string, args ...any) (row *dataKey, err error) {
	err = k.Own.Look(ctx, func(q *gorm.DB) error {
		row, err = db.One[dataKey](q.Where(where, args...), secret.ErrNoKey)
		return err
	})
	return row, err
}
