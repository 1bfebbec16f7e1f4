package app

import (
	"context"
	"time"

	"github.com/patchbay-dev/patchbay/internal/db"
)

// pooler looks at what stands before PostgreSQL, and past it.
func (d *doctor) pooler(ctx context.Context) {
	if d.db == nil {
		return
	}
	const mend = "Add default_query_exec_mode=cache_describe to PATCHBAY_DATABASE_URL, or have PgBouncer (1.21 or newer) keep prepared statements: max_prepared_statements = 200."
	p, err := d.db.Pooler(ctx)
	switch {
	case err != nil:
		d.find("pooler", fail, "Look at the logs of the pooler and of the database.", "What stands before the database cannot be looked at: %s.", withoutSecrets(err))
	case !p.There && d.config.DirectURL == "":
		d.find("pooler", well, "", "PostgreSQL is spoken to without a pooler.")
	case !p.There:
		d.direct(ctx, "PostgreSQL is spoken to without a pooler.")
	case !p.Carries:
		d.find("pooler", fail, mend, "A pooler stands before PostgreSQL that passes prepared statements on: in its transaction mode they are missing on the next connection.")
	case d.config.DirectURL == "":
		d.find("pooler", warn, "Name the database's own address in PATCHBAY_DATABASE_DIRECT_URL.", "A pooler stands before PostgreSQL, and carries what servers and workers ask; migrations and backups have no way past it.")
	default:
		d.direct(ctx, "A pooler stands before PostgreSQL, and carries what servers and workers ask.")
	}
}

// direct looks at the address of migrations and backups.
func (d *doctor) direct(ctx context.Context, before string) {
	const remedy = "Correct PATCHBAY_DATABASE_DIRECT_URL: it is the same database, past the pooler."
	direct, err := db.Open(d.config.DirectURL, 2)
	if err != nil {
		d.find("pooler", fail, remedy, "The direct address of the database cannot be used: %s.", withoutSecrets(err))
		return
	}
	defer func() { _ = direct.Close() }()
	p, err := direct.Pooler(ctx)
	if err != nil {
		d.find("pooler", fail, remedy, "The direct address of the database cannot be used: %s.", withoutSecrets(err))
		return
	}
	same, err := d.db.Same(ctx, direct)
	switch {
	case err != nil:
		d.find("pooler", fail, remedy, "The direct address of the database cannot be compared: %s.", withoutSecrets(err))
	case !same:
		d.find("pooler", fail, remedy, "The direct address leads to another database.")
	case p.There:
		d.find("pooler", warn, remedy, "The direct address leads to a pooler, too.")
	default:
		d.find("pooler", well, "", "%s The direct address leads to the same database, for migrations and backups.", before)
	}
}

// replica looks whether a standby follows, from which lists are read.
func (d *doctor) replica(ctx context.Context) {
	if d.db == nil || d.config.ReplicaURL == "" {
		return
	}
	const remedy = "Start the standby, correct PATCHBAY_DATABASE_REPLICA_URL, or unset it. Until then lists are read from the primary."
	if err := d.db.ReadFrom(d.config.ReplicaURL, 1); err != nil {
		d.find("replica", fail, remedy, "PATCHBAY_DATABASE_REPLICA_URL is no address of a PostgreSQL.")
		return
	}
	took, err := d.db.Following(ctx)
	if err != nil {
		d.find("replica", warn, remedy, "Lists cannot be read from the replica: %s.", withoutSecrets(err))
		return
	}
	d.find("replica", well, "", "The replica had all that the primary had after %s.", took.Round(100*time.Microsecond))
}
