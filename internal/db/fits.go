package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"
)

// The reasons for which a program does not work on a database.
var (
	ErrOlderSchema = errors.New("the database does not have this version's schema")
	ErrNewerSchema = errors.New("the database was migrated by a newer version")
)

// marked are the migrations from here on whose marks are written down.
const marked = 124

// A migration that only adds (it expands) is one beside which programs of earlier
// versions go on working. One that takes something away (it contracts) says from which
// schema on no program needs that any more:
//
//	-- contracts (needs 0130): nothing reads the column since then
//
// and one that may hold others up for long says why that is no harm:
//
//	-- locks: the table has a row for each app
var (
	contracts = regexp.MustCompile(`(?m)^-- contracts \(needs (\d{4,})\): (\S.*)$`)
	locks     = regexp.MustCompile(`(?m)^-- locks: (\S.*)$`)
)

func (m *Migration) read(text string) error {
	if said := locks.FindStringSubmatch(text); said != nil {
		m.Locks = said[1]
	}
	said := contracts.FindStringSubmatch(text)
	if said == nil {
		return nil
	}
	var err error
	m.Contracts = said[2]
	if m.Needs, err = strconv.ParseInt(said[1], 10, 64); err != nil {
		return fmt.Errorf("what it needs: %w", err)
	}
	if m.Needs > m.Version {
		return fmt.Errorf("it needs %04d, which comes after it", m.Needs)
	}
	return nil
}

// mark writes down beside which programs the migrations of this version are good.
func mark(ctx context.Context, conn *sql.DB) error {
	all, err := known()
	if err != nil {
		return err
	}
	for _, m := range all {
		if m.Version < marked {
			continue
		}
		if _, err := conn.ExecContext(ctx, "INSERT INTO schema_marks (version, needs) VALUES ($1, $2) ON CONFLICT (version) DO NOTHING", m.Version, m.Needs); err != nil {
			return fmt.Errorf("mark migration %04d: %w", m.Version, err)
		}
	}
	return nil
}

// Fits refuses a database that lacks what this version needs, or has migrations that
// this version does not know, unless each of them says that it works beside it: then
// beside is the newest of them, and else 0.
func (d *DB) Fits(ctx context.Context) (beside int64, err error) {
	missing, unknown, err := d.Schema(ctx)
	if err != nil {
		return 0, err
	}
	if len(unknown) == 0 {
		if n := len(missing); n > 0 {
			return 0, fmt.Errorf("%w: %d migrations are to be applied, the first is %04d. Run: patchbay migrate", ErrOlderSchema, n, missing[0])
		}
		return 0, nil
	}
	newest, err := Newest()
	if err != nil {
		return 0, err
	}
	var agree int
	err = d.Look(ctx, func(q *gorm.DB) error {
		return q.Raw("SELECT count(*) FROM schema_marks WHERE version IN ? AND needs <= ?", unknown, newest).Scan(&agree).Error
	})
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == "42P01" {
		err = nil
	}
	if err != nil {
		return 0, fmt.Errorf("read what migrations need: %w", err)
	}
	last := unknown[len(unknown)-1]
	if agree < len(unknown) || len(missing) > 0 {
		return 0, fmt.Errorf("%w: its schema is %04d, this version knows up to %04d, and what came since does not say that this version works beside it. Install the version that migrated it, or a newer one",
			ErrNewerSchema, last, newest)
	}
	return last, nil
}

// Plan is what Migrate would do.
type Plan struct {
	Schema  int64       `json:"schema"`            // of this version
	Missing []Migration `json:"missing"`           // the next first
	Unknown []int64     `json:"unknown,omitempty"` // applied by another version
	Holder  *Holder     `json:"holder,omitempty"`  // keeps others from migrating now
}

// Planned looks what Migrate would do, and changes nothing.
func (d *DB) Planned(ctx context.Context) (*Plan, error) {
	missing, unknown, err := d.Schema(ctx)
	if err != nil {
		return nil, err
	}
	all, err := known()
	if err != nil {
		return nil, err
	}
	p := &Plan{Schema: all[len(all)-1].Version, Missing: []Migration{}, Unknown: unknown}
	for _, m := range all {
		for _, v := range missing {
			if m.Version == v {
				p.Missing = append(p.Missing, m)
			}
		}
	}
	p.Holder, err = d.Migrating(ctx)
	return p, err
}

// String is the plan in lines.
func (p *Plan) String() string {
	var out strings.Builder
	for _, m := range p.Missing {
		_, _ = fmt.Fprintf(&out, "to apply  %s\n", m.File)
		if m.Contracts != "" {
			_, _ = fmt.Fprintf(&out, "          takes something away: end programs whose schema is older than %04d first (%s)\n", m.Needs, m.Contracts)
		}
		if m.Locks != "" {
			_, _ = fmt.Fprintf(&out, "          may hold others up: %s\n", m.Locks)
		}
	}
	switch {
	case len(p.Unknown) > 0:
		_, _ = fmt.Fprintf(&out, "The database was migrated by another version: %04d is not known here, whose schema is %04d.\n", p.Unknown[len(p.Unknown)-1], p.Schema)
	case len(p.Missing) == 0:
		_, _ = fmt.Fprintf(&out, "The schema is this version's, %04d.\n", p.Schema)
	default:
		_, _ = fmt.Fprintf(&out, "%d migrations are to be applied, up to schema %04d.\n", len(p.Missing), p.Schema)
	}
	if p.Holder != nil {
		_, _ = fmt.Fprintf(&out, "Held by %s.\n", p.Holder)
	}
	return out.String()
}
