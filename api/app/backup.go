package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/patchbay-dev/patchbay/internal/backup"
	"github.com/patchbay-dev/patchbay/internal/secret"
)

// Backups is what copies an installation, and brings it back.
type Backups struct {
	*backup.Service

	config *Config
	in     io.Reader
	out    io.Writer
	asJSON bool
}

// WithBackups opens all that a copy is made of, for the time of do. Results go to out,
// and how far it is to notices.
func WithBackups(ctx context.Context, c *Config, in io.Reader, out, notices io.Writer, asJSON bool, do func(*Backups) error) error {
	database, err := c.database()
	if err != nil {
		return err
	}
	defer func() { _ = database.Close() }()
	store, err := newStore(c, database)
	if err != nil {
		return err
	}
	defer func() { _ = store.Own.Close() }()
	blobs, err := openBlobs(ctx, c)
	if err != nil {
		return err
	}
	if blobs != nil {
		defer func() { _ = blobs.Close() }()
	}
	answers, done, err := spoolOf(c)
	if err != nil {
		return err
	}
	defer done()
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(notices, format+"\n", args...) }
	return do(&Backups{&backup.Service{
		DB: database, URL: c.direct(), Blobs: blobs, Spool: answers, Keys: store, Version: Version(), Now: time.Now, Say: say,
	}, c, in, out, asJSON})
}

// Make writes a backup, with what opens its secrets unless that is not wanted.
func (b *Backups) Make(ctx context.Context, name string, withoutKey bool) error {
	var w backup.Wish
	if !withoutKey {
		var err error
		if w.Ring, err = b.Keys.Open(ctx, b.config.MasterKey); err != nil {
			return fmt.Errorf("%w. A backup without the key: --without-key", err)
		}
		if w.Passphrase, err = passphrase(b.in, true); err != nil {
			return err
		}
		if w.Passphrase == "" {
			return errors.New("a backup without the key that opens it would be worth nothing if that is lost: give a passphrase, under which the key is put into the file (at the terminal, or as the first line of what comes in), or say --without-key")
		}
	}
	m, err := b.Write(ctx, name, w)
	if err != nil {
		return err //nolint:wrapcheck // says what it did
	}
	if err := b.tell(name, m, "Written"); err != nil || b.asJSON {
		return err
	}
	if m.WithKey {
		_, err = fmt.Fprintln(b.out, "With its passphrase it opens everything: keep the two apart, and the file elsewhere.")
	} else {
		_, err = fmt.Fprintf(b.out, "It is worth nothing without the master key %s, which is in %s: keep that, or a file of patchbay keys backup, elsewhere.\n", m.Key.Fingerprint, m.Key.Place)
	}
	return err //nolint:wrapcheck // standard output
}

// tell says what a backup holds.
func (b *Backups) tell(name string, m *backup.Manifest, verb string) error {
	if b.asJSON {
		return WriteJSON(b.out, struct {
			File string `json:"file"`
			*backup.Manifest
		}{name, m})
	}
	key := "without the key"
	if m.WithKey {
		key = "with the key, under its passphrase"
	}
	_, err := fmt.Fprintf(b.out, "%s: %s, as everything was %s. %d workspaces, %d accounts, %d events, %d runs, %d payloads; %s.\n", verb, name, day(m.BeganAt),
		m.Rows["workspaces"], m.Rows["accounts"], m.Rows["events"], m.Rows["runs"], m.Blobs.Count, key)
	if m.Blobs.LostCount > 0 {
		_, err = fmt.Fprintf(b.out, "%d payloads that rows name are not in the store any more, or are not what was put there, such as %s.\n", m.Blobs.LostCount, m.Blobs.Lost[0])
	}
	return err //nolint:wrapcheck // standard output
}

// Check reads a backup to its end, and changes nothing.
func (b *Backups) Check(name string) error {
	m, err := b.Look(name)
	if err != nil {
		return err //nolint:wrapcheck // says what it did
	}
	return b.tell(name, m, "Whole")
}

// BringBack restores a backup. keysFile is a backup of the keys that lay elsewhere; "" = none.
func (b *Backups) BringBack(ctx context.Context, name, keysFile string) error {
	w := backup.Return{Setting: b.config.MasterKey, Passphrase: func() (secret.Text, error) { return passphrase(b.in, false) }}
	if keysFile != "" {
		var err error
		if w.Keys, err = os.ReadFile(keysFile); err != nil { //nolint:gosec // the operator names it
			return fmt.Errorf("read backup of keys: %w", err)
		}
	}
	m, err := b.Restore(ctx, name, w)
	if err != nil {
		return err //nolint:wrapcheck // says what it did
	}
	if err := b.tell(name, m, "Restored"); err != nil || b.asJSON {
		return err
	}
	_, err = fmt.Fprintln(b.out, "Start the server: patchbay serve, and patchbay work. The installation that it is a copy of must not run any more: both would refresh the same tokens and send the same webhooks.")
	return err //nolint:wrapcheck // standard output
}
