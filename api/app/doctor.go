package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/keys"
	"github.com/patchbay-dev/patchbay/internal/queue"
)

// finding is the outcome of one check.
type finding struct {
	Check  string `json:"check"`
	State  state  `json:"state"`
	Says   string `json:"says"`             // one sentence
	Remedy string `json:"remedy,omitempty"` // what to do; empty when all is well
}

type state string

const (
	well state = "ok"
	warn state = "warn"
	fail state = "fail"
)

// checkTimeout is how long one check may take.
const checkTimeout = 15 * time.Second

// Doctor looks at everything that an installation needs, changes nothing, and
// writes what it found as a table or as JSON. It returns an error if a check failed.
func Doctor(ctx context.Context, c *Config, out io.Writer, asJSON bool) error {
	d := &doctor{config: c}
	defer d.close()
	for _, check := range []func(context.Context){
		d.configuration, d.database, d.pooler, d.replica, d.schema, d.rights, d.clock, d.redis, d.masterKey, d.addresses, d.mail, d.disk, d.spool, d.payloads, d.sandbox, d.runtime, d.catalogue, d.auditLog, d.backups,
	} {
		limited, cancel := context.WithTimeout(ctx, checkTimeout)
		check(limited)
		cancel()
	}
	if err := d.write(out, asJSON); err != nil {
		return err
	}
	if n := d.count(fail); n > 0 {
		return fmt.Errorf("%d of %d checks failed", n, len(d.findings))
	}
	return nil
}

type doctor struct {
	config   *Config
	findings []finding
	db       *db.DB // nil: does not answer
	ready    bool   // the schema is there
	keys     *keys.Status
}

func (d *doctor) close() {
	if d.db != nil {
		_ = d.db.Close()
	}
}

func (d *doctor) find(check string, s state, remedy, format string, args ...any) {
	d.findings = append(d.findings, finding{check, s, fmt.Sprintf(format, args...), remedy})
}

func (d *doctor) count(s state) (n int) {
	for _, f := range d.findings {
		if f.State == s {
			n++
		}
	}
	return n
}

func (d *doctor) write(out io.Writer, asJSON bool) error {
	if asJSON {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		return e.Encode(map[string]any{"ok": d.count(fail) == 0, "checks": d.findings})
	}
	for _, f := range d.findings {
		if _, err := fmt.Fprintf(out, "%-4s  %-13s  %s\n", f.State, f.Check, f.Says); err != nil {
			return err
		}
		if f.Remedy != "" {
			_, _ = fmt.Fprintf(out, "      %-13s  → %s\n", "", f.Remedy)
		}
	}
	_, err := fmt.Fprintf(out, "\n%d ok, %d warnings, %d failed\n", d.count(well), d.count(warn), d.count(fail))
	return err
}

func (d *doctor) configuration(context.Context) {
	if err := d.config.Check(); err != nil {
		d.find("configuration", fail, "Mend the setting and ask again; each is one line in api/app/config.go.", "%s.", err)
		return
	}
	d.find("configuration", well, "", "Every setting makes sense.")
}

func (d *doctor) redis(context.Context) {
	const remedy = "Start Redis, or correct PATCHBAY_REDIS_URL. Without it nothing is lost, but work waits for the sweeper."
	at, err := queue.Parse(d.config.RedisURL)
	if err != nil {
		d.find("redis", fail, remedy, "PATCHBAY_REDIS_URL is no address of a Redis.")
		return
	}
	c := queue.NewClient(at)
	defer func() { _ = c.Close() }()
	if err := c.Ping(); err != nil {
		d.find("redis", fail, remedy, "Redis does not answer: %s.", err)
		return
	}
	if queue.Clustered(at) {
		d.find("redis", well, "", "The Redis Cluster answers.")
		return
	}
	d.find("redis", well, "", "Redis answers.")
}

// database opens what the next checks look at.
func (d *doctor) database(ctx context.Context) {
	const remedy = "Start PostgreSQL, or correct PATCHBAY_DATABASE_URL."
	if d.config.DatabaseURL == "" {
		d.find("database", fail, remedy, "PATCHBAY_DATABASE_URL is not set.")
		return
	}
	opened, err := db.Open(d.config.DatabaseURL, 2)
	if err != nil {
		d.find("database", fail, remedy, "The database cannot be opened: %s.", withoutSecrets(err))
		return
	}
	began := time.Now()
	if err := opened.Ping(ctx); err != nil {
		_ = opened.Close()
		d.find("database", fail, remedy, "The database does not answer: %s.", withoutSecrets(err))
		return
	}
	d.db = opened
	d.find("database", well, "", "PostgreSQL answers in %s.", time.Since(began).Round(100*time.Microsecond))
}

// withoutSecrets keeps a driver's words to the part that tells no password.
func withoutSecrets(err error) error {
	for inner := err; inner != nil; inner = errors.Unwrap(inner) {
		err = inner
	}
	return err
}

// unseen says that a check had nothing to look at.
func (d *doctor) unseen(check string) bool {
	if d.db != nil && d.ready {
		return false
	}
	d.find(check, warn, "Mend what is said above and ask again.", "Not looked at.")
	return true
}
