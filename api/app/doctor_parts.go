package app

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"syscall"
	"time"

	"github.com/patchbay-dev/patchbay/internal/keys"
	"github.com/patchbay-dev/patchbay/internal/masterkey"
)

func (d *doctor) schema(ctx context.Context) {
	if d.db == nil {
		d.unseen("migrations")
		return
	}
	missing, unknown, err := d.db.Schema(ctx)
	switch {
	case err != nil:
		d.find("migrations", fail, "Look at the database's log.", "The migrations cannot be read: %s.", withoutSecrets(err))
	case len(missing) > 0:
		d.find("migrations", fail, "Run: patchbay migrate", "%d migrations are to be applied, the first is %04d.", len(missing), missing[0])
	case len(unknown) > 0 && d.beside(ctx):
		d.ready = true
		d.find("migrations", warn, "Finish the upgrade: end this version once the newer one runs.", "The database is of a newer version (schema %04d), beside which this one works.", unknown[len(unknown)-1])
	case len(unknown) > 0:
		d.ready = true
		d.find("migrations", fail, "Install the version that migrated the database, or a newer one.", "The database was migrated by another version: %04d is not known here.", unknown[0])
	default:
		d.ready = true
		d.find("migrations", well, "", "The schema is this version's.")
	}
}

// beside reports whether this version works on a database of a newer one.
func (d *doctor) beside(ctx context.Context) bool {
	_, err := d.db.Fits(ctx)
	return err == nil
}

func (d *doctor) rights(ctx context.Context) {
	if d.unseen("rights") {
		return
	}
	r, err := d.db.Rights(ctx)
	switch {
	case err != nil:
		d.find("rights", fail, "GRANT patchbay_app TO the role in PATCHBAY_DATABASE_URL, as a superuser.", "This role cannot work for a tenant: %s.", withoutSecrets(err))
	case r.SeesAll:
		d.find("rights", fail, "ALTER ROLE patchbay_app NOSUPERUSER NOBYPASSRLS", "The role patchbay_app is not held back by row-level security: tenants could see each other.")
	case r.Foreign > 0:
		d.find("rights", fail, "Connect as the role that migrates, or give it the tables: REASSIGN OWNED BY …", "%d tables belong to another role, so that sweeps would miss rows.", r.Foreign)
	default:
		d.find("rights", well, "", "Tenants are kept apart by row-level security.")
	}
}

// Clocks that differ by more make leases and signatures unreliable.
const (
	skewWarn = 2 * time.Second
	skewFail = 30 * time.Second
)

func (d *doctor) clock(ctx context.Context) {
	if d.unseen("clock") {
		return
	}
	began := time.Now()
	there, err := d.db.Clock(ctx)
	if err != nil {
		d.find("clock", fail, "Look at the database's log.", "The database does not tell the time: %s.", withoutSecrets(err))
		return
	}
	took := time.Since(began)
	skew := max(there.Sub(began.Add(took/2)).Abs()-took/2, 0) // the answer may have been made at any moment
	s, remedy := well, ""
	if skew > skewWarn {
		s, remedy = warn, "Let NTP set the clocks of this machine and of the database's."
	}
	if skew > skewFail {
		s = fail
	}
	d.find("clock", s, remedy, "The clocks of this machine and of the database differ by %s.", skew.Round(time.Millisecond))
}

// masterKey opens the canary: a known text that is sealed in the database.
func (d *doctor) masterKey(ctx context.Context) {
	if d.unseen("master key") {
		return
	}
	s, err := newStore(d.config, d.db)
	if err != nil {
		d.find("master key", fail, "See above.", "The database takes no further connection: %s.", withoutSecrets(err))
		return
	}
	defer func() { _ = s.Own.Close() }()
	status, err := s.Status(ctx)
	if errors.Is(err, keys.ErrNotYet) {
		d.find("master key", well, "", "There are no keys yet: the first start of the server makes them.")
		return
	}
	if err != nil {
		d.find("master key", fail, "Look at the database's log.", "The keys cannot be read: %s.", withoutSecrets(err))
		return
	}
	d.keys = status
	if k, err := s.Open(ctx, d.config.MasterKey); err != nil { // makes nothing: the database has keys
		d.find("master key", fail, "Without the key no credential can be read: do not start anew, bring the key back.", "%s.", err)
	} else if mode := openTo(d.config.MasterKey); mode != 0 {
		d.find("master key", warn, "Run: chmod 600 on it.", "The key %s opens the canary, but others on this machine may read its file (mode %#o).", k.Master.Fingerprint, mode)
	} else {
		d.find("master key", well, "", "The key %s opens the canary.", k.Master.Fingerprint)
	}
	d.backup(status)
}

// openTo returns the mode of a key's file if others may read it.
func openTo(setting string) os.FileMode {
	path, file := masterkey.IsFile(setting)
	info, err := os.Stat(path)
	if !file || err != nil || info.Mode().Perm()&0o077 == 0 {
		return 0
	}
	return info.Mode().Perm()
}

func (d *doctor) backup(s *keys.Status) {
	const remedy = "Run: patchbay keys backup FILE, and keep FILE and its passphrase apart from the database."
	newest := s.Keys[len(s.Keys)-1].CreatedAt
	_, file := masterkey.IsFile(s.Place)
	ours := file || masterkey.InClear(s.Place) // then the backup holds it, and with it opens what was made since
	switch {
	case s.BackedUpAt == nil:
		d.find("key backup", warn, remedy, "The keys have no backup: if the master key is lost, so is every credential.")
	case !ours && s.BackedUpAt.Before(newest):
		d.find("key backup", warn, remedy, "The backup of the keys is older than the newest data key.")
	default:
		d.find("key backup", well, "", "The keys were backed up %s.", day(*s.BackedUpAt))
	}
	switch {
	case s.Foreign > 0:
		d.find("secrets", fail, "Bring the table data_keys back from a backup of the database.", "%d of %d secrets name a data key that is not there.", s.Foreign, s.Total)
	case s.Rotating:
		d.find("secrets", warn, "If no rotation is running: patchbay keys rotate", "%d of %d secrets are to be sealed anew: a rotation runs, or was cut off.", s.Stale, s.Total)
	default:
		d.find("secrets", well, "", "%d secrets are sealed by data keys that are there.", s.Total)
	}
}

// addresses calls the installation as its users do.
func (d *doctor) addresses(ctx context.Context) {
	d.call(ctx, "public URL", d.config.PublicURL)
	if u, err := url.Parse(d.config.ConnectURL); err == nil && d.config.ConnectURL != d.config.PublicURL && u.Hostname() != "localhost" {
		d.call(ctx, "connect URL", d.config.ConnectURL)
	}
}

func (d *doctor) call(ctx context.Context, check, base string) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/readyz", http.NoBody)
	if err != nil {
		d.find(check, fail, "Give a scheme and a host, such as https://patchbay.example.com.", "%q is no URL.", base)
		return
	}
	c := &http.Client{Timeout: 5 * time.Second} // our own address, named by the operator
	res, err := c.Do(req)
	var unknown x509.UnknownAuthorityError
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		d.find(check, warn, "Start it: patchbay serve. If it runs, correct the setting or the proxy in front of it.", "Nothing answers at %s.", base)
		return
	case errors.As(err, &unknown):
		d.find(check, fail, "Let the proxy in front use a certificate that browsers trust, with its whole chain.", "%s has a certificate of an unknown authority.", base)
		return
	case err != nil:
		d.find(check, fail, "Look at DNS, at the proxy in front, and at the setting.", "%s cannot be reached from here: %s.", base, withoutSecrets(err))
		return
	}
	defer func() { _ = res.Body.Close() }()
	var ready struct{ Status, Database string }
	body, _ := io.ReadAll(io.LimitReader(res.Body, 1<<16))
	if json.Unmarshal(body, &ready) != nil || ready.Database == "" {
		d.find(check, fail, "Let the proxy in front pass every path on, or correct the setting.", "Something else than Patchbay answers at %s/readyz (status %d).", base, res.StatusCode)
		return
	}
	if ready.Status != "ok" {
		d.find(check, fail, "Look at the server's log.", "The server at %s answers, and its database %s.", base, ready.Database)
		return
	}
	d.find(check, well, "", "%s answers.", base)
}
