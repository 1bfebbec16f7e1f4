package app

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/patchbay-dev/patchbay/internal/appfile"
	"github.com/patchbay-dev/patchbay/internal/backup"
	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/masterkey"
	"github.com/patchbay-dev/patchbay/internal/queue"
	"github.com/patchbay-dev/patchbay/internal/spool"
)

const (
	diskWarn = 1 << 30
	diskFail = 100 << 20
)

// disk looks at the folders in which this machine keeps something.
func (d *doctor) disk(context.Context) {
	folders := []string{os.TempDir()}
	if path, file := masterkey.IsFile(d.config.MasterKey); file {
		folders = append(folders, filepath.Dir(path))
	}
	if d.config.SpoolDir != "" {
		folders = append(folders, d.config.SpoolDir)
	}
	if u, err := url.Parse(d.config.Blobs); err == nil && u.Scheme == "file" {
		folders = append(folders, u.Path)
	}
	least, where := int64(-1), ""
	for _, f := range folders {
		var st syscall.Statfs_t
		if syscall.Statfs(f, &st) != nil { // not there yet
			continue
		}
		free := int64(st.Bavail) * int64(st.Bsize) //nolint:gosec,unconvert,nolintlint // differs between systems
		if least < 0 || free < least {
			least, where = free, f
		}
	}
	s, remedy := well, ""
	if least < diskWarn {
		s, remedy = warn, "Make room, or move the folder."
	}
	if least < diskFail {
		s = fail
	}
	d.find("disk", s, remedy, "%d MB are free in %s.", least>>20, where)
}

// waitsLong is for an answer in the spool: a process that runs writes it down in seconds.
const waitsLong = time.Minute

// spool looks at what apps answered and the database has not.
func (d *doctor) spool(ctx context.Context) {
	where, remedy := "Redis", "Start Redis, or name a folder on a disk that lasts: PATCHBAY_SPOOL_DIR."
	if dir := d.config.SpoolDir; dir != "" {
		where, remedy = dir, "Let the user that runs Patchbay write there, make room, or name another folder: PATCHBAY_SPOOL_DIR."
		if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
			d.find("spool", well, "", "The folder %s is not there yet: the first start of the server makes it.", dir)
			return
		}
	} else if _, err := queue.Parse(d.config.RedisURL); err != nil { // its text may tell a password
		d.find("spool", warn, "Mend what is said above and ask again.", "Not looked at.")
		return
	}
	answers, done, err := spoolOf(d.config)
	if err == nil {
		defer done()
		err = answers.Check(ctx)
	}
	if err != nil {
		d.find("spool", fail, remedy, "The spool in %s takes nothing: %s. A new token that the database cannot take either would be lost in a crash.", where, withoutSecrets(err))
		return
	}
	n, oldest, err := waiting(ctx, answers)
	age := time.Since(oldest).Round(time.Second)
	switch {
	case err != nil:
		d.find("spool", fail, remedy, "The spool in %s cannot be read: %s.", where, withoutSecrets(err))
	case n == 0:
		d.find("spool", well, "", "The spool in %s can be written to, and nothing waits in it.", where)
	case age <= waitsLong:
		d.find("spool", well, "", "The spool in %s can be written to; answers that wait in it: %d, the oldest for %s.", where, n, age)
	default:
		d.find("spool", warn, "Start a server or a worker with this spool. If one runs, its log says why it cannot write them: look for “a spooled answer waits”.",
			"Answers of apps that wait in the spool in %s and are not in the database: %d, the oldest for %s.", where, n, age)
	}
}

// waiting counts the answers in a spool.
func waiting(ctx context.Context, answers spool.Store) (n int, oldest time.Time, err error) {
	names, err := answers.Names(ctx)
	if err != nil {
		return 0, oldest, err
	}
	for _, name := range names {
		e, err := answers.Get(ctx, name)
		if errors.Is(err, spool.ErrMissing) {
			continue // it was written down just now
		}
		if err != nil {
			return 0, oldest, err
		}
		if n++; n == 1 || e.Since.Before(oldest) {
			oldest = e.Since
		}
	}
	return n, oldest, nil
}

// payloads writes to the store of large payloads, reads it back and deletes it.
func (d *doctor) payloads(ctx context.Context) {
	if d.config.Blobs == "" {
		d.find("payloads", well, "", "Payloads of any size lie in the database: PATCHBAY_BLOBS names no other place.")
		return
	}
	s, err := openBlobs(ctx, d.config)
	if err == nil {
		defer func() { _ = s.Close() }()
		err = s.Ready(ctx)
	}
	if err != nil {
		d.find("payloads", fail, "Let the user that runs Patchbay write there, make room, or correct PATCHBAY_BLOBS and what its store wants to know of who asks.",
			"The place for large payloads cannot be used: %s.", strings.Join(strings.Fields(withoutSecrets(err).Error()), " "))
		return
	}
	d.find("payloads", well, "", "The place for large payloads can be written to and read.")
}

func (d *doctor) catalogue(ctx context.Context) {
	apps, err := catalog.Load(d.config.PublicURL, d.config.DemoURL)
	if err != nil {
		d.find("catalogue", fail, "The program is damaged: install it again.", "An app file is not sound: %s.", err)
		return
	}
	d.find("catalogue", well, "", "%d app files are sound.", len(apps.List(catalog.Filter{})))
	d.ownFiles(ctx, apps)
}

// ownFiles reads the app files of workspaces as this version would.
func (d *doctor) ownFiles(ctx context.Context, shipped *catalog.Catalog) {
	if d.unseen("own app files") {
		return
	}
	n, unsound, err := (&appfile.Service{DB: d.db, Shipped: shipped, Now: time.Now}).Unsound(ctx)
	switch {
	case err != nil:
		d.find("own app files", fail, "Look at the database's log.", "The app files of workspaces cannot be read: %s.", withoutSecrets(err))
	case len(unsound) > 0:
		first := unsound[0]
		d.find("own app files", warn, "Its workspace mends the file in the console, or restores an earlier version. Until then the app that ships serves, if there is one of the name.",
			"Of %d app files of workspaces %d are not used. The first is %s of workspace %s: %s", n, len(unsound), first.Slug, first.WorkspaceID, first.Problem)
	default:
		d.find("own app files", well, "", "App files of workspaces, all of them sound: %d.", n)
	}
}

// backupEvery is how old the newest backup may become: who makes one each week is
// late by a day.
const backupEvery = 8 * 24 * time.Hour

// backups looks at those that this program made. Whether the database is backed up in
// another way nobody can know here.
func (d *doctor) backups(ctx context.Context) {
	if d.unseen("backup") {
		return
	}
	last, err := backup.Last(ctx, d.db)
	switch age := time.Since(last); {
	case err != nil:
		d.find("backup", fail, "Look at the database's log.", "The backups that were made cannot be read: %s.", withoutSecrets(err))
	case last.IsZero():
		d.find("backup", well, "", "None was made by patchbay backup; whether it is done in another way is not seen here.")
	case age > backupEvery:
		d.find("backup", warn, "Run: patchbay backup FILE, and let a timer do so every day.", "The newest backup is %d days old.", int(age.Hours()/24))
	default:
		d.find("backup", well, "", "The newest backup was made %s.", day(last))
	}
}
