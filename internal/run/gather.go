package run

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"
	"gorm.io/gorm/schema"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// Claims and writes that come at the same moment share a commit, whoever's runs
// they are of. Each names the environment of its run, and a write its lease.
const (
	gatherMost   = 256
	gatherAtOnce = 2
	keepVersions = 2048 // definitions that a process remembers; they never change
)

// gathers are what a worker has others share.
type gathers struct {
	begin    sync.Once
	claiming *db.Gather[wish, taking]
	saying   *db.Gather[*write, wrote]
	versions *lru.Cache[string, *workflow.Definition]
}

func (w *Worker) gather() {
	w.begin.Do(func() {
		w.claiming = &db.Gather[wish, taking]{Do: w.claimMany, Most: gatherMost, AtOnce: gatherAtOnce}
		w.saying = &db.Gather[*write, wrote]{Do: w.writeMany, Most: gatherMost, AtOnce: gatherAtOnce}
		w.versions, _ = lru.New[string, *workflow.Definition](keepVersions) // fails for a size below one
	})
}

func (w *Worker) writes() *db.Gather[*write, wrote] {
	w.gather()
	return w.saying
}

// wish is a run that somebody is to have.
type wish struct {
	scope tenant.Scope
	id    string
}

// taking is what came of a claim.
type taking struct {
	c   *claimed // nil = another one has it, or it is over
	err error
}

// claimed is a run that is this worker's, with what is known of it.
type claimed struct {
	run  *Run
	def  *workflow.Definition
	rows map[string]*Step // by path
	last int              // the greatest position of these

	rested bool
}

// claim takes the lease of a run, or returns nil when another worker holds it
// or the run is over.
func (w *Worker) claim(ctx context.Context, scope tenant.Scope, runID string) (*claimed, error) {
	w.gather()
	t, err := w.claiming.Ask(ctx, wish{scope, runID})
	if err = errors.Join(err, t.err); err != nil || t.c == nil {
		return nil, err
	}
	if t.c.rested {
		queues, err := w.queueAgain(ctx, scope, t.c.run)
		if err != nil || queues {
			return nil, err
		}
	}
	if t.c.def, err = w.version(ctx, scope, t.c.run); err != nil {
		return nil, fmt.Errorf("claim run: %w", err)
	}
	if t.c.run.env, err = w.readEnv(ctx, scope, t.c.run, t.c.def); err != nil {
		return nil, fmt.Errorf("claim run: %w", err)
	}
	return t.c, nil
}

// version returns the definition that a run goes by.
func (w *Worker) version(ctx context.Context, scope tenant.Scope, r *Run) (d *workflow.Definition, err error) {
	key := fmt.Sprintf("%s@%d", r.WorkflowID, r.Version)
	if d, ok := w.versions.Get(key); ok && !r.Test {
		return d, nil
	}
	err = w.DB.In(ctx, scope, func(tx *gorm.DB) error {
		d, err = definitionOf(tx, r)
		return err
	})
	if err == nil && !r.Test {
		w.versions.Add(key, d)
	}
	return d, err
}

// definitionOf returns what a run carries out: its version's, or a test's own.
func definitionOf(tx *gorm.DB, r *Run) (*workflow.Definition, error) {
	if r.Definition != nil {
		return r.Definition, nil
	}
	return workflow.AtVersion(tx, r.WorkflowID, r.Version)
}

var runColumns, stepColumns = columns(&Run{}, "r."), columns(&Step{}, "")

func columns(of any, before string) string {
	s, err := schema.Parse(of, &sync.Map{}, schema.NamingStrategy{})
	if err != nil {
		panic(err) // a type of ours that is no table
	}
	return before + strings.Join(s.DBNames, ", "+before)
}

// begun is a run as a claim finds it.
type begun struct {
	Run

	Fresh  bool // nothing of it was done before
	Rested bool // it waited to be tried again, and queues for that
}

func (w *Worker) claimMany(ctx context.Context, all []wish) []taking {
	now := w.Now()
	ids, environments, leases := make([]string, len(all)), make([]string, len(all)), make([]string, len(all))
	for i, x := range all {
		ids[i], environments[i], leases[i] = x.id, x.scope.Environment(), id.New("lease")
	}
	out := make([]taking, len(all))
	err := w.DB.Pipe(ctx, func(c *pgx.Conn) error {
		rows, err := c.Query(ctx, `WITH pick AS (
				SELECT r.id, w.lease_id, r.started_at IS NULL AND r.replay_of IS NULL AND NOT r.test AS fresh, r.status = 'retrying' AND r.placed AS rested FROM unnest($1::text[], $2::text[], $3::text[]) AS w(id, environment_id, lease_id)
				JOIN runs r ON r.id = w.id AND r.environment_id = w.environment_id
				WHERE r.status IN ('queued', 'running', 'waiting', 'retrying') AND r.lease_until <= $4
					AND w.environment_id NOT IN (SELECT environment_id FROM held_environments) FOR NO KEY UPDATE OF r SKIP LOCKED)
			UPDATE runs r SET status = CASE WHEN p.rested THEN r.status ELSE 'running' END, lease_id = p.lease_id, lease_until = $5, started_at = COALESCE(r.started_at, $4),
				error = NULL -- why an earlier attempt failed stands among its failures
			FROM pick p WHERE r.id = p.id RETURNING p.fresh, p.rested, `+runColumns, ids, environments, leases, now, now.Add(leaseFor))
		if err != nil {
			return err
		}
		found, err := pgx.CollectRows(rows, pgx.RowToStructByNameLax[begun])
		if err != nil {
			return err
		}
		mine, before := map[string]*claimed{}, []string(nil)
		for i := range found {
			r := &found[i].Run
			mine[r.ID] = &claimed{run: r, rows: map[string]*Step{}, rested: found[i].Rested}
			if !found[i].Fresh {
				before = append(before, r.ID)
			}
		}
		for i := range all {
			if c := mine[all[i].id]; c != nil && c.run.LeaseID == leases[i] {
				out[i].c = c
			}
		}
		return w.remember(ctx, c, mine, before)
	})
	if err != nil {
		for i := range out {
			out[i] = taking{err: fmt.Errorf("claim runs: %w", err)}
		}
	}
	return out
}

// remember loads the steps of runs that were begun before.
func (w *Worker) remember(ctx context.Context, c *pgx.Conn, mine map[string]*claimed, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	rows, err := c.Query(ctx, "SELECT "+stepColumns+" FROM run_steps WHERE run_id = ANY($1)", ids)
	if err != nil {
		return fmt.Errorf("load steps: %w", err)
	}
	steps, err := pgx.CollectRows(rows, pgx.RowToStructByNameLax[Step])
	if err != nil {
		return fmt.Errorf("load steps: %w", err)
	}
	for i := range steps {
		s := &steps[i]
		x := mine[s.RunID]
		x.rows[s.Path], x.last = s, max(x.last, s.Position)
	}
	return nil
}

// wrote is what came of a write.
type wrote struct {
	held bool
	err  error
}

// writeMany writes what workers have to say of their runs. If one of them cannot be
// written, each is by itself.
func (w *Worker) writeMany(ctx context.Context, all []*write) []wrote {
	out := make([]wrote, len(all))
	held := map[string]bool{}
	err := w.DB.Pipe(ctx, func(c *pgx.Conn) error { return writeAll(ctx, piped(c), all, held) })
	for i, x := range all {
		out[i].held = held[x.r.ID]
	}
	if err == nil {
		return out
	}
	if _, refused := errors.AsType[*pgconn.PgError](err); refused && len(all) > 1 {
		for i := range all {
			out[i] = w.writeMany(ctx, all[i:i+1])[0]
		}
		return out
	}
	for i := range out {
		out[i] = wrote{err: fmt.Errorf("write runs: %w", err)}
	}
	return out
}
