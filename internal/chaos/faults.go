package chaos

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	"github.com/patchbay-dev/patchbay/internal/queue"
)

// torment kills what there is, one thing after the other, until ctx ends. What
// it killed comes back by itself, or is brought back before torment returns.
func (l *lab) torment(ctx context.Context) <-chan error {
	done := make(chan error, 1)
	go func() {
		tick := time.NewTicker(l.KillEvery)
		defer tick.Stop()
		for n := 1; ; n++ {
			select {
			case <-ctx.Done():
				done <- nil
				return
			case <-tick.C:
			}
			if err := l.strike(n); err != nil {
				done <- err
				return
			}
		}
	}()
	return done
}

// strike is the nth blow.
func (l *lab) strike(n int) error {
	switch n % 6 {
	case 1, 4:
		l.killed(&l.told.Workers, l.workers[n/3%2].kill())
	case 2:
		l.killed(&l.told.Servers, l.servers[n/6%2].kill())
	case 3:
		l.killed(&l.told.Workers, l.workers[n/6%2].kill())
		l.killed(&l.told.Servers, l.servers[n/6%2].kill())
		return l.flush()
	case 5:
		return l.restartPostgres()
	default:
		return l.restartRedis()
	}
	if n%5 == 0 {
		return l.flush()
	}
	return nil
}

func (l *lab) killed(count *int, was bool) {
	if was {
		*count++
	}
}

// flush has Redis forget everything.
func (l *lab) flush() error {
	at, err := queue.Parse(l.redis.URL())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	client, ok := at.MakeRedisClient().(redis.UniversalClient)
	if !ok {
		return errors.New("the Redis is of a kind that is not known")
	}
	defer func() { _ = client.Close() }()
	l.told.Flushes++
	return client.FlushAll(ctx).Err() //nolint:wrapcheck // says enough
}

// restartRedis kills Redis, which keeps nothing, and leaves it away for a moment.
func (l *lab) restartRedis() error {
	l.told.RedisRestarts++
	if err := l.redis.Crash(syscall.SIGKILL); err != nil {
		return err //nolint:wrapcheck // says which server
	}
	time.Sleep(time.Duration(l.told.RedisRestarts%3) * 500 * time.Millisecond)
	return l.startRedis(context.Background())
}

// restartPostgres ends PostgreSQL at once (immediate mode), so that it recovers
// from its log when it is started again.
func (l *lab) restartPostgres() error {
	l.told.PostgresRestarts++
	if err := l.postgres.Crash(syscall.SIGQUIT); err != nil {
		return err //nolint:wrapcheck // says which server
	}
	if err := l.startPostgres(context.Background()); err != nil {
		return err
	}
	l.marks.LastRestart = time.Now()
	return nil
}

// heal makes every receiver a good one, and has the operator set the URL of the
// one that said it was gone.
func (l *lab) heal(ctx context.Context) error {
	l.marks.Healed = time.Now()
	for _, t := range l.triggers {
		for _, r := range t.hears {
			r.mu.Lock()
			r.healed = true
			r.mu.Unlock()
		}
	}
	l.marks.SetAgain = time.Now()
	return l.setURLs(ctx, l.kindOf("gone"))
}

// drain lets the hours of the ladder pass at once, again and again, until
// nothing is on its way any more or nothing moves.
func (l *lab) drain(ctx context.Context) error {
	least, since := -1, time.Now()
	for ctx.Err() == nil {
		var left int
		err := l.read(ctx, func(c *pgx.Conn) error {
			if _, err := c.Exec(ctx, `UPDATE deliveries SET next_attempt_at = clock_timestamp() WHERE id IN (SELECT id FROM deliveries
				WHERE state = 'pending' AND next_attempt_at > clock_timestamp() FOR UPDATE SKIP LOCKED)`); err != nil {
				return err //nolint:wrapcheck // read says what it was
			}
			if _, err := c.Exec(ctx, `UPDATE webhook_endpoints SET open_until = clock_timestamp() WHERE id IN (SELECT id FROM webhook_endpoints
				WHERE open_until > clock_timestamp() FOR UPDATE SKIP LOCKED)`); err != nil {
				return err //nolint:wrapcheck // see above
			}
			return c.QueryRow(ctx, "SELECT count(*) FROM deliveries WHERE state IN ('pending', 'sending')").Scan(&left) //nolint:wrapcheck // see above
		})
		if err != nil {
			return err
		}
		if least < 0 || left < least {
			least, since = left, time.Now()
		}
		if left == 0 || time.Since(since) > quietFor {
			return nil
		}
		time.Sleep(200 * time.Millisecond)
	}
	return ctx.Err() //nolint:wrapcheck // the caller's own
}

// forgotten has events wait for a worker while Redis forgets that they do.
func (l *lab) forgotten(ctx context.Context) error {
	for _, w := range l.workers {
		w.hold()
	}
	from := len(l.tries)
	if err := errors.Join(l.emit(ctx, 50, l.to("good")), l.flush()); err != nil {
		return err
	}
	for _, t := range l.tries[from:] {
		l.marks.Forgotten = append(l.marks.Forgotten, t.Key)
	}
	for _, w := range l.workers {
		w.release()
	}
	return l.drain(ctx)
}

// graceOver ends the time in which the old key still signs.
func (l *lab) graceOver(ctx context.Context) error {
	if err := l.sql(ctx, "UPDATE webhook_keys SET retire_at = clock_timestamp() WHERE retire_at > clock_timestamp()"); err != nil {
		return err
	}
	l.marks.GraceOver = time.Now()
	if err := l.emit(ctx, 20, l.to("rotated")); err != nil {
		return err
	}
	return l.drain(ctx)
}

// skewedAlone leaves all work to the worker whose clock is wrong, and reads how
// long it has what failed wait.
func (l *lab) skewedAlone(ctx context.Context) error {
	l.workers[0].hold()
	from := len(l.tries)
	if err := errors.Join(l.emit(ctx, 20, l.to("good")), l.emit(ctx, 4, l.to("hesitant"))); err != nil {
		return err
	}
	for _, t := range l.tries[from:] {
		l.marks.Skewed = append(l.marks.Skewed, t.Key)
	}
	err := eventually(ctx, "four refusals", 3*time.Minute, func() error {
		var seconds []float64
		err := l.read(ctx, func(c *pgx.Conn) (err error) {
			rows, err := c.Query(ctx, `SELECT extract(epoch FROM next_attempt_at - clock_timestamp())::float8 FROM deliveries
				WHERE endpoint_id = $1 AND state = 'pending' AND attempts > 0`, l.kindOf("hesitant").hears[0].endpoint)
			if err != nil {
				return err //nolint:wrapcheck // read says what it was
			}
			seconds, err = pgx.CollectRows(rows, pgx.RowTo[float64])
			return err //nolint:wrapcheck // see above
		})
		if err != nil || len(seconds) < 4 {
			return fmt.Errorf("%d, %w", len(seconds), err)
		}
		for _, s := range seconds {
			l.marks.Waits = append(l.marks.Waits, time.Duration(s*float64(time.Second)))
		}
		return nil
	})
	if err != nil {
		return err
	}
	return l.drain(ctx)
}
