package keys

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"filippo.io/age"
	"filippo.io/age/armor"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/masterkey"
	"github.com/patchbay-dev/patchbay/internal/secret"
)

// MinPassphrase is the least length of a backup's passphrase in characters.
const MinPassphrase = 12

const backupFormat = "patchbay-keys/1"

// workFactor is that of backups, if the store names none.
const workFactor = 18

var (
	errPassphrase = fmt.Errorf("a passphrase has %d characters or more: four words that have nothing to do with each other are good", MinPassphrase)
	errBackup     = errors.New("the file is no backup of keys, or the passphrase is another")
)

// contents is what a backup holds, encrypted with the passphrase. With it and
// the database every secret opens, whatever became of the master key.
type contents struct {
	Format      string     `json:"format"`
	MadeAt      time.Time  `json:"made_at"`
	Fingerprint string     `json:"fingerprint"` // of the database's master key
	Place       string     `json:"place"`       // where that is kept
	MasterKey   string     `json:"master_key"`  // that key; for one that a service keeps, one that wraps the keys below and nothing else
	DataKeys    []heldOnce `json:"data_keys"`
}

type heldOnce struct {
	ID      secret.KeyID `json:"id"`
	Wrapped []byte       `json:"wrapped"`
}

// Backup writes what it takes to open every secret without the master key, as
// an age file with a passphrase. It is good for the data keys of today: after a
// rotation another is due.
func (k *Keys) Backup(ctx context.Context, w io.Writer, passphrase secret.Text) error {
	if err := CheckPassphrase(passphrase); err != nil {
		return err
	}
	rows, err := k.all(ctx)
	if err != nil {
		return err
	}
	carrier := k.Master
	text, ours := carrier.Bytes()
	if !ours {
		if carrier, err = masterkey.New(); err != nil {
			return err
		}
		text, _ = carrier.Bytes()
	}
	c := contents{Format: backupFormat, MadeAt: k.Now().UTC(), Fingerprint: k.Master.Fingerprint, Place: k.Master.Place, MasterKey: text}
	for _, r := range rows {
		key, err := secret.Unwrap(ctx, r.id(), r.Wrapped, k.Master)
		if err != nil {
			return err
		}
		wrapped, err := key.Wrap(ctx, carrier)
		if err != nil {
			return err
		}
		c.DataKeys = append(c.DataKeys, heldOnce{r.id(), wrapped})
	}
	if err := c.write(w, passphrase, cmp.Or(k.WorkFactor, workFactor)); err != nil {
		return fmt.Errorf("write backup: %w", err)
	}
	return k.locked(ctx, func(tx *gorm.DB) error {
		return tx.Model(&masterRow{}).Where("fingerprint = ?", k.Master.Fingerprint).Update("backed_up_at", k.Now()).Error
	})
}

func (c *contents) write(w io.Writer, passphrase secret.Text, workFactor int) error {
	to, err := age.NewScryptRecipient(passphrase.Reveal())
	if err != nil {
		return err
	}
	to.SetWorkFactor(workFactor)
	text := armor.NewWriter(w)
	sealing, err := age.Encrypt(text, to)
	if err != nil {
		return err
	}
	if err := json.NewEncoder(sealing).Encode(c); err != nil {
		return err
	}
	if err := sealing.Close(); err != nil {
		return err
	}
	return text.Close()
}

func readBackup(r io.Reader, passphrase secret.Text) (*contents, error) {
	with, err := age.NewScryptIdentity(passphrase.Reveal())
	if err != nil {
		return nil, errBackup
	}
	plain, err := age.Decrypt(armor.NewReader(r), with)
	if err != nil {
		return nil, fmt.Errorf("%w (%w)", errBackup, err)
	}
	var c contents
	if err := json.NewDecoder(plain).Decode(&c); err != nil || c.Format != backupFormat {
		return nil, errBackup
	}
	return &c, nil
}

// Opens returns why a passphrase does not open a backup.
func Opens(r io.Reader, passphrase secret.Text) error {
	_, err := readBackup(r, passphrase)
	return err
}

// CheckPassphrase refuses one that no backup is made with.
func CheckPassphrase(passphrase secret.Text) error {
	if utf8.RuneCountInString(passphrase.Reveal()) < MinPassphrase {
		return errPassphrase
	}
	return nil
}

// Restore brings the keys of a database back from a backup, and wraps them with
// the master key that the setting names. A file that is not there is made: with
// the key of the backup, if that can be.
func (s *Store) Restore(ctx context.Context, setting string, r io.Reader, passphrase secret.Text) (*Keys, error) {
	c, err := readBackup(r, passphrase)
	if err != nil {
		return nil, err
	}
	carrier, err := masterkey.Parse(c.MasterKey, "the backup")
	if err != nil {
		return nil, errBackup
	}
	m, err := s.master(ctx)
	if err != nil {
		return nil, err
	}
	if m == nil {
		return nil, errors.New("this database has no keys that a backup could open. Restore the database first, and then the keys")
	}
	rows, err := s.all(ctx)
	if err != nil {
		return nil, err
	}
	open, err := c.open(ctx, rows, carrier, m.Fingerprint)
	if err != nil {
		return nil, err
	}
	to, err := masterkey.Open(ctx, setting)
	if errors.Is(err, masterkey.ErrMissing) {
		path, _ := masterkey.IsFile(setting)
		if carrier.Fingerprint != m.Fingerprint { // it belongs to the backup alone
			to, err = makeFile(setting)
		} else {
			to, err = carrier.Write(path)
		}
	}
	if err != nil {
		return nil, err
	}
	if err := s.wrapAll(ctx, rows, open, to); err != nil {
		return nil, err
	}
	return s.Open(ctx, setting)
}

// open returns the database's data keys in the clear. One that was made after
// the backup opens if the backup holds the master key itself.
func (c *contents) open(ctx context.Context, rows []dataKey, carrier *masterkey.Key, fingerprint string) ([]*secret.Key, error) {
	held := map[secret.KeyID][]byte{}
	for _, h := range c.DataKeys {
		held[h.ID] = h.Wrapped
	}
	out := make([]*secret.Key, len(rows))
	for i, r := range rows {
		wrapped, ok := held[r.id()]
		if !ok && carrier.Fingerprint == fingerprint {
			wrapped, ok = r.Wrapped, true
		}
		if !ok {
			return nil, fmt.Errorf("the backup of %s does not have the data key %s, which this database uses: it is of another database, or of a time before that key was made (%s)",
				c.MadeAt.Format(time.DateTime), r.id(), r.CreatedAt.UTC().Format(time.DateTime))
		}
		var err error
		if out[i], err = secret.Unwrap(ctx, r.id(), wrapped, carrier); err != nil {
			return nil, err
		}
	}
	return out, nil
}
