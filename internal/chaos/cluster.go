package chaos

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/patchbay-dev/patchbay/internal/local"
	"github.com/patchbay-dev/patchbay/internal/torture"
)

// cluster is a lab as large installations are: three servers, three workers, a Redis
// Cluster of three primaries with their replicas, and a PostgreSQL with a standby that
// each commit waits for, each behind a PgBouncer in transaction mode.
type cluster struct {
	*lab
	redis   *local.RedisGroup
	standby *local.Process
	parts   []*part
}

// part is the time around one fault.
type part struct {
	name   string
	strike func(*cluster, context.Context) error
	from   time.Time
	to     time.Time
}

// parts of the story, one after the other.
func parts() []*part {
	return []*part{
		{name: "nothing is wrong", strike: func(*cluster, context.Context) error { return nil }},
		{name: "a server is killed", strike: func(c *cluster, _ context.Context) error { c.killed(&c.told.Servers, c.servers[1].kill()); return nil }},
		{name: "a worker is killed", strike: func(c *cluster, _ context.Context) error { c.killed(&c.told.Workers, c.workers[1].kill()); return nil }},
		{name: "the Redis that holds the queue is killed", strike: (*cluster).killRedis},
		{name: "PostgreSQL is killed, and its standby promoted", strike: (*cluster).failOver},
		{name: "a server and a worker are killed after that", strike: func(c *cluster, _ context.Context) error {
			c.killed(&c.told.Servers, c.servers[2].kill())
			c.killed(&c.told.Workers, c.workers[0].kill())
			return nil
		}},
	}
}

// noticed is how long it takes somebody to find that PostgreSQL is dead, and to promote
// its standby.
const noticed = 2 * time.Second

// Cluster sends events to an installation of several of each part, while one after the
// other is killed, tells what became of the events around each fault, and returns
// whether none that was accepted is lost.
func Cluster(ctx context.Context, o Options, told func(torture.Result)) (bool, error) {
	if o.KillEvery == 0 {
		o.KillEvery = 15 * time.Second
	}
	if o.Rate == 0 {
		o.Rate = 100
	}
	c, err := newCluster(ctx, o)
	if err != nil {
		return false, err
	}
	defer c.close()
	began := time.Now()
	if err := c.run(ctx); err != nil {
		return false, errors.Join(err, c.lastWords())
	}
	r, err := c.gather(ctx)
	if err != nil {
		return false, err
	}
	good := true
	for i, p := range c.parts {
		row := p.row(r, fmt.Sprintf("F%d", i+1))
		told(row)
		good = good && row.Err == nil
	}
	return hold(clusterPromises, r, time.Since(began), told) && good, nil
}

// clusterPromises are those of deliveries that do not depend on what receivers do.
var clusterPromises = []promise[*record]{
	{"C1", "a request that was answered 2xx is one event, and none is two", accepted},
	{"C2", "each event has one delivery for each webhook of its trigger", fannedOut},
	{"C3", "each delivery arrives: the database says so, and so does its receiver", arrived},
	{"C4", "nothing is left behind: none is on its way, none was given up", nothingLeft},
	{"C5", "what is delivered stays so, and no lease is taken from the living", neverBack},
	{"C6", "nothing secret in any log", noSecrets},
	{"C7", "nobody gives up: only a start without a database ends, and says why", staysUp},
}

func newCluster(ctx context.Context, o Options) (c *cluster, err error) {
	c = &cluster{lab: &lab{Options: o, watches: watchDeliveries, addresses: &addresses{}}, parts: parts()}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.lastWords())
			c.close()
		}
	}()
	if err := c.makeDir(); err != nil {
		return c, err
	}
	through, err := c.startDatabase(ctx)
	if err != nil {
		return c, err
	}
	if c.redis, err = local.StartRedisCluster(ctx, filepath.Join(c.dir, "redis"), 3); err != nil {
		return c, err //nolint:wrapcheck // says how to mend it
	}
	c.others = append(c.others, c.redis)
	if err := c.receive(ctx); err != nil {
		return c, err
	}
	if err := c.configure(ctx, 3, through, c.redis.URL()); err != nil {
		return c, err
	}
	for i, address := range c.addresses.list() {
		c.servers = append(c.servers, c.start(fmt.Sprintf("server-%d", i+1), []string{"PATCHBAY_LISTEN=" + address}, "serve"))
		c.workers = append(c.workers, c.start(fmt.Sprintf("worker-%d", i+1), nil, "work"))
	}
	if err := c.enter(ctx); err != nil {
		return c, err
	}
	return c, errors.Join(c.deploy(ctx, kinds[0]), c.deploy(ctx, kind{"two", 50, 0, 2, (*receiver).good}))
}

// startDatabase starts PostgreSQL, its standby and the poolers before them, and returns
// the address by which the product finds whichever of them takes writes.
func (c *cluster) startDatabase(ctx context.Context) (through string, err error) {
	if err := c.startPostgres(ctx); err != nil {
		return "", err
	}
	c.standby, err = local.StartPostgres(ctx, local.PostgresOptions{Dir: filepath.Join(c.dir, "standby"), MaxConnections: 150, Of: c.postgres})
	if err != nil {
		return "", err //nolint:wrapcheck // says how to mend it
	}
	c.others = append(c.others, c.standby)
	for _, q := range []string{"ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()"} {
		if err := c.sql(ctx, q); err != nil {
			return "", err
		}
	}
	err = eventually(ctx, "the standby is waited for", time.Minute, func() error {
		return c.read(ctx, func(p *pgx.Conn) error {
			var in bool
			err := p.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_stat_replication WHERE sync_state = 'sync')").Scan(&in)
			if err == nil && !in {
				err = errors.New("it does not follow yet")
			}
			return err
		})
	})
	if err != nil {
		return "", err
	}
	var hosts []string
	for i, of := range []*local.Process{c.postgres, c.standby} {
		p, err := local.StartPooler(ctx, local.PoolerOptions{Dir: filepath.Join(c.dir, fmt.Sprintf("pooler-%d", i+1)), URL: of.URL(), Size: 40})
		if err != nil {
			return "", err //nolint:wrapcheck // says how to mend it
		}
		c.others = append(c.others, p)
		u, err := url.Parse(p.URL())
		if err != nil {
			return "", fmt.Errorf("address of a pooler: %w", err)
		}
		hosts = append(hosts, u.Host)
	}
	direct, err := url.Parse(c.postgres.URL())
	if err != nil {
		return "", fmt.Errorf("address of the database: %w", err)
	}
	direct.RawQuery = url.Values{"host": {c.postgres.Dir() + "," + c.standby.Dir()}, "port": {"5432,5432"}, "target_session_attrs": {"read-write"}}.Encode()
	c.database = direct.String()
	return "postgres://patchbay@" + hosts[0] + "," + hosts[1] + "/patchbay?sslmode=disable&default_query_exec_mode=cache_describe&target_session_attrs=read-write&connect_timeout=3", nil
}

// killRedis kills the primary on which all of Asynq's queue lies. Its replica takes over
// by itself; it comes back as that one's replica.
func (c *cluster) killRedis(ctx context.Context) error {
	n, err := c.redis.Primary(ctx, "asynq:{default}:pending")
	if err != nil || n < 0 {
		return fmt.Errorf("who holds the queue: %d, %w", n, err)
	}
	c.told.RedisRestarts++
	if err := c.redis.Crash(n); err != nil {
		return err //nolint:wrapcheck // says which server
	}
	err = eventually(ctx, "a replica takes over", time.Minute, func() error {
		now, err := c.redis.Primary(ctx, "asynq:{default}:pending")
		if err == nil && now < 0 {
			err = errors.New("nobody did yet")
		}
		return err
	})
	if err != nil {
		return err
	}
	return c.redis.Restart(ctx, n) //nolint:wrapcheck // says which server
}

// failOver kills PostgreSQL for good, and does what an operator's tool would.
func (c *cluster) failOver(ctx context.Context) error {
	c.told.PostgresRestarts++
	if err := c.postgres.Crash(syscall.SIGQUIT); err != nil {
		return err //nolint:wrapcheck // says which server
	}
	time.Sleep(noticed)
	if err := c.standby.Promote(ctx); err != nil {
		return err //nolint:wrapcheck // says which server
	}
	c.marks.LastRestart = time.Now()
	return nil
}

// run has events come all the time, and strikes once in each part.
func (c *cluster) run(ctx context.Context) error {
	c.say("three servers and workers, six Redis, two PostgreSQL, two PgBouncers; %d events a second, %s for each fault", c.Rate, c.KillEvery)
	loaded, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- c.pour(loaded) }()
	err := c.strikeAll(ctx)
	stop()
	if err = errors.Join(err, <-done); err != nil {
		return err
	}
	c.say("all are taken; what is on its way arrives")
	return c.drain(ctx)
}

func (c *cluster) strikeAll(ctx context.Context) error {
	for _, p := range c.parts {
		c.say("%s", p.name)
		p.from = time.Now()
		over := time.After(c.KillEvery)
		if err := p.strike(c, ctx); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		select {
		case <-over:
		case <-ctx.Done():
			return ctx.Err() //nolint:wrapcheck // the caller's own
		}
		p.to = time.Now()
	}
	return nil
}

// pour sends events at the rate until ctx ends, each until it is taken.
func (c *cluster) pour(ctx context.Context) error {
	tick := time.NewTicker(time.Second / time.Duration(c.Rate))
	defer tick.Stop()
	var wg sync.WaitGroup
	defer wg.Wait()
	errs, free := make(chan error, 1), make(chan struct{}, 20*atOnce) // who waits for an answer
	for i := 0; ; i++ {
		select {
		case err := <-errs:
			return err
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		select {
		case free <- struct{}{}:
		default:
			continue // all that may be on their way are
		}
		wg.Go(func() {
			defer func() { <-free }()
			if err := c.one(context.WithoutCancel(ctx), c.triggers[i%len(c.triggers)]); err != nil {
				select {
				case errs <- err:
				default:
				}
			}
		})
	}
}

// row is what became of what was sent in a part.
func (p *part) row(r *record, id string) torture.Result {
	events, heard := r.byKey(), r.heard()
	var taken, refused, lost, due, delivered, doubled int
	var answers, arrivals []time.Time
	for _, t := range r.Tries {
		if t.At.Before(p.from) || !t.At.Before(p.to) {
			continue
		}
		if !t.Taken {
			refused++
			continue
		}
		taken++
		answers = append(answers, t.At)
		es := events[t.Key]
		if len(es) == 0 {
			lost++
			continue
		}
		for _, endpoint := range r.Hears[t.Trigger] {
			due++
			as := heard[pair{es[0].ID, endpoint}]
			if len(as) > 0 {
				delivered++
				doubled += len(as) - 1
			}
		}
	}
	for _, a := range r.Arrivals {
		if !a.At.Before(p.from) && a.At.Before(p.to) {
			arrivals = append(arrivals, a.At)
		}
	}
	res := torture.Result{ID: id, Promise: p.name, Took: p.to.Sub(p.from), Note: fmt.Sprintf(
		"accepted %d, not accepted at once %d; delivered %d, lost %d, doubled %d; longest gap: %.2f s accepting, %.2f s delivering",
		taken, refused, delivered, lost+due-delivered, doubled, p.gap(answers).Seconds(), p.gap(arrivals).Seconds())}
	switch {
	case lost+due-delivered > 0:
		res.Err = errors.New(res.Note)
	case taken == 0:
		res.Err = errors.New("nothing was accepted: it was not tried")
	}
	return res
}

// gap is the longest time in a part without any of these.
func (p *part) gap(of []time.Time) (longest time.Duration) {
	before := p.from
	for _, at := range append(slices.SortedFunc(slices.Values(of), time.Time.Compare), p.to) {
		longest, before = max(longest, at.Sub(before)), at
	}
	return longest
}
