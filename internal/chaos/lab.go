package chaos

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/patchbay-dev/patchbay/internal/local"
)

// skew is how far the clock of one worker's machine is off.
const skew = 5 * time.Minute

// lab is everything that runs, and what was written down of it.
type lab struct {
	Options
	dir       string
	env       []string
	postgres  *local.Process
	redis     *local.Process
	database  string    // the address of the database, for us
	others    []stopper // that run beside these
	servers   []*child
	workers   []*child   // the second has the wrong clock
	addresses *addresses // of the servers
	receivers *http.Server
	home      string // the address of the receivers
	api       *client
	triggers  []*trigger
	watches   string           // statements by which the database watches
	effects   http.HandlerFunc // of the receivers' machine, for runs
	sent      atomic.Int64

	mu    sync.Mutex
	tries []try
	told  counts
	marks marks
}

// counts are what was done to the installation.
type counts struct {
	Servers, Workers, Flushes, RedisRestarts, PostgresRestarts int
}

// marks are moments of the story.
type marks struct {
	Began, Ended time.Time // by the database's clock
	LastRestart  time.Time // of PostgreSQL, by ours
	SetAgain     time.Time // the URL of the receiver that was gone
	Healed       time.Time
	GraceOver    time.Time
	Forgotten    []string // keys of the events that Redis forgot
	Skewed       []string // and of those that the worker with the wrong clock alone has sent
	Waits        []time.Duration
}

// newLab starts everything, has the database watch what watches says, and prepares
// what the story is about.
func newLab(ctx context.Context, o Options, watches string, prepare func(context.Context, *lab) error) (l *lab, err error) {
	l = &lab{Options: o, watches: watches, addresses: &addresses{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, l.lastWords())
			l.close()
		}
	}()
	if err := l.makeDir(); err != nil {
		return l, err
	}
	if err := errors.Join(l.startPostgres(ctx), l.startRedis(ctx)); err != nil {
		return l, err
	}
	if err := l.receive(ctx); err != nil {
		return l, err
	}
	if err := l.configure(ctx, 2, l.database, l.redis.URL()); err != nil {
		return l, err
	}
	for i, address := range l.addresses.list() {
		l.servers = append(l.servers, l.start(fmt.Sprintf("server-%d", i+1), []string{"PATCHBAY_LISTEN=" + address}, "serve"))
	}
	l.workers = append(l.workers, l.start("worker-1", nil, "work"), l.start("worker-2", nil, "torture", "work", "--skew", skew.String()))
	if err := l.enter(ctx); err != nil {
		return l, err
	}
	return l, prepare(ctx, l)
}

// makeDir makes a folder on a disk, not in memory, that is open to the servers' own user.
func (l *lab) makeDir() (err error) {
	if l.dir, err = os.MkdirTemp("/var/tmp", "patchbay-chaos-"); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	if err := os.Chmod(l.dir, 0o755); err != nil {
		return fmt.Errorf("open folder: %w", err)
	}
	return nil
}

// stopper is a server, or several.
type stopper interface{ Stop() error }

func (l *lab) startPostgres(ctx context.Context) (err error) {
	l.postgres, err = local.StartPostgres(ctx, local.PostgresOptions{Dir: filepath.Join(l.dir, "pg"), MaxConnections: 150})
	if err == nil {
		l.database = l.postgres.URL()
	}
	return err //nolint:wrapcheck // says how to mend it
}

func (l *lab) startRedis(ctx context.Context) (err error) {
	l.redis, err = local.StartRedis(ctx, local.RedisOptions{Dir: filepath.Join(l.dir, "redis"), Ephemeral: true})
	return err //nolint:wrapcheck // says how to mend it
}

// configure brings the database to the schema, and finds addresses for so many servers,
// which find the database and Redis where it is said.
func (l *lab) configure(ctx context.Context, servers int, database, redis string) error {
	for range servers {
		l.addresses.set(append(l.addresses.list(), free(ctx)))
	}
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails: see crypto/rand
	l.env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"),
		"PATCHBAY_DATABASE_URL=" + database, "PATCHBAY_DATABASE_DIRECT_URL=" + l.database, "PATCHBAY_REDIS_URL=" + redis, "PATCHBAY_MASTER_KEY=" + base64.StdEncoding.EncodeToString(key),
		"PATCHBAY_PUBLIC_URL=http://" + l.addresses.at(0), "PATCHBAY_EGRESS_ALLOW=127.0.0.0/8", "PATCHBAY_DB_CONNECTIONS=16", "PATCHBAY_DRAIN=" + l.drainFor(), "PATCHBAY_LOG_LEVEL=WARN",
	}
	if _, err := l.once(ctx, "migrate"); err != nil {
		return err
	}
	return l.sql(ctx, "CREATE TABLE chaos_seen (what text NOT NULL);"+l.watches)
}

// free returns an address of this machine at which nobody listens, also while the process that does is away.
func free(ctx context.Context) string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(local.FreePort(ctx)))
}

// watchDeliveries has the database write down what must never be seen of them.
const watchDeliveries = `CREATE FUNCTION chaos_see() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
			IF OLD.state IN ('delivered', 'exhausted', 'discarded') AND NEW.state <> OLD.state THEN
				INSERT INTO chaos_seen VALUES ('moved: ' || OLD.id || ' from ' || OLD.state || ' to ' || NEW.state);
			END IF;
			IF NEW.lease_until > clock_timestamp() + interval '2 minutes' OR OLD.lease_until IS NULL AND NEW.lease_until < clock_timestamp() THEN
				INSERT INTO chaos_seen VALUES ('lease: ' || NEW.id || ' until ' || NEW.lease_until || ' at ' || clock_timestamp());
			END IF;
			IF OLD.lease_id <> '' AND NEW.state = 'pending' AND NEW.last_error = 'lease_expired' AND OLD.lease_until > clock_timestamp() + interval '2 seconds' THEN
				INSERT INTO chaos_seen VALUES ('lease: ' || NEW.id || ' taken away before its end');
			END IF;
			RETURN NULL;
		END $$;
		CREATE TRIGGER chaos_see AFTER UPDATE ON deliveries FOR EACH ROW EXECUTE FUNCTION chaos_see();`

// sql runs statements as the database's owner, at the second try if the server was just killed.
func (l *lab) sql(ctx context.Context, statements string) error {
	return l.read(ctx, func(c *pgx.Conn) error {
		_, err := c.Exec(ctx, statements)
		return err //nolint:wrapcheck // read says what it was
	})
}

func (l *lab) read(ctx context.Context, fn func(c *pgx.Conn) error) error {
	c, err := pgx.Connect(ctx, l.database)
	if err != nil {
		return fmt.Errorf("connect to the database: %w", err)
	}
	defer func() { _ = c.Close(context.WithoutCancel(ctx)) }()
	if err := fn(c); err != nil {
		return fmt.Errorf("database: %w", err)
	}
	return nil
}

// close ends everything and removes its files.
func (l *lab) close() {
	for _, c := range append(l.servers, l.workers...) {
		c.end()
	}
	if l.receivers != nil {
		_ = l.receivers.Close()
	}
	for _, p := range l.others {
		_ = p.Stop()
	}
	for _, p := range []*local.Process{l.redis, l.postgres} {
		if p != nil {
			_ = p.Stop()
		}
	}
	if l.dir != "" {
		_ = os.RemoveAll(l.dir)
	}
}

// drainFor is how long a process that is told to end lets its work come to its end.
func (l *lab) drainFor() string {
	if len(l.Before) > 0 {
		return "30s"
	}
	return "2s"
}

// addresses are where the servers are, which changes when others take over.
type addresses struct {
	mu  sync.Mutex
	all []string
}

// at is the nth, round and round.
func (a *addresses) at(n int) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.all[n%len(a.all)]
}

func (a *addresses) list() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.all)
}

func (a *addresses) set(all []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.all = all
}

// pause is how long to wait before the nth try.
func pause(n int) time.Duration {
	return time.Duration(math.Min(20*math.Pow(1.5, float64(n)), 1000)) * time.Millisecond
}

// eventually waits for something to come true.
func eventually(ctx context.Context, what string, patience time.Duration, fn func() error) error {
	until := time.Now().Add(patience)
	for n := 0; ; n++ {
		err := fn()
		if err == nil {
			return nil
		}
		if time.Now().After(until) || ctx.Err() != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		time.Sleep(pause(n))
	}
}
