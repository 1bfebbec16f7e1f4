package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/term"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/keys"
	"github.com/patchbay-dev/patchbay/internal/masterkey"
	"github.com/patchbay-dev/patchbay/internal/secret"
)

// newStore returns what the keys lie in. Its Own is closed by the caller.
func newStore(c *Config, d *db.DB) (*keys.Store, error) {
	own, err := db.Open(c.DatabaseURL, 1)
	if err != nil {
		return nil, err
	}
	return &keys.Store{DB: d, Own: own, Now: time.Now}, nil
}

// database opens what a command looks at.
func (c *Config) database() (*db.DB, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	return db.Open(c.DatabaseURL, 4)
}

// Keys is what an operator does with the keys. A passphrase is asked for at the
// terminal, or is the first line of what comes in.
type Keys struct {
	*keys.Store
	config *Config
	in     io.Reader
	out    io.Writer
}

// WithKeys opens what the keys lie in for the time of do.
func WithKeys(c *Config, in io.Reader, out io.Writer, do func(*Keys) error) error {
	database, err := c.database()
	if err != nil {
		return err
	}
	defer func() { _ = database.Close() }()
	s, err := newStore(c, database)
	if err != nil {
		return err
	}
	defer func() { _ = s.Own.Close() }()
	return do(&Keys{s, c, in, out})
}

func (k *Keys) say(format string, args ...any) { _, _ = fmt.Fprintf(k.out, format, args...) }

func day(t time.Time) string { return t.Local().Format("2006-01-02 15:04") }

// Show writes which keys there are, and what they seal: for people, or for programs.
func (k *Keys) Show(ctx context.Context, asJSON bool) error {
	s, err := k.Status(ctx)
	if err != nil {
		return err
	}
	const usable = "PATCHBAY_MASTER_KEY is this key"
	fits := usable
	if _, err := k.Open(ctx, k.config.MasterKey); err != nil {
		fits = "NOT USABLE: " + err.Error()
	}
	if asJSON {
		return WriteJSON(k.out, struct {
			*keys.Status

			Usable bool `json:"usable"` // PATCHBAY_MASTER_KEY opens them
		}{s, fits == usable})
	}
	backup := "none since the key was set. Make one: patchbay keys backup FILE"
	if s.BackedUpAt != nil {
		backup = day(*s.BackedUpAt)
	}
	w := tabwriter.NewWriter(k.out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintf(w, "Master key\t%s, in %s, set %s\n\t%s\nBackup\t%s\nData keys\n", s.Fingerprint, s.Place, day(s.SetAt), fits, backup)
	for _, key := range s.Keys {
		state := "active since " + day(key.CreatedAt)
		if !key.Active {
			state = "ended " + day(*key.EndedAt)
		}
		_, _ = fmt.Fprintf(w, "  %s\t%s, seals %d of %d secrets\n", key.ID, state, key.Secrets, s.Total)
	}
	if s.Foreign > 0 {
		_, _ = fmt.Fprintf(w, "  none of these\t%d secrets name a key that is not here, and cannot be opened\n", s.Foreign)
	}
	switch {
	case s.Rotating:
		_, _ = fmt.Fprintf(w, "Rotation\tunder way or cut off: %d of %d secrets to go. Go on: patchbay keys rotate\n", s.Stale, s.Total)
	case s.Stale > 0:
		_, _ = fmt.Fprintf(w, "Rotation\tover; %d secrets are under a key before, and the next rotation takes them along\n", s.Stale)
	}
	return w.Flush()
}

// SealAnew seals everything under another data key.
func (k *Keys) SealAnew(ctx context.Context) error {
	open, err := k.Open(ctx, k.config.MasterKey)
	if err != nil {
		return err
	}
	show, clear := k.progress()
	r, err := open.Rotate(ctx, show)
	k.say("%s", clear)
	if err != nil {
		return fmt.Errorf("%w. What is done is kept; go on with: patchbay keys rotate", err)
	}
	verb := "Every secret is under the new data key"
	if r.Resumed {
		verb = "The rotation that was cut off is over: every secret is under the data key"
	}
	k.say("%s %s; %d were sealed anew.\n", verb, r.Key, r.Done)
	if n := len(r.Broken); n > 0 {
		return fmt.Errorf("%d secrets do not open with any key and were left as they are: %s", n, strings.Join(r.Broken[:min(n, 20)], ", "))
	}
	k.say("Make a new backup: patchbay keys backup FILE. A day from now the key before can go: patchbay keys retire\n")
	return nil
}

// progress shows one line that changes at a terminal, and a line every few
// seconds elsewhere. clear takes away what it left on the last line.
func (k *Keys) progress() (show func(keys.Progress), clear string) {
	begin, end, every := "", "\n", 5*time.Second
	if f, ok := k.out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		begin, end, every = "\r\033[K", "", 100*time.Millisecond
	}
	var last time.Time
	waited := false
	return func(p keys.Progress) {
		if p.Waiting && waited || !p.Waiting && time.Since(last) < every {
			return
		}
		last = time.Now()
		switch {
		case p.Waiting:
			waited = true
			k.say("%s%d of %d sealed anew; waiting until every process has heard of the new key\n", begin, p.Done, p.Total)
		default:
			k.say("%s%d of %d sealed anew (%d %%)%s", begin, p.Done, p.Total, 100*p.Done/max(p.Total, 1), end)
		}
	}, begin
}

// ChangeMaster wraps the data keys by another master key.
func (k *Keys) ChangeMaster(ctx context.Context, to string) error {
	if masterkey.InClear(to) {
		return errors.New("a key on the command line is seen by everybody on this machine. Put it in a file, and say: --master file:///folder/master.key")
	}
	if err := masterkey.Check(to); err != nil {
		return err
	}
	open, err := k.Open(ctx, k.config.MasterKey)
	if err != nil {
		return err
	}
	key, err := open.SetMaster(ctx, to)
	if err != nil {
		return err
	}
	k.say("The data keys are wrapped by master key %s, in %s.\nSet PATCHBAY_MASTER_KEY=%s and start every process again, and make a new backup: patchbay keys backup FILE\n", key.Fingerprint, key.Place, to)
	return nil
}

// LetGo deletes the data keys that seal nothing any more.
func (k *Keys) LetGo(ctx context.Context) error {
	var r keys.Retired
	answers, done, err := spoolOf(k.config)
	if err == nil {
		defer done()
		r, err = k.Retire(ctx, answers)
	}
	if err != nil {
		return fmt.Errorf("no data key was deleted: %w", err)
	}
	for _, held := range r.Held {
		k.say("Kept: %s seals %d of the answers of apps that wait in the spool. A server or worker that runs writes them to the database; then the key can go.\n", held.ID, held.Answers)
	}
	switch {
	case len(r.Gone) > 0:
		k.say("Deleted: %s\n", strings.Join(r.Gone, ", "))
	case len(r.Held) == 0:
		k.say("No data key can go: one that ended goes a day later, if it seals nothing any more.\n")
	}
	return nil
}

// WriteBackup writes a file that opens every secret with a passphrase, without the
// master key.
func (k *Keys) WriteBackup(ctx context.Context, name string) (err error) {
	open, err := k.Open(ctx, k.config.MasterKey)
	if err != nil {
		return err
	}
	words, err := passphrase(k.in, true)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) //nolint:gosec // the operator names it
	if err != nil {
		return fmt.Errorf("write backup: %w", err)
	}
	err = open.Backup(ctx, f, words)
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		_ = os.Remove(name)
		return err
	}
	k.say("Written: %s. With its passphrase and a copy of the database, everything opens; keep the three apart.\n", name)
	return nil
}

// ReadBackup takes the keys from such a file.
func (k *Keys) ReadBackup(ctx context.Context, name string) error {
	f, err := os.Open(name) //nolint:gosec // the operator names it
	if err != nil {
		return fmt.Errorf("read backup: %w", err)
	}
	defer func() { _ = f.Close() }()
	words, err := passphrase(k.in, false)
	if err != nil {
		return err
	}
	open, err := k.Restore(ctx, k.config.MasterKey, f, words)
	if err != nil {
		return err
	}
	k.say("The keys are back, under master key %s, in %s. Start every process again.\n", open.Master.Fingerprint, open.Master.Place)
	return nil
}

// passphrase asks at the terminal, or takes the first line of what comes in.
func passphrase(in io.Reader, twice bool) (secret.Text, error) {
	if in == nil {
		in = strings.NewReader("")
	}
	terminal, ok := in.(*os.File)
	if !ok || !term.IsTerminal(int(terminal.Fd())) {
		line, err := bufio.NewReader(in).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", fmt.Errorf("read passphrase: %w", err)
		}
		return secret.Text(strings.TrimRight(line, "\r\n")), nil
	}
	ask := func(what string) (string, error) {
		_, _ = fmt.Fprint(os.Stderr, what)
		b, err := term.ReadPassword(int(terminal.Fd()))
		_, _ = fmt.Fprintln(os.Stderr)
		return string(b), err
	}
	text, err := ask("Passphrase: ")
	if err == nil && twice {
		var again string
		if again, err = ask("Once more:  "); err == nil && again != text {
			err = errors.New("the two passphrases differ")
		}
	}
	return secret.Text(text), err
}
